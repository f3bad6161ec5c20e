//! Making one's own record again on what stands now, because somebody else was first: its number, what it follows and its
//! base are new, its words are the same. Where the premise of the change is gone it is refused, and never guessed.

use super::promote::{PromoteRequest, alias_moved};
use super::{Author, Plan, not_before};
use crate::state_reader::StateReader;
use refmark_records::alias::Target;
use refmark_records::statement::{Predicate, Record};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::ModelName;
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

/// What was made again so far: numbers of versions, and digests of statements, before and after.
#[derive(Debug, Clone, Default)]
pub struct Renumbered {
    versions: BTreeMap<(ModelName, u64), u64>,
    statements: BTreeMap<Digest, Digest>,
}

impl Renumbered {
    /// The number that a version has now.
    pub fn version(&self, model: &ModelName, version: u64) -> u64 {
        self.versions.get(&(model.clone(), version)).copied().unwrap_or(version)
    }

    /// Whether a statement was made again, so that what was said of it before lapses.
    pub fn is_made_again(&self, statement: &Digest) -> bool {
        self.statements.contains_key(statement)
    }

    /// Notes that a statement is another one now.
    pub fn statement(&mut self, before: Digest, after: Digest) {
        self.statements.insert(before, after);
    }

    fn now(&self, statement: Option<Digest>) -> Option<Digest> {
        statement.map(|it| self.statements.get(&it).copied().unwrap_or(it))
    }

    fn target(&self, model: &ModelName, target: Option<Target>) -> Option<Target> {
        target.map(|it| Target { version: self.version(model, it.version), ..it })
    }
}

/// Plans a record again on what stands now. An empty plan where what it wanted stands already. Errors: `alias-moved` or
/// `overtaken` where its premise is gone, `unsupported` for what must be made anew by hand.
pub fn again(facts: StateReader<'_>, author: &Author, record: &Record, known: &mut Renumbered) -> Result<Plan> {
    let mut plan = Plan::default();
    let Some(predicate) = again_as(facts, author, record, known)? else { return Ok(plan) };
    plan.sign(predicate)?;
    if let Some(statement) = plan.statements.last() {
        known.statement(record.digest(), Digest::of(&statement.canonical()?));
    }
    Ok(plan)
}

fn again_as(
    facts: StateReader<'_>,
    author: &Author,
    record: &Record,
    known: &mut Renumbered,
) -> Result<Option<Predicate>> {
    Ok(match record.predicate() {
        Predicate::Alias(_) => alias(facts, author, record, known)?,
        Predicate::Version(_) => version(facts, author, record, known)?,
        Predicate::Stage(it) => {
            let mut next = it.clone();
            next.version = known.version(&it.model, it.version);
            let (stands, now) = facts.stage(&it.model, next.version)?;
            if stands == it.to {
                return Ok(None);
            }
            if stands != it.from {
                let what =
                    format!("{}/{} is {stands}, and was {} when this was signed", it.model, next.version, it.from);
                return Err(overtaken(what, now.as_ref().map(|now| (now.by.as_str(), now.time))));
            }
            next.sequence = now.as_ref().map_or(1, |now| now.sequence + 1);
            next.previous = now.as_ref().map(|now| now.record.digest());
            (next.time, next.base) = (not_before(author, now.as_ref().map(|now| now.time)), author.base);
            Some(Predicate::Stage(next))
        }
        Predicate::Trust(it) => {
            let (stands, now) = facts.trust(&it.artifact)?;
            if stands == it.to {
                return Ok(None);
            }
            if stands != it.from {
                let name = it.artifact.short();
                let what = format!("{name} is {stands}, and was {} when this was signed", it.from);
                return Err(overtaken(what, now.as_ref().map(|now| (now.by.as_str(), now.time))));
            }
            let mut next = it.clone();
            // A version that gets another number in the same landing is named by its artifact alone.
            if let Some(named) = &it.version {
                let stands = facts.version(&named.model, named.version)?;
                next.version = it.version.clone().filter(|_| stands.is_some_and(|it| it.artifact == next.artifact));
            }
            next.sequence = now.as_ref().map_or(1, |now| now.sequence + 1);
            next.previous = now.as_ref().map(|now| now.record.digest());
            (next.time, next.base) = (not_before(author, now.as_ref().map(|now| now.time)), author.base);
            Some(Predicate::Trust(next))
        }
        _ => text(facts, author, record, known)?,
    })
}

fn alias(facts: StateReader<'_>, author: &Author, record: &Record, known: &Renumbered) -> Result<Option<Predicate>> {
    let Predicate::Alias(it) = record.predicate() else { return Ok(None) };
    let now = facts.alias(&it.model, &it.alias)?;
    let stands = now.as_ref().and_then(|now| now.to);
    let (from, to) = (known.target(&it.model, it.from), known.target(&it.model, it.to));
    if stands == to {
        return Ok(None);
    }
    if stands != from {
        let request = PromoteRequest {
            model: it.model.clone(),
            alias: it.alias.clone(),
            version: to.or(from).map_or(0, |it| it.version),
            reason: it.reason.clone(),
            expect: None,
            evidence: Vec::new(),
        };
        return Err(alias_moved(&request, from.map(|it| it.version), now.as_ref()));
    }
    let mut next = it.clone();
    (next.from, next.to) = (from, to);
    next.sequence = now.as_ref().map_or(1, |now| now.sequence + 1);
    next.previous = now.as_ref().map(|now| now.record.digest());
    (next.time, next.base) = (not_before(author, now.as_ref().map(|now| now.time)), author.base);
    Ok(Some(Predicate::Alias(next)))
}

/// A version has no premise: it takes the next number. An artifact that the model has by now has one already.
fn version(
    facts: StateReader<'_>,
    author: &Author,
    record: &Record,
    known: &mut Renumbered,
) -> Result<Option<Predicate>> {
    let Predicate::Version(it) = record.predicate() else { return Ok(None) };
    let mut newest = None;
    for number in facts.versions(&it.model)? {
        let Some(found) = facts.version(&it.model, number)? else { continue };
        if found.artifact == it.artifact {
            known.versions.insert((it.model.clone(), it.version), number);
            return Ok(None);
        }
        if it.release.is_some() && found.release == it.release {
            let what = format!(
                "{}/{number} has release {} already",
                it.model,
                it.release.as_ref().map_or("", |it| it.as_str())
            );
            return Err(overtaken(what, Some((found.by.as_str(), found.time))));
        }
        newest = Some((number, found.record.digest(), found.time));
    }
    let mut next = it.clone();
    next.version = newest.map_or(1, |newest| newest.0 + 1);
    next.previous = newest.map(|newest| newest.1);
    (next.time, next.base) = (not_before(author, newest.map(|newest| newest.2)), author.base);
    known.versions.insert((it.model.clone(), it.version), next.version);
    Ok(Some(Predicate::Version(next)))
}

/// Descriptions, labels, entries and lists are whole texts: who wrote one had the text before it in view. Where that is no
/// longer the newest, a second text on top would undo what somebody else wrote.
fn text(facts: StateReader<'_>, author: &Author, record: &Record, known: &Renumbered) -> Result<Option<Predicate>> {
    let mut predicate = record.predicate().clone();
    let stands = match &mut predicate {
        Predicate::About(it) => {
            let now = facts.about(&it.model)?;
            if now.as_ref().is_some_and(|now| {
                (&now.description, &now.owner, &now.tags) == (&it.description, &it.owner, &it.tags)
                    && (now.hidden, &now.renamed_to) == (it.hidden, &it.renamed_to)
            }) {
                return Ok(None);
            }
            it.sequence = now.as_ref().map_or(1, |now| now.sequence + 1);
            now.map(|now| Stands { statement: now.record.digest(), time: now.time, by: now.by.to_string() })
        }
        Predicate::Label(it) => {
            it.version = known.version(&it.model, it.version);
            let now = facts.label(&it.model, it.version)?;
            if now
                .as_ref()
                .is_some_and(|now| (&now.description, &now.tags, now.hidden) == (&it.description, &it.tags, it.hidden))
            {
                return Ok(None);
            }
            it.sequence = now.as_ref().map_or(1, |now| now.sequence + 1);
            now.map(|now| Stands { statement: now.record.digest(), time: now.time, by: now.by.to_string() })
        }
        Predicate::Catalog(it) => {
            let now = facts.catalog(it.family, &it.id)?;
            it.sequence = now.as_ref().map_or(1, |now| now.sequence + 1);
            now.map(|now| Stands { statement: now.record.digest(), time: now.time, by: now.by.to_string() })
        }
        Predicate::Consumer(it) => {
            let now = facts.consumer(&it.consumer)?;
            it.sequence = now.as_ref().map_or(1, |now| now.sequence + 1);
            now.map(|now| Stands { statement: now.record.digest(), time: now.time, by: now.by.to_string() })
        }
        other => return Err(by_hand(other.kind())),
    };
    let before = record.common().previous;
    let premise = stands.as_ref().map(|it| it.statement);
    if known.now(before) != premise {
        let path = record.common().path;
        let what = format!("{path} follows a text that is no longer the newest");
        return Err(overtaken(what, stands.as_ref().map(|it| (it.by.as_str(), it.time))));
    }
    let time = not_before(author, stands.map(|it| it.time));
    match &mut predicate {
        Predicate::About(it) => (it.previous, it.time, it.base) = (premise, time, author.base),
        Predicate::Label(it) => (it.previous, it.time, it.base) = (premise, time, author.base),
        Predicate::Catalog(it) => (it.previous, it.time, it.base) = (premise, time, author.base),
        Predicate::Consumer(it) => (it.previous, it.time, it.base) = (premise, time, author.base),
        _ => {}
    }
    Ok(Some(predicate))
}

/// The text that stands now.
struct Stands {
    statement: Digest,
    time: Timestamp,
    by: String,
}

fn overtaken(what: String, by: Option<(&str, Timestamp)>) -> Box<Error> {
    let who = by.map(|(by, time)| format!(": {by} was first, at {time}")).unwrap_or_default();
    Error::new(Code::Overtaken, format!("{what}{who}"))
        .hint("look at what stands there now, and make the change again if it is still wanted")
}

fn by_hand(kind: &str) -> Box<Error> {
    let how = match kind {
        "policy" => {
            Hint::of("make it again: ").then(Next::PolicyApply { preset: None }).say(" or ").then(Next::MembersAdd)
        }
        "root" => Hint::of("make it again: ").then(Next::TrustRotate),
        _ => "make it again".into(),
    };
    Error::new(Code::Overtaken, format!("somebody else's {kind} was first, and a {kind} is not made again by itself"))
        .hint(how)
}
