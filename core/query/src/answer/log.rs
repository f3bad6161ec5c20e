//! The moves of aliases.

use serde::Serialize;

use super::QueryContext;
use crate::index::MoveRow;
use refmark_engine::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{AliasName, ModelName};
use refmark_types::reference::Reference;
use std::collections::BTreeMap;

/// The moves that a log shows, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct LogAnswer {
    /// The moves.
    pub moves: Vec<MoveRow>,
}

/// Of what a log is asked: a model, or one of its aliases. An error `bad-argument` for any other reference.
pub fn subject(reference: &Reference) -> Result<(ModelName, Option<AliasName>)> {
    match reference {
        Reference::Alias(model, alias) => Ok((model.clone(), Some(alias.clone()))),
        Reference::Pin(model) => Ok((model.clone(), None)),
        other => Err(Error::new(Code::BadArgument, format!("`{other}` is neither a model nor an alias"))
            .hint(Hint::of("name MODEL or MODEL@ALIAS; for a version, ").then(Next::Show { reference: None }))),
    }
}

/// An error where a model is asked for as a whole and there is none of that name.
pub fn check_model(reader: StateReader<'_>, model: Option<&ModelName>, alias: Option<&AliasName>) -> Result<()> {
    match (model, alias) {
        (Some(model), None) if reader.newest_version(model)?.is_none() => {
            Err(Error::new(Code::NotFound, format!("there is no model {model}"))
                .hint(Hint::of("the models: ").then(Next::List { model: None })))
        }
        _ => Ok(()),
    }
}

/// A move, and the place on the chain of the commit in which it took effect, where that is known.
pub type Placed = (Option<u64>, MoveRow);

impl LogAnswer {
    /// The log of these moves, newest first; an error where an alias was asked for that never moved.
    pub fn of(mut moves: Vec<Placed>, model: Option<&ModelName>, alias: Option<&AliasName>) -> Result<LogAnswer> {
        if moves.is_empty()
            && let (Some(model), Some(alias)) = (model, alias)
        {
            return Err(Error::new(Code::NotFound, format!("{model}@{alias} never moved"))
                .hint(Hint::of("its aliases: ").then(Next::List { model: Some(model.to_string()) })));
        }
        // Clocks are shown, and order nothing that the chain orders.
        match moves.iter().all(|(place, _)| place.is_some()) {
            true => moves.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| within_a_commit(&a.1, &b.1))),
            false => moves.sort_by(|a, b| b.1.landed.cmp(&a.1.landed).then_with(|| within_a_commit(&a.1, &b.1))),
        }
        Ok(LogAnswer { moves: by_number(moves.into_iter().map(|(_, row)| row).collect()) })
    }
}

/// Moves of one commit, in an order that is always the same.
fn within_a_commit(a: &MoveRow, b: &MoveRow) -> std::cmp::Ordering {
    b.sequence.cmp(&a.sequence).then_with(|| (&a.model, &a.alias).cmp(&(&b.model, &b.alias)))
}

/// The same places in the list, and in those of one alias its moves by their numbers: each follows the one before, whatever
/// clocks said.
fn by_number(rows: Vec<MoveRow>) -> Vec<MoveRow> {
    let order: Vec<(ModelName, AliasName)> = rows.iter().map(|it| (it.model.clone(), it.alias.clone())).collect();
    let mut rows = rows;
    rows.sort_by_key(|row| row.sequence);
    let mut of_alias: BTreeMap<(ModelName, AliasName), Vec<MoveRow>> = BTreeMap::new();
    for row in rows {
        let key = (row.model.clone(), row.alias.clone());
        match of_alias.get_mut(&key) {
            Some(all) => all.push(row),
            None => drop(of_alias.insert(key, vec![row])),
        }
    }
    order.iter().filter_map(|key| of_alias.get_mut(key).and_then(Vec::pop)).collect()
}

/// The moves of an alias, or of every alias of a model, or of all models; in no order, and of each alias at most the newest
/// `most`.
pub fn moves(
    context: &QueryContext<'_, '_>,
    model: Option<&ModelName>,
    alias: Option<&AliasName>,
    most: usize,
) -> Result<Vec<Placed>> {
    let reader = context.reader();
    let models = match model {
        Some(model) => vec![model.clone()],
        None => reader.models()?,
    };
    let mut moves = Vec::new();
    for model in &models {
        let aliases = match alias {
            Some(alias) => vec![alias.clone()],
            None => reader.aliases(model)?,
        };
        for alias in &aliases {
            moves_of(context, model, alias, most, &mut moves)?;
        }
    }
    Ok(moves)
}

fn moves_of(
    context: &QueryContext<'_, '_>,
    model: &ModelName,
    alias: &AliasName,
    most: usize,
    rows: &mut Vec<Placed>,
) -> Result<()> {
    for moved in context.reader().newest_alias_moves(model, alias, most)? {
        let path = Place::Alias(model.clone(), alias.clone(), moved.sequence).path();
        let landed = context.landed(&path)?;
        let place = match (landed, context.walked) {
            (Some(landed), Some(verified)) => verified.walk.position(landed.commit)?,
            _ => None,
        };
        let row = MoveRow {
            model: model.clone(),
            alias: alias.clone(),
            sequence: moved.sequence,
            from: moved.from,
            to: moved.to,
            by: moved.by.clone(),
            time: moved.time,
            reason: moved.reason.clone(),
            commit: landed.map(|landed| landed.commit),
            landed: landed.map(|landed| landed.time),
        };
        rows.push((place, row));
    }
    Ok(())
}
