//! How long ten thousand promotions take to verify. Run it in release:
//! `cargo test --release -p refmark-tests --test attacks -- --ignored --nocapture ten_thousand`.

use std::time::Instant;

use refmark_core::engine::snapshot::first_parents;
use refmark_core::engine::testing::registry::{Scene, Signed};
use refmark_core::engine::verify::{Remembered, Verified, Verifier};
use refmark_core::store::git::Repo;
use refmark_core::types::oid::Oid;

use super::generate::GitShop;
use super::receive::{git, run};

/// Writes so many promotions of one alias as one stream. Each names a base far back, which is the worst case.
fn promotions(scene: &Scene<GitShop>, on: Oid, moves: impl Iterator<Item = Signed>) -> Oid {
    let mut script = Vec::new();
    for (number, go) in moves.enumerate() {
        let who = format!("Ada <ada@example.com> {} +0000", 1_790_000_000 + number);
        script.extend(format!("commit refs/heads/main\ncommitter {who}\ndata 8\npromote\n").bytes());
        if number == 0 {
            script.extend(format!("from {on}\n").bytes());
        }
        let bytes = go.bytes();
        script.extend(format!("M 100644 inline {}\ndata {}\n", go.path, bytes.len()).bytes());
        script.extend(bytes);
        script.push(b'\n');
    }
    script.extend(b"done\n");
    run(&mut git(&scene.git.folder, &["fast-import", "--quiet", "--done", "--force"]), &script);
    Oid::parse(&run(&mut git(&scene.git.folder, &["rev-parse", "main"]), b"")).expect("git prints an id")
}

fn timed<T>(what: &str, make: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let made = make();
    eprintln!("{what}: {:.1} ms", start.elapsed().as_secs_f64() * 1000.0);
    made
}

fn walk(mut verifier: Verifier<'_>) -> Verified<'_> {
    verifier.run(|_| Ok(())).expect("the history can be walked");
    verifier.finish().expect("the walk ends")
}

#[test]
#[ignore = "a measurement"]
fn ten_thousand_promotions_verify_in_seconds_and_one_more_at_once() {
    let home = tempfile::tempdir().expect("there is room for temporary files");
    let scene = Scene::new(GitShop::new(home.path()));
    let start = scene.start();
    let one = scene.version(start.head, "dan", "m", None, "one");
    let two = scene.version(start.head, "dan", "m", Some(&one), "two");
    let edits: Vec<_> = one.edits().into_iter().chain(two.edits()).collect();
    let base = scene.land(start.head, edits);
    let mut before: Option<Signed> = None;
    let moves = (0..10_000u32).map(|number| {
        let to = if number % 2 == 0 { &one } else { &two };
        let go = scene.alias(base, "ada", "canary", before.as_ref(), Some(to));
        before = Some(go.clone());
        go
    });
    let head = promotions(&scene, base, moves);
    let repo = Repo::open(&scene.git.folder).expect("it is a repository");
    let whole = timed("from the start, 10,000 promotions", || {
        walk(Verifier::from_the_start(&repo, head, None).expect("the history is here"))
    });
    assert_eq!(whole.outcome().as_str(), "ok", "{:?}", whole.problems().first());
    let chain = first_parents(&repo, head, None).expect("the chain is here").expect("it ends");
    let remembered: Remembered = walk(Verifier::from_the_start(&repo, chain[1], None).expect("it is here"))
        .remember()
        .expect("the head is good");
    drop(whole);
    let fresh = Repo::open(&scene.git.folder).expect("it is a repository");
    timed("from the head before, with a base 10,000 commits back", || {
        walk(Verifier::resume(&fresh, head, &remembered).expect("it goes on"))
    });
    let fresh = Repo::open(&scene.git.folder).expect("it is a repository");
    let same = walk(Verifier::from_the_start(&repo, head, None).expect("it is here")).remember().expect("it is good");
    timed("at the remembered head itself", || walk(Verifier::resume(&fresh, head, &same).expect("it goes on")));
}
