//! Dossiers of a real repository.

use crate::Registry;
use crate::read::review::team::Team;
use crate::tests::world;
use refmark_query::report::{annex_iv, cyclonedx, model_card, spdx};
use refmark_render::report::page;
use refmark_types::error::Code;
use refmark_types::reference::Reference;

#[test]
fn a_dossier_has_everything_and_is_the_same_from_the_same_commit() {
    let (team, one, _) = Team::with_a_champion();
    let reference = Reference::parse("sentiment@champion").unwrap();
    let view = team.registry.view().unwrap();
    let dossier = team.registry.read().report(&view, &reference).unwrap();
    assert_eq!((dossier.artifact, dossier.evidence.len(), dossier.tensors), (one, 4, 12));
    let kinds: Vec<&str> = dossier.moves.iter().map(|it| it.kind).collect();
    assert_eq!(kinds.len(), 5, "{kinds:?}");
    let alias = dossier.moves.iter().find(|it| it.kind == "alias").unwrap();
    assert_eq!(alias.approvals.iter().map(|it| it.by.as_str()).collect::<Vec<_>>(), ["ada", "bo"]);
    assert_eq!(dossier.keys.len(), 4);
    assert!(dossier.keys.iter().all(|it| it.principal.is_some() && it.public.is_some()));

    let all = |registry: &Registry| {
        let view = registry.view().unwrap();
        let dossier = registry.read().report(&view, &reference).unwrap();
        let json = serde_json::to_string(&dossier).unwrap();
        let papers = (annex_iv(&dossier), model_card(&dossier), format!("{:#}\n", spdx(&dossier)));
        (json, page(&dossier).markdown(usize::MAX), format!("{:#}\n", cyclonedx(&dossier)), papers)
    };
    let first = all(&team.registry);
    team.days(100);
    let again = Registry::open(&team.home.path().join("models"), world(team.home.path())).unwrap();
    assert_eq!(first, all(&again));
    let (annex, card, document) = &first.3;
    for heading in ["1(a)", "2(d)", "2(g)", "5 Risk", "7, 8, 9"] {
        assert!(annex.contains(&format!("\n## {heading}")), "{heading} is missing in {annex}");
    }
    assert!(annex.contains("approved \u{201c}") && annex.contains("**Missing**"), "{annex}");
    let said = annex.split("\n## Missing\n").nth(1).unwrap();
    assert_eq!(said.matches("\n- ").count(), annex.matches("**Missing**").count(), "{said}");
    assert!(card.starts_with("---\nmodel_name: \"sentiment\"\n") && card.contains("model-index:"), "{card}");
    if let Some(to) = std::env::var_os("REFMARK_MODEL_CARD_TO") {
        std::fs::write(to, card).unwrap();
    }
    let bom: serde_json::Value = serde_json::from_str(&first.2).unwrap();
    assert_eq!((&bom["bomFormat"], &bom["specVersion"]), (&"CycloneDX".into(), &"1.6".into()));
    assert_eq!(bom["metadata"]["component"]["type"], "machine-learning-model");
    if let Some(to) = std::env::var_os("REFMARK_CYCLONEDX_TO") {
        std::fs::write(to, &first.2).unwrap();
    }
    let graph: serde_json::Value = serde_json::from_str(document).unwrap();
    let elements = graph["@graph"].as_array().unwrap();
    let of_type = |kind: &str| elements.iter().filter(|it| it["type"] == kind).collect::<Vec<_>>();
    assert_eq!((of_type("ai_AIPackage").len(), of_type("software_File").len()), (1, dossier.manifest.files.len()));
    let ids: std::collections::BTreeSet<_> = elements.iter().filter_map(|it| it["spdxId"].as_str()).collect();
    for to in of_type("Relationship").iter().flat_map(|it| it["to"].as_array().unwrap()) {
        assert!(ids.contains(to.as_str().unwrap()), "{to} is nowhere in the document");
    }
    if let Some(to) = std::env::var_os("REFMARK_SPDX_TO") {
        std::fs::write(to, document).unwrap();
    }
}

#[test]
fn what_is_no_version_has_no_dossier() {
    let (team, one, _) = Team::with_a_champion();
    let view = team.registry.view().unwrap();
    let error = team.registry.read().report(&view, &Reference::parse(&one.to_string()).unwrap()).unwrap_err();
    assert_eq!(error.code, Code::BadArgument);
}
