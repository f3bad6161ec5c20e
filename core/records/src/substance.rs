//! What a piece of evidence must say, by its type, before it may open a gate: a verdict alone is a word.

use super::attached;
use super::evidence::{Evidence, Named, Verdict};
use super::lineage::is_placeholder;
use refmark_types::value::Value;

/// A text that people rely on has at least so many characters.
const TEXT: usize = 20;

/// What a piece of evidence lacks to count for what it claims; nothing where it lacks nothing, or its type is not one of the
/// built-in ones: those have the catalog's schemas.
pub fn lacks(evidence: &Evidence) -> Option<&'static str> {
    if evidence.verdict == Verdict::Fail {
        // A warning need not be complete.
        return None;
    }
    match evidence.evidence_type.as_str() {
        "evaluation" => evaluation(evidence),
        "canary" => canary(evidence),
        "scan" => (!is_versioned(evidence.tool.as_ref())).then_some("it names no scanner with its version"),
        "sign-off" => (!says(evidence.summary.as_deref(), 3) && !says(evidence.text(), 3))
            .then_some("it does not say what was looked at"),
        "rollback-plan" | "runbook" | "migration-document" => document(evidence),
        _ => attached::lacks(evidence),
    }
}

fn evaluation(evidence: &Evidence) -> Option<&'static str> {
    let measured = evidence.metrics.iter().any(|(_, metric)| metric.value.number().is_some());
    let dataset = evidence.dataset.as_ref().is_some_and(|dataset| dataset.sha256.is_some());
    match () {
        () if !says(evidence.run.as_deref(), 2) => Some("it names no run"),
        () if !is_versioned(evidence.suite.as_ref()) => Some("it names no suite with its version"),
        () if !dataset => Some("it names no dataset by its digest"),
        () if !measured => Some("it measured nothing"),
        () => None,
    }
}

fn canary(evidence: &Evidence) -> Option<&'static str> {
    let detail = |name: &str| evidence.details.0.get(name);
    let share = detail("traffic_share").and_then(Value::as_f64);
    let told = |name: &str| match detail(name) {
        Some(Value::String(text)) => says(Some(text), 2),
        Some(Value::Number(number)) => number.as_f64().is_some_and(|number| number > 0.0),
        Some(Value::Object(members)) => !members.is_empty(),
        _ => false,
    };
    match () {
        () if !says(evidence.run.as_deref(), 2) => Some("it names no run"),
        () if !share.is_some_and(|share| share > 0.0 && share <= 1.0) => {
            Some("it does not say its share of the traffic (traffic_share, over 0 and up to 1)")
        }
        () if !told("duration") => Some("it does not say how long it ran (duration)"),
        () if !told("compared_with") => Some("it does not say what it was compared with (compared_with)"),
        () if !told("result") => Some("it does not say what came of it (result)"),
        () => None,
    }
}

fn document(evidence: &Evidence) -> Option<&'static str> {
    let linked = evidence.document.as_ref().is_some_and(|document| document.sha256.is_some());
    let named = evidence.details.0.get("link").and_then(Value::as_str);
    let link = linked && [named, evidence.run.as_deref()].into_iter().flatten().any(|link| link.contains("://"));
    (!says(evidence.text(), TEXT) && !link).then_some("it has no text, and no link with the digest of what is there")
}

/// Whether a text says something, with at least so many characters.
fn says(text: Option<&str>, least: usize) -> bool {
    text.is_some_and(|text| text.trim().chars().count() >= least && !is_placeholder(text))
}

/// Whether something has its name and its version.
fn is_versioned(of: Option<&Named>) -> bool {
    let has = |version: &str| !version.trim().is_empty() && (version.len() == 1 || !is_placeholder(version));
    of.is_some_and(|of| !is_placeholder(&of.name) && (of.version.as_deref().is_some_and(has) || of.sha256.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry_id::RegistryId;
    use refmark_types::canonical::FreeMap;
    use refmark_types::digest::{ArtifactId, Digest};
    use refmark_types::name::{EntryId, PrincipalId};
    use refmark_types::time::Timestamp;
    use refmark_types::value::{from_value, json};

    fn bare(of: &str) -> Evidence {
        Evidence {
            artifact: ArtifactId::new(Digest::of(b"a")),
            evidence_type: EntryId::parse(of).unwrap(),
            verdict: Verdict::Pass,
            summary: None,
            run: None,
            suite: None,
            dataset: None,
            metrics: FreeMap::default(),
            tool: None,
            document: None,
            details: Default::default(),
            by: PrincipalId::parse("ci").unwrap(),
            time: Timestamp::from_unix(0),
            previous: None,
            base: None,
            path: String::new(),
            registry: RegistryId::from_bytes([7; 16]),
        }
    }

    #[test]
    fn an_empty_piece_of_evidence_says_what_it_lacks_until_it_lacks_nothing() {
        for of in
            ["evaluation", "canary", "scan", "sign-off", "rollback-plan", "runbook", "migration-document", "model-card"]
        {
            assert!(lacks(&bare(of)).is_some(), "{of}");
            assert_eq!(lacks(&Evidence { verdict: Verdict::Fail, ..bare(of) }), None, "{of}: a warning needs nothing");
        }
        assert_eq!(lacks(&bare("red-team")), None);
        let mut evaluation = bare("evaluation");
        evaluation.run = Some("https://ci.example.com/1".to_owned());
        evaluation.suite = Some(Named::read("core@1").unwrap());
        assert_eq!(lacks(&evaluation), Some("it names no dataset by its digest"));
        evaluation.dataset = Some(Named { sha256: Some(Digest::of(b"d")), ..Named::read("march").unwrap() });
        assert_eq!(lacks(&evaluation), Some("it measured nothing"));
        evaluation.metrics = from_value(&json!({"f1": {"value": "NaN", "better": "higher"}})).unwrap();
        assert_eq!(lacks(&evaluation), Some("it measured nothing"));
        evaluation.metrics = from_value(&json!({"f1": {"value": 0.9, "better": "higher"}})).unwrap();
        assert_eq!(lacks(&evaluation), None);
        let mut canary = bare("canary");
        canary.run = Some("run-1".to_owned());
        for (share, holds) in [(json!(0), false), (json!(1.5), false), (json!("all"), false), (json!(0.05), true)] {
            let (duration, result) = (json!("24 h"), json!("the same errors"));
            canary.details.0 = json!({
                "traffic_share": share, "duration": duration, "compared_with": "champion", "result": result
            });
            assert_eq!(lacks(&canary).is_none(), holds, "{share}");
        }
        let mut plan = bare("rollback-plan");
        plan.details.0 = json!({"text": "todo"});
        assert!(lacks(&plan).is_some());
        plan.details.0 = json!({"text": "Run the rollback, then call the owner."});
        assert_eq!(lacks(&plan), None);
        plan.details.0 = json!({"link": "https://wiki.example.com/plan"});
        assert!(lacks(&plan).is_some(), "a link without the digest of what is there");
        plan.document = Some(Named { sha256: Some(Digest::of(b"d")), ..Named::read("plan.md").unwrap() });
        assert_eq!(lacks(&plan), None);
    }
}
