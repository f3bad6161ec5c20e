//! The rules: what one landing comes to, judged alone, whole or not at all.
//!
//! Roots come first, then policies, each under its predecessor; the rest under the newest, against the state plus the
//! landing itself. What breaks a rule is refused; what breaks none and still lacks something is pending. Failure is
//! tested before absence.

mod author;
mod catalog;
mod confirm;
pub(crate) mod documents;
mod kinds;
mod lost;
mod moves;
mod people;
mod quorum;
mod releases;
mod renames;
mod report;
mod scopes;
mod twins;

use std::sync::Arc;

pub(crate) use author::authored;
pub use author::{approval_counts, renew};
pub use catalog::action_of;
pub use kinds::may_not_look;
pub(crate) use kinds::rights;
pub use people::match_people;
pub(crate) use quorum::reached as signed_by_quorum;
pub use report::{describe, report_on, stage_step, trust_step};

use super::effective::{Effective, StateOverlay};
use super::gate::GateReport;
use super::revoked::Revoked;
use super::snapshot::Mode;
use super::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_records::policy::{Limits, Policy};
use refmark_records::registry_id::RegistryId;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What a file of a landing comes to.
#[derive(Debug, Clone)]
pub enum Ruling {
    /// Nothing speaks against it and nothing is missing.
    Ok,
    /// It lacks something that may still come.
    Missing(Box<Error>),
    /// It breaks a rule.
    Failed(Box<Error>),
}

impl Ruling {
    pub(crate) fn failed(code: Code, message: impl Into<String>) -> Ruling {
        Ruling::Failed(Error::new(code, message))
    }

    fn missing(message: impl Into<String>) -> Ruling {
        Ruling::Missing(Error::new(Code::Pending, message))
    }

    /// Both of two rulings: a failure wins over what is missing, because what fails must not wait and wake up later.
    fn and(self, other: Ruling) -> Ruling {
        match (self, other) {
            (Ruling::Failed(error), _) | (_, Ruling::Failed(error)) => Ruling::Failed(error),
            (Ruling::Missing(error), _) | (_, Ruling::Missing(error)) => Ruling::Missing(error),
            (Ruling::Ok, Ruling::Ok) => Ruling::Ok,
        }
    }
}

/// Leaves early with a ruling that is not `Ok`.
macro_rules! demand {
    ($ruling:expr) => {
        match $ruling {
            $crate::rules::Ruling::Ok => {}
            other => return Ok(other),
        }
    };
}
use demand;

/// Whether a record was signed by a member of a policy, with a key that nobody distrusts and a right for records of its kind.
/// What else holds for it is judged when it lands.
pub fn signed_by_a_member(
    place: &Place,
    oid: Oid,
    policy: &Policy,
    objects: &super::effective::Objects<'_>,
) -> Result<bool> {
    let record = match settle(author::at_its_place(&place.path(), oid, objects))? {
        Ok(record) => record,
        Err(_) => return Ok(false),
    };
    Ok(matches!(authored(oid, &record, policy, rights(place), objects)?, Ruling::Ok))
}

/// What a landing is judged against.
pub struct RuleContext<'a> {
    /// What took effect before it.
    pub state: &'a dyn Effective,
    /// The place of a good commit on the first-parent chain, counted from 0; nothing for any other commit.
    pub position: &'a dyn Fn(Oid) -> Result<Option<u64>>,
    /// The files that are revoked now, each with the place on the chain where it was.
    pub revoked_files: &'a BTreeMap<Digest, u64>,
    /// The files that were deleted and have not come back, each with an artifact that had it.
    pub deleted_files: &'a BTreeMap<Digest, ArtifactId>,
    /// The paths of records that rest on a key which is distrusted.
    pub tainted: &'a BTreeSet<String>,
    /// The time of the commit that brings it; of what is only tried, the latest time that it names.
    pub brought: Option<Timestamp>,
}

/// What counts for nothing where a move is judged: weights that are revoked, and records that rest on a distrusted key. By
/// default nothing.
#[derive(Default)]
pub struct Exclusions {
    revoked_files: BTreeMap<Digest, u64>,
    deleted_files: BTreeMap<Digest, ArtifactId>,
    tainted: BTreeSet<String>,
}

impl Exclusions {
    /// The weight files that were withdrawn, and the records at these paths.
    pub fn new(withdrawn: &Revoked, tainted: BTreeSet<String>) -> Exclusions {
        let (revoked_files, deleted_files) = (withdrawn.files().clone(), withdrawn.deleted_files().clone());
        Exclusions { revoked_files, deleted_files, tainted }
    }

    /// The context for what was judged before, or is judged as if: every base is a good commit.
    pub fn context<'a>(&'a self, state: &'a dyn Effective) -> RuleContext<'a> {
        RuleContext {
            state,
            position: &|_| Ok(Some(0)),
            revoked_files: &self.revoked_files,
            deleted_files: &self.deleted_files,
            tainted: &self.tainted,
            brought: None,
        }
    }
}

impl RuleContext<'_> {
    /// Whether the first root took effect before.
    fn is_founded(&self) -> Result<bool> {
        Ok(self.state.oid(&Place::Root(1).path())?.is_some())
    }
}

/// The root and the policy that a landing's records are judged under: the newest of the sum.
struct Authority {
    registry: RegistryId,
    policy: Arc<Policy>,
}

/// What a landing comes to.
pub struct Judged {
    /// The files that take effect, where it does.
    pub effect: Option<BTreeMap<String, Oid>>,
    /// Whether it breaks a rule (else, where it has no effect, it is pending).
    pub refused: bool,
    /// Why it has no effect, by path.
    pub findings: Vec<(String, Box<Error>)>,
    /// Approvals that do not count: inert, and no harm to the rest.
    pub dropped: Vec<(String, Box<Error>)>,
    /// The reports of the moves in it.
    pub reports: Vec<GateReport>,
}

/// Errors of the world (a damaged pack, a failing disk) stop the walk; all others are what the file comes to.
fn settle<T>(result: Result<T>) -> Result<Result<T>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) => match error.code {
            Code::Io | Code::BadPack | Code::GitFailed | Code::Incomplete | Code::Cancelled | Code::Bug => Err(error),
            _ => Ok(Err(error)),
        },
    }
}

/// Judges one landing.
pub fn judge_landing(files: &BTreeMap<String, (Mode, Oid)>, context: &RuleContext<'_>) -> Result<Judged> {
    let mut landing =
        LandingJudge { context, findings: Vec::new(), refused: false, dropped: Vec::new(), reports: Vec::new() };
    let places = landing.places(files);
    let mut overlay = landing.roots_and_policies(&places)?;
    let authority = landing.authority(&overlay)?;
    if landing
        .is_too_large(&places, authority.as_ref(), places.len() as u64, "files", |limits| limits.files_per_landing)
    {
        // Whoever floods is not read further.
        return Ok(landing.judged(overlay));
    }
    let bytes = landing.fill(&places, &mut overlay)?;
    landing.is_too_large(&places, authority.as_ref(), bytes, "bytes", |limits| limits.bytes_per_landing);
    let sum = kinds::Sum::of(&overlay)?;
    for (place, path, oid) in places.iter().filter(|(place, ..)| !place.is_meta()) {
        let (ruling, report) = kinds::judge(place, path, *oid, &sum, authority.as_ref(), &overlay, context)?;
        landing.reports.extend(report);
        match ruling {
            Ruling::Ok => {}
            // An approval that does not count is inert and spoils nothing.
            Ruling::Failed(error) | Ruling::Missing(error) if is_approval_record(place, *oid, &overlay) => {
                landing.dropped.push((path.clone(), error));
            }
            Ruling::Missing(error) => landing.findings.push((path.clone(), error)),
            Ruling::Failed(error) => landing.refuse(path, error),
        }
    }
    for (path, _) in &landing.dropped {
        overlay.remove(path);
    }
    Ok(landing.judged(overlay))
}

fn is_approval_record(place: &Place, oid: Oid, overlay: &StateOverlay<'_>) -> bool {
    matches!(place, Place::Approval(..)) && overlay.objects().record(oid).is_ok()
}

struct LandingJudge<'a> {
    context: &'a RuleContext<'a>,
    findings: Vec<(String, Box<Error>)>,
    refused: bool,
    dropped: Vec<(String, Box<Error>)>,
    reports: Vec<GateReport>,
}

impl<'a> LandingJudge<'a> {
    fn refuse(&mut self, path: &str, error: Box<Error>) {
        self.refused = true;
        self.findings.push((path.to_owned(), error));
    }

    /// The places of the landing's files, in the order in which they are judged.
    fn places(&mut self, files: &BTreeMap<String, (Mode, Oid)>) -> Vec<(Place, String, Oid)> {
        let mut places = Vec::new();
        for (path, (mode, oid)) in files {
            match (mode, Place::parse(path)) {
                (Mode::File, Some(place)) => places.push((place, path.clone(), *oid)),
                (Mode::File, None) => {
                    let error = Error::new(Code::WrongPath, format!("`{}` is no place of a record", path.escape_debug()))
                        .hint("remove the file; companions are README.md, LICENSE, CODEOWNERS, .github/, .gitlab/, .gitlab-ci.yml and docs/");
                    self.refuse(path, error.at(path));
                }
                (odd, _) => {
                    let what = match odd {
                        Mode::Odd(0o120000) => "a symbolic link".to_owned(),
                        Mode::Odd(0o160000) => "a submodule".to_owned(),
                        Mode::Odd(0o100755) => "an executable file".to_owned(),
                        Mode::Odd(mode) => format!("an entry of mode {mode:o}"),
                        _ => "a folder without files".to_owned(),
                    };
                    let error = Error::new(Code::BadTree, format!("`{}` is {what}", path.escape_debug()))
                        .hint("a registry has plain files of mode 100644 only");
                    self.refuse(path, error.at(path));
                }
            }
        }
        places.sort();
        places
    }

    /// Judges roots, then policies, each under its predecessor; returns the state with those that hold.
    fn roots_and_policies(&mut self, places: &[(Place, String, Oid)]) -> Result<StateOverlay<'a>> {
        let mut overlay = StateOverlay::new(self.context.state, BTreeMap::new());
        for (place, path, oid) in places.iter().filter(|(place, ..)| place.is_meta()) {
            let ruling = match place {
                Place::Root(number) => quorum::judge_root(*number, path, *oid, &overlay, self.context)?,
                Place::Policy(number) => {
                    let text = Place::PolicyText(*number);
                    let text = places.iter().find(|(other, ..)| *other == text).map(|(_, path, oid)| (path, *oid));
                    let ruling =
                        quorum::judge_policy(*number, path, *oid, text.map(|text| text.1), &overlay, self.context)?;
                    if let (Ruling::Ok, Some((path, oid))) = (&ruling, text) {
                        overlay.insert(path.clone(), oid);
                    }
                    ruling
                }
                _ => match places
                    .iter()
                    .any(|(other, ..)| matches!((other, place), (Place::Policy(a), Place::PolicyText(b)) if a == b))
                {
                    true => continue,
                    false => Ruling::failed(
                        Code::BadSignature,
                        format!("{path} has no statement that signs it in the same landing"),
                    ),
                },
            };
            match ruling {
                Ruling::Ok => overlay.insert(path.clone(), *oid),
                Ruling::Missing(error) => self.findings.push((path.clone(), error.at(path))),
                Ruling::Failed(error) => self.refuse(path, error.at(path)),
            }
        }
        Ok(overlay)
    }

    /// The root and the policy that rule over the rest.
    fn authority(&self, overlay: &StateOverlay<'_>) -> Result<Option<Authority>> {
        let reader = StateReader(overlay);
        let (root, policy) = (reader.newest_root()?, reader.newest_policy()?);
        Ok(root.zip(policy).map(|(root, (policy, _))| Authority { registry: root.registry, policy }))
    }

    /// Refuses a landing that brings more than the policy caps.
    fn is_too_large(
        &mut self,
        places: &[(Place, String, Oid)],
        authority: Option<&Authority>,
        found: u64,
        what: &str,
        limit: fn(&Limits) -> u64,
    ) -> bool {
        let limit = authority.map(|authority| limit(&authority.policy.limits));
        let (Some(limit), Some((_, path, _))) = (limit.filter(|limit| found > *limit), places.first()) else {
            return false;
        };
        let message = format!("the landing brings {found} {what}, and the policy allows {limit}");
        self.refuse(path, Error::new(Code::TooLarge, message).field("limit", limit).field("found", found));
        true
    }

    /// What it all comes to. A landing of which nothing is left takes no effect.
    fn judged(mut self, overlay: StateOverlay<'_>) -> Judged {
        let files = overlay.into_files();
        if self.findings.is_empty() && files.is_empty() {
            self.refused = true;
            self.findings.append(&mut self.dropped);
        }
        let effect = self.findings.is_empty().then_some(files);
        let LandingJudge { findings, refused, dropped, reports, .. } = self;
        Judged { effect, refused, findings, dropped, reports }
    }

    /// Adds what is well-formed and at its own path, so that gates can read the sum. Returns the bytes that it brings.
    fn fill(&mut self, places: &[(Place, String, Oid)], overlay: &mut StateOverlay<'_>) -> Result<u64> {
        let mut bytes = 0u64;
        for (place, path, oid) in places.iter().filter(|(place, ..)| !place.is_meta()) {
            let fits = match place {
                Place::Document(artifact, document) => documents::fits(*artifact, *document, *oid, overlay.objects()),
                _ => author::at_its_place(path, *oid, overlay.objects()).map(|record| record.canonical().len() as u64),
            };
            match settle(fits)? {
                Ok(size) => {
                    bytes += size;
                    overlay.insert(path.clone(), *oid);
                }
                Err(error) => self.refuse(path, error.at(path)),
            }
        }
        Ok(bytes)
    }
}
