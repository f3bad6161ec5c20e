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

impl LogAnswer {
    /// The log of these moves, newest first by landing; an error where an alias was asked for that never moved.
    pub fn of(mut moves: Vec<MoveRow>, model: Option<&ModelName>, alias: Option<&AliasName>) -> Result<LogAnswer> {
        if moves.is_empty()
            && let (Some(model), Some(alias)) = (model, alias)
        {
            return Err(Error::new(Code::NotFound, format!("{model}@{alias} never moved"))
                .hint(Hint::of("its aliases: ").then(Next::List { model: Some(model.to_string()) })));
        }
        moves.sort_by(newest_first);
        Ok(LogAnswer { moves })
    }
}

/// The moves of an alias, or of every alias of a model, or of all models; in no order, and of each alias at most the newest
/// `most`.
pub fn moves(
    context: &QueryContext<'_, '_>,
    model: Option<&ModelName>,
    alias: Option<&AliasName>,
    most: usize,
) -> Result<Vec<MoveRow>> {
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
    rows: &mut Vec<MoveRow>,
) -> Result<()> {
    for moved in context.reader().newest_alias_moves(model, alias, most)? {
        let path = Place::Alias(model.clone(), alias.clone(), moved.sequence).path();
        let landed = context.landed(&path)?;
        rows.push(MoveRow {
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
        });
    }
    Ok(())
}

/// Newest first by landing; of one landing by time, number and name, so that the order is always the same.
fn newest_first(a: &MoveRow, b: &MoveRow) -> std::cmp::Ordering {
    (b.landed, b.time, b.sequence)
        .cmp(&(a.landed, a.time, a.sequence))
        .then_with(|| (&a.model, &a.alias).cmp(&(&b.model, &b.alias)))
}
