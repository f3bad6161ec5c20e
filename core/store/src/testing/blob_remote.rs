//! What every remote for blobs must do. An adapter's test calls [`conforms`] with an empty remote.

use std::path::Path;

use refmark_engine::ports::blob::BlobRemote;
use refmark_engine::ports::{Cancel, Silent};
use refmark_types::digest::Digest;
use refmark_types::error::Code;

/// Runs the suite over an empty remote; `work` is an empty folder for files. Panics where the remote does not conform.
pub fn conforms(remote: &dyn BlobRemote, work: &Path) {
    assert!(!remote.name().is_empty());
    let stopped = Cancel::default();
    stopped.stop();
    for (n, bytes) in [Vec::new(), b"abc".to_vec(), vec![7; (1 << 20) + 1]].into_iter().enumerate() {
        let digest = Digest::of(&bytes);
        let (from, to) = (work.join(format!("from-{n}")), work.join(format!("to-{n}")));
        std::fs::write(&from, &bytes).unwrap();

        assert_eq!(remote.has(&digest).unwrap(), None, "an empty remote holds nothing");
        let error = remote.fetch(&digest, &to, u64::MAX, &Silent, &Cancel::default()).unwrap_err();
        assert_eq!(error.code, Code::Absent, "what is not held is absent");
        let _ = std::fs::remove_file(&to);

        let other = Digest::of(b"other bytes");
        let error = remote.store(&other, &from, &Silent, &Cancel::default()).unwrap_err();
        assert_eq!(error.code, Code::Damaged, "a file with another digest is refused");
        assert_eq!(remote.has(&other).unwrap(), None, "and nothing of it is held");
        if !bytes.is_empty() {
            let error = remote.store(&digest, &from, &Silent, &stopped).unwrap_err();
            assert_eq!(error.code, Code::Cancelled);
            assert_eq!(remote.has(&digest).unwrap(), None, "a stopped store leaves nothing");
        }

        assert!(remote.store(&digest, &from, &Silent, &Cancel::default()).unwrap(), "the first store is new");
        assert!(!remote.store(&digest, &from, &Silent, &Cancel::default()).unwrap(), "the second is not");
        assert_eq!(remote.has(&digest).unwrap(), Some(bytes.len() as u64));
        remote.fetch(&digest, &to, u64::MAX, &Silent, &Cancel::default()).unwrap();
        assert!(std::fs::read(&to).unwrap() == bytes, "what comes back is what was stored");
    }
    let mut sizes = Vec::new();
    remote
        .list(&mut |_, size| {
            sizes.push(size);
            Ok(())
        })
        .unwrap();
    sizes.sort_unstable();
    assert_eq!(sizes, [0, 3, (1 << 20) + 1], "a list names each blob once");
    let end = remote.list(&mut |_, _| Err(refmark_types::error::bug("enough")));
    assert_eq!(end.unwrap_err().code, Code::Bug, "an error ends the list");
    many_at_once(remote, work);
}

fn many_at_once(remote: &dyn BlobRemote, work: &Path) {
    let from = work.join("shared");
    std::fs::write(&from, vec![9; 100_000]).unwrap();
    let digest = Digest::of(&vec![9; 100_000]);
    let new = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let stored = remote.store(&digest, &from, &Silent, &Cancel::default()).unwrap();
                new.fetch_add(u32::from(stored), std::sync::atomic::Ordering::SeqCst);
            });
        }
    });
    assert_eq!(new.into_inner(), 1, "of many stores of one blob exactly one is new");
}
