//! `status`: where a registry stands, at one look.

use crate::registry::Reader;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::context::Pinning;
use crate::pins::project::Project;
use crate::read::proposals::ProposalRow;
use crate::read::verify::SavedVerify;
use crate::share::backup::SavedDrill;
use crate::view::{AsOf, View};
use refmark_engine::landing::Standing;
use refmark_engine::open_approvals::OpenApproval;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::verify::{Outcome, Problem};
use refmark_query::pin::PinReport;
use refmark_records::registry_id::RegistryId;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_store::blob::Presence;
use refmark_store::fs::host::Life;
use refmark_store::fs::lock::{Holder, holder};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;
use std::collections::{BTreeMap, BTreeSet};

/// A landing without effect.
#[derive(Debug, Clone, Serialize)]
pub struct PendingLanding {
    /// The commit that brought it.
    pub commit: Oid,
    /// Whether it waits (`pending`) or breaks a rule (`refused`).
    pub standing: Standing,
    /// Its files.
    pub paths: Vec<String>,
    /// What it waits for, or which rule it breaks; empty where only a whole `verify` knows.
    pub problems: Vec<Problem>,
}

/// What vouches for a registry.
#[derive(Debug, Clone, Serialize)]
pub struct TrustStatus {
    /// The pinned root, as `sha256:<hex>`; none where nothing vouches for the registry.
    pub root: Option<String>,
    /// Who pinned it: `named` (an option, the environment or a lock file) or `stored` (`trust.toml`).
    pub pinned_by: Option<&'static str>,
    /// The newest root of the registry, as `sha256:<hex>`.
    pub newest: Option<String>,
    /// Whether the pinned root is the registry's and the newest commit good.
    pub vouched_for: bool,
}

/// Where a registry stands.
#[derive(Debug, Clone, Serialize)]
pub struct StatusAnswer {
    /// The registry's path.
    pub registry: PathBuf,
    /// Its id.
    pub id: RegistryId,
    /// Its name.
    pub name: String,
    /// The branch that it is.
    pub branch: String,
    /// The newest commit and its time.
    pub as_of: AsOf,
    /// ok, pending, incomplete or failed: history only, as far as it was verified.
    pub verdict: Outcome,
    /// Why the verdict is not better.
    pub problems: Vec<Problem>,
    /// What vouches for it.
    pub trust: TrustStatus,
    /// How many models there are.
    pub models: u64,
    /// How many versions there are.
    pub versions: u64,
    /// How many versions are in each stage.
    pub stages: BTreeMap<Stage, u64>,
    /// How many artifacts are in each trust state.
    pub trust_states: BTreeMap<TrustState, u64>,
    /// How many aliases hold something.
    pub aliases: u64,
    /// How many blobs of live artifacts are not here.
    pub absent_blobs: u64,
    /// Their bytes.
    pub absent_bytes: u64,
    /// How many blobs of live artifacts were found damaged, and had no good copy since.
    pub damaged_blobs: u64,
    /// Temporary files that killed processes left; the next writer of files removes them, or `gc`.
    pub leftovers: u64,
    /// Their bytes.
    pub leftover_bytes: u64,
    /// Landings without effect, oldest first.
    pub pending: Vec<PendingLanding>,
    /// Proposals that are open.
    pub proposals: Vec<ProposalRow>,
    /// Moves made on one person's word, whose second approval is due.
    pub open_approvals: Vec<OpenApproval>,
    /// The last `verify --save`.
    pub last_verify: Option<SavedVerify>,
    /// The last backup that was made from here.
    pub last_backup: Option<SavedDrill>,
    /// The last drill of a backup that passed here.
    pub last_drill: Option<SavedDrill>,
    /// Who is writing right now.
    pub writer: Option<Holder>,
    /// The user's default registry.
    pub default_registry: Option<PathBuf>,
    /// Whether this is it.
    pub is_default: bool,
    /// The origin of a clone.
    pub origin: Option<OriginStatus>,
    /// The pins of the project that was asked from, as this registry judges them.
    pub pins: Vec<PinReport>,
    /// Why the pins cannot be judged here, if they cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pins_problem: Option<Error>,
}

/// A clone and its origin, as of the last fetch.
#[derive(Debug, Clone, Serialize)]
pub struct OriginStatus {
    /// Its address.
    pub url: String,
    /// Its head, as it was fetched last.
    pub head: Option<Oid>,
    /// How many commits of this copy it lacks.
    pub ahead: u64,
    /// How many of its commits this copy lacks.
    pub behind: u64,
}

/// What `status` counts.
#[derive(Default)]
struct Counts {
    models: u64,
    versions: u64,
    stages: BTreeMap<Stage, u64>,
    trust_states: BTreeMap<TrustState, u64>,
    aliases: u64,
    absent_blobs: u64,
    absent_bytes: u64,
    damaged: Vec<Error>,
    artifacts: BTreeSet<ArtifactId>,
}

impl<'r> Reader<'r> {
    /// Where the registry stands; with a project, also what its pins come to. Reads on where history is not whole, and
    /// says so.
    pub fn status(&self, project: Option<&Project>) -> Result<StatusAnswer> {
        let (view, mut problems) = match self.view() {
            Err(error) if error.code == Code::Incomplete => {
                (self.view_incomplete()?, vec![Problem::of(&error, None, None)])
            }
            other => (other?, Vec::new()),
        };
        problems.extend(view.verified().map(|it| it.problems()).unwrap_or_default());
        let (counts, left) = (self.count(&view)?, self.registry.leftovers()?);
        problems.extend(counts.damaged.iter().take(NAMED).map(|error| Problem::of(error, None, None)));
        problems.extend(self.dated_ahead(&view)?.iter().map(|error| Problem::of(error, None, Some(view.head))));
        let verdict = view.verified().map_or(Outcome::Incomplete, |it| it.outcome());
        let (pins, pins_problem) = self.judge_pins(project)?;
        let default_registry = self.registry.world().default_registry()?;
        let same =
            |path: &PathBuf| std::fs::canonicalize(path).ok() == std::fs::canonicalize(self.registry.path()).ok();
        Ok(StatusAnswer {
            registry: std::path::absolute(self.registry.path()).unwrap_or_else(|_| self.registry.path().to_owned()),
            id: self.registry.id(),
            name: self.registry.name().to_owned(),
            branch: self.registry.branch().to_owned(),
            as_of: view.as_of()?,
            verdict,
            problems,
            trust: self.trust_status(&view),
            models: counts.models,
            versions: counts.versions,
            stages: counts.stages,
            trust_states: counts.trust_states,
            aliases: counts.aliases,
            absent_blobs: counts.absent_blobs,
            absent_bytes: counts.absent_bytes,
            damaged_blobs: counts.damaged.len() as u64,
            leftovers: left.files,
            leftover_bytes: left.bytes,
            pending: pending(&view),
            proposals: self.proposals(&view, None)?.proposals,
            open_approvals: self.open_approvals(&view)?,
            // What is known to be damaged now was not found ok, whatever somebody saved before.
            last_verify: self
                .saved_verify()
                .filter(|it| it.verdict != Outcome::Ok || (counts.damaged.is_empty() && verdict != Outcome::Failed)),
            last_backup: self.registry.share().last_backup(),
            last_drill: self.registry.share().last_drill(),
            writer: writing(&self.registry.work_folder())?,
            is_default: default_registry.as_ref().is_some_and(same),
            default_registry,
            origin: self.origin_status(view.head)?,
            pins,
            pins_problem,
        })
    }

    /// A clock that is wrong, here or where the newest commit was made: nothing is ordered by it, and people should know.
    fn dated_ahead(&self, view: &View<'_>) -> Result<Option<Box<Error>>> {
        let (now, made) = (self.registry.world.clock.now(), view.as_of()?.time);
        Ok((made.since(now) > SKEW).then(|| {
            Error::new(
                Code::BadTime,
                format!("the newest commit is dated {made}, which is ahead of this machine's clock: {now}"),
            )
            .hint("one of the two clocks is wrong; the order of commits is the chain's, whatever they say")
        }))
    }

    fn trust_status(&self, view: &View<'_>) -> TrustStatus {
        let pinned_by = match (&self.registry.world().pinning, view.pin) {
            (_, None) => None,
            (Pinning::Root(_), _) => Some("named"),
            (Pinning::Stored, _) => Some("stored"),
        };
        TrustStatus {
            root: view.pin.map(|it| it.prefixed()),
            pinned_by,
            newest: view.verified().and_then(|it| it.newest_root).map(|it: Digest| it.prefixed()),
            vouched_for: view.is_vouched_for(),
        }
    }

    fn count(&self, view: &View<'_>) -> Result<Counts> {
        let facts = view.facts()?;
        let mut counts = Counts::default();
        for model in facts.models()? {
            let versions = facts.versions(&model)?;
            if versions.is_empty() {
                continue;
            }
            counts.models += 1;
            counts.aliases += crate::read::list::held_by_alias(facts, &model)?.len() as u64;
            for version in versions {
                let Some(record) = facts.version(&model, version)? else { continue };
                counts.versions += 1;
                *counts.stages.entry(facts.stage(&model, version)?.0).or_default() += 1;
                counts.artifacts.insert(record.artifact);
            }
        }
        let mut seen = BTreeSet::new();
        for artifact in &counts.artifacts {
            let trust = facts.trust(artifact)?.0;
            *counts.trust_states.entry(trust).or_default() += 1;
            if trust == TrustState::Deleted {
                continue;
            }
            for file in facts.manifest(artifact)?.iter().flat_map(|it| &it.files) {
                if !seen.insert(file.sha256) {
                    continue;
                }
                match self.registry.store.presence(&file.sha256)? {
                    Presence::Absent => match self.registry.store.moved_away(&file.sha256) {
                        Some(error) => counts.damaged.push(*error),
                        None => {
                            counts.absent_blobs += 1;
                            counts.absent_bytes = counts.absent_bytes.saturating_add(file.size);
                        }
                    },
                    Presence::Present { size } if size != file.size => {
                        counts.damaged.push(*cut(&file.sha256, file.size, size))
                    }
                    Presence::Present { .. } => {}
                }
            }
        }
        Ok(counts)
    }

    fn judge_pins(&self, project: Option<&Project>) -> Result<(Vec<PinReport>, Option<Error>)> {
        let Some(project) = project.filter(|it| it.lock().is_ok_and(|lock| lock.registry.id == self.registry.id()))
        else {
            return Ok((Vec::new(), None));
        };
        match project.check(Some(self.registry)) {
            Ok(answer) => Ok((answer.pins, None)),
            Err(error) if error.code == Code::Bug => Err(error),
            Err(error) => Ok((Vec::new(), Some(*error))),
        }
    }

    fn origin_status(&self, head: Oid) -> Result<Option<OriginStatus>> {
        let Some(url) = self.registry.share().origin_url()? else { return Ok(None) };
        let theirs = self.registry.tracked_head();
        let (ahead, behind) = match theirs {
            None => (0, 0),
            // Where history is cut off nothing can be counted.
            Some(theirs) => match self.registry.repo().merge_base(head, theirs) {
                Ok(Some(base)) => (self.registry.chain_length(head, base)?, self.registry.chain_length(theirs, base)?),
                _ => (0, 0),
            },
        };
        Ok(Some(OriginStatus { url, head: theirs, ahead, behind }))
    }
}

/// Clocks differ by so many seconds without anything being wrong.
const SKEW: i64 = 600;

/// So many damaged blobs are named.
const NAMED: usize = 20;

fn cut(digest: &Digest, expected: u64, found: u64) -> Box<Error> {
    Error::new(Code::Damaged, format!("blob {} has {found} bytes here, and should have {expected}", digest.short()))
        .hint(Hint::of("what is damaged is moved away, and fetched again: ").then(Next::Verify))
        .field("digest", digest)
}

fn pending(view: &View<'_>) -> Vec<PendingLanding> {
    let landings = view.verified().map(|it| it.walk.inert()).unwrap_or_default();
    landings
        .iter()
        .map(|it| PendingLanding {
            commit: it.commit,
            standing: it.standing,
            paths: it.files.keys().take(64).cloned().collect(),
            problems: it.findings.iter().map(|(path, error)| Problem::of(error, Some(path), Some(it.commit))).collect(),
        })
        .collect()
}

/// Who holds the writer's lock. The dead write nothing; and one that cannot be read is what `unlock` is for, and no reason
/// to say nothing else.
fn writing(folder: &Path) -> Result<Option<Holder>> {
    match holder(&folder.join("lock")) {
        Err(error) if error.code == Code::Locked => Ok(None),
        other => Ok(other?.filter(|it| it.identity.life() != Life::Dead)),
    }
}

#[cfg(test)]
mod tests;
