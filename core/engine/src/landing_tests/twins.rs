//! Names of models that people would mix up: a rule of every reader, not of the one who writes.

use super::*;
use crate::testing::registry::Made;
use refmark_records::statement::Predicate;

/// A model's first version, as if another registry had given the number.
fn imported(scene: &Scene<MemoryHistory>, made: &Made) -> Vec<Edit> {
    let forged = scene.forge(&made.version, &["dan"], |predicate| {
        if let Predicate::Version(version) = predicate {
            version.imported = Some(version.time);
        }
    });
    let mut edits: Vec<Edit> = made
        .edits()
        .into_iter()
        .filter(|edit| !matches!(edit, Edit::Put(path, _) if *path == made.version.path))
        .collect();
    edits.push(forged.edit());
    edits
}

#[test]
fn a_model_whose_name_looks_like_another_is_refused_by_every_reader() {
    let Two { scene, head, .. } = two_versions();
    let near = scene.version(head, "dan", "M", None, "weights of a twin");
    let refused = scene.land(head, near.edits());
    let seen = see(&scene, refused);
    seen.has_not(&near.version, Standing::Refused, Code::BadName);
    // Whoever remembered the head before it comes to the same.
    let mut resumed = Verifier::resume(&scene.git, refused, &super::stories::remember(&scene, head)).unwrap();
    resumed.run(|_| Ok(())).unwrap();
    let seen = self::seen(Vec::new(), BTreeMap::new(), &resumed.finish().unwrap());
    seen.has_not(&near.version, Standing::Refused, Code::BadName);

    // Two new ones in one landing, and one after the other.
    let one = scene.version(head, "dan", "a.b", None, "one");
    let two = scene.version(head, "dan", "a-b", None, "two");
    let both = scene.land(head, one.edits().into_iter().chain(two.edits()).collect::<Vec<_>>());
    let seen = see(&scene, both);
    seen.has_not(&one.version, Standing::Refused, Code::BadName);
    seen.has_not(&two.version, Standing::Refused, Code::BadName);
    let first = scene.land(head, one.edits());
    let second = scene.land(first, two.edits());
    let seen = see(&scene, second);
    seen.has(&one.version);
    seen.has_not(&two.version, Standing::Refused, Code::BadName);

    // The next version of a standing model is no new name. That a record says that it was imported is its author's word, and
    // excuses nothing.
    let next = scene.version(second, "dan", "a.b", Some(&one), "three");
    let brought = scene.version(second, "dan", "A_B", None, "from elsewhere");
    let third = scene.land(second, next.edits());
    let fourth = scene.land(third, imported(&scene, &brought));
    let seen = see(&scene, fourth);
    seen.has(&next.version);
    assert!(!seen.effects.contains_key(&brought.version.path), "{:#?}", seen.effects);
    assert!(seen.problems.iter().any(|problem| problem.code == Code::BadName), "{:#?}", seen.problems);
}
