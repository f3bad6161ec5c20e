//! An object on its way to disk, and its compression.

use gix::objs::Kind;
use gix::zlib::stream::deflate::{Compress, FlushCompress};

use refmark_types::error::{Result, bug};
use refmark_types::oid::Oid;

/// An object on its way to disk.
pub(super) struct NewObject {
    pub(super) id: Oid,
    pub(super) kind: Kind,
    pub(super) bytes: Vec<u8>,
}

impl NewObject {
    pub(super) fn new(hash: gix::hash::Kind, kind: Kind, bytes: Vec<u8>) -> Result<NewObject> {
        let id = gix::objs::compute_hash(hash, kind, &bytes).map_err(bug)?;
        Ok(NewObject { id: super::from_gix(&id)?, kind, bytes })
    }
}

/// Compresses at level 1 behind what `out` has. The compressor is used again for the next object.
pub(super) fn deflate(compress: &mut Compress, input: &[u8], out: &mut Vec<u8>) -> Result<()> {
    compress.reset();
    let start = out.len();
    loop {
        let (read, written) = (compress.total_in() as usize, compress.total_out() as usize);
        // What does not shrink grows by a little at level 1, so that the first round is almost always the last.
        out.resize(start + written + (input.len() - read) + input.len() / 8 + 128, 0);
        let status = compress.compress(&input[read..], &mut out[start + written..], FlushCompress::Finish);
        if matches!(status.map_err(bug)?, gix::zlib::Status::StreamEnd) {
            out.truncate(start + compress.total_out() as usize);
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use gix::zlib::Compression;

    use super::*;

    #[test]
    fn bytes_that_do_not_shrink_are_compressed_whole_and_come_back() {
        let mut compress = Compress::new(Compression::BEST_SPEED);
        let mut state = 7u32;
        for length in [0, 1, 100, 4096, 70_000, 1 << 20] {
            let noise = std::iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            });
            let input: Vec<u8> = noise.take(length).collect();
            let mut out = b"before".to_vec();
            deflate(&mut compress, &input, &mut out).unwrap();
            let mut back = vec![0; length + 1];
            let mut inflate = gix::zlib::Inflate::default();
            let (status, read, written) = inflate.once(&out[6..], &mut back).unwrap();
            assert!(matches!(status, gix::zlib::Status::StreamEnd));
            assert_eq!((read, &back[..written]), (out.len() - 6, &input[..]));
        }
    }
}
