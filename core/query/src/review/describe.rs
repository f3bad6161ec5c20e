//! Records and paths in words.

use refmark_engine::rules::describe;
use refmark_records::layout::Place;
use refmark_records::statement::{Predicate, Record};
use refmark_types::text::counted;

/// A record in a sentence; nothing for those that have a place of their own in a review.
pub(crate) fn says(predicate: &Predicate) -> Option<String> {
    Some(match predicate {
        Predicate::Alias(_)
        | Predicate::Stage(_)
        | Predicate::Trust(_)
        | Predicate::Version(_)
        | Predicate::Root(_)
        | Predicate::Policy(_) => return None,
        Predicate::About(about) => {
            format!("{} is described; its owner is {}", about.model, about.owner.as_deref().unwrap_or("nobody"))
        }
        Predicate::Label(label) => format!("{}/{} is labelled", label.model, label.version),
        Predicate::Evidence(evidence) => {
            format!("{} ({}) about {}", evidence.evidence_type, evidence.verdict.as_str(), evidence.artifact.short())
        }
        Predicate::Approval(approval) if approval.approves => format!("approval of {}", at_path(&approval.change)),
        Predicate::Approval(approval) => format!("a waiver for {}", at_path(&approval.change)),
        Predicate::Consumer(consumer) => {
            format!("{} is pinned to {}", consumer.consumer, counted(consumer.pins.len(), "version"))
        }
        Predicate::Checkpoint(checkpoint) => {
            format!("{} commits were there at {}", checkpoint.commits, checkpoint.time)
        }
        Predicate::Catalog(entry) => format!("{} {} is {}", entry.family.as_str(), entry.id, word(entry.state)),
    })
}

/// What lies at a path, in words.
pub(crate) fn at_path(path: &str) -> String {
    match Place::parse(path) {
        Some(Place::Alias(model, alias, n)) => format!("{model}@{alias}, move {n}"),
        Some(Place::Stage(model, version, n)) => format!("{model}/{version}, stage move {n}"),
        Some(Place::Trust(artifact, n)) => format!("{}, trust move {n}", artifact.short()),
        _ => path.to_owned(),
    }
}

fn word(state: refmark_records::catalog::EntryState) -> &'static str {
    use refmark_records::catalog::EntryState;
    match state {
        EntryState::Active => "active",
        EntryState::Deprecated => "deprecated",
        EntryState::Disabled => "disabled",
    }
}

/// A move in a few words, for those who hold only its record.
pub(crate) fn in_words(record: &Record) -> String {
    says(record.predicate()).unwrap_or_else(|| describe(record.predicate()))
}
