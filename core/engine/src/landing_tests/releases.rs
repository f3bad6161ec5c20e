//! A release never moves, whatever was tried before.

use super::*;
use refmark_records::statement::Predicate;
use refmark_types::name::Release;

/// A version with a release, signed as such, and the files that bring it in.
fn released(scene: &Scene<MemoryHistory>, on: Oid, before: Option<&Made>, weights: &str, release: &str) -> Made {
    let mut made = scene.version(on, "dan", "m", before, weights);
    made.version = scene.forge(&made.version, &["dan"], |predicate| {
        if let Predicate::Version(version) = predicate {
            version.release = Some(Release::parse(release).unwrap());
        }
    });
    made
}

#[test]
fn a_release_that_a_version_has_is_refused_to_every_later_one_and_one_that_was_only_tried_is_free() {
    let scene = Scene::in_memory();
    let head = scene.start().head;
    let one = released(&scene, head, None, "one", "1.0.0");
    let at = scene.land(head, one.edits());
    let again = released(&scene, at, Some(&one), "again", "1.0.0");
    let refused = see(&scene, scene.land(at, again.edits()));
    refused.has_not(&again.version, Standing::Refused, Code::Exists);
    // The same walk judges what is refused, then another version of that number, then one that repeats either.
    let two = released(&scene, at, Some(&one), "two", "1.1.0");
    let at = scene.land(at, two.edits());
    let three = released(&scene, at, Some(&two), "three", "1.1.0");
    let seen = see(&scene, scene.land(at, three.edits()));
    seen.has(&two.version);
    seen.has_not(&three.version, Standing::Refused, Code::Exists);
    let free = released(&scene, at, Some(&two), "three", "1.2.0");
    see(&scene, scene.land(at, free.edits())).has(&free.version);
}

#[test]
fn two_versions_of_one_landing_with_the_same_release_are_both_refused() {
    let scene = Scene::in_memory();
    let head = scene.start().head;
    let one = released(&scene, head, None, "one", "1.0.0");
    let two = released(&scene, head, Some(&one), "two", "1.0.0");
    let both = see(&scene, scene.land(head, one.edits().into_iter().chain(two.edits())));
    both.has_not(&one.version, Standing::Refused, Code::Exists);
    both.has_not(&two.version, Standing::Refused, Code::Exists);
}

#[test]
fn a_version_that_follows_none_frees_no_release_and_takes_none() {
    let scene = Scene::in_memory();
    let head = scene.start().head;
    let one = released(&scene, head, None, "one", "1.0.0");
    let at = scene.land(head, one.edits());
    // Somebody brings a second version that does not follow the first, and then the real one with the release of the first.
    let stray = scene.forge(&released(&scene, at, Some(&one), "stray", "3.0.0").version, &["dan"], |predicate| {
        if let Predicate::Version(version) = predicate {
            version.previous = None;
        }
    });
    let at = scene.land(at, [stray.edit()]);
    let copy = released(&scene, at, Some(&one), "copy", "1.0.0");
    let seen = see(&scene, scene.land(at, copy.edits()));
    assert!(!seen.effects.contains_key(&stray.path) && !seen.effects.contains_key(&copy.version.path));
}
