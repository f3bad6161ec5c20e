//! Interested parties: whoever registered what is judged, and whoever asks for the change. What they say for it opens no
//! gate; what they say against it counts.

use std::collections::BTreeSet;

use super::Subject;
use refmark_records::evidence::{Evidence, Verdict};
use refmark_records::policy::MemberKind;
use refmark_records::statement::Predicate;
use refmark_types::error::Result;
use refmark_types::name::{ModelName, PrincipalId};

/// Who has an interest in a change, and whether it is known who registered what it is about.
pub(super) struct Interest {
    parties: BTreeSet<PrincipalId>,
    is_known: bool,
}

impl Interest {
    /// The interested parties of a change. An artifact's registrars are found by the versions that name it: that of the
    /// change, and those that its trust moves name. Without any, whoever moved it first registered it.
    pub(super) fn of(s: &Subject<'_>) -> Result<Interest> {
        let mut interest = Interest { parties: BTreeSet::new(), is_known: false };
        if let Some((model, version)) = s.version {
            interest.registrar(s, model, version)?;
        }
        if let Predicate::Trust(trust_move) = s.record.predicate()
            && let Some(named) = &trust_move.version
        {
            interest.registrar(s, &named.model, named.version)?;
        }
        for number in 1.. {
            let Some(moved) = s.reader.trust_move(&s.artifact, number)? else { break };
            match &moved.version {
                Some(named) => interest.registrar(s, &named.model, named.version)?,
                None if number == 1 && moved.record.digest() != s.record.digest() => {
                    interest.parties.insert(moved.by.clone());
                    interest.is_known = true;
                }
                None => {}
            }
        }
        interest.parties.insert(s.author.clone());
        Ok(interest)
    }

    fn registrar(&mut self, s: &Subject<'_>, model: &ModelName, version: u64) -> Result<()> {
        if let Some(registered) = s.reader.version(model, version)?
            && registered.artifact == s.artifact
        {
            self.parties.insert(registered.by.clone());
            self.is_known = true;
        }
        Ok(())
    }

    /// Why what somebody says for the change does not count; nothing where it does, or speaks against it.
    pub(super) fn excludes(&self, s: &Subject<'_>, piece: &Evidence) -> Option<String> {
        if piece.verdict == Verdict::Fail {
            return None;
        }
        if piece.by == *s.author {
            return Some(format!("{} asks for the change", piece.by));
        }
        if self.parties.contains(&piece.by) {
            return Some(format!("{} registered it", piece.by));
        }
        if !self.is_known {
            return Some("the move names no version, so that nobody can tell who registered it".to_owned());
        }
        let member = s.policy.members.get(&piece.by)?;
        let of = &piece.evidence_type;
        (member.kind == MemberKind::Agent && !s.policy.takes_from_agent(&piece.by, member, of))
            .then(|| format!("{} is an agent, and the policy does not take its {of}", piece.by))
    }
}
