//! Writers beside each other: threads, processes of `git`, and locks that are held or left behind.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{bare, commit, git, grow, try_git};
use crate::git::{Format, Repo};
use refmark_engine::ports::store::RecordStore;
use refmark_engine::snapshot::{History, first_parents};
use refmark_types::error::Code;

#[test]
fn eight_writers_lose_no_update_and_each_loser_is_told_that_the_head_moved() {
    let (_home, shared) = bare(Format::Sha1);
    grow(&shared, 0, &[("start", b"0")]);
    let lost = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (lost, shared) = (&lost, &shared);
            scope.spawn(move || {
                // Half of them share a handle, half have their own, as processes would.
                let own = Repo::open(shared.git_dir()).unwrap();
                let repo = if writer % 2 == 0 { shared } else { &own };
                for number in 0..5 {
                    let name = format!("{writer}/{number}");
                    loop {
                        let head = repo.head("main").unwrap();
                        let id = repo.write(&commit(&[head.unwrap()], number, &[(&name, b"x")])).unwrap();
                        match repo.move_branch("main", head, id) {
                            Ok(()) => break,
                            Err(error) => assert_eq!(error.code, Code::HeadMoved, "{error}"),
                        }
                        lost.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let head = shared.head("main").unwrap().unwrap();
    assert_eq!(first_parents(&shared, head, None).unwrap().unwrap().len(), 41);
    assert_eq!(shared.between(None, head).unwrap().len(), 41);
    assert!(lost.load(Ordering::Relaxed) > 0, "eight writers met at least once");
    git(shared.git_dir(), &["fsck", "--strict"]);
    assert_eq!(shared.recover().unwrap(), 0);
}

#[test]
fn git_and_refmark_wait_for_each_others_lock_of_a_branch() {
    let (_home, repo) = bare(Format::Sha1);
    let one = grow(&repo, 1, &[("a", b"1")]);
    let two = repo.write(&commit(&[one], 2, &[("a", b"2")])).unwrap();
    let lock = repo.git_dir().join("refs/heads/main.lock");
    fs::write(&lock, "").unwrap();
    let error = repo.move_branch("main", Some(one), two).unwrap_err();
    assert_eq!((error.code, error.fields["branch"].as_str()), (Code::Locked, Some("main")));
    assert_eq!(repo.recover().unwrap(), 0, "another program's lock is not ours to clear");
    assert!(lock.exists() && !try_git(repo.git_dir(), &["update-ref", "refs/heads/main", &two.to_string()]).0);
    fs::remove_file(&lock).unwrap();
    std::thread::scope(|scope| {
        fs::write(&lock, "").unwrap();
        scope.spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(60));
            fs::remove_file(&lock).unwrap();
        });
        repo.move_branch("main", Some(one), two).unwrap();
    });
    assert_eq!(repo.head("main").unwrap(), Some(two));
}

#[test]
fn a_branch_that_git_moved_meanwhile_is_found_moved_also_when_it_was_packed_away() {
    let (_home, repo) = bare(Format::Sha1);
    let one = grow(&repo, 1, &[("a", b"1")]);
    let two = repo.write(&commit(&[one], 2, &[("a", b"2")])).unwrap();
    let three = repo.write(&commit(&[one], 3, &[("a", b"3")])).unwrap();
    git(repo.git_dir(), &["update-ref", "refs/heads/main", &two.to_string()]);
    git(repo.git_dir(), &["pack-refs", "--all"]);
    let error = repo.move_branch("main", Some(one), three).unwrap_err();
    assert_eq!((error.code, error.fields["found"].as_str()), (Code::HeadMoved, Some(two.to_string().as_str())));
    repo.move_branch("main", Some(two), three).unwrap();
    assert_eq!(git(repo.git_dir(), &["rev-parse", "main"]).trim(), three.to_string());
    git(repo.git_dir(), &["update-ref", "-d", "refs/heads/main"]);
    assert_eq!(repo.head("main").unwrap(), None);
}

#[test]
fn readers_see_every_commit_while_git_repacks_and_a_writer_goes_on() {
    let (_home, repo) = bare(Format::Sha1);
    grow(&repo, 0, &[("a/0", b"0")]);
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..=12 {
                grow(&repo, number, &[(&format!("a/{number}"), b"x")]);
                git(repo.git_dir(), &["repack", "-adq"]);
                git(repo.git_dir(), &["pack-refs", "--all"]);
            }
            done.store(1, Ordering::SeqCst);
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let own = Repo::open(repo.git_dir()).unwrap();
                while done.load(Ordering::SeqCst) == 0 {
                    for reader in [&own, &Repo::open(repo.git_dir()).unwrap()] {
                        let head = reader.head("main").unwrap().unwrap();
                        let all = reader.between(None, head).unwrap();
                        assert_eq!(all.len(), first_parents(reader, head, None).unwrap().unwrap().len());
                        for change in all {
                            reader.load(change.new.unwrap().1, 9).unwrap();
                        }
                    }
                }
            });
        }
    });
    assert_eq!(repo.between(None, repo.head("main").unwrap().unwrap()).unwrap().len(), 13);
}
