//! One pass over a file's bytes, one digest per tensor.

use super::report::{Tensor, shown};
use refmark_types::digest::{Digest, Hasher};
use refmark_types::error::{Code, Error, Result};

/// Takes a file's bytes in order, once, and digests each tensor's range; bytes between tensors are passed over.
pub struct TensorHasher {
    /// Start and end of each tensor with bytes, by start, and its place in the caller's list.
    ranges: Vec<(u64, u64, usize)>,
    digests: Vec<Option<Digest>>,
    /// The range that is being read, or comes next.
    next: usize,
    hasher: Hasher,
    position: u64,
}

impl TensorHasher {
    /// A hasher for these tensors, in any order. Ranges that overlap are an error with code `lying`.
    pub fn new(tensors: &[Tensor]) -> Result<TensorHasher> {
        let mut digests = vec![None; tensors.len()];
        let mut ranges = Vec::new();
        for (index, (tensor, digest)) in tensors.iter().zip(&mut digests).enumerate() {
            match tensor.offset.checked_add(tensor.bytes) {
                Some(end) if end > tensor.offset => ranges.push((tensor.offset, end, index)),
                Some(_) => *digest = Some(Digest::of(b"")),
                None => {
                    return Err(Error::new(
                        Code::Inconsistent,
                        format!("tensor `{}` ends nowhere", shown(&tensor.name)),
                    ));
                }
            }
        }
        ranges.sort();
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
        Ok(TensorHasher { ranges, digests, next: 0, hasher: Hasher::new(), position: 0 })
    }

    /// Takes the file's next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let from = self.position;
        let to = from + bytes.len() as u64;
        self.position = to;
        while let Some(&(start, end, index)) = self.ranges.get(self.next) {
            if start >= to {
                return;
            }
            // Both lie within this chunk, so they fit its index type.
            let first = start.max(from) - from;
            let last = end.min(to) - from;
            self.hasher.update(bytes.get(first as usize..last as usize).unwrap_or_default());
            if end > to {
                return;
            }
            if let Some(digest) = self.digests.get_mut(index) {
                *digest = Some(std::mem::take(&mut self.hasher).finish());
            }
            self.next += 1;
        }
    }

    /// The digests, in the order of the tensors given. A file that ended before its last tensor is an error with code
    /// `source-changed`.
    pub fn finish(self) -> Result<Vec<Digest>> {
        let seen = self.position;
        let digests: Option<Vec<Digest>> = self.digests.into_iter().collect();
        digests.ok_or_else(|| {
            Error::new(Code::SourceChanged, format!("the file ended at byte {seen}, before its last tensor"))
                .hint("it changed while it was read; try again when nothing writes to it")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(name: &str, offset: u64, bytes: u64) -> Tensor {
        Tensor { name: name.into(), dtype: "U8".into(), shape: vec![bytes], offset, bytes }
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
            let mut hasher = TensorHasher::new(&tensors).unwrap();
            bytes.chunks(chunk).for_each(|part| hasher.update(part));
            assert_eq!(hasher.finish().unwrap(), expected, "chunks of {chunk}");
        }
    }

    #[test]
    fn a_file_that_ends_early_and_tensors_that_overlap_are_errors() {
        let mut hasher = TensorHasher::new(&[tensor("a", 0, 4)]).unwrap();
        hasher.update(b"abc");
        assert_eq!(hasher.finish().unwrap_err().code, Code::SourceChanged);
        let overlap = TensorHasher::new(&[tensor("a", 0, 4), tensor("b", 3, 4)]);
        assert_eq!(overlap.err().unwrap().code, Code::Inconsistent);
        let endless = TensorHasher::new(&[tensor("a", u64::MAX, 4)]);
        assert_eq!(endless.err().unwrap().code, Code::Inconsistent);
    }
}
