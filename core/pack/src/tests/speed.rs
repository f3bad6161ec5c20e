//! Work that must not grow with the square of what it is given.

use super::tools::Git;
use refmark_engine::snapshot::{History, first_parents};

/// Six thousand commits from one stream: opened with its index, without it, and walked. Bounds are far above what a
/// slow machine needs, and far below what a quadratic walk would take.
#[test]
fn a_long_history_opens_and_is_walked_in_seconds() {
    let git = Git::init("sha1");
    let mut stream = String::new();
    for at in 0..6_000 {
        stream.push_str("commit refs/heads/main\n");
        stream.push_str(&format!("committer A <a@example.org> {} +0000\ndata 2\nx\n", 1_700_000_000 + at));
        let (high, low) = (at / 100, at % 100);
        stream.push_str(&format!("M 644 inline a/{:x}/{high:04}/{low:02}.json\ndata 5\n{at:05}\n", at % 16));
    }
    git.feed(&["fast-import", "--quiet"], stream.as_bytes());
    let start = std::time::Instant::now();
    let repository = git.reader(true);
    let head = repository.branch("main").unwrap();
    let chain = first_parents(&repository, head, None).unwrap().unwrap();
    assert_eq!(chain.len(), 6_000);
    for id in chain.iter().take(500) {
        assert_eq!(repository.changes(*id).unwrap().len(), 1);
    }
    let without = git.reader(false);
    assert_eq!(without.objects(), repository.objects());
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
