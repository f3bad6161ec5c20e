//! A look at a file before it is stored: its header, and what digests its tensors on the way.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::OnceLock;

use refmark_engine::ports::Cancel;
use refmark_engine::ports::blob::Observer;
use refmark_scan::{Inspection, Source, TensorHasher, inspect};
use refmark_store::blob::Found;
use refmark_store::fs::disk::io_error;
use refmark_store::fs::parallel::{cores, for_each};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};

/// What a file is.
pub(crate) struct Looked {
    pub(crate) inspection: Inspection,
}

/// Files up to this size are read whole for the look: their headers are most of them.
const SMALL: u64 = 1 << 16;

/// Inspects the files of packages, on all cores: a look at a small file is mostly waiting for the kernel.
pub(crate) fn look_at_all(packages: &[Vec<Found>], cancel: &Cancel) -> Result<Vec<Vec<Looked>>> {
    let slots: Vec<(&Path, OnceLock<Looked>)> =
        packages.iter().flatten().map(|found| (found.file.as_path(), OnceLock::new())).collect();
    for_each(cores(), &slots, |(path, slot)| {
        cancel.check()?;
        let looked = look(path)?;
        slot.get_or_init(|| looked);
        Ok(())
    })?;
    let mut looked = slots.into_iter().filter_map(|(_, slot)| slot.into_inner());
    Ok(packages.iter().map(|files| looked.by_ref().take(files.len()).collect()).collect())
}

/// Inspects a file's header. The bytes are hashed later, while they are copied.
pub(crate) fn look(path: &Path) -> Result<Looked> {
    let meta = std::fs::metadata(path).map_err(|error| io_error("read", path, &error))?;
    if !meta.is_file() {
        return Err(Error::new(Code::NotAFile, format!("{} is not a regular file", path.display())));
    }
    let file = File::open(path).map_err(|error| io_error("open", path, &error))?;
    let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let source = FileSource { file, size: meta.len(), path };
    if source.size > SMALL {
        return Ok(Looked { inspection: inspect(&name, &source)? });
    }
    let mut bytes = Vec::with_capacity(source.size as usize + 1);
    (&source.file).take(source.size).read_to_end(&mut bytes).map_err(|error| io_error("read", path, &error))?;
    Ok(Looked { inspection: inspect(&name, &bytes.as_slice())? })
}

impl Looked {
    /// Digests the tensors while the file is stored, where it has any.
    pub(crate) fn observer(&self) -> Result<Option<Box<dyn Observer>>> {
        if self.inspection.tensors.is_empty() {
            return Ok(None);
        }
        // Tensors that overlap cannot be digested in one pass; the file is stored all the same.
        Ok(TensorHasher::new(&self.inspection.tensors)
            .ok()
            .map(|hasher| Box::new(TensorDigests { hasher }) as Box<dyn Observer>))
    }

    /// The tensors' digests, in their order.
    pub(crate) fn digests(&self, extra: Option<&[u8]>) -> Result<Vec<Option<Digest>>> {
        let count = self.inspection.tensors.len();
        let Some(extra) = extra.filter(|it: &&[u8]| <[u8]>::len(it) == count * 32) else {
            return Ok(vec![None; count]);
        };
        let digest = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).ok().map(Digest::from_bytes);
        Ok(extra.chunks_exact(32).map(digest).collect())
    }
}

struct TensorDigests {
    hasher: TensorHasher,
}

impl Observer for TensorDigests {
    fn kind(&self) -> &'static str {
        "tensors-1"
    }

    fn take(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        // A file that ended early is refused by the store; without digests the tensors are listed by name.
        let digests = self.hasher.finish().unwrap_or_default();
        digests.iter().flat_map(|digest| *digest.as_bytes()).collect()
    }
}

/// A file as inspection reads it.
pub(crate) struct FileSource<'a> {
    file: File,
    size: u64,
    path: &'a Path,
}

impl Source for FileSource<'_> {
    fn len(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        self.file.read_at(into, offset).map_err(|error| io_error("read", self.path, &error))
    }
}
