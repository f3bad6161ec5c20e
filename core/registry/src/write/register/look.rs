//! A look at a file before it is stored: its header, and what digests its tensors on the way.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::OnceLock;

use refmark_engine::ports::Cancel;
use refmark_engine::ports::blob::Observer;
use refmark_scan::{Inspection, PackageFile, Source, TensorHasher, inspect};
use refmark_store::blob::Found;
use refmark_store::fs::disk::io_error;
use refmark_store::fs::parallel::{cores, for_each};
use refmark_types::digest::{Digest, Hasher};
use refmark_types::error::{Code, Error, Result};

/// Files up to this size are read whole for the look: their headers are most of them.
const SMALL: u64 = 1 << 16;

/// Inspects the files of packages, on all cores: a look at a small file is mostly waiting for the kernel.
pub(crate) fn look_at_all(packages: &[Vec<Found>], cancel: &Cancel) -> Result<Vec<Vec<PackageFile>>> {
    let slots: Vec<(&Found, OnceLock<PackageFile>)> =
        packages.iter().flatten().map(|found| (found, OnceLock::new())).collect();
    for_each(cores(), &slots, |(found, slot)| {
        cancel.check()?;
        // A link's own name says what it is; in a hub's cache what it leads to is named by a digest.
        let path = found.path.as_str();
        let inspection = look(&found.file, path.rsplit('/').next().unwrap_or(path))?;
        slot.get_or_init(|| PackageFile { path: path.to_owned(), size: found.size, inspection });
        Ok(())
    })?;
    let mut looked = slots.into_iter().filter_map(|(_, slot)| slot.into_inner());
    Ok(packages.iter().map(|files| looked.by_ref().take(files.len()).collect()).collect())
}

/// Inspects a file's header. The bytes are hashed later, while they are copied.
pub(crate) fn look(path: &Path, name: &str) -> Result<Inspection> {
    let source = FileSource::open(path)?;
    if source.size > SMALL {
        return inspect(name, &source);
    }
    let mut bytes = Vec::with_capacity(source.size as usize + 1);
    (&source.file).take(source.size).read_to_end(&mut bytes).map_err(|error| io_error("read", path, &error))?;
    inspect(name, &bytes.as_slice())
}

/// Digests the tensors while the file is stored, where it has any, and what is outside of them.
pub(crate) fn observer(inspection: &Inspection) -> Option<Box<dyn Observer>> {
    if inspection.tensors.is_empty() {
        return None;
    }
    // Tensors that overlap cannot be digested in one pass; the file is stored all the same.
    let hasher = TensorHasher::new(&inspection.tensors).ok()?;
    Some(Box::new(TensorDigests { layout: layout(inspection), hasher }))
}

/// Digests of a file's tensors, in their order, and of the bytes outside of them.
pub(crate) struct Digested {
    pub(crate) tensors: Vec<Digest>,
    pub(crate) other: Digest,
}

/// What an observer of this file gave.
pub(crate) fn digests_of(inspection: &Inspection, extra: Option<&[u8]>) -> Option<Digested> {
    let (kept, rest) = extra?.split_at_checked(32)?;
    let count = inspection.tensors.len();
    if kept != layout(inspection).as_bytes() || <[u8]>::len(rest) != (count + 1) * 32 {
        return None;
    }
    let digest = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).ok().map(Digest::from_bytes);
    let mut all: Vec<Digest> = rest.chunks_exact(32).map(digest).collect::<Option<_>>()?;
    let tensors = all.split_off(1);
    Some(Digested { tensors, other: all.pop()? })
}

/// Where the tensors lie, as a digest. What is kept for a file is of one layout: other models may say otherwise of the
/// same external data.
fn layout(inspection: &Inspection) -> Digest {
    let mut hasher = Hasher::new();
    for tensor in &inspection.tensors {
        hasher.update(&tensor.offset.to_le_bytes());
        hasher.update(&tensor.end().unwrap_or_default().to_le_bytes());
    }
    hasher.finish()
}

struct TensorDigests {
    layout: Digest,
    hasher: TensorHasher,
}

impl Observer for TensorDigests {
    fn kind(&self) -> &'static str {
        "tensors-2"
    }

    fn accepts(&self, kept: &[u8]) -> bool {
        kept.starts_with(self.layout.as_bytes())
    }

    fn take(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        // A file that ended early is refused by the store; without digests the tensors are listed by name.
        let mut bytes = self.layout.as_bytes().to_vec();
        if let Ok((digests, other)) = self.hasher.finish_all() {
            bytes.extend(other.as_bytes());
            digests.iter().for_each(|digest| bytes.extend(digest.as_bytes()));
        }
        bytes
    }
}

/// A file as inspection reads it.
pub(crate) struct FileSource<'a> {
    file: File,
    size: u64,
    path: &'a Path,
}

impl FileSource<'_> {
    /// Opens a regular file.
    pub(crate) fn open(path: &Path) -> Result<FileSource<'_>> {
        let meta = std::fs::metadata(path).map_err(|error| io_error("read", path, &error))?;
        if !meta.is_file() {
            return Err(Error::new(Code::NotAFile, format!("{} is not a regular file", path.display())));
        }
        let file = File::open(path).map_err(|error| io_error("open", path, &error))?;
        Ok(FileSource { file, size: meta.len(), path })
    }
}

impl Source for FileSource<'_> {
    fn len(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        self.file.read_at(into, offset).map_err(|error| io_error("read", self.path, &error))
    }
}
