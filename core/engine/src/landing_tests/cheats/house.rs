//! A registry under the team preset, with a version that is live and one in staging; and what people may try in it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::gate::Status;
use crate::landing::Standing;
use crate::plan::{self, Author};
use crate::policy::{TeamMember, team_policy};
use crate::state_reader::StateReader;
use crate::testing::memory::MemoryHistory;
use crate::testing::registry::{Edit, Made, Scene, Signed, Workshop, principal, public};
use crate::verify::Verifier;
use refmark_records::about::About;
use refmark_records::alias::AliasMove;
use refmark_records::approval::Waiver;
use refmark_records::catalog::{Family, seeds};
use refmark_records::checkpoint::Checkpoint;
use refmark_records::consumer::{Consumer, PublishedPin};
use refmark_records::evidence::{Direction, Evidence, Metric, MetricValue, Named, Verdict};
use refmark_records::layout::{Document, Place};
use refmark_records::manifest::{Contract, ContractField, FileClass, FileEntry, Gap, GapKind, Lineage, Manifest};
use refmark_records::policy::MemberKind;
use refmark_records::statement::Predicate;
use refmark_records::trust::{TrustMove, TrustState, VersionName};
use refmark_records::version::{Stage, StageMove, Version};
use refmark_types::canonical::{FreeJson, FreeMap};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::name::{AliasName, ConsumerId, EntryId, ModelName, Role};
use refmark_types::oid::Oid;
use refmark_types::printer::print;
use refmark_types::time::Timestamp;
use refmark_types::value::{Value, json};

const PEOPLE: [(&str, &[&str]); 8] = [
    ("ada", &["platform-lead"]),
    ("bo", &["mlops-engineer"]),
    ("chen", &["platform-lead"]),
    ("nora", &["data-scientist"]),
    ("olu", &["on-call"]),
    ("pia", &["mlops-engineer"]),
    ("ci", &["ci-agent"]),
    ("bot", &["data-scientist"]),
];

/// A text that people can rely on.
pub fn text() -> Value {
    json!({"text": "Roll back with one command, then call whoever owns the model."})
}

/// What is registered.
pub struct Package {
    pub class: &'static str,
    pub lineage: Vec<(&'static str, &'static str)>,
    pub contract: Option<Contract>,
    pub evaluation_card: Option<Value>,
    pub card: Option<&'static str>,
    pub incomplete: bool,
    /// What its weights are; each version has its own where nothing is said.
    pub weights: Option<&'static str>,
    /// The trust state that it is registered with; none leaves it acquired.
    pub trust: Option<TrustState>,
}

pub fn contract(inputs: &[&str], outputs: &[&str]) -> Contract {
    let field = |name: &&str| ContractField {
        name: (*name).to_owned(),
        field_type: "string".to_owned(),
        shape: None,
        optional: false,
    };
    Contract {
        inputs: inputs.iter().map(field).collect(),
        outputs: outputs.iter().map(field).collect(),
        notes: FreeMap::default(),
    }
}

impl Default for Package {
    fn default() -> Package {
        Package {
            class: "tensors",
            lineage: vec![
                ("training_run", "https://train.example.com/runs/8812"),
                ("dataset_version", "reviews@2026-08"),
                ("code_commit", "0123456789abcdef0123456789abcdef01234567"),
                ("license", "Apache-2.0"),
            ],
            contract: Some(contract(&["review"], &["label"])),
            evaluation_card: Some(json!({"measured_on": "held-out reviews"})),
            card: Some("# Sentiment\n\nSays whether a review is a good one.\n"),
            incomplete: false,
            weights: None,
            trust: Some(TrustState::Quarantined),
        }
    }
}

/// What a try came to.
pub struct Came {
    pub took_effect: bool,
    /// Gates that do not hold, people that are missing (`people`), and the messages of rules.
    pub reasons: Vec<String>,
}

impl Came {
    /// Whether a gate or a rule is among the reasons.
    pub fn names(&self, named: &str) -> bool {
        self.reasons.iter().any(|reason| reason == named || reason.contains(&format!(" {named}")))
    }
}

pub struct House {
    pub scene: Scene<MemoryHistory>,
    head: Cell<Oid>,
    versions: RefCell<Vec<Made>>,
    newest: RefCell<BTreeMap<String, Signed>>,
    commits: Cell<u64>,
    /// What is live.
    pub one: Made,
    /// What is in staging.
    pub two: Made,
}

impl House {
    pub fn new() -> House {
        House::under(|policy| policy)
    }

    /// The same, with something changed in the text of the preset.
    pub fn under(edit: impl FnOnce(String) -> String) -> House {
        let scene = Scene::in_memory();
        let member = |(name, roles): &(&str, &[&str])| TeamMember {
            id: principal(name),
            kind: if ["ci", "bot"].contains(name) { MemberKind::Agent } else { MemberKind::Person },
            name: None,
            roles: roles.iter().map(|role| Role::parse(role).unwrap()).collect(),
            keys: vec![public(name)],
        };
        let members: Vec<TeamMember> = PEOPLE.iter().map(member).collect();
        let root = scene.root(1, None, None, &["ada", "bob"], |_| {});
        let policy = edit(team_policy(scene.id, 1, &members, &[]));
        let (statement, policy) = scene.policy(1, None, None, &["ada", "bob"], &policy);
        let mut edits = vec![root.edit(), statement.edit(), policy];
        let is_type = |family| matches!(family, Family::ArtifactType | Family::EvidenceType);
        for seed in seeds().unwrap().into_iter().filter(|seed| is_type(seed.family)) {
            edits.push(scene.catalog(None, seed.family, seed.id.as_str()).edit());
        }
        let head = scene.git.put(&[], &edits, scene.tick());
        let nothing = scene.version(head, "nora", "nothing", None, "nothing");
        let mut house = House {
            scene,
            head: Cell::new(head),
            versions: RefCell::default(),
            newest: RefCell::default(),
            commits: Cell::new(1),
            one: nothing.clone(),
            two: nothing,
        };
        house.one = house.ready(0.90);
        assert!(house.live("nora", &house.one, &["ada", "bo"]).took_effect);
        house.two = house.ready(0.93);
        house
    }

    /// A version by nora that bo trusts and moves to staging, with all that production asks for.
    fn ready(&self, f1: f64) -> Made {
        let made = self.register("nora", Package::default());
        assert!(self.trust("bo", &made, TrustState::Trusted).took_effect);
        self.evaluation("ci", &made, f1);
        let staged = self.to_stage("bo", &made, Stage::Staging);
        assert!(staged.took_effect, "{:?}", staged.reasons);
        self.proof("ci", "bo", &made);
        made
    }

    fn land(&self, edits: Vec<Edit>) {
        self.head.set(self.scene.land(self.head.get(), edits));
        self.commits.set(self.commits.get() + 1);
    }

    /// Lands a record with what comes with it, and says what came of it.
    pub fn tries(&self, signed: &Signed, with: Vec<Edit>) -> Came {
        self.land([vec![signed.edit()], with].concat());
        let mut verifier = Verifier::from_the_start(&self.scene.git, self.head.get(), None).unwrap();
        let mut took_effect = false;
        verifier
            .run(|verdict| {
                took_effect |= verdict.effects.iter().any(|effect| effect.files.contains_key(&signed.path));
                Ok(())
            })
            .unwrap();
        let verified = verifier.finish().unwrap();
        let mut reasons = Vec::new();
        for landing in verified.walk.inert().iter().filter(|it| it.files.contains_key(&signed.path)) {
            assert!(landing.standing != Standing::New);
            for report in &landing.reports {
                let open = report.gates.iter().filter(|gate| gate.status > Status::Waived);
                reasons.extend(open.map(|gate| gate.name.clone()));
                if report.open_signers().next().is_some() {
                    reasons.push("people".to_owned());
                }
            }
            reasons.extend(landing.findings.iter().map(|finding| finding.1.message.clone()));
        }
        if took_effect {
            self.newest.borrow_mut().insert(chain_of(&signed.path), signed.clone());
        }
        Came { took_effect, reasons }
    }

    /// Whether what waited has taken effect since.
    pub fn woke(&self, signed: &Signed) -> bool {
        let mut verifier = Verifier::from_the_start(&self.scene.git, self.head.get(), None).unwrap();
        let mut took_effect = false;
        verifier
            .run(|verdict| {
                took_effect |= verdict.effects.iter().any(|effect| effect.files.contains_key(&signed.path));
                Ok(())
            })
            .unwrap();
        self.newest.borrow_mut().insert(chain_of(&signed.path), signed.clone());
        took_effect
    }

    fn before(&self, path: &str) -> Option<Signed> {
        self.newest.borrow().get(&chain_of(path)).cloned()
    }

    /// Registers the next version of `m`, owned by ada.
    pub fn register(&self, by: &str, package: Package) -> Made {
        self.register_owned(by, package, "ada").0
    }

    pub fn register_owned(&self, by: &str, package: Package, owner: &str) -> (Made, Came) {
        let base = self.head.get();
        let number = self.versions.borrow().len() as u64 + 1;
        let previous = self.versions.borrow().last().map(|made| made.version.digest());
        let (manifest, documents) = manifest_of(&package, number);
        let artifact = manifest.id().unwrap();
        let version = self.scene.sign(
            &[by],
            Version {
                model: model(),
                version: number,
                artifact,
                release: None,
                description: None,
                by: principal(by),
                time: self.scene.tick(),
                imported: None,
                previous,
                base: Some(base),
                path: String::new(),
                registry: self.scene.id,
            },
        );
        let place = |document| Place::Document(artifact, document).path();
        let mut edits = vec![Edit::put(&place(Document::Manifest), manifest.print().unwrap())];
        edits.extend(documents.iter().map(|(document, bytes)| Edit::put(&place(*document), bytes)));
        let name = VersionName { model: model(), version: number };
        let to = package.trust.unwrap_or(TrustState::Quarantined);
        let trust = self.trust_move(by, artifact, TrustState::Acquired, to, Some(name), None);
        if package.trust.is_some() {
            edits.push(trust.edit());
            self.newest.borrow_mut().insert(chain_of(&trust.path), trust.clone());
        }
        if number == 1 && !owner.is_empty() || owner != "ada" && !owner.is_empty() {
            edits.push(self.about(by, owner).edit());
        }
        let manifest = Edit::put(&place(Document::Manifest), manifest.print().unwrap());
        let made = Made { model: "m".to_owned(), number, artifact, version: version.clone(), trust, manifest };
        self.versions.borrow_mut().push(made.clone());
        let came = self.tries(&version, edits);
        (made, came)
    }

    fn about(&self, by: &str, owner: &str) -> Signed {
        let before = self.before("models/6/2/m/about/0000/01.json");
        let sequence = match before.as_ref().map(|it| it.record.predicate()) {
            Some(Predicate::About(about)) => about.sequence + 1,
            _ => 1,
        };
        let signed = self.scene.sign(
            &[by],
            About {
                model: model(),
                sequence,
                description: None,
                owner: Some(owner.to_owned()),
                tags: FreeMap::default(),
                renamed_to: None,
                hidden: false,
                by: principal(by),
                time: self.scene.tick(),
                previous: before.map(|it| it.digest()),
                base: Some(self.head.get()),
                path: String::new(),
                registry: self.scene.id,
            },
        );
        self.newest.borrow_mut().insert(chain_of(&signed.path), signed.clone());
        signed
    }

    fn trust_move(
        &self,
        by: &str,
        artifact: ArtifactId,
        from: TrustState,
        to: TrustState,
        version: Option<VersionName>,
        before: Option<&Signed>,
    ) -> Signed {
        let sequence = match before.map(|it| it.record.predicate()) {
            Some(Predicate::Trust(moved)) => moved.sequence + 1,
            _ => 1,
        };
        self.scene.sign(
            &[by],
            TrustMove {
                artifact,
                sequence,
                from,
                to,
                reason: "a story".to_owned(),
                version,
                by: principal(by),
                time: self.scene.tick(),
                evidence: Vec::new(),
                files: Vec::new(),
                previous: before.map(Signed::digest),
                base: Some(self.head.get()),
                path: String::new(),
                registry: self.scene.id,
            },
        )
    }

    /// Moves the trust state of a version's artifact.
    pub fn trust(&self, by: &str, of: &Made, to: TrustState) -> Came {
        self.trust_as(by, of, to, Some(VersionName { model: model(), version: of.number }), &[])
    }

    /// The same, by the name of another version, and with approvals.
    pub fn trust_as(
        &self,
        by: &str,
        of: &Made,
        to: TrustState,
        version: Option<VersionName>,
        approvers: &[&str],
    ) -> Came {
        let before = self.before(&of.trust.path);
        let from = match before.as_ref().map(|it| it.record.predicate()) {
            Some(Predicate::Trust(moved)) => moved.to,
            _ => TrustState::Acquired,
        };
        let moved = self.trust_move(by, of.artifact, from, to, version, before.as_ref());
        let approvals = self.approvals(&moved, approvers);
        self.tries(&moved, approvals)
    }

    pub fn delete(&self, by: &str, of: &Made, approvers: &[&str]) -> Came {
        self.trust_as(by, of, TrustState::Deleted, None, approvers)
    }

    /// Attaches passing evidence of a type, with something changed in it.
    pub fn evidence(&self, by: &str, of: &Made, kind: &str, edit: impl FnOnce(&mut Evidence)) {
        let signed = self.scene.evidence(self.head.get(), by, of.artifact, Verdict::Pass, |evidence| {
            evidence.evidence_type = EntryId::parse(kind).unwrap();
            edit(evidence);
        });
        self.land(vec![signed.edit()]);
    }

    /// Attaches a contract to what was registered.
    pub fn attach_contract(&self, by: &str, of: &Made, inputs: &[&str], outputs: &[&str]) {
        let stated = refmark_types::value::to_value(&contract(inputs, outputs));
        self.evidence(by, of, "contract", |it| it.details.0 = stated);
    }

    /// A whole evaluation on the March set.
    pub fn evaluation(&self, by: &str, of: &Made, f1: f64) {
        self.evaluation_with(by, of, f1, |_| {});
    }

    pub fn evaluation_with(&self, by: &str, of: &Made, f1: f64, edit: impl FnOnce(&mut Evidence)) {
        self.evidence(by, of, "evaluation", |it| {
            it.run = Some(format!("https://ci.example.com/{by}/{}", of.number));
            it.suite = Some(Named::read("core@2026.4").unwrap());
            it.dataset = Some(Named { sha256: Some(Digest::of(b"march")), ..Named::read("march").unwrap() });
            it.metrics = metrics(f1);
            edit(it);
        });
    }

    /// A canary, a plan and a runbook.
    pub fn proof(&self, ci: &str, writer: &str, of: &Made) {
        self.canary(ci, of, |_| {});
        for kind in ["rollback-plan", "runbook"] {
            self.evidence(writer, of, kind, |it| it.details.0 = text());
        }
    }

    pub fn canary(&self, by: &str, of: &Made, edit: impl FnOnce(&mut Evidence)) {
        self.evidence(by, of, "canary", |it| {
            it.run = Some("https://ci.example.com/canary".to_owned());
            it.details.0 = json!({
                "traffic_share": 0.05, "duration": "24 h", "compared_with": "champion", "result": "the same errors"
            });
            edit(it);
        });
    }

    fn approvals(&self, change: &Signed, approvers: &[&str]) -> Vec<Edit> {
        approvers.iter().map(|who| self.scene.approve(self.head.get(), who, change).edit()).collect()
    }

    /// The next stage move of a version, with something changed in it.
    pub fn stage_move(&self, by: &str, of: &Made, to: Stage, edit: impl FnOnce(&mut StageMove)) -> Signed {
        let path = Place::Stage(model(), of.number, 1).path();
        let before = self.before(&path);
        let signed = self.scene.stage(self.head.get(), by, of, before.as_ref(), to);
        let Predicate::Stage(mut moved) = signed.record.predicate().clone() else { unreachable!() };
        edit(&mut moved);
        self.scene.sign(&[by], *moved)
    }

    pub fn to_stage(&self, by: &str, of: &Made, to: Stage) -> Came {
        self.tries(&self.stage_move(by, of, to, |_| {}), Vec::new())
    }

    pub fn to_stage_approved(&self, by: &str, of: &Made, to: Stage, approvers: &[&str]) -> Came {
        let moved = self.stage_move(by, of, to, |_| {});
        let approvals = self.approvals(&moved, approvers);
        self.tries(&moved, approvals)
    }

    /// Retires a version in so many days.
    pub fn retire(&self, by: &str, of: &Made, replacement: Option<u64>, days: i64, approvers: &[&str]) -> Came {
        let sunset = self.scene.tick().plus(days * 86_400);
        let moved = self.stage_move(by, of, Stage::Retired, |it| {
            it.replacement = replacement;
            it.sunset = Some(sunset);
        });
        let approvals = self.approvals(&moved, approvers);
        self.tries(&moved, approvals)
    }

    /// The next move of an alias of `m`.
    pub fn alias_move(&self, by: &str, alias: &str, to: Option<&Made>, edit: impl FnOnce(&mut AliasMove)) -> Signed {
        let path = Place::Alias(model(), AliasName::parse(alias).unwrap(), 1).path();
        let before = self.before(&path);
        let signed = self.scene.alias(self.head.get(), by, alias, before.as_ref(), to);
        let Predicate::Alias(mut moved) = signed.record.predicate().clone() else { unreachable!() };
        edit(&mut moved);
        self.scene.sign(&[by], *moved)
    }

    pub fn promote(&self, by: &str, alias: &str, to: Option<&Made>, approvers: &[&str]) -> Came {
        let moved = self.alias_move(by, alias, to, |_| {});
        let approvals = self.approvals(&moved, approvers);
        self.tries(&moved, approvals)
    }

    /// Moves a version to production and `champion` to it, in one landing.
    pub fn live(&self, by: &str, of: &Made, approvers: &[&str]) -> Came {
        let staged = self.stage_move(by, of, Stage::Production, |_| {});
        let moved = self.alias_move(by, "champion", Some(of), |_| {});
        let mut with = self.approvals(&staged, approvers);
        with.extend(self.approvals(&moved, approvers));
        with.push(staged.edit());
        let came = self.tries(&moved, with);
        if came.took_effect {
            self.newest.borrow_mut().insert(chain_of(&staged.path), staged);
        }
        came
    }

    /// Moves a version to production with approvals and a waiver.
    pub fn waived(&self, by: &str, of: &Made, waiver: (&str, &str, i64)) -> Came {
        let (who, gate, days) = waiver;
        let moved = self.stage_move(by, of, Stage::Production, |_| {});
        let until = self.scene.tick().plus(days * 86_400);
        let waives = self.scene.approve_with(self.head.get(), who, &moved, |it| {
            it.approves = true;
            it.waives = vec![Waiver { gate: gate.to_owned(), reason: "we must".to_owned(), until }];
        });
        let mut with = vec![waives.edit()];
        with.extend(self.approvals(&moved, if who == "ada" { &["bo"] } else { &["ada", "pia"] }));
        self.tries(&moved, with)
    }

    /// Publishes what a project is pinned to.
    pub fn publish(&self, by: &str, project: &str, pins: &[&Made]) -> Came {
        let consumer = ConsumerId::parse(project).unwrap();
        let before = self.before(&Place::Consumer(consumer.clone(), 1).path());
        let sequence = match before.as_ref().map(|it| it.record.predicate()) {
            Some(Predicate::Consumer(it)) => it.sequence + 1,
            _ => 1,
        };
        let pin =
            |made: &&Made| PublishedPin { model: model(), version: made.number, artifact: made.artifact, alias: None };
        let signed = self.scene.sign(
            &[by],
            Consumer {
                consumer,
                sequence,
                project: None,
                pins: pins.iter().map(pin).collect(),
                by: principal(by),
                time: self.scene.tick(),
                previous: before.map(|it| it.digest()),
                base: Some(self.head.get()),
                path: String::new(),
                registry: self.scene.id,
            },
        );
        self.tries(&signed, Vec::new())
    }

    /// Renames a model, with all that the plan of a rename brings.
    pub fn rename(&self, by: &str, from: &str, to: &str) -> Came {
        let mut verifier = Verifier::from_the_start(&self.scene.git, self.head.get(), None).unwrap();
        verifier.run(|_| Ok(())).unwrap();
        let verified = verifier.finish().unwrap();
        let author = Author {
            by: principal(by),
            time: self.scene.tick(),
            base: Some(self.head.get()),
            registry: self.scene.id,
            tainted: Vec::new(),
            holds: Vec::new(),
        };
        let name = |text| ModelName::parse(text).unwrap();
        let plan = plan::rename(StateReader(verified.walk.state()), &author, &name(from), &name(to)).unwrap();
        let mut signed: Vec<Signed> =
            plan.statements.iter().map(|it| self.scene.sign(&[by], it.predicate().clone())).collect();
        drop(verified);
        let last = signed.pop().unwrap();
        let mut with: Vec<Edit> = signed.iter().map(Signed::edit).collect();
        with.extend(plan.documents.iter().map(|(place, bytes)| Edit::put(&place.path(), bytes)));
        self.tries(&last, with)
    }

    pub fn pass_days(&self, days: i64) {
        self.scene.pass(days * 86_400);
        // Somebody does something, so that the day is known.
        let tick = Edit::put("docs/day.md", format!("{:?}", self.scene.tick()));
        self.land(vec![tick]);
    }

    pub fn now(&self) -> Timestamp {
        self.scene.tick()
    }

    pub fn checkpoint(&self, by: &str) -> Signed {
        self.checkpoint_at(by, None)
    }

    pub fn checkpoint_at(&self, by: &str, time: Option<Timestamp>) -> Signed {
        let before = self.before("checkpoints/0000/01.json");
        let sequence = match before.as_ref().map(|it| it.record.predicate()) {
            Some(Predicate::Checkpoint(it)) => it.sequence + 1,
            _ => 1,
        };
        let signed = self.scene.sign(
            &[by],
            Checkpoint {
                sequence,
                commits: self.commits.get(),
                by: principal(by),
                time: time.unwrap_or_else(|| self.scene.tick()),
                previous: before.map(|it| it.digest()),
                base: Some(self.head.get()),
                path: String::new(),
                registry: self.scene.id,
            },
        );
        assert!(self.tries(&signed, Vec::new()).took_effect);
        signed
    }
}

pub fn metrics(f1: f64) -> FreeMap<Metric> {
    let metric = Metric { value: MetricValue::of(f1), better: Direction::Higher };
    [("f1".to_owned(), metric)].into_iter().collect()
}

pub fn model() -> ModelName {
    ModelName::parse("m").unwrap()
}

/// The chain that a numbered record belongs to: its path without the number.
fn chain_of(path: &str) -> String {
    match path.rfind("/trust-").or(path.rfind("/stage-")) {
        Some(at) => path[..at + 7].to_owned(),
        None => path.rsplitn(3, '/').nth(2).unwrap_or(path).to_owned(),
    }
}

fn manifest_of(package: &Package, number: u64) -> (Manifest, Vec<(Document, Vec<u8>)>) {
    let lineage: Lineage =
        package.lineage.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let mut documents = Vec::new();
    let mut keep = |document: Document, text: Option<String>| {
        text.map(|text| {
            let digest = Digest::of(text.as_bytes());
            documents.push((document, text.into_bytes()));
            digest
        })
    };
    let contract = keep(Document::Contract, package.contract.as_ref().map(|it| print(it).unwrap()));
    let lineage = keep(Document::Lineage, (!package.lineage.is_empty()).then(|| print(&lineage).unwrap()));
    let card = package.evaluation_card.clone().map(|it| print(&FreeJson(it)).unwrap());
    let evaluation_card = keep(Document::EvaluationCard, card);
    let model_card = keep(Document::ModelCard, package.card.map(str::to_owned));
    let bytes = package.weights.map_or_else(|| format!("weights of {number}"), str::to_owned);
    let gap =
        Gap { path: "model.bin".to_owned(), kind: GapKind::ShardAbsent, detail: "a shard is not here".to_owned() };
    let manifest = Manifest {
        artifact_type: EntryId::parse("model").unwrap(),
        format: "safetensors".to_owned(),
        files: vec![FileEntry {
            path: "model.bin".to_owned(),
            size: bytes.len() as u64,
            sha256: Digest::of(bytes.as_bytes()),
            class: FileClass::parse(package.class).unwrap(),
            format: "unknown".to_owned(),
        }],
        capabilities: Vec::new(),
        metrics: FreeMap::default(),
        parents: Vec::new(),
        source: None,
        contract,
        lineage,
        evaluation_card,
        model_card,
        contents: None,
        incomplete: if package.incomplete { vec![gap] } else { Vec::new() },
        graphs: Vec::new(),
        tensors: Vec::new(),
    };
    (manifest, documents)
}
