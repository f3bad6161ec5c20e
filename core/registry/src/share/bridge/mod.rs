//! `bridge`: an approved version, written into the manifests of what is deployed.

mod folder;
mod run;

use std::collections::BTreeMap;

use serde::Serialize;

pub use run::BridgeRunRequest;

use crate::pins::lint::LintRow;
use crate::read::resolve::{ResolveAnswer, ResolveOptions};
use crate::registry::Registry;
use crate::view::View;
use refmark_engine::ports::store::message;
use refmark_query::bridge::{Kind, Marked, Wanted, apply, marked, without_markers};
use refmark_query::lint::lint;
use refmark_records::trust::TrustState;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Next};
use refmark_types::name::{AliasName, ModelName, PrincipalId};
use refmark_types::oid::Oid;
use refmark_types::reference::Reference;

/// A marked value, and what it is to be.
#[derive(Debug, Clone, Serialize)]
pub struct BridgeEdit {
    /// The file, below the folder or repository.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What it is marked as.
    pub wanted: Wanted,
    /// What stands there.
    pub from: String,
    /// What is approved.
    pub to: String,
    /// Whether the two differ.
    pub changed: bool,
}

/// A file with a marker that nothing can be done about.
#[derive(Debug, Clone, Serialize)]
pub struct BridgeProblem {
    /// The file.
    pub file: String,
    /// Why.
    pub error: Error,
}

/// A move of an alias that manifests follow.
#[derive(Debug, Clone, Serialize)]
pub struct BridgeMove {
    /// The model.
    pub model: ModelName,
    /// The alias.
    pub alias: AliasName,
    /// The version.
    pub version: u64,
    /// Who moved it.
    pub by: PrincipalId,
    /// Why.
    pub reason: String,
    /// The SHA-256 of the move's statement.
    pub statement: Digest,
    /// The commit of the registry in which it took effect.
    pub commit: Option<Oid>,
}

/// What the bridge found, and did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct BridgeAnswer {
    /// How many files with markers were read.
    pub files: u64,
    /// Every marked value.
    pub edits: Vec<BridgeEdit>,
    /// What cannot be done. While there is any, nothing is written.
    pub problems: Vec<BridgeProblem>,
    /// Models that are named by something that moves, in files of these kinds.
    pub moving: Vec<LintRow>,
    /// The moves behind the changes.
    pub moves: Vec<BridgeMove>,
    /// A commit's message that names them.
    pub message: Option<String>,
    /// Whether files were written.
    pub written: bool,
    /// The commit that was pushed.
    pub commit: Option<Oid>,
    /// The branch that it was pushed to.
    pub branch: Option<String>,
}

impl BridgeAnswer {
    /// Whether every marked value is the approved one, and no name moves.
    pub fn is_current(&self) -> bool {
        self.problems.is_empty() && self.moving.is_empty() && self.edits.iter().all(|it| !it.changed)
    }

    /// How many values differ.
    pub fn changes(&self) -> usize {
        self.edits.iter().filter(|it| it.changed).count()
    }
}

/// A text of the deployment.
struct Manifest {
    path: String,
    kind: Kind,
    text: String,
}

/// What is to be written: the answer, and the new texts by path with the old ones.
struct Planned {
    answer: BridgeAnswer,
    texts: Vec<(Manifest, String)>,
}

/// What aliases hold, each resolved once.
struct Approved<'v> {
    registry: &'v Registry,
    view: View<'v>,
    known: BTreeMap<(ModelName, AliasName), Result<ResolveAnswer, Error>>,
}

impl<'v> Approved<'v> {
    /// The newest state, which must be vouched for unless the caller takes it so.
    fn of(registry: &'v Registry, allow_unverified: bool) -> Result<Approved<'v>> {
        let view = registry.view()?;
        view.check_tip()?;
        if !view.is_vouched_for() && !allow_unverified {
            return Err(Error::new(Code::Unverified, "no root is pinned, so nothing vouches for what is approved")
                .hint(Next::With(Choice::AllowUnverified)));
        }
        Ok(Approved { registry, view, known: BTreeMap::new() })
    }

    fn resolve(&mut self, wanted: &Wanted) -> Result<ResolveAnswer, Error> {
        let key = (wanted.model.clone(), wanted.alias.clone());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let reference = Reference::Alias(wanted.model.clone(), wanted.alias.clone());
        let found = self.registry.read().resolve_in(&self.view, &reference, ResolveOptions::default());
        let found = found.and_then(|it| match (it.trust_state, it.version) {
            (TrustState::Trusted, Some(_)) => Ok(it),
            (state, _) => Err(Error::new(Code::NotTrusted, format!("{reference} holds what is {}", state.as_str()))),
        });
        let found = found.map_err(|error| *error);
        self.known.insert(key, found.clone());
        found
    }

    fn moved(&self, wanted: &Wanted, found: &ResolveAnswer) -> Result<Option<BridgeMove>> {
        let Some(record) = self.view.facts()?.alias(&wanted.model, &wanted.alias)? else { return Ok(None) };
        Ok(Some(BridgeMove {
            model: wanted.model.clone(),
            alias: wanted.alias.clone(),
            version: found.version.unwrap_or_default(),
            by: record.by.clone(),
            reason: record.reason.clone(),
            statement: record.record.digest(),
            commit: found.commit,
        }))
    }
}

impl Registry {
    /// What is to be written into these manifests. Nothing is.
    fn plan_bridge(&self, manifests: Vec<Manifest>, allow_unverified: bool) -> Result<Planned> {
        let mut approved = Approved::of(self, allow_unverified)?;
        let models = approved.view.facts()?.models()?;
        let mut planned = Planned { answer: BridgeAnswer::default(), texts: Vec::new() };
        let mut moves: BTreeMap<(ModelName, AliasName), BridgeMove> = BTreeMap::new();
        for manifest in manifests {
            self.world.cancel.check()?;
            let answer = &mut planned.answer;
            let problem = |error: Error| BridgeProblem { file: manifest.path.clone(), error };
            let found = match marked(&manifest.text, manifest.kind) {
                Ok(found) => found,
                Err(error) => {
                    answer.problems.push(problem(*error));
                    continue;
                }
            };
            let moving = lint(&without_markers(&manifest.text, &found), &models);
            answer.moving.extend(moving.into_iter().map(|finding| LintRow { file: (&manifest.path).into(), finding }));
            if found.is_empty() {
                continue;
            }
            answer.files += 1;
            let mut values = Vec::new();
            for it in &found {
                match approved.resolve(&it.wanted) {
                    Ok(held) => {
                        let edit = edit(&manifest.path, it, &held);
                        if edit.changed
                            && let Some(moved) = approved.moved(&it.wanted, &held)?
                        {
                            moves.insert((moved.model.clone(), moved.alias.clone()), moved);
                        }
                        values.push(edit.to.clone());
                        answer.edits.push(edit);
                    }
                    Err(error) => {
                        answer.problems.push(problem(*Box::new(error).field("line", it.line)));
                    }
                }
            }
            if values.len() != found.len() {
                continue;
            }
            match apply(&manifest.text, manifest.kind, &found, &values) {
                Ok(text) if text != manifest.text => planned.texts.push((manifest, text)),
                Ok(_) => {}
                Err(error) => answer.problems.push(problem(*error)),
            }
        }
        planned.answer.moves = moves.into_values().collect();
        planned.answer.message = self.bridge_message(&planned.answer.moves);
        Ok(planned)
    }

    /// A commit's message that names what it follows: who moved what, why, and by which statement.
    fn bridge_message(&self, moves: &[BridgeMove]) -> Option<String> {
        let first = moves.first()?;
        let subject = match moves {
            [one] => format!("deploy {}@{} at version {}", one.model, one.alias, one.version),
            many => format!("deploy {}@{} and {} more", first.model, first.alias, many.len() - 1),
        };
        let lines = moves.iter().map(|it| {
            format!(
                "{}@{} is version {}, by {}: {}",
                it.model,
                it.alias,
                it.version,
                it.by,
                it.reason.replace('\n', " ")
            )
        });
        let body = lines.collect::<Vec<_>>().join("\n");
        let mut trailers = vec![("Refmark-Registry", self.id().to_string())];
        for it in moves {
            trailers.push(("Refmark-Statement", it.statement.to_string()));
            trailers.extend(it.commit.map(|commit| ("Refmark-Commit", commit.to_string())));
        }
        Some(message(&subject, &body, &trailers))
    }
}

fn edit(file: &str, it: &Marked, held: &ResolveAnswer) -> BridgeEdit {
    let to = it.wanted.field.value(&it.wanted.model, held.version.unwrap_or_default(), &held.artifact);
    BridgeEdit {
        file: file.to_owned(),
        line: it.line,
        wanted: it.wanted.clone(),
        from: it.value.clone(),
        changed: it.value != to,
        to,
    }
}
