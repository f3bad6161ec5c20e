use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::*;
use crate::testing::disk::{FaultyDisk, Then};
use crate::testing::power::Cut;
use refmark_engine::ports::Silent;

struct StateOverlay(u64, Arc<Mutex<u32>>);

impl Observer for StateOverlay {
    fn kind(&self) -> &'static str {
        "sum-1"
    }
    fn take(&mut self, bytes: &[u8]) {
        *self.1.lock().unwrap() += 1;
        self.0 += bytes.iter().map(|b| u64::from(*b)).sum::<u64>();
    }
    fn finish(self: Box<Self>) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }
}

fn plain(path: &Path) -> Source {
    Source { path: path.to_owned(), observer: None }
}

fn ingest(store: &Store, path: &Path) -> Result<Ingested> {
    Ok(store.ingest(vec![plain(path)], &Silent, &Cancel::default())?.remove(0))
}

/// Writes a file whose times are an hour old.
fn at_rest(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    let old = SystemTime::now() - Duration::from_secs(3600);
    File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    // The time of change cannot be set: wait until its tick has passed.
    std::thread::sleep(Duration::from_millis(120));
}

fn leftovers(store: &Store) -> usize {
    std::fs::read_dir(store.area().join("tmp")).map_or(0, Iterator::count)
}

#[test]
fn files_of_every_size_come_to_lie_under_their_digest_read_only() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("refmark"));
    let mut sources = Vec::new();
    let sizes = [0usize, 1, SMALL as usize, SMALL as usize + 1, LARGE as usize + 7];
    for size in sizes {
        let path = dir.path().join(format!("f{size}"));
        std::fs::write(&path, vec![size as u8; size]).unwrap();
        sources.push(plain(&path));
    }
    let done = store.ingest(sources, &Silent, &Cancel::default()).unwrap();
    for (size, one) in sizes.into_iter().zip(done) {
        assert_eq!((one.digest, one.size, one.was_here), (Digest::of(&vec![size as u8; size]), size as u64, false));
        let found = std::fs::metadata(store.place_of(&one.digest)).unwrap();
        assert_eq!((found.len(), found.permissions().mode() & 0o777), (size as u64, 0o444));
        let hex = one.digest.hex();
        assert!(store.place_of(&one.digest).ends_with(format!("blobs/{}/{}/{hex}", &hex[..2], &hex[2..4])));
    }
    assert_eq!(leftovers(&store), 0);
}

#[test]
fn the_second_ingest_of_an_unchanged_file_reads_nothing_and_a_changed_one_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("refmark"));
    let (path, calls) = (dir.path().join("a"), Arc::new(Mutex::new(0)));
    at_rest(&path, b"abc");
    let observed = |store: &Store| {
        let observer: Option<Box<dyn Observer>> = Some(Box::new(StateOverlay(0, Arc::clone(&calls))));
        store.ingest(vec![Source { path: path.clone(), observer }], &Silent, &Cancel::default()).unwrap().remove(0)
    };
    // Its time of change is recent, so it is not settled, and too small to be synced for that.
    assert!(!ingest(&store, &path).unwrap().was_known);
    assert!(!ingest(&store, &path).unwrap().was_known);
    at_rest(&path, &vec![7; WORTH_REMEMBERING as usize]);
    let first = observed(&store);
    assert!(!first.was_known && *calls.lock().unwrap() > 0);
    *calls.lock().unwrap() = 0;
    let again = Store::open(store.area());
    let second = observed(&again);
    assert_eq!((second.was_known, second.was_here, *calls.lock().unwrap()), (true, true, 0));
    assert_eq!((second.digest, second.extra), (first.digest, first.extra));

    let length = std::fs::metadata(&path).unwrap().mtime();
    at_rest(&path, &vec![8; WORTH_REMEMBERING as usize]);
    let file = File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(length as u64)).unwrap();
    let third = observed(&again);
    assert_eq!((third.was_known, third.digest), (false, Digest::of(&vec![8; WORTH_REMEMBERING as usize])));
}

#[test]
fn a_known_file_is_read_again_where_its_blob_or_the_observers_result_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("refmark"));
    let path = dir.path().join("a");
    at_rest(&path, &vec![7; WORTH_REMEMBERING as usize]);
    let first = ingest(&store, &path).unwrap();
    assert!(ingest(&store, &path).unwrap().was_known);
    let observer: Option<Box<dyn Observer>> = Some(Box::new(StateOverlay(0, Arc::default())));
    let watched = store.ingest(vec![Source { path: path.clone(), observer }], &Silent, &Cancel::default()).unwrap();
    assert_eq!(watched[0].extra, Some((7 * WORTH_REMEMBERING).to_be_bytes().to_vec()));
    assert!(!watched[0].was_known);
    std::fs::remove_file(store.place_of(&first.digest)).unwrap();
    let again = ingest(&store, &path).unwrap();
    assert_eq!((again.was_known, again.was_here), (false, false));
}

#[test]
fn links_fifos_and_folders_are_no_files() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("refmark"));
    let (link, fifo) = (dir.path().join("link"), dir.path().join("fifo"));
    std::os::unix::fs::symlink("/etc/hostname", &link).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RUSR).unwrap();
    for (path, kind) in [(link.as_path(), "a symbolic link"), (&fifo, "a FIFO"), (dir.path(), "a folder")] {
        let error = ingest(&store, path).unwrap_err();
        assert_eq!((error.code, error.fields["kind"].as_str()), (Code::NotAFile, Some(kind)));
    }
    assert_eq!(ingest(&store, &dir.path().join("none")).unwrap_err().code, Code::Io);
    assert_eq!(ingest(&store, Path::new("/dev/zero")).unwrap_err().code, Code::NotAFile);
}

/// Changes the source when the copy is first written: in the middle of the reading.
struct Meddler(PathBuf);

impl Progress for Meddler {
    fn start(&self, _: &str, _: Option<u64>, _: Unit) {}
    fn advance(&self, _: u64) {
        std::fs::OpenOptions::new()
            .append(true)
            .open(&self.0)
            .and_then(|mut f| std::io::Write::write_all(&mut f, b"!"))
            .unwrap();
    }
    fn finish(&self) {}
}

#[test]
fn a_file_that_changes_while_it_is_read_is_refused_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("refmark"));
    let path = dir.path().join("a");
    for size in [SMALL * 2, LARGE] {
        std::fs::write(&path, vec![1; size as usize]).unwrap();
        let error = store.ingest(vec![plain(&path)], &Meddler(path.clone()), &Cancel::default()).unwrap_err();
        assert_eq!(error.code, Code::SourceChanged);
    }
    let mut count = 0;
    store
        .list(&mut |_, _| {
            count += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!((count, leftovers(&store)), (0, 0));
}

#[test]
fn many_threads_with_the_same_bytes_store_them_once() {
    let dir = tempfile::tempdir().unwrap();
    let area = dir.path().join("refmark");
    let path = dir.path().join("a");
    std::fs::write(&path, vec![9; 3 << 20]).unwrap();
    let stored = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let store = Store::open(&area);
                let sources = (0..3).map(|_| plain(&path)).collect();
                for one in store.ingest(sources, &Silent, &Cancel::default()).unwrap() {
                    *stored.lock().unwrap() += u32::from(!one.was_here);
                }
            });
        }
    });
    assert_eq!((*stored.lock().unwrap(), leftovers(&Store::open(&area))), (1, 0));
}

#[test]
fn a_stored_blob_of_the_wrong_size_is_put_aside_and_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("refmark"));
    let path = dir.path().join("a");
    std::fs::write(&path, "abc").unwrap();
    let place = store.place_of(&Digest::of(b"abc"));
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(&place, "").unwrap();
    assert!(!ingest(&store, &path).unwrap().was_here);
    assert_eq!(std::fs::read(&place).unwrap(), b"abc");
    assert!(store.area().join("damaged").join(format!("{}.reason.json", Digest::of(b"abc"))).exists());
}

#[test]
fn whichever_step_fails_the_store_holds_whole_blobs_and_no_leftovers() {
    for size in [10usize, SMALL as usize + 1] {
        let mut step = 1;
        loop {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("a");
            std::fs::write(&path, vec![5; size]).unwrap();
            let disk = Arc::new(FaultyDisk::at(step, Then::Fail));
            let store = Store::with_disk(&dir.path().join("refmark"), disk.clone());
            let done = ingest(&store, &path);
            assert_eq!(leftovers(&store), 0, "step {step}");
            store
                .list(&mut |digest, _| {
                    assert!(store.read(&digest, u64::MAX).is_ok(), "step {step}");
                    Ok(())
                })
                .unwrap();
            match done {
                Err(error) => assert_eq!(error.code, Code::NoSpace, "step {step}"),
                Ok(_) if disk.is_reached() => {}
                Ok(_) => break,
            }
            step += 1;
        }
        assert!(step > 5, "only {step} steps");
    }
}

/// As many small files as are synced together, two of them alike.
fn many(dir: &Path) -> Vec<PathBuf> {
    let write = |n: usize| {
        let path = dir.join(format!("f{n}"));
        std::fs::write(&path, (n / 2 * 2).max(2).to_string()).unwrap();
        path
    };
    (0..MANY * 2).map(write).collect()
}

#[test]
fn many_small_files_are_synced_together_and_those_alike_are_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let paths = many(dir.path());
    let store = Store::with_disk(&dir.path().join("refmark"), Arc::new(FaultyDisk::sound()));
    let ingest = || store.ingest(paths.iter().map(|it| plain(it)).collect(), &Silent, &Cancel::default()).unwrap();
    let first = ingest();
    assert_eq!(first.iter().filter(|it| !it.was_here).count(), MANY - 1);
    assert!(ingest().iter().all(|it| it.was_here));
    for (path, one) in paths.iter().zip(first) {
        assert_eq!(store.read(&one.digest, 9).unwrap(), std::fs::read(path).unwrap());
        assert_eq!(std::fs::metadata(store.place_of(&one.digest)).unwrap().permissions().mode() & 0o777, 0o444);
    }
    assert_eq!(leftovers(&store), 0);
}

#[test]
fn a_power_cut_among_many_small_files_leaves_whole_blobs_and_takes_nothing_that_was_done() {
    let mut cuts = 0;
    for step in (1..).step_by(19) {
        let home = tempfile::tempdir().unwrap();
        let (root, graves) = (home.path().join("root"), home.path().join("graves"));
        std::fs::create_dir(&root).unwrap();
        let paths = many(&root);
        let disk = Arc::new(FaultyDisk::at(step, Then::Die).with_power(&graves));
        let store = Store::with_disk(&root.join("refmark"), disk.clone());
        let done = store.ingest(paths.iter().map(|it| plain(it)).collect(), &Silent, &Cancel::default());
        disk.cut_power(&root, [Cut::All, Cut::Bytes, Cut::Some(step)][cuts % 3]);
        let after = Store::open(&root.join("refmark"));
        let found = after.verify(None, &Silent, &Cancel::default()).unwrap();
        assert!(found.damaged.is_empty(), "step {step}: {:?}", found.damaged);
        cuts += 1;
        let Ok(done) = done else { continue };
        assert!(done.iter().all(|it| after.presence(&it.digest).unwrap() != Presence::Absent), "step {step}");
        if !disk.is_reached() {
            break;
        }
    }
    assert!(cuts > 8, "only {cuts} cuts");
}

const CHILD: &str = "REFMARK_TEST_KILL_AT";

/// Not a test of its own: what the next one runs in a process that is killed.
#[test]
fn a_child_that_is_killed_at_a_step() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let (step, dir) = told.split_once(':').unwrap();
    let dir = Path::new(dir);
    let store = Store::with_disk(&dir.join("refmark"), Arc::new(FaultyDisk::at(step.parse().unwrap(), Then::Kill)));
    store.ingest(vec![plain(&dir.join("a")), plain(&dir.join("b"))], &Silent, &Cancel::default()).unwrap();
}

#[test]
fn a_kill_at_any_step_leaves_whole_blobs_and_temporary_files_that_are_swept() {
    let mut killed = 0;
    for step in 1.. {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), vec![1; 10]).unwrap();
        std::fs::write(dir.path().join("b"), vec![2; SMALL as usize + 1]).unwrap();
        let ended = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "blob::ingest::tests::a_child_that_is_killed_at_a_step"])
            .env(CHILD, format!("{step}:{}", dir.path().display()))
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        if ended.success() {
            break;
        }
        assert_eq!(ended.code(), None, "step {step} ends by a signal");
        killed += 1;
        let store = Store::open(&dir.path().join("refmark"));
        let found = store.verify(None, &Silent, &Cancel::default()).unwrap();
        assert!(found.damaged.is_empty(), "step {step}");
        store.sweep().unwrap();
        assert_eq!(leftovers(&store), 0, "step {step}");
        ingest(&store, &dir.path().join("b")).unwrap();
    }
    assert!(killed > 5, "only {killed} steps");
}
