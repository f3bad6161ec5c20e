//! A registry to which anything may happen, step by step.

use super::*;

pub(crate) type ModelNameOf = refmark_types::name::ModelName;

pub(crate) fn promotion(model: &ModelNameOf, alias: &str, version: u64) -> PromoteRequest {
    PromoteRequest {
        model: model.clone(),
        alias: AliasName::parse(alias).unwrap(),
        version,
        reason: format!("to {version}"),
        expect: None,
        evidence: Vec::new(),
    }
}

/// What may be done to a registry. The numbers choose models, versions and the like among those that there are.
#[derive(Debug, Clone)]
pub(crate) enum Step {
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

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
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

pub(crate) struct Bench {
    _home: TempDir,
    pub(crate) registry: Registry,
    pub(crate) key: HeldKey,
    stranger: HeldKey,
    broken: Option<(String, Vec<u8>)>,
    files: u64,
}

pub(crate) const MODELS: [&str; 3] = ["sentiment", "nlp.Tagger", "vision model"];
pub(crate) const ALIASES: [&str; 3] = ["champion", "canary", "shadow"];

impl Bench {
    pub(crate) fn new() -> Bench {
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
        let registry = Registry::init(&home.path().join("models"), world, &key, &request).unwrap().0;
        Bench { _home: home, registry, key, stranger: super::super::tests::key(2), broken: None, files: 0 }
    }

    pub(crate) fn change(&self, plan: impl Fn(StateReader<'_>, &Author) -> Result<Plan>) {
        let done = self.registry.write(&self.key).change(|view, author| plan(view.facts()?, author));
        if let Err(error) = done {
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
            assert!(expected.contains(&error.code), "{error:?}");
        }
    }

    /// A version that there is, chosen by a number.
    pub(crate) fn version(&self, name: u8, n: u8) -> Option<(ModelNameOf, u64)> {
        let model = model(MODELS[usize::from(name) % 3]);
        let newest = self.registry.view().ok()?.facts().ok()?.newest_version(&model).ok()??;
        Some((model, u64::from(n) % newest + 1))
    }

    /// A commit by somebody's own `git`.
    pub(crate) fn push(&self, files: Vec<(String, Vec<u8>)>, removals: Vec<String>) {
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

    pub(crate) fn signed(&self, key: &HeldKey, statement: &Statement) -> (String, Vec<u8>) {
        let canonical = statement.canonical().unwrap();
        let record = Record::new(statement.clone(), vec![sign_statement(key, &canonical).unwrap()]).unwrap();
        (record.common().path.to_owned(), record.print().unwrap().into_bytes())
    }

    pub(crate) fn author(&self) -> Author {
        let view = self.registry.view().unwrap();
        let base = view.verified().unwrap().last_good;
        let time = self.registry.world().clock.now();
        Author {
            by: PrincipalId::parse("ada").unwrap(),
            time,
            base,
            registry: self.registry.id(),
            tainted: Vec::new(),
            holds: Vec::new(),
        }
    }

    pub(crate) fn push_move(&self, key: &HeldKey, alias: &str, model: &ModelNameOf, version: u64) {
        let view = self.registry.view().unwrap();
        let request = promotion(model, alias, version);
        if let Ok(plan) = plan::promote(view.facts().unwrap(), &self.author(), &request) {
            self.push(plan.statements.iter().map(|it| self.signed(key, it)).collect(), Vec::new());
        }
    }

    pub(crate) fn take(&mut self, step: &Step) {
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

    pub(crate) fn register(&mut self, name: u8, text: u8) {
        let folder = self._home.path().join(format!("package{}", self.files));
        self.files += 1;
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.json"), format!("{{\"n\": {}}}", text % 16)).unwrap();
        let mut package = Package::new(model(MODELS[usize::from(name) % 3]), vec![folder]).unwrap();
        package.metrics = vec![("f1".to_owned(), f64::from(text % 10) / 10.0)];
        package.capabilities = vec![["classify", "tag-words"][usize::from(text) % 2].to_owned()];
        package.card = text.is_multiple_of(3).then(|| format!("# Card\nTrained on corpus{}.\n", text % 5));
        package.owner = text.is_multiple_of(4).then(|| format!("team{}", text % 3));
        match self.registry.write(&self.key).register(&package) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.code, Code::BadTip, "{error:?}"),
        }
    }

    pub(crate) fn trust(&self, model: u8, version: u8, to: TrustState) {
        let Some((model, version)) = self.version(model, version) else { return };
        self.change(|facts, author| {
            let Some(artifact) = facts.version(&model, version)?.map(|it| it.artifact) else {
                return Err(Error::new(Code::NotFound, "no such version"));
            };
            let request = plan::TrustRequest::new(artifact, to, "test");
            plan::trust(facts, author, &request)
        });
    }

    pub(crate) fn label(&self, model: u8, version: u8, text: u8, hidden: bool) {
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

    pub(crate) fn attach(&self, model: u8, version: u8, value: u8) {
        let Some((model, version)) = self.version(model, version) else { return };
        self.change(|facts, author| {
            let Some(artifact) = facts.version(&model, version)?.map(|it| it.artifact) else {
                return Err(Error::new(Code::NotFound, "no such version"));
            };
            let mut metrics = FreeMap::new();
            let metric = refmark_records::evidence::Metric {
                value: refmark_records::evidence::MetricValue::of(f64::from(value) / 5.0),
                better: refmark_records::evidence::Direction::Higher,
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

    pub(crate) fn remove_one(&mut self, n: u8) {
        let head = self.registry.head().unwrap();
        let landings = self.landings();
        let all: Vec<&String> = landings.keys().filter(|it| it.starts_with("models/")).collect();
        let Some(path) = all.get(usize::from(n) % all.len().max(1)) else { return };
        let Ok(Some(bytes)) = self.registry.repo().snapshot(head).unwrap().read(path, 1 << 20) else { return };
        self.push(Vec::new(), vec![path.to_string()]);
        self.broken = Some((path.to_string(), bytes));
    }
}
