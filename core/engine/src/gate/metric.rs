//! Gates on metrics: a threshold, or what a baseline alias holds, measured on the same data.

use super::{Finding, Status, Subject};
use crate::state_reader::TypedRecord;
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
    let evidence = s.reader.evidence(artifact)?;
    let counts = |piece: &&TypedRecord<Evidence>| piece.evidence_type == *of && s.lost_keys.counts(&piece.record);
    for piece in evidence.iter().rev().filter(counts) {
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
    // Not what the landing itself makes of the alias: a promotion would be compared with itself, or with a weak version that
    // it passes through.
    let Some(now) = s.before.alias(model, alias)? else { return Ok(Baseline::None) };
    // A thief who moves the baseline to something weak opens the gate as surely as one who invents a value.
    s.lost_keys.rests_on(&now.record);
    let held = now.to.filter(|held| held.artifact != s.artifact).or(now.to.and(now.from));
    let Some(held) = held.filter(|held| held.artifact != s.artifact) else { return Ok(Baseline::None) };
    Ok(match metric_of(s, &held.artifact, metric, of, dataset, claims_count)? {
        Some(found) => Baseline::Is(found),
        None => Baseline::NoMetric(held.version),
    })
}
