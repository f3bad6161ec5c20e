//! A team's registry for tests: a policy with roles and gates, packages with real tensors, proposals and approvals as the
//! records that they are.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::tests::{key, model, world};
use crate::write::transaction::identity;
use crate::{Context, InitRequest, Package, RegisterAnswer, Registry};
use refmark_engine::gate::Decision;
use refmark_engine::plan::{self, Author, EvidenceRequest, Plan, PromoteRequest, StageRequest};
use refmark_engine::ports::Clock;
use refmark_engine::ports::signer::{Signer, sign_statement};
use refmark_engine::ports::store::{NewCommit, RecordStore};
use refmark_engine::state_reader::StateReader;
use refmark_records::approval::{Approval, Waiver};
use refmark_records::consumer::{Consumer, PublishedPin};
use refmark_records::evidence::{Direction, Metric, MetricValue, Named, Verdict};
use refmark_records::layout::Place;
use refmark_records::manifest::{Contract, ContractField};
use refmark_records::policy::PolicyStatement;
use refmark_records::statement::{Record, Statement};
use refmark_records::version::Stage;
use refmark_store::git::Format;
use refmark_store::key::HeldKey;
use refmark_types::canonical::FreeMap;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ConsumerId, EntryId, PrincipalId};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// A clock that goes on by a second each time it is read, and leaps when it is told to.
pub(crate) struct Leaping(AtomicI64);

impl Clock for Leaping {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// Everybody: ada and bo lead, nora and chen run models, ci evaluates, eve may only look.
pub(crate) const PEOPLE: [(&str, u8, &str); 6] = [
    ("ada", 1, "platform-lead\", \"on-call"),
    ("bo", 2, "platform-lead"),
    ("nora", 3, "mlops-engineer"),
    ("chen", 4, "mlops-engineer"),
    ("ci-eval", 5, "ci-agent"),
    ("eve", 6, "reader"),
];

pub(crate) struct Team {
    pub(crate) home: tempfile::TempDir,
    pub(crate) registry: Registry,
    clock: Arc<Leaping>,
}

pub(crate) fn key_of(who: &str) -> HeldKey {
    key(PEOPLE.iter().find(|it| it.0 == who).unwrap().1)
}

pub(crate) fn policy_text(author: &Author, number: u64) -> String {
    let mut text = format!("format = 2\nregistry = \"{}\"\nnumber = {number}\n", author.registry);
    for (id, _, roles) in PEOPLE {
        let kind = if id.starts_with("ci") { "agent" } else { "person" };
        let key = key_of(id).public();
        text.push_str(&format!("[members.\"{id}\"]\nkind = \"{kind}\"\nroles = [\"{roles}\"]\nkeys = [\"{key}\"]\n"));
    }
    text.push_str(
        r#"
[roles.platform-lead]
may = ["propose", "register", "describe", "attach", "approve", "waive", "catalog", "checkpoint", "publish"]
[roles.mlops-engineer]
may = ["propose", "register", "describe", "attach", "approve", "publish"]
[roles.on-call]
may = ["propose"]
[roles.ci-agent]
may = ["attach", "publish"]
[roles.reader]
may = []

[[owners]]
name = "nlp team"
models = ["*"]
members = ["ada"]

# What is live: two people, and the proofs that somebody will ask for at three in the morning.
[[alias]]
names = ["champion"]
stage = ["production"]
rollback = { roles = ["on-call"], days = 30 }
[alias.needs]
signers = [{ roles = ["platform-lead"] }, { roles = ["platform-lead", "mlops-engineer"] }]
gates = [
  { type = "metric", metric = "f1", baseline = "champion", min_improvement = 0.0 },
  { type = "metric", metric = "latency_p95_ms", max = 40.0, waivable = true },
  { type = "evidence", of = "canary", max_age_days = 14 },
  { type = "evidence", of = "rollback-plan", any_verdict = true },
  { type = "evidence", of = "runbook", any_verdict = true },
]

[[alias]]
names = ["*"]
needs = { signers = [{ roles = ["mlops-engineer", "platform-lead"] }], author_counts = true }

[[stage]]
to = ["production"]
needs = { signers = [{ roles = ["platform-lead"] }], gates = [{ type = "owner-named" }, { type = "lineage-complete" }] }
[[stage]]
to = ["staging", "retired", "archived"]
needs = { signers = [{ roles = ["mlops-engineer", "platform-lead"] }], author_counts = true }

[[trust]]
from = ["acquired", "quarantined"]
to = ["trusted"]
needs = { signers = [{ roles = ["mlops-engineer", "platform-lead"] }], author_counts = true, gates = [{ type = "class-allowed", classes = ["tensors", "data"], with_sign_off = ["code", "config-code", "unsafe-format", "not-scanned"] }] }
[[trust]]
to = ["quarantined", "revoked", "deleted"]
break_glass = ["on-call"]
needs = { signers = [{ roles = ["platform-lead"] }], author_counts = true }
"#,
    );
    text
}

/// A safetensors file with these tensors of 16 floats each.
pub(crate) fn tensors(fill: &[u8]) -> Vec<u8> {
    let entry = |(at, _): (usize, &u8)| {
        format!(
            "\"layer.{at}.weight\":{{\"dtype\":\"F32\",\"shape\":[4,4],\"data_offsets\":[{},{}]}}",
            at * 64,
            at * 64 + 64
        )
    };
    let header = format!("{{{}}}", fill.iter().enumerate().map(entry).collect::<Vec<_>>().join(","));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    for byte in fill {
        bytes.extend([*byte; 64]);
    }
    bytes
}

impl Team {
    pub(crate) fn new() -> Team {
        let home = tempfile::tempdir().unwrap();
        // 2026-10-10T09:00:00Z
        let clock = Arc::new(Leaping(AtomicI64::new(1_791_622_800)));
        let registry = {
            let ada = key_of("ada");
            let request = InitRequest {
                name: Some("acme models".to_owned()),
                founder: PrincipalId::parse("ada").unwrap(),
                here: false,
                format: Format::Sha1,
                policy: Some(&|author| Ok(policy_text(author, 1))),
            };
            let world = Context { clock: clock.clone(), ..world(home.path()) };
            Registry::init(&home.path().join("models"), world, &ada, &request).unwrap().0
        };
        Team { home, registry, clock }
    }

    pub(crate) fn days(&self, days: i64) {
        self.clock.0.fetch_add(days * 86_400, Ordering::SeqCst);
    }

    pub(crate) fn main(&self) -> Oid {
        self.registry.head().unwrap()
    }

    pub(crate) fn package(&self, version: u8) -> Package {
        let folder = self.home.path().join(format!("package-{version}"));
        std::fs::create_dir_all(&folder).unwrap();
        let fill: Vec<u8> = (0..12).map(|n| if n < 3 { version } else { 0 }).collect();
        write(&folder.join("model.safetensors"), &tensors(&fill));
        write(&folder.join("config.json"), format!("{{\"hidden\": 4, \"revision\": {version}}}").as_bytes());
        write(&folder.join("tokenizer.json"), b"{\"vocab\": [\"a\", \"b\"]}");
        let mut package = Package::new(model("sentiment"), vec![folder]).unwrap();
        let month = if version == 1 { "march@2026" } else { "june@2026" };
        for (key, value) in [
            ("training_run", format!("run-{version}")),
            ("dataset_version", month.to_owned()),
            ("code_commit", Digest::of(&[version]).hex()[..40].to_owned()),
            ("license", "Apache-2.0".to_owned()),
        ] {
            package.lineage.insert(key.to_owned(), value);
        }
        package.owner = Some("nlp team".to_owned());
        let field = |name: &str, optional: bool| ContractField {
            name: name.to_owned(),
            field_type: "string".to_owned(),
            shape: None,
            optional,
        };
        let mut inputs = vec![field("text", false)];
        if version > 1 {
            inputs.push(field("lang", true));
        }
        package.contract = Some(Contract { inputs, outputs: vec![field("label", false)], ..Contract::default() });
        package
    }

    pub(crate) fn register(&self, version: u8) -> RegisterAnswer {
        let nora = key_of("nora");
        self.registry.write(&nora).register(&self.package(version)).unwrap()
    }

    /// Writes a change to the branch itself.
    pub(crate) fn write(&self, who: &str, plan: impl Fn(StateReader<'_>, &Author) -> Result<Plan>) -> Oid {
        self.try_write(who, plan).unwrap()
    }

    pub(crate) fn try_write(&self, who: &str, plan: impl Fn(StateReader<'_>, &Author) -> Result<Plan>) -> Result<Oid> {
        let key = key_of(who);
        let written = self.registry.write(&key).change(|view, author| plan(view.facts()?, author))?;
        Ok(written.commit)
    }

    pub(crate) fn evidence(
        &self,
        who: &str,
        of: &str,
        artifact: ArtifactId,
        verdict: Verdict,
        metrics: &[(&str, f64)],
    ) {
        self.evidence_on("march-holdout", who, of, artifact, verdict, metrics);
    }

    pub(crate) fn evidence_on(
        &self,
        dataset: &str,
        who: &str,
        of: &str,
        artifact: ArtifactId,
        verdict: Verdict,
        metrics: &[(&str, f64)],
    ) {
        let metric = |(name, value): &(&str, f64)| {
            let better = if name.ends_with("ms") || *name == "toxicity" { Direction::Lower } else { Direction::Higher };
            ((*name).to_owned(), Metric { value: MetricValue::of(*value), better })
        };
        let mut found = FreeMap::new();
        metrics.iter().map(metric).for_each(|(name, metric)| found.insert(name, metric));
        let request = EvidenceRequest {
            artifact,
            evidence_type: EntryId::parse(of).unwrap(),
            verdict,
            summary: None,
            run: (of == "evaluation").then(|| format!("https://ci.example.com/runs/{}", 8800 + found.len())),
            suite: None,
            dataset: (!metrics.is_empty()).then(|| Named {
                name: dataset.to_owned(),
                version: None,
                sha256: Some(Digest::of(dataset.as_bytes())),
            }),
            metrics: found,
            tool: None,
            document: None,
            details: Default::default(),
        };
        self.write(who, |facts, author| plan::attach(facts, author, &request));
    }

    /// A project publishes what it is pinned to.
    pub(crate) fn publish(&self, project: &str, version: u64, artifact: ArtifactId) {
        let id = ConsumerId::parse(project).unwrap();
        let pin = PublishedPin {
            model: model("sentiment"),
            version,
            artifact,
            alias: Some(AliasName::parse("champion").unwrap()),
        };
        let consumer = Consumer {
            consumer: id.clone(),
            sequence: 1,
            project: None,
            pins: vec![pin],
            by: PrincipalId::parse("bo").unwrap(),
            time: self.clock.now(),
            previous: None,
            base: Some(self.main()),
            path: Place::Consumer(id, 1).path(),
            registry: self.registry.id(),
        };
        let file = signed(Statement::new(consumer), &key_of("bo"));
        self.commit("main", "bo", vec![file], &format!("publish {project}"));
    }

    /// Everything that the gates of `champion` ask of a version.
    pub(crate) fn prove(&self, artifact: ArtifactId, f1: f64, latency: f64) {
        self.evidence("ci-eval", "evaluation", artifact, Verdict::Pass, &[("f1", f1), ("latency_p95_ms", latency)]);
        self.evidence("bo", "canary", artifact, Verdict::Pass, &[]);
        self.evidence("nora", "rollback-plan", artifact, Verdict::Info, &[]);
        self.evidence("nora", "runbook", artifact, Verdict::Info, &[]);
    }

    pub(crate) fn stage(&self, who: &str, version: u64, to: Stage) -> Oid {
        let request = StageRequest {
            model: model("sentiment"),
            version,
            to,
            reason: format!("to {to}"),
            replacement: None,
            sunset: None,
            evidence: Vec::new(),
        };
        self.write(who, |facts, author| plan::stage(facts, author, &request))
    }

    /// Signs what is planned and commits it to a branch: the proposal, before anybody approves.
    pub(crate) fn propose(
        &self,
        branch: &str,
        who: &str,
        plan: impl Fn(StateReader<'_>, &Author) -> Result<Plan>,
    ) -> Oid {
        let view = self.registry.view().unwrap();
        let by = PrincipalId::parse(who).unwrap();
        let author = Author {
            by,
            time: self.clock.now(),
            base: Some(view.head),
            registry: self.registry.id(),
            tainted: Vec::new(),
            holds: Vec::new(),
        };
        let plan = plan(view.facts().unwrap(), &author).unwrap();
        let key = key_of(who);
        let mut files: Vec<(String, Vec<u8>)> =
            plan.documents.iter().map(|(place, bytes)| (place.path(), bytes.clone())).collect();
        files.extend(plan.statements.iter().map(|it| signed(it.clone(), &key)));
        self.commit(branch, who, files, &plan.subject)
    }

    /// Commits files to a branch, which starts at the registry's head.
    pub(crate) fn commit(&self, branch: &str, who: &str, files: Vec<(String, Vec<u8>)>, subject: &str) -> Oid {
        let repo = self.registry.repo();
        let standing = repo.head(branch).unwrap();
        let commit = repo
            .write(&NewCommit {
                parents: vec![standing.unwrap_or_else(|| self.main())],
                files,
                removals: Vec::new(),
                message: format!("{subject}\n"),
                author: identity(&PrincipalId::parse(who).unwrap()),
                committer: identity(&PrincipalId::parse(who).unwrap()),
                time: self.clock.now(),
                sign: None,
            })
            .unwrap();
        repo.move_branch(branch, standing, commit).unwrap();
        commit
    }

    pub(crate) fn promote(version: u64, alias: &str, reason: &str) -> PromoteRequest {
        PromoteRequest {
            model: model("sentiment"),
            alias: AliasName::parse(alias).unwrap(),
            version,
            reason: reason.to_owned(),
            expect: None,
            evidence: Vec::new(),
        }
    }

    pub(crate) fn propose_champion(&self, branch: &str, who: &str, version: u64) -> Oid {
        let request = Team::promote(version, "champion", "two points of F1 on the March set");
        self.propose(branch, who, |facts, author| plan::promote(facts, author, &request))
    }

    /// Approves everything that waits on a branch, and waives these gates.
    pub(crate) fn approve(&self, branch: &str, who: &str, waives: &[&str]) -> Oid {
        let review = self.registry.read().review(&format!("main..{branch}")).unwrap();
        let key = key_of(who);
        let mut files = Vec::new();
        for change in review.changes.items.iter().filter(|it| it.decision != Decision::Ok) {
            let has = |gate: &&&str| change.gates.iter().any(|it| it.gate.name == ***gate);
            let waiver = |gate: &&str| Waiver {
                gate: (*gate).to_owned(),
                reason: "new hardware lands on 28 November".to_owned(),
                until: self.clock.now().plus(10 * 86_400),
            };
            let approval = Approval {
                change: change.path.clone(),
                statement: change.statement,
                approves: true,
                waives: waives.iter().filter(has).map(waiver).collect(),
                reason: None,
                by: PrincipalId::parse(who).unwrap(),
                time: self.clock.now(),
                not_after: None,
                previous: None,
                base: Some(self.main()),
                path: Place::Approval(change.statement, PrincipalId::parse(who).unwrap()).path(),
                registry: self.registry.id(),
            };
            files.push(signed(Statement::new(approval), &key));
        }
        self.commit(branch, who, files, &format!("approve {}", review.title))
    }

    /// Moves the branch on to a commit, as a merge of the forge or a fast-forward does.
    pub(crate) fn land(&self, commit: Oid) {
        let repo = self.registry.repo();
        repo.move_branch("main", Some(self.main()), commit).unwrap();
    }

    /// Version 1 is live for a while; version 2 is registered and proven.
    pub(crate) fn with_a_champion() -> (Team, ArtifactId, ArtifactId) {
        let team = Team::new();
        let one = team.register(1).artifact;
        team.prove(one, 0.893, 31.7);
        team.stage("nora", 1, Stage::Staging);
        team.propose_champion("propose/first", "nora", 1);
        team.approve("propose/first", "ada", &[]);
        let done = team.approve("propose/first", "bo", &[]);
        team.land(done);
        team.days(39);
        let two = team.register(2).artifact;
        team.prove(two, 0.912, 46.2);
        team.stage("nora", 2, Stage::Staging);
        team.days(2);
        (team, one, two)
    }
}

/// The next policy, with this text.
pub(crate) fn next_policy(facts: StateReader<'_>, author: &Author, text: &str) -> Result<Plan> {
    let (now, statement) = facts.newest_policy()?.unwrap();
    let number = now.number + 1;
    let statement = PolicyStatement {
        number,
        text: Digest::of(text.as_bytes()),
        reason: "as agreed".to_owned(),
        by: author.by.clone(),
        time: author.time,
        previous: Some(statement.digest()),
        base: author.base,
        path: Place::Policy(number).path(),
        registry: author.registry,
    };
    let documents = vec![(Place::PolicyText(number), text.as_bytes().to_vec())];
    Ok(Plan {
        subject: format!("policy {number}"),
        statements: vec![Statement::new(statement)],
        documents,
        ..Plan::default()
    })
}

pub(crate) fn signed(statement: Statement, key: &HeldKey) -> (String, Vec<u8>) {
    let canonical = statement.canonical().unwrap();
    let record = Record::new(statement, vec![sign_statement(key, &canonical).unwrap()]).unwrap();
    (record.common().path.to_owned(), record.print().unwrap().into_bytes())
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}
