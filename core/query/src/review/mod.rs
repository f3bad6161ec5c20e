//! `review`: what a range of commits would change, for people. One value; the page that every face shows is made of it.
//!
//! It is read from the commits alone. What was refused is shown as refused, and evidence that did not take effect and
//! would not is not shown as evidence.

mod attention;
mod change;
mod compose;
mod describe;
mod evidence;
mod grave;
mod package;
mod range;
mod range_file;
mod rules;
mod summary;

use serde::Serialize;

use super::answer::ManifestIs;
use super::diff::{ArtifactDiff, Listed};
use refmark_engine::gate::{Decision, GateResult};
use refmark_engine::verify::Problem;
use refmark_records::registry_id::RegistryId;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ModelName, PrincipalId};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

pub use attention::{Attention, AttentionKind, Gravity};
pub(crate) use change::{gates, said, signers};
pub(crate) use compose::{companions, reordered};
pub(crate) use describe::in_words;
pub use evidence::EvidenceReview;
pub use package::PackageReview;
pub use range::{Method, MethodVerdict, Range, RangeOutcome, RangeVerdict, merge_base};
pub use summary::quoted;

/// So many moves, versions and other records are shown one by one.
const MOVES: usize = 20;

/// What a review is asked for besides the range.
#[derive(Debug, Clone, Default)]
pub struct ReviewOptions {
    /// The range's start as it was asked for, such as `main`.
    pub base_name: String,
    /// The range's end as it was asked for, such as `propose/sentiment-champion-4`.
    pub head_name: String,
    /// Whether the range's end is part of the registry's branch already.
    pub landed: bool,
}

/// What a range of commits would change.
#[derive(Debug, Clone, Serialize)]
pub struct Review {
    /// The verdict.
    pub verdict: RangeVerdict,
    /// What changes, in a few words: `sentiment: champion 3 → 4`.
    pub title: String,
    /// What it comes to, in a few words: `all gates pass, 1 approval missing`.
    pub summary: String,
    /// The registry's id.
    pub registry: RegistryId,
    /// The registry's name.
    pub name: String,
    /// What makes a comment on this change findable again.
    pub key: String,
    /// The range's start.
    pub base: Oid,
    /// The range's end.
    pub head: Oid,
    /// Whether the range is part of the branch already, or a proposal beside it.
    pub landed: bool,
    /// How many commits it has.
    pub commits: usize,
    /// What a reviewer must see first, the gravest first.
    pub attention: Listed<Attention>,
    /// Every change of roots, policies, trust states and of what is live in production, the gravest first: none is left out.
    pub grave: Vec<GraveChange>,
    /// Moves of aliases, stages and trust states, the most important first.
    pub changes: Listed<MoveReview>,
    /// Versions that were registered.
    pub versions: Listed<VersionReview>,
    /// New roots and policies.
    pub rules: Vec<RulesReview>,
    /// Every other record, in a sentence each.
    pub records: Listed<RecordReview>,
    /// Files that have, or would have, no effect.
    pub inert: Listed<Problem>,
    /// Files without authority that change too.
    pub companions: Listed<CompanionReview>,
    /// Why the verdict is not `ok`, the gravest first.
    pub problems: Vec<Problem>,
    /// What each way of merging comes to; none for a range that is part of the branch.
    pub methods: Vec<MethodVerdict>,
    /// The policy that judges.
    pub policy: Option<Pointed>,
    /// The newest root.
    pub root: Option<Pointed>,
    /// Whether the history was verified against a pinned root.
    pub pinned: bool,
    /// What to type.
    pub commands: Commands,
}

/// A change that is always named.
#[derive(Debug, Clone, Serialize)]
pub struct GraveChange {
    /// The change in a few words.
    pub change: String,
    /// The path of its record.
    pub path: String,
    /// Who signed it.
    pub by: PrincipalId,
    /// What it comes to.
    pub decision: Decision,
}

/// A numbered record, by its statement.
#[derive(Debug, Clone, Serialize)]
pub struct Pointed {
    /// Its number.
    pub number: u64,
    /// Its statement's digest.
    pub statement: Digest,
}

/// What to type.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Commands {
    /// To approve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve: Option<String>,
    /// To make it again on what stands there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renew: Option<String>,
    /// To go back after it took effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roll_back: Option<String>,
    /// Who may go back, under the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roll_back_by: Option<String>,
    /// To look at it without anybody's server.
    pub check: String,
}

/// A move.
#[derive(Debug, Clone, Serialize)]
pub struct MoveReview {
    /// `alias`, `stage` or `trust`.
    pub kind: &'static str,
    /// The move in a few words.
    pub change: String,
    /// The path of its record.
    pub path: String,
    /// The digest of its statement: what an approval names.
    pub statement: Digest,
    /// The commit that brought it.
    pub commit: Oid,
    /// The model, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelName>,
    /// The alias, for its moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<AliasName>,
    /// The move's number.
    pub sequence: u64,
    /// What it moves from.
    pub from: Option<String>,
    /// What it moves to.
    pub to: Option<String>,
    /// The artifact that it is about.
    pub artifact: Option<ArtifactId>,
    /// Why.
    pub reason: String,
    /// Who signed it.
    pub by: PrincipalId,
    /// When, by that person's clock.
    pub time: Timestamp,
    /// What it comes to.
    pub decision: Decision,
    /// The path of the record that it is shown with: the alias's move, or the new version, that it came for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown_with: Option<String>,
    /// Whether one person's word is enough for now, and the rest is due afterwards.
    pub break_glass: bool,
    /// Everybody that the rule asks for.
    pub signers: Vec<SignerReview>,
    /// What was said to it: approvals and waivers.
    pub said: Vec<SaidReview>,
    /// Every gate.
    pub gates: Vec<GateReview>,
    /// Why it has no effect, where a rule is broken before any gate is asked.
    pub problems: Vec<Problem>,
    /// What differs between the old and the new artifact; everything, where there is no old one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<ArtifactDiff>,
    /// The new artifact by itself, where there is no old one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageReview>,
    /// How long the alias held what it moves from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldReview>,
    /// Projects that are pinned to the alias, or to what it moves from or to.
    pub reach: Listed<ReachReview>,
}

/// Somebody that a rule asks for.
#[derive(Debug, Clone, Serialize)]
pub struct SignerReview {
    /// Roles, or the model's owner.
    pub asks: String,
    /// Whether the author cannot be the one.
    pub not_author: bool,
    /// Who fills it.
    pub by: Option<PrincipalId>,
    /// When that person signed.
    pub time: Option<Timestamp>,
    /// Everybody who could, and whether that person signed already.
    pub could: Vec<(PrincipalId, bool)>,
}

/// What somebody said to a move.
#[derive(Debug, Clone, Serialize)]
pub struct SaidReview {
    /// Who.
    pub by: PrincipalId,
    /// When, by that person's clock.
    pub time: Timestamp,
    /// Whether it is an approval.
    pub approves: bool,
    /// Gates that it waives.
    pub waives: Vec<String>,
    /// Why.
    pub reason: Option<String>,
}

/// A gate, and the evidence that it rests on.
#[derive(Debug, Clone, Serialize)]
pub struct GateReview {
    /// The gate.
    #[serde(flatten)]
    pub gate: GateResult,
    /// Who attached the evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_by: Option<PrincipalId>,
    /// Its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_type: Option<String>,
    /// The run that produced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// How long something held an alias.
#[derive(Debug, Clone, Serialize)]
pub struct HeldReview {
    /// The version.
    pub version: u64,
    /// Since when.
    pub since: Timestamp,
    /// Who moved it there.
    pub by: PrincipalId,
    /// For so many seconds, up to this move.
    pub seconds: i64,
    /// How often the alias went back to a version that it held before, since this version first held it.
    pub rollbacks: usize,
}

/// A project that published what it is pinned to.
#[derive(Debug, Clone, Serialize)]
pub struct ReachReview {
    /// Its id.
    pub consumer: String,
    /// The version that it is pinned to.
    pub version: u64,
    /// The alias that its pin follows when it is updated.
    pub alias: Option<AliasName>,
}

/// A version that was registered.
#[derive(Debug, Clone, Serialize)]
pub struct VersionReview {
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: u64,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The path of its record.
    pub path: String,
    /// Who registered it.
    pub by: PrincipalId,
    /// When, by that person's clock.
    pub time: Timestamp,
    /// What it comes to.
    pub decision: Decision,
    /// The package.
    pub package: Option<PackageReview>,
    /// What differs from the version before, or everything of a first one; for the first few, and where no move shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<ArtifactDiff>,
}

/// A new root or policy.
#[derive(Debug, Clone, Serialize)]
pub struct RulesReview {
    /// `root` or `policy`.
    pub kind: &'static str,
    /// Its number.
    pub number: u64,
    /// Its statement's digest.
    pub statement: Digest,
    /// Why it replaces the one before.
    pub reason: String,
    /// Who wrote it.
    pub by: PrincipalId,
    /// When, by that person's clock.
    pub time: Timestamp,
    /// How many signatures it has.
    pub signatures: usize,
    /// What it comes to.
    pub decision: Decision,
    /// What changes, in sentences: who could do what before, and who can now.
    pub changes: Listed<String>,
    /// Those of the changes that ask fewer people, or less of a change.
    pub asks_less: Listed<String>,
    /// Lines of a policy's text that are new.
    pub lines_added: Listed<String>,
    /// Lines of a policy's text that are gone.
    pub lines_removed: Listed<String>,
}

/// Any other record.
#[derive(Debug, Clone, Serialize)]
pub struct RecordReview {
    /// Its kind.
    pub kind: &'static str,
    /// What it says, in a sentence.
    pub says: String,
    /// Its path.
    pub path: String,
    /// Who signed it.
    pub by: PrincipalId,
    /// What it comes to.
    pub decision: Decision,
    /// What it says of an artifact, where it is evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceReview>,
}

/// A file beside the records that changes too.
#[derive(Debug, Clone, Serialize)]
pub struct CompanionReview {
    /// Its path.
    pub path: String,
    /// `added`, `changed` or `removed`.
    pub what: &'static str,
    /// Whether it tells a forge what to run or who must approve.
    pub steers_the_forge: bool,
}

impl Review {
    /// Says of the artifacts whose manifests the reader held against their bytes that they are no mere claims.
    pub fn mark_derived(&mut self, is_derived: &dyn Fn(&ArtifactId) -> bool) {
        let known = |artifact: &ArtifactId| match is_derived(artifact) {
            true => ManifestIs::Derived,
            false => ManifestIs::Claimed,
        };
        let changes = self.changes.items.iter_mut().map(|it| (it.artifact, &mut it.diff, &mut it.package));
        let versions = self.versions.items.iter_mut().map(|it| (Some(it.artifact), &mut it.diff, &mut it.package));
        for (artifact, diff, package) in changes.chain(versions) {
            if let Some(diff) = diff {
                diff.classes.manifest_is = known(&diff.new.artifact);
            }
            if let (Some(package), Some(artifact)) = (package, artifact) {
                package.manifest_is = known(&artifact);
            }
        }
    }

    /// Adds what the reader found out beside the commits, such as bytes that are not what a manifest claims.
    pub fn add_problem(&mut self, verdict: RangeVerdict, problem: Problem) {
        self.verdict = self.verdict.max(verdict);
        self.problems.insert(0, problem);
        self.summary = summary::summary(self);
    }
}

/// Reviews a range.
pub fn review(range: &Range<'_>, options: &ReviewOptions) -> Result<Review> {
    let as_fast_forward = range.as_fast_forward()?;
    let landed = as_fast_forward.is_some() && options.landed;
    let one = match (&as_fast_forward, landed) {
        (Some(_), true) => None,
        _ => Some(range.as_merge()?),
    };
    let outcome = match (&one, &as_fast_forward) {
        (Some(one), _) => one,
        (None, Some(as_fast_forward)) => as_fast_forward,
        (None, None) => return Err(refmark_types::error::bug("a range without an outcome")),
    };
    let methods = match &one {
        Some(one) => range.methods(one, as_fast_forward.as_ref())?,
        None => Vec::new(),
    };
    compose::compose(range, options, outcome, methods, landed)
}
