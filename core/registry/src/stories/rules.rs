//! Roots, policies and members: who may change who may do what.

use super::team::{Team, id};
use crate::tests::{key, registry};
use crate::{DistrustRequest, MemberChange, MembersRequest, PolicyRequest, PolicySource, VerifyOptions, keys_of_text};
use refmark_engine::plan::{NewKeyholder, Rotation};
use refmark_engine::policy::{Preset, TeamMember};
use refmark_engine::ports::signer::Signer;
use refmark_engine::verify::Outcome;
use refmark_records::policy::MemberKind;
use refmark_types::error::Code;
use refmark_types::name::Role;
use refmark_types::reference::Reference;

fn person(name: &str, seed: u8, roles: &[&str]) -> TeamMember {
    TeamMember {
        id: id(name),
        kind: MemberKind::Person,
        name: None,
        roles: roles.iter().map(|role| Role::parse(role).unwrap()).collect(),
        keys: vec![key(seed).public()],
    }
}

fn changing(changes: Vec<MemberChange>) -> MembersRequest {
    MembersRequest { changes, reason: None, out: None }
}

fn text(source: String) -> PolicyRequest {
    PolicyRequest { source: PolicySource::Text(source), reason: "as agreed".to_owned(), out: None }
}

#[test]
fn one_person_grows_into_a_team_by_signed_policies() {
    let home = tempfile::tempdir().unwrap();
    let ada = key(1);
    let registry = registry(home.path(), &ada);
    let by_ada = &ada;
    let preset =
        PolicyRequest { source: PolicySource::Preset(Preset::Team), reason: "we are three".to_owned(), out: None };
    let applied = registry.govern_as(by_ada).policy_apply(&preset).unwrap();
    assert_eq!((applied.number, applied.signatures.lacking), (2, 0));
    assert!(applied.changes.iter().any(|it| it.contains("champion")), "{:?}", applied.changes);
    assert!(applied.warnings.iter().any(|it| it.kind == "role-unheld"), "{:?}", applied.warnings);
    assert_eq!(registry.govern_as(by_ada).policy_apply(&preset).unwrap_err().code, Code::NothingToDo);

    let page =
        format!("# bo's page\nssh-rsa AAAAB3NzaC1yc2E= old\n{} bo@laptop\n{}\n", key(2).public(), key(12).public());
    let (keys, passed_over) = keys_of_text(&page).unwrap();
    assert_eq!((keys.len(), passed_over.len()), (2, 1));
    let mut bo = person("bo", 2, &["mlops-engineer"]);
    bo.keys = keys;
    let added = registry
        .govern_as(by_ada)
        .members_change(&changing(vec![
            MemberChange::Add(bo),
            MemberChange::Add(person("chen", 3, &["platform-lead"])),
        ]))
        .unwrap();
    assert_eq!(added.number, 3, "many at once are one policy");
    let rows = registry.govern().members(&registry.view().unwrap()).unwrap().members;
    let names: Vec<&str> = rows.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(names, ["ada", "bo", "chen"]);
    assert_eq!((rows[0].root, rows[1].root, rows[1].keys.len()), (true, false, 2));
    assert_eq!(rows[0].roles.iter().map(Role::as_str).collect::<Vec<_>>(), ["platform-lead", "model-owner"]);

    let no_role = changing(vec![MemberChange::Add(person("dan", 4, &["wizard"]))]);
    let error = registry.govern_as(by_ada).members_change(&no_role).unwrap_err();
    assert!(error.hint.unwrap().to_string().contains("data-scientist"));
    let twice = changing(vec![MemberChange::Add(person("dan", 2, &["auditor"]))]);
    assert!(registry.govern_as(by_ada).members_change(&twice).unwrap_err().message.contains("bo"));
    let bo = key(2);
    let error = registry.govern_as(&bo).members_change(&changing(vec![MemberChange::Remove(id("ada"))])).unwrap_err();
    assert_eq!(error.code, Code::Refused);
    assert!(error.hint.unwrap().to_string().contains("ada may"), "who could is named");

    registry.govern_as(by_ada).members_change(&changing(vec![MemberChange::Remove(id("chen"))])).unwrap();
    let roles = vec![Role::parse("mlops-engineer").unwrap(), Role::parse("on-call").unwrap()];
    registry.govern_as(by_ada).members_change(&changing(vec![MemberChange::Roles(id("bo"), roles)])).unwrap();
    let shown = registry.govern().policy_show(&registry.view().unwrap(), None).unwrap();
    assert_eq!((shown.number, shown.current, shown.reason.as_str()), (5, true, "bo has other roles"));
    assert!(shown.text.contains("# At three in the morning"), "every comment is still there");
    assert!(shown.sentences.iter().any(|it| it.contains("on-call (bo)")), "{:?}", shown.sentences);
    assert!(!registry.govern().policy_show(&registry.view().unwrap(), Some(1)).unwrap().current);
    assert_eq!(registry.govern().policy_show(&registry.view().unwrap(), Some(9)).unwrap_err().code, Code::NotFound);
    let verified = registry.read().verify(None, VerifyOptions::default()).unwrap();
    assert_eq!(verified.verdict, Outcome::Ok, "{:?}", verified.problems);
}

#[test]
fn two_must_sign_the_root_and_each_policy_and_drafts_go_from_hand_to_hand() {
    let team = Team::new();
    let rotation = Rotation {
        add: vec![NewKeyholder { principal: id("chen"), keys: vec![team.key("chen").public()] }],
        root_threshold: Some(2),
        policy_threshold: Some(2),
        reason: "no one key decides".to_owned(),
        ..Rotation::default()
    };
    let error = team.registry.govern_as(team.as_("ada")).rotate(&rotation, None).unwrap_err();
    assert_eq!(error.code, Code::Refused, "its own threshold is not reached: {error}");
    assert_eq!(team.registry.govern_as(team.as_("bo")).rotate(&rotation, None).unwrap_err().code, Code::Refused);
    let draft = team.path().join("root-2.json");
    let drafted = team.registry.govern_as(team.as_("ada")).rotate(&rotation, Some(&draft)).unwrap();
    assert_eq!((drafted.number, drafted.commit, drafted.signatures.lacking), (2, None, 1));
    assert_eq!(team.registry.govern_as(team.as_("ada")).draft_land(&draft).unwrap_err().code, Code::Refused);
    assert_eq!(team.registry.govern_as(team.as_("bo")).draft_sign(&draft).unwrap_err().code, Code::Refused);
    assert_eq!(team.registry.govern_as(team.as_("ada")).draft_sign(&draft).unwrap_err().code, Code::NothingToDo);
    let read = team.registry.govern().draft_show(&team.registry.view().unwrap(), &draft).unwrap();
    assert_eq!(read.changes.len(), 3, "both quorums, and a key: {:?}", read.changes);
    assert!(read.changes[0].contains("2 of ada, chen"), "{:?}", read.changes);
    let signed = team.registry.govern_as(team.as_("chen")).draft_sign(&draft).unwrap();
    assert_eq!((signed.signatures.lacking, signed.kind), (0, "root"));
    // Anybody may carry it in: it is signed by those who must.
    team.registry.govern_as(team.as_("bo")).draft_land(&draft).unwrap();

    let view = team.registry.view().unwrap();
    let trust = team.registry.govern().trust().unwrap();
    assert_eq!((trust.roots.len(), trust.verified), (2, true));
    assert_eq!(trust.roots[1].signed_by, [id("ada"), id("chen")]);
    assert!(trust.roots[1].pinned && trust.roots[1].current, "the pin goes on to the newest verified root");
    assert!(trust.warnings.iter().all(|it| it.kind != "single-key-root"), "{:?}", trust.warnings);

    let base = team.registry.govern().policy_show(&view, None).unwrap().text;
    let tighter = base.replace("max_age_days = 14", "max_age_days = 7");
    let error = team.registry.govern_as(team.as_("ada")).policy_apply(&text(tighter.clone())).unwrap_err();
    assert!(error.hint_text().unwrap().contains("sign"), "{error:?}");
    let out = team.path().join("policy-2.json");
    let mut request = text(tighter);
    request.out = Some(out.clone());
    let drafted = team.registry.govern_as(team.as_("chen")).policy_apply(&request).unwrap();
    assert_eq!((drafted.number, drafted.signatures.lacking, drafted.signatures.could), (2, 1, vec![id("ada")]));
    assert!(
        drafted.changes.iter().any(|it| it.starts_with('+') && it.contains("last 7 days")),
        "{:?}",
        drafted.changes
    );
    assert_eq!(team.registry.govern_as(team.as_("chen")).policy_apply(&request).unwrap_err().code, Code::Exists);
    // Somebody on the way changes the text.
    let beside = crate::text_path(&out);
    let good = std::fs::read_to_string(&beside).unwrap();
    std::fs::write(&beside, good.replace("= 7", "= 700")).unwrap();
    assert_eq!(team.registry.govern_as(team.as_("ada")).draft_sign(&out).unwrap_err().code, Code::Damaged);
    std::fs::write(&beside, good).unwrap();
    let signed = team.registry.govern_as(team.as_("ada")).draft_sign(&out).unwrap();
    assert!(signed.changes.iter().any(|it| it.starts_with('-') && it.contains("last 14 days")), "{:?}", signed.changes);
    let landed = team.registry.govern_as(team.as_("chen")).draft_land(&out).unwrap();
    assert!(landed.commit.is_some());
    assert_eq!(team.registry.govern().policy_show(&team.registry.view().unwrap(), None).unwrap().number, 2);
    assert_eq!(team.registry.govern_as(team.as_("chen")).draft_land(&out).unwrap_err().code, Code::NothingToDo);
    let verified = team.registry.read().verify(None, VerifyOptions::default()).unwrap();
    assert_eq!(verified.verdict, Outcome::Ok, "{:?}", verified.problems);
}

#[test]
fn a_root_that_nobody_could_follow_is_not_made() {
    let team = Team::new();
    let rotate =
        |rotation: Rotation| team.registry.govern_as(team.as_("ada")).rotate(&rotation, None).unwrap_err().code;
    assert_eq!(rotate(Rotation { root_threshold: Some(2), ..Rotation::default() }), Code::BadArgument);
    assert_eq!(rotate(Rotation { root_threshold: Some(0), ..Rotation::default() }), Code::BadArgument);
    assert_eq!(rotate(Rotation { remove: vec![id("ada")], ..Rotation::default() }), Code::BadArgument);
    assert_eq!(rotate(Rotation { remove: vec![id("zoe")], ..Rotation::default() }), Code::NotFound);
    assert_eq!(rotate(Rotation::default()), Code::NothingToDo);
}

#[test]
fn what_a_lost_key_signed_is_tainted_and_it_signs_no_more() {
    let team = Team::new();
    let good = team.registry.head().unwrap();
    let one = team.registry.write(team.as_("bo")).register(&team.package("a")).unwrap();
    let request = |key: &str, since: &str| DistrustRequest {
        key: key.to_owned(),
        since: since.to_owned(),
        reason: "left in a train".to_owned(),
        out: None,
    };
    let is_verified = || {
        let reference = Reference::parse("sentiment/1").unwrap();
        team.registry.read().report(&team.registry.view().unwrap(), &reference).unwrap().verified
    };
    assert!(is_verified());
    let refused = |key: &str, since: &str| {
        team.registry.govern_as(team.as_("ada")).distrust(&request(key, since)).unwrap_err().code
    };
    assert_eq!(refused("zoe", "main"), Code::NotFound);
    assert_eq!(refused("bo", "0123456789012345678901234567890123456789"), Code::NotFound);
    let applied = team.registry.govern_as(team.as_("ada")).distrust(&request("bo", &good.to_string())).unwrap();
    assert!(applied.warnings.iter().any(|it| it.message.contains("every key of bo")), "{:?}", applied.warnings);
    assert_eq!(refused("bo", "main"), Code::NothingToDo);
    assert!(!is_verified(), "a dossier does not vouch for what a lost key registered");
    let error = team.registry.write(team.as_("bo")).register(&team.package("b")).unwrap_err();
    assert_eq!(error.code, Code::Distrusted, "{error}");
    let view = team.registry.view().unwrap();
    let trust = team.registry.govern().trust().unwrap();
    assert_eq!(trust.distrusted[0].member, Some(id("bo")));
    assert!(trust.distrusted[0].tainted.iter().any(|path| path.contains(&one.artifact.to_string())));
    let lines = team.registry.govern().allowed_signers(&view).unwrap();
    assert!(lines.lines().count() == 6 && !lines.contains("bo namespaces"), "{lines}");
}

#[test]
fn a_policy_is_checked_before_anybody_signs_it() {
    let team = Team::new();
    let view = team.registry.view().unwrap();
    let now = team.registry.govern().policy_show(&view, None).unwrap().text;
    let checked = team.registry.govern().policy_check(&view, None).unwrap();
    assert_eq!(checked.number, 1);
    assert!(checked.changes.is_empty() && checked.warnings.iter().all(|it| it.kind == "single-key-root"));
    let worse = now.replace("of = \"runbook\"", "of = \"horoscope\"");
    let checked = team.registry.govern().policy_check(&view, Some(&worse)).unwrap();
    assert_eq!(checked.number, 2);
    assert!(checked.warnings.iter().any(|it| it.message.contains("horoscope")), "{:?}", checked.warnings);
    let error = team
        .registry
        .govern()
        .policy_check(&view, Some(&now.replace("roles = [\"auditor\"]", "roles = [\"judge\"]")))
        .unwrap_err();
    assert!(error.message.contains("judge"), "{error}");
    assert!(team.registry.govern().policy_check(&view, Some("what is this")).unwrap_err().message.contains("line 1"));
}
