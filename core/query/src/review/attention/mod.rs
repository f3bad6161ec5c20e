//! What a reviewer must see before anything else: danger first, each thing in a sentence, counted.
//!
//! Nothing here decides whether a change takes effect. It says what people would want to know before they agree.

mod diff;
mod new_keys;
mod package;

use std::collections::BTreeSet;

use serde::Serialize;

use super::range_file::RangeFile;
use super::{CompanionReview, MoveReview, RulesReview, VersionReview};
use crate::diff::{ArtifactDiff, Listed};
use refmark_engine::gate::Status;
use refmark_engine::state_reader::StateReader;
use refmark_records::statement::Predicate;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::name::PrincipalId;
use refmark_types::text::counted;

/// So many artifacts are looked into; how many were not is said.
const LOOKED_INTO: usize = 200;

pub(super) use new_keys::first_uses;

/// How much something matters. The order is that in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gravity {
    /// Agreeing without a look may do harm.
    Danger,
    /// Worth a look.
    Caution,
}

/// What sort of thing it is. The order is that in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttentionKind {
    /// A file that runs when it is loaded or shown.
    Code,
    /// A setting that names code.
    ConfigCode,
    /// A file that nobody could look into.
    NotScanned,
    /// A scan found something in a file of another class.
    Finding,
    /// The package lacks something.
    NotWhole,
    /// A policy or root asks less of people, or fewer of them.
    FewerPeople,
    /// It takes effect on one person's word.
    BreakGlass,
    /// Evidence speaks against the artifact, and nothing answers it.
    StandingFailure,
    /// Callers of the old version break.
    Contract,
    /// The bytes come from another place.
    Source,
    /// The licence changes.
    Licence,
    /// A metric got worse.
    WorseMetric,
    /// A metric was measured on other data, or is not measured any more.
    OtherData,
    /// A gate passes on the word of somebody with an interest.
    OwnEvidence,
    /// Evidence spoke against the artifact, and a later pass answers it.
    SupersededFailure,
    /// A key signs for the first time.
    NewKey,
    /// A file tells the forge what to run or who must agree.
    ForgeFile,
    /// More than is looked into.
    NotLookedInto,
}

impl AttentionKind {
    /// It in a word or two.
    pub const fn as_str(self) -> &'static str {
        match self {
            AttentionKind::Code => "runs code",
            AttentionKind::ConfigCode => "names code",
            AttentionKind::NotScanned => "not scanned",
            AttentionKind::Finding => "finding",
            AttentionKind::NotWhole => "not whole",
            AttentionKind::FewerPeople => "asks less",
            AttentionKind::BreakGlass => "one person alone",
            AttentionKind::StandingFailure => "failed",
            AttentionKind::Contract => "contract",
            AttentionKind::Source => "source",
            AttentionKind::Licence => "licence",
            AttentionKind::WorseMetric => "worse",
            AttentionKind::OtherData => "not comparable",
            AttentionKind::OwnEvidence => "own evidence",
            AttentionKind::SupersededFailure => "failed before",
            AttentionKind::NewKey => "new key",
            AttentionKind::ForgeFile => "forge",
            AttentionKind::NotLookedInto => "not looked into",
        }
    }
}

/// Something that a reviewer must see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attention {
    /// How much it matters.
    pub gravity: Gravity,
    /// What sort of thing it is.
    pub kind: AttentionKind,
    /// What it is about, such as `sentiment/4` or `policy 3`.
    pub about: String,
    /// It in a sentence or two, without what it is about.
    pub says: String,
    /// Who signed what brings it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<PrincipalId>,
}

/// An artifact that the range brings forward.
pub(super) struct Watched<'a> {
    /// What people call it.
    pub about: String,
    pub artifact: ArtifactId,
    /// What it is held against, and what people call that.
    pub old: Option<(ArtifactId, String)>,
    /// What differs from it.
    pub diff: Option<&'a ArtifactDiff>,
    /// Who registered it.
    pub registrar: Option<PrincipalId>,
}

/// What is there to look at.
pub(super) struct Shown<'a> {
    pub all: &'a [RangeFile<'a>],
    pub changes: &'a [MoveReview],
    pub versions: &'a [VersionReview],
    pub rules: &'a [RulesReview],
    pub companions: &'a Listed<CompanionReview>,
}

/// Everything that needs attention, the gravest first. `keys` has what is said of new keys.
pub(super) fn attention(reader: StateReader<'_>, shown: &Shown<'_>, keys: Vec<Attention>) -> Result<Listed<Attention>> {
    let (watched, count) = watched(reader, shown)?;
    let mut found = keys;
    for one in &watched {
        package::look(reader, one, &mut found)?;
        diff::look(one, &mut found);
    }
    if count > watched.len() {
        found.push(Attention {
            gravity: Gravity::Danger,
            kind: AttentionKind::NotLookedInto,
            about: "the rest".to_owned(),
            says: format!("{} were not looked into", counted(count - watched.len(), "more artifact")),
            by: None,
        });
    }
    for change in shown.changes {
        found.extend(alone(change));
        own_evidence(change, &watched, &mut found);
    }
    for rule in shown.rules {
        found.extend(rule.asks_less.items.iter().map(|says| Attention {
            gravity: Gravity::Danger,
            kind: AttentionKind::FewerPeople,
            about: format!("{} {}", rule.kind, rule.number),
            says: says.clone(),
            by: Some(rule.by.clone()),
        }));
    }
    found.extend(shown.companions.items.iter().filter(|file| file.steers_the_forge).map(forge_file));
    // In its place one by one: every kind of sort costs the browser's module some kilobytes.
    let mut sorted: Vec<Attention> = Vec::new();
    for one in found {
        let at = sorted.partition_point(|it| (it.gravity, it.kind) <= (one.gravity, one.kind));
        sorted.insert(at, one);
    }
    Ok(sorted.into_iter().collect())
}

/// The artifacts that a range registers, trusts, stages or points an alias at, each once: the first of them, and how many
/// there are.
fn watched<'a>(reader: StateReader<'_>, shown: &Shown<'a>) -> Result<(Vec<Watched<'a>>, usize)> {
    let mut found: Vec<Watched<'a>> = Vec::new();
    let mut seen: BTreeSet<ArtifactId> = BTreeSet::new();
    // Aliases last: what they move from is what is live.
    for aliases in [false, true] {
        for record in shown.all.iter().filter_map(|file| file.record.as_ref()) {
            if matches!(record.predicate(), Predicate::Alias(_)) != aliases {
                continue;
            }
            let Some((artifact, about, old)) = named(reader, record.predicate())? else { continue };
            if seen.insert(artifact) && found.len() < LOOKED_INTO {
                found.push(Watched { about: about.clone(), artifact, old: None, diff: None, registrar: None });
            }
            let known = found.iter_mut().find(|one| one.artifact == artifact);
            // What is live says more than what was registered before.
            if let (Some(one), true) = (known, old.is_some()) {
                (one.about, one.old) = (about, old);
            }
        }
    }
    let diffs = || {
        let of_moves = shown.changes.iter().filter_map(|it| it.diff.as_ref());
        of_moves.chain(shown.versions.iter().filter_map(|it| it.diff.as_ref()))
    };
    for one in &mut found {
        one.diff = diffs().find(|diff| diff.new.artifact == one.artifact);
        if let Some((model, version)) = one.about.rsplit_once('/') {
            let named = refmark_types::name::ModelName::parse(model).ok().zip(version.parse().ok());
            let record = named.map(|(model, version)| reader.version(&model, version)).transpose()?.flatten();
            one.registrar = record.map(|record| record.by.clone());
        }
    }
    Ok((found, seen.len()))
}

/// What a record brings forward: the artifact, what people call it, and what it is held against.
type Brought = (ArtifactId, String, Option<(ArtifactId, String)>);

fn named(reader: StateReader<'_>, predicate: &Predicate) -> Result<Option<Brought>> {
    Ok(match predicate {
        Predicate::Version(version) => {
            let before = match version.version {
                0 | 1 => None,
                n => reader.version(&version.model, n - 1)?.map(|it| (it.artifact, it.version.to_string())),
            };
            Some((version.artifact, format!("{}/{}", version.model, version.version), before))
        }
        Predicate::Alias(moved) => moved.to.map(|to| {
            let old = moved.from.map(|from| (from.artifact, from.version.to_string()));
            (to.artifact, format!("{}/{}", moved.model, to.version), old)
        }),
        Predicate::Stage(moved) if matches!(moved.to, Stage::Staging | Stage::Production) => {
            Some((moved.artifact, format!("{}/{}", moved.model, moved.version), None))
        }
        Predicate::Trust(moved) if moved.to == TrustState::Trusted => {
            let about = moved.version.as_ref().map_or_else(|| moved.artifact.short(), ToString::to_string);
            Some((moved.artifact, about, None))
        }
        _ => None,
    })
}

fn alone(change: &MoveReview) -> Option<Attention> {
    let due = change.signers.iter().filter(|signer| signer.by.is_none()).count();
    (change.break_glass && due > 0).then(|| Attention {
        gravity: Gravity::Danger,
        kind: AttentionKind::BreakGlass,
        about: change.change.clone(),
        says: format!("takes effect on {}'s word alone; {} due afterwards", change.by, counted(due, "approval")),
        by: Some(change.by.clone()),
    })
}

/// Gates that pass on evidence by whoever asks for the change or registered what it is about.
fn own_evidence(change: &MoveReview, watched: &[Watched<'_>], found: &mut Vec<Attention>) {
    let one = watched.iter().find(|one| Some(one.artifact) == change.artifact);
    let registrar = one.and_then(|one| one.registrar.as_ref());
    let mut by_person: Vec<(&PrincipalId, Vec<&str>)> = Vec::new();
    for gate in change.gates.iter().filter(|gate| gate.gate.status == Status::Passed) {
        let Some(who) = gate.evidence_by.as_ref().filter(|who| **who == change.by || Some(*who) == registrar) else {
            continue;
        };
        let what = gate.evidence_type.as_deref().unwrap_or(&gate.gate.name);
        match by_person.iter_mut().find(|(known, _)| *known == who) {
            Some((_, types)) if types.contains(&what) => {}
            Some((_, types)) => types.push(what),
            None => by_person.push((who, vec![what])),
        }
    }
    for (who, types) in by_person {
        let interest = if *who == change.by { "asks for this change" } else { "registered it" };
        found.push(Attention {
            gravity: Gravity::Caution,
            kind: AttentionKind::OwnEvidence,
            about: one.map_or_else(|| change.change.clone(), |one| one.about.clone()),
            says: format!("{}: on the word of {who} alone, who {interest}", types.join(", ")),
            by: Some(who.clone()),
        });
    }
}

fn forge_file(file: &CompanionReview) -> Attention {
    Attention {
        gravity: Gravity::Caution,
        kind: AttentionKind::ForgeFile,
        about: file.path.clone(),
        says: format!("{}; it tells the forge what to run or who must agree", file.what),
        by: None,
    }
}
