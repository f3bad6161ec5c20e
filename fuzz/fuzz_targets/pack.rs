//! Packs, indexes, bundles, loose objects and refs of a stranger are read or refused, within bounds, and never a panic.
//! The first byte chooses what the rest is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_engine::snapshot::History;
use refmark_engine::verify::Verifier;
use refmark_pack::Repository;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let repository = Repository::new();
    let _ = match kind % 5 {
        0 => repository.add_pack("pack", rest.to_vec(), None),
        1 => {
            // A pack and its index, parted where the next two bytes say.
            let Some((at, both)) = rest.split_first_chunk::<2>() else { return };
            let at = usize::from(u16::from_le_bytes(*at)).min(both.len());
            let (pack, index) = both.split_at(at);
            repository.add_pack("pack", pack.to_vec(), Some(index.to_vec()))
        }
        2 => repository.add_bundle(rest.to_vec()),
        3 => repository.add_loose("12/34567890123456789012345678901234567890", rest.to_vec()),
        _ => {
            let text = String::from_utf8_lossy(rest);
            let _ = repository.add_head(&text);
            let _ = repository.add_shallow(&text);
            repository.add_packed_refs(&text)
        }
    };
    let tips: Vec<_> = repository.refs().into_values().collect();
    for tip in tips.into_iter().take(4) {
        let _ = repository.commit(tip);
        if let Ok(mut verifier) = Verifier::from_the_start(&repository, tip, None) {
            let _ = verifier.run(|_| Ok(()));
        }
    }
});
