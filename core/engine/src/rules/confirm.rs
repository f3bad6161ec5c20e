//! Confirming what a lost key said: the change is made again with a good key, and everything that the lost one skipped is
//! asked again.

use super::report::{Case, built_in};
use crate::gate::{GateReport, Status};
use refmark_records::statement::Record;
use refmark_records::trust::{TrustMove, TrustState};
use refmark_records::version::{Stage, StageMove};
use refmark_types::error::Result;
use refmark_types::name::ModelName;

impl Case<'_> {
    /// Whether the record that brought a state may be relied on. What is relied on is noted.
    pub(super) fn stands_on(&self, record: Option<&Record>) -> bool {
        let Some(record) = record else { return true };
        self.lost_keys.rests_on(record);
        self.lost_keys.counts(record)
    }

    /// The version that a change is about, which a lost key may have registered.
    pub(super) fn registered(&self, model: &ModelName, version: u64, report: &mut GateReport) -> Result<()> {
        let found = self.reader.version(model, version)?;
        if !self.stands_on(found.as_ref().map(|version| &*version.record)) {
            let next = format!("register the same files again, as a new version of {model}");
            let found = format!("{model}/{version} was registered by a key that was lost");
            report.gates.push(built_in("registered", Status::Failed, "a version by a good key".into(), found, next));
        }
        Ok(())
    }

    /// The steps that a trust move answers for: its own, and those before it that only a lost key took. One that goes
    /// back to where the lost key began, or withdraws the artifact, answers for no more than itself.
    pub(super) fn trust_steps(&self, trust_move: &TrustMove) -> Result<Vec<(TrustState, TrustState)>> {
        let mut lost = Vec::new();
        if matches!(trust_move.to, TrustState::Revoked | TrustState::Deleted) {
            // Withdrawing is never made harder, and stands whoever trusted it before.
            return Ok(vec![(trust_move.from, trust_move.to)]);
        }
        for number in (1..trust_move.sequence).rev() {
            let Some(before) = self.reader.trust_move(&trust_move.artifact, number)? else { break };
            if self.stands_on(Some(&before.record)) {
                break;
            }
            lost.push((before.from, before.to));
        }
        Ok(steps(lost, (trust_move.from, trust_move.to)))
    }

    /// The same for a stage move.
    pub(super) fn stage_steps(&self, stage_move: &StageMove) -> Result<Vec<(Stage, Stage)>> {
        let mut lost = Vec::new();
        for number in (1..stage_move.sequence).rev() {
            let Some(before) = self.reader.stage_move(&stage_move.model, stage_move.version, number)? else { break };
            if self.stands_on(Some(&before.record)) {
                break;
            }
            lost.push((before.from, before.to));
        }
        Ok(steps(lost, (stage_move.from, stage_move.to)))
    }
}

/// A move's own step, and those of the lost moves before it (newest first) that lead to where it ends.
fn steps<S: Copy + PartialEq>(mut lost: Vec<(S, S)>, own: (S, S)) -> Vec<(S, S)> {
    lost.reverse();
    let mut all = Vec::new();
    let began = lost.first().map(|lost| lost.0);
    if began != Some(own.1) {
        let end = lost.iter().position(|lost| lost.1 == own.1).map_or(lost.len(), |at| at + 1);
        all.extend_from_slice(&lost[..end]);
    }
    // A move that only confirms has no step of its own.
    if own.0 != own.1 && !all.contains(&own) {
        all.push(own);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use TrustState::{Acquired, Quarantined, Revoked, Trusted};

    #[test]
    fn a_move_answers_for_the_steps_that_only_a_lost_key_took() {
        let lost = || vec![(Quarantined, Trusted), (Revoked, Quarantined)];
        let all = [(Revoked, Quarantined), (Quarantined, Trusted)];
        assert_eq!(steps(lost(), (Trusted, Trusted)), all, "confirming");
        assert_eq!(steps(lost(), (Trusted, Quarantined)), [all[0], (Trusted, Quarantined)], "half of the way back");
        assert_eq!(steps(Vec::new(), (Acquired, Trusted)), [(Acquired, Trusted)]);
    }
}
