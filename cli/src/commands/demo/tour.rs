//! The steps of the demo.

use std::fs::Permissions;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use refmark_core::engine::plan::PromoteRequest;
use refmark_core::engine::ports::signer::Signer;
use refmark_core::query::diff::{ArtifactDiff, MetricJudgement};
use refmark_core::store::git::Format;
use refmark_core::types::digest::Digest;
use refmark_core::types::error::{Code, Error, Result, bug};
use refmark_core::types::name::{AliasName, ModelName, PrincipalId};
use refmark_core::types::reference::Reference;
use refmark_core::types::text::{counted, size};
use refmark_core::{
    Context, InitRequest, MoveAnswer, Package, PullRequest, RegisterAnswer, Registry, ResolveOptions, VerifyOptions,
};

use super::{Steps, model};

/// The two versions that are registered.
pub struct Versions {
    /// The model's name.
    pub model: ModelName,
    first: Package,
    second: Package,
}

/// What the tour leaves behind.
pub struct Toured {
    /// The registry's root.
    pub trust_root: String,
}

/// The user's own model and the same with a card, or two versions of a small one that is made here.
pub fn versions(folder: &Path, path: Option<&Path>) -> Result<Versions> {
    let Some(path) = path else { return made(folder) };
    let named = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let name = named.file_stem().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let fit: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let model = ModelName::parse(fit.trim_matches('-')).or_else(|_| ModelName::parse("model"))?;
    let first = Package::new(model.clone(), vec![path.to_owned()])?;
    let card = format!("# {model}\n\nThe same files as version 1, with this model card: made by `refmark demo`.\n");
    let second = Package { card: Some(card), ..first.clone() };
    Ok(Versions { model, first, second })
}

fn made(folder: &Path) -> Result<Versions> {
    let name = ModelName::parse("sentiment")?;
    let encoder = model::Encoder::new();
    let (train, test) = model::data(&encoder);
    let few = train.iter().take(60).cloned().collect();
    let package = |folder: PathBuf, classifier: &model::Classifier, reviews: usize| -> Result<Package> {
        model::write(&folder, &encoder, classifier)?;
        let mut package = Package::new(name.clone(), vec![folder])?;
        package.metrics = vec![("accuracy".to_owned(), classifier.accuracy(&test))];
        package.lineage.insert("trained_on".to_owned(), format!("{reviews} made-up reviews"));
        package.capabilities = vec!["text-classification".to_owned()];
        Ok(package)
    };
    let first = package(folder.join("v1"), &model::Classifier::train(&few, 1), few.len())?;
    let second = package(folder.join("v2"), &model::Classifier::train(&train, 4), train.len())?;
    Ok(Versions { model: name, first, second })
}

/// Takes every step.
pub fn run(
    steps: &mut Steps<'_>,
    world: Context,
    folder: &Path,
    signer: &dyn Signer,
    versions: &Versions,
) -> Result<Toured> {
    let writer = signer;
    let models = folder.join("models");
    let request = InitRequest {
        name: None,
        founder: PrincipalId::parse("demo")?,
        here: false,
        format: Format::Sha1,
        policy: None,
    };
    let (registry, made) = Registry::init(&models, world, writer, &request)?;
    let root = made.trust_root.get(..19).unwrap_or_default();
    steps.take("made a registry", format!("{}  signed with a demo key, root {root}…", models.display()));
    let tour = Tour { registry, writer, versions };
    tour.version(steps, &versions.first)?;
    tour.promote(steps, 1)?;
    let second = tour.version(steps, &versions.second)?;
    let moved = tour.promote(steps, 2)?;
    tour.review(steps, &moved)?;
    tour.pull(steps, folder)?;
    tour.flip(steps, folder, &second)?;
    Ok(Toured { trust_root: made.trust_root })
}

struct Tour<'a> {
    registry: Registry,
    writer: &'a dyn Signer,
    versions: &'a Versions,
}

impl Tour<'_> {
    fn version(&self, steps: &mut Steps<'_>, package: &Package) -> Result<RegisterAnswer> {
        let done = self.registry.write(self.writer).register(package)?;
        let bytes = size(done.files.iter().map(|file| file.size).sum());
        let metrics = package.metrics.iter().map(|(name, value)| format!("  {name} {value}"));
        let card = if package.card.is_some() { "  with a model card" } else { "" };
        let files = counted(done.files.len(), "file");
        steps.take(
            &format!("registered {}/{}", done.model, done.version),
            format!(
                "{files}, {bytes}  {}…  scan: {}{}{card}",
                done.artifact.short(),
                done.scan,
                metrics.collect::<String>()
            ),
        );
        Ok(done)
    }

    fn promote(&self, steps: &mut Steps<'_>, version: u64) -> Result<MoveAnswer> {
        let request = PromoteRequest {
            model: self.versions.model.clone(),
            alias: AliasName::parse("champion")?,
            version,
            reason: if version == 1 { "the first one" } else { "the better one" }.to_owned(),
            expect: None,
            evidence: Vec::new(),
        };
        let moved = self.registry.write(self.writer).promote(&request)?;
        let from = crate::render::moves::held(moved.from);
        steps.take(
            &format!("promoted {}@champion", self.versions.model),
            format!("{from} → {version}  commit {}", moved.commit.short()),
        );
        Ok(moved)
    }

    fn review(&self, steps: &mut Steps<'_>, moved: &MoveAnswer) -> Result<()> {
        let review = self.registry.read().review(&moved.commit.to_string())?;
        let verdict = format!("{}: {}", review.verdict.as_str().to_uppercase(), review.summary);
        let view = self.registry.read().view()?;
        let version = |number| Reference::Version(self.versions.model.clone(), number);
        let diff = self.registry.read().diff(&view, &version(1), &version(2))?;
        steps
            .take("reviewed that commit", [verdict].into_iter().chain(in_short(&diff)).collect::<Vec<_>>().join(" · "));
        Ok(())
    }

    fn pull(&self, steps: &mut Steps<'_>, folder: &Path) -> Result<()> {
        let champion = Reference::Alias(self.versions.model.clone(), AliasName::parse("champion")?);
        let resolved = self.registry.read().resolve(&champion, ResolveOptions::default())?;
        let into = folder.join("champion");
        let pulled = self.registry.read().pull(&champion, &into, &PullRequest::default())?;
        let verified = self.registry.read().verify(None, VerifyOptions::default())?;
        let version = resolved.version.map_or_else(String::new, |it| format!("version {it} "));
        steps.take(
            &format!("pulled {champion}"),
            format!(
                "{version}into {}: every byte is what {}… says · verify: {}, {}, {}",
                into.display(),
                pulled.artifact.short(),
                verified.verdict.as_str(),
                counted(verified.commits as usize, "commit"),
                counted(verified.records as usize, "record"),
            ),
        );
        Ok(())
    }

    /// Flips a byte of the largest file in the store, shows the refusal, and puts the file back.
    fn flip(&self, steps: &mut Steps<'_>, folder: &Path, registered: &RegisterAnswer) -> Result<()> {
        let largest =
            registered.files.iter().max_by_key(|file| file.size).ok_or_else(|| bug("a version without files"))?;
        flip_in(&self.registry.store().place_of(&largest.sha256), largest.size, &largest.sha256)?;
        let version = Reference::Version(self.versions.model.clone(), registered.version);
        let refused = self.registry.read().pull(&version, &folder.join("damaged"), &PullRequest::default());
        let Err(error) = refused else { return Err(bug("a flipped byte was not refused")) };
        if error.code != Code::Damaged {
            return Err(error);
        }
        // The same files again: what was lost is stored anew, and no version is made.
        self.registry.write(self.writer).register(&self.versions.second)?;
        steps.take(
            "flipped one byte in the store",
            format!(
                "on purpose → refused: {} is not sha256:{}… (exit {}); put back",
                largest.path,
                largest.sha256.short(),
                error.code.exit().status()
            ),
        );
        Ok(())
    }
}

/// What a diff comes to, in a few words.
fn in_short(diff: &ArtifactDiff) -> Vec<String> {
    let mut said = Vec::new();
    for it in &diff.metrics.items {
        let side = |it: &Option<refmark_core::query::diff::MetricSide>| it.as_ref().map(|it| it.value.to_string());
        if let (Some(old), Some(new)) = (side(&it.old), side(&it.new)) {
            let word = if it.judgement == MetricJudgement::Same { "same" } else { it.judgement.as_str() };
            said.push(format!("{} {old} → {new}, {word}", it.name));
        }
    }
    if diff.tensors.old > 0 {
        said.push(format!("{} of {} tensors changed", diff.tensors.changed.count, diff.tensors.old));
    }
    if diff.files.count() == 0 {
        said.push("the same files".to_owned());
    }
    if diff.card.lines_added.count > 0 {
        said.push(format!("model card {}", diff.card.model_card.as_str()));
    }
    said
}

/// Flips the lowest bit of the byte in the middle of a stored file.
fn flip_in(place: &Path, bytes: u64, digest: &Digest) -> Result<()> {
    let error =
        |error: std::io::Error| Error::new(Code::Io, format!("blob {} cannot be changed: {error}", digest.short()));
    if bytes == 0 {
        return Err(Error::new(Code::BadArgument, "the largest file is empty: there is no byte to flip"));
    }
    std::fs::set_permissions(place, Permissions::from_mode(0o600)).map_err(error)?;
    let file = std::fs::OpenOptions::new().read(true).write(true).open(place).map_err(error)?;
    let mut byte = [0u8; 1];
    file.read_exact_at(&mut byte, bytes / 2).map_err(error)?;
    let [old] = byte;
    file.write_all_at(&[old ^ 1], bytes / 2).map_err(error)?;
    std::fs::set_permissions(place, Permissions::from_mode(0o444)).map_err(error)
}
