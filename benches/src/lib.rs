//! What the benchmarks share: registries of a given size, a clock and a key that are always the same, and a measure of
//! CPU time, which tells the same story on a busy machine as on a quiet one.
//!
//! Whoever runs a benchmark wants it to stop where something is wrong: everything here panics then.

#![allow(clippy::disallowed_methods)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use refmark_core::engine::ports::Clock;
use refmark_core::grown::{self, Shape};
use refmark_core::store::git::Format;
use refmark_core::store::key::HeldKey;
use refmark_core::store::testing::disk::FaultyDisk;
use refmark_core::types::name::PrincipalId;
use refmark_core::types::reference::Reference;
use refmark_core::types::time::Timestamp;
use refmark_core::{Context, InitRequest, Places, Registry, ResolveOptions};

mod cpu;
mod moves;

pub use cpu::CpuTime;
pub use moves::{MOVED_ALIASES, many_moves};

/// A clock that goes on by a second each time it is read.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// The key that founds and writes every registry here.
pub fn key() -> HeldKey {
    HeldKey::from_seed(&[7; 32], "the benchmarks' key").expect("the seed is a good one")
}

/// A world with folders of its own below `home`. `durable` waits for the disk as a user's world does.
pub fn world(home: &Path, durable: bool) -> Context {
    let places = Places {
        home: Some(home.to_owned()),
        config: Some(home.join("config/refmark")),
        data: Some(home.join("data/refmark")),
    };
    let mut world = Context::at(places, Arc::new(Ticking(AtomicI64::new(1_800_000_000))));
    if !durable {
        world.disk = Arc::new(FaultyDisk::sound());
    }
    world
}

/// A new, empty registry in `home/models`, founded by [`key`].
pub fn init(home: &Path, durable: bool) -> Registry {
    let founder = PrincipalId::parse("ada").expect("it is a name");
    let request = InitRequest { name: None, founder, here: false, format: Format::Sha1, policy: None };
    let made = Registry::init(&home.join("models"), world(home, durable), &key(), &request);
    made.expect("a registry can be made").0
}

/// Where big registries are kept from run to run: `REFMARK_BENCH_DIR`, else `target/bench-registries`.
pub fn kept() -> PathBuf {
    let named = std::env::var_os("REFMARK_BENCH_DIR").map(PathBuf::from);
    named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench-registries"))
}

/// The folder of a registry of this name and shape, made at the first call and kept: the registry is its `models`.
pub fn grown(name: &str, shape: &Shape, more: impl FnOnce(&Registry)) -> PathBuf {
    let home = kept().join(name);
    if !home.join("done").exists() {
        let _ = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home).expect("there is room");
        let registry = init(&home, false);
        grown::grow(&registry, &key(), &home.join("files"), shape).expect("it grows");
        more(&registry);
        registry.gc_packs();
        std::fs::write(home.join("done"), b"").expect("there is room");
    }
    home
}

/// A number from which moves to `n % 2 + 1` go on: a kept registry's alias stands where the last run left it.
pub fn moves_so_far(registry: &Registry) -> u64 {
    let champion = Reference::parse("line@champion").expect("it is a reference");
    let held = registry.read().resolve(&champion, ResolveOptions::default()).ok().and_then(|it| it.version);
    held.map_or(0, |version| version - 1)
}

/// A registry that was grown, opened as a user does.
pub fn open(home: &Path) -> Registry {
    Registry::open(&home.join("models"), world(home, true)).expect("it opens")
}

trait Repack {
    fn gc_packs(&self);
}

impl Repack for Registry {
    fn gc_packs(&self) {
        let done = std::process::Command::new("git").args(["repack", "-adq"]).current_dir(self.git_dir()).status();
        assert!(done.is_ok_and(|it| it.success()), "git repack");
    }
}

/// A hundred thousand artifacts of ten thousand models, a line of ten thousand versions, and an alias with a thousand moves.
pub fn big() -> PathBuf {
    grown(
        "big",
        &Shape { artifacts: 100_000, models: 10_000, batch: 10_000, line: 10_000, moves: 1_000, releases: false },
        |_| (),
    )
}

/// A hundred artifacts of one model.
pub fn small() -> PathBuf {
    grown("small", &Shape::default(), |_| ())
}

/// A hundred thousand commits, each a move of one of a hundred aliases.
pub fn long() -> PathBuf {
    let shape = Shape { artifacts: 0, line: 2, moves: 0, ..Shape::default() };
    grown("long", &shape, |registry| many_moves(registry, 100_000))
}
