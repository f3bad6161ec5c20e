//! Big registries for benchmarks and tests, made through the same verbs that people use. All bytes are one small file:
//! what makes the artifacts differ is the metric that each claims.

use refmark_engine::ports::signer::Signer;
use std::path::{Path, PathBuf};

use crate::registry::Registry;
use crate::write::promote::MoveAnswer;
use crate::write::register::Package;
use refmark_engine::plan::PromoteRequest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{AliasName, ModelName, Release};

/// How big a registry shall be.
#[derive(Debug, Clone)]
pub struct Shape {
    /// How many artifacts, each a version of one of the models in turn.
    pub artifacts: usize,
    /// Over how many models they are spread: `model-00000` and on.
    pub models: usize,
    /// How many versions are registered in one commit.
    pub batch: usize,
    /// How many of them the model `line` has besides, for long lists.
    pub line: usize,
    /// Whether each of those has a release of its own.
    pub releases: bool,
    /// How often the alias `line@champion` moves, a commit each, to and fro between `line/1` and `line/2`.
    pub moves: usize,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape { artifacts: 100, models: 1, batch: 10_000, line: 2, releases: false, moves: 1 }
    }
}

/// The name of model n.
pub fn model_name(n: usize) -> Result<ModelName> {
    ModelName::parse(&format!("model-{n:05}"))
}

/// The model with many versions and an alias that moves.
pub fn line() -> Result<ModelName> {
    ModelName::parse("line")
}

/// Grows a registry; `folder` takes the one file that all packages hold.
pub fn grow(registry: &Registry, writer: &dyn Signer, folder: &Path, shape: &Shape) -> Result<()> {
    let file = one_file(registry, folder)?;
    let mut packages = Vec::new();
    for n in 0..shape.artifacts {
        packages.push(package(model_name(n % shape.models.max(1))?, &file, n)?);
        if packages.len() == shape.batch || n + 1 == shape.artifacts {
            registry.write(writer).register_all(&std::mem::take(&mut packages))?;
        }
    }
    for n in 0..shape.line {
        let mut of_line = package(line()?, &file, shape.artifacts + n)?;
        if shape.releases {
            of_line.release = Some(Release::parse(&format!("1.0.{n}"))?);
        }
        packages.push(of_line);
        if packages.len() == shape.batch || n + 1 == shape.line {
            registry.write(writer).register_all(&std::mem::take(&mut packages))?;
        }
    }
    for n in 0..shape.moves {
        promote_line(registry, writer, n as u64 % 2 + 1)?;
    }
    Ok(())
}

/// Moves `line@champion`.
pub fn promote_line(registry: &Registry, writer: &dyn Signer, version: u64) -> Result<MoveAnswer> {
    let request = PromoteRequest {
        model: line()?,
        alias: AliasName::parse("champion")?,
        version,
        reason: "a move of a benchmark".to_owned(),
        expect: None,
        evidence: Vec::new(),
    };
    registry.write(writer).promote(&request)
}

/// The file that all packages hold.
pub fn one_file(registry: &Registry, folder: &Path) -> Result<PathBuf> {
    let file = folder.join("config.json");
    registry.world().disk.make_dirs(folder)?;
    if !file.exists() {
        std::fs::write(&file, b"{\"layers\": 12}\n")
            .map_err(|error| Error::new(Code::Io, format!("{}: {error}", file.display())))?;
    }
    Ok(file)
}

/// Package n of a model: its metric tells it apart; capabilities, card and owner are spread as in a real registry.
pub fn package(model: ModelName, file: &Path, n: usize) -> Result<Package> {
    let mut package = Package::new(model, vec![file.to_owned()])?;
    package.metrics = vec![("f1".to_owned(), n as f64 / 1e6), ("loss".to_owned(), 1.0 / (n as f64 + 1.0))];
    let words = ["classify", "translate", "embed", "rerank", "summarise"];
    package.capabilities = vec![words[n % words.len()].to_owned()];
    if n.is_multiple_of(997) {
        package.capabilities.push("rare-skill".to_owned());
    }
    package.description = Some(format!("run {} on corpus {}", n % 1_013, n % 31));
    if n.is_multiple_of(10) {
        package.card = Some(format!("# Model {n}\n\nTrained on reviews of month {} in region {}.\n", n % 97, n % 11));
    }
    Ok(package)
}
