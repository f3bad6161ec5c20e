//! Writes the corpus: `cargo test -p refmark-tests --test attacks -- --ignored`. Keys, times and ids are fixed, so the same
//! attack comes out as the same commits; only what is new or changed need be committed.

mod branches;
mod clocks;
mod evidence;
mod git;
mod policies;
mod records;
mod trees;
mod trust;

use crate::receive::{corpus, git, run};
pub use git::GitShop;
use refmark_core::engine::testing::registry::{Made, Scene, Start, Team};
use refmark_core::types::digest::Digest;
use refmark_core::types::oid::Oid;

/// An attack in the making, on a team of six with two trusted versions of model `m`.
pub struct Attack {
    name: String,
    story: String,
    /// Where it happens.
    pub scene: Scene<GitShop>,
    /// The first commit.
    pub start: Start,
    /// Version 1.
    pub one: Made,
    /// Version 2.
    pub two: Made,
    /// The commit that brought them.
    pub head: Oid,
    pin: Option<String>,
    seen: Option<Oid>,
    condition: Option<&'static str>,
    resolves: Vec<(String, Option<u64>)>,
}

impl Attack {
    /// The reader saw this head before.
    pub fn seen(mut self, head: Oid) -> Attack {
        self.seen = Some(head);
        self
    }

    /// The reader pins this.
    pub fn pin(mut self, pin: String) -> Attack {
        self.pin = Some(pin);
        self
    }

    /// The reader's clone is brought into this condition first.
    pub fn condition(mut self, condition: &'static str) -> Attack {
        self.condition = Some(condition);
        self
    }

    /// What an alias holds in the end: a version's number, or nothing.
    pub fn resolves(mut self, reference: &str, version: Option<u64>) -> Attack {
        self.resolves.push((reference.to_owned(), version));
        self
    }

    /// Writes the attack: the branch's head, the verdict, the code, and the path that the code is about.
    pub fn ends(self, head: Oid, verdict: &str, code: Option<&str>, path: Option<&str>) {
        let folder = corpus().join(&self.name);
        std::fs::create_dir_all(&folder).expect("the corpus can be written");
        let at = &self.scene.git.folder;
        let mut refs = vec!["HEAD", "refs/heads/main"];
        run(&mut git(at, &["update-ref", "refs/heads/main", &head.to_string()]), b"");
        if let Some(seen) = self.seen {
            run(&mut git(at, &["update-ref", "refs/heads/seen", &seen.to_string()]), b"");
            refs.push("refs/heads/seen");
        }
        let bundle = folder.join("registry.bundle");
        let mut command = git(at, &["-c", "pack.threads=1", "bundle", "create", "--quiet"]);
        run(command.arg(&bundle).args(&refs), b"");
        let size = std::fs::metadata(&bundle).expect("the bundle is there").len();
        assert!(size < 250_000, "{} has {size} bytes", self.name);
        let pin = self.pin.unwrap_or_else(|| self.start.root.digest().prefixed());
        let resolves: serde_json::Map<String, serde_json::Value> =
            self.resolves.into_iter().map(|(reference, version)| (reference, version.into())).collect();
        let attack = serde_json::json!({
            "story": self.story,
            "kind": "registry",
            "bundle": "registry.bundle",
            "pin": pin,
            "condition": self.condition,
            "seen": self.seen,
            "head": head,
            "expect": {"verdict": verdict, "code": code, "path": path, "resolves": resolves},
        });
        let text = serde_json::to_string_pretty(&attack).expect("it is JSON") + "\n";
        std::fs::write(folder.join("attack.json"), text).expect("the corpus can be written");
    }
}

/// Makes attacks, each in a repository of its own.
pub struct Studio {
    folder: tempfile::TempDir,
}

impl Studio {
    fn new() -> Studio {
        Studio { folder: tempfile::tempdir().expect("there is room for temporary files") }
    }

    /// An attack on the default team.
    pub fn attack(&self, name: &str, story: &str) -> Attack {
        self.attack_on(&Team::default(), name, story)
    }

    /// An attack on a team.
    pub fn attack_on(&self, team: &Team, name: &str, story: &str) -> Attack {
        let scene = Scene::new(GitShop::new(&self.folder.path().join(name)));
        let start = scene.start_with(team);
        let one = scene.version(start.head, "dan", "m", None, "weights of one");
        let two = scene.version(start.head, "dan", "m", Some(&one), "weights of two");
        let edits: Vec<_> = one.edits().into_iter().chain(two.edits()).collect();
        let head = scene.land(start.head, edits);
        Attack {
            name: name.to_owned(),
            story: story.to_owned(),
            scene,
            start,
            one,
            two,
            head,
            pin: None,
            seen: None,
            condition: None,
            resolves: Vec::new(),
        }
    }
}

/// A digest of nothing that is there.
pub fn nothing() -> Digest {
    Digest::of(b"nothing that is there")
}

/// Writes every attack.
pub fn everything() {
    let studio = Studio::new();
    records::write(&studio);
    evidence::write(&studio);
    clocks::write(&studio);
    policies::write(&studio);
    branches::write(&studio);
    trees::write(&studio);
    trust::write(&studio);
}
