//! The team: ada and chen lead the platform, bo runs the models, nora builds them, ci is an agent, olu is on call,
//! audit looks.

use std::path::{Path, PathBuf};

use crate::tests::{Ticking, key, model, world};
use crate::{InitRequest, Package, Registry};
use refmark_engine::plan::{EvidenceRequest, PromoteRequest};
use refmark_engine::policy::{TeamMember, team_policy};
use refmark_engine::ports::signer::Signer;
use refmark_records::evidence::{Direction, Metric, MetricValue, Named, Verdict};
use refmark_records::manifest::{Contract, ContractField, Lineage};
use refmark_records::policy::MemberKind;
use refmark_store::git::Format;
use refmark_store::key::HeldKey;
use refmark_types::canonical::{FreeJson, FreeMap};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::name::{AliasName, EntryId, PrincipalId, Role};

/// The members: id, kind, roles. The key's seed is the place in this list, from 1.
const MEMBERS: [(&str, MemberKind, &[&str]); 7] = [
    ("ada", MemberKind::Person, &["platform-lead", "model-owner"]),
    ("bo", MemberKind::Person, &["mlops-engineer"]),
    ("chen", MemberKind::Person, &["platform-lead"]),
    ("nora", MemberKind::Person, &["data-scientist"]),
    ("ci", MemberKind::Agent, &["ci-agent"]),
    ("olu", MemberKind::Person, &["on-call"]),
    ("audit", MemberKind::Person, &["auditor"]),
];

/// A team with a registry of its own.
pub(crate) struct Team {
    pub(crate) home: tempfile::TempDir,
    pub(crate) registry: Registry,
    pub(crate) clock: std::sync::Arc<Ticking>,
    keys: Vec<HeldKey>,
}

pub(crate) fn id(text: &str) -> PrincipalId {
    PrincipalId::parse(text).unwrap()
}

pub(crate) fn alias(text: &str) -> AliasName {
    AliasName::parse(text).unwrap()
}

pub(crate) fn members() -> Vec<TeamMember> {
    let member = |(at, (id, kind, roles)): (usize, &(&str, MemberKind, &[&str]))| TeamMember {
        id: PrincipalId::parse(id).unwrap(),
        kind: *kind,
        name: None,
        roles: roles.iter().map(|role| Role::parse(role).unwrap()).collect(),
        keys: vec![key(at as u8 + 1).public()],
    };
    MEMBERS.iter().enumerate().map(member).collect()
}

impl Team {
    /// A fresh registry under the team policy; ada holds its root.
    pub(crate) fn new() -> Team {
        Team::with_policy(|text| text)
    }

    /// A fresh registry under the team policy, changed before it is signed.
    pub(crate) fn with_policy(change: impl Fn(String) -> String) -> Team {
        let home = tempfile::tempdir().unwrap();
        let keys: Vec<HeldKey> = (1..=MEMBERS.len() as u8).map(key).collect();
        let policy =
            |author: &refmark_engine::plan::Author| Ok(change(team_policy(author.registry, 1, &members(), &[])));
        let request =
            InitRequest { name: None, founder: id("ada"), here: false, format: Format::Sha1, policy: Some(&policy) };
        let writer = &keys[0];
        let clock = Ticking::new();
        let world = crate::Context { clock: clock.clone(), ..world(home.path()) };
        let (registry, _) = Registry::init(&home.path().join("models"), world, writer, &request).unwrap();
        Team { registry, clock, keys, home }
    }

    pub(crate) fn key(&self, who: &str) -> &HeldKey {
        let at = MEMBERS.iter().position(|(id, ..)| *id == who).unwrap();
        &self.keys[at]
    }

    /// A member's hand.
    pub(crate) fn as_(&self, who: &str) -> &dyn Signer {
        self.key(who)
    }

    pub(crate) fn path(&self) -> &Path {
        self.home.path()
    }

    /// A folder with one JSON file in it, whose bytes the text decides.
    pub(crate) fn folder(&self, text: &str) -> PathBuf {
        let folder = self.path().join(format!("package-{text}"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.json"), format!("{{\"text\": \"{text}\"}}")).unwrap();
        folder
    }

    /// A package with everything that the team policy asks of one.
    pub(crate) fn package(&self, text: &str) -> Package {
        let mut package = Package::new(model("sentiment"), vec![self.folder(text)]).unwrap();
        package.contract = Some(contract());
        package.evaluation_card = Some(FreeJson(refmark_types::value::json!({"measured": text})));
        package.card = Some(format!("# Sentiment {text}\n\nSays whether a review is a good one.\n"));
        package.owner = Some("ada".to_owned());
        let commit = Digest::of(text.as_bytes()).hex();
        package.lineage = [
            ("training_run", format!("https://train.example.com/{text}")),
            ("dataset_version", format!("reviews@{text}")),
            ("code_commit", commit.chars().take(40).collect()),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect::<Lineage>();
        package
    }

    /// Attaches evidence with all that its type asks for.
    pub(crate) fn evidence(&self, who: &str, artifact: ArtifactId, of: &str, verdict: Verdict, run: &str) {
        let request = EvidenceRequest { verdict, ..whole_evidence(artifact, of, run) };
        self.registry
            .write(self.as_(who))
            .change(|view, author| refmark_engine::plan::attach(view.facts()?, author, &request))
            .unwrap();
    }

    /// A version that bo registered and moved to staging, with all that production asks for.
    pub(crate) fn staged(&self, text: &str) -> (u64, ArtifactId) {
        let it = self.registry.write(self.as_("bo")).register(&self.package(text)).unwrap();
        assert_eq!(it.trust.as_str(), "trusted", "{text}");
        for of in ["evaluation", "canary", "rollback-plan", "runbook"] {
            self.evidence("ci", it.artifact, of, Verdict::Pass, "run-1");
        }
        let request = refmark_engine::plan::StageRequest {
            model: model("sentiment"),
            version: it.version,
            to: refmark_records::version::Stage::Staging,
            reason: "it is good".to_owned(),
            replacement: None,
            sunset: None,
            evidence: Vec::new(),
        };
        self.registry.write(self.as_("bo")).transition_stage(&request).unwrap();
        (it.version, it.artifact)
    }

    /// Proposes, approves and lands a version as champion.
    pub(crate) fn live(&self, version: u64) {
        let proposal =
            self.registry.write(self.as_("nora")).propose(None, |it| it.promote(&champion(version))).unwrap();
        for who in ["ada", "bo"] {
            let request = crate::ApproveRequest { target: proposal.branch.clone(), ..Default::default() };
            self.registry.write(self.as_(who)).approve(&request).unwrap();
        }
        self.registry.write(self.as_("nora")).land(&proposal.branch).unwrap();
    }
}

/// A contract that says what goes in and what comes out.
pub(crate) fn contract() -> Contract {
    let field = |name: &str| ContractField {
        name: name.to_owned(),
        field_type: "string".to_owned(),
        shape: None,
        optional: false,
    };
    Contract { inputs: vec![field("review")], outputs: vec![field("label")], notes: FreeMap::default() }
}

/// Passing evidence of a type, with all that the type asks for.
pub(crate) fn whole_evidence(artifact: ArtifactId, of: &str, run: &str) -> EvidenceRequest {
    let metric = Metric { value: MetricValue::of(0.9), better: Direction::Higher };
    let details = match of {
        "canary" => refmark_types::value::json!({
            "traffic_share": 0.05, "duration": "24 h", "compared_with": "champion", "result": "the same errors"
        }),
        "evaluation" | "sign-off" | "scan" => refmark_types::value::Value::Null,
        _ => refmark_types::value::json!({"text": "Roll back with one command, then call the owner."}),
    };
    EvidenceRequest {
        artifact,
        evidence_type: EntryId::parse(of).unwrap(),
        verdict: Verdict::Pass,
        summary: Some("looked at line by line".to_owned()),
        run: Some(run.to_owned()),
        suite: Some(Named::read("core@2026.4").unwrap()),
        dataset: Some(Named { sha256: Some(Digest::of(b"march")), ..Named::read("march").unwrap() }),
        metrics: [("f1".to_owned(), metric)].into_iter().collect(),
        tool: Some(Named::read("scanner@1.0").unwrap()),
        document: None,
        details: FreeJson(details),
    }
}

pub(crate) fn champion(version: u64) -> PromoteRequest {
    PromoteRequest {
        model: model("sentiment"),
        alias: alias("champion"),
        version,
        reason: "better on the March set".to_owned(),
        expect: None,
        evidence: Vec::new(),
    }
}
