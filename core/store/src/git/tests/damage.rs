//! Bytes that rot are an error, never data, and never a panic.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{bare, git, grow};
use crate::git::{Format, Repo};
use refmark_engine::ports::store::RecordStore;
use refmark_engine::snapshot::History;
use refmark_types::error::{Code, Result};

fn everything(at: &Path) -> Result<Vec<Vec<u8>>> {
    let repo = Repo::open(at)?;
    let head = repo.resolve_revision("main")?;
    let mut all = Vec::new();
    for id in [Some(head), repo.commit(head)?.parents.first().copied()].into_iter().flatten() {
        repo.changes(id)?;
        for change in repo.between(None, id)? {
            if let Some((_, blob)) = change.new {
                all.push(repo.load(blob, 1 << 20)?);
            }
        }
    }
    Ok(all)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}

/// Flips every byte of every file below `objects`, cuts each file short, and reads all there is each time.
fn rot(repo: &Repo, step: usize) {
    let at = repo.git_dir();
    let sound = everything(at).unwrap();
    let mut refused = 0;
    for path in files_below(&at.join("objects")) {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let bytes = fs::read(&path).unwrap();
        let mut check = |hurt: &[u8]| {
            fs::write(&path, hurt).unwrap();
            match everything(at) {
                Ok(read) => assert_eq!(read, sound, "{}", path.display()),
                Err(error) => {
                    let known = [Code::BadPack, Code::Incomplete, Code::NotFound, Code::BadTree, Code::TooLarge];
                    assert!(known.contains(&error.code), "{error}");
                    refused += 1;
                }
            }
        };
        for place in (0..bytes.len()).step_by(step) {
            for bit in [0x01, 0x80] {
                let mut hurt = bytes.clone();
                hurt[place] ^= bit;
                check(&hurt);
            }
        }
        for length in [0, 1, bytes.len() / 2, bytes.len().saturating_sub(1)] {
            check(&bytes[..length]);
        }
        fs::write(&path, &bytes).unwrap();
    }
    assert!(refused > 0);
    assert_eq!(everything(at).unwrap(), sound);
}

#[test]
fn a_flipped_byte_in_a_loose_object_is_an_error_and_never_data() {
    let (_home, repo) = bare(Format::Sha1);
    grow(&repo, 1, &[("a/b", b"one and some more bytes"), ("c", b"2")]);
    grow(&repo, 2, &[("a/b", b"one and some more bytes, changed")]);
    rot(&repo, 1);
}

#[test]
fn a_flipped_byte_in_a_pack_or_its_index_is_an_error_and_never_data() {
    for format in [Format::Sha1, Format::Sha256] {
        let (_home, repo) = bare(format);
        let long: Vec<u8> =
            (0..500u32).flat_map(|number| number.to_be_bytes()).map(|byte| byte.wrapping_mul(37)).collect();
        grow(&repo, 1, &[("a/b", &long), ("c", b"2")]);
        grow(&repo, 2, &[("a/b", &[&long[..], b"more"].concat())]);
        git(repo.git_dir(), &["repack", "-adfq"]);
        rot(&repo, if format == Format::Sha1 { 5 } else { 13 });
    }
}

#[test]
fn a_damaged_copy_does_not_hide_a_good_one_and_writing_again_heals() {
    let (_home, repo) = bare(Format::Sha1);
    let id = grow(&repo, 1, &[("a", b"1")]);
    let name = id.to_string();
    let loose = repo.git_dir().join("objects").join(&name[..2]).join(&name[2..]);
    fs::remove_file(&loose).unwrap();
    fs::write(&loose, "").unwrap();
    assert_eq!(Repo::open(repo.git_dir()).unwrap().commit(id).unwrap_err().code, Code::BadPack);
    let again = repo.write(&super::commit(&[], 1, &[("a", b"1")])).unwrap();
    assert_eq!(again, id);
    assert_eq!(repo.commit(id).unwrap().id, id, "an empty object that a crash left is written over");
    git(repo.git_dir(), &["repack", "-dq"]);
    fs::create_dir_all(loose.parent().unwrap()).unwrap();
    fs::write(&loose, "rot").unwrap();
    assert_eq!(Repo::open(repo.git_dir()).unwrap().commit(id).unwrap().id, id, "the pack has a good copy");
}
