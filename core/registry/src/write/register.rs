//! `register`: stores a package's files, finds out what they are, and gives them a version.

use crate::registry::Writer;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::write::catalog::deprecated;
use crate::write::transaction::Written;
use refmark_engine::gate;
use refmark_engine::plan::{self, Author, Batch, Plan, RegisterRequest, Registered};
use refmark_engine::state_reader::StateReader;
use refmark_records::catalog::Family;
use refmark_records::manifest::{Contract, FileClass, FileEntry, Gap, Lineage};
use refmark_records::trust::TrustState;
use refmark_scan::{PackageFile, inspect_package};
use refmark_store::blob::{Source, Walked, walk_package};
use refmark_types::canonical::FreeJson;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::name::{EntryId, ModelName, Release};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
use withdrawn::Withdrawn;

mod contents;
mod look;
mod request;
mod withdrawn;

pub(crate) use contents::{Contents, Facts, findings_of};
pub(crate) use look::{FileSource, Sums, digests_of, look, look_at_all, observer};
pub use request::{Document, LineageRequest, PackageRequest};

/// A package that shall become a version.
#[derive(Debug, Clone)]
pub struct Package {
    /// The model.
    pub model: ModelName,
    /// Files and folders. What lies in a folder keeps its path in it; a file keeps its name.
    pub paths: Vec<PathBuf>,
    /// Files that are not here: path in the package, SHA-256, and size where it is known.
    pub absent: Vec<(String, Digest, u64)>,
    /// Claimed metrics.
    pub metrics: Vec<(String, f64)>,
    /// Where it came from.
    pub lineage: Lineage,
    /// The model card, in Markdown.
    pub card: Option<String>,
    /// What callers rely on.
    pub contract: Option<Contract>,
    /// The evaluation card.
    pub evaluation_card: Option<FreeJson>,
    /// The model's owner.
    pub owner: Option<String>,
    /// The artifact's type.
    pub artifact_type: EntryId,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// The artifacts that it was made from.
    pub parents: Vec<ArtifactId>,
    /// Where the bytes came from.
    pub source: Option<String>,
    /// A name that the version carries for ever.
    pub release: Option<Release>,
    /// What the version is.
    pub description: Option<String>,
    /// When another registry gave the number, for versions that are brought over. A claim.
    pub imported: Option<Timestamp>,
    /// Whether links to files outside a folder are followed, as in the snapshots of a hub's cache.
    pub follow_links: bool,
    /// Patterns of files to leave out, besides the usual ones.
    pub ignore: Vec<String>,
    /// Whether a package that lacks what its own files name is registered all the same; its manifest says what is lacking.
    pub allow_incomplete: bool,
}

impl Package {
    /// A package of a model with these files and folders.
    pub fn new(model: ModelName, paths: Vec<PathBuf>) -> Result<Package> {
        Ok(Package {
            model,
            paths,
            absent: Vec::new(),
            metrics: Vec::new(),
            lineage: Lineage::new(),
            card: None,
            contract: None,
            evaluation_card: None,
            owner: None,
            artifact_type: EntryId::parse("model")?,
            capabilities: Vec::new(),
            parents: Vec::new(),
            source: None,
            release: None,
            description: None,
            imported: None,
            follow_links: false,
            ignore: Vec::new(),
            allow_incomplete: false,
        })
    }
}

/// A file of a registered version.
#[derive(Debug, Clone, Serialize)]
pub struct RegisteredFile {
    /// Its path in the package.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: Digest,
    /// What its bytes are.
    pub class: FileClass,
}

/// What registering came to.
#[derive(Debug, Clone, Serialize)]
pub struct RegisterAnswer {
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: u64,
    /// The artifact.
    pub artifact: ArtifactId,
    /// Whether the version is new; else the model has this artifact already.
    pub created: bool,
    /// Its files.
    pub files: Vec<RegisteredFile>,
    /// Its trust state.
    pub trust: TrustState,
    /// The commit; none where nothing was new.
    pub commit: Option<Oid>,
    /// Its classes, for people.
    pub scan: String,
    /// What people should know, such as files that can run code.
    pub warnings: Vec<String>,
}

/// A first trust state, and why it is not a better one.
type FirstTrust = (Option<TrustState>, Option<String>);

/// A package whose bytes are stored, with its manifest and documents.
struct Stored {
    request: RegisterRequest,
    warnings: Vec<String>,
}

impl Writer<'_> {
    /// Registers one package.
    pub fn register(&self, package: &Package) -> Result<RegisterAnswer> {
        let answers = self.register_all(std::slice::from_ref(package))?;
        answers.into_iter().next().ok_or_else(|| refmark_types::error::bug("one package gave no answer"))
    }

    /// Registers many packages in one commit. All of them, or none.
    pub fn register_all(&self, packages: &[Package]) -> Result<Vec<RegisterAnswer>> {
        let mut stored = self.store_packages(packages)?;
        let mut given: Vec<Registered> = Vec::new();
        // Most often all that is here may be trusted, and judging the landing says so. Where not, each is judged alone; and a
        // proposal may lack what a landing needs, so that it says nothing.
        let mut written = Err(Error::new(Code::Pending, "nothing is judged yet"));
        if self.proposal.is_none() {
            self.hope(&mut stored)?;
            written = self.write_all(&stored, &mut given);
        }
        if let Err(error) = &written
            && matches!(error.code, Code::Refused | Code::Pending)
        {
            let wanted = self.first_trust(&stored)?;
            for (it, (trust, why)) in stored.iter_mut().zip(wanted) {
                it.request.trust = trust;
                it.warnings.extend(why);
            }
            written = self.write_all(&stored, &mut given);
        }
        let commit = match written {
            Ok(written) => written.map(|written| written.commit),
            Err(error) => {
                if error.code == Code::Deleted {
                    self.put_out(&stored)?;
                }
                return Err(error);
            }
        };
        let view = self.registry.view()?;
        for it in &mut stored {
            let of = &it.request.manifest.artifact_type;
            it.warnings.extend(deprecated(view.facts()?, Family::ArtifactType, of)?);
            for claimed in it.request.manifest.capabilities.iter().filter_map(|it| EntryId::parse(it).ok()) {
                it.warnings.extend(deprecated(view.facts()?, Family::SdkContract, &claimed)?);
            }
        }
        // What is here was derived from its bytes a moment ago.
        let derived = |it: &Stored| !it.request.manifest.files.iter().any(|file| self.is_absent(file));
        let derived: Vec<_> =
            stored.iter().zip(&given).filter(|(it, _)| derived(it)).map(|(_, given)| given.artifact).collect();
        self.registry.note_derived(derived);
        Ok(stored.into_iter().zip(given).map(|(it, given)| answer(it, given, commit)).collect())
    }

    /// What was deleted for good does not stay for the asking.
    fn put_out(&self, stored: &[Stored]) -> Result<()> {
        let view = self.registry.view()?;
        for it in stored {
            let artifact = it.request.manifest.id()?;
            if view.facts()?.trust(&artifact)?.0 == TrustState::Deleted {
                self.registry.remove_bytes(&view, artifact)?;
            }
        }
        Ok(())
    }

    /// Sets the best trust state that the policy has a rule for.
    fn hope(&self, stored: &mut [Stored]) -> Result<()> {
        let view = self.registry.view()?;
        let policy = view.facts()?.policy_in_force()?;
        let best = [TrustState::Trusted, TrustState::Quarantined]
            .into_iter()
            .find(|to| policy.trust_rule(TrustState::Acquired, *to).is_some());
        for it in stored {
            let here = !it.request.manifest.files.iter().any(|file| self.is_absent(file));
            it.request.trust = best.filter(|_| here);
        }
        Ok(())
    }

    /// Writes what is new of the packages; nothing where the registry has all of it.
    fn write_all(&self, stored: &[Stored], given: &mut Vec<Registered>) -> Result<Option<Written>> {
        let mut nothing_new = false;
        let written = self.change(|view, author| {
            given.clear();
            let plan = self.plan_all(view.facts()?, author, stored, given)?;
            nothing_new = plan.statements.is_empty();
            match nothing_new {
                true => Err(Error::new(Code::NothingToDo, "every version is registered already")),
                false => Ok(plan),
            }
        });
        match written {
            Err(_) if nothing_new => Ok(None),
            written => written.map(Some),
        }
    }

    fn plan_all(
        &self,
        facts: StateReader<'_>,
        author: &Author,
        stored: &[Stored],
        given: &mut Vec<Registered>,
    ) -> Result<Plan> {
        let mut batch = Batch::new();
        let mut whole = Plan::default();
        for it in stored {
            let (plan, registered) = plan::register(facts, author, &it.request, &mut batch)?;
            if whole.subject.is_empty() {
                whole.subject = plan.subject.clone();
            }
            whole.absorb(plan);
            given.push(registered);
        }
        let created = given.iter().filter(|it| it.created).count();
        if created > 1 {
            whole.subject = format!("register {created} versions");
        }
        Ok(whole)
    }

    /// The trust state that each package may start with, and why it is not a better one: trusted where the policy's rule
    /// and gates let it, else quarantined, else acquired. Judged by the rules themselves, on the packages alone.
    fn first_trust(&self, stored: &[Stored]) -> Result<Vec<FirstTrust>> {
        let view = self.registry.view()?;
        let policy = view.facts()?.policy_in_force()?;
        let author = self.author(&view)?;
        let may = |to| policy.trust_rule(TrustState::Acquired, to).is_some();
        let quarantined = may(TrustState::Quarantined).then_some(TrustState::Quarantined);
        let mut wanted = Vec::new();
        for it in stored {
            if it.request.manifest.files.iter().any(|file| self.is_absent(file)) {
                wanted.push((None, None));
                continue;
            }
            if !may(TrustState::Trusted) {
                wanted.push((quarantined, None));
                continue;
            }
            let why = self.why_not_trusted(&author, &view, it)?;
            let why = why.map(|error| format!("it is not trusted, so nobody is given its bytes: {}", error.message));
            wanted.push((if why.is_some() { quarantined } else { Some(TrustState::Trusted) }, why));
        }
        Ok(wanted)
    }

    fn is_absent(&self, file: &FileEntry) -> bool {
        !matches!(self.registry.store.presence(&file.sha256), Ok(refmark_store::blob::Presence::Present { .. }))
    }

    fn why_not_trusted(
        &self,
        author: &Author,
        view: &crate::view::View<'_>,
        stored: &Stored,
    ) -> Result<Option<Box<Error>>> {
        let mut request = stored.request.clone();
        request.trust = Some(TrustState::Trusted);
        let (plan, registered) = plan::register(view.facts()?, author, &request, &mut Batch::new())?;
        if !registered.created || plan.documents.is_empty() {
            return Ok(None);
        }
        match self.judge_plan(view, &plan) {
            Ok(()) => Ok(None),
            Err(error) if matches!(error.code, Code::Refused | Code::Pending) => Ok(Some(error)),
            Err(error) => Err(error),
        }
    }

    /// Stores the files of packages and makes their manifests.
    fn store_packages(&self, packages: &[Package]) -> Result<Vec<Stored>> {
        let (mut walked, mut said) = (Vec::new(), Vec::new());
        for package in packages {
            let Walked { files, warnings } = files_of(package, self.secrets)?;
            self.refuse_secret_files(&files)?;
            walked.push(files);
            said.push(warnings);
        }
        let mut looked = look_at_all(&walked, &self.registry.world.cancel)?;
        let mut gaps = Vec::new();
        for (package, looked) in packages.iter().zip(&mut looked) {
            gaps.push(gaps_of(package, looked)?);
        }
        let mut sources = Vec::new();
        for (files, looked) in walked.iter().zip(&looked) {
            for (file, looked) in files.iter().zip(looked) {
                sources.push(Source {
                    path: file.file.clone(),
                    observer: look::observer(&looked.inspection, Sums::Blake3),
                });
            }
        }
        let withdrawn = Withdrawn::of(self)?;
        for (path, digest, _) in packages.iter().flat_map(|package| &package.absent) {
            withdrawn.refuse(Path::new(path), digest)?;
        }
        let mut ingested = self
            .registry
            .store
            .ingest_unless(
                sources,
                &|path, digest| withdrawn.refuse(path, digest),
                &*self.registry.world.progress,
                &self.registry.world.cancel,
            )?
            .into_iter();
        let mut stored = Vec::new();
        for (((package, files), looked), (gaps, said)) in
            packages.iter().zip(walked).zip(looked).zip(gaps.into_iter().zip(said))
        {
            let mut contents = Contents::new(gaps);
            for (file, looked) in files.into_iter().zip(&looked) {
                let blob = ingested.next().ok_or_else(|| refmark_types::error::bug("a file without a blob"))?;
                contents.add(file.path.as_str(), looked, &blob)?;
            }
            let mut one = contents::manifest_of(package, contents)?;
            one.warnings.extend(said);
            stored.push(one);
        }
        Ok(stored)
    }
}

/// What a package lacks, where that was allowed. Its files' external data is listed on the way.
fn gaps_of(package: &Package, looked: &mut [PackageFile]) -> Result<Vec<Gap>> {
    let mut gaps = inspect_package(looked);
    // Files that are registered by their digest alone are not here on purpose.
    let named = |gap: &Gap| package.absent.iter().any(|(path, ..)| gap.detail.contains(&format!("`{path}`")));
    gaps.retain(|gap| !named(gap));
    let Some(first) = gaps.first().filter(|_| !package.allow_incomplete) else { return Ok(gaps) };
    let more = if gaps.len() > 1 { format!(", and {} more", gaps.len() - 1) } else { String::new() };
    Err(Error::new(Code::PackageIncomplete, format!("the package of {} is not whole: {first}{more}", package.model))
        .hint(Hint::of("fetch what is lacking, or register it as it is: ").then(Next::With(Choice::AllowIncomplete)))
        .at(&first.path)
        .field("gaps", gaps.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

/// The files of a package, each with its path in it.
fn files_of(package: &Package, secrets: bool) -> Result<Walked> {
    let Walked { mut files, mut warnings } = Walked::default();
    for path in &package.paths {
        let walked = walk_package(path, &package.ignore, package.follow_links, secrets)?;
        files.extend(walked.files);
        warnings.extend(walked.warnings);
    }
    files.sort_by(|a, b| a.path.as_str().as_bytes().cmp(b.path.as_str().as_bytes()));
    if let Some(pair) = files.windows(2).find(|pair| pair[0].path == pair[1].path) {
        return Err(Error::new(
            Code::BadArgument,
            format!(
                "{} and {} would both be {} in the package",
                pair[0].file.display(),
                pair[1].file.display(),
                pair[0].path.as_str()
            ),
        )
        .hint("name the folder above them, so that their paths differ"));
    }
    refmark_store::blob::check_spelling(files.iter().map(|file| &file.path))?;
    if files.is_empty() && package.absent.is_empty() {
        let named: Vec<String> = package.paths.iter().map(|path| path.display().to_string()).collect();
        if named.is_empty() {
            return Err(Error::new(Code::BadArgument, "no file or folder was named to register")
                .hint("name the folder that holds the model's files, or the files"));
        }
        return Err(Error::new(Code::BadArgument, format!("{} holds no file to register", named.join(", ")))
            .hint("ignored are .git, __pycache__, .ipynb_checkpoints, .DS_Store and what .refmarkignore names"));
    }
    Ok(Walked { files, warnings })
}

fn answer(stored: Stored, given: Registered, commit: Option<Oid>) -> RegisterAnswer {
    let manifest = &stored.request.manifest;
    let mut warnings = stored.warnings;
    if given.created && given.trust == TrustState::Quarantined {
        let reference = format!("{}/{}", stored.request.model, given.version);
        let trusts = Next::Transition { reference, to: TrustState::Trusted.to_string() };
        let how = Hint::of("who answers for it says why, and trusts it: ").then(trusts).say(" with ");
        warnings.push(how.then(Next::With(Choice::Reason)).to_string());
    }
    let files = manifest.files.iter().map(|file| RegisteredFile {
        path: file.path.clone(),
        size: file.size,
        sha256: file.sha256,
        class: file.class,
    });
    RegisterAnswer {
        model: stored.request.model.clone(),
        version: given.version,
        artifact: given.artifact,
        created: given.created,
        files: files.collect(),
        trust: given.trust,
        commit: commit.filter(|_| given.created),
        scan: gate::describe_classes(manifest),
        warnings,
    }
}
