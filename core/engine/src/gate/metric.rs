//! Gates on metrics: a threshold, or what a baseline alias holds, measured on the same data.

use super::evidence::evidence_about;
use super::{Finding, Status, Subject};
use crate::state_reader::TypedRecord;
use refmark_records::alias::Target;
use refmark_records::evidence::{Direction, Evidence, Metric};
use refmark_records::gate::Gate;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::Result;
use refmark_types::hint::Hint;
use refmark_types::name::{AliasName, EntryId};
use refmark_types::number::print;

/// A metric of an artifact, and the evidence that it comes from.
struct MetricFound {
    /// The value and direction.
    metric: Metric,
    /// The evidence's statement; none for a claim of the manifest.
    evidence: Option<Digest>,
    /// The dataset's digest or, without one, its name and version.
    dataset: Option<String>,
    /// The dataset's name, for people.
    dataset_name: Option<String>,
}

/// The newest value of a metric of an artifact.
fn metric_of(
    s: &Subject<'_>,
    artifact: &ArtifactId,
    name: &str,
    of: &EntryId,
    dataset: Option<&str>,
    claims_count: bool,
) -> Result<Option<MetricFound>> {
    for piece in evidence_about(s, artifact, of)?.counts.iter().rev().filter(|piece| !s.is_ahead(&piece.record)) {
        let fits = dataset.is_none_or(|want| piece.dataset.as_ref().is_some_and(|have| have.name == want));
        if let (true, Some(metric)) = (fits, piece.metrics.get(name)) {
            s.lost_keys.rests_on(&piece.record);
            let key = piece.dataset.as_ref().map(|have| match &have.sha256 {
                Some(digest) => digest.hex(),
                None => format!("{} {}", have.name, have.version.as_deref().unwrap_or("")),
            });
            return Ok(Some(MetricFound {
                metric: metric.clone(),
                evidence: Some(piece.record.digest()),
                dataset: key,
                dataset_name: piece.dataset.as_ref().map(|have| have.name.clone()),
            }));
        }
    }
    if !claims_count || dataset.is_some() {
        return Ok(None);
    }
    let claim = s.reader.manifest(artifact)?.and_then(|manifest| manifest.metrics.get(name).cloned());
    Ok(claim.map(|value| MetricFound {
        metric: Metric { value, better: Direction::guess(name) },
        evidence: None,
        dataset: None,
        dataset_name: None,
    }))
}

pub(super) fn metric(gate: &Gate, s: &Subject<'_>) -> Result<Finding> {
    let Gate::Metric { metric, min, max, baseline, min_improvement, of, dataset, claims_count } = gate else {
        return Ok(Finding::new(Status::Failed, "a metric", "another gate"));
    };
    let of = match of {
        Some(of) => of.clone(),
        None => EntryId::parse("evaluation")?,
    };
    let mut expected = Vec::new();
    expected.extend(min.map(|min| "≥ ".to_owned() + &print(min)));
    expected.extend(max.map(|max| "≤ ".to_owned() + &print(max)));
    if let Some(alias) = baseline {
        expected.push(format!("at least {} better than {alias}", print(min_improvement.unwrap_or(0.0))));
    }
    let expected = if expected.is_empty() { "a value".to_owned() } else { expected.join(" and ") };
    let next = Hint::of(format!("attach evidence with metric {metric}: ")).then(s.attach(&of));
    let Some(have) = metric_of(s, &s.artifact, metric, &of, dataset.as_deref(), *claims_count)? else {
        return Ok(Finding::new(Status::Missing, expected, "no evidence has it").next(next));
    };
    let Some(value) = have.metric.value.number() else {
        return Ok(Finding::new(Status::Failed, expected, format!("{} is not a number", have.metric.value)));
    };
    let mut holds = min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max);
    let shown = print(value);
    let mut found = shown.clone();
    if let Some(alias) = baseline {
        match baseline_value(s, alias, metric, &of, dataset.as_deref(), *claims_count)? {
            Baseline::None => found.push_str(&format!(" ({alias} holds nothing to compare with)")),
            Baseline::NoMetric(version) => {
                return Ok(Finding::new(
                    Status::Missing,
                    expected,
                    format!("{shown}; {alias} ({version}) has no such evidence"),
                )
                .next(next));
            }
            Baseline::Is(base) if incomparable(&have, &base).is_some() => {
                let why = incomparable(&have, &base).unwrap_or_default();
                let old = &base.metric.value;
                let found = format!("{shown} ({alias} {old}), not comparable: {why}");
                return Ok(Finding::new(Status::Failed, expected, found)
                    .next("measure both on the same dataset, and name its digest in the evidence"));
            }
            Baseline::Is(base) => {
                let old = base.metric.value.number().unwrap_or(f64::NAN);
                let better = match have.metric.better {
                    Direction::Higher => value - old,
                    Direction::Lower => old - value,
                };
                holds &= better >= min_improvement.unwrap_or(0.0);
                found.push_str(&format!(" ({alias} {})", print(old)));
            }
        }
    }
    let mut result = Finding::check(holds, expected, found)
        .next("promote a better version, or ask for a waiver where the policy allows one");
    result.evidence = have.evidence;
    Ok(result)
}

/// Why two values of a metric cannot be compared. Claims name no data; where the policy lets them count, they do.
fn incomparable(have: &MetricFound, base: &MetricFound) -> Option<String> {
    let name = |found: &MetricFound| found.dataset_name.clone().unwrap_or_else(|| "no dataset".to_owned());
    let claims = have.evidence.is_none() && base.evidence.is_none();
    if have.dataset != base.dataset {
        return Some(match (name(have), name(base)) {
            (one, other) if one == other => format!("different versions of dataset {one}"),
            (one, other) => format!("one was measured on {one}, the other on {other}"),
        });
    }
    if have.dataset.is_none() && !claims {
        return Some("the evidence names no dataset".to_owned());
    }
    (have.metric.better != base.metric.better).then(|| "they disagree on whether higher is better".to_owned())
}

/// Whether nothing that counts got worse than what a baseline alias holds, on the same data.
pub(super) fn not_worse(s: &Subject<'_>, alias: &AliasName, metrics: &[String], least: f64) -> Result<Finding> {
    let by = if least == 0.0 { "not worse".to_owned() } else { format!("at least {} better", print(least)) };
    let expected = format!("{by} than {alias} on the same data");
    let of = EntryId::parse("evaluation")?;
    let Some(held) = baseline(s, alias)? else {
        return Ok(Finding::new(Status::Passed, expected, format!("{alias} holds nothing to compare with")));
    };
    let newest = |artifact: &ArtifactId| -> Result<Option<TypedRecord<Evidence>>> {
        let heard = evidence_about(s, artifact, &of)?;
        let mut counts = heard.counts.into_iter().rev().filter(|piece| !s.is_ahead(&piece.record));
        Ok(counts.find(|piece| !piece.metrics.is_empty()))
    };
    let next = Hint::of("measure both on the same dataset, and name its digest: ").then(s.attach(&of));
    let missing = |found: String| Ok(Finding::new(Status::Missing, expected.clone(), found).next(next.clone()));
    let Some(new) = newest(&s.artifact)? else { return missing("it was not evaluated".to_owned()) };
    let Some(old) = newest(&held.artifact)? else {
        return missing(format!("{alias} ({}) was not evaluated", held.version));
    };
    s.lost_keys.rests_on(&new.record);
    s.lost_keys.rests_on(&old.record);
    let data = |piece: &Evidence| piece.dataset.as_ref().and_then(|dataset| dataset.sha256);
    if data(&new).is_none() || data(&new) != data(&old) {
        let name = |piece: &Evidence| piece.dataset.as_ref().map_or("no dataset".to_owned(), |it| it.name.clone());
        let found = format!("not comparable: measured on {}, {alias} on {}", name(&new), name(&old));
        return Ok(Finding::new(Status::Failed, expected, found).by(new.record.digest()).next(next));
    }
    let upwards = old.metrics.iter().filter(|(_, metric)| metric.better == Direction::Higher);
    let names: Vec<&str> = match metrics {
        [] => upwards.map(|(name, _)| name).collect(),
        named => named.iter().map(String::as_str).collect(),
    };
    let mut said = Vec::new();
    let mut holds = !names.is_empty();
    for name in names {
        let value =
            |piece: &Evidence| piece.metrics.get(name).and_then(|metric| Some((metric.value.number()?, metric.better)));
        match (value(&new), value(&old)) {
            (Some((now, better)), Some((was, same))) if better == same => {
                let gain = if better == Direction::Higher { now - was } else { was - now };
                holds &= gain >= least;
                said.push(format!("{name} {} ({alias} {})", print(now), print(was)));
            }
            _ => {
                holds = false;
                said.push(format!("{name} was not measured in both, or not in the same direction"));
            }
        }
    }
    let found = if said.is_empty() { "no metric of which more is better".to_owned() } else { said.join("; ") };
    Ok(Finding::check(holds, expected, found)
        .by(new.record.digest())
        .next("take a better version, or ask for a waiver"))
}

/// What an alias of the subject's model held before this change, other than what is judged.
pub(super) fn baseline(s: &Subject<'_>, alias: &AliasName) -> Result<Option<Target>> {
    let Some((model, _)) = s.version else { return Ok(None) };
    // Not what the landing itself makes of the alias: a promotion would be compared with itself, or with a weak version that
    // it passes through.
    let Some(now) = s.before.alias(model, alias)? else { return Ok(None) };
    // A thief who moves the baseline to something weak opens the gate as surely as one who invents a value.
    s.lost_keys.rests_on(&now.record);
    let held = now.to.filter(|held| held.artifact != s.artifact).or(now.to.and(now.from));
    Ok(held.filter(|held| held.artifact != s.artifact))
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
    let Some(held) = baseline(s, alias)? else { return Ok(Baseline::None) };
    Ok(match metric_of(s, &held.artifact, metric, of, dataset, claims_count)? {
        Some(found) => Baseline::Is(found),
        None => Baseline::NoMetric(held.version),
    })
}
