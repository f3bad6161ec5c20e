//! The report on a move of an alias, a stage or a trust state: the rule of the policy, its gates, the people behind it.

use super::{RuleContext, catalog};
use crate::clock::{dated, landed};
use crate::effective::Effective;
use crate::gate::{self, Decision, GateReport, GateResult, LostKeys, Status, Subject};
use crate::revoked::closed_by;
use crate::state_reader::StateReader;
use refmark_records::alias::{AliasMove, Target};
use refmark_records::approval::Waiver;
use refmark_records::manifest::FileEntry;
use refmark_records::policy::{AliasRule, Demands, MemberKind, Policy};
use refmark_records::registry_id::RegistryId;
use refmark_records::statement::{Predicate, Record};
use refmark_records::trust::{TrustMove, TrustState};
use refmark_records::version::{Stage, StageMove};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::Result;
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{ModelName, PrincipalId, Role};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

const DAY: i64 = 86_400;

/// The report on a move: every gate, everybody that the rule asks for, and the decision.
pub fn report_on(
    record: &Record,
    policy: &Policy,
    registry: RegistryId,
    overlay: &dyn Effective,
    context: &RuleContext<'_>,
) -> Result<GateReport> {
    let lost_keys = LostKeys::of(policy, context.state, context.tainted)?;
    let mut case = Case {
        record,
        policy,
        reader: StateReader(overlay),
        before: StateReader(context.state),
        brought: context.brought,
        lost_keys,
        revoked_files: context.revoked_files,
        position: context.position,
        people: Vec::new(),
        waivers: Vec::new(),
        over: Vec::new(),
    };
    case.gather(registry, context)?;
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
        Predicate::Alias(alias_move) => case.alias(alias_move, &mut report)?,
        Predicate::Stage(stage_move) => case.stage(stage_move, &mut report)?,
        Predicate::Trust(trust_move) => case.trust(trust_move, context, &mut report)?,
        _ => {}
    }
    case.named_evidence(record.predicate(), &mut report)?;
    case.waive(&mut report);
    report.decide();
    report.rests_on = case.lost_keys.take_support();
    Ok(report)
}

/// A change in a few words, such as `sentiment@champion: 3 → 4`.
pub fn describe(predicate: &Predicate) -> String {
    let version =
        |target: &Option<Target>| target.map_or_else(|| "(none)".to_owned(), |target| target.version.to_string());
    match predicate {
        Predicate::Alias(alias_move) => format!(
            "{}@{}: {} → {}",
            alias_move.model,
            alias_move.alias,
            version(&alias_move.from),
            version(&alias_move.to)
        ),
        Predicate::Stage(stage_move) => {
            format!("{}/{}: {} → {}", stage_move.model, stage_move.version, stage_move.from, stage_move.to)
        }
        Predicate::Trust(trust_move) => {
            format!("{}: {} → {}", trust_move.artifact.short(), trust_move.from, trust_move.to)
        }
        other => other.kind().to_owned(),
    }
}

pub(super) struct Case<'a> {
    pub(super) record: &'a Record,
    pub(super) policy: &'a Policy,
    pub(super) reader: StateReader<'a>,
    before: StateReader<'a>,
    brought: Option<Timestamp>,
    pub(super) lost_keys: LostKeys<'a>,
    revoked_files: &'a BTreeMap<Digest, u64>,
    position: &'a dyn Fn(Oid) -> Result<Option<u64>>,
    /// The author first, then every approver that counts.
    pub(super) people: Vec<(PrincipalId, Timestamp)>,
    pub(super) waivers: Vec<(PrincipalId, Waiver)>,
    /// The models that the change is about.
    pub(super) over: Vec<ModelName>,
}

impl Case<'_> {
    fn alias(&self, alias_move: &AliasMove, report: &mut GateReport) -> Result<()> {
        let Some(rule) = self.policy.alias_rule(&alias_move.model, &alias_move.alias) else {
            report.gates.push(no_rule(format!("a rule for alias {} of {}", alias_move.alias, alias_move.model)));
            return Ok(());
        };
        let alone = self.may_act_alone(rule, alias_move);
        let Some(to) = alias_move.to else {
            // Nothing live is safer than something bad: whoever may go back alone may close it alone.
            report.break_glass = alone;
            report.signers = self.signers(&rule.needs, Some(&alias_move.model));
            return Ok(());
        };
        if let Some(manifest) = self.reader.manifest(&to.artifact)? {
            report.gates.extend(catalog::promoted(self.reader, &manifest)?);
        }
        let goes_back = alone && self.goes_back(rule, alias_move, to)?;
        self.alias_states(rule, alias_move, to, goes_back, report)?;
        if goes_back {
            report.break_glass = true;
            report.signers = self.signers(&rule.needs, Some(&alias_move.model));
            return Ok(());
        }
        self.demands(&rule.needs, to.artifact, Some((&alias_move.model, to.version)), report)
    }

    /// The evidence that a move names is here, and about what it moves to.
    fn named_evidence(&self, predicate: &Predicate, report: &mut GateReport) -> Result<()> {
        let (named, artifact) = match predicate {
            Predicate::Alias(alias_move) => (&alias_move.evidence, alias_move.to.map(|to| to.artifact)),
            Predicate::Stage(stage_move) => (&stage_move.evidence, Some(stage_move.artifact)),
            Predicate::Trust(trust_move) => (&trust_move.evidence, Some(trust_move.artifact)),
            _ => return Ok(()),
        };
        if named.is_empty() {
            return Ok(());
        }
        let mut here = match artifact {
            Some(artifact) => self.reader.evidence(&artifact)?,
            None => Vec::new(),
        };
        here.retain(|piece| self.lost_keys.counts(&piece.record));
        let absent = named.iter().find(|digest| !here.iter().any(|piece| piece.record.digest() == **digest));
        let (status, found) = match absent {
            None => (Status::Passed, "all of it".to_owned()),
            Some(digest) => (Status::Missing, format!("none with statement {digest}")),
        };
        let next = Hint::of("evidence counts only for the artifact that it names: attach it to this one");
        report.gates.push(built_in("named-evidence", status, "the evidence that the move names".into(), found, next));
        Ok(())
    }

    /// The trust state and the stage that the alias's class asks for.
    fn alias_states(
        &self,
        rule: &AliasRule,
        alias_move: &AliasMove,
        to: Target,
        goes_back: bool,
        report: &mut GateReport,
    ) -> Result<()> {
        self.registered(&alias_move.model, to.version, report)?;
        let (trust, moved) = self.reader.trust(&to.artifact)?;
        let counts = self.stands_on(moved.as_ref().map(|moved| &*moved.record));
        self.not_revoked_elsewhere(&to.artifact, &format!("{}/{}", alias_move.model, to.version), report)?;
        let wanted = if rule.trust.is_empty() { &[TrustState::Trusted][..] } else { &rule.trust };
        let status = match trust {
            have if wanted.contains(&have) && counts => Status::Passed,
            TrustState::Revoked | TrustState::Deleted => Status::Failed,
            _ => Status::Missing,
        };
        let reference = format!("{}/{}", alias_move.model, to.version);
        let next = match counts || !wanted.contains(&trust) {
            true => step_to(&reference, trust, wanted, trust_step(self.policy, trust, wanted)),
            false => confirm(&reference, trust),
        };
        report.gates.push(built_in("trusted", status, words(wanted), said_by(trust, counts), next));
        if !rule.stage.is_empty() {
            let (stage, moved) = self.reader.stage(&alias_move.model, to.version)?;
            let counts = self.stands_on(moved.as_ref().map(|moved| &*moved.record));
            // It was retired because another took its place, which is what turned out to be wrong.
            let retired_since = goes_back && stage == Stage::Retired;
            let status = match stage {
                have if (rule.stage.contains(&have) || retired_since) && !counts => Status::Missing,
                have if rule.stage.contains(&have) || retired_since => Status::Passed,
                have if rule.stage.iter().any(|wanted| have < *wanted) => Status::Missing,
                _ => Status::Failed,
            };
            let next = match counts || !rule.stage.contains(&stage) {
                true => step_to(
                    &reference,
                    stage,
                    &rule.stage,
                    stage_step(self.policy, &alias_move.model, stage, &rule.stage),
                ),
                false => confirm(&reference, stage),
            };
            report.gates.push(built_in("stage", status, words(&rule.stage), said_by(stage, counts), next));
        }
        Ok(())
    }

    /// At three in the morning: one person with the role.
    fn may_act_alone(&self, rule: &AliasRule, alias_move: &AliasMove) -> bool {
        let Some(rollback) = &rule.rollback else { return false };
        self.policy.members.get(&alias_move.by).is_some_and(|member| {
            member.kind == MemberKind::Person && self.policy.holds_in(member, &rollback.roles, &self.over)
        })
    }

    /// Whether a move goes back to what held the alias a short while ago.
    fn goes_back(&self, rule: &AliasRule, alias_move: &AliasMove, to: Target) -> Result<bool> {
        let Some(rollback) = &rule.rollback else { return Ok(false) };
        let now = self.now();
        let since = now.plus(-i64::from(rollback.days) * DAY);
        // Newest first: a holding ends where the next move begins.
        let mut ended = now;
        for number in (1..alias_move.sequence).rev() {
            if ended < since {
                break;
            }
            let Some(before) = self.reader.alias_move(&alias_move.model, &alias_move.alias, number)? else { break };
            if before.to == Some(to) && self.lost_keys.counts(&before.record) {
                self.lost_keys.rests_on(&before.record);
                return Ok(true);
            }
            ended = dated(self.reader, &before.record, now, self.brought);
        }
        Ok(false)
    }

    /// The gates' clock: the statement's own time, and not before the head that its signer saw.
    pub(super) fn now(&self) -> Timestamp {
        let common = self.record.common();
        let base = common.base.and_then(|base| landed(self.reader.0.objects(), base, self.brought));
        base.map_or(common.time, |base| base.max(common.time))
    }

    /// Nothing goes on towards production but what is trusted; and a day that ends a life lies ahead.
    fn stage_states(&self, stage_move: &StageMove, report: &mut GateReport) -> Result<()> {
        let reference = format!("{}/{}", stage_move.model, stage_move.version);
        if matches!(stage_move.to, Stage::Staging | Stage::Production) {
            let (trust, moved) = self.reader.trust(&stage_move.artifact)?;
            let counts = self.stands_on(moved.as_ref().map(|moved| &*moved.record));
            let wanted = [TrustState::Trusted];
            let status = match trust {
                TrustState::Trusted if counts => Status::Passed,
                TrustState::Revoked | TrustState::Deleted => Status::Failed,
                _ => Status::Missing,
            };
            let next = match counts || trust != TrustState::Trusted {
                true => step_to(&reference, trust, &wanted, trust_step(self.policy, trust, &wanted)),
                false => confirm(&reference, trust),
            };
            report.gates.push(built_in("trusted", status, words(&wanted), said_by(trust, counts), next));
            self.not_revoked_elsewhere(&stage_move.artifact, &reference, report)?;
        }
        if let Some(sunset) = stage_move.sunset.filter(|sunset| *sunset <= self.now()) {
            let expected = "a sunset that lies ahead".to_owned();
            let next = "give a later day: those who use it must have time to move";
            report.gates.push(built_in("sunset-ahead", Status::Failed, expected, sunset.to_string(), next));
        }
        Ok(())
    }

    /// No file of an artifact was revoked in another one.
    fn not_revoked_elsewhere(&self, artifact: &ArtifactId, reference: &str, report: &mut GateReport) -> Result<()> {
        if let Some(file) = closed_by(self.reader, artifact, self.revoked_files, self.position)? {
            let next = Hint::of("have it looked at again in quarantine: ")
                .then(Next::Transition { reference: reference.to_owned(), to: TrustState::Quarantined.to_string() });
            let found = format!("{} was revoked in another artifact", file.path);
            let expected = "no revoked bytes".to_owned();
            report.gates.push(built_in("not-revoked-elsewhere", Status::Failed, expected, found, next));
        }
        Ok(())
    }

    fn stage(&self, stage_move: &StageMove, report: &mut GateReport) -> Result<()> {
        for alias in self.reader.aliases(&stage_move.model)? {
            let held = self.reader.alias(&stage_move.model, &alias)?.and_then(|held| held.to);
            let rule = self.policy.alias_rule(&stage_move.model, &alias);
            let clash = rule.is_some_and(|rule| !rule.stage.is_empty() && !rule.stage.contains(&stage_move.to));
            if clash && held.is_some_and(|held| held.version == stage_move.version) {
                let alias_name = format!("{}@{alias}", stage_move.model);
                let next = Hint::of("move the alias first: ").then(Next::Promote { alias: alias_name, version: None });
                let found = format!("{}@{alias} holds it", stage_move.model);
                report.gates.push(built_in(
                    "unheld",
                    Status::Failed,
                    "no alias that needs another stage".into(),
                    found,
                    next,
                ));
            }
        }
        let version = (&stage_move.model, stage_move.version);
        self.registered(version.0, version.1, report)?;
        self.stage_states(stage_move, report)?;
        let steps = self.stage_steps(stage_move)?;
        for (from, to) in steps {
            match self.policy.stage_rule(version.0, from, to) {
                Some(rule) => self.demands(&rule.needs, stage_move.artifact, Some(version), report)?,
                None => report.gates.push(no_rule(format!("a rule for {from} → {to}"))),
            }
        }
        Ok(())
    }

    fn trust(&self, trust_move: &TrustMove, context: &RuleContext<'_>, report: &mut GateReport) -> Result<()> {
        let steps = self.trust_steps(trust_move)?;
        for (from, to) in &steps {
            if self.policy.trust_rule(*from, *to).is_none() {
                report.gates.push(no_rule(format!("a rule for {from} → {to}")));
            }
        }
        let rules: Vec<_> = steps.iter().filter_map(|(from, to)| self.policy.trust_rule(*from, *to)).collect();
        // Laundering: weights that were withdrawn under one artifact come back under another only by hand.
        if trust_move.to == TrustState::Trusted && steps.contains(&(TrustState::Acquired, TrustState::Trusted)) {
            self.not_withdrawn(trust_move, context, report)?;
        }
        let member = self.policy.members.get(&trust_move.by);
        report.break_glass = !rules.is_empty()
            && member.is_some_and(|member| {
                let holds = |roles: &[Role]| self.policy.holds_in(member, roles, &self.over);
                member.kind == MemberKind::Person && rules.iter().all(|rule| holds(&rule.break_glass))
            });
        for rule in rules {
            self.demands(&rule.needs, trust_move.artifact, None, report)?;
        }
        if trust_move.to == TrustState::Trusted {
            report.gates.extend(catalog::trusted(&self.subject(trust_move.artifact, None))?);
        }
        Ok(())
    }

    /// No file is in an artifact that was revoked or deleted.
    fn not_withdrawn(&self, trust_move: &TrustMove, context: &RuleContext<'_>, report: &mut GateReport) -> Result<()> {
        let Some(manifest) = self.reader.manifest(&trust_move.artifact)? else { return Ok(()) };
        let next = || match self.policy.trust_rule(trust_move.from, TrustState::Quarantined) {
            Some(_) => Hint::of("have it looked at in quarantine first: ").then(Next::Transition {
                reference: trust_move.artifact.to_string(),
                to: TrustState::Quarantined.to_string(),
            }),
            None => Hint::of("register it without these weights: the policy has no rule into quarantine"),
        };
        let mut hold = |name: &str, state: &str, shared: Option<&FileEntry>| {
            if let Some(file) = shared {
                let (expected, found) =
                    (format!("no {state} weights"), format!("{} is in a {state} artifact", file.path));
                report.gates.push(built_in(name, Status::Failed, expected, found, next()));
            }
        };
        let files = &manifest.files;
        let revoked = files.iter().find(|file| context.revoked_files.contains_key(&file.sha256));
        hold("not-revoked-elsewhere", "revoked", revoked);
        let deleted = files.iter().find(|file| context.deleted_files.contains_key(&file.sha256));
        hold("not-deleted-elsewhere", "deleted", deleted);
        Ok(())
    }

    /// What gates are asked about.
    fn subject<'s>(&'s self, artifact: ArtifactId, version: Option<(&'s ModelName, u64)>) -> Subject<'s> {
        Subject {
            reader: self.reader,
            before: self.before,
            policy: self.policy,
            lost_keys: &self.lost_keys,
            record: self.record,
            artifact,
            version,
            people: &self.people,
            author: self.record.common().by,
            over: &self.over,
            now: self.now(),
            brought: self.brought,
            independent: self.policy.evidence.independent,
        }
    }

    fn demands(
        &self,
        needs: &Demands,
        artifact: ArtifactId,
        version: Option<(&ModelName, u64)>,
        report: &mut GateReport,
    ) -> Result<()> {
        let subject = self.subject(artifact, version);
        for rule in &needs.gates {
            report.gates.push(gate::judge(rule, &subject)?);
        }
        let signers = self.signers(needs, version.map(|version| version.0));
        if report.signers != signers {
            report.signers.extend(signers);
        }
        Ok(())
    }
}

/// The first stage on the shortest way from one stage to any of these, by moves that the policy has rules for; none where
/// no way leads there.
pub fn stage_step(policy: &Policy, model: &ModelName, from: Stage, to: &[Stage]) -> Option<Stage> {
    first_step(&Stage::ALL, from, to, |from, to| policy.stage_rule(model, from, to).is_some())
}

/// The first trust state on the shortest way from one state to any of these, by moves that the policy has rules for; none
/// where no way leads there. What was deleted stays deleted, whatever a rule says.
pub fn trust_step(policy: &Policy, from: TrustState, to: &[TrustState]) -> Option<TrustState> {
    first_step(&TrustState::ALL, from, to, |from, to| {
        from != TrustState::Deleted && policy.trust_rule(from, to).is_some()
    })
}

/// Breadth first over a handful of states: `allowed` says whether a rule leads from one to another.
fn first_step<T: Copy + PartialEq>(all: &[T], from: T, to: &[T], allowed: impl Fn(T, T) -> bool) -> Option<T> {
    let mut reached: Vec<(T, Option<T>)> = vec![(from, None)];
    let mut at = 0;
    while let Some((state, first)) = reached.get(at).copied() {
        if to.contains(&state) {
            return first;
        }
        for next in all {
            let is_new = !reached.iter().any(|(seen, _)| seen == next);
            if is_new && allowed(state, *next) {
                reached.push((*next, first.or(Some(*next))));
            }
        }
        at += 1;
    }
    None
}

/// What to do where something is not in one of the wanted states: the first move towards them, if the policy allows any.
fn step_to<T: std::fmt::Display>(reference: &str, now: T, wanted: &[T], first: Option<T>) -> Hint {
    match first {
        Some(first) => Next::Transition { reference: reference.to_owned(), to: first.to_string() }.into(),
        None => Hint::of(format!("the policy has no way from {now} to {}: promote another version", words(wanted))),
    }
}

/// A state in words, and whether a lost key said so.
fn said_by(state: impl std::fmt::Display, counts: bool) -> String {
    if counts { state.to_string() } else { format!("{state}, by a key that was lost: confirm it with a good one") }
}

/// What to do where a lost key brought something to its state: make the same move again with a good key.
fn confirm(reference: &str, state: impl std::fmt::Display) -> Hint {
    let same = Next::Transition { reference: reference.to_owned(), to: state.to_string() };
    Hint::of("confirm it with a good key: ").then(same)
}

fn words<T: std::fmt::Display>(all: &[T]) -> String {
    all.iter().map(T::to_string).collect::<Vec<_>>().join(" or ")
}

pub(super) fn built_in(
    name: &str,
    status: Status,
    expected: String,
    found: String,
    next: impl Into<Hint>,
) -> GateResult {
    let next = (status != Status::Passed).then(|| next.into());
    GateResult { name: name.to_owned(), status, expected, found, evidence: None, next, waivable: false }
}

fn no_rule(expected: String) -> GateResult {
    built_in(
        "rule",
        Status::Failed,
        expected,
        "no rule, so nobody may".to_owned(),
        Hint::of("the rules: ").then(Next::PolicyShow),
    )
}
