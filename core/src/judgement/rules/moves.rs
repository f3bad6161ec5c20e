//! Moves of aliases, stages and trust states: the rule of the policy, its gates, and the people behind the change.

use super::author::approval_counts;
use super::{Ground, Ruling};
use crate::judgement::effective::{Effective, Sum};
use crate::judgement::facts::Facts;
use crate::judgement::gate::{self, Decision, GateReport, GateResult, SignerResult, Status, Subject};
use crate::records::alias::{AliasMove, Target};
use crate::records::approval::Waiver;
use crate::records::layout::Place;
use crate::records::manifest::FileClass;
use crate::records::policy::{AliasRule, Demands, MemberKind, Policy, Right, Signer};
use crate::records::registry_id::RegistryId;
use crate::records::statement::{Predicate, Record};
use crate::records::trust::{TrustMove, TrustState};
use crate::records::version::{Stage, StageMove};
use crate::words::digest::ArtifactId;
use crate::words::fault::{Code, Fault, Result};
use crate::words::name::{ModelName, PrincipalId};
use crate::words::time::Timestamp;

const DAY: i64 = 86_400;

/// Judges a move whose place, author and chain are in order.
pub(super) fn judge(
    record: &Record,
    policy: &Policy,
    registry: RegistryId,
    sum: &Sum<'_>,
    ground: &Ground<'_>,
) -> Result<(Ruling, Option<GateReport>)> {
    let premise = premise(record, sum)?;
    if let Ruling::Failed(_) = premise {
        return Ok((premise, None));
    }
    let report = report_on(record, policy, registry, sum, ground)?;
    let fault = |code| Fault::new(code, report.sentence()).field("report", &report);
    let ruling = match report.decision {
        Decision::Ok => Ruling::Ok,
        Decision::Pending => Ruling::Missing(fault(Code::Pending).hint(pending_hint(&report))),
        Decision::Refused => Ruling::Failed(fault(Code::Refused).hint(refused_hint(&report))),
    };
    Ok((premise.and(ruling), Some(report)))
}

fn pending_hint(report: &GateReport) -> String {
    match report.signers.iter().any(|signer| signer.by.is_none()) {
        true => {
            "propose it on a branch with --propose; those who could approve run `refmark approve BRANCH`".to_owned()
        }
        false => report.gates.iter().find_map(|gate| gate.next.clone()).unwrap_or_default(),
    }
}

fn refused_hint(report: &GateReport) -> String {
    let failed = report.gates.iter().find(|gate| gate.status == Status::Failed);
    failed.and_then(|gate| gate.next.clone()).unwrap_or_else(|| "`refmark policy show` has the rules".to_owned())
}

/// Whether what a move says of the state before it is so. Where its predecessor is missing, nobody can tell yet.
fn premise(record: &Record, sum: &Sum<'_>) -> Result<Ruling> {
    let facts = Facts(sum);
    match record.predicate() {
        Predicate::Alias(it) => {
            let (known, before) = match it.sequence {
                0 | 1 => (true, None),
                n => match facts.alias_move(&it.model, &it.alias, n - 1)? {
                    Some(before) => (true, before.to),
                    None => (false, None),
                },
            };
            if known && it.from != before {
                return Ok(gone(format!(
                    "{}@{} is at {}, and the move says {}",
                    it.model,
                    it.alias,
                    shown(before),
                    shown(it.from)
                )));
            }
            if it.to == it.from {
                return Ok(Ruling::failed(Code::BadRecord, "the move goes nowhere"));
            }
            match &it.to {
                Some(to) => version_is(facts, &it.model, to.version, &to.artifact),
                None => Ok(Ruling::Ok),
            }
        }
        Predicate::Stage(it) => {
            let before = match it.sequence {
                0 | 1 => Stage::default(),
                n => facts.stage_move(&it.model, it.version, n - 1)?.map_or(it.from, |before| before.to),
            };
            if it.from != before || it.to == it.from {
                return Ok(gone(format!(
                    "{}/{} is {before}, and the move says {} → {}",
                    it.model, it.version, it.from, it.to
                )));
            }
            version_is(facts, &it.model, it.version, &it.artifact)
        }
        Predicate::Trust(it) => {
            let before = match it.sequence {
                0 | 1 => TrustState::default(),
                n => facts.trust_move(&it.artifact, n - 1)?.map_or(it.from, |before| before.to),
            };
            if it.from != before || it.to == it.from {
                return Ok(gone(format!(
                    "{} is {before}, and the move says {} → {}",
                    it.artifact.short(),
                    it.from,
                    it.to
                )));
            }
            if before == TrustState::Deleted {
                return Ok(Ruling::failed(
                    Code::Deleted,
                    format!("{} was deleted, which is for good", it.artifact.short()),
                ));
            }
            Ok(match facts.has_artifact(&it.artifact)? {
                true => Ruling::Ok,
                false => Ruling::missing(format!("{} is not registered", it.artifact.short())),
            })
        }
        _ => Ok(Ruling::Ok),
    }
}

fn gone(message: String) -> Ruling {
    Ruling::failed(Code::PremiseGone, message)
}

fn shown(target: Option<Target>) -> String {
    target.map_or_else(|| "nothing".to_owned(), |it| it.version.to_string())
}

/// Whether a version is there and is this artifact.
pub(super) fn version_is(facts: Facts<'_>, model: &ModelName, version: u64, artifact: &ArtifactId) -> Result<Ruling> {
    Ok(match facts.version(model, version)? {
        Some(it) if it.artifact == *artifact => Ruling::Ok,
        Some(it) => Ruling::failed(
            Code::BadRecord,
            format!("{model}/{version} is {}, and the record says {}", it.artifact.short(), artifact.short()),
        ),
        None => Ruling::missing(format!("{model}/{version} is not registered")),
    })
}

/// The report on a move: every gate, everybody that the rule asks for, and the decision.
pub fn report_on(
    record: &Record,
    policy: &Policy,
    registry: RegistryId,
    sum: &dyn Effective,
    ground: &Ground<'_>,
) -> Result<GateReport> {
    let mut case = Case { record, policy, facts: Facts(sum), people: Vec::new(), waivers: Vec::new() };
    case.gather(registry, ground)?;
    let mut report = GateReport {
        change: describe(record.predicate()),
        statement: record.digest(),
        decision: Decision::Refused,
        policy: policy.number,
        gates: Vec::new(),
        signers: Vec::new(),
        at_once: false,
    };
    match record.predicate() {
        Predicate::Alias(it) => case.alias(it, &mut report)?,
        Predicate::Stage(it) => case.stage(it, &mut report)?,
        Predicate::Trust(it) => case.trust(it, ground, &mut report)?,
        _ => {}
    }
    case.named_evidence(record.predicate(), &mut report)?;
    case.waive(&mut report);
    report.decide();
    Ok(report)
}

/// A change in a few words, such as `sentiment@champion: 3 → 4`.
pub fn describe(predicate: &Predicate) -> String {
    let version = |target: &Option<Target>| target.map_or_else(|| "(none)".to_owned(), |it| it.version.to_string());
    match predicate {
        Predicate::Alias(it) => format!("{}@{}: {} → {}", it.model, it.alias, version(&it.from), version(&it.to)),
        Predicate::Stage(it) => format!("{}/{}: {} → {}", it.model, it.version, it.from, it.to),
        Predicate::Trust(it) => format!("{}: {} → {}", it.artifact.short(), it.from, it.to),
        other => other.kind().to_owned(),
    }
}

struct Case<'a> {
    record: &'a Record,
    policy: &'a Policy,
    facts: Facts<'a>,
    /// The author first, then every approver that counts.
    people: Vec<(PrincipalId, Timestamp)>,
    waivers: Vec<(PrincipalId, Waiver)>,
}

impl Case<'_> {
    /// Who stands behind the change, and what they waive.
    fn gather(&mut self, registry: RegistryId, ground: &Ground<'_>) -> Result<()> {
        let common = self.record.common();
        self.people.push((common.by.clone(), common.time));
        for approval in self.facts.approvals(&self.record.digest())? {
            let path = Place::of(approval.record.predicate())?.path();
            let Some(oid) = self.facts.0.oid(&path)? else { continue };
            if approval.by == *common.by
                || !matches!(approval_counts(&approval, oid, self.policy, registry, ground)?, Ruling::Ok)
            {
                continue;
            }
            let Some(member) = self.policy.members.get(&approval.by) else { continue };
            if self.policy.has_right(member, Right::Waive) {
                self.waivers.extend(approval.waives.iter().map(|it| (approval.by.clone(), it.clone())));
            }
            if approval.approves && self.policy.has_right(member, Right::Approve) {
                self.people.push((approval.by.clone(), approval.time));
            }
        }
        Ok(())
    }

    fn alias(&self, it: &AliasMove, report: &mut GateReport) -> Result<()> {
        let Some(rule) = self.policy.alias_rule(&it.model, &it.alias) else {
            report.gates.push(no_rule(format!("a rule for alias {} of {}", it.alias, it.model)));
            return Ok(());
        };
        let Some(to) = it.to else {
            report.signers = self.signers(&rule.needs, Some(&it.model));
            return Ok(());
        };
        self.alias_states(rule, it, to, report)?;
        if self.may_go_back(rule, it, to)? {
            report.at_once = true;
            report.signers = self.signers(&rule.needs, Some(&it.model));
            return Ok(());
        }
        self.demands(&rule.needs, to.artifact, Some((&it.model, to.version)), report)
    }

    /// The evidence that a move names is here, and about what it moves to.
    fn named_evidence(&self, predicate: &Predicate, report: &mut GateReport) -> Result<()> {
        let (named, artifact) = match predicate {
            Predicate::Alias(it) => (&it.evidence, it.to.map(|to| to.artifact)),
            Predicate::Stage(it) => (&it.evidence, Some(it.artifact)),
            Predicate::Trust(it) => (&it.evidence, Some(it.artifact)),
            _ => return Ok(()),
        };
        if named.is_empty() {
            return Ok(());
        }
        let here = match artifact {
            Some(artifact) => self.facts.evidence(&artifact)?,
            None => Vec::new(),
        };
        let absent = named.iter().find(|digest| !here.iter().any(|it| it.record.digest() == **digest));
        let (status, found) = match absent {
            None => (Status::Passed, "all of it".to_owned()),
            Some(digest) => (Status::Missing, format!("none with statement {digest}")),
        };
        let next = "evidence counts only for the artifact that it names: refmark attach REF --type T FILE".to_owned();
        report.gates.push(built_in("named-evidence", status, "the evidence that it names".into(), found, next));
        Ok(())
    }

    /// The trust state and the stage that the alias's class asks for.
    fn alias_states(&self, rule: &AliasRule, it: &AliasMove, to: Target, report: &mut GateReport) -> Result<()> {
        let (trust, _) = self.facts.trust(&to.artifact)?;
        let wanted = if rule.trust.is_empty() { &[TrustState::Trusted][..] } else { &rule.trust };
        let status = match trust {
            have if wanted.contains(&have) => Status::Passed,
            TrustState::Acquired | TrustState::Quarantined => Status::Missing,
            _ => Status::Failed,
        };
        let next = format!("refmark transition {}/{} trusted", it.model, to.version);
        report.gates.push(built_in("trusted", status, words(wanted), trust.to_string(), next));
        if !rule.stage.is_empty() {
            let (stage, _) = self.facts.stage(&it.model, to.version)?;
            let status = match stage {
                have if rule.stage.contains(&have) => Status::Passed,
                have if rule.stage.iter().any(|wanted| have < *wanted) => Status::Missing,
                _ => Status::Failed,
            };
            let wanted = rule.stage.first().map(|it| it.as_str()).unwrap_or_default();
            let next = format!("refmark transition {}/{} {wanted}", it.model, to.version);
            report.gates.push(built_in("stage", status, words(&rule.stage), stage.to_string(), next));
        }
        Ok(())
    }

    /// At three in the morning: one person with the role, back to what held the alias a short while ago.
    fn may_go_back(&self, rule: &AliasRule, it: &AliasMove, to: Target) -> Result<bool> {
        let Some(rollback) = &rule.rollback else { return Ok(false) };
        let holds = self.policy.members.get(&it.by).is_some_and(|member| {
            member.kind == MemberKind::Person && member.roles.iter().any(|role| rollback.roles.contains(role))
        });
        if !holds {
            return Ok(false);
        }
        let since = it.time.plus(-i64::from(rollback.days) * DAY);
        // Newest first: a holding ends where the next move begins.
        let mut ended = it.time;
        for number in (1..it.sequence).rev() {
            if ended < since {
                break;
            }
            let Some(before) = self.facts.alias_move(&it.model, &it.alias, number)? else { break };
            if before.to == Some(to) {
                return Ok(true);
            }
            ended = before.time;
        }
        Ok(false)
    }

    fn stage(&self, it: &StageMove, report: &mut GateReport) -> Result<()> {
        for alias in self.facts.aliases(&it.model)? {
            let held = self.facts.alias(&it.model, &alias)?.and_then(|held| held.to);
            let rule = self.policy.alias_rule(&it.model, &alias);
            let clash = rule.is_some_and(|rule| !rule.stage.is_empty() && !rule.stage.contains(&it.to));
            if clash && held.is_some_and(|held| held.version == it.version) {
                let next = format!("move the alias first: refmark promote {}@{alias} VERSION", it.model);
                let found = format!("{}@{alias} holds it", it.model);
                report.gates.push(built_in(
                    "unheld",
                    Status::Failed,
                    "no alias that needs another stage".into(),
                    found,
                    next,
                ));
            }
        }
        match self.policy.stage_rule(&it.model, it.from, it.to) {
            Some(rule) => self.demands(&rule.needs, it.artifact, Some((&it.model, it.version)), report),
            None => {
                report.gates.push(no_rule(format!("a rule for {} → {}", it.from, it.to)));
                Ok(())
            }
        }
    }

    fn trust(&self, it: &TrustMove, ground: &Ground<'_>, report: &mut GateReport) -> Result<()> {
        let Some(rule) = self.policy.trust_rule(it.from, it.to) else {
            report.gates.push(no_rule(format!("a rule for {} → {}", it.from, it.to)));
            return Ok(());
        };
        // Laundering: weights that were revoked under one artifact come back under another only by hand.
        if it.to == TrustState::Trusted
            && it.from == TrustState::Acquired
            && let Some(manifest) = self.facts.manifest(&it.artifact)?
        {
            let shared = manifest
                .files
                .iter()
                .find(|file| file.class != FileClass::Data && ground.revoked_files.contains(&file.sha256));
            if let Some(file) = shared {
                let next = format!("refmark transition {} quarantined, and then have it looked at", it.artifact);
                let found = format!("{} is in a revoked artifact", file.path);
                report.gates.push(built_in(
                    "not-revoked-elsewhere",
                    Status::Failed,
                    "no revoked weights".into(),
                    found,
                    next,
                ));
            }
        }
        let member = self.policy.members.get(&it.by);
        report.at_once = member.is_some_and(|member| {
            member.kind == MemberKind::Person && member.roles.iter().any(|role| rule.at_once.contains(role))
        });
        self.demands(&rule.needs, it.artifact, None, report)
    }

    fn demands(
        &self,
        needs: &Demands,
        artifact: ArtifactId,
        version: Option<(&ModelName, u64)>,
        report: &mut GateReport,
    ) -> Result<()> {
        let common = self.record.common();
        let subject = Subject {
            facts: self.facts,
            policy: self.policy,
            record: self.record,
            artifact,
            version,
            people: &self.people,
            author: common.by,
            now: common.time,
        };
        for rule in &needs.gates {
            report.gates.push(gate::judge(rule, &subject)?);
        }
        report.signers = self.signers(needs, version.map(|it| it.0));
        Ok(())
    }

    /// A distinct person for each of the people that a rule asks for, as many as there are.
    fn signers(&self, needs: &Demands, model: Option<&ModelName>) -> Vec<SignerResult> {
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
        let Some(member) = self.policy.members.get(id) else { return false };
        member.roles.iter().any(|role| signer.roles.contains(role))
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
    fn waive(&self, report: &mut GateReport) {
        let common = self.record.common();
        for gate in report.gates.iter_mut().filter(|gate| gate.waivable && gate.status > Status::Waived) {
            let waiver =
                self.waivers.iter().find(|(by, it)| by != common.by && it.gate == gate.name && it.until >= common.time);
            if let Some((by, waiver)) = waiver {
                gate.status = Status::Waived;
                gate.found = format!("{}; waived by {by} until {}: {}", gate.found, waiver.until, waiver.reason);
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

fn words<T: std::fmt::Display>(all: &[T]) -> String {
    all.iter().map(T::to_string).collect::<Vec<_>>().join(" or ")
}

fn built_in(name: &str, status: Status, expected: String, found: String, next: String) -> GateResult {
    let next = (status != Status::Passed).then_some(next);
    GateResult { name: name.to_owned(), status, expected, found, evidence: None, next, waivable: false }
}

fn no_rule(expected: String) -> GateResult {
    built_in(
        "rule",
        Status::Failed,
        expected,
        "none: no rule means no".to_owned(),
        "`refmark policy show` has the rules".to_owned(),
    )
}

/// A person for each slot, each person once, as many slots as can be (augmenting paths; the sets are small).
pub(in crate::judgement) fn match_people(fits: &[Vec<usize>], people: usize) -> Vec<Option<usize>> {
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
