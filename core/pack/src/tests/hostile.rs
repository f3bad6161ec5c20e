//! Bytes that nobody's Git wrote.

use super::tools::{Git, Packed};
use crate::object::Kind;
use crate::{Format, Repository};
use refmark_engine::snapshot::History;
use refmark_types::error::Code;
use refmark_types::oid::Oid;

const SHA1: Format = Format::Sha1;

/// An entry's header, then whatever names its base, then its deflated bytes.
fn entry(kind: u8, size: u64, base: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![kind << 4 | (size & 15) as u8];
    let mut rest = size >> 4;
    while rest > 0 {
        *out.last_mut().unwrap() |= 0x80;
        out.push((rest & 0x7f) as u8);
        rest >>= 7;
    }
    out.extend_from_slice(base);
    out.extend_from_slice(&miniz_oxide::deflate::compress_to_vec_zlib(bytes, 9));
    out
}

fn blob(bytes: &[u8]) -> Vec<u8> {
    entry(3, bytes.len() as u64, b"", bytes)
}

fn number(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A delta that copies the whole base `times` times.
fn repeat(base: u64, times: u64) -> Vec<u8> {
    let mut out = [number(base), number(base * times)].concat();
    for _ in 0..times {
        out.extend_from_slice(&[0xf0, base as u8, (base >> 8) as u8, (base >> 16) as u8]);
    }
    out
}

/// A delta by offset on the entry that lies `distance` bytes before.
fn on_offset(distance: usize, delta: &[u8]) -> Vec<u8> {
    let mut base = vec![(distance & 0x7f) as u8];
    let mut rest = distance >> 7;
    while rest > 0 {
        rest -= 1;
        base.insert(0, 0x80 | (rest & 0x7f) as u8);
        rest >>= 7;
    }
    entry(6, delta.len() as u64, &base, delta)
}

fn pack(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut out = [b"PACK\0\0\0\x02".as_slice(), &(entries.len() as u32).to_be_bytes()].concat();
    out.extend(entries.concat());
    seal(out)
}

fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let trailer = SHA1.hash(&bytes).unwrap();
    bytes.extend_from_slice(trailer.as_bytes());
    bytes
}

/// An index that says what it is told to, true or not. Entries that it is told nothing of get ids of their own.
fn idx(pack: &[u8], mut found: Vec<(Oid, u64)>) -> Vec<u8> {
    let count = u32::from_be_bytes(pack[8..12].try_into().unwrap()).min(10_000);
    for at in found.len() as u32..count {
        let filler = [&[0xff; 16], at.to_be_bytes().as_slice()].concat();
        found.push((Oid::from_bytes(&filler).unwrap(), 12));
    }
    found.sort();
    let mut out = b"\xfftOc\0\0\0\x02".to_vec();
    for byte in 0..=255u8 {
        let below = found.iter().filter(|(id, _)| id.as_bytes()[0] <= byte).count() as u32;
        out.extend_from_slice(&below.to_be_bytes());
    }
    for (id, _) in &found {
        out.extend_from_slice(id.as_bytes());
    }
    out.resize(out.len() + 4 * found.len(), 0);
    for (_, offset) in &found {
        out.extend_from_slice(&(*offset as u32).to_be_bytes());
    }
    out.extend_from_slice(&pack[pack.len() - 20..]);
    seal(out)
}

fn open(pack: Vec<u8>, idx: Option<Vec<u8>>) -> Result<Repository, Code> {
    let repository = Repository::new();
    repository.add_pack("hostile", pack, idx).map_err(|error| error.code)?;
    Ok(repository)
}

fn id(of: u8) -> Oid {
    Oid::from_bytes(&[of; 20]).unwrap()
}

fn load(repository: &Repository, id: Oid) -> Result<Vec<u8>, Code> {
    History::load(repository, id, 1 << 20).map_err(|error| error.code)
}

/// A pack of five kinds of entries, small enough to break in every place.
fn small() -> (Git, Packed) {
    let mut git = Git::init("sha1");
    let text: String = (0..40).map(|at| format!("line {at}\n")).collect();
    git.write("a", &text);
    git.commit("one");
    git.write("a", format!("{text}and more\n"));
    git.write("b/c", "beside\n");
    git.commit("two");
    git.run(&["repack", "-q", "-adf"]);
    let packed = git.packs().remove(0);
    (git, packed)
}

#[test]
fn a_pack_that_is_cut_or_flipped_anywhere_never_panics_and_never_returns_other_bytes() {
    let (git, (pack, idx)) = small();
    let objects = git.objects();
    let check = |pack: Vec<u8>, idx: Option<Vec<u8>>| {
        let Ok(repository) = open(pack, idx) else { return 0 };
        let mut read = 0;
        for (id, (kind, bytes)) in &objects {
            if let Ok(Some(object)) = repository.objects.find(*id, 1 << 20) {
                assert_eq!((object.kind.word(), &**object.bytes), (kind.as_str(), bytes.as_slice()));
                read += 1;
            }
        }
        read
    };
    assert_eq!(check(pack.clone(), Some(idx.clone())), objects.len());
    assert_eq!(check(pack.clone(), None), objects.len());
    for end in 0..pack.len() {
        assert_eq!(check(pack[..end].to_vec(), None), 0, "cut at {end}");
        assert_eq!(check(pack[..end].to_vec(), Some(idx.clone())), 0, "cut at {end}");
    }
    for end in 0..idx.len() {
        assert_eq!(check(pack.clone(), Some(idx[..end].to_vec())), 0, "index cut at {end}");
    }
    for at in 0..pack.len() * 8 {
        let mut flipped = pack.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        check(flipped.clone(), Some(idx.clone()));
        assert_eq!(check(flipped.clone(), None), 0, "bit {at}");
        flipped.truncate(pack.len() - 20);
        check(seal(flipped), None);
    }
    for at in 0..idx.len() * 8 {
        let mut flipped = idx.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        check(pack.clone(), Some(flipped));
    }
}

#[test]
fn a_loose_object_that_is_cut_or_flipped_never_returns_other_bytes() {
    let bytes = b"some bytes that are some bytes";
    let id = SHA1.id(Kind::Blob, bytes).unwrap();
    let raw = [b"blob 30\0".as_slice(), bytes].concat();
    let deflated = miniz_oxide::deflate::compress_to_vec_zlib(&raw, 6);
    let read = |deflated: Vec<u8>| {
        let repository = Repository::new();
        repository.add_loose(&id.to_string(), deflated).unwrap();
        load(&repository, id)
    };
    assert_eq!(read(deflated.clone()).unwrap(), bytes);
    for end in 0..deflated.len() {
        assert_eq!(read(deflated[..end].to_vec()), Err(Code::BadPack), "{end}");
    }
    for at in 0..deflated.len() * 8 {
        let mut flipped = deflated.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        assert!(read(flipped).is_ok_and(|found| found == bytes) || at / 8 < deflated.len(), "{at}");
    }
    for header in ["blob 31", "blob 29", "blob 030", "blub 30", "blob", "blob 18446744073709551615", "tree 30"] {
        let raw = [header.as_bytes(), b"\0", bytes].concat();
        let error = read(miniz_oxide::deflate::compress_to_vec_zlib(&raw, 6)).unwrap_err();
        assert!(matches!(error, Code::BadPack | Code::TooLarge), "{header}");
    }
}

#[test]
fn a_ring_of_deltas_ends() {
    let delta = repeat(4, 1);
    let entries = vec![
        entry(7, delta.len() as u64, id(2).as_bytes(), &delta),
        entry(7, delta.len() as u64, id(1).as_bytes(), &delta),
    ];
    let second = 12 + entries[0].len() as u64;
    let pack = pack(&entries);
    let index = idx(&pack, vec![(id(1), 12), (id(2), second)]);
    let repository = open(pack.clone(), Some(index)).unwrap();
    assert_eq!(load(&repository, id(1)), Err(Code::BadPack));
    assert_eq!(open(pack, None).err(), Some(Code::Incomplete));

    // One that builds on itself.
    let entries = [entry(7, delta.len() as u64, id(1).as_bytes(), &delta)];
    let one = self::pack(&entries);
    let repository = open(one.clone(), Some(idx(&one, vec![(id(1), 12)]))).unwrap();
    assert_eq!(load(&repository, id(1)), Err(Code::BadPack));
}

#[test]
fn a_chain_may_have_four_thousand_links_and_no_more() {
    for (links, good) in [(4095, true), (4096, true), (4097, false)] {
        let mut entries = vec![blob(b"base")];
        for _ in 0..links {
            let distance = entries.last().unwrap().len();
            entries.push(on_offset(distance, &repeat(4, 1)));
        }
        let last = 12 + entries[..links].iter().map(Vec::len).sum::<usize>() as u64;
        let pack = pack(&entries);
        let wanted = SHA1.id(Kind::Blob, b"base").unwrap();
        let repository = open(pack.clone(), Some(idx(&pack, vec![(wanted, last)]))).unwrap();
        let expected = if good { Ok(b"base".to_vec()) } else { Err(Code::BadPack) };
        assert_eq!(load(&repository, wanted), expected, "{links}");
    }
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    // 1 MiB, and each delta makes it sixteen times as large.
    let mega = vec![0; 1 << 20];
    let mut entries = vec![blob(&mega)];
    let mut size = mega.len() as u64;
    for _ in 0..5 {
        let distance = entries.last().unwrap().len();
        let mut delta = [number(size), number(size * 16)].concat();
        for _ in 0..size * 16 / (1 << 20) {
            delta.extend_from_slice(&[0xc0, 0x10]);
        }
        entries.push(on_offset(distance, &delta));
        size *= 16;
    }
    let last = 12 + entries[..5].iter().map(Vec::len).sum::<usize>() as u64;
    let bomb = pack(&entries);
    assert!(bomb.len() < 1 << 20);
    let repository = open(bomb.clone(), Some(idx(&bomb, vec![(id(1), last)]))).unwrap();
    assert_eq!(load(&repository, id(1)), Err(Code::TooLarge));
    assert_eq!(History::load(&repository, id(1), u64::MAX).unwrap_err().code, Code::TooLarge);
    assert_eq!(open(bomb, None).err(), Some(Code::TooLarge));

    // Many that each make 1 MiB: no one of them is too large, all together are.
    let mut entries = vec![blob(&mega)];
    let mut distance = entries[0].len();
    for _ in 0..2000 {
        let next = on_offset(distance, &[number(1 << 20), number(1 << 20), vec![0xc0, 0x10]].concat());
        distance += next.len();
        entries.push(next);
    }
    assert_eq!(open(pack(&entries), None).err(), Some(Code::TooLarge));
}

#[test]
fn sizes_counts_and_types_that_lie_are_refused() {
    let good = blob(b"hello");
    let wanted = SHA1.id(Kind::Blob, b"hello").unwrap();
    let cases = [
        entry(3, 4, b"", b"hello"),
        entry(3, 6, b"", b"hello"),
        entry(3, 1 << 59, b"", b"hello"),
        entry(0, 5, b"", b"hello"),
        entry(5, 5, b"", b"hello"),
        entry(6, 5, &[0], b"hello"),
        entry(6, 5, &[0x7f], b"hello"),
        entry(6, 5, &[0xff; 12], b"hello"),
        vec![0xff; 30],
        vec![],
    ];
    for case in cases {
        let bytes = pack(std::slice::from_ref(&case));
        assert!(matches!(open(bytes.clone(), None).err(), Some(Code::BadPack | Code::TooLarge)), "{case:?}");
        let repository = open(bytes.clone(), Some(idx(&bytes, vec![(wanted, 12)]))).unwrap();
        assert!(matches!(load(&repository, wanted), Err(Code::BadPack | Code::TooLarge)), "{case:?}");
    }
    for count in [0u32, 2, u32::MAX] {
        let one = pack(std::slice::from_ref(&good));
        let mut bytes = one[..one.len() - 20].to_vec();
        bytes[8..12].copy_from_slice(&count.to_be_bytes());
        let bytes = seal(bytes);
        assert_eq!(open(bytes.clone(), None).err(), Some(Code::BadPack), "{count}");
        let of_one = idx(&[&one[..12], &bytes[12..]].concat(), vec![(wanted, 12)]);
        assert_eq!(open(bytes, Some(of_one)).err(), Some(Code::BadPack), "{count}");
    }
    let mut trailer = pack(&[good]);
    *trailer.last_mut().unwrap() ^= 1;
    assert_eq!(open(trailer, None).err(), Some(Code::BadPack));
}

#[test]
fn an_index_that_lies_about_offsets_or_order_is_refused() {
    let entries = [blob(b"hello"), blob(b"other")];
    let second = 12 + entries[0].len() as u64;
    let bytes = pack(&entries);
    let (hello, other) = (SHA1.id(Kind::Blob, b"hello").unwrap(), SHA1.id(Kind::Blob, b"other").unwrap());
    for (one, two) in
        [(second, 12), (13, second), (0, 4), (1 << 30, 12), (bytes.len() as u64, second), (0xffff_ffff, 12)]
    {
        let repository = open(bytes.clone(), Some(idx(&bytes, vec![(hello, one), (other, two)]))).unwrap();
        assert_eq!(load(&repository, hello), Err(Code::BadPack), "{one}");
    }
    let good = idx(&bytes, vec![(hello, 12), (other, second)]);
    let ids = 8 + 1024;
    let mut swapped = good.clone();
    swapped[ids..ids + 40].rotate_left(20);
    assert_eq!(open(bytes.clone(), Some(swapped)).err(), Some(Code::BadPack));
    let mut fan = good.clone();
    fan[8..12].copy_from_slice(&2u32.to_be_bytes());
    assert_eq!(open(bytes.clone(), Some(fan)).err(), Some(Code::BadPack));
    let mut huge = good;
    huge[8 + 1020..ids].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(open(bytes, Some(huge)).err(), Some(Code::BadPack));
}

#[test]
fn a_bundle_that_is_no_bundle_is_refused() {
    let (git, _) = small();
    git.run(&["bundle", "create", "-q", ".git/small.bundle", "--all"]);
    let whole = std::fs::read(git.path().join(".git/small.bundle")).unwrap();
    for end in 0..whole.len() {
        let repository = Repository::new();
        assert_eq!(repository.add_bundle(whole[..end].to_vec()).unwrap_err().code, Code::BadPack, "{end}");
        assert!(repository.refs().is_empty());
    }
    for head in [
        "# v3 git bundle\n@object-format=md5\n\n",
        "# v3 git bundle\n@new=1\n\n",
        "# v4 git bundle\n\n",
        "# v2 git bundle\nx y\n\n",
    ] {
        let bytes = [head.as_bytes(), &pack(&[])].concat();
        assert_eq!(Repository::new().add_bundle(bytes).unwrap_err().code, Code::BadPack, "{head:?}");
    }
}
