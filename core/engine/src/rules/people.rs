//! The people behind a move: whose approvals count, who fills which place, and what they waive.

use super::author::approval_counts;
use super::report::Case;
use super::{RuleContext, Ruling};
use crate::gate::{GateReport, SignerResult, Status};
use refmark_records::layout::Place;
use refmark_records::policy::{Demands, MemberKind, Right, Signer};
use refmark_records::registry_id::RegistryId;
use refmark_types::error::Result;
use refmark_types::name::{ModelName, PrincipalId};
use refmark_types::text::when;
use refmark_types::time::Timestamp;

impl Case<'_> {
    /// Who stands behind the change, and what they waive.
    pub(super) fn gather(&mut self, registry: RegistryId, context: &RuleContext<'_>) -> Result<()> {
        let common = self.record.common();
        self.over = super::scopes::models_of(self.record, self.reader)?.into_iter().collect();
        self.people.push((common.by.clone(), common.time));
        for approval in self.reader.approvals(&self.record.digest())? {
            let path = Place::of(approval.record.predicate())?.path();
            let Some(oid) = self.reader.0.oid(&path)? else { continue };
            if approval.by == *common.by
                || !self.lost_keys.counts(&approval.record)
                || !matches!(approval_counts(&approval, oid, self.policy, registry, context)?, Ruling::Ok)
            {
                continue;
            }
            let Some(member) = self.policy.members.get(&approval.by) else { continue };
            self.lost_keys.rests_on(&approval.record);
            let may = |right| self.policy.has_right_over(member, right, &self.over);
            if may(Right::Waive) {
                self.waivers.extend(approval.waives.iter().map(|waiver| (approval.by.clone(), waiver.clone())));
            }
            if approval.approves && may(Right::Approve) {
                self.people.push((approval.by.clone(), approval.time));
            }
        }
        Ok(())
    }

    /// A distinct person for each of the people that a rule asks for, as many as there are.
    pub(super) fn signers(&self, needs: &Demands, model: Option<&ModelName>) -> Vec<SignerResult> {
        let author = self.record.common().by;
        let people: Vec<&(PrincipalId, Timestamp)> =
            self.people.iter().filter(|(id, _)| needs.author_counts || id != author).collect();
        let fits: Vec<Vec<usize>> = needs
            .signers
            .iter()
            .map(|signer| (0..people.len()).filter(|at| self.fits(signer, &people[*at].0, model)).collect())
            .collect();
        let matched = match_people(&fits, people.len());
        needs
            .signers
            .iter()
            .zip(matched)
            .map(|(signer, person)| {
                let candidates = match person {
                    Some(_) => Vec::new(),
                    None => self.candidates(signer, needs, author, model),
                };
                SignerResult {
                    asks: asks(signer),
                    roles: signer.roles.clone(),
                    owner: signer.owner,
                    by: person.map(|at| people[at].0.clone()),
                    time: person.map(|at| people[at].1),
                    candidates,
                }
            })
            .collect()
    }

    fn fits(&self, signer: &Signer, id: &PrincipalId, model: Option<&ModelName>) -> bool {
        self.policy.signs_as(id, &signer.roles, model, &self.over)
            || (signer.owner && model.is_some_and(|model| self.policy.owns(id, model)))
    }

    fn candidates(
        &self,
        signer: &Signer,
        needs: &Demands,
        author: &PrincipalId,
        model: Option<&ModelName>,
    ) -> Vec<PrincipalId> {
        let had: Vec<&PrincipalId> = self.people.iter().map(|(id, _)| id).collect();
        let may = |id: &PrincipalId| match self.policy.members.get(id) {
            Some(member) => member.kind == MemberKind::Person && self.policy.has_right(member, Right::Approve),
            None => false,
        };
        self.policy
            .members
            .keys()
            .filter(|id| {
                self.fits(signer, id, model) && !had.contains(id) && (may(id) || (needs.author_counts && *id == author))
            })
            .cloned()
            .collect()
    }

    /// Lets pass what somebody else waived, where the policy allows it.
    pub(super) fn waive(&self, report: &mut GateReport) {
        let (common, now) = (self.record.common(), self.now());
        for gate in report.gates.iter_mut().filter(|gate| gate.waivable && gate.status > Status::Waived) {
            let waiver = self
                .waivers
                .iter()
                .find(|(by, waiver)| by != common.by && waiver.gate == gate.name && waiver.until >= now);
            if let Some((by, waiver)) = waiver {
                gate.status = Status::Waived;
                gate.found = format!("{}; waived by {by} until {}: {}", gate.found, when(waiver.until), waiver.reason);
            }
        }
    }
}

fn asks(signer: &Signer) -> String {
    let mut words: Vec<&str> = signer.roles.iter().map(|role| role.as_str()).collect();
    if signer.owner {
        words.push("the model's owner");
    }
    words.join(" or ")
}

/// A person for each slot, each person once, as many slots as can be. `fits[slot]` lists the people, by number, who could
/// fill it. Augmenting paths: slots × people × pairs at worst, and policies ask for a handful.
///
/// # Examples
///
/// ```
/// use refmark_engine::rules::match_people;
///
/// // Slot 0 takes either person, slot 1 only the first: both are filled.
/// assert_eq!(match_people(&[vec![0, 1], vec![0]], 2), [Some(1), Some(0)]);
/// ```
pub fn match_people(fits: &[Vec<usize>], people: usize) -> Vec<Option<usize>> {
    fn place(slot: usize, fits: &[Vec<usize>], holder: &mut [Option<usize>], seen: &mut [bool]) -> bool {
        for &person in &fits[slot] {
            if std::mem::replace(&mut seen[person], true) {
                continue;
            }
            let free = match holder[person] {
                None => true,
                Some(other) => place(other, fits, holder, seen),
            };
            if free {
                holder[person] = Some(slot);
                return true;
            }
        }
        false
    }
    let mut holder = vec![None; people];
    for slot in 0..fits.len() {
        place(slot, fits, &mut holder, &mut vec![false; people]);
    }
    let mut matched = vec![None; fits.len()];
    for (person, slot) in holder.iter().enumerate() {
        if let Some(slot) = slot {
            matched[*slot] = Some(person);
        }
    }
    matched
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_fills_one_slot_and_the_best_seating_is_found() {
        // Slot 0 takes either, slot 1 only the first person: both are filled.
        assert_eq!(match_people(&[vec![0, 1], vec![0]], 2), [Some(1), Some(0)]);
        // Two slots, one person: one stays open.
        assert_eq!(match_people(&[vec![0], vec![0]], 1).iter().flatten().count(), 1);
        assert_eq!(match_people(&[], 0), []);
    }
}
