//! Metrics: old beside new, and only where both were measured on the same data.

use serde::Serialize;

use refmark_engine::state_reader::StateReader;
use refmark_records::evidence::{Direction, MetricValue, Named, Verdict};
use refmark_records::manifest::Manifest;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::Result;
use refmark_types::name::PrincipalId;
use refmark_types::text::round;
use std::collections::{BTreeMap, BTreeSet};

/// The types of evidence whose metrics are compared.
const TYPES: [&str; 3] = ["evaluation", "canary", "scan"];

/// What a metric's change comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricJudgement {
    /// It improved.
    Better,
    /// It got worse.
    Worse,
    /// It has the same value.
    Same,
    /// The two values say nothing about each other; `because` says why.
    NotComparable,
    /// Only the new version has it.
    Added,
    /// Only the old version has it.
    Removed,
}

impl MetricJudgement {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            MetricJudgement::Better => "better",
            MetricJudgement::Worse => "worse",
            MetricJudgement::Same => "same",
            MetricJudgement::NotComparable => "not-comparable",
            MetricJudgement::Added => "added",
            MetricJudgement::Removed => "removed",
        }
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricSource {
    /// The statement of the evidence that has it.
    Evidence(Digest),
    /// The manifest: whoever registered the artifact claims it.
    Claim,
}

/// A metric of one version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricSide {
    /// The value; a text where it is not a finite number.
    pub value: MetricValue,
    /// The data that it was measured on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<Named>,
    /// Where it comes from.
    pub source: MetricSource,
    /// What the evidence that has it comes to; none for a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Who measured it; none for a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<PrincipalId>,
}

/// A metric, old beside new.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricDiff {
    /// The metric.
    pub name: String,
    /// The type of evidence that it was measured in; none for claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_type: Option<String>,
    /// Which way it improves.
    pub better: Direction,
    /// The old version's.
    pub old: Option<MetricSide>,
    /// The new version's.
    pub new: Option<MetricSide>,
    /// New minus old, where they can be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<f64>,
    /// The same in percent of the old value, for metrics that are better low (times, losses, sizes) and at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta_percent: Option<f64>,
    /// What it comes to.
    pub judgement: MetricJudgement,
    /// Why the values cannot be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// What makes two values comparable: the type of evidence (none for claims), and the data by digest or name.
type Key = (Option<String>, Option<String>);

/// A value, which way it improves, and when it was found relative to the others.
type MeasuredMetric = (MetricSide, Direction, usize);

fn data_key(dataset: &Named) -> String {
    let named = || format!("{} {}", dataset.name, dataset.version.as_deref().unwrap_or(""));
    dataset.sha256.map_or_else(named, |digest| digest.hex())
}

/// The newest value of each metric for each kind of evidence and dataset; the manifest's claim where there is none.
fn measured(
    reader: StateReader<'_>,
    id: &ArtifactId,
    manifest: &Manifest,
) -> Result<BTreeMap<String, BTreeMap<Key, MeasuredMetric>>> {
    let mut all: BTreeMap<String, BTreeMap<Key, MeasuredMetric>> = BTreeMap::new();
    for (at, evidence) in reader.evidence(id)?.iter().enumerate() {
        if !TYPES.contains(&evidence.evidence_type.as_str()) {
            continue;
        }
        let key = (Some(evidence.evidence_type.to_string()), evidence.dataset.as_ref().map(data_key));
        for (name, metric) in evidence.metrics.iter() {
            let source = MetricSource::Evidence(evidence.record.digest());
            let side = MetricSide {
                value: metric.value.clone(),
                dataset: evidence.dataset.clone(),
                source,
                verdict: Some(evidence.verdict),
                by: Some(evidence.by.clone()),
            };
            all.entry(name.to_owned()).or_default().insert(key.clone(), (side, metric.better, at));
        }
    }
    for (name, metric) in manifest.claimed_metrics() {
        if !all.contains_key(name) {
            let source = MetricSource::Claim;
            let side = MetricSide { value: metric.value, dataset: None, source, verdict: None, by: None };
            all.entry(name.to_owned()).or_default().insert((None, None), (side, metric.better, 0));
        }
    }
    Ok(all)
}

/// Compares the metrics of two artifacts, sorted by name; without an old one, all of the new.
pub fn compare(
    reader: StateReader<'_>,
    a: Option<(&ArtifactId, &Manifest)>,
    b: (&ArtifactId, &Manifest),
) -> Result<Vec<MetricDiff>> {
    let mut old = a.map(|(id, manifest)| measured(reader, id, manifest)).transpose()?.unwrap_or_default();
    let mut new = measured(reader, b.0, b.1)?;
    let names: BTreeSet<String> = old.keys().chain(new.keys()).cloned().collect();
    let mut rows = Vec::new();
    for name in names {
        let old = old.remove(&name).unwrap_or_default();
        let new = new.remove(&name).unwrap_or_default();
        rows.extend(rows_of(&name, old, new));
    }
    Ok(rows)
}

fn rows_of(
    name: &str,
    mut old: BTreeMap<Key, MeasuredMetric>,
    mut new: BTreeMap<Key, MeasuredMetric>,
) -> Vec<MetricDiff> {
    let keys: BTreeSet<Key> = old.keys().chain(new.keys()).cloned().collect();
    if !keys.iter().any(|key| old.contains_key(key) && new.contains_key(key)) {
        // Nothing was measured twice: the newest of each side by side, which says that they cannot be compared.
        let newest = |found: &BTreeMap<Key, MeasuredMetric>| {
            found.iter().max_by_key(|(_, value)| value.2).map(|(key, _)| key.clone())
        };
        if let (Some(a), Some(b)) = (newest(&old), newest(&new)) {
            let of = b.0.clone();
            let mut rows = vec![row(name, of, old.remove(&a), new.remove(&b))];
            rows.extend(alone(name, keys, old, new));
            return rows;
        }
    }
    alone(name, keys, old, new)
}

fn alone(
    name: &str,
    keys: BTreeSet<Key>,
    mut old: BTreeMap<Key, MeasuredMetric>,
    mut new: BTreeMap<Key, MeasuredMetric>,
) -> Vec<MetricDiff> {
    let pairs = keys.into_iter().map(|key| (old.remove(&key), new.remove(&key), key.0));
    pairs.filter(|(a, b, _)| a.is_some() || b.is_some()).map(|(a, b, of)| row(name, of, a, b)).collect()
}

fn row(
    name: &str,
    evidence_type: Option<String>,
    old: Option<MeasuredMetric>,
    new: Option<MeasuredMetric>,
) -> MetricDiff {
    let better = new.as_ref().or(old.as_ref()).map_or(Direction::Higher, |value| value.1);
    let mut row = MetricDiff {
        name: name.to_owned(),
        evidence_type,
        better,
        old: None,
        new: None,
        delta: None,
        delta_percent: None,
        judgement: MetricJudgement::NotComparable,
        because: None,
    };
    match (&old, &new) {
        (Some(a), Some(b)) => match why_not(a, b) {
            Ok((a, b)) => weigh(&mut row, a, b),
            Err(why) => row.because = Some(why.to_owned()),
        },
        (Some(_), None) => row.judgement = MetricJudgement::Removed,
        _ => row.judgement = MetricJudgement::Added,
    }
    row.old = old.map(|value| value.0);
    row.new = new.map(|value| value.0);
    row
}

/// The two numbers, or why they say nothing about each other.
fn why_not(old: &MeasuredMetric, new: &MeasuredMetric) -> Result<(f64, f64), &'static str> {
    let claim = |found: &MeasuredMetric| found.0.source == MetricSource::Claim;
    if claim(old) != claim(new) {
        return Err("one is only a claim");
    }
    if old.0.dataset.as_ref().map(data_key) != new.0.dataset.as_ref().map(data_key) {
        return Err("other dataset");
    }
    if old.1 != new.1 {
        return Err("they disagree on which way is better");
    }
    match (old.0.value.number(), new.0.value.number()) {
        (Some(a), Some(b)) => Ok((a, b)),
        _ => Err("not a finite number"),
    }
}

fn weigh(row: &mut MetricDiff, old: f64, new: f64) {
    let delta = round(new - old);
    if !delta.is_finite() {
        row.because = Some("the difference is not a finite number".to_owned());
        return;
    }
    row.delta = Some(delta);
    if row.better == Direction::Lower && old >= 1.0 {
        row.delta_percent = Some(round((new - old) / old * 100.0)).filter(|percent| percent.is_finite());
    }
    row.judgement = match (new == old, (new > old) == (row.better == Direction::Higher)) {
        (true, _) => MetricJudgement::Same,
        (_, true) => MetricJudgement::Better,
        _ => MetricJudgement::Worse,
    };
}
