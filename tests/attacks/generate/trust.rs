//! Revocations of bytes, names that look alike, queues that are filled up.

use refmark_core::engine::landing::PENDING_LIMIT;
use refmark_core::engine::testing::registry::{Edit, Made, Signed};
use refmark_core::records::catalog::Family;
use refmark_core::records::statement::Predicate;
use refmark_core::records::trust::TrustState;
use refmark_core::types::digest::Digest;
use refmark_core::types::name::AliasName;

use super::{Attack, Studio, nothing};

pub fn write(studio: &Studio) {
    revocations(studio);
    twins(studio);
    queues(studio);
}

/// A trust move that names files.
fn naming(attack: &Attack, of: &Made, to: TrustState, files: Vec<Digest>) -> Signed {
    let moved = attack.scene.trust(attack.head, "bob", of.artifact, Some(&of.trust), to);
    attack.scene.forge(&moved, &["bob"], |predicate| {
        if let Predicate::Trust(moved) = predicate {
            moved.files = files;
        }
    })
}

fn revocations(studio: &Studio) {
    let (one, two) = (Digest::of(b"weights of one"), Digest::of(b"weights of two"));
    for (name, story, to, files) in [
        (
            "revocation-of-another-artifacts-file",
            "A revocation of one artifact names a file that only another one has.",
            TrustState::Revoked,
            vec![two],
        ),
        ("revocation-of-a-file-twice", "A revocation names a file twice.", TrustState::Revoked, vec![one, one]),
        ("quarantine-that-names-a-file", "A move to quarantine names files.", TrustState::Quarantined, vec![one]),
    ] {
        let attack = studio.attack(name, story);
        let moved = naming(&attack, &attack.one, to, files);
        let head = attack.scene.land(attack.head, [moved.edit()]);
        attack.ends(head, "failed", Some("bad-record"), Some(&moved.path));
    }
    let attack = studio.attack(
        "revoked-file-in-another-artifact",
        "The bytes that a revocation names are promoted in another artifact, which was trusted before.",
    );
    let other = attack.scene.version(attack.head, "dan", "n", None, "weights of one");
    let at = attack.scene.land(attack.head, other.edits());
    let revoked = naming(&attack, &attack.one, TrustState::Revoked, vec![one]);
    let at = attack.scene.land(at, [revoked.edit()]);
    let go = attack.scene.alias(at, "ada", "canary", None, Some(&other));
    let head = attack.scene.land(at, [go.edit()]);
    attack.resolves("n@canary", None).ends(head, "failed", Some("refused"), Some(&go.path));
}

fn twins(studio: &Studio) {
    let attack = studio.attack("alias-case-twin", "An alias that differs from a standing one in case alone.");
    let first = attack.scene.alias(attack.head, "ada", "canary", None, Some(&attack.one));
    let at = attack.scene.land(attack.head, [first.edit()]);
    let twin = attack.scene.alias(at, "ada", "Canary", None, Some(&attack.two));
    let head = attack.scene.land(at, [twin.edit()]);
    assert!(AliasName::parse("Canary").is_ok(), "the name by itself is fine");
    attack.resolves("m@canary", Some(1)).ends(head, "failed", Some("bad-name"), Some(&twin.path));
    let attack = studio.attack("model-case-twin", "A model whose name differs from a standing one in case alone.");
    let twin = attack.scene.version(attack.head, "dan", "M", None, "weights of a twin");
    let head = attack.scene.land(attack.head, twin.edits());
    attack.ends(head, "failed", Some("bad-name"), Some(&twin.version.path));
    let attack =
        studio.attack("catalog-twin", "A catalog entry that differs from a standing one in a separator alone.");
    let twin = attack.scene.catalog(Some(attack.head), Family::EvidenceType, "sign_off");
    let head = attack.scene.land(attack.head, [twin.edit()]);
    attack.ends(head, "failed", Some("bad-name"), Some(&twin.path));
}

fn queues(studio: &Studio) {
    let attack = studio.attack(
        "queue-filled-by-one-member",
        "A member fills every place for moves that wait; another one's move gets a place, is approved and lands.",
    );
    let mut at = attack.head;
    for n in 0..PENDING_LIMIT as u64 {
        let go = attack.scene.alias(attack.head, "dan", "champion", None, Some(&attack.one));
        let go = attack.scene.forge(&go, &["dan"], |predicate| {
            if let Predicate::Alias(go) = predicate {
                (go.sequence, go.previous) = (n + 3, Some(nothing()));
            }
        });
        at = attack.scene.land(at, [go.edit()]);
    }
    let honest = attack.scene.alias(attack.head, "ada", "champion", None, Some(&attack.two));
    let at = attack.scene.land(at, [honest.edit()]);
    let yes = attack.scene.approve(attack.head, "bob", &honest);
    let head = attack.scene.land(at, [yes.edit(), Edit::put("README.md", "landed")]);
    attack.resolves("m@champion", Some(2)).ends(head, "pending", Some("pending"), None);
}
