//! Inflating with bounds: exactly as many bytes as were promised, or an error.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags as flags};

use super::object::Why;

/// A byte of deflate makes at most 1,032 bytes.
const MOST: u64 = 1032;
const WINDOW: usize = 32 * 1024;
// An object's id is checked against all of its bytes, so the weaker checksum would tell nothing more.
const FLAGS: u32 = flags::TINFL_FLAG_PARSE_ZLIB_HEADER | flags::TINFL_FLAG_IGNORE_ADLER32;
const LIES: Why = "its deflated bytes are damaged or are not as many as its header says";

/// The state of the algorithm, made once and used again.
#[derive(Default)]
pub(super) struct Inflater(Box<DecompressorOxide>);

impl Inflater {
    /// Inflates exactly `size` bytes; the caller has bounded it. Also says how many bytes of `input` they took.
    pub(super) fn exact(&mut self, input: &[u8], size: u64) -> Result<(Vec<u8>, usize), Why> {
        if size > (input.len() as u64).saturating_mul(MOST) {
            return Err(LIES);
        }
        let mut out = vec![0; usize::try_from(size).map_err(|_| LIES)?];
        self.0.init();
        let whole = FLAGS | flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        match decompress(&mut self.0, input, &mut out, 0, whole) {
            (TINFLStatus::Done, taken, made) if made == out.len() => Ok((out, taken)),
            _ => Err(LIES),
        }
    }

    /// The first bytes, at most `most`: for headers inside the deflated bytes.
    pub(super) fn prefix(&mut self, input: &[u8], most: usize) -> Result<Vec<u8>, Why> {
        let mut out = vec![0; most];
        self.0.init();
        let whole = FLAGS | flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, _, made) = decompress(&mut self.0, input, &mut out, 0, whole);
        if !matches!(status, TINFLStatus::Done | TINFLStatus::HasMoreOutput) {
            return Err(LIES);
        }
        out.truncate(made);
        Ok(out)
    }

    /// Inflates exactly `size` bytes piece by piece, holding none of them. Says how many bytes of `input` they took.
    pub(super) fn stream(&mut self, input: &[u8], size: u64, mut sink: impl FnMut(&[u8])) -> Result<usize, Why> {
        let mut window = vec![0; WINDOW];
        self.0.init();
        let (mut taken, mut made, mut at) = (0, 0u64, 0);
        loop {
            let rest = input.get(taken..).ok_or(LIES)?;
            let (status, read, wrote) = decompress(&mut self.0, rest, &mut window, at, FLAGS);
            taken += read;
            made += wrote as u64;
            if made > size {
                return Err(LIES);
            }
            sink(window.get(at..at + wrote).ok_or(LIES)?);
            at = (at + wrote) % WINDOW;
            match status {
                TINFLStatus::Done if made == size => return Ok(taken),
                TINFLStatus::HasMoreOutput => {}
                _ => return Err(LIES),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        miniz_oxide::deflate::compress_to_vec_zlib(bytes, 6)
    }

    #[test]
    fn every_size_comes_back_and_says_where_it_ended() {
        let mut inflater = Inflater::default();
        for size in [0usize, 1, 2, 257, 32_767, 32_768, 32_769, 100_000, 1 << 20] {
            let bytes: Vec<u8> = (0..size).map(|at| (at * at / 7) as u8).collect();
            let mut input = deflated(&bytes);
            let end = input.len();
            input.extend_from_slice(b"the next entry, which is not ours");
            assert_eq!(inflater.exact(&input, size as u64), Ok((bytes.clone(), end)), "{size}");
            let mut pieces = Vec::new();
            assert_eq!(inflater.stream(&input, size as u64, |piece| pieces.extend_from_slice(piece)), Ok(end));
            assert_eq!(pieces, bytes);
            assert_eq!(inflater.prefix(&input, 20).unwrap(), bytes[..size.min(20)]);
        }
    }

    #[test]
    fn a_size_that_is_not_true_is_refused_before_the_memory_is_taken() {
        let mut inflater = Inflater::default();
        let bomb = deflated(&vec![0; 1 << 20]);
        for size in [0, (1 << 20) - 1, (1 << 20) + 1, 1 << 59, u64::MAX] {
            assert_eq!(inflater.exact(&bomb, size), Err(LIES), "{size}");
            assert_eq!(inflater.stream(&bomb, size, |_| ()), Err(LIES), "{size}");
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        let mut inflater = Inflater::default();
        let bytes: Vec<u8> = (0..2000u32).map(|at| (at * 31 / 3) as u8).collect();
        let input = deflated(&bytes);
        for end in 0..input.len() {
            assert_eq!(inflater.exact(&input[..end], 2000), Err(LIES), "{end}");
            assert_eq!(inflater.stream(&input[..end], 2000, |_| ()), Err(LIES), "{end}");
        }
    }
}
