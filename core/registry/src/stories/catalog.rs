//! The catalog: what is not in it cannot be named, and what is disabled no more.

use super::team::Team;
use crate::AttachRequest;
use refmark_engine::plan::EntryRequest;
use refmark_records::catalog::{EntryState, Family};
use refmark_records::evidence::Verdict;
use refmark_types::canonical::FreeJson;
use refmark_types::error::Code;
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
    attach(&request).unwrap();
    set(EntryState::Disabled).unwrap();
    assert_eq!(set(EntryState::Disabled).unwrap_err().code, Code::NothingToDo);
    request.produced_by = Some("https://ci/red/3".to_owned());
    let error = attach(&request).unwrap_err();
    assert!(error.message.contains("disabled"), "{error}");

    let view = team.registry.view().unwrap();
    let shown = team.registry.read().catalog_show(&view, Family::EvidenceType, &id).unwrap();
    assert_eq!((shown.state, shown.retention_days), (EntryState::Disabled, Some(365)));
    let listed = team.registry.read().catalog(&view, Some(Family::EvidenceType)).unwrap().entries;
    assert_eq!(listed.len(), 8);
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
