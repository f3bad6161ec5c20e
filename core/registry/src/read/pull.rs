//! `pull` and `path`: hands out bytes, every one of them hashed, of trusted artifacts only.

use crate::registry::Reader;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::read::resolve::{ResolveAnswer, ResolveOptions};
use crate::registry::Registry;
use crate::view::View;
use refmark_engine::rules::trust_step;
use refmark_engine::state_reader::StateReader;
use refmark_records::manifest::{FileClass, FileEntry, Manifest};
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_store::blob::{How, Materialised, OfBlob, Placement, Presence};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::package_path::PackagePath;
use refmark_types::reference::Reference;

/// What is to be handed out.
#[derive(Debug, Clone, Default)]
pub struct PullRequest {
    /// Patterns of files; all files where none is given.
    pub include: Vec<String>,
    /// Hard links in place of copies.
    pub hard_links: bool,
    /// Go on where no root is pinned.
    pub allow_unverified: bool,
    /// Take what was archived, too.
    pub archived: bool,
    /// How to resolve.
    pub options: ResolveOptions,
}

/// A file that was handed out.
#[derive(Debug, Clone, Serialize)]
pub struct PulledFile {
    /// Its path in the folder.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256: every byte was hashed.
    pub sha256: Digest,
    /// What its bytes are.
    pub class: FileClass,
}

/// What was handed out.
#[derive(Debug, Clone, Serialize)]
pub struct PullAnswer {
    /// The folder.
    #[serde(serialize_with = "crate::paths::shown")]
    pub path: PathBuf,
    /// The artifact.
    pub artifact: ArtifactId,
    /// Its files.
    pub files: Vec<PulledFile>,
    /// Whether the folder was there already, with exactly these bytes.
    pub was_there: bool,
    /// What the reference meant.
    pub resolved: ResolveAnswer,
    /// What people should know, such as that the version is retired.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A path in the store.
#[derive(Debug, Clone, Serialize)]
pub struct PathAnswer {
    /// The blob's own file. Never write to it.
    #[serde(serialize_with = "crate::paths::shown")]
    pub path: PathBuf,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The file's path in the package.
    pub file: String,
    /// Its SHA-256.
    pub sha256: Digest,
    /// Whether its bytes were hashed now.
    pub verified: bool,
}

impl<'r> Reader<'r> {
    /// Writes an artifact's files to a folder: complete or not at all, every byte hashed.
    pub fn pull(&self, reference: &Reference, into: &Path, request: &PullRequest) -> Result<PullAnswer> {
        let view = self.view_for(request.options)?;
        let (resolved, manifest) = self.handed_out(&view, reference, request)?;
        let files = chosen(&manifest.files, &request.include)?;
        self.registry.fetch(&files)?;
        self.registry.refuse_hidden_code(resolved.artifact, &files)?;
        let mut plan = placements(&files)?;
        for (placement, file) in plan.iter_mut().zip(&files).filter(|(_, file)| file.known_size().is_none()) {
            placement.size = self.registry.store.size(&file.sha256)?;
        }
        let how = if request.hard_links { How::HardLink { verify: true } } else { How::Copy };
        let done = self
            .registry
            .store
            .materialise(&plan, into, how, &*self.registry.world.progress, &self.registry.world.cancel)
            .map_err(|error| name_the_file(error, &files))?;
        Ok(PullAnswer {
            path: into.to_owned(),
            artifact: resolved.artifact,
            files: files.iter().map(|file| pulled(file)).collect(),
            was_there: done == Materialised::WasThere,
            warnings: retired(&resolved).into_iter().collect(),
            resolved,
        })
    }

    /// The path of one file in the store, for a memory map.
    pub fn path_of(
        &self,
        reference: &Reference,
        file: Option<&str>,
        request: &PullRequest,
        hash: bool,
    ) -> Result<PathAnswer> {
        let view = self.view_for(request.options)?;
        let (resolved, manifest) = self.handed_out(&view, reference, request)?;
        let entry = match (file, manifest.files.as_slice()) {
            (Some(name), files) => files.iter().find(|it| it.path == name),
            (None, [one]) => Some(one),
            (None, _) => None,
        };
        let Some(entry) = entry else {
            let names: Vec<&str> = manifest.files.iter().map(|it| it.path.as_str()).take(20).collect();
            let message = match file {
                Some(name) => format!("{reference} has no file {name}"),
                None => format!("{reference} has {} files: name one", manifest.files.len()),
            };
            return Err(Error::new(Code::NotFound, message).hint(format!("it has {}", names.join(", "))));
        };
        self.registry.fetch(&[entry])?;
        self.registry.refuse_hidden_code(resolved.artifact, &[entry])?;
        if hash {
            let found = self.registry.store.verify(
                Some(&[entry.sha256]),
                &*self.registry.world.progress,
                &self.registry.world.cancel,
            )?;
            if let Some((_, error)) = found.damaged.into_iter().next() {
                return Err(name_the_file(error, &[entry]));
            }
        }
        let path = self
            .registry
            .store
            .path(&entry.sha256, entry.known_size())
            .map_err(|error| name_the_file(error, &[entry]))?;
        Ok(PathAnswer {
            path,
            artifact: resolved.artifact,
            file: entry.path.clone(),
            sha256: entry.sha256,
            verified: hash,
        })
    }

    /// What a reference means and its manifest, where its bytes may be handed out.
    fn handed_out(
        &self,
        view: &View<'_>,
        reference: &Reference,
        request: &PullRequest,
    ) -> Result<(ResolveAnswer, std::sync::Arc<Manifest>)> {
        let resolved = self.resolve_in(view, reference, request.options)?;
        if view.pin.is_none() && !request.allow_unverified {
            return Err(unpinned(self.registry));
        }
        if view.verified().is_none() && !request.allow_unverified {
            return Err(Error::new(
                Code::Unverified,
                "history is not whole, so nothing vouches for its bytes, whatever root is pinned",
            )
            .hint(Hint::of("fetch all of it, or take them all the same: ").then(Next::With(Choice::AllowUnverified))));
        }
        if resolved.trust_state != TrustState::Trusted {
            return Err(Error::new(
                Code::NotTrusted,
                format!("{reference} is {}, and only trusted bytes are handed out", resolved.trust_state),
            )
            .hint(
                towards_trust(view.facts()?, reference, resolved.trust_state)?
                    .say("; to look at its files, whoever may: ")
                    .then(Next::With(Choice::Quarantined)),
            )
            .field("artifact", resolved.artifact)
            .field("trust", resolved.trust_state));
        }
        if resolved.stage == Some(Stage::Archived) && !request.archived {
            let said = retired(&resolved).unwrap_or_else(|| format!("{reference} is archived"));
            return Err(Error::new(Code::Refused, format!("{said}, and what is archived is not handed out unasked"))
                .hint(Hint::of("take it all the same: ").then(Next::With(Choice::Archived)))
                .field("artifact", resolved.artifact));
        }
        let Some(manifest) = view.facts()?.manifest(&resolved.artifact)? else {
            return Err(Error::new(Code::NotFound, format!("the manifest of {} is not here", resolved.artifact)));
        };
        Ok((resolved, manifest))
    }
}

impl Registry {
    /// Fetches what is absent from the remotes, hashed on arrival.
    pub(crate) fn fetch(&self, files: &[&FileEntry]) -> Result<()> {
        let mut absent = Vec::new();
        for file in files {
            if self.store.presence(&file.sha256)? == Presence::Absent {
                absent.push((file.sha256, file.known_size()));
            }
        }
        if absent.is_empty() {
            return Ok(());
        }
        let remotes = self.remotes()?;
        self.store
            .fetch_absent_sized(&absent, &remotes, &*self.world.progress, &self.world.cancel)
            .map(drop)
            .map_err(|error| name_the_file(error, files))
    }
}

/// What to do about bytes that are not handed out: the first step towards trust that the policy has a rule for.
fn towards_trust(reader: StateReader<'_>, reference: &Reference, state: TrustState) -> Result<Hint> {
    let hint = Hint::of("to see what it lacks: ").then(Next::Explain { reference: Some(reference.to_string()) });
    let policy = reader.newest_policy()?.map(|(policy, _)| policy);
    Ok(match policy.and_then(|policy| trust_step(&policy, state, &[TrustState::Trusted])) {
        Some(to) => {
            hint.say("; to move it: ").then(Next::Transition { reference: reference.to_string(), to: to.to_string() })
        }
        None => hint.say(format!("; the policy has no way from {state} to trusted: take another version")),
    })
}

/// What people should know of a version that is at the end of its life.
fn retired(resolved: &ResolveAnswer) -> Option<String> {
    let (retired, model, version) = (resolved.retired.as_ref()?, resolved.model.as_ref()?, resolved.version?);
    Some(retired.sentence(&format!("{model}/{version}")))
}

pub(crate) fn unpinned(registry: &Registry) -> Box<Error> {
    Error::new(Code::Unverified, "no trust root is pinned for this registry, so nothing vouches for its bytes")
        .hint(
            Hint::of(format!("compare {} with its owner, and pin it: ", registry.first_root().prefixed()))
                .then(Next::TrustPin { root: Some(registry.first_root().prefixed()) })
                .say("; or take them all the same: ")
                .then(Next::With(Choice::AllowUnverified)),
        )
        .field("found", registry.first_root().prefixed())
}

/// The files that patterns choose.
pub(crate) fn chosen<'m>(all: &'m [FileEntry], include: &[String]) -> Result<Vec<&'m FileEntry>> {
    if include.is_empty() {
        return Ok(all.iter().collect());
    }
    let mut globs = globset::GlobSetBuilder::new();
    for pattern in include {
        let glob = globset::GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| {
            Error::new(Code::BadGlob, format!("`{pattern}` is not a pattern: {}", error.kind()))
                .hint("write it as in *.json or onnx/**")
        })?;
        globs.add(glob);
    }
    let globs = globs.build().map_err(refmark_types::error::bug)?;
    let files: Vec<&FileEntry> = all.iter().filter(|file| globs.is_match(&file.path)).collect();
    if files.is_empty() {
        let names: Vec<&str> = all.iter().map(|it| it.path.as_str()).take(20).collect();
        return Err(Error::new(Code::NotFound, format!("no file fits {}", include.join(", ")))
            .hint(format!("it has {}", names.join(", "))));
    }
    Ok(files)
}

pub(crate) fn placements(files: &[&FileEntry]) -> Result<Vec<Placement>> {
    let place = |file: &&FileEntry| {
        Ok(Placement { digest: file.sha256, size: file.size, path: PackagePath::parse(&file.path)? })
    };
    files.iter().map(place).collect()
}

pub(crate) fn pulled(file: &FileEntry) -> PulledFile {
    PulledFile { path: file.path.clone(), size: file.size, sha256: file.sha256, class: file.class }
}

/// Says which file of the package an error of the store is about.
pub(crate) fn name_the_file(error: Box<Error>, files: &[&FileEntry]) -> Box<Error> {
    let blob = error.cause::<OfBlob>();
    let named = blob.and_then(|blob| files.iter().find(|file| file.sha256 == blob.0));
    match named {
        Some(file) => {
            let mut error = error.field("file", &file.path).field("expected", file.sha256);
            error.message = format!("{}: {}", file.path, error.message);
            error
        }
        None => error,
    }
}
