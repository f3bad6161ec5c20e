//! What a disk can do: asked once, by `init`, so that a weak one is known before it loses something.

use std::path::Path;

use super::disk::Disk;
use super::sibling::Beside;
use refmark_types::error::{Code, Result};

/// Network and portable file systems by the number that the system gives them (`statfs`).
const WEAK: [(u64, &str); 9] = [
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "SMB (CIFS)"),
    (0xFE53_4D42, "SMB 2"),
    (0x0102_1997, "9P"),
    (0x00C3_6400, "Ceph"),
    (0x6573_5546, "FUSE"),
    (0x4D44, "FAT"),
    (0x2011_BAB0, "exFAT"),
];

/// Tries rename, link and sync in a folder. What fails outright is an error; what is only weak is a sentence.
pub fn probe(disk: &dyn Disk, folder: &Path) -> Result<Vec<String>> {
    disk.make_dirs(folder)?;
    let mut warnings: Vec<String> = file_system(folder).and_then(weakness).into_iter().collect();
    let Some(beside) = Beside::of(&folder.join("probe")) else { return Ok(warnings) };
    beside.sweep(disk);
    let (first, second, third) = (beside.fresh(), beside.fresh(), beside.fresh());
    let tried = steps(disk, folder, [&first, &second, &third], &mut warnings);
    for path in [&first, &second, &third] {
        let _ = disk.remove(path);
    }
    tried.map(|()| warnings)
}

fn steps(disk: &dyn Disk, folder: &Path, paths: [&Path; 3], warnings: &mut Vec<String>) -> Result<()> {
    let [first, second, third] = paths;
    disk.write_new(first, b"probe", 0o444)?;
    disk.rename(first, second)?;
    if disk.rename_noreplace(second, first)? && disk.write_new(second, b"other", 0o444).is_ok() {
        if disk.rename_noreplace(first, second)? {
            warnings
                .push("this disk renames over files that must not be replaced; keep to one writer at a time".into());
        }
        match disk.link(first, third) {
            Ok(_) => {}
            Err(error) if error.code == Code::Unsupported => warnings.push(
                "this disk has no hard links: `pull --hard-links` is not possible, and the writer's lock is weaker"
                    .into(),
            ),
            Err(error) => return Err(error),
        }
    }
    // `Disk::sync_dir` lets this pass, because nothing can be done about it; here it is said.
    if let Some(error) = disk.weak_names(folder)? {
        warnings.push(format!("this disk cannot sync folders ({error}): the last change may be lost in a power cut"));
    }
    Ok(())
}

/// What a file system of this number is known not to promise.
fn weakness(number: u64) -> Option<String> {
    let (_, name) = WEAK.iter().find(|(known, _)| *known == number)?;
    Some(match *name {
        "FUSE" => "the registry lies on a FUSE file system: whether it syncs and locks is up to its driver".to_owned(),
        "FAT" | "exFAT" => {
            format!("the registry lies on {name}, which has no permissions and no journal: keep a backup")
        }
        _ => format!(
            "the registry lies on {name}: a lock of another host is waited for and never cleared, and a sync is as good as the server's; \
             better keep it on a local disk, and share it by clones"
        ),
    })
}

#[cfg(target_os = "linux")]
fn file_system(folder: &Path) -> Option<u64> {
    // The kernel's numbers have 32 bits; some systems sign-extend them.
    rustix::fs::statfs(folder).ok().map(|found| found.f_type as u64 & 0xFFFF_FFFF)
}

#[cfg(not(target_os = "linux"))]
fn file_system(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::disk::RealDisk;
    use crate::testing::disk::FaultyDisk;

    #[test]
    fn a_local_disk_is_fine_and_one_without_links_is_named() {
        let home = tempfile::tempdir().unwrap();
        let found = probe(&RealDisk, home.path()).unwrap();
        assert!(!found.iter().any(|it| it.contains("link") || it.contains("rename")), "{found:?}");
        let found = probe(&FaultyDisk::without_links(), home.path()).unwrap();
        assert!(found.iter().any(|it| it.contains("no hard links")), "{found:?}");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "a probe leaves nothing");
    }

    #[test]
    fn network_disks_are_named_by_what_they_do_not_promise() {
        assert!(weakness(0x6969).unwrap().contains("NFS"));
        assert!(weakness(0xFE53_4D42).unwrap().contains("SMB"));
        assert!(weakness(0xEF53).is_none(), "ext4");
    }

    #[test]
    fn a_disk_that_cannot_write_is_an_error_and_no_warning() {
        let home = tempfile::tempdir().unwrap();
        let disk = crate::testing::disk::FaultyDisk::at(3, crate::testing::disk::Then::Fail);
        assert_eq!(probe(&disk, home.path()).unwrap_err().code, Code::NoSpace);
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
