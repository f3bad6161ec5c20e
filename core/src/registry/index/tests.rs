//! The index answers what the records themselves answer, whatever happened to the branch.

use crate::words::map::Map;
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;

use super::super::list::{models_of, versions_of};
use super::super::tests::{key, model, world};
use super::super::transition::{artifacts, holders};
use super::*;
use crate::git::Format;
use crate::judgement::answer::detail::{model_details, version_details};
use crate::judgement::answer::search::Corpus;
use crate::judgement::facts::Facts;
use crate::judgement::index::{Comparison, MetricBound, MoveRow, SearchRequest, TagFilter};
use crate::judgement::plan::{self, AboutRequest, EvidenceRequest, PromoteRequest, RollbackRequest, StageRequest};
use crate::judgement::plan::{Author, Plan, one_person_policy};
use crate::key::HeldKey;
use crate::ports::signer::{Signer, sign_statement};
use crate::ports::store::{Identity, NewCommit, RecordStore};
use crate::records::evidence::Verdict;
use crate::records::layout::Place;
use crate::records::statement::{Record, Statement};
use crate::records::trust::TrustState;
use crate::records::version::{Label, Stage};
use crate::registry::{DetailRequest, InitRequest, ModelDetail, Package, Writer};
use crate::testing::disk::FaultyDisk;
use crate::words::canonical::{FreeJson, FreeMap};
use crate::words::name::{AliasName, EntryId, PrincipalId};

/// What may be done to a registry. The numbers choose models, versions and the like among those that there are.
#[derive(Debug, Clone)]
enum Step {
    Register {
        model: u8,
        text: u8,
    },
    Promote {
        model: u8,
        alias: u8,
        version: u8,
    },
    Rollback {
        model: u8,
        alias: u8,
    },
    Unset {
        model: u8,
        alias: u8,
    },
    Stage {
        model: u8,
        version: u8,
        to: u8,
    },
    Revoke {
        model: u8,
        version: u8,
    },
    Trust {
        model: u8,
        version: u8,
    },
    Describe {
        model: u8,
        text: u8,
        hidden: bool,
    },
    Label {
        model: u8,
        version: u8,
        text: u8,
        hidden: bool,
    },
    Attach {
        model: u8,
        version: u8,
        value: u8,
    },
    /// A move that waits for evidence, pushed by somebody's own `git`.
    Pend {
        model: u8,
        version: u8,
    },
    /// A move by a key that nobody knows.
    Forge {
        model: u8,
        version: u8,
    },
    Junk(u8),
    /// A file that took effect is removed, and put back by the next step that finds it so.
    Break(u8),
    Look,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let n = || 0u8..6;
    let one = prop_oneof![
        4 => (0u8..3, any::<u8>()).prop_map(|(model, text)| Step::Register { model, text }),
        3 => (0u8..3, n(), n()).prop_map(|(model, alias, version)| Step::Promote { model, alias, version }),
        1 => (0u8..3, n()).prop_map(|(model, alias)| Step::Rollback { model, alias }),
        1 => (0u8..3, n()).prop_map(|(model, alias)| Step::Unset { model, alias }),
        2 => (0u8..3, n(), n()).prop_map(|(model, version, to)| Step::Stage { model, version, to }),
        1 => (0u8..3, n()).prop_map(|(model, version)| Step::Revoke { model, version }),
        1 => (0u8..3, n()).prop_map(|(model, version)| Step::Trust { model, version }),
        1 => (0u8..3, n(), prop::bool::weighted(0.2))
            .prop_map(|(model, text, hidden)| Step::Describe { model, text, hidden }),
        2 => (0u8..3, n(), n(), prop::bool::weighted(0.2))
            .prop_map(|(model, version, text, hidden)| Step::Label { model, version, text, hidden }),
        2 => (0u8..3, n(), n()).prop_map(|(model, version, value)| Step::Attach { model, version, value }),
        2 => (0u8..3, n()).prop_map(|(model, version)| Step::Pend { model, version }),
        1 => (0u8..3, n()).prop_map(|(model, version)| Step::Forge { model, version }),
        1 => any::<u8>().prop_map(Step::Junk),
        1 => any::<u8>().prop_map(Step::Break),
        2 => Just(Step::Look),
    ];
    prop::collection::vec(one, 1..28)
}

struct Bench {
    _home: TempDir,
    registry: Registry,
    key: HeldKey,
    stranger: HeldKey,
    broken: Option<(String, Vec<u8>)>,
    files: u64,
}

const MODELS: [&str; 3] = ["sentiment", "nlp.Tagger", "vision model"];
const ALIASES: [&str; 3] = ["champion", "canary", "shadow"];

impl Bench {
    fn new() -> Bench {
        let home = tempfile::tempdir().unwrap();
        let key = key(1);
        let mut world = world(home.path());
        world.disk = Arc::new(FaultyDisk::sound());
        let public = key.public();
        let policy = move |author: &Author| {
            let guarded = "[[alias]]\nnames = [\"guarded\"]\nneeds = { signers = [{ roles = [\"owner\"] }], author_counts = true, gates = [{ type = \"evidence\", of = \"evaluation\" }] }\n\n[[alias]]";
            Ok(one_person_policy(author, &public).replacen("[[alias]]", guarded, 1))
        };
        let request = InitRequest {
            name: None,
            founder: PrincipalId::parse("ada").unwrap(),
            here: false,
            format: Format::Sha1,
            policy: Some(&policy),
        };
        let registry = Registry::init(&home.path().join("models"), world, &Writer::new(&key), &request).unwrap().0;
        Bench { _home: home, registry, key, stranger: super::super::tests::key(2), broken: None, files: 0 }
    }

    fn change(&self, plan: impl Fn(Facts<'_>, &Author) -> Result<Plan>) {
        let done = self.registry.change(&Writer::new(&self.key), |view, author| plan(view.facts()?, author));
        if let Err(fault) = done {
            let expected = [
                Code::NothingToDo,
                Code::NotFound,
                Code::Refused,
                Code::Pending,
                Code::BadTip,
                Code::Revoked,
                Code::PremiseGone,
                Code::BadArgument,
                Code::NotTrusted,
            ];
            assert!(expected.contains(&fault.code), "{fault:?}");
        }
    }

    /// A version that there is, chosen by a number.
    fn version(&self, name: u8, n: u8) -> Option<(ModelNameOf, u64)> {
        let model = model(MODELS[usize::from(name) % 3]);
        let newest = self.registry.view().ok()?.facts().ok()?.newest_version(&model).ok()??;
        Some((model, u64::from(n) % newest + 1))
    }

    /// A commit by somebody's own `git`.
    fn push(&self, files: Vec<(String, Vec<u8>)>, removals: Vec<String>) {
        let head = self.registry.head().unwrap();
        let who = Identity { name: "g".to_owned(), email: String::new() };
        let commit = NewCommit {
            parents: vec![head],
            files,
            removals,
            message: "by hand\n".to_owned(),
            author: who.clone(),
            committer: who,
            time: self.registry.world().clock.now(),
            sign: None,
        };
        let commit = self.registry.repo().write(&commit).unwrap();
        self.registry.repo().move_branch(self.registry.branch(), Some(head), commit).unwrap();
    }

    fn signed(&self, key: &HeldKey, statement: &Statement) -> (String, Vec<u8>) {
        let canonical = statement.canonical().unwrap();
        let record = Record::new(statement.clone(), vec![sign_statement(key, &canonical).unwrap()]).unwrap();
        (record.common().path.to_owned(), record.print().unwrap().into_bytes())
    }

    fn author(&self) -> Author {
        let view = self.registry.view().unwrap();
        let base = view.verified().unwrap().last_good;
        let time = self.registry.world().clock.now();
        Author { by: PrincipalId::parse("ada").unwrap(), time, base, registry: self.registry.id() }
    }

    fn push_move(&self, key: &HeldKey, alias: &str, model: &ModelNameOf, version: u64) {
        let view = self.registry.view().unwrap();
        let request = promotion(model, alias, version);
        if let Ok(plan) = plan::promote(view.facts().unwrap(), &self.author(), &request) {
            self.push(plan.statements.iter().map(|it| self.signed(key, it)).collect(), Vec::new());
        }
    }

    fn take(&mut self, step: &Step) {
        if let Some((path, bytes)) = self.broken.take_if(|_| !matches!(step, Step::Look | Step::Junk(_))) {
            self.push(vec![(path, bytes)], Vec::new());
        }
        match step.clone() {
            Step::Register { model: name, text } => self.register(name, text),
            Step::Promote { model, alias, version } => {
                let Some((model, version)) = self.version(model, version) else { return };
                let request = promotion(&model, ALIASES[usize::from(alias) % 3], version);
                self.change(|facts, author| plan::promote(facts, author, &request));
            }
            Step::Rollback { model: name, alias } => {
                let request = RollbackRequest {
                    model: model(MODELS[usize::from(name) % 3]),
                    alias: AliasName::parse(ALIASES[usize::from(alias) % 3]).unwrap(),
                    to: None,
                    reason: "back".to_owned(),
                };
                self.change(|facts, author| plan::rollback(facts, author, &request));
            }
            Step::Unset { model: name, alias } => {
                let request = plan::UnsetRequest {
                    model: model(MODELS[usize::from(name) % 3]),
                    alias: AliasName::parse(ALIASES[usize::from(alias) % 3]).unwrap(),
                    reason: "closed".to_owned(),
                };
                self.change(|facts, author| plan::unset(facts, author, &request));
            }
            Step::Stage { model, version, to } => {
                let Some((model, version)) = self.version(model, version) else { return };
                let request = StageRequest {
                    model,
                    version,
                    to: Stage::ALL[usize::from(to) % 5],
                    reason: String::new(),
                    replacement: None,
                    sunset: None,
                    evidence: Vec::new(),
                };
                self.change(|facts, author| plan::stage(facts, author, &request));
            }
            Step::Revoke { model, version } => self.trust(model, version, TrustState::Revoked),
            Step::Trust { model, version } => self.trust(model, version, TrustState::Trusted),
            Step::Describe { model: name, text, hidden } => {
                let request = AboutRequest {
                    description: Some(format!("reads reviews number{text}")),
                    tags: vec![("team".to_owned(), format!("t{}", text % 2))],
                    hidden: Some(hidden),
                    ..AboutRequest::default()
                };
                let model = model(MODELS[usize::from(name) % 3]);
                self.change(|facts, author| plan::describe(facts, author, &model, &request));
            }
            Step::Label { model, version, text, hidden } => self.label(model, version, text, hidden),
            Step::Attach { model, version, value } => self.attach(model, version, value),
            Step::Pend { model, version } => {
                let Some((model, version)) = self.version(model, version) else { return };
                self.push_move(&self.key, "guarded", &model, version);
            }
            Step::Forge { model, version } => {
                let Some((model, version)) = self.version(model, version) else { return };
                self.push_move(&self.stranger, "champion", &model, version);
            }
            Step::Junk(n) => {
                self.push(vec![(format!("docs/{n}.md"), vec![n]), (format!("junk{n}"), vec![n])], Vec::new());
            }
            Step::Break(n) => self.remove_one(n),
            Step::Look => self.compare(),
        }
    }

    fn register(&mut self, name: u8, text: u8) {
        let folder = self._home.path().join(format!("package{}", self.files));
        self.files += 1;
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.json"), format!("{{\"n\": {}}}", text % 16)).unwrap();
        let mut package = Package::new(model(MODELS[usize::from(name) % 3]), vec![folder]).unwrap();
        package.metrics = vec![("f1".to_owned(), f64::from(text % 10) / 10.0)];
        package.capabilities = vec![["classify", "tag-words"][usize::from(text) % 2].to_owned()];
        package.card = text.is_multiple_of(3).then(|| format!("# Card\nTrained on corpus{}.\n", text % 5));
        package.owner = text.is_multiple_of(4).then(|| format!("team{}", text % 3));
        match self.registry.register(&Writer::new(&self.key), &package) {
            Ok(_) => {}
            Err(fault) => assert_eq!(fault.code, Code::BadTip, "{fault:?}"),
        }
    }

    fn trust(&self, model: u8, version: u8, to: TrustState) {
        let Some((model, version)) = self.version(model, version) else { return };
        self.change(|facts, author| {
            let Some(artifact) = facts.version(&model, version)?.map(|it| it.artifact) else {
                return Err(Fault::new(Code::NotFound, "no such version"));
            };
            let request = plan::TrustRequest { artifact, to, reason: "test".to_owned(), evidence: Vec::new() };
            plan::trust(facts, author, &request)
        });
    }

    fn label(&self, model: u8, version: u8, text: u8, hidden: bool) {
        let Some((model, version)) = self.version(model, version) else { return };
        let author = self.author();
        let view = self.registry.view().unwrap();
        let facts = view.facts().unwrap();
        let Some(of) = facts.version(&model, version).unwrap() else { return };
        let now = facts.label(&model, version).unwrap();
        let mut tags = FreeMap::new();
        tags.insert("run".to_owned(), format!("r{text}"));
        let sequence = now.as_ref().map_or(1, |it| it.sequence + 1);
        let label = Label {
            path: Place::Label(model.clone(), version, sequence).path(),
            model,
            version,
            artifact: of.artifact,
            sequence,
            description: text.is_multiple_of(2).then(|| format!("labelled word{text}")),
            tags,
            hidden,
            by: author.by,
            time: author.time,
            previous: now.map(|it| it.record.digest()),
            base: author.base,
            registry: author.registry,
        };
        self.push(vec![self.signed(&self.key, &Statement::new(label))], Vec::new());
    }

    fn attach(&self, model: u8, version: u8, value: u8) {
        let Some((model, version)) = self.version(model, version) else { return };
        self.change(|facts, author| {
            let Some(artifact) = facts.version(&model, version)?.map(|it| it.artifact) else {
                return Err(Fault::new(Code::NotFound, "no such version"));
            };
            let mut metrics = FreeMap::new();
            let metric = crate::records::evidence::Metric {
                value: crate::records::evidence::MetricValue::of(f64::from(value) / 5.0),
                better: crate::records::evidence::Direction::Higher,
            };
            metrics.insert("f1".to_owned(), metric);
            let request = EvidenceRequest {
                artifact,
                evidence_type: EntryId::parse("evaluation")?,
                verdict: Verdict::Pass,
                summary: None,
                run: Some(format!("run{value}")),
                suite: None,
                dataset: None,
                metrics,
                tool: None,
                document: None,
                details: FreeJson::default(),
            };
            plan::attach(facts, author, &request)
        });
    }

    fn remove_one(&mut self, n: u8) {
        let head = self.registry.head().unwrap();
        let landings = self.landings();
        let all: Vec<&String> = landings.keys().filter(|it| it.starts_with("models/")).collect();
        let Some(path) = all.get(usize::from(n) % all.len().max(1)) else { return };
        let Ok(Some(bytes)) = self.registry.repo().snapshot(head).unwrap().read(path, 1 << 20) else { return };
        self.push(Vec::new(), vec![(*path).clone()]);
        self.broken = Some(((*path).clone(), bytes));
    }

    /// Where every file took effect, by a walk from the first commit.
    fn landings(&self) -> Map<String, Oid> {
        let mut verifier = Verifier::from_the_start(self.registry.repo(), self.registry.head().unwrap(), None).unwrap();
        let mut found = Map::new();
        verifier
            .run(|verdict| {
                for path in verdict.effects.iter().flat_map(|it| it.files.keys()) {
                    found.insert(path.clone(), verdict.commit);
                }
                Ok(())
            })
            .unwrap();
        found
    }

    /// Every answer of the index against that of the records.
    fn compare(&self) {
        let view = self.registry.view().unwrap();
        let facts = view.facts().unwrap();
        let landings = self.landings();
        assert_eq!(self.registry.indexed(&view, |_| Ok(())).unwrap(), Some(()), "the index is not used");
        for (path, commit) in &landings {
            let found = self.registry.landed(&view, path).unwrap().map(|it| it.commit);
            assert_eq!(found, Some(*commit), "{path}");
        }
        assert_eq!(self.registry.list_models(&view).unwrap(), models_of(facts).unwrap());
        for name in facts.models().unwrap() {
            let slow = versions_of(facts, &name).unwrap();
            let fast = self.registry.indexed(&view, |index| index.versions(&name)).unwrap().unwrap();
            assert_eq!(fast, slow);
        }
        let models = self.registry.indexed(&view, |index| index.model_details()).unwrap().unwrap();
        assert_eq!(models, model_details(facts).unwrap());
        for request in detail_requests(&models) {
            let fast = self.registry.indexed(&view, |index| index.version_details(&request)).unwrap().unwrap();
            assert_eq!(fast, version_details(facts, &request).unwrap(), "{request:?}");
        }
        let mut fast = self.registry.log(&view, None, None).map(|it| it.moves).unwrap();
        let mut slow = self.slow_moves(facts, &landings);
        fast.sort_by_key(|it| (it.model.clone(), it.alias.clone(), it.sequence));
        slow.sort_by_key(|it| (it.model.clone(), it.alias.clone(), it.sequence));
        assert_eq!(fast, slow);
        let all = artifacts(facts).unwrap();
        let listed = self.registry.indexed(&view, |index| index.artifacts()).unwrap().unwrap();
        assert_eq!(listed.iter().map(|it| it.0).collect::<Vec<_>>(), all);
        for (artifact, trust) in listed {
            assert_eq!(trust, facts.trust(&artifact).unwrap().0);
            let fast = self
                .registry
                .indexed(&view, |index| Ok((index.versions_of(&artifact)?, index.holders_of(&artifact)?)))
                .unwrap();
            assert_eq!(fast.unwrap(), holders(facts, artifact).unwrap());
        }
        let basis = view.basis().unwrap();
        let corpus = Corpus::of(&basis).unwrap();
        for request in requests() {
            self.compare_search(&view, &landings, &request);
            // The browser has no index: the same versions in the same order, for the same reasons.
            let found = self.registry.search(&view, &request).unwrap().found;
            assert_eq!(corpus.search(&basis, &request).unwrap().found, found, "{request:?}");
        }
    }

    fn slow_moves(&self, facts: Facts<'_>, landings: &Map<String, Oid>) -> Vec<MoveRow> {
        let mut rows = Vec::new();
        for model in facts.models().unwrap() {
            for alias in facts.aliases(&model).unwrap() {
                for it in facts.alias_moves(&model, &alias).unwrap() {
                    let commit = landings[&Place::Alias(model.clone(), alias.clone(), it.sequence).path()];
                    rows.push(MoveRow {
                        model: model.clone(),
                        alias: alias.clone(),
                        sequence: it.sequence,
                        from: it.from,
                        to: it.to,
                        by: it.by.clone(),
                        time: it.time,
                        reason: it.reason.clone(),
                        commit: Some(commit),
                        landed: Some(self.registry.repo().commit(commit).unwrap().time),
                    });
                }
            }
        }
        rows
    }

    fn compare_search(&self, view: &View<'_>, landings: &Map<String, Oid>, request: &SearchRequest) {
        let facts = view.facts().unwrap();
        let mut slow = Vec::new();
        for name in facts.models().unwrap() {
            for row in versions_of(facts, &name).unwrap() {
                if fits(facts, &row, request) {
                    slow.push((name.clone(), row.version));
                }
            }
        }
        let found = self.registry.search(view, request).unwrap().found;
        let mut fast = Vec::new();
        for row in &found {
            fast.push((row.version.model.clone(), row.version.version));
            let path = Place::Version(row.version.model.clone(), row.version.version).path();
            assert_eq!(row.commit, Some(landings[&path]));
            let asked = request.text.is_some() || request.capability.is_some() || !request.tags.is_empty();
            assert!(!asked || !row.matched.is_empty(), "{request:?} {row:?}");
        }
        fast.sort();
        slow.sort();
        assert_eq!(fast, slow, "{request:?}");
    }
}

type ModelNameOf = crate::words::name::ModelName;

fn promotion(model: &ModelNameOf, alias: &str, version: u64) -> PromoteRequest {
    PromoteRequest {
        model: model.clone(),
        alias: AliasName::parse(alias).unwrap(),
        version,
        reason: format!("to {version}"),
        expect: None,
        evidence: Vec::new(),
    }
}

fn detail_requests(models: &[ModelDetail]) -> Vec<DetailRequest> {
    let tagged = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
    let mut all = vec![
        DetailRequest::default(),
        DetailRequest { newest_of_stages: true, ..DetailRequest::default() },
        DetailRequest { tags: tagged("run", "r1"), ..DetailRequest::default() },
    ];
    for it in models {
        all.push(DetailRequest::of(&it.model));
        all.push(DetailRequest { tags: tagged("run", "r1"), ..DetailRequest::of(&it.model) });
        all.push(DetailRequest { newest_of_stages: true, ..DetailRequest::of(&it.model) });
    }
    all
}

fn requests() -> Vec<SearchRequest> {
    let with = |edit: &dyn Fn(&mut SearchRequest)| {
        let mut request = SearchRequest { limit: 10_000, ..SearchRequest::default() };
        edit(&mut request);
        request
    };
    let text = |text: &str| with(&|it| it.text = Some(text.to_owned()));
    vec![
        with(&|_| ()),
        with(&|it| it.hidden = true),
        text("sentiment"),
        text("tagg"),
        text("corpus0"),
        text("tag words"),
        text("labelled"),
        text("reviews"),
        text("r2"),
        text("nothing has this"),
        text("\" OR * ("),
        with(&|it| it.capability = Some("classify".to_owned())),
        with(&|it| it.stage = Some(Stage::Production)),
        with(&|it| it.trust = Some(TrustState::Revoked)),
        with(&|it| it.tags = vec![TagFilter { key: "team".to_owned(), value: Some("t1".to_owned()) }]),
        with(&|it| it.tags = vec![TagFilter { key: "run".to_owned(), value: None }]),
        with(&|it| {
            it.metrics = vec![MetricBound { name: "f1".to_owned(), comparison: Comparison::AtLeast, value: 0.5 }];
            it.text = Some("sentiment".to_owned());
        }),
    ]
}

/// Whether a version fits, by the records alone.
fn fits(facts: Facts<'_>, row: &crate::registry::VersionRow, request: &SearchRequest) -> bool {
    let about = facts.about(&row.model).unwrap();
    let label = facts.label(&row.model, row.version).unwrap();
    let manifest = facts.manifest(&row.artifact).unwrap().unwrap();
    let hidden = about.as_ref().is_some_and(|it| it.hidden) || label.as_ref().is_some_and(|it| it.hidden);
    let mut tags: Vec<(String, String)> = Vec::new();
    tags.extend(about.iter().flat_map(|it| it.tags.iter()).map(|(k, v)| (k.to_owned(), v.clone())));
    tags.extend(label.iter().flat_map(|it| it.tags.iter()).map(|(k, v)| (k.to_owned(), v.clone())));
    let evidence = facts.evidence(&row.artifact).unwrap();
    let number = |name: &str| {
        let claimed = manifest.metrics.get(name).and_then(|it| it.number());
        let measured = evidence.iter().filter_map(|it| it.metrics.get(name)?.value.number());
        claimed.into_iter().chain(measured).collect::<Vec<f64>>()
    };
    let words = request.words();
    let of = |texts: Vec<String>| {
        let text = texts.join(" ").to_lowercase();
        let have: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        words.iter().all(|word| have.iter().any(|it| it.starts_with(word.as_str())))
    };
    let tag_text = |label: bool, tags: &FreeMap<String>| {
        let _ = label;
        tags.iter().map(|(k, v)| format!("{k} {v}")).collect::<Vec<_>>().join(" ")
    };
    let card = facts.document(&row.artifact, crate::records::layout::Document::ModelCard).unwrap();
    let own = vec![
        row.model.to_string(),
        label.as_ref().and_then(|it| it.description.clone()).unwrap_or_default(),
        label.as_ref().map(|it| tag_text(true, &it.tags)).unwrap_or_default(),
        manifest.artifact_type.to_string(),
        manifest.format.clone(),
        manifest.capabilities.join(" "),
        card.map(|it| String::from_utf8(it).unwrap()).unwrap_or_default(),
    ];
    let of_model = vec![
        row.model.to_string(),
        about.as_ref().and_then(|it| it.description.clone()).unwrap_or_default(),
        about.as_ref().and_then(|it| it.owner.clone()).unwrap_or_default(),
        about.as_ref().map(|it| tag_text(false, &it.tags)).unwrap_or_default(),
    ];
    let nothing_asked = request.text.as_deref().is_none_or(str::is_empty);
    let by_text = nothing_asked || (!words.is_empty() && (of(own) || of(of_model)));
    by_text
        && (request.hidden || !hidden)
        && request.capability.as_ref().is_none_or(|it| manifest.capabilities.contains(it))
        && request.stage.is_none_or(|it| row.stage == it)
        && request.trust.is_none_or(|it| row.trust == it)
        && request
            .tags
            .iter()
            .all(|it| tags.iter().any(|(k, v)| *k == it.key && it.value.as_ref().is_none_or(|value| value == v)))
        && request.metrics.iter().all(|it| number(&it.name).iter().any(|have| *have >= it.value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_index_answers_what_the_records_do_whatever_happens_to_the_branch(steps in steps()) {
        let mut bench = Bench::new();
        for step in &steps {
            bench.take(step);
        }
        bench.compare();
        // An index that was made at once says the same as one that followed.
        bench.registry.index_rebuild().unwrap();
        bench.compare();
    }
}

fn some() -> Bench {
    let mut bench = Bench::new();
    for n in 0..3 {
        bench.take(&Step::Register { model: 0, text: n });
    }
    bench.take(&Step::Promote { model: 0, alias: 0, version: 0 });
    bench.take(&Step::Promote { model: 0, alias: 0, version: 1 });
    bench.take(&Step::Describe { model: 0, text: 1, hidden: false });
    bench
}

#[test]
fn a_move_that_waited_is_dated_by_the_commit_in_which_it_took_effect() {
    let mut bench = some();
    bench.take(&Step::Pend { model: 0, version: 0 });
    let brought = bench.registry.head().unwrap();
    bench.take(&Step::Junk(1));
    bench.take(&Step::Attach { model: 0, version: 0, value: 1 });
    let evidence = bench.registry.head().unwrap();
    bench.take(&Step::Junk(2));
    let view = bench.registry.view().unwrap();
    let guarded = AliasName::parse("guarded").unwrap();
    let moves = bench.registry.log(&view, Some(&model("sentiment")), Some(&guarded)).unwrap().moves;
    assert_eq!(moves.len(), 1);
    assert_ne!(moves[0].commit, Some(brought));
    assert_eq!(moves[0].commit, Some(evidence));
}

#[test]
fn a_damaged_index_is_made_again_without_a_word() {
    let bench = some();
    bench.compare();
    let path = bench.registry.index_path();
    let wal = format!("{}-wal", path.display());
    for damage in
        [b"not a database at all, and long enough to be looked at as one".repeat(200), Vec::new(), vec![0; 100]]
    {
        // As another process finds it.
        let registry = Registry::open(bench.registry.path(), bench.registry.world().clone()).unwrap();
        *bench.registry.index.0.lock().unwrap() = Held::Closed;
        std::fs::write(&path, damage).unwrap();
        let _ = std::fs::remove_file(&wal);
        let view = registry.view().unwrap();
        assert_eq!(registry.list_versions(&view, &model("sentiment")).unwrap().len(), 3);
        assert!(registry.index_status().unwrap().current);
    }
    // Damage in the middle, which only a question meets.
    bench.compare();
    *bench.registry.index.0.lock().unwrap() = Held::Closed;
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in bytes.iter_mut().skip(8192) {
        *byte ^= 0x5a;
    }
    std::fs::write(&path, bytes).unwrap();
    let _ = std::fs::remove_file(&wal);
    bench.compare();
}

#[test]
fn an_index_of_another_schema_is_dropped() {
    let bench = some();
    bench.compare();
    *bench.registry.index.0.lock().unwrap() = Held::Closed;
    let other = rusqlite::Connection::open(bench.registry.index_path()).unwrap();
    other.execute_batch("PRAGMA user_version = 999; DROP TABLE versions").unwrap();
    drop(other);
    bench.compare();
}

#[test]
fn a_view_of_an_older_head_is_not_answered_from_a_newer_index() {
    let mut bench = some();
    let old = bench.registry.head().unwrap();
    bench.compare();
    bench.take(&Step::Register { model: 0, text: 9 });
    bench.compare();
    let champion = AliasName::parse("champion").unwrap();
    // The reader remembers the newer head; then it remembers none.
    for forgets in [false, true] {
        if forgets {
            std::fs::remove_dir_all(bench.registry.own_folder()).unwrap();
        }
        let view = bench.registry.view_of(old).unwrap();
        assert_eq!(bench.registry.list_versions(&view, &model("sentiment")).unwrap().len(), 3);
        assert_eq!(bench.registry.log(&view, Some(&model("sentiment")), Some(&champion)).unwrap().moves.len(), 2);
    }
}

#[test]
fn several_readers_catch_up_at_once() {
    let mut bench = some();
    for n in 10..16 {
        bench.take(&Step::Register { model: 1, text: n });
    }
    let path = bench.registry.path().to_owned();
    let world = bench.registry.world().clone();
    let counts: Vec<usize> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let registry = Registry::open(&path, world.clone()).unwrap();
                    let view = registry.view().unwrap();
                    registry.search(&view, &SearchRequest::default()).unwrap().found.len()
                })
            })
            .collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(counts, [9; 6]);
    bench.compare();
}

#[test]
fn where_no_index_can_be_made_the_records_answer() {
    let bench = some();
    // A folder in the index's place: nobody can write there, root included.
    std::fs::create_dir_all(bench.registry.index_path()).unwrap();
    let view = bench.registry.view().unwrap();
    assert_eq!(bench.registry.indexed(&view, |_| Ok(())).unwrap(), None);
    assert_eq!(bench.registry.list_versions(&view, &model("sentiment")).unwrap().len(), 3);
    let request = SearchRequest { text: Some("reviews".to_owned()), ..SearchRequest::default() };
    assert_eq!(bench.registry.search(&view, &request).unwrap().found.len(), 3);
}

#[test]
fn an_index_that_somebody_else_could_have_written_is_not_asked() {
    use std::os::unix::fs::PermissionsExt;
    let bench = some();
    bench.compare();
    let own = bench.registry.own_folder();
    assert!(own.join("index.sqlite").is_file() && !own.starts_with(bench.registry.git_dir()));
    *bench.registry.index.0.lock().unwrap() = Held::Closed;
    let liar = rusqlite::Connection::open(bench.registry.index_path()).unwrap();
    liar.execute_batch("DELETE FROM versions WHERE version > 1").unwrap();
    drop(liar);
    // What lies in the registry's own folder is nobody's word.
    let planted = bench.registry.work_folder().join("index.sqlite");
    std::fs::copy(own.join("index.sqlite"), planted).unwrap();
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert_ne!(bench.registry.own_folder(), own, "a folder that others can write is not this reader's own");
    bench.compare();
    let view = bench.registry.view().unwrap();
    assert_eq!(bench.registry.list_versions(&view, &model("sentiment")).unwrap().len(), 3);
}
