//! What a reviewer must see before anything else: danger first, each thing in a sentence, counted.
//!
//! Nothing here decides whether a change takes effect. It says what people would want to know before they agree.

mod diff;
mod new_keys;
mod package;

use std::collections::{BTreeMap, BTreeSet};

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
    let watched = watched(reader, shown)?;
    let mut found = keys;
    for one in watched.iter().take(LOOKED_INTO) {
        package::look(reader, one, &mut found)?;
        diff::look(one, &mut found);
    }
    if watched.len() > LOOKED_INTO {
        found.push(Attention {
            gravity: Gravity::Danger,
            kind: AttentionKind::NotLookedInto,
            about: "the rest".to_owned(),
            says: format!("{} were not looked into", counted(watched.len() - LOOKED_INTO, "more artifact")),
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
    found.sort_by(|a, b| (a.gravity, a.kind, &a.about).cmp(&(b.gravity, b.kind, &b.about)));
    Ok(found.into_iter().collect())
}

/// The artifacts that a range registers, trusts, stages or points an alias at, each once.
fn watched<'a>(reader: StateReader<'_>, shown: &Shown<'a>) -> Result<Vec<Watched<'a>>> {
    let mut found: BTreeMap<ArtifactId, Watched<'a>> = BTreeMap::new();
    let mut order = Vec::new();
    let mut watch = |artifact: ArtifactId, about: String, old: Option<(ArtifactId, String)>| {
        let one = found.entry(artifact).or_insert_with(|| {
            order.push(artifact);
            Watched { about: about.clone(), artifact, old: None, diff: None, registrar: None }
        });
        // What is live says more than what was registered before.
        if old.is_some() {
            (one.about, one.old) = (about, old);
        }
    };
    // Aliases last: what they move from is what is live.
    let rank = |file: &&RangeFile<'_>| {
        u8::from(matches!(file.record.as_deref().map(|it| it.predicate()), Some(Predicate::Alias(_))))
    };
    let mut files: Vec<&RangeFile<'_>> = shown.all.iter().collect();
    files.sort_by_key(rank);
    for record in files.iter().filter_map(|file| file.record.as_ref()) {
        match record.predicate() {
            Predicate::Version(version) => {
                let before = match version.version {
                    0 | 1 => None,
                    n => reader.version(&version.model, n - 1)?.map(|it| (it.artifact, it.version.to_string())),
                };
                watch(version.artifact, format!("{}/{}", version.model, version.version), before);
            }
            Predicate::Alias(moved) => {
                let Some(to) = moved.to else { continue };
                let old = moved.from.map(|from| (from.artifact, from.version.to_string()));
                watch(to.artifact, format!("{}/{}", moved.model, to.version), old);
            }
            Predicate::Stage(moved) if matches!(moved.to, Stage::Staging | Stage::Production) => {
                watch(moved.artifact, format!("{}/{}", moved.model, moved.version), None);
            }
            Predicate::Trust(moved) if moved.to == TrustState::Trusted => {
                let about = moved.version.as_ref().map_or_else(|| moved.artifact.short(), ToString::to_string);
                watch(moved.artifact, about, None);
            }
            _ => {}
        }
    }
    let diffs = shown.changes.iter().filter_map(|it| it.diff.as_ref());
    let diffs: Vec<&ArtifactDiff> = diffs.chain(shown.versions.iter().filter_map(|it| it.diff.as_ref())).collect();
    let mut watched = Vec::new();
    for artifact in order {
        let Some(mut one) = found.remove(&artifact) else { continue };
        one.diff = diffs.iter().find(|diff| diff.new.artifact == artifact).copied();
        if let Some((model, version)) = one.about.rsplit_once('/') {
            let named = refmark_types::name::ModelName::parse(model).ok().zip(version.parse().ok());
            let record = named.map(|(model, version)| reader.version(&model, version)).transpose()?.flatten();
            one.registrar = record.map(|record| record.by.clone());
        }
        watched.push(one);
    }
    Ok(watched)
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
    let mut by_person: BTreeMap<&PrincipalId, BTreeSet<&str>> = BTreeMap::new();
    for gate in change.gates.iter().filter(|gate| gate.gate.status == Status::Passed) {
        let Some(who) = gate.evidence_by.as_ref().filter(|who| **who == change.by || Some(*who) == registrar) else {
            continue;
        };
        by_person.entry(who).or_default().insert(gate.evidence_type.as_deref().unwrap_or(&gate.gate.name));
    }
    for (who, types) in by_person {
        let interest = if *who == change.by { "asks for this change" } else { "registered it" };
        let types: Vec<&str> = types.into_iter().collect();
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
