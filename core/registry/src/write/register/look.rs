//! A look at a file before it is stored: its header, and what digests its tensors on the way.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::OnceLock;

use refmark_engine::ports::Cancel;
use refmark_engine::ports::blob::Observer;
use refmark_scan::{Inspection, PackageFile, Source, TensorHasher, ValueHasher, inspect};
use refmark_store::blob::Found;
use refmark_store::fs::disk::io_error;
use refmark_store::fs::parallel::{cores, for_each};
use refmark_types::digest::{Blake3, Digest, Hasher};
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

/// By which digests tensors are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sums {
    /// BLAKE3: what tables name. A second SHA-256 beside that of the file would double its cost.
    Blake3,
    /// And SHA-256, which older tables and manifests name.
    Both,
}

/// Digests the tensors while the file is stored, where it has any, and what is outside of them.
pub(crate) fn observer(inspection: &Inspection, sums: Sums) -> Option<Box<dyn Observer>> {
    if inspection.tensors.is_empty() {
        return None;
    }
    // Tensors that overlap cannot be digested in one pass; the file is stored all the same.
    let (layout, tensors) = (layout(inspection), &inspection.tensors);
    Some(match sums {
        Sums::Blake3 => Box::new(TensorDigests::<Fast> { layout, hasher: TensorHasher::new(tensors).ok()? }),
        Sums::Both => Box::new(TensorDigests::<Two> { layout, hasher: TensorHasher::new(tensors).ok()? }),
    })
}

/// Digests of a file's tensors, in their order, and of the bytes outside of them.
pub(crate) struct Digested {
    /// The second is there where both were asked for.
    pub(crate) tensors: Vec<(Blake3, Option<Digest>)>,
    pub(crate) other: Digest,
}

impl Digested {
    /// Whether these digests are those that were asked for, or more.
    pub(crate) fn has(&self, sums: Sums) -> bool {
        sums == Sums::Blake3 || self.tensors.iter().all(|(_, sha256)| sha256.is_some())
    }
}

/// What an observer of this file gave.
pub(crate) fn digests_of(inspection: &Inspection, extra: Option<&[u8]>) -> Option<Digested> {
    let (kept, rest) = extra?.split_at_checked(32)?;
    let count = inspection.tensors.len();
    let is_of = |each: usize| <[u8]>::len(rest) == (count * each + 1) * 32;
    if kept != layout(inspection).as_bytes() || !(is_of(1) || is_of(2)) {
        return None;
    }
    let (other, rest) = rest.split_first_chunk::<32>()?;
    let (sums, _) = rest.as_chunks::<32>();
    let blake3 = sums.iter().take(count).map(|sum| Blake3::from_bytes(*sum));
    let sha256 = sums.iter().skip(count).map(|sum| Some(Digest::from_bytes(*sum)));
    let tensors = blake3.zip(sha256.chain(std::iter::repeat(None))).collect();
    Some(Digested { tensors, other: Digest::from_bytes(*other) })
}

/// BLAKE3 of a tensor's values.
#[derive(Default)]
struct Fast(blake3::Hasher);

impl ValueHasher for Fast {
    type Digest = (Blake3, Option<Digest>);

    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self) -> Self::Digest {
        (Blake3::from_bytes(*self.0.finalize().as_bytes()), None)
    }
}

/// BLAKE3 and SHA-256 of a tensor's values.
#[derive(Default)]
struct Two(Fast, Hasher);

impl ValueHasher for Two {
    type Digest = (Blake3, Option<Digest>);

    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
        self.1.update(bytes);
    }

    fn finish(self) -> Self::Digest {
        (self.0.finish().0, Some(self.1.finish()))
    }
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

struct TensorDigests<H: ValueHasher> {
    layout: Digest,
    hasher: TensorHasher<H>,
}

impl<H> Observer for TensorDigests<H>
where
    H: ValueHasher<Digest = (Blake3, Option<Digest>)> + Send,
{
    fn kind(&self) -> &'static str {
        "tensors-3"
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
            digests.iter().for_each(|(blake3, _)| bytes.extend(blake3.as_bytes()));
            digests.iter().filter_map(|(_, sha256)| *sha256).for_each(|sha256| bytes.extend(sha256.as_bytes()));
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
