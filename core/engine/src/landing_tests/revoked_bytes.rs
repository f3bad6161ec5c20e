//! A revocation closes the bytes, under whatever name they stand.

use super::lost_keys::walked;
use super::*;
use refmark_records::trust::TrustState;

#[test]
fn the_same_weights_in_another_artifact_that_was_trusted_before_are_closed_at_once() {
    let Two { scene, one, head, .. } = two_versions();
    // Another model holds the same weights, and was trusted before.
    let other = scene.version(head, "dan", "n", None, "weights of one");
    let mut at = scene.land(head, other.edits());
    assert_ne!(one.artifact, other.artifact, "the story is of two artifacts");
    assert_eq!(walked(&scene, at).closed_by(&other.artifact).unwrap(), None);
    let early = at;
    let gone = scene.trust(at, "ada", one.artifact, Some(&one.trust), TrustState::Revoked);
    at = scene.land(at, [gone.edit()]);
    assert!(walked(&scene, at).closed_by(&other.artifact).unwrap().is_some());
    // A reader that goes on from what it remembered says the same.
    let remembered = super::stories::remember(&scene, at);
    at = scene.land(at, [Edit::put("README.md", "x")]);
    let mut resumed = Verifier::resume(&scene.git, at, &remembered).unwrap();
    resumed.run(|_| Ok(())).unwrap();
    assert!(resumed.finish().unwrap().closed_by(&other.artifact).unwrap().is_some());

    // Only somebody who saw the revocation opens it again, by way of quarantined.
    let back = scene.trust(at, "ada", other.artifact, Some(&other.trust), TrustState::Revoked);
    let again = scene.trust(at, "ada", other.artifact, Some(&back), TrustState::Quarantined);
    at = scene.land(at, [back.edit()]);
    at = scene.land(at, [again.edit(), scene.approve(at, "bob", &again).edit()]);
    let blind = scene.trust(early, "ada", other.artifact, Some(&again), TrustState::Trusted);
    let tried = scene.land(at, [blind.edit()]);
    assert!(
        walked(&scene, tried).closed_by(&other.artifact).unwrap().is_some(),
        "its signer had not seen the revocation"
    );
    let seen = scene.trust(at, "ada", other.artifact, Some(&again), TrustState::Trusted);
    at = scene.land(at, [seen.edit()]);
    assert_eq!(walked(&scene, at).closed_by(&other.artifact).unwrap(), None);
}

#[test]
fn a_revocation_that_names_files_closes_what_holds_these_and_nothing_else() {
    use refmark_records::statement::Predicate;
    let Two { scene, one, two, head, .. } = two_versions();
    let naming = |of: &Made, to: TrustState, files: Vec<Digest>| {
        let moved = scene.trust(head, "ada", of.artifact, Some(&of.trust), to);
        scene.forge(&moved, &["ada"], |predicate| {
            if let Predicate::Trust(moved) = predicate {
                moved.files = files;
            }
        })
    };
    let (mine, other) = (Digest::of(b"weights of one"), Digest::of(b"weights of two"));
    for (bad, why) in [
        (naming(&one, TrustState::Revoked, vec![other]), "a file of another artifact"),
        (naming(&one, TrustState::Revoked, vec![mine, mine]), "a file twice"),
        (naming(&one, TrustState::Quarantined, vec![mine]), "no revocation"),
    ] {
        let at = scene.land(head, [bad.edit()]);
        assert!(walked(&scene, at).problems().iter().any(|it| it.code == Code::BadRecord), "{why}");
    }
    let good = naming(&one, TrustState::Revoked, vec![mine]);
    let at = scene.land(head, [good.edit()]);
    let revoked = walked(&scene, at);
    assert_eq!(revoked.walk.revoked().files().keys().copied().collect::<Vec<_>>(), [mine]);
    assert_eq!(revoked.closed_by(&two.artifact).unwrap(), None);
}
