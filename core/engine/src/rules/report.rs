//! The report on a move of an alias, a stage or a trust state: the rule of the policy, its gates, the people behind it.

use super::RuleContext;
use super::confirm::said_by;
use crate::effective::Effective;
use crate::gate::{self, Decision, Doubt, GateReport, GateResult, Status, Subject};
use crate::state_reader::StateReader;
use refmark_records::alias::{AliasMove, Target};
use refmark_records::approval::Waiver;
use refmark_records::manifest::FileClass;
use refmark_records::policy::{AliasRule, Demands, MemberKind, Policy};
use refmark_records::registry_id::RegistryId;
use refmark_records::statement::{Predicate, Record};
use refmark_records::trust::{TrustMove, TrustState};
use refmark_records::version::{Stage, StageMove};
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::name::{ModelName, PrincipalId, Role};
use refmark_types::time::Timestamp;

const DAY: i64 = 86_400;

/// The report on a move: every gate, everybody that the rule asks for, and the decision.
pub fn report_on(
    record: &Record,
    policy: &Policy,
    registry: RegistryId,
    sum: &dyn Effective,
    ground: &RuleContext<'_>,
) -> Result<GateReport> {
    let doubt = Doubt::of(policy, ground.state, ground.tainted)?;
    let mut case = Case {
        record,
        policy,
        facts: StateReader(sum),
        before: StateReader(ground.state),
        doubt,
        people: Vec::new(),
        waivers: Vec::new(),
    };
    case.gather(registry, ground)?;
    let mut report = GateReport {
        change: describe(record.predicate()),
        statement: record.digest(),
        decision: Decision::Refused,
        policy: policy.number,
        gates: Vec::new(),
        signers: Vec::new(),
        break_glass: false,
        rests_on: Vec::new(),
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
    report.rests_on = case.doubt.take_support();
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

pub(super) struct Case<'a> {
    pub(super) record: &'a Record,
    pub(super) policy: &'a Policy,
    pub(super) facts: StateReader<'a>,
    before: StateReader<'a>,
    pub(super) doubt: Doubt<'a>,
    /// The author first, then every approver that counts.
    pub(super) people: Vec<(PrincipalId, Timestamp)>,
    pub(super) waivers: Vec<(PrincipalId, Waiver)>,
}

impl Case<'_> {
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
            report.break_glass = true;
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
        let mut here = match artifact {
            Some(artifact) => self.facts.evidence(&artifact)?,
            None => Vec::new(),
        };
        here.retain(|it| self.doubt.lets_count(&it.record));
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
        self.registered(&it.model, to.version, report)?;
        let (trust, moved) = self.facts.trust(&to.artifact)?;
        let counts = self.stands_on(moved.as_ref().map(|it| &*it.record));
        let wanted = if rule.trust.is_empty() { &[TrustState::Trusted][..] } else { &rule.trust };
        let status = match trust {
            have if wanted.contains(&have) && counts => Status::Passed,
            TrustState::Revoked | TrustState::Deleted => Status::Failed,
            _ => Status::Missing,
        };
        let next = format!("refmark transition {}/{} trusted", it.model, to.version);
        report.gates.push(built_in("trusted", status, words(wanted), said_by(trust, counts), next));
        if !rule.stage.is_empty() {
            let (stage, moved) = self.facts.stage(&it.model, to.version)?;
            let counts = self.stands_on(moved.as_ref().map(|it| &*it.record));
            let status = match stage {
                have if rule.stage.contains(&have) && !counts => Status::Missing,
                have if rule.stage.contains(&have) => Status::Passed,
                have if rule.stage.iter().any(|wanted| have < *wanted) => Status::Missing,
                _ => Status::Failed,
            };
            let next = match way(self.policy, &it.model, stage, &rule.stage) {
                Some(next) => format!("refmark transition {}/{} {next}", it.model, to.version),
                None => format!("no rule leads from {stage} to {}: promote another version", words(&rule.stage)),
            };
            report.gates.push(built_in("stage", status, words(&rule.stage), said_by(stage, counts), next));
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
            if before.to == Some(to) && self.doubt.lets_count(&before.record) {
                self.doubt.rests_on(&before.record);
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
        self.registered(&it.model, it.version, report)?;
        let steps = self.stage_steps(it)?;
        for (from, to) in steps {
            match self.policy.stage_rule(&it.model, from, to) {
                Some(rule) => self.demands(&rule.needs, it.artifact, Some((&it.model, it.version)), report)?,
                None => report.gates.push(no_rule(format!("a rule for {from} → {to}"))),
            }
        }
        Ok(())
    }

    fn trust(&self, it: &TrustMove, ground: &RuleContext<'_>, report: &mut GateReport) -> Result<()> {
        let steps = self.trust_steps(it)?;
        for (from, to) in &steps {
            if self.policy.trust_rule(*from, *to).is_none() {
                report.gates.push(no_rule(format!("a rule for {from} → {to}")));
            }
        }
        let rules: Vec<_> = steps.iter().filter_map(|(from, to)| self.policy.trust_rule(*from, *to)).collect();
        // Laundering: weights that were revoked under one artifact come back under another only by hand.
        if it.to == TrustState::Trusted
            && steps.contains(&(TrustState::Acquired, TrustState::Trusted))
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
        report.break_glass = !rules.is_empty()
            && member.is_some_and(|member| {
                let holds = |roles: &[Role]| member.roles.iter().any(|role| roles.contains(role));
                member.kind == MemberKind::Person && rules.iter().all(|rule| holds(&rule.break_glass))
            });
        for rule in rules {
            self.demands(&rule.needs, it.artifact, None, report)?;
        }
        Ok(())
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
            before: self.before,
            policy: self.policy,
            doubt: &self.doubt,
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
        let signers = self.signers(needs, version.map(|it| it.0));
        if report.signers != signers {
            report.signers.extend(signers);
        }
        Ok(())
    }
}

/// The first stage move on the shortest way to one of these stages that the policy has rules for.
pub fn way(policy: &Policy, model: &ModelName, from: Stage, to: &[Stage]) -> Option<Stage> {
    let mut reached: Vec<(Stage, Option<Stage>)> = vec![(from, None)];
    let mut at = 0;
    while let Some((stage, first)) = reached.get(at).copied() {
        if to.contains(&stage) {
            return first;
        }
        for next in Stage::ALL {
            let known = reached.iter().any(|it| it.0 == next);
            if !known && policy.stage_rule(model, stage, next).is_some() {
                reached.push((next, first.or(Some(next))));
            }
        }
        at += 1;
    }
    None
}

fn words<T: std::fmt::Display>(all: &[T]) -> String {
    all.iter().map(T::to_string).collect::<Vec<_>>().join(" or ")
}

pub(super) fn built_in(name: &str, status: Status, expected: String, found: String, next: String) -> GateResult {
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
