//! `verify`: is everything here as signed and allowed? Bytes and history.

use crate::registry::Reader;
use serde::{Deserialize, Serialize};

use crate::claims::{Claim, Deriver, Looked, TOGETHER};
use crate::read::resolve::find;
use crate::registry::Registry;
use crate::view::View;
use refmark_engine::clock::SKEW;
use refmark_engine::ports::Unit;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::verify::{Outcome, Problem, Verifier};
use refmark_query::answer::ManifestIs;
use refmark_query::answer::resolve::resolve;
use refmark_records::trust::TrustState;
use refmark_store::fs::durable::replace_cache;
use refmark_store::fs::read::read_bounded;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use refmark_types::reference::Reference;
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

/// What to verify.
#[derive(Debug, Clone, Copy, Default)]
pub struct VerifyOptions {
    /// Leave the blobs out.
    pub history_only: bool,
    /// Start from the last head that was verified here, in place of the first commit.
    pub from_remembered: bool,
    /// Remember when this was done, for `status`.
    pub save: bool,
}

/// What a verification comes to.
#[derive(Debug, Clone, Serialize)]
pub struct VerifyAnswer {
    /// ok, pending, incomplete or failed.
    pub verdict: Outcome,
    /// The head.
    pub head: Oid,
    /// How many commits the first-parent chain has.
    pub commits: u64,
    /// How many files have taken effect.
    pub records: u64,
    /// How many blobs were read and are what they are named.
    pub blobs: u64,
    /// How many bytes were read.
    pub bytes: u64,
    /// The blobs that are not here: not damaged, only elsewhere.
    pub absent: Vec<Digest>,
    /// The blobs whose bytes are wrong.
    pub damaged: Vec<Digest>,
    /// Everything that is not as it should be.
    pub problems: Vec<Problem>,
    /// The pinned root; none where nothing vouches for the registry.
    pub trust_root: Option<String>,
    /// How many artifacts had all of their bytes here, so that their manifests were held against them.
    pub derived: u64,
    /// How many had not: what their manifests say of their files is a claim.
    pub claimed: u64,
    /// What people should know, and what stands in nobody's way: a record that is dated after this reader's clock.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Problem>,
    /// Where one thing was named: its trust state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustState>,
    /// Where one thing was named: whether it is trusted, verified against a pinned root, and neither revoked nor damaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safe_to_use: Option<bool>,
    /// Commits of the chain at which a file that had taken effect was missing or changed.
    pub bad_commits: Vec<Oid>,
}

/// The last `verify` that was saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedVerify {
    /// When.
    pub time: Timestamp,
    /// What it came to.
    pub verdict: Outcome,
    /// The head.
    pub head: Oid,
}

impl<'r> Reader<'r> {
    /// Verifies the whole registry: every commit, record, signature and blob.
    pub fn verify(&self, reference: Option<&Reference>, options: VerifyOptions) -> Result<VerifyAnswer> {
        let head = self.head()?;
        let condition = self.registry.repo.integrity()?;
        let (mut problems, mut in_tree, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        let view = match options.from_remembered {
            true => self.view_of(head),
            false => self.registry.whole_view(head),
        };
        let view = match view {
            Ok(view) => view,
            Err(error) if matches!(error.code, Code::Incomplete) => {
                problems.push(Problem::of(&error, None, None));
                in_tree = self.registry.tree_problems(head)?;
                self.view_incomplete()?
            }
            Err(error) if matches!(error.code, Code::HistoryRewritten) => return Err(error),
            Err(error) => return Err(error),
        };
        for (odd, what) in [
            (condition.grafts, "a grafts file changes parents for git; refmark ignores it"),
            (!condition.replace_refs.is_empty(), "git replaces objects here; refmark ignores the replacements"),
        ] {
            if odd {
                let error = Error::new(Code::Incomplete, what).hint("remove it, so that git and refmark see the same");
                problems.push(Problem::of(&error, None, None));
            }
        }
        let mut verdict = match (in_tree.is_empty(), problems.is_empty()) {
            (false, _) => Outcome::Failed,
            (true, false) => Outcome::Incomplete,
            (true, true) => Outcome::Ok,
        };
        problems.append(&mut in_tree);
        if let Some(verified) = view.verified() {
            problems.extend(verified.problems());
            verdict = worse(verdict, verified.outcome());
            warnings.extend(self.dated_in_the_future(verified.walk.latest()));
        }
        let (trust, safe_to_use) = self.use_of(&view, reference, &mut problems)?;
        if safe_to_use == Some(false) && matches!(trust, Some(TrustState::Revoked | TrustState::Deleted)) {
            verdict = worse(verdict, Outcome::Failed);
        }
        let mut answer = VerifyAnswer {
            verdict,
            head,
            commits: view.verified().map_or(0, |it| it.walk.commits()),
            records: self.count_records(&view)?,
            blobs: 0,
            bytes: 0,
            absent: Vec::new(),
            damaged: Vec::new(),
            problems,
            warnings,
            trust_root: view.pin.map(|pin| pin.prefixed()),
            trust,
            safe_to_use,
            derived: 0,
            claimed: 0,
            bad_commits: view.verified().map(|it| it.bad.clone()).unwrap_or_default(),
        };
        if !options.history_only {
            self.verify_files(&view, reference, &mut answer)?;
        }
        if reference.is_some() && answer.verdict == Outcome::Failed {
            answer.safe_to_use = Some(false);
        }
        if options.save {
            self.save_verify(&answer)?;
        }
        Ok(answer)
    }

    /// A record that took effect and is dated after this machine's clock: it decides nothing, and people should know.
    fn dated_in_the_future(&self, latest: Option<(Timestamp, &str)>) -> Option<Problem> {
        let now = self.registry.world.clock.now();
        let (time, path) = latest.filter(|(time, _)| *time > now.plus(SKEW))?;
        let error = Error::new(Code::BadTime, format!("a record is dated {time}, and it is {now}"))
            .hint("whoever signed it had a clock that was wrong, or meant to mislead: no gate believes its date");
        Some(Problem::of(&error, Some(path), None))
    }

    /// The trust state of one thing, and whether it may be used: verified, trusted, and none of its bytes revoked.
    fn use_of(
        &self,
        view: &View<'_>,
        reference: Option<&Reference>,
        problems: &mut Vec<Problem>,
    ) -> Result<(Option<TrustState>, Option<bool>)> {
        let Some(reference) = reference else { return Ok((None, None)) };
        let found = find(view.facts()?, reference)?;
        let trust = view.facts()?.trust(&found.artifact)?.0;
        let context = view.basis()?;
        let refused = resolve(&context, reference, None).err();
        problems.extend(refused.as_ref().map(|error| Problem::of(error, None, None)));
        let safe = refused.is_none() && trust == TrustState::Trusted && view.pin.is_some();
        Ok((Some(trust), Some(safe)))
    }

    /// Hashes the files of live artifacts (or of one) that are here, and holds the manifests against them.
    fn verify_files(&self, view: &View<'_>, reference: Option<&Reference>, answer: &mut VerifyAnswer) -> Result<()> {
        let facts = view.facts()?;
        let artifacts = match reference {
            Some(reference) => vec![find(facts, reference)?.artifact],
            None => crate::write::transition::artifacts(facts)?,
        };
        let mut deriver = Deriver::new(self.registry);
        let mut names: BTreeMap<Digest, Vec<String>> = BTreeMap::new();
        for some in artifacts.chunks(TOGETHER) {
            let mut manifests = Vec::new();
            for artifact in some {
                if facts.trust(artifact)?.0 == TrustState::Deleted {
                    continue;
                }
                manifests.extend(facts.manifest(artifact)?.map(|manifest| (*artifact, manifest)));
            }
            let mut claims = Vec::new();
            for (artifact, manifest) in &manifests {
                for file in &manifest.files {
                    let names = names.entry(file.sha256).or_default();
                    if names.len() < 3 {
                        names.push(format!("{} of {}", file.path, artifact.short()));
                    }
                }
                claims.push(Claim { artifact: *artifact, manifest, facts });
            }
            self.take_looked(&deriver.look_at(&claims)?, answer);
        }
        self.take_blobs(deriver, &names, answer);
        Ok(())
    }

    fn take_looked(&self, looked: &[Looked], answer: &mut VerifyAnswer) {
        for it in looked {
            match it.held {
                ManifestIs::Derived => answer.derived += 1,
                ManifestIs::Claimed => answer.claimed += 1,
            }
            if let Some(problem) = it.problem() {
                answer.problems.push(problem);
                answer.verdict = worse(answer.verdict, Outcome::Failed);
            }
        }
        self.registry.note_derived(looked.iter().filter(|it| it.is_as_claimed()).map(|it| it.artifact));
    }

    fn take_blobs(&self, deriver: Deriver<'_>, names: &BTreeMap<Digest, Vec<String>>, answer: &mut VerifyAnswer) {
        let found = deriver.blobs;
        answer.blobs = found.good;
        answer.bytes = found.bytes;
        answer.absent = found.absent;
        let mut add = |digest: Digest, error: &Error| {
            let names = names.get(&digest).map(|it| it.join(", ")).unwrap_or_default();
            let mut problem = Problem::of(error, None, None);
            problem.message = format!("{names}: {}", problem.message);
            answer.problems.push(problem);
            answer.verdict = worse(answer.verdict, Outcome::Failed);
        };
        for (digest, error) in found.damaged {
            add(digest, &error);
            answer.damaged.push(digest);
        }
        for (digest, error) in found.unreadable {
            // Nobody knows what such a blob holds: it may be good, and is not vouched for.
            add(digest, &error);
        }
    }

    fn count_records(&self, view: &View<'_>) -> Result<u64> {
        use refmark_engine::snapshot::History;
        // The tree holds what took effect, what is inert, and companions.
        let inert: usize = view.verified().map_or(0, |it| it.walk.inert().iter().map(|it| it.files.len()).sum());
        // A newest commit that cannot be read is a bad one: what counts is the state before it.
        let head = match view.verified().and_then(|it| it.last_good.filter(|_| it.tip_error.is_some())) {
            Some(last_good) => last_good,
            None => view.head,
        };
        let all = self.registry.repo.between(None, head)?;
        let companions = all.iter().filter(|it| refmark_records::layout::is_companion(&it.path)).count();
        Ok((all.len() - companions).saturating_sub(inert) as u64)
    }

    fn save_verify(&self, answer: &VerifyAnswer) -> Result<()> {
        let saved = SavedVerify { time: self.registry.world.clock.now(), verdict: answer.verdict, head: answer.head };
        let text = serde_json::to_vec(&saved).map_err(refmark_types::error::bug)?;
        let folder = self.registry.work_folder();
        self.registry.world.disk.make_dirs(&folder)?;
        replace_cache(&*self.registry.world.disk, &folder.join("verified.json"), &text, 0o644)
    }

    /// The last `verify` that was saved.
    pub fn saved_verify(&self) -> Option<SavedVerify> {
        let bytes = read_bounded(&self.registry.work_folder().join("verified.json"), 1 << 20).ok()??;
        serde_json::from_slice(&bytes).ok()
    }
}

impl Registry {
    /// Verifies from the first commit, whatever was remembered.
    fn whole_view(&self, head: Oid) -> Result<View<'_>> {
        if let Some(remembered) = self.remembered() {
            // Even a whole walk holds the branch to what this reader saw before.
            if !self.repo.on_first_parent_chain(head, remembered.head)? && !self.is_behind(head, remembered.head)? {
                return Verifier::resume(&self.repo, head, &remembered).map(|_| ()).and_then(|()| self.view_of(head));
            }
        }
        self.view_from_the_start(head)
    }

    /// The view of a head, verified from the first commit, with progress.
    pub(crate) fn view_from_the_start(&self, head: Oid) -> Result<View<'_>> {
        self.world.progress.start("verifying", None, Unit::Items);
        let view = self.view_anew(head);
        self.world.progress.finish();
        view
    }
}

fn worse(a: Outcome, b: Outcome) -> Outcome {
    let rank = |it: Outcome| match it {
        Outcome::Ok => 0,
        Outcome::Pending => 1,
        Outcome::Incomplete => 2,
        Outcome::Failed => 3,
    };
    if rank(a) >= rank(b) { a } else { b }
}
