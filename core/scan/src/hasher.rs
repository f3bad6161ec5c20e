//! One pass over a file's bytes, one digest per tensor.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use super::report::{Packed, Tensor, shown};
use refmark_types::digest::{Digest, Hasher};
use refmark_types::error::{Code, Error, Result};

const CHUNK: usize = 64 * 1024;

/// Digests a tensor's values.
pub trait ValueHasher: Default {
    /// What comes of it.
    type Digest: Clone;
    /// Takes more bytes.
    fn update(&mut self, bytes: &[u8]);
    /// The digest of all bytes taken.
    fn finish(self) -> Self::Digest;
}

impl ValueHasher for Hasher {
    type Digest = Digest;

    fn update(&mut self, bytes: &[u8]) {
        Hasher::update(self, bytes);
    }

    fn finish(self) -> Digest {
        Hasher::finish(self)
    }
}

/// Takes a file's bytes in order, once, and digests each tensor's values and what is outside of all of them.
///
/// A deflated tensor is inflated on the way: its digest is that of its values, however well they were packed. The hasher of values
/// is the caller's choice; what is outside of tensors has a SHA-256.
pub struct TensorHasher<H: ValueHasher = Hasher> {
    /// Start and end of each tensor with bytes, by start, and its place in the caller's list.
    ranges: Vec<(u64, u64, usize)>,
    packed: Vec<Option<Packed>>,
    digests: Vec<Option<H::Digest>>,
    /// The range that is being read, or comes next.
    next: usize,
    hasher: H,
    inflater: Option<Inflater>,
    rest: Hasher,
    position: u64,
}

impl<H: ValueHasher> TensorHasher<H> {
    /// A hasher for these tensors, in any order.
    ///
    /// # Errors
    ///
    /// `inconsistent` where their ranges overlap or end nowhere.
    pub fn new(tensors: &[Tensor]) -> Result<TensorHasher<H>> {
        let mut digests = vec![None; tensors.len()];
        let mut ranges = Vec::new();
        for (index, (tensor, digest)) in tensors.iter().zip(&mut digests).enumerate() {
            match tensor.end() {
                Some(end) if end > tensor.offset => ranges.push((tensor.offset, end, index)),
                Some(_) => *digest = Some(H::default().finish()),
                None => {
                    return Err(Error::new(
                        Code::Inconsistent,
                        format!("tensor `{}` ends nowhere", shown(&tensor.name)),
                    ));
                }
            }
        }
        ranges.sort_unstable();
        for pair in ranges.windows(2) {
            if let [(_, end, first), (start, _, second)] = pair
                && start < end
            {
                let name = |index: &usize| tensors.get(*index).map(|tensor| shown(&tensor.name)).unwrap_or_default();
                return Err(Error::new(
                    Code::Inconsistent,
                    format!("tensors `{}` and `{}` overlap at byte {start}", name(first), name(second)),
                ));
            }
        }
        let packed = tensors.iter().map(|tensor| tensor.packed).collect();
        let (hasher, rest) = (H::default(), Hasher::new());
        Ok(TensorHasher { ranges, packed, digests, next: 0, hasher, inflater: None, rest, position: 0 })
    }

    /// Takes the file's next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let from = self.position;
        let to = from + bytes.len() as u64;
        self.position = to;
        // All offsets below lie within this chunk, so they fit its index type.
        let part = |start: u64, end: u64| {
            let range = (start.max(from) - from) as usize..(end.clamp(from, to) - from) as usize;
            bytes.get(range).unwrap_or_default()
        };
        let mut done = from;
        while let Some(&(start, end, index)) = self.ranges.get(self.next) {
            self.rest.update(part(done, start));
            if start >= to {
                return;
            }
            self.take(index, part(start, end));
            if end > to {
                return;
            }
            self.close(index);
            self.next += 1;
            done = end;
        }
        self.rest.update(part(done, to));
    }

    /// Takes bytes of the tensor that is being read.
    fn take(&mut self, index: usize, bytes: &[u8]) {
        let Some(packed) = self.packed.get(index).copied().flatten() else {
            self.hasher.update(bytes);
            return;
        };
        let inflater = self.inflater.get_or_insert_with(|| Inflater::new(packed.skip));
        inflater.feed(bytes, &mut self.hasher);
    }

    fn close(&mut self, index: usize) {
        let digest = std::mem::take(&mut self.hasher).finish();
        let broken = self.inflater.take().is_some_and(|inflater| inflater.broken);
        if let (Some(slot), false) = (self.digests.get_mut(index), broken) {
            *slot = Some(digest);
        }
    }

    /// The digests, in the order of the tensors given.
    ///
    /// # Errors
    ///
    /// `source-changed` where the file ended before its last tensor, or what is deflated cannot be inflated.
    pub fn finish(self) -> Result<Vec<H::Digest>> {
        Ok(self.finish_all()?.0)
    }

    /// The digests, in the order of the tensors given, and that of all bytes that belong to no tensor.
    ///
    /// # Errors
    ///
    /// As [`Self::finish`].
    pub fn finish_all(self) -> Result<(Vec<H::Digest>, Digest)> {
        let seen = self.position;
        let rest = self.rest.finish();
        let digests: Option<Vec<H::Digest>> = self.digests.into_iter().collect();
        let digests = digests.ok_or_else(|| {
            Error::new(Code::SourceChanged, format!("the file ended at byte {seen}, before its last tensor"))
                .hint("it changed while it was read; try again when nothing writes to it")
        })?;
        Ok((digests, rest))
    }
}

/// A deflated stream that is inflated as it comes.
struct Inflater {
    state: Box<InflateState>,
    buffer: Vec<u8>,
    skip: u64,
    broken: bool,
}

impl Inflater {
    fn new(skip: u64) -> Inflater {
        Inflater { state: InflateState::new_boxed(DataFormat::Raw), buffer: vec![0; CHUNK], skip, broken: false }
    }

    fn feed(&mut self, mut bytes: &[u8], hasher: &mut impl ValueHasher) {
        while !self.broken {
            let step = inflate(&mut self.state, bytes, &mut self.buffer, MZFlush::None);
            bytes = bytes.get(step.bytes_consumed..).unwrap_or_default();
            let gave = self.buffer.get(..step.bytes_written).unwrap_or_default();
            let passed = usize::try_from(self.skip).unwrap_or(usize::MAX).min(gave.len());
            self.skip -= passed as u64;
            hasher.update(gave.get(passed..).unwrap_or_default());
            self.broken = !matches!(step.status, Ok(_) | Err(MZError::Buf));
            let ended = matches!(step.status, Ok(MZStatus::StreamEnd));
            if ended || gave.is_empty() && (bytes.is_empty() || step.bytes_consumed == 0) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(name: &str, offset: u64, bytes: u64) -> Tensor {
        Tensor::plain(name.into(), "U8", vec![bytes], offset, bytes)
    }

    #[test]
    fn digests_are_those_of_the_ranges_however_the_bytes_arrive() {
        let bytes: Vec<u8> = (0..=255).collect();
        let tensors = [
            tensor("b", 40, 60),
            tensor("a", 3, 30),
            tensor("none", 33, 0),
            tensor("c", 100, 1),
            tensor("d", 101, 155),
        ];
        let expected: Vec<Digest> = tensors
            .iter()
            .map(|tensor| Digest::of(&bytes[tensor.offset as usize..(tensor.offset + tensor.bytes) as usize]))
            .collect();
        for chunk in [1, 2, 7, 33, 100, 256] {
            let mut hasher = TensorHasher::<Hasher>::new(&tensors).unwrap();
            bytes.chunks(chunk).for_each(|part| hasher.update(part));
            assert_eq!(hasher.finish().unwrap(), expected, "chunks of {chunk}");
        }
    }

    #[test]
    fn a_file_that_ends_early_and_tensors_that_overlap_are_faults() {
        let mut hasher = TensorHasher::<Hasher>::new(&[tensor("a", 0, 4)]).unwrap();
        hasher.update(b"abc");
        assert_eq!(hasher.finish().unwrap_err().code, Code::SourceChanged);
        let overlap = TensorHasher::<Hasher>::new(&[tensor("a", 0, 4), tensor("b", 3, 4)]);
        assert_eq!(overlap.err().unwrap().code, Code::Inconsistent);
        let endless = TensorHasher::<Hasher>::new(&[tensor("a", u64::MAX, 4)]);
        assert_eq!(endless.err().unwrap().code, Code::Inconsistent);
    }
}
