//! Registries for tests, honest and hostile: people with fixed keys, policies from text, any statement signed by anybody,
//! and commits of any shape, in memory or in a real Git repository.
//!
//! A test reads as a story: `let scene = Scene::in_memory(); let start = scene.start(); let one = …; scene.land(…)`.

mod edit;
mod team;

use std::cell::Cell;

pub use edit::{Edit, Made, Signed, Workshop};
pub use team::{Team, key, principal, public, signature};

use super::memory::MemoryHistory;
use refmark_records::alias::AliasMove;
use refmark_records::approval::Approval;
use refmark_records::catalog::{CatalogEntry, EntryState, Family};
use refmark_records::checkpoint::Checkpoint;
use refmark_records::evidence::{Evidence, Verdict};
use refmark_records::layout::{Document, Place};
use refmark_records::manifest::{FileClass, FileEntry, Manifest};
use refmark_records::policy::PolicyStatement;
use refmark_records::registry_id::RegistryId;
use refmark_records::root::{FORMAT, Keyholder, Quorum, Root};
use refmark_records::statement::{Predicate, Record, Statement};
use refmark_records::trust::{TrustMove, TrustState};
use refmark_records::version::{Stage, StageMove, Version};
use refmark_types::canonical::{FreeJson, FreeMap};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::name::{AliasName, EntryId, ModelName};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// What stands after the first commit.
#[derive(Debug, Clone)]
pub struct Start {
    /// The commit.
    pub head: Oid,
    /// Root 1.
    pub root: Signed,
    /// The statement of policy 1.
    pub policy: Signed,
}

/// A place to tell a story of a registry in.
pub struct Scene<W> {
    /// Where the commits are.
    pub git: W,
    /// The registry.
    pub id: RegistryId,
    clock: Cell<i64>,
}

impl Scene<MemoryHistory> {
    /// A scene without Git.
    pub fn in_memory() -> Scene<MemoryHistory> {
        Scene::new(MemoryHistory::new())
    }
}

impl<W: Workshop> Scene<W> {
    /// A scene over a store, at a fixed time.
    pub fn new(git: W) -> Scene<W> {
        Scene { git, id: RegistryId::from_bytes([7; 16]), clock: Cell::new(1_790_000_000) }
    }

    /// The next minute of the story.
    pub fn tick(&self) -> Timestamp {
        self.clock.set(self.clock.get() + 60);
        Timestamp::from_unix(self.clock.get())
    }

    /// Lets so many seconds pass (or takes them back).
    pub fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.get() + seconds);
    }

    /// Commits on top of one commit.
    pub fn land(&self, on: Oid, edits: impl IntoIterator<Item = Edit>) -> Oid {
        let edits: Vec<Edit> = edits.into_iter().collect();
        self.git.put(&[on], &edits, self.tick())
    }

    /// Signs what a predicate says, whoever it says it is by, with the keys of these names.
    pub fn sign(&self, signers: &[&str], predicate: impl Into<Predicate>) -> Signed {
        let mut predicate = predicate.into();
        let path = Place::of(&predicate).unwrap().path();
        predicate.set_path(path.clone());
        self.sign_as_it_is(signers, predicate, &path)
    }

    /// The same, without setting the statement's own path: for lies about it.
    pub fn sign_as_it_is(&self, signers: &[&str], predicate: impl Into<Predicate>, path: &str) -> Signed {
        let statement = Statement::new(predicate);
        let canonical = statement.canonical().unwrap();
        let signatures = signers.iter().map(|name| signature(name, &canonical)).collect();
        Signed { record: Record::new(statement, signatures).unwrap(), path: path.to_owned() }
    }

    /// Root n: `ada`, `bob` and `cy`, two of whom sign roots and policies, but for what the edit changes.
    pub fn root(
        &self,
        number: u64,
        previous: Option<&Signed>,
        base: Option<Oid>,
        signers: &[&str],
        edit: impl FnOnce(&mut Root),
    ) -> Signed {
        let three = || Quorum { threshold: 2, principals: ["ada", "bob", "cy"].map(principal).to_vec() };
        let holder = |name| Keyholder { principal: principal(name), keys: vec![public(name)] };
        let mut root = Root {
            number,
            name: "story".to_owned(),
            format: FORMAT,
            root: three(),
            policy: three(),
            keyholders: ["ada", "bob", "cy"].map(holder).to_vec(),
            reason: "a story".to_owned(),
            by: principal(signers.first().unwrap_or(&"ada")),
            time: self.tick(),
            previous: previous.map(Signed::digest),
            base,
            path: String::new(),
            registry: self.id,
        };
        edit(&mut root);
        self.sign(signers, root)
    }

    /// Policy n: the statement, and its text's file.
    pub fn policy(
        &self,
        number: u64,
        previous: Option<&Signed>,
        base: Option<Oid>,
        signers: &[&str],
        text: &str,
    ) -> (Signed, Edit) {
        let statement = PolicyStatement {
            number,
            text: Digest::of(text.as_bytes()),
            reason: "a story".to_owned(),
            by: principal(signers.first().unwrap_or(&"ada")),
            time: self.tick(),
            previous: previous.map(Signed::digest),
            base,
            path: String::new(),
            registry: self.id,
        };
        (self.sign(signers, statement), Edit::put(&Place::PolicyText(number).path(), text))
    }

    /// A catalog entry by `ada`.
    pub fn catalog(&self, base: Option<Oid>, family: Family, id: &str) -> Signed {
        self.sign(
            &["ada"],
            CatalogEntry {
                family,
                id: EntryId::parse(id).unwrap(),
                sequence: 1,
                state: EntryState::Active,
                owner: "ada".to_owned(),
                meaning: "A thing.".to_owned(),
                entry_kind: "built-in".to_owned(),
                schema: FreeJson::default(),
                docs: None,
                status_page: None,
                retention_days: None,
                billable: false,
                artifacts: Default::default(),
                template: None,
                by: principal("ada"),
                time: self.tick(),
                previous: None,
                base,
                path: String::new(),
                registry: self.id,
            },
        )
    }

    /// The files of the first commit: a root, a policy of this team, and the catalog's entries that stories use.
    pub fn founding(&self, team: &Team) -> (Signed, Signed, Vec<Edit>) {
        let root = self.root(1, None, None, &["ada", "bob"], |_| {});
        let (policy, text) = self.policy(1, None, None, &["ada", "bob"], &team.text(1, self.id));
        let mut edits = vec![root.edit(), policy.edit(), text];
        edits.push(self.catalog(None, Family::ArtifactType, "model").edit());
        for id in ["evaluation", "canary", "sign-off"] {
            edits.push(self.catalog(None, Family::EvidenceType, id).edit());
        }
        (root, policy, edits)
    }

    /// The first commit, by the default team.
    pub fn start(&self) -> Start {
        self.start_with(&Team::default())
    }

    /// The first commit, by a team.
    pub fn start_with(&self, team: &Team) -> Start {
        let (root, policy, edits) = self.founding(team);
        let head = self.git.put(&[], &edits, self.tick());
        Start { head, root, policy }
    }

    /// A version of a model whose one file has these weights, trusted at once.
    pub fn version(&self, base: Oid, by: &str, model: &str, previous: Option<&Made>, weights: &str) -> Made {
        let number = previous.map_or(1, |previous| previous.number + 1);
        let file = |path: &str, bytes: &[u8], class, format: &str| FileEntry {
            path: path.to_owned(),
            size: bytes.len() as u64,
            sha256: Digest::of(bytes),
            class,
            format: format.to_owned(),
        };
        let name = format!("{model} {number}");
        let manifest = Manifest {
            artifact_type: EntryId::parse("model").unwrap(),
            format: "safetensors".to_owned(),
            files: vec![
                file("name.txt", name.as_bytes(), FileClass::Data, "text"),
                file("weights.safetensors", weights.as_bytes(), FileClass::Tensors, "safetensors"),
            ],
            capabilities: Vec::new(),
            metrics: FreeMap::default(),
            parents: Vec::new(),
            source: None,
            contract: None,
            lineage: None,
            evaluation_card: None,
            model_card: None,
            contents: None,
            incomplete: Vec::new(),
            graphs: Vec::new(),
            tensors: Vec::new(),
        };
        let artifact = manifest.id().unwrap();
        let version = self.sign(
            &[by],
            Version {
                model: ModelName::parse(model).unwrap(),
                version: number,
                artifact,
                release: None,
                description: None,
                by: principal(by),
                time: self.tick(),
                imported: None,
                previous: previous.map(|previous| previous.version.digest()),
                base: Some(base),
                path: String::new(),
                registry: self.id,
            },
        );
        let trust = self.trust(base, by, artifact, None, TrustState::Trusted);
        let place = Place::Document(artifact, Document::Manifest).path();
        let manifest = Edit::put(&place, manifest.print().unwrap());
        Made { model: model.to_owned(), number, artifact, version, trust, manifest }
    }

    /// The next trust move of an artifact, after the one before.
    pub fn trust(&self, base: Oid, by: &str, artifact: ArtifactId, before: Option<&Signed>, to: TrustState) -> Signed {
        let (number, from) = match before.map(|before| before.record.predicate()) {
            Some(Predicate::Trust(trust_move)) => (trust_move.sequence + 1, trust_move.to),
            _ => (1, TrustState::Acquired),
        };
        self.sign(
            &[by],
            TrustMove {
                artifact,
                sequence: number,
                from,
                to,
                reason: "a story".to_owned(),
                version: None,
                by: principal(by),
                time: self.tick(),
                evidence: Vec::new(),
                files: Vec::new(),
                previous: before.map(Signed::digest),
                base: Some(base),
                path: String::new(),
                registry: self.id,
            },
        )
    }

    /// The next stage move of a version, after the one before.
    pub fn stage(&self, base: Oid, by: &str, of: &Made, before: Option<&Signed>, to: Stage) -> Signed {
        let (number, from) = match before.map(|before| before.record.predicate()) {
            Some(Predicate::Stage(stage_move)) => (stage_move.sequence + 1, stage_move.to),
            _ => (1, Stage::Experimental),
        };
        self.sign(
            &[by],
            StageMove {
                model: ModelName::parse(&of.model).unwrap(),
                version: of.number,
                artifact: of.artifact,
                sequence: number,
                from,
                to,
                reason: "a story".to_owned(),
                replacement: None,
                sunset: None,
                by: principal(by),
                time: self.tick(),
                evidence: Vec::new(),
                previous: before.map(Signed::digest),
                base: Some(base),
                path: String::new(),
                registry: self.id,
            },
        )
    }

    /// The next move of an alias of a version's model, after the one before. Nothing closes it.
    pub fn alias(&self, base: Oid, by: &str, alias: &str, before: Option<&Signed>, to: Option<&Made>) -> Signed {
        let model = match (to, before.map(|before| before.record.predicate())) {
            (Some(to), _) => ModelName::parse(&to.model).unwrap(),
            (None, Some(Predicate::Alias(alias_move))) => alias_move.model.clone(),
            _ => ModelName::parse("m").unwrap(),
        };
        let (number, from) = match before.map(|before| before.record.predicate()) {
            Some(Predicate::Alias(alias_move)) => (alias_move.sequence + 1, alias_move.to),
            _ => (1, None),
        };
        self.sign(
            &[by],
            AliasMove {
                model,
                alias: AliasName::parse(alias).unwrap(),
                sequence: number,
                from,
                to: to.map(Made::target),
                reason: "a story".to_owned(),
                by: principal(by),
                time: self.tick(),
                evidence: Vec::new(),
                bytes_present: to.is_some(),
                previous: before.map(Signed::digest),
                base: Some(base),
                path: String::new(),
                registry: self.id,
            },
        )
    }

    /// An approval of a change.
    pub fn approve(&self, base: Oid, by: &str, change: &Signed) -> Signed {
        self.approve_with(base, by, change, |_| {})
    }

    /// An approval of a change, with something changed in it.
    pub fn approve_with(&self, base: Oid, by: &str, change: &Signed, edit: impl FnOnce(&mut Approval)) -> Signed {
        let mut approval = Approval {
            change: change.path.clone(),
            statement: change.digest(),
            approves: true,
            waives: Vec::new(),
            reason: None,
            by: principal(by),
            time: self.tick(),
            not_after: None,
            previous: None,
            base: Some(base),
            path: String::new(),
            registry: self.id,
        };
        edit(&mut approval);
        self.sign(&[by], approval)
    }

    /// Evidence about an artifact, with something changed in it.
    pub fn evidence(
        &self,
        base: Oid,
        by: &str,
        artifact: ArtifactId,
        verdict: Verdict,
        edit: impl FnOnce(&mut Evidence),
    ) -> Signed {
        let mut evidence = Evidence {
            artifact,
            evidence_type: EntryId::parse("evaluation").unwrap(),
            verdict,
            summary: None,
            run: Some(format!("run of {by}")),
            suite: None,
            dataset: None,
            metrics: FreeMap::default(),
            tool: None,
            document: None,
            details: FreeJson::default(),
            by: principal(by),
            time: self.tick(),
            previous: None,
            base: Some(base),
            path: String::new(),
            registry: self.id,
        };
        edit(&mut evidence);
        self.sign(&[by], evidence)
    }

    /// A checkpoint by the agent: so many commits up to its base.
    pub fn checkpoint(&self, base: Oid, commits: u64, before: Option<&Signed>) -> Signed {
        let number = match before.map(|before| before.record.predicate()) {
            Some(Predicate::Checkpoint(checkpoint)) => checkpoint.sequence + 1,
            _ => 1,
        };
        self.sign(
            &["bot"],
            Checkpoint {
                sequence: number,
                commits,
                by: principal("bot"),
                time: self.tick(),
                previous: before.map(Signed::digest),
                base: Some(base),
                path: String::new(),
                registry: self.id,
            },
        )
    }

    /// The same statement with something changed in it, signed anew by the keys of these names.
    pub fn forge(&self, from: &Signed, signers: &[&str], edit: impl FnOnce(&mut Predicate)) -> Signed {
        let mut predicate = from.record.predicate().clone();
        edit(&mut predicate);
        self.sign(signers, predicate)
    }
}
