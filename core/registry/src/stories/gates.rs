//! Every gate: passed, failed, missing, waived. Each case is an alias of its own, guarded by that one gate.

use super::team::{Team, alias};
use crate::tests::model;
use refmark_engine::gate::{GateReport, GateResult, Refusal, Status};
use refmark_engine::plan::{EvidenceRequest, PromoteRequest};
use refmark_records::evidence::{Direction, Metric, MetricValue, Named, Verdict};
use refmark_types::canonical::{FreeJson, FreeMap};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::name::EntryId;

/// A team whose alias `gN` is guarded by the N-th of these gates, and by nothing else but trust.
fn guarded(gates: &[&str]) -> Team {
    let rules: String = gates
        .iter()
        .enumerate()
        .map(|(n, gate)| {
            format!(
                "[[alias]]\nnames = [\"g{n}\"]\nneeds = {{ author_counts = true, signers = [{{ roles = [\"mlops-engineer\"] }}], gates = [{gate}] }}\n\n"
            )
        })
        .collect();
    Team::with_policy(|text| {
        // What evidence must say is asked elsewhere; here it says what each case is about.
        let text = text.replace("substance = true", "substance = false");
        text.replacen("# What is live. `promote`", &format!("{rules}# What is live. `promote`"), 1)
    })
}

impl Team {
    /// What the gate of alias `gN` says to a version.
    fn asked(&self, n: usize, version: u64) -> GateResult {
        let request = PromoteRequest {
            model: model("sentiment"),
            alias: alias(&format!("g{n}")),
            version,
            reason: "a probe".to_owned(),
            expect: None,
            evidence: Vec::new(),
        };
        let reports: Vec<GateReport> = match self.registry.write(self.as_("bo")).promote(&request) {
            Ok(answer) => answer.reports,
            Err(error) => match error.cause::<Refusal>() {
                Some(Refusal(report)) => vec![report.clone()],
                None => panic!("{error:?}"),
            },
        };
        reports[0].gates.last().unwrap().clone()
    }

    fn is(&self, n: usize, version: u64, status: Status, said: &str) {
        let found = self.asked(n, version);
        assert_eq!(found.status, status, "gate {n}, version {version}: {found:?}");
        assert!(found.found.contains(said), "gate {n}, version {version}: {found:?}");
        assert_eq!(
            found.next.is_some(),
            status != Status::Passed,
            "what does not hold says what to do next: {found:?}"
        );
    }

    fn register(&self, text: &str) -> (u64, ArtifactId) {
        let it = self.registry.write(self.as_("bo")).register(&self.package(text)).unwrap();
        (it.version, it.artifact)
    }

    fn say(&self, who: &str, evidence: Said<'_>) {
        let request = EvidenceRequest {
            artifact: evidence.of,
            evidence_type: EntryId::parse(evidence.kind).unwrap(),
            verdict: evidence.verdict,
            summary: None,
            run: Some(evidence.run.to_owned()),
            suite: evidence.suite.map(refmark_query::document::parse_named),
            dataset: evidence.dataset.map(|(name, bytes)| Named {
                name: name.to_owned(),
                version: None,
                sha256: Some(Digest::of(bytes.as_bytes())),
            }),
            metrics: evidence
                .metrics
                .iter()
                .map(|(name, value, better)| {
                    ((*name).to_owned(), Metric { value: MetricValue::of(*value), better: *better })
                })
                .collect::<FreeMap<Metric>>(),
            tool: None,
            document: None,
            details: FreeJson(refmark_types::value::json!({"rows": {"bad": 2}, "tags": ["fast"]})),
        };
        self.registry
            .write(self.as_(who))
            .change(|view, author| refmark_engine::plan::attach(view.facts()?, author, &request))
            .unwrap();
    }
}

/// Evidence, as a case says it.
struct Said<'a> {
    of: ArtifactId,
    kind: &'a str,
    verdict: Verdict,
    run: &'a str,
    suite: Option<&'a str>,
    dataset: Option<(&'a str, &'a str)>,
    metrics: &'a [(&'a str, f64, Direction)],
}

impl Said<'_> {
    fn passing(of: ArtifactId) -> Said<'static> {
        Said { of, kind: "evaluation", verdict: Verdict::Pass, run: "r1", suite: None, dataset: None, metrics: &[] }
    }
}

use Status::{Failed, Missing, Passed, Pending};

#[test]
fn a_landed_fail_blocks_until_a_pass_from_another_run_and_principal() {
    let gate = r#"{ type = "evidence", of = "evaluation" }"#;
    let team = guarded(&[gate, gate, gate, gate]);
    let (version, of) = team.register("a");
    team.is(0, version, Missing, "none");
    team.say("ci", Said { verdict: Verdict::Info, ..Said::passing(of) });
    team.is(0, version, Missing, "not count");
    team.say("ci", Said { verdict: Verdict::Fail, run: "r2", ..Said::passing(of) });
    team.is(0, version, Failed, "fail by ci");
    // Shopping for a passing run: the same principal again, and another one with the same run.
    team.say("ci", Said { run: "r3", ..Said::passing(of) });
    team.is(1, version, Failed, "fail by ci");
    team.say("nora", Said { run: "r2", ..Said::passing(of) });
    team.is(2, version, Failed, "fail by ci");
    team.say("nora", Said { run: "r4", ..Said::passing(of) });
    team.is(3, version, Passed, "pass by nora");
}

#[test]
fn evidence_has_an_age_a_maker_a_suite_and_a_holdout() {
    let team = guarded(&[
        r#"{ type = "evidence", of = "evaluation", max_age_days = 14 }"#,
        r#"{ type = "evidence", of = "evaluation", max_age_days = 14 }"#,
        r#"{ type = "evidence", of = "evaluation", by = ["mlops-engineer"] }"#,
        r#"{ type = "evidence", of = "evaluation", suite = "core", suite_version = "2027" }"#,
        r#"{ type = "evidence", of = "evaluation", suite = "core", suite_version = "2027" }"#,
        r#"{ type = "evidence", of = "evaluation", holdout = "march" }"#,
        r#"{ type = "evidence", of = "evaluation", holdout = "march" }"#,
        r#"{ type = "evidence", of = "runbook", any_verdict = true }"#,
        r#"{ type = "evidence", of = "runbook", any_verdict = true }"#,
    ]);
    let (version, of) = team.register("a");
    team.say("ci", Said { suite: Some("core@2026.4"), ..Said::passing(of) });
    team.is(0, version, Passed, "less than a day old");
    team.clock.sleep_days(15);
    team.is(1, version, Missing, "15 days old");
    team.is(2, version, Missing, "not count");
    // Suites are rotated: last year's passes no more.
    team.is(3, version, Missing, "not count");
    team.say("ci", Said { suite: Some("core@2027.1"), run: "r2", ..Said::passing(of) });
    team.is(4, version, Passed, "pass by ci");
    team.is(5, version, Missing, "not count");
    team.say("ci", Said { dataset: Some(("march", "bytes")), run: "r3", ..Said::passing(of) });
    team.is(5, version, Passed, "pass");
    // What training has seen is no holdout.
    let mut package = team.package("b");
    package.lineage.insert("dataset".to_owned(), "march".to_owned());
    let trained = team.registry.write(team.as_("bo")).register(&package).unwrap();
    team.say("ci", Said { dataset: Some(("march", "bytes")), ..Said::passing(trained.artifact) });
    team.is(6, trained.version, Missing, "not count");
    team.is(7, version, Missing, "none");
    team.say("olu", Said { kind: "runbook", verdict: Verdict::Info, ..Said::passing(of) });
    team.is(8, version, Passed, "info by olu");
}

#[test]
fn evidence_that_is_dated_ahead_does_not_stay_young() {
    let gate = r#"{ type = "evidence", of = "evaluation", max_age_days = 14 }"#;
    let team = guarded(&[gate]);
    let (version, of) = team.register("a");
    team.clock.sleep_days(300);
    team.say("ci", Said::passing(of));
    team.clock.sleep_days(-300);
    team.is(0, version, Missing, "dated after the change");
}

#[test]
fn a_metric_is_held_to_a_threshold_and_to_what_is_live_on_the_same_data() {
    use Direction::{Higher, Lower};
    let f1 = r#"{ type = "metric", metric = "f1", baseline = "dev-base", min_improvement = 0.01 }"#;
    let late = r#"{ type = "metric", metric = "p95", baseline = "dev-base" }"#;
    let least = r#"{ type = "metric", metric = "f1", min = 0.8 }"#;
    let team = guarded(&[least, least, least, f1, f1, f1, f1, f1, late, late, f1]);
    let (live, base) = team.register("live");
    let march = Some(("march", "bytes"));
    team.is(0, live, Missing, "no evidence has it");
    team.say(
        "ci",
        Said { dataset: march, metrics: &[("f1", 0.85, Higher), ("p95", 30.0, Lower)], ..Said::passing(base) },
    );
    team.is(0, live, Passed, "0.85");
    let to_base = PromoteRequest {
        model: model("sentiment"),
        alias: alias("dev-base"),
        version: live,
        reason: "live".to_owned(),
        expect: None,
        evidence: Vec::new(),
    };
    team.is(3, live, Passed, "dev-base holds nothing");
    team.registry.write(team.as_("bo")).promote(&to_base).unwrap();

    let with = |text: &str, dataset, metrics: &'static [(&'static str, f64, Direction)]| {
        let (version, of) = team.register(text);
        team.say("ci", Said { dataset, metrics, ..Said::passing(of) });
        version
    };
    let low = with("low", march, &[("f1", 0.7, Higher)]);
    team.is(1, low, Failed, "0.7");
    let nan = with("nan", march, &[("f1", f64::NAN, Higher)]);
    team.is(2, nan, Failed, "not a number");
    let a_bit = with("bit", march, &[("f1", 0.855, Higher), ("p95", 31.0, Lower)]);
    team.is(4, a_bit, Failed, "dev-base 0.85");
    team.is(8, a_bit, Failed, "dev-base 30");
    let better = with("better", march, &[("f1", 0.9, Higher), ("p95", 29.0, Lower)]);
    team.is(4, better, Passed, "0.9 (dev-base 0.85)");
    team.is(9, better, Passed, "29");
    let june = with("june", Some(("june", "june's bytes")), &[("f1", 0.99, Higher)]);
    team.is(5, june, Failed, "not comparable: one was measured on june, the other on march");
    let changed = with("changed", Some(("march", "other bytes")), &[("f1", 0.99, Higher)]);
    team.is(6, changed, Failed, "not comparable: different versions of dataset march");
    let none = with("none", None, &[("f1", 0.99, Higher)]);
    team.is(7, none, Failed, "not comparable");
    let turned = with("turned", march, &[("f1", 0.99, Lower)]);
    team.is(10, turned, Failed, "whether higher is better");
}

#[test]
fn fields_people_and_classes_are_gates_too_and_so_are_all_and_any_of_them() {
    let card = r#"{ type = "field", of = "manifest", path = "model_card", op = "exists" }"#;
    let absent = r#"{ type = "field", of = "manifest", path = "horoscope", op = "exists" }"#;
    let all = format!(r#"{{ type = "all", gates = [{card}, {absent}] }}"#);
    let any = format!(r#"{{ type = "any", gates = [{absent}, {card}] }}"#);
    let team = guarded(&[
        r#"{ type = "field", of = "evaluation", path = "details.rows.bad", op = "at-most", value = 2 }"#,
        r#"{ type = "field", of = "evaluation", path = "details.rows.bad", op = "at-least", value = 3 }"#,
        r#"{ type = "field", of = "evaluation", path = "details.tags", op = "contains", value = "fast" }"#,
        r#"{ type = "field", of = "evaluation", path = "details.tags.0", op = "in", value = ["slow"] }"#,
        r#"{ type = "field", of = "change", path = "reason", op = "equals", value = "a probe" }"#,
        r#"{ type = "field", of = "change", path = "reason", op = "differs", value = "a probe" }"#,
        &all,
        &any,
        r#"{ type = "all", gates = [] }"#,
        r#"{ type = "signed-by", roles = ["mlops-engineer"] }"#,
        r#"{ type = "signed-by", roles = ["platform-lead"] }"#,
        r#"{ type = "approvals", count = 1 }"#,
        r#"{ type = "class-allowed", classes = ["tensors"] }"#,
        r#"{ type = "class-allowed", classes = ["tensors", "data"] }"#,
        r#"{ type = "owner-named" }"#,
        r#"{ type = "lineage-complete", keys = ["base_model"] }"#,
        r#"{ type = "lineage-complete" }"#,
        r#"{ type = "sunset-passed" }"#,
        r#"{ type = "no-consumers" }"#,
        r#"{ type = "replacement-in-production" }"#,
    ]);
    let (version, of) = team.register("a");
    team.is(0, version, Missing, "absent");
    team.say("ci", Said::passing(of));
    for (n, status, said) in [
        (0, Passed, "2"),
        (1, Failed, "2"),
        (2, Passed, "fast"),
        (3, Failed, "fast"),
        (4, Passed, "a probe"),
        (5, Failed, "a probe"),
        (6, Missing, "absent"),
        (7, Passed, "absent or"),
        (8, Failed, ""),
        (9, Passed, "bo"),
        (10, Pending, "none"),
        (11, Pending, "none"),
        (12, Failed, "config.json is data"),
        (13, Passed, "1 data"),
        (14, Passed, "ada"),
        (15, Failed, "without base_model"),
        (16, Passed, "complete"),
        (17, Failed, "no sunset date"),
        (18, Passed, "none"),
        (19, Failed, "no stage move"),
    ] {
        team.is(n, version, status, said);
    }
}
