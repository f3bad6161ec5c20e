//! What every remote for blobs must do. An adapter's test calls [`conforms`] with an empty remote.

use std::path::Path;

use refmark_engine::ports::blob::{Arrival, BlobRemote};
use refmark_engine::ports::{Cancel, Silent};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Result, bug};

/// What arrived, in memory.
#[derive(Default)]
pub struct Arrived(pub Vec<u8>);

impl Arrival for Arrived {
    fn here(&self) -> u64 {
        self.0.len() as u64
    }

    fn take(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn take_file(&mut self, from: &Path, _: u64) -> Result<()> {
        self.0 = std::fs::read(from).map_err(bug)?;
        Ok(())
    }
}

/// Runs the suite over an empty remote; `work` is an empty folder for files. Panics where the remote does not conform.
pub fn conforms(remote: &dyn BlobRemote, work: &Path) {
    assert!(!remote.name().is_empty());
    remote.ready().unwrap();
    assert!(remote.writable() && remote.side_by_side() > 0);
    let stopped = Cancel::default();
    stopped.stop();
    for (n, bytes) in [Vec::new(), b"abc".to_vec(), vec![7; (1 << 20) + 1]].into_iter().enumerate() {
        let digest = Digest::of(&bytes);
        let from = work.join(format!("from-{n}"));
        std::fs::write(&from, &bytes).unwrap();

        assert_eq!(remote.has(&digest).unwrap(), None, "an empty remote holds nothing");
        for limit in [bytes.len() as u64, u64::MAX] {
            let error = remote.fetch(&digest, &mut Arrived::default(), limit, &Cancel::default()).unwrap_err();
            assert_eq!(error.code, Code::Absent, "what is not held is absent");
        }

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
        let held = remote.held(&[digest, other], &Cancel::default()).unwrap();
        assert!(held.into_iter().eq([(digest, bytes.len() as u64)]), "of several blobs those that are held are named");
        comes_back(remote, &digest, &bytes);
    }
    let mut sizes = Vec::new();
    remote
        .list(&mut |held| {
            sizes.push(held.size);
            Ok(())
        })
        .unwrap();
    sizes.sort_unstable();
    assert_eq!(sizes, [0, 3, (1 << 20) + 1], "a list names each blob once");
    let end = remote.list(&mut |_| Err(refmark_types::error::bug("enough")));
    assert_eq!(end.unwrap_err().code, Code::Bug, "an error ends the list");
    let gone = Digest::of(b"abc");
    assert!(remote.remove(&gone).unwrap(), "what is held can be removed");
    assert!(!remote.remove(&gone).unwrap(), "once");
    assert_eq!(remote.has(&gone).unwrap(), None);
    many_at_once(remote, work);
}

fn comes_back(remote: &dyn BlobRemote, digest: &Digest, bytes: &[u8]) {
    for limit in [bytes.len() as u64, u64::MAX] {
        let mut arrived = Arrived::default();
        remote.fetch(digest, &mut arrived, limit, &Cancel::default()).unwrap();
        assert!(arrived.0 == bytes, "what comes back is what was stored");
    }
    let mut half = Arrived(bytes.get(..bytes.len() / 2).unwrap_or_default().to_vec());
    remote.fetch(digest, &mut half, bytes.len() as u64, &Cancel::default()).unwrap();
    assert!(half.0 == bytes, "a fetch goes on from what is here");
    if let Some(limit) = (bytes.len() as u64).checked_sub(1) {
        let mut arrived = Arrived::default();
        let error = remote.fetch(digest, &mut arrived, limit, &Cancel::default()).unwrap_err();
        assert_eq!((error.code, arrived.0.len()), (Code::Damaged, 0), "of more bytes than there may be none is taken");
    }
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
