//! `promote`, `rollback` and `unset`: moves of an alias.

use serde::Serialize;

use crate::registry::Writer;
use crate::view::View;
use crate::write::transaction::Written;
use refmark_engine::gate::GateReport;
use refmark_engine::plan::{self, PromoteRequest, RollbackRequest, UnsetRequest};
use refmark_records::alias::Target;
use refmark_records::statement::{Predicate, Record};
use refmark_records::version::Stage;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Result, bug};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{AliasName, ModelName, PrincipalId};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// A move of an alias that took effect.
#[derive(Debug, Clone, Serialize)]
pub struct MoveAnswer {
    /// The model.
    pub model: ModelName,
    /// The alias.
    pub alias: AliasName,
    /// The move's number.
    pub sequence: u64,
    /// What the alias held before.
    pub from: Option<Target>,
    /// What it holds now.
    pub to: Option<Target>,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: PrincipalId,
    /// When, by the author's clock.
    pub time: Timestamp,
    /// The commit.
    pub commit: Oid,
    /// The head before it.
    pub before: Oid,
    /// The move's statement.
    pub statement: Digest,
    /// Every gate of it.
    pub reports: Vec<GateReport>,
    /// What people should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Hint>,
}

impl Writer<'_> {
    /// Moves an alias to a version. Where the alias moved since the caller looked: `alias-moved`.
    pub fn promote(&self, request: &PromoteRequest) -> Result<MoveAnswer> {
        let holds =
            self.holds(self.registry.view()?.facts()?, (&request.model, &request.alias), request.version, false)?;
        let mut first = true;
        let mut premise = None;
        let (written, view) = self.change_and_see(|view, author| {
            let facts = view.facts()?;
            let now = facts.alias(&request.model, &request.alias)?;
            let sequence = now.as_ref().map(|it| it.sequence);
            if std::mem::take(&mut first) {
                premise = Some(sequence);
            } else if premise != Some(sequence) {
                // Somebody else's own `git` moved it while this plan was being written.
                return Err(plan::alias_moved(request, None, now.as_ref()));
            }
            plan::promote(facts, &author.holding(holds), request)
        })?;
        answer(&view, written)
    }

    /// Moves an alias back to what it held before.
    pub fn rollback(&self, request: &RollbackRequest) -> Result<MoveAnswer> {
        let view = self.registry.view()?;
        let version = plan::rollback_to(view.facts()?, request)?;
        let holds = self.holds(view.facts()?, (&request.model, &request.alias), version, true)?;
        let (written, view) =
            self.change_and_see(|view, author| plan::rollback(view.facts()?, &author.holding(holds), request))?;
        answer(&view, written)
    }

    /// Closes an alias.
    pub fn unset(&self, request: &UnsetRequest) -> Result<MoveAnswer> {
        let (written, view) = self.change_and_see(|view, author| plan::unset(view.facts()?, author, request))?;
        answer(&view, written)
    }
}

fn answer(view: &View<'_>, written: Written) -> Result<MoveAnswer> {
    use refmark_engine::effective::Effective;
    for (path, digest) in &written.records {
        let Some(record): Option<std::sync::Arc<Record>> = view.state()?.record(path)? else { continue };
        if let Predicate::Alias(it) = record.predicate() {
            let mut answer = MoveAnswer {
                model: it.model.clone(),
                alias: it.alias.clone(),
                sequence: it.sequence,
                from: it.from,
                to: it.to,
                reason: it.reason.clone(),
                by: it.by.clone(),
                time: it.time,
                commit: written.commit,
                before: written.before,
                statement: *digest,
                reports: written.reports,
                notes: Vec::new(),
            };
            answer.notes.extend(named_like_a_stage(&answer));
            return Ok(answer);
        }
    }
    Err(bug(format!("{}: a move without an alias record", Code::Bug)))
}

/// A word to whoever promoted and meant a stage: an alias that is named like a stage is still an alias.
fn named_like_a_stage(answer: &MoveAnswer) -> Option<Hint> {
    let stage = Stage::parse(answer.alias.as_str())?;
    let to = answer.to?;
    let version = format!("{}/{}", answer.model, to.version);
    let text = format!("{}@{} is an alias; to move the stage of {version}: ", answer.model, answer.alias);
    Some(Hint::of(text).then(Next::Transition { reference: version, to: stage.to_string() }))
}
