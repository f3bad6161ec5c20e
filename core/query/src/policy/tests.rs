//! The team policy explains itself, and what can never work is told before anybody signs it.

use super::*;
use refmark_engine::policy::{TeamMember, team_policy};
use refmark_records::policy::{MemberKind, Policy};
use refmark_records::registry_id::RegistryId;
use refmark_records::signature::PublicKey;
use refmark_types::name::{PrincipalId, Role};

fn public(seed: u8) -> PublicKey {
    let secret = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
    PublicKey::from_bytes(secret.verifying_key().as_bytes()).unwrap()
}

fn member(seed: u8, id: &str, kind: MemberKind, roles: &[&str]) -> TeamMember {
    TeamMember {
        id: PrincipalId::parse(id).unwrap(),
        kind,
        name: Some("\"; [roles.evil]\nmay = []\n{owners}".to_owned()),
        roles: roles.iter().map(|role| Role::parse(role).unwrap()).collect(),
        keys: vec![public(seed)],
    }
}

fn team(members: &[TeamMember]) -> (String, Policy) {
    let text = team_policy(RegistryId::from_bytes([7; 16]), 3, members, &[]);
    let policy = Policy::parse(&text).unwrap();
    (text, policy)
}

fn whole() -> Vec<TeamMember> {
    let person = MemberKind::Person;
    vec![
        member(1, "ada", person, &["platform-lead", "model-owner"]),
        member(2, "bo", person, &["mlops-engineer"]),
        member(3, "chen", person, &["platform-lead"]),
        member(4, "nora", person, &["data-scientist"]),
        member(5, "ci", MemberKind::Agent, &["ci-agent"]),
        member(6, "olu", person, &["on-call"]),
    ]
}

fn warned(policy: &Policy) -> Vec<(&'static str, String)> {
    warnings(policy, None, None)
        .into_iter()
        .map(|warning| (warning.kind, format!("{}: {}", warning.place, warning.message)))
        .collect()
}

#[test]
fn the_team_policy_of_a_whole_team_has_nothing_to_warn_of() {
    let (_, policy) = team(&whole());
    assert_eq!(warned(&policy), []);
    assert_eq!((policy.number, policy.members.len(), policy.roles.len()), (3, 6, 7), "no text can add a role");
    let said = explain(&policy).join("\n");
    for part in [
        "5 people and 1 agent may act.",
        "Any other alias, such as champion, production, prod, live, stable, main, release or default, of any model may point at \
         a version that is trusted and in production, by 2 different people",
        "the author never counting",
        "there is a passing canary of the last 14 days (may be waived)",
        "on-call or platform-lead (ada, chen, olu) may alone go back to what it held in the last 30 days",
        "every file is tensors or data, or code, config-code, active-content, unsafe-format or not-scanned that a person signed off",
        "by 2 different people: the model's owner and platform-lead (ada, chen)",
    ] {
        assert!(said.contains(part), "{part}\n in\n{said}");
    }
}

#[test]
fn a_founder_alone_is_told_what_nobody_can_do_yet() {
    let founder = TeamMember::founder(PrincipalId::parse("ada").unwrap(), public(1)).unwrap();
    let (_, policy) = team(&[founder]);
    let said = warned(&policy);
    assert!(said.iter().any(|(kind, warning)| *kind == "nobody-can" && warning.contains("alias *")), "{said:?}");
    assert!(
        said.iter().any(|(kind, warning)| *kind == "role-unheld" && warning.contains("mlops-engineer")),
        "{said:?}"
    );
}

#[test]
fn rules_that_can_never_fire_are_named() {
    let (text, _) = team(&whole());
    let more = format!(
        r#"{text}
[[alias]]
names = ["blue"]
needs = {{ signers = [{{ roles = ["platform-lead"] }}] }}
[[stage]]
from = ["staging"]
to = ["production"]
models = ["nlp.*"]
[[stage]]
from = ["production"]
to = ["staging"]
[stage.needs]
signers = [{{ roles = ["platform-lead"] }}]
gates = [
  {{ type = "metric", metric = "f1", min = 2.0, max = 1.0 }},
  {{ type = "any", gates = [] }},
  {{ type = "approvals", count = 9 }},
  {{ type = "evidence", of = "scan", by = ["on-call"], suite_version = "2" }},
]
"#
    );
    let policy = Policy::parse(&more).unwrap();
    let said = warned(&policy);
    let has = |kind: &str, part: &str| said.iter().any(|(warning, text)| *warning == kind && text.contains(part));
    assert!(has("never-fires", "alias blue"), "{said:?}");
    assert!(has("never-fires", "stage staging → production"), "{said:?}");
    assert!(!has("never-fires", "stage production → staging"), "{said:?}");
    assert!(has("nobody-asked", "stage staging → production"), "{said:?}");
    assert!(has("gate-never-passes", "above its greatest"), "{said:?}");
    assert!(has("gate-never-passes", "it is empty"), "{said:?}");
    assert!(has("gate-never-passes", "9 approvals, and 4"), "{said:?}");
    assert!(has("gate-never-passes", "no suite"), "{said:?}");
    let known = [refmark_types::name::EntryId::parse("evaluation").unwrap()];
    let said = warnings(&policy, None, Some(&known));
    assert!(said.iter().any(|warning| warning.message.contains("no active evidence type canary")), "{said:?}");
}

#[test]
fn an_agent_that_should_approve_and_a_root_of_one_key_are_named() {
    let mut members = whole();
    members.push(member(9, "bot", MemberKind::Agent, &["platform-lead"]));
    let (_, policy) = team(&members);
    assert!(warned(&policy).iter().any(|(kind, text)| *kind == "agent-signer" && text.contains("bot")));
    let record = |threshold: u64, holders: &[(&str, u8)]| {
        let quorum = refmark_records::root::Quorum {
            threshold,
            principals: holders.iter().map(|(id, _)| PrincipalId::parse(id).unwrap()).collect(),
        };
        refmark_records::root::Root {
            number: 1,
            name: "r".into(),
            format: 1,
            root: quorum.clone(),
            policy: quorum,
            keyholders: holders
                .iter()
                .map(|(id, seed)| refmark_records::root::Keyholder {
                    principal: PrincipalId::parse(id).unwrap(),
                    keys: vec![public(*seed)],
                })
                .collect(),
            reason: String::new(),
            by: PrincipalId::parse("ada").unwrap(),
            time: refmark_types::time::Timestamp::from_unix(0),
            previous: None,
            base: None,
            path: String::new(),
            registry: RegistryId::from_bytes([7; 16]),
        }
    };
    let kinds = |root| -> Vec<&str> {
        warnings(&team(&whole()).1, Some(&root), None).iter().map(|warning| warning.kind).collect()
    };
    assert_eq!(kinds(record(1, &[("ada", 1)])), ["single-key-root", "single-key-root"]);
    assert_eq!(kinds(record(1, &[("ada", 1), ("chen", 3)])), ["threshold", "threshold"]);
    assert_eq!(kinds(record(2, &[("ada", 1), ("chen", 3), ("bo", 2)])), [""; 0]);
}

#[test]
fn a_change_is_told_as_what_comes_and_what_goes() {
    let (_, before) = team(&whole());
    let (text, _) = team(&whole()[..5]);
    let after = Policy::parse(&text.replace("days = 30", "days = 7")).unwrap();
    let said = changes(&before, &after);
    assert!(said.iter().any(|warning| warning.starts_with("- member olu")), "{said:?}");
    assert!(
        said.iter()
            .any(|warning| warning.starts_with("+ Any other alias, such as champion") && warning.contains("7 days")),
        "{said:?}"
    );
}

#[test]
fn the_usual_names_of_what_is_live_fall_into_the_strictest_class() {
    let (text, policy) = team(&whole());
    let model = refmark_types::name::ModelName::parse("sentiment").unwrap();
    let classes = alias_classes(&policy, &model);
    let class = |alias: &str| classes.iter().find(|class| class.alias == alias).unwrap().clone();
    for name in LIVE_NAMES.into_iter().chain(["champion-eu", "candidate", "previous"]) {
        assert_eq!(class(name).class, ["*"], "{name}");
    }
    assert!(class("canary").class.contains(&"canary".to_owned()) && class("dev-anna").stages.is_empty());
    // A policy that names the strict one, and lets everything else go, is told what that opens.
    let loose = text.replace("names = [\"dev\", ", "names = [\"prod\", \"dev\", ");
    let said = warned(&Policy::parse(&loose).unwrap());
    assert!(said.iter().any(|(kind, text)| *kind == "loose-alias" && text.contains("by prod, and")), "{said:?}");
    let nothing = TeamMember { roles: vec![Role::parse("model-owner").unwrap()], ..whole().remove(1) };
    let mut members = whole();
    members[1] = nothing;
    assert!(warned(&team(&members).1).iter().any(|(kind, text)| *kind == "owner-of-nothing" && text.contains("bo")));
}
