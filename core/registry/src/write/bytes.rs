//! Before an alias moves: are the bytes of what it moves to here, and whole? What was found is said by the move, so that a
//! gate can judge it.

use crate::read::pull::name_the_file;
use crate::registry::Writer;
use refmark_engine::state_reader::StateReader;
use refmark_records::gate::GateRule;
use refmark_records::manifest::FileEntry;
use refmark_records::trust::TrustState;
use refmark_store::blob::Verified;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::name::{AliasName, ModelName};

/// So many files that are not here are named.
const NAMED: usize = 5;

impl<'r> Writer<'r> {
    /// The same writer, that moves an alias to a version whose bytes are not here, where the policy lets it.
    #[must_use]
    pub fn allow_absent(self, allow: bool) -> Writer<'r> {
        Writer { absent: allow, ..self }
    }

    /// The artifact of a version, if every byte of it is here and whole: brought from where it is known to be, and hashed now
    /// or when it last changed. Nothing where it is not, and [`Writer::allow_absent`] takes that; and where the alias takes no artifact in its trust state: the gates
    /// say that better.
    ///
    /// # Errors
    ///
    /// `absent` and `damaged` name the files, and what brings them.
    pub(crate) fn holds(
        &self,
        facts: StateReader<'_>,
        (model, alias): (&ModelName, &AliasName),
        version: u64,
        goes_back: bool,
    ) -> Result<Option<ArtifactId>> {
        let Some(artifact) = facts.version(model, version)?.map(|it| it.artifact) else { return Ok(None) };
        let Some(manifest) = facts.manifest(&artifact)? else { return Ok(None) };
        let policy = facts.policy_in_force()?;
        let rule = policy.alias_rule(model, alias);
        let trust = facts.trust(&artifact)?.0;
        let taken = match rule {
            Some(rule) if !rule.trust.is_empty() => rule.trust.contains(&trust),
            _ => trust == TrustState::Trusted,
        };
        // A proposal may wait until the artifact is trusted; its word on the bytes is given now.
        let may_come = self.proposal.is_some() && !matches!(trust, TrustState::Revoked | TrustState::Deleted);
        if !taken && !may_come {
            return Ok(None);
        }
        let files: Vec<&FileEntry> = manifest.files.iter().collect();
        if !self.absent {
            self.bring_absent(&files)?;
        }
        let digests: Vec<Digest> = files.iter().map(|file| file.sha256).collect();
        let world = &self.registry.world;
        let found = self.registry.store.verify_changed(&digests, &*world.progress, &world.cancel)?;
        if let Some((_, error)) = found.damaged.first().or(found.unreadable.first()) {
            return Err(name_the_file(error.clone(), &files));
        }
        match (found.absent.is_empty(), self.absent) {
            (true, _) => self.registry.refuse_hidden_code(artifact, &files).map(|()| Some(artifact)),
            (false, true) => Ok(None),
            (false, false) => {
                // Whoever goes back at night is asked no gate.
                let optional =
                    goes_back || rule.is_none_or(|rule| !rule.needs.gates.iter().any(GateRule::asks_for_bytes));
                Err(self.not_here(&format!("{model}/{version}"), &files, &found, optional)?)
            }
        }
    }

    /// A fresh clone has no bytes yet: they come on first use, as with `pull`. What no remote has, or none gives, is absent
    /// still, and is named as that.
    fn bring_absent(&self, files: &[&FileEntry]) -> Result<()> {
        match self.registry.fetch(files) {
            Err(error) if matches!(error.code, Code::Cancelled | Code::NoSpace) => Err(error),
            _ => Ok(()),
        }
    }

    fn not_here(&self, reference: &str, files: &[&FileEntry], found: &Verified, optional: bool) -> Result<Box<Error>> {
        let absent: Vec<&str> = files
            .iter()
            .filter(|file| found.absent.binary_search(&file.sha256).is_ok())
            .map(|file| file.path.as_str())
            .collect();
        let more = if absent.len() > NAMED { format!(", and {} more", absent.len() - NAMED) } else { String::new() };
        let named = absent[..absent.len().min(NAMED)].join(", ");
        let message = format!("{} of {} files of {reference} are not here: {named}{more}", absent.len(), files.len());
        let mut hint = match self.registry.remotes()?.is_empty() {
            false => Hint::of("bring them: ").then(Next::Sync),
            true => Hint::of("no remote is known to have them: register the same files again, or name a place: ")
                .then(Next::RemoteAdd),
        };
        if optional {
            hint = hint.say("; to move it all the same: ").then(Next::With(Choice::AllowAbsent));
        }
        Ok(Error::new(Code::Absent, message).hint(hint).field("version", reference).field("absent", absent))
    }
}
