//! `pull --quarantined`: bytes that nobody trusts yet, for those who are to look at them. Each time is a signed record, which
//! lands before the first byte is handed out.

use crate::read::pull::{PullRequest, PulledFile, chosen, name_the_file, placements, pulled, unpinned};
use crate::read::resolve::find;
use crate::registry::Writer;
use crate::write::attach::AttachAnswer;
use refmark_engine::plan::EvidenceRequest;
use refmark_engine::rules::may_not_look;
use refmark_records::evidence::{QUARANTINE_PULL, Verdict};
use refmark_records::manifest::Manifest;
use refmark_records::trust::TrustState;
use refmark_store::blob::{How, Materialised};
use refmark_store::fs::disk::{io_error, shown};
use refmark_store::fs::durable::make_dirs_durably;
use refmark_store::fs::read::read_text_bounded;
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::name::EntryId;
use refmark_types::reference::Reference;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What marks the folder: it says what lies beside it, and who took it why.
pub const MARK: &str = "QUARANTINED.md";
/// Where the files lie in it: whoever loads the folder itself loads nothing.
pub const FILES: &str = "files";
const MARK_LIMIT: u64 = 64 << 10;

/// What was taken out of quarantine, to be looked at.
#[derive(Debug, Clone, Serialize)]
pub struct QuarantinePull {
    /// The marked folder. The files are in `files` below it.
    #[serde(serialize_with = "crate::paths::shown")]
    pub path: PathBuf,
    /// The artifact.
    pub artifact: ArtifactId,
    /// Its trust state: `acquired` or `quarantined`.
    pub trust: TrustState,
    /// Its files: every byte was hashed.
    pub files: Vec<PulledFile>,
    /// Whether the folder was there already, with exactly these bytes.
    pub was_there: bool,
    /// Why.
    pub reason: String,
    /// The record of it.
    pub evidence: AttachAnswer,
}

impl Writer<'_> {
    /// Writes the files of an artifact that is acquired or quarantined to `into/files`, beside a mark, and records who took
    /// them and why.
    ///
    /// # Errors
    ///
    /// `refused` where the policy does not let the signer look, with who may; `bad-argument` without a reason; `revoked`,
    /// `deleted`; `exists` where `into` holds anything else; and those of [`Reader::pull`](crate::Reader::pull).
    pub fn pull_quarantined(
        &self,
        reference: &Reference,
        into: &Path,
        request: &PullRequest,
        reason: &str,
    ) -> Result<QuarantinePull> {
        if reason.trim().is_empty() {
            return Err(Error::new(Code::BadArgument, "nobody would know why these bytes were taken")
                .hint(Hint::of("it is kept with the version: ").then(Next::With(Choice::Reason))));
        }
        let (artifact, trust, manifest) = self.may_be_looked_at(reference, request)?;
        let files = chosen(&manifest.files, &request.include)?;
        let mark = into.join(MARK);
        is_ours(into, &mark, artifact)?;
        self.registry.fetch(&files)?;
        let plan = placements(&files)?;
        let evidence = self.attach_evidence(reference, record_of(reason)?)?;
        let world = &self.registry.world;
        // A name alone has no folder above it that could be synced.
        let whole = std::path::absolute(into).map_err(|error| io_error("find", into, &error))?;
        make_dirs_durably(&*world.disk, &whole)?;
        if !mark.exists() {
            let text = marked(reference, artifact, trust, reason, &evidence);
            world.disk.write_new(&mark, text.as_bytes(), 0o444)?;
        }
        let done = self
            .registry
            .store
            .materialise(&plan, &into.join(FILES), How::Copy, &*world.progress, &world.cancel)
            .map_err(|error| name_the_file(error, &files))?;
        Ok(QuarantinePull {
            path: into.to_owned(),
            artifact,
            trust,
            files: files.iter().map(|file| pulled(file)).collect(),
            was_there: done == Materialised::WasThere,
            reason: reason.to_owned(),
            evidence,
        })
    }

    /// The artifact and its manifest, where it waits to be looked at and the signer may.
    fn may_be_looked_at(
        &self,
        reference: &Reference,
        request: &PullRequest,
    ) -> Result<(ArtifactId, TrustState, std::sync::Arc<Manifest>)> {
        let view = self.registry.view()?;
        view.check_tip()?;
        let facts = view.facts()?;
        let artifact = find(facts, reference)?.artifact;
        let trust = facts.trust(&artifact)?.0;
        let said = |code: Code, hint: Hint| {
            let message = format!("{reference} is {trust}: it does not wait to be looked at");
            Err(Error::new(code, message).hint(hint).field("artifact", artifact).field("trust", trust))
        };
        match trust {
            TrustState::Acquired | TrustState::Quarantined => {}
            TrustState::Trusted => return said(Code::BadArgument, "pull it as any other".into()),
            TrustState::Deleted => return said(Code::Deleted, "its bytes are gone for good".into()),
            TrustState::Revoked => {
                let to = TrustState::Quarantined.to_string();
                let next = Next::Transition { reference: reference.to_string(), to };
                return said(Code::Revoked, Hint::of("have it quarantined first: ").then(next));
            }
        }
        let policy = facts.policy_in_force()?;
        let by = self.author(&view)?.by;
        if !policy.may_look(&by) {
            return Err(may_not_look(&policy, &by));
        }
        if view.pin.is_none() && !request.allow_unverified {
            return Err(unpinned(self.registry));
        }
        match facts.manifest(&artifact)? {
            Some(manifest) => Ok((artifact, trust, manifest)),
            None => Err(Error::new(Code::NotFound, format!("the manifest of {artifact} is not here"))),
        }
    }
}

/// A folder that is not there, is empty, or holds these very bytes by an earlier pull.
fn is_ours(into: &Path, mark: &Path, artifact: ArtifactId) -> Result<()> {
    let taken = match std::fs::read_dir(into) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => into.exists(),
    };
    let marked = match taken {
        true => read_text_bounded(mark, MARK_LIMIT)?.is_some_and(|text| text.contains(&artifact.to_string())),
        false => true,
    };
    match marked {
        true => Ok(()),
        false => Err(Error::new(Code::Exists, format!("{} holds something else already", shown(into)))
            .hint("name a folder that is not there, or is empty")
            .at(shown(into))),
    }
}

fn record_of(reason: &str) -> Result<EvidenceRequest> {
    Ok(EvidenceRequest {
        artifact: ArtifactId::new(refmark_types::digest::Digest::of(&[])),
        evidence_type: EntryId::parse(QUARANTINE_PULL)?,
        verdict: Verdict::Info,
        summary: Some(reason.trim().to_owned()),
        run: None,
        suite: None,
        dataset: None,
        metrics: Default::default(),
        tool: None,
        document: None,
        details: Default::default(),
    })
}

fn marked(reference: &Reference, artifact: ArtifactId, trust: TrustState, reason: &str, told: &AttachAnswer) -> String {
    format!(
        "# Quarantined\n\nNobody trusts the files in `{FILES}/` yet. Do not load, import or run them: look at them with a \
         scanner, in a place\nthat holds nothing of worth. Remove this folder when you are done.\n\n\
         - artifact: {artifact}\n- asked for as: {reference}\n- trust: {trust}\n- taken by: {}\n- why: {}\n- record: {}\n",
        told.by,
        reason.trim().replace(['\n', '\r'], " "),
        told.path,
    )
}
