//! Gates: named checks that a policy demands of a change, and the report that every face shows.

use serde::{Deserialize, Serialize};

use super::facts::{Facts, Of};
use crate::records::evidence::{Direction, Evidence, Metric, Verdict};
use crate::records::layout::Document;
use crate::records::manifest::{FileClass, LINEAGE_KEYS, Manifest};
use crate::records::policy::{Gate, GateRule, Operator, Policy};
use crate::records::statement::Record;
use crate::records::version::Stage;
use crate::words::digest::{ArtifactId, Digest};
use crate::words::fault::Result;
use crate::words::name::{AliasName, EntryId, ModelName, PrincipalId, Role};
use crate::words::time::Timestamp;

/// What a gate came to. The order is that of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It holds.
    Passed,
    /// It does not hold, and somebody let it pass.
    Waived,
    /// It waits for an approval.
    Pending,
    /// What it asks for is not there yet.
    Missing,
    /// It does not hold.
    Failed,
}

/// One gate of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateResult {
    /// The gate's name.
    pub name: String,
    /// What it came to.
    pub status: Status,
    /// What it asks.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// The statement of the evidence that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest>,
    /// What to do next, where it does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether the policy lets somebody waive it.
    #[serde(default)]
    pub waivable: bool,
}

/// One of the people that a rule asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignerResult {
    /// What it asks: roles, or the model's owner.
    pub asks: String,
    /// Who fills it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PrincipalId>,
    /// When that person signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// Who could fill it, where nobody does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<PrincipalId>,
}

/// What a change comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It takes effect.
    Ok,
    /// It breaks no rule and still lacks something.
    Pending,
    /// It breaks a rule.
    Refused,
}

/// The decision on one change, with every gate. The same value in every face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateReport {
    /// The change, such as `sentiment@champion: 3 → 4`.
    pub change: String,
    /// The SHA-256 of the change's statement: what an approval names.
    pub statement: Digest,
    /// What it comes to.
    pub decision: Decision,
    /// The number of the policy that judged it.
    pub policy: u64,
    /// Every gate.
    pub gates: Vec<GateResult>,
    /// Everybody that the rule asks for.
    pub signers: Vec<SignerResult>,
    /// Whether it takes effect on one person's word, with the signers due afterwards.
    pub at_once: bool,
}

impl GateReport {
    /// The decision that these gates and signers come to.
    ///
    /// A gate that fails and may be waived still lacks something: the waiver may come in a commit of its own, and then
    /// every way of merging must come to the same.
    pub fn decide(&mut self) {
        let weight = |gate: &GateResult| match gate.status {
            Status::Failed if gate.waivable => Status::Missing,
            status => status,
        };
        let worst = self.gates.iter().map(weight).max().unwrap_or(Status::Passed);
        let unsigned = !self.at_once && self.signers.iter().any(|signer| signer.by.is_none());
        self.decision = match worst {
            Status::Failed => Decision::Refused,
            Status::Missing | Status::Pending => Decision::Pending,
            _ if unsigned => Decision::Pending,
            _ => Decision::Ok,
        };
    }

    /// One sentence: why it does not take effect.
    pub fn sentence(&self) -> String {
        let named = |status: Status| -> Vec<String> {
            self.gates
                .iter()
                .filter(|gate| gate.status == status)
                .map(|gate| format!("{} (expected {}, found {})", gate.name, gate.expected, gate.found))
                .collect()
        };
        let mut failed = named(Status::Failed);
        let mut missing = Vec::new();
        if self.decision == Decision::Pending {
            missing.extend(failed.drain(..).map(|gate| format!("a waiver of {gate}")));
        }
        missing.extend(named(Status::Missing));
        missing.extend(named(Status::Pending));
        missing.extend(self.signers.iter().filter(|it| it.by.is_none() && !self.at_once).map(|signer| {
            let who = signer.candidates.iter().map(PrincipalId::as_str).collect::<Vec<_>>().join(", ");
            let who = if who.is_empty() { "nobody could give it".to_owned() } else { format!("could give it: {who}") };
            format!("an approval by {} ({who})", signer.asks)
        }));
        match (failed.is_empty(), missing.is_empty()) {
            (false, _) => format!("{} is refused: {}", self.change, failed.join("; ")),
            (true, false) => format!("{} is pending: it lacks {}", self.change, missing.join("; ")),
            (true, true) => format!("{} is allowed", self.change),
        }
    }
}

/// Something about which a gate is asked.
pub struct Subject<'a> {
    /// What has taken effect, and the change itself.
    pub facts: Facts<'a>,
    /// The policy that judges.
    pub policy: &'a Policy,
    /// The change.
    pub record: &'a Record,
    /// The artifact that it is about.
    pub artifact: ArtifactId,
    /// The model and version, where it is about one.
    pub version: Option<(&'a ModelName, u64)>,
    /// Who stands behind it: the author and every approver that counts.
    pub people: &'a [(PrincipalId, Timestamp)],
    /// The author.
    pub author: &'a PrincipalId,
    /// The gate's clock: the statement's own time.
    pub now: Timestamp,
}

/// What a gate found, before waivers.
struct Found {
    status: Status,
    expected: String,
    found: String,
    evidence: Option<Digest>,
    next: Option<String>,
}

impl Found {
    fn new(status: Status, expected: impl Into<String>, found: impl Into<String>) -> Found {
        Found { status, expected: expected.into(), found: found.into(), evidence: None, next: None }
    }

    fn check(holds: bool, expected: impl Into<String>, found: impl Into<String>) -> Found {
        Found::new(if holds { Status::Passed } else { Status::Failed }, expected, found)
    }

    fn next(mut self, next: impl Into<String>) -> Found {
        if self.status != Status::Passed {
            self.next = Some(next.into());
        }
        self
    }

    fn by(mut self, evidence: Digest) -> Found {
        self.evidence = Some(evidence);
        self
    }
}

/// Asks one gate.
pub fn judge(rule: &GateRule, subject: &Subject<'_>) -> Result<GateResult> {
    let found = ask(&rule.gate, subject)?;
    Ok(GateResult {
        name: rule.label(),
        status: found.status,
        expected: found.expected,
        found: found.found,
        evidence: found.evidence,
        next: found.next,
        waivable: rule.waivable,
    })
}

fn ask(gate: &Gate, s: &Subject<'_>) -> Result<Found> {
    match gate {
        Gate::OwnerNamed => owner_named(s),
        Gate::LineageComplete { keys } => lineage_complete(s, keys),
        Gate::Evidence { .. } => evidence(gate, s),
        Gate::Metric { .. } => metric(gate, s),
        Gate::Field { of, path, op, value } => field(s, of, path, *op, value.as_ref()),
        Gate::SignedBy { roles } => Ok(signed_by(s, roles, 1, true)),
        Gate::Approvals { count, roles } => Ok(signed_by(s, roles, *count, false)),
        Gate::ClassAllowed { classes, with_sign_off } => class_allowed(s, classes, with_sign_off),
        Gate::ReplacementInProduction => replacement(s),
        Gate::SunsetPassed => sunset_passed(s),
        Gate::NoConsumers => no_consumers(s),
        Gate::All { gates } => several(s, gates, true),
        Gate::Any { gates } => several(s, gates, false),
    }
}

fn several(s: &Subject<'_>, gates: &[GateRule], all: bool) -> Result<Found> {
    let mut results = Vec::new();
    for gate in gates {
        results.push(judge(gate, s)?);
    }
    let statuses = results.iter().map(|it| it.status);
    // Nothing to ask is nothing that holds: an empty `all` fails as an empty `any` does.
    let status = if all { statuses.max() } else { statuses.min() }.unwrap_or(Status::Failed);
    let said = |what: fn(&GateResult) -> &str| {
        results.iter().map(what).collect::<Vec<_>>().join(if all { " and " } else { " or " })
    };
    Ok(Found::new(status, said(|it| &it.expected), said(|it| &it.found)))
}

fn owner_named(s: &Subject<'_>) -> Result<Found> {
    let Some((model, _)) = s.version else { return Ok(Found::new(Status::Failed, "a named owner", "no model")) };
    let about = s.facts.about(model)?;
    let owner = about.and_then(|about| about.owner.clone()).filter(|owner| !owner.trim().is_empty());
    Ok(match owner {
        Some(owner) => Found::new(Status::Passed, "a named owner", owner),
        None => Found::new(Status::Missing, "a named owner", "none")
            .next(format!("refmark register … --owner NAME, or refmark describe {model} --owner NAME")),
    })
}

fn lineage_complete(s: &Subject<'_>, keys: &[String]) -> Result<Found> {
    let wanted: Vec<&str> =
        if keys.is_empty() { LINEAGE_KEYS.to_vec() } else { keys.iter().map(String::as_str).collect() };
    let lineage = s.facts.lineage(&s.artifact)?.unwrap_or_default();
    let missing: Vec<&str> =
        wanted.iter().copied().filter(|key| lineage.get(key).is_none_or(|value| value.trim().is_empty())).collect();
    let expected = format!("lineage with {}", wanted.join(", "));
    Ok(if missing.is_empty() {
        Found::new(Status::Passed, expected, "complete")
    } else {
        Found::new(Status::Failed, expected, format!("without {}", missing.join(", ")))
            .next("lineage is part of the artifact: register it again with --lineage KEY=VALUE")
    })
}

/// Whether the author of a piece of evidence holds one of these roles.
fn by_role(s: &Subject<'_>, by: &PrincipalId, roles: &[Role]) -> bool {
    roles.is_empty()
        || s.policy.members.get(by).is_some_and(|member| member.roles.iter().any(|role| roles.contains(role)))
}

/// Evidence of a type about the subject's artifact, by somebody in the policy, newest last.
pub fn evidence_of(s: &Subject<'_>, of: &EntryId) -> Result<Vec<Of<Evidence>>> {
    let mut all = s.facts.evidence(&s.artifact)?;
    all.retain(|it| it.evidence_type == *of && s.policy.members.contains_key(&it.by));
    Ok(all)
}

/// The newest fail that no later pass from another run and principal answers.
fn standing_fail(all: &[Of<Evidence>]) -> Option<&Of<Evidence>> {
    all.iter().rev().filter(|it| it.verdict == Verdict::Fail).find(|fail| {
        !all.iter().any(|pass| {
            pass.verdict == Verdict::Pass
                && pass.time >= fail.time
                && pass.by != fail.by
                && pass.run.is_some()
                && pass.run != fail.run
        })
    })
}

fn evidence(gate: &Gate, s: &Subject<'_>) -> Result<Found> {
    let Gate::Evidence { of, by, max_age_days, suite, suite_version, holdout, any_verdict } = gate else {
        return Ok(Found::new(Status::Failed, "evidence", "another gate"));
    };
    let mut expected = if *any_verdict { "present".to_owned() } else { "pass".to_owned() };
    if let Some(days) = max_age_days {
        expected.push_str(&format!(", at most {days} days old"));
    }
    if let Some(suite) = suite {
        expected.push_str(
            format!(", suite {suite} {}", suite_version.as_deref().unwrap_or("")).trim_end().to_owned().as_str(),
        );
    }
    if let Some(holdout) = holdout {
        expected.push_str(&format!(", on holdout {holdout}"));
    }
    let all = evidence_of(s, of)?;
    let next = format!("refmark attach REF --type {of} FILE --verdict pass");
    if let Some(fail) = standing_fail(&all) {
        let found =
            format!("fail by {}{}", fail.by, fail.summary.as_ref().map(|it| format!(": {it}")).unwrap_or_default());
        return Ok(Found::new(Status::Failed, expected, found)
            .by(fail.record.digest())
            .next("a waiver, or a later pass from another run and principal"));
    }
    let trained_on = match holdout {
        Some(_) => {
            s.facts.lineage(&s.artifact)?.and_then(|it| it.get("dataset").or(it.get("dataset_version")).cloned())
        }
        None => None,
    };
    let counts = |it: &&Of<Evidence>| {
        by_role(s, &it.by, by)
            && (it.verdict == Verdict::Pass || (*any_verdict && it.verdict != Verdict::Fail))
            && suite.as_ref().is_none_or(|want| it.suite.as_ref().is_some_and(|have| have.name == *want))
            && suite_version.as_ref().is_none_or(|want| {
                let have = it.suite.as_ref().and_then(|have| have.version.as_deref());
                have.is_some_and(|have| have.starts_with(want.as_str()))
            })
            && holdout.as_ref().is_none_or(|want| {
                it.dataset.as_ref().is_some_and(|have| have.name == *want && trained_on.as_ref() != Some(want))
            })
    };
    let Some(best) = all.iter().rev().find(counts) else {
        let found = if all.is_empty() { "none".to_owned() } else { format!("{} that do not count", all.len()) };
        return Ok(Found::new(Status::Missing, expected, found).next(next));
    };
    let days = s.now.since(best.time) / 86_400;
    let found = format!("{} by {}, {} days old", best.verdict.as_str(), best.by, days.max(0));
    let old = max_age_days.is_some_and(|limit| s.now.since(best.time) > (limit.min(1_000_000) as i64) * 86_400);
    let status = if old { Status::Missing } else { Status::Passed };
    Ok(Found::new(status, expected, found).by(best.record.digest()).next(next))
}

/// A metric of an artifact, and the evidence that it comes from.
pub struct MetricFound {
    /// The value and direction.
    pub metric: Metric,
    /// The evidence's statement; none for a claim of the manifest.
    pub evidence: Option<Digest>,
    /// The dataset's digest or, without one, its name and version.
    pub dataset: Option<String>,
    /// The dataset's name, for people.
    pub dataset_name: Option<String>,
}

/// The newest value of a metric of an artifact.
pub fn metric_of(
    facts: Facts<'_>,
    artifact: &ArtifactId,
    name: &str,
    of: &EntryId,
    dataset: Option<&str>,
    claims_count: bool,
) -> Result<Option<MetricFound>> {
    for it in facts.evidence(artifact)?.iter().rev().filter(|it| it.evidence_type == *of) {
        let fits = dataset.is_none_or(|want| it.dataset.as_ref().is_some_and(|have| have.name == want));
        if let (true, Some(metric)) = (fits, it.metrics.get(name)) {
            let key = it.dataset.as_ref().map(|have| match &have.sha256 {
                Some(digest) => digest.hex(),
                None => format!("{} {}", have.name, have.version.as_deref().unwrap_or("")),
            });
            return Ok(Some(MetricFound {
                metric: metric.clone(),
                evidence: Some(it.record.digest()),
                dataset: key,
                dataset_name: it.dataset.as_ref().map(|have| have.name.clone()),
            }));
        }
    }
    if !claims_count || dataset.is_some() {
        return Ok(None);
    }
    let claim = facts.manifest(artifact)?.and_then(|manifest| manifest.metrics.get(name).cloned());
    Ok(claim.map(|value| MetricFound {
        metric: Metric { value, better: Direction::guess(name) },
        evidence: None,
        dataset: None,
        dataset_name: None,
    }))
}

fn metric(gate: &Gate, s: &Subject<'_>) -> Result<Found> {
    let Gate::Metric { metric, min, max, baseline, min_improvement, of, dataset, claims_count } = gate else {
        return Ok(Found::new(Status::Failed, "a metric", "another gate"));
    };
    let of = match of {
        Some(of) => of.clone(),
        None => EntryId::parse("evaluation")?,
    };
    let mut expected = Vec::new();
    expected.extend(min.map(|min| format!("≥ {min}")));
    expected.extend(max.map(|max| format!("≤ {max}")));
    if let Some(alias) = baseline {
        expected.push(format!("at least {} better than {alias}", min_improvement.unwrap_or(0.0)));
    }
    let expected = if expected.is_empty() { "a value".to_owned() } else { expected.join(" and ") };
    let next = format!("refmark attach REF --type {of} FILE: evidence with metric {metric}");
    let Some(have) = metric_of(s.facts, &s.artifact, metric, &of, dataset.as_deref(), *claims_count)? else {
        return Ok(Found::new(Status::Missing, expected, "no evidence has it").next(next));
    };
    let Some(value) = have.metric.value.number() else {
        return Ok(Found::new(Status::Failed, expected, format!("{} is not a number", have.metric.value)));
    };
    let mut holds = min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max);
    let mut found = format!("{value}");
    if let Some(alias) = baseline {
        match baseline_value(s, alias, metric, &of, dataset.as_deref(), *claims_count)? {
            Baseline::None => found.push_str(&format!(" ({alias} holds nothing to compare with)")),
            Baseline::NoMetric(version) => {
                return Ok(Found::new(
                    Status::Missing,
                    expected,
                    format!("{value}; {alias} ({version}) has no such evidence"),
                )
                .next(next));
            }
            Baseline::Is(base) if base.dataset != have.dataset => {
                return Ok(Found::new(Status::Failed, expected, format!("{value}, not comparable: other dataset"))
                    .next("measure both on the same dataset"));
            }
            Baseline::Is(base) => {
                let old = base.metric.value.number().unwrap_or(f64::NAN);
                let better = match have.metric.better {
                    Direction::Higher => value - old,
                    Direction::Lower => old - value,
                };
                holds &= better >= min_improvement.unwrap_or(0.0);
                found.push_str(&format!(" ({alias} {old})"));
            }
        }
    }
    let mut result =
        Found::check(holds, expected, found).next("a better version, or a waiver where the policy allows one");
    result.evidence = have.evidence;
    Ok(result)
}

enum Baseline {
    None,
    NoMetric(u64),
    Is(MetricFound),
}

/// The metric of what the baseline alias held before this change.
fn baseline_value(
    s: &Subject<'_>,
    alias: &AliasName,
    metric: &str,
    of: &EntryId,
    dataset: Option<&str>,
    claims_count: bool,
) -> Result<Baseline> {
    let Some((model, _)) = s.version else { return Ok(Baseline::None) };
    // A move of the baseline alias itself is compared with what it moves away from.
    let held = match s.record.predicate() {
        crate::records::statement::Predicate::Alias(it) if it.alias == *alias => it.from,
        _ => s.facts.alias(model, alias)?.and_then(|it| it.to),
    };
    let Some(held) = held.filter(|held| held.artifact != s.artifact) else { return Ok(Baseline::None) };
    Ok(match metric_of(s.facts, &held.artifact, metric, of, dataset, claims_count)? {
        Some(found) => Baseline::Is(found),
        None => Baseline::NoMetric(held.version),
    })
}

fn field(s: &Subject<'_>, of: &str, path: &str, op: Operator, value: Option<&serde_json::Value>) -> Result<Found> {
    use serde_json::Value;
    let shown = value.map(Value::to_string).unwrap_or_default();
    let word = serde_json::to_value(op).ok().and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default();
    let expected = format!("{of}.{path} {word} {shown}").trim_end().to_owned();
    let json = match of {
        "manifest" => s.facts.manifest(&s.artifact)?.map(|it| serde_json::to_value(&*it)),
        "change" => Some(serde_json::to_value(s.record.predicate())),
        _ => evidence_of(s, &EntryId::parse(of)?)?.last().map(|it| serde_json::to_value(&**it)),
    };
    let json = json.and_then(Result::ok).unwrap_or(Value::Null);
    let at = path.split('.').try_fold(&json, |at, name| match at {
        Value::Array(items) => name.parse::<usize>().ok().and_then(|n| items.get(n)),
        other => other.get(name),
    });
    let Some(at) = at.filter(|it| !it.is_null()) else {
        return Ok(Found::new(Status::Missing, expected, "absent"));
    };
    let number = |v: Option<&Value>| v.and_then(Value::as_f64);
    let holds = match op {
        Operator::Exists => true,
        Operator::Equals => Some(at) == value,
        Operator::Differs => value.is_some_and(|value| at != value),
        Operator::In => value.and_then(Value::as_array).is_some_and(|list| list.contains(at)),
        Operator::AtLeast => matches!((number(Some(at)), number(value)), (Some(a), Some(b)) if a >= b),
        Operator::AtMost => matches!((number(Some(at)), number(value)), (Some(a), Some(b)) if a <= b),
        Operator::Contains => match (at, value) {
            (Value::Array(items), Some(value)) => items.contains(value),
            (Value::String(text), Some(Value::String(part))) => text.contains(part.as_str()),
            _ => false,
        },
    };
    let mut found = at.to_string();
    if found.chars().count() > 120 {
        found = found.chars().take(119).chain(['…']).collect();
    }
    Ok(Found::check(holds, expected, found))
}

fn signed_by(s: &Subject<'_>, roles: &[Role], count: u64, author_counts: bool) -> Found {
    let holders: Vec<&str> = s
        .people
        .iter()
        .filter(|(id, _)| (author_counts || id != s.author) && by_role(s, id, roles))
        .map(|(id, _)| id.as_str())
        .collect();
    let which = roles.iter().map(Role::as_str).collect::<Vec<_>>().join(" or ");
    let expected = format!("{count} by {}", if which.is_empty() { "an approver" } else { &which });
    let found = if holders.is_empty() { "none".to_owned() } else { holders.join(", ") };
    let status = if holders.len() as u64 >= count.max(1) { Status::Passed } else { Status::Pending };
    Found::new(status, expected, found).next("refmark approve BRANCH")
}

fn class_allowed(s: &Subject<'_>, classes: &[FileClass], with_sign_off: &[FileClass]) -> Result<Found> {
    let words = |classes: &[FileClass]| classes.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
    let mut expected = words(classes);
    if !with_sign_off.is_empty() {
        expected.push_str(&format!("; with a sign-off {}", words(with_sign_off)));
    }
    let Some(manifest) = s.facts.manifest(&s.artifact)? else {
        return Ok(Found::new(Status::Missing, expected, "no manifest"));
    };
    let outside: Vec<_> = manifest.files.iter().filter(|file| !classes.contains(&file.class)).collect();
    let Some(first) = outside.first() else {
        return Ok(Found::new(Status::Passed, expected, describe_classes(&manifest)));
    };
    let found = format!("{} is {}", first.path, first.class);
    if !outside.iter().all(|file| with_sign_off.contains(&file.class)) {
        return Ok(Found::new(Status::Failed, expected, found));
    }
    let sign_offs = evidence_of(s, &EntryId::parse("sign-off")?)?;
    if let Some(fail) = standing_fail(&sign_offs) {
        return Ok(
            Found::new(Status::Failed, expected, format!("sign-off refused by {}", fail.by)).by(fail.record.digest())
        );
    }
    Ok(match sign_offs.iter().rev().find(|it| it.verdict == Verdict::Pass && is_person(s.policy, &it.by)) {
        Some(pass) => {
            Found::new(Status::Passed, expected, format!("{found}, signed off by {}", pass.by)).by(pass.record.digest())
        }
        None => {
            Found::new(Status::Missing, expected, found).next("refmark attach REF --type sign-off FILE --verdict pass")
        }
    })
}

fn is_person(policy: &Policy, id: &PrincipalId) -> bool {
    policy.members.get(id).is_some_and(|it| it.kind == crate::records::policy::MemberKind::Person)
}

/// The classes of a package's files, for people.
pub fn describe_classes(manifest: &Manifest) -> String {
    let counted = FileClass::ALL.into_iter().filter_map(|class| {
        let count = manifest.files.iter().filter(|file| file.class == class).count();
        (count > 0).then(|| format!("{count} {class}"))
    });
    counted.collect::<Vec<_>>().join(", ")
}

fn replacement(s: &Subject<'_>) -> Result<Found> {
    let expected = "a replacement in production";
    let (Some((model, _)), crate::records::statement::Predicate::Stage(it)) = (s.version, s.record.predicate()) else {
        return Ok(Found::new(Status::Failed, expected, "the change is no stage move"));
    };
    let Some(version) = it.replacement else {
        return Ok(Found::new(Status::Failed, expected, "none named").next("--replacement VERSION"));
    };
    let (stage, _) = s.facts.stage(model, version)?;
    Ok(Found::check(
        stage == Stage::Production && version != it.version,
        expected,
        format!("{model}/{version} is {stage}"),
    ))
}

fn sunset_passed(s: &Subject<'_>) -> Result<Found> {
    let Some((model, version)) = s.version else { return Ok(Found::new(Status::Failed, "a sunset date", "no model")) };
    let mut sunset = None;
    for number in 1.. {
        let Some(found) = s.facts.stage_move(model, version, number)? else { break };
        sunset = found.sunset.or(sunset);
    }
    Ok(match sunset {
        None => Found::new(Status::Failed, "its sunset date has passed", "no sunset date was set"),
        Some(day) if day <= s.now => Found::new(Status::Passed, "its sunset date has passed", format!("{day}")),
        Some(day) => Found::new(Status::Failed, "its sunset date has passed", format!("{day} is still to come")),
    })
}

fn no_consumers(s: &Subject<'_>) -> Result<Found> {
    let Some((model, version)) = s.version else { return Ok(Found::new(Status::Failed, "no consumer", "no model")) };
    let mut pinned = Vec::new();
    for consumer in s.facts.consumers()? {
        if consumer.pins.iter().any(|pin| pin.model == *model && pin.version == version) {
            pinned.push(consumer.consumer.to_string());
        }
    }
    let found = if pinned.is_empty() { "none".to_owned() } else { pinned.join(", ") };
    Ok(Found::check(pinned.is_empty(), "no consumer is pinned to it", found)
        .next("ask them to run `refmark pin update` and `refmark pin publish`"))
}

/// Whether an artifact has a document; for gates and reviews alike.
pub fn has_document(manifest: &Manifest, document: Document) -> bool {
    match document {
        Document::Manifest => true,
        Document::Contract => manifest.contract.is_some(),
        Document::Lineage => manifest.lineage.is_some(),
        Document::EvaluationCard => manifest.evaluation_card.is_some(),
        Document::ModelCard => manifest.model_card.is_some(),
    }
}
