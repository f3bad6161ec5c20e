//! The catalog: what is not in it cannot be named, and what is disabled no more.

use super::team::{Team, alias, champion};
use crate::AttachRequest;
use crate::tests::model;
use refmark_engine::plan::{EntryChange, EntryRequest, LabelRequest, PromoteRequest, TrustRequest};
use refmark_records::catalog::{ArtifactRules, EntryState, Family};
use refmark_records::evidence::Verdict;
use refmark_records::trust::TrustState;
use refmark_types::canonical::FreeJson;
use refmark_types::error::{Code, Result};
use refmark_types::name::EntryId;
use refmark_types::reference::Reference;
use refmark_types::value::{Value, json};

fn entry(id: &str, schema: Value) -> EntryRequest {
    EntryRequest {
        family: Family::EvidenceType,
        id: EntryId::parse(id).unwrap(),
        owner: Some("safety".to_owned()),
        meaning: "How it does when people try to break it.".to_owned(),
        entry_kind: "evidence".to_owned(),
        schema: FreeJson(schema),
        docs: Some("https://example.com/red-team".to_owned()),
        status_page: None,
        retention_days: Some(365),
        billable: false,
        artifacts: Default::default(),
        template: None,
    }
}

#[test]
fn an_entry_lives_from_added_over_deprecated_to_disabled() {
    let team = Team::new();
    let it = team.registry.write(team.as_("bo")).register(&team.package("a")).unwrap();
    let id = EntryId::parse("red-team").unwrap();
    let mut request = AttachRequest::new(Reference::Artifact(it.artifact), id.clone());
    request.verdict = Some(Verdict::Pass);
    let attach = |request: &AttachRequest| team.registry.write(team.as_("ci")).attach(request);
    let error = attach(&request).unwrap_err();
    assert_eq!(error.code, Code::Refused);
    assert!(error.message.contains("not in the catalog"), "{error}");

    let schema = json!({"required": ["run"], "properties": {"run": {"type": "string", "minLength": 8}}});
    let add = |who: &str, request: &EntryRequest| team.registry.write(team.as_(who)).catalog_add(request);
    let error = add("bo", &entry("red-team", schema.clone())).unwrap_err();
    assert!(error.hint.unwrap().to_string().contains("ada, chen have it"), "who could is named");
    let unread = entry("red-team", json!({"pattern": "x"}));
    assert_eq!(add("ada", &unread).unwrap_err().code, Code::BadRecord);
    let added = add("ada", &entry("red-team", schema.clone())).unwrap();
    assert_eq!((added.sequence, added.state), (1, EntryState::Active));
    assert_eq!(add("ada", &entry("red-team", schema)).unwrap_err().code, Code::Exists);

    let error = attach(&request).unwrap_err();
    assert!(error.message.contains("run is missing"), "{error}");
    request.produced_by = Some("https://ci/red/1".to_owned());
    attach(&request).unwrap();

    let set = |state| team.registry.write(team.as_("chen")).catalog_state(Family::EvidenceType, &id, state);
    assert_eq!(set(EntryState::Deprecated).unwrap().sequence, 2);
    request.produced_by = Some("https://ci/red/2".to_owned());
    let warned = attach(&request).unwrap().warnings;
    assert!(warned.iter().any(|it| it.contains("red-team is deprecated") && it.contains("red-team")), "{warned:?}");
    set(EntryState::Disabled).unwrap();
    assert_eq!(set(EntryState::Disabled).unwrap_err().code, Code::NothingToDo);
    request.produced_by = Some("https://ci/red/3".to_owned());
    let error = attach(&request).unwrap_err();
    assert!(error.message.contains("disabled"), "{error}");

    let view = team.registry.view().unwrap();
    let shown = team.registry.read().catalog_show(&view, Family::EvidenceType, &id).unwrap();
    assert_eq!((shown.state, shown.retention_days), (EntryState::Disabled, Some(365)));
    let listed = team.registry.read().catalog(&view, Some(Family::EvidenceType)).unwrap().entries;
    assert_eq!(listed.len(), 12);
    assert!(team.registry.read().catalog(&view, None).unwrap().entries.len() > 20);
    assert_eq!(view.facts().unwrap().evidence(&it.artifact).unwrap().len(), 2, "what was attached stays");
}

#[test]
fn an_artifact_of_a_type_that_is_disabled_is_not_registered() {
    let team = Team::new();
    let id = EntryId::parse("adapter").unwrap();
    let mut package = team.package("a");
    package.artifact_type = id.clone();
    team.registry.write(team.as_("bo")).register(&package).unwrap();
    team.registry.write(team.as_("ada")).catalog_state(Family::ArtifactType, &id, EntryState::Disabled).unwrap();
    let mut package = team.package("b");
    package.artifact_type = id;
    assert_eq!(team.registry.write(team.as_("bo")).register(&package).unwrap_err().code, Code::Refused);
    package.artifact_type = EntryId::parse("horoscope").unwrap();
    assert_eq!(team.registry.write(team.as_("bo")).register(&package).unwrap_err().code, Code::Refused);
}

#[test]
fn every_kind_of_record_is_an_action_and_what_is_disabled_is_refused() {
    let team = Team::new();
    let one = team.registry.write(team.as_("bo")).register(&team.package("a")).unwrap();
    let dev = PromoteRequest { alias: alias("dev"), ..champion(1) };
    type Act<'a> = Box<dyn Fn() -> Result<()> + 'a>;
    let bo = || team.registry.write(team.as_("bo"));
    let evidence = |run: &str| {
        let kind = EntryId::parse("evaluation").unwrap();
        let mut request = AttachRequest::new(Reference::Artifact(one.artifact), kind);
        (request.verdict, request.produced_by) = (Some(Verdict::Info), Some(run.to_owned()));
        request
    };
    let words = |text: &str| LabelRequest { description: Some(text.to_owned()), ..LabelRequest::default() };
    let quarantined = || TrustRequest::new(one.artifact, TrustState::Quarantined, "look again");
    let acts: Vec<(&str, Act<'_>)> = vec![
        ("register", Box::new(|| bo().register(&team.package("b")).map(drop))),
        ("describe", Box::new(|| bo().label(&model("sentiment"), 1, &words("one")).map(drop))),
        ("promote", Box::new(|| bo().promote(&dev).map(drop))),
        ("attach", Box::new(|| bo().attach(&evidence("https://ci.example.com/1")).map(drop))),
        ("checkpoint", Box::new(|| bo().checkpoint().map(drop))),
        ("transition", Box::new(|| bo().transition_trust(&quarantined()).map(drop))),
        ("revoke", Box::new(|| team.registry.write(team.as_("ada")).revoke(one.artifact, "bad").map(drop))),
    ];
    for (action, act) in acts {
        let id = EntryId::parse(action).unwrap();
        let set = |state| team.registry.write(team.as_("ada")).catalog_state(Family::AuditAction, &id, state).map(drop);
        set(EntryState::Disabled).unwrap();
        let error = act().unwrap_err();
        assert!(error.code == Code::Refused && error.message.contains("is disabled"), "{action}: {error}");
        set(EntryState::Active).unwrap();
        act().unwrap_or_else(|error| panic!("{action}: {error}"));
    }
    for action in ["policy", "catalog"] {
        let id = EntryId::parse(action).unwrap();
        let ada = team.registry.write(team.as_("ada"));
        let error = ada.catalog_state(Family::AuditAction, &id, EntryState::Disabled).unwrap_err();
        assert!(error.message.contains("stays on"), "whoever has the catalog locks nobody out: {error}");
    }
}

#[test]
fn whoever_owns_a_product_names_its_own_entries_and_nobody_elses() {
    let team = Team::new();
    let product =
        EntryRequest { family: Family::Product, owner: Some("nora".to_owned()), ..entry("gpuaas", Value::Null) };
    let add = |who: &str, request: &EntryRequest| team.registry.write(team.as_(who)).catalog_add(request);
    assert_eq!(add("nora", &product).unwrap_err().code, Code::Refused, "what products there are is not hers to say");
    add("ada", &product).unwrap();
    add("nora", &entry("gpuaas.burn-in", Value::Null)).unwrap();
    for (who, request) in [
        ("nora", entry("burn-in", Value::Null)),
        ("nora", entry("gpu.burn-in", Value::Null)),
        ("bo", entry("gpuaas.stress", Value::Null)),
        ("nora", EntryRequest { family: Family::AuditAction, ..entry("gpuaas.act", Value::Null) }),
    ] {
        assert_eq!(add(who, &request).unwrap_err().code, Code::Refused, "{who}: {}", request.id);
    }
    let id = EntryId::parse("gpuaas.burn-in").unwrap();
    let nora = team.registry.write(team.as_("nora"));
    nora.catalog_state(Family::EvidenceType, &id, EntryState::Deprecated).unwrap();
    let gone = EntryId::parse("gpuaas").unwrap();
    team.registry.write(team.as_("ada")).catalog_state(Family::Product, &gone, EntryState::Disabled).unwrap();
    let error = nora.catalog_state(Family::EvidenceType, &id, EntryState::Active).unwrap_err();
    assert_eq!(error.code, Code::Refused, "a product that is gone has no owner");
}

#[test]
fn an_artifact_type_says_what_its_artifacts_are_and_may_become() {
    let team = Team::new();
    let artifacts =
        ArtifactRules { never_promoted: true, evidence: vec![EntryId::parse("scan").unwrap()], never_trusted: false };
    let request = EntryRequest {
        family: Family::ArtifactType,
        artifacts,
        ..entry("probe", json!({"required": ["source"], "properties": {"source": {"minLength": 8}}}))
    };
    let ada = team.registry.write(team.as_("ada"));
    ada.catalog_add(&request).unwrap();
    let wrong = EntryRequest { family: Family::EvidenceType, ..request.clone() };
    assert_eq!(ada.catalog_add(&wrong).unwrap_err().code, Code::BadArgument, "only a type of artifacts has any");
    let mut package = team.package("a");
    package.artifact_type = request.id.clone();
    let nora = team.registry.write(team.as_("nora"));
    let error = nora.register(&package).unwrap_err();
    assert!(error.message.contains("source is missing"), "the schema judges the manifest: {error}");
    package.source = Some("https://hub.example.com/probe".to_owned());
    let made = nora.register(&package).unwrap();
    assert_eq!(made.trust, TrustState::Quarantined);
    let trusts = TrustRequest::new(made.artifact, TrustState::Trusted, "fine");
    let bo = team.registry.write(team.as_("bo"));
    let error = bo.transition_trust(&trusts).unwrap_err();
    assert!(
        error.message.contains("artifact-type probe: scan") || format!("{error:?}").contains("artifact-type probe")
    );
    team.evidence("ci", made.artifact, "scan", Verdict::Pass, "https://ci.example.com/1");
    bo.transition_trust(&trusts).unwrap();
    let dev = PromoteRequest { alias: alias("dev"), version: made.version, ..champion(1) };
    let error = bo.promote(&dev).unwrap_err();
    assert!(format!("{error:?}").contains("is never promoted"), "{error:?}");
}

#[test]
fn evidence_that_outlived_its_retention_opens_no_gate_and_a_fail_stands() {
    let team = Team::new();
    let change = EntryChange { retention_days: Some(10), ..EntryChange::default() };
    let id = EntryId::parse("evaluation").unwrap();
    team.registry.write(team.as_("ada")).catalog_change(Family::EvidenceType, &id, &change, false).unwrap();
    let it = team.registry.write(team.as_("nora")).register(&team.package("a")).unwrap();
    let bo = team.registry.write(team.as_("bo"));
    bo.transition_trust(&TrustRequest::new(it.artifact, TrustState::Trusted, "fine")).unwrap();
    team.evidence("ci", it.artifact, "evaluation", Verdict::Pass, "https://ci.example.com/1");
    team.clock.sleep_days(11);
    let staging = |text: &str| crate::TransitionRequest {
        reference: Reference::parse("sentiment/1").unwrap(),
        to: "staging".to_owned(),
        reason: text.to_owned(),
        replacement: None,
        sunset: None,
        evidence: Vec::new(),
    };
    let error = bo.transition(&staging("late")).unwrap_err();
    assert!(format!("{error:?}").contains("kept for 10 days"), "{error:?}");
    team.evidence("ci", it.artifact, "evaluation", Verdict::Pass, "https://ci.example.com/2");
    bo.transition(&staging("measured again")).unwrap();
}

#[test]
fn a_new_schema_is_a_numbered_version_and_is_held_against_what_stands_first() {
    let team = Team::new();
    let it = team.registry.write(team.as_("bo")).register(&team.package("a")).unwrap();
    let ada = team.registry.write(team.as_("ada"));
    ada.catalog_add(&entry("red-team", Value::Null)).unwrap();
    let id = EntryId::parse("red-team").unwrap();
    let attach = |run: Option<&str>| {
        let mut request = AttachRequest::new(Reference::Artifact(it.artifact), id.clone());
        (request.verdict, request.produced_by) = (Some(Verdict::Pass), run.map(str::to_owned));
        team.registry.write(team.as_("ci")).attach(&request)
    };
    attach(None).unwrap();
    attach(Some("https://ci.example.com/1")).unwrap();
    let change = EntryChange { schema: Some(FreeJson(json!({"required": ["run"]}))), ..EntryChange::default() };
    let error = ada.catalog_change(Family::EvidenceType, &id, &change, false).unwrap_err();
    assert!(error.message.contains("1 of 2") && error.message.contains("run is missing"), "{error}");
    assert_eq!(error.fields["migration"]["examples"][0]["version"].as_str(), Some("sentiment/1"));
    let changed = ada.catalog_change(Family::EvidenceType, &id, &change, true).unwrap();
    assert_eq!((changed.sequence, changed.migration.unwrap().unfit), (2, 1));
    assert!(attach(None).unwrap_err().message.contains("run is missing"), "new ones must fit");
    let again = ada.catalog_change(Family::EvidenceType, &id, &change, true).unwrap_err();
    assert_eq!(again.code, Code::NothingToDo);
}

#[test]
fn a_package_that_claims_a_contract_of_client_libraries_is_held_to_its_schema() {
    let team = Team::new();
    let schema = json!({"required": ["contract"], "properties": {
        "manifest": {"required": ["source"]}, "contract": {"required": ["inputs"]}}});
    let request = EntryRequest { family: Family::SdkContract, ..entry("serving-v2", schema) };
    team.registry.write(team.as_("ada")).catalog_add(&request).unwrap();
    let register = |package: &crate::Package| team.registry.write(team.as_("nora")).register(package);
    let mut package = team.package("a");
    package.capabilities = vec!["serving-v2".to_owned(), "text in, label out".to_owned()];
    package.contract = None;
    let error = register(&package).unwrap_err();
    assert!(error.message.contains("claims sdk-contract serving-v2"), "{error}");
    package.contract = Some(super::team::contract());
    assert!(register(&package).unwrap_err().message.contains("source is missing"), "the manifest is judged, too");
    package.source = Some("https://hub.example.com/a".to_owned());
    register(&package).unwrap();
    let set = |state| {
        team.registry.write(team.as_("ada")).catalog_state(Family::SdkContract, &request.id, state).unwrap();
    };
    set(EntryState::Deprecated);
    package.paths = vec![team.folder("b")];
    let warned = register(&package).unwrap().warnings;
    assert!(warned.iter().any(|it| it.contains("sdk-contract serving-v2 is deprecated")), "{warned:?}");
    set(EntryState::Disabled);
    package.paths = vec![team.folder("c")];
    assert!(register(&package).unwrap_err().message.contains("disabled"));
    // Who claims nothing is asked nothing.
    package.capabilities.clear();
    register(&package).unwrap();
}

#[test]
fn whoever_names_what_is_deprecated_is_told_whatever_the_record_is() {
    let team = Team::new();
    let ada = team.registry.write(team.as_("ada"));
    let it = team.registry.write(team.as_("bo")).register(&team.package("a")).unwrap();
    let told = || team.registry.world().notices.take();
    assert_eq!(told(), Vec::<String>::new());
    let product = EntryRequest { family: Family::Product, ..entry("gpuaas", Value::Null) };
    ada.catalog_add(&product).unwrap();
    for (family, id) in
        [(Family::AuditAction, "transition"), (Family::ArtifactType, "model"), (Family::Product, "gpuaas")]
    {
        ada.catalog_state(family, &EntryId::parse(id).unwrap(), EntryState::Deprecated).unwrap();
    }
    told();
    let quarantined = TrustRequest::new(it.artifact, TrustState::Quarantined, "look again");
    team.registry.write(team.as_("bo")).transition_trust(&quarantined).unwrap();
    let said = told();
    assert!(said.iter().any(|it| it.contains("audit-action transition is deprecated")), "{said:?}");
    assert!(said.iter().any(|it| it.contains("artifact-type model is deprecated")), "{said:?}");
    ada.catalog_add(&entry("gpuaas.burn-in", Value::Null)).unwrap();
    let said = told();
    assert!(said.len() == 1 && said[0].contains("product gpuaas is deprecated"), "{said:?}");
    let reason = TrustRequest::new(it.artifact, TrustState::Trusted, "fine");
    team.registry.write(team.as_("bo")).propose(None, |writer| writer.transition_trust(&reason)).unwrap();
    assert_eq!(told().len(), 2, "a proposal says so, too");
}

#[test]
fn use_is_counted_in_the_units_of_the_catalog_by_product() {
    let team = Team::new();
    let ada = team.registry.write(team.as_("ada"));
    ada.catalog_add(&EntryRequest { family: Family::Product, ..entry("gpuaas", Value::Null) }).unwrap();
    let unit = EntryRequest { family: Family::UsageUnit, billable: true, ..entry("gpu-hour", Value::Null) };
    ada.catalog_add(&unit).unwrap();
    let change = EntryChange { billable: Some(true), ..EntryChange::default() };
    ada.catalog_change(Family::UsageUnit, &EntryId::parse("version").unwrap(), &change, false).unwrap();
    let bo = team.registry.write(team.as_("bo"));
    let mut package = team.package("a");
    let one = bo.register(&package).unwrap();
    package.model = model("gpuaas.fast");
    package.owner = None;
    let two = bo.register(&package).unwrap();
    assert_eq!(one.artifact, two.artifact);
    let usage = team.registry.read().usage(&team.registry.view().unwrap()).unwrap();
    let of = |unit: &str| usage.units.iter().find(|it| it.unit.as_str() == unit).unwrap();
    let by_product = |unit: &str| -> Vec<(Option<String>, u64)> {
        of(unit).products.iter().map(|it| (it.product.as_ref().map(ToString::to_string), it.count)).collect()
    };
    assert_eq!((of("version").total, of("version").billable), (Some(2), true));
    assert_eq!(by_product("version"), [(None, 1), (Some("gpuaas".to_owned()), 1)]);
    let bytes = of("stored-byte");
    assert_eq!(bytes.total, Some(bytes.products[0].count), "what two products have is stored once");
    assert!(bytes.total > Some(0) && bytes.products.len() == 2 && !bytes.billable);
    assert_eq!((of("gpu-hour").total, of("gpu-hour").billable), (None, true), "nothing here tells of it");
    assert_eq!(of("published-pin").total, Some(0));
}
