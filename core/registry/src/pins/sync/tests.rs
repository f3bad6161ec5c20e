//! Stories of bytes by the lock alone.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::pins::tests::{Stage1, request};
use crate::tests::{Ticking, model};
use crate::*;
use refmark_store::testing::disk::{FaultyDisk, Then};
use refmark_types::error::Code;

/// A job's world: no HOME, no configuration, no cache.
fn bare() -> Context {
    Context::at(Places::default(), Ticking::new())
}

/// What a deployment has: the lock file and the blobs in a folder, nothing else.
struct Job {
    stage: Stage1,
    folder: PathBuf,
}

impl Job {
    fn new() -> Job {
        let stage = Stage1::new();
        let mut project = stage.pinned();
        let mut next = request(&[]);
        next.pins.push(("sentiment/2".to_owned(), Some(model("next"))));
        project.add(&stage.registry(), &next).unwrap();
        let folder = stage.home().join("job");
        std::fs::create_dir(&folder).unwrap();
        std::fs::rename(stage.registry().store().blobs(), stage.home().join("blobs")).unwrap();
        std::fs::remove_dir_all(stage.home().join("models")).unwrap();
        let text = std::fs::read_to_string(project.path()).unwrap();
        std::fs::write(folder.join("refmark.lock"), text.replace("../models/refmark", "../blobs")).unwrap();
        Job { stage, folder }
    }

    fn project(&self, world: Context) -> Project {
        Project::at(&self.folder, world).unwrap()
    }

    fn out(&self) -> PathBuf {
        self.folder.join("out")
    }

    fn blob(&self, path: &str) -> PathBuf {
        let project = self.project(bare());
        let pin = project.pin(&model("sentiment")).unwrap();
        let digest = pin.files.iter().find(|it| it.path.as_str() == path).unwrap().sha256;
        let hex = digest.hex();
        self.stage.home().join("blobs").join(&hex[..2]).join(&hex[2..4]).join(&hex)
    }

    fn beside(&self) -> Vec<String> {
        let names = std::fs::read_dir(&self.folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

fn read_only(path: &Path, yes: bool) {
    for entry in std::fs::read_dir(path).unwrap().map(|it| it.unwrap().path()) {
        if entry.is_dir() {
            read_only(&entry, yes);
        }
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(if yes { 0o555 } else { 0o755 })).unwrap();
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[3] ^= 1;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_frozen_sync_needs_the_lock_and_a_read_only_remote_and_nothing_else() {
    let job = Job::new();
    let remote = job.stage.home().join("blobs");
    read_only(&remote, true);
    let answer = job.project(bare()).sync(&job.out(), true).unwrap();
    assert_eq!((answer.pins.len(), answer.fetched, answer.was_there, answer.frozen), (2, 3, false, true));
    assert_eq!(std::fs::read_to_string(job.out().join("sentiment/config.json")).unwrap(), "{\"text\": \"one\"}");
    assert_eq!(std::fs::read_to_string(job.out().join("next/config.json")).unwrap(), "{\"text\": \"two\"}");
    assert_eq!(job.beside(), ["out", "refmark.lock"], "nothing else is left");
    read_only(&remote, false);
    std::fs::remove_dir_all(&remote).unwrap();
    let again = job.project(bare()).sync(&job.out(), true).unwrap();
    assert!(again.was_there, "what is complete needs no remote");
}

#[test]
fn a_frozen_sync_is_complete_or_not_at_all() {
    let job = Job::new();
    std::fs::remove_file(job.blob("config.json")).unwrap();
    let error = job.project(bare()).sync(&job.out(), true).unwrap_err();
    assert_eq!(error.code, Code::Absent);
    assert_eq!(job.beside(), ["refmark.lock"]);
}

#[test]
fn wrong_bytes_of_a_remote_are_never_handed_out() {
    let job = Job::new();
    flip(&job.blob("config.json"));
    let error = job.project(bare()).sync(&job.out(), true).unwrap_err();
    assert_eq!(error.code, Code::Damaged);
    assert_eq!(job.beside(), ["refmark.lock"]);
}

#[test]
fn a_flipped_byte_in_the_cache_is_refused_and_fetched_anew() {
    let job = Job::new();
    let cached = || {
        let mut world = bare();
        world.cache = Some(job.stage.home().join("cache"));
        world
    };
    assert_eq!(job.project(cached()).sync(&job.out(), true).unwrap().fetched, 3);
    std::fs::remove_dir_all(job.out()).unwrap();
    assert_eq!(job.project(cached()).sync(&job.out(), true).unwrap().fetched, 0, "the cache has it all");
    let hex = job.blob("config.json").file_name().unwrap().to_string_lossy().into_owned();
    let blob = job.stage.home().join("cache/blobs").join(&hex[..2]).join(&hex[2..4]).join(&hex);
    flip(&blob);
    std::fs::remove_dir_all(job.out()).unwrap();
    assert_eq!(job.project(cached()).sync(&job.out(), true).unwrap().fetched, 1);
    assert!(job.stage.home().join("cache/damaged").join(&hex).is_file(), "it did not vanish");
    flip(&blob);
    let path =
        job.project(cached()).path_of(&model("sentiment"), Some("config.json"), ResolveOptions::default()).unwrap();
    assert_eq!(std::fs::read_to_string(path.path).unwrap(), "{\"text\": \"one\"}");
    flip(&blob);
    std::fs::remove_dir_all(job.stage.home().join("blobs")).unwrap();
    let error = job.project(cached()).pull(&model("sentiment"), &job.out().join("x"), &Default::default()).unwrap_err();
    assert!(matches!(error.code, Code::Io | Code::Damaged | Code::Absent), "{error}");
    assert!(!job.out().join("x").exists());
}

#[test]
fn a_sync_replaces_its_own_work_and_nothing_else() {
    let job = Job::new();
    let project = || job.project(bare());
    project().sync(&job.out(), true).unwrap();
    let mut fewer = project();
    fewer.remove(&[model("next")]).unwrap();
    let answer = fewer.sync(&job.out(), true).unwrap();
    assert!(answer.replaced && !job.out().join("next").exists());
    assert_eq!(job.beside(), ["out", "refmark.lock"]);
    std::fs::write(job.out().join("sentiment/mine.txt"), "precious").unwrap();
    fewer.lock.as_mut().unwrap().pins[0].name = model("renamed");
    let error = fewer.sync(&job.out(), true).unwrap_err();
    assert_eq!(error.code, Code::Exists);
    assert_eq!(std::fs::read_to_string(job.out().join("sentiment/mine.txt")).unwrap(), "precious");
    std::fs::remove_file(job.out().join("sentiment/mine.txt")).unwrap();
    assert!(fewer.sync(&job.out(), true).unwrap().replaced);
    assert!(job.out().join("renamed/config.json").is_file());
    let other = job.folder.join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("a"), "a").unwrap();
    assert_eq!(fewer.sync(&other, true).unwrap_err().code, Code::Exists);
}

#[test]
fn a_sync_that_fails_at_any_step_leaves_the_old_folder_or_the_new_one() {
    let job = Job::new();
    let mut failed = 0;
    for step in 1..200 {
        let mut world = bare();
        let disk = Arc::new(FaultyDisk::at(step, Then::Fail));
        world.disk = disk.clone();
        match job.project(world).sync(&job.out(), true) {
            Err(error) => {
                assert_eq!(error.code, Code::NoSpace, "step {step}: {error}");
                if job.out().exists() {
                    // The last step is the sync after the rename: then the new one stands, whole.
                    assert!(job.project(bare()).sync(&job.out(), true).unwrap().was_there, "step {step}");
                    std::fs::remove_dir_all(job.out()).unwrap();
                }
                assert_eq!(job.beside(), ["refmark.lock"], "step {step}");
                failed += 1;
            }
            // What only clears up may fail, and nothing is lost: what stays is this process's own until it ends.
            Ok(_) if disk.is_reached() => {
                for name in job.beside().iter().filter(|it| *it != "refmark.lock") {
                    std::fs::remove_dir_all(job.folder.join(name)).unwrap();
                }
            }
            Ok(_) => break,
        }
    }
    assert!(failed > 10, "{failed}");
    assert!(job.project(bare()).sync(&job.out(), true).unwrap().was_there);
}

#[test]
fn what_a_killed_sync_left_is_swept_by_the_next() {
    let job = Job::new();
    // A process of this host and boot that is gone: its number was never given out.
    let own = refmark_store::fs::host::unique_name();
    let host = own.split('.').next().unwrap();
    let left = job.folder.join(format!(".out.refmark-{host}.4194303.1.0"));
    let deeper = job.folder.join(format!("..out.refmark-{host}.4194303.1.0.refmark-{host}.4194303.1.1"));
    for folder in [&left, &deeper] {
        std::fs::create_dir_all(folder.join("sentiment")).unwrap();
    }
    job.project(bare()).sync(&job.out(), true).unwrap();
    assert_eq!(job.beside(), ["out", "refmark.lock"]);
}

#[test]
fn a_bare_name_is_pulled_offline_and_verified_against_the_lock() {
    let job = Job::new();
    let mut world = bare();
    world.cache = Some(job.stage.home().join("cache"));
    let project = job.project(world);
    let request = PullRequest { include: vec!["*.json".to_owned()], ..PullRequest::default() };
    let pulled = project.pull(&model("sentiment"), &job.folder.join("p"), &request).unwrap();
    assert_eq!((pulled.files.len(), pulled.resolved.version, pulled.was_there), (1, Some(1), false));
    std::fs::remove_dir_all(job.stage.home().join("blobs")).unwrap();
    let pulled = project.pull(&model("sentiment"), &job.folder.join("p"), &request).unwrap();
    assert!(pulled.was_there);
    let path = project.path_of(&model("sentiment"), Some("config.json"), ResolveOptions::default()).unwrap();
    assert!(path.verified && path.path.starts_with(job.stage.home().join("cache")));
    assert_eq!(project.path_of(&model("sentiment"), None, ResolveOptions::default()).unwrap_err().code, Code::NotFound);
}

#[test]
fn with_the_registry_here_its_own_store_serves_and_no_cache_is_filled() {
    let stage = Stage1::new();
    let project = stage.pinned();
    let answer = project.sync(&stage.app().join("models"), false).unwrap();
    assert_eq!((answer.fetched, answer.pins.len()), (0, 1));
    assert!(!stage.home().join(".cache/refmark/blobs").exists());
}

#[test]
fn pins_go_on_by_digest_where_the_newest_commit_is_bad() {
    let stage = Stage1::new();
    let project = stage.pinned();
    let tree = stage.home().join("tree");
    crate::share::tests::git(
        stage.home(),
        &["clone", "-q", &stage.home().join("models").display().to_string(), "tree"],
    );
    crate::share::tests::git(&tree, &["revert", "--no-edit", "HEAD"]);
    crate::share::tests::git(&tree, &["push", "-q", "origin", "main"]);
    assert_eq!(project.check(project.registry().unwrap().as_ref()).unwrap_err().code, Code::BadTip);
    let answer = project.sync(&stage.home().join("out"), false).unwrap();
    assert_eq!(answer.unchecked.unwrap().code, Code::BadTip);
    assert!(stage.home().join("out/sentiment/config.json").is_file());
}
