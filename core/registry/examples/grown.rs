//! Grows a big registry for benchmarks, with fixed keys and a fixed clock: the same bytes each time.
//!
//! `cargo run -p refmark-core --features testing --example grown -- PATH [artifacts=N] [models=N] [batch=N] [line=N]
//! [releases=1] [moves=N]`: so many artifacts, each a version of one of the models in turn, registered in commits of `batch`;
//! a model `line` with `line` versions, each with a release of its own where that is asked for; `moves` promotions of
//! `line@champion`, a commit each. Nothing waits for the disk.

#![allow(clippy::disallowed_methods, reason = "a program of its own reads its arguments")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use refmark_core::engine::ports::Clock;
use refmark_core::grown::{Shape, grow, promote_line};
use refmark_core::records::registry_id::RegistryId;
use refmark_core::store::git::Format;
use refmark_core::store::git::program::{Git, GitProgram};
use refmark_core::store::key::HeldKey;
use refmark_core::store::testing::disk::FaultyDisk;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::PrincipalId;
use refmark_core::types::time::Timestamp;
use refmark_core::{Context, InitRequest, Places, Registry};

/// So many moves lie about as loose objects.
const PACK_EVERY: usize = 2_000;

/// Goes on by a second each time it is read.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

fn main() -> std::process::ExitCode {
    match run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("grown: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or_else(|| usage("no path was named"))?);
    let mut shape = Shape::default();
    for argument in arguments {
        let (name, number) = argument.split_once('=').ok_or_else(|| usage(&argument))?;
        let number: usize = number.parse().map_err(|_| usage(&argument))?;
        match name {
            "artifacts" => shape.artifacts = number,
            "models" => shape.models = number,
            "batch" => shape.batch = number,
            "line" => shape.line = number,
            "releases" => shape.releases = number > 0,
            "moves" => shape.moves = number,
            _ => return Err(usage(&argument)),
        }
    }
    grown(&path, &shape)
}

fn usage(what: &str) -> Box<Error> {
    Error::new(Code::BadArgument, format!("{what}: PATH [artifacts=N] [models=N] [batch=N] [line=N] [moves=N]"))
}

fn grown(path: &Path, shape: &Shape) -> Result<()> {
    let beside = |name: &str| path.with_extension(name);
    let places = Places { config: Some(beside("home").join("refmark")), data: None, home: None };
    let mut world = Context::at(places, Arc::new(Ticking(AtomicI64::new(1_788_220_800))));
    world.disk = Arc::new(FaultyDisk::sound());
    let key = HeldKey::from_seed(&[42; 32], "the benchmark's key")?;
    let writer = &key;
    let request = InitRequest {
        name: Some("grown".to_owned()),
        founder: PrincipalId::parse("ada")?,
        here: false,
        format: Format::Sha1,
        policy: None,
    };
    let (registry, made) = Registry::init_as(RegistryId::from_bytes([0x42; 16]), path, world, writer, &request)?;
    grow(&registry, writer, &beside("package"), &Shape { moves: 0, ..shape.clone() })?;
    for n in 0..shape.moves {
        promote_line(&registry, writer, n as u64 % 2 + 1)?;
        if n % PACK_EVERY == PACK_EVERY - 1 {
            // A hundred thousand commits are a million loose objects, four kilobytes of disk each.
            let all = if n % (10 * PACK_EVERY) == 10 * PACK_EVERY - 1 { "-ad" } else { "-d" };
            Git::default().run(registry.git_dir(), false, &["repack", "--quiet", all])?;
        }
    }
    println!("{}  root {}", registry.read().head()?, made.trust_root);
    Ok(())
}
