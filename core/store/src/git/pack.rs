//! Many objects as one pack and its index, in Git's formats (pack version 2, index version 2). No deltas: `gc` makes those.

use gix::odb::pack::data;
use gix::zlib::Compression;
use gix::zlib::stream::deflate::Compress;

use super::new_object::{NewObject, deflate};
use crate::fs::parallel::in_parallel;
use refmark_types::error::{Result, bug};

/// Offsets from here on stand in the index's table of long offsets.
const LONG_OFFSET: u64 = 1 << 31;

/// Trees of at most so many bytes are stored as they are.
const STORED: usize = 1024;

/// A pack and its index, as bytes, and the hash that names them.
pub(super) struct BuiltPack {
    pub(super) pack: Vec<u8>,
    pub(super) index: Vec<u8>,
    pub(super) name: String,
}

struct Packed {
    id: refmark_types::oid::Oid,
    offset: u64,
    crc: u32,
}

/// Packs objects, each once, in the order in which they come.
pub(super) fn build(objects: Vec<NewObject>, hash: gix::hash::Kind) -> Result<BuiltPack> {
    let count = u32::try_from(objects.len()).map_err(|_| bug("more objects in one commit than a pack can hold"))?;
    let entries = in_parallel(&objects, |part| {
        let mut compress = Compress::new(Compression::BEST_SPEED);
        part.iter().map(|object| entry(&mut compress, object)).collect()
    })?;
    let mut pack = Vec::with_capacity(entries.iter().map(|(bytes, _)| bytes.len()).sum::<usize>() + 64);
    pack.extend_from_slice(&data::header::encode(data::Version::V2, count));
    let mut packed = Vec::with_capacity(objects.len());
    for (object, (bytes, crc)) in objects.iter().zip(&entries) {
        packed.push(Packed { id: object.id, offset: pack.len() as u64, crc: *crc });
        pack.extend_from_slice(bytes);
    }
    let name = seal(&mut pack, hash)?;
    packed.sort_unstable_by_key(|object| object.id);
    let index = index(&packed, &name, hash)?;
    Ok(BuiltPack { pack, index, name: name.to_string() })
}

fn entry(compress: &mut Compress, object: &NewObject) -> Result<(Vec<u8>, u32)> {
    use gix::objs::Kind;
    let header = match object.kind {
        Kind::Blob => data::entry::Header::Blob,
        Kind::Tree => data::entry::Header::Tree,
        Kind::Commit => data::entry::Header::Commit,
        Kind::Tag => data::entry::Header::Tag,
    };
    let mut bytes = Vec::new();
    header.write_to(object.bytes.len() as u64, &mut bytes).map_err(bug)?;
    match object.kind {
        // Names and hashes hardly shrink, and making the compressor ready takes longer than hashing such a tree.
        Kind::Tree if object.bytes.len() <= STORED => store(&object.bytes, &mut bytes),
        _ => deflate(compress, &object.bytes, &mut bytes)?,
    }
    let crc = crc32fast::hash(&bytes);
    Ok((bytes, crc))
}

/// A zlib stream of one stored block: at most 65,535 bytes.
fn store(input: &[u8], out: &mut Vec<u8>) {
    let length = input.len() as u16;
    out.extend_from_slice(&[0x78, 0x01, 0x01]);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(!length).to_le_bytes());
    out.extend_from_slice(input);
    out.extend_from_slice(&zlib_rs::adler32::adler32(1, input).to_be_bytes());
}

fn index(sorted: &[Packed], pack: &gix::hash::oid, hash: gix::hash::Kind) -> Result<Vec<u8>> {
    let mut out = b"\xfftOc\x00\x00\x00\x02".to_vec();
    for first in 0..=255u8 {
        let below = sorted.partition_point(|object| object.id.as_bytes().first().is_some_and(|byte| *byte <= first));
        out.extend_from_slice(&(below as u32).to_be_bytes());
    }
    sorted.iter().for_each(|object| out.extend_from_slice(object.id.as_bytes()));
    sorted.iter().for_each(|object| out.extend_from_slice(&object.crc.to_be_bytes()));
    let mut long = Vec::new();
    for object in sorted {
        let short = if object.offset < LONG_OFFSET {
            object.offset as u32
        } else {
            long.push(object.offset);
            LONG_OFFSET as u32 | (long.len() - 1) as u32
        };
        out.extend_from_slice(&short.to_be_bytes());
    }
    long.iter().for_each(|offset| out.extend_from_slice(&offset.to_be_bytes()));
    out.extend_from_slice(pack.as_bytes());
    seal(&mut out, hash)?;
    Ok(out)
}

/// Puts the hash of all bytes behind them.
fn seal(bytes: &mut Vec<u8>, hash: gix::hash::Kind) -> Result<gix::hash::ObjectId> {
    let mut hasher = gix::hash::hasher(hash);
    hasher.update(bytes);
    let sum = hasher.try_finalize().map_err(bug)?;
    bytes.extend_from_slice(sum.as_slice());
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_as_it_is_inflates_to_itself() {
        for length in [0, 1, 40, STORED] {
            let input: Vec<u8> = (0..length).map(|it| (it * 7) as u8).collect();
            let mut out = Vec::new();
            store(&input, &mut out);
            let mut back = vec![0; length + 1];
            let (status, read, written) = gix::zlib::Inflate::default().once(&out, &mut back).unwrap();
            assert!(matches!(status, gix::zlib::Status::StreamEnd));
            assert_eq!((read, &back[..written]), (out.len(), &input[..]));
        }
    }
}
