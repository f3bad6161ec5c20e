//! Search, its index, and the words that it finds.

use serde_json::Value;

use crate::environment::{TestEnvironment, has_keys};

fn names(found: &Value) -> Vec<String> {
    let row = |row: &Value| format!("{}/{}", row["model"].as_str().unwrap(), row["version"]);
    found["found"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn versions_are_found_by_words_and_by_what_is_known_of_them() {
    let env = TestEnvironment::with_models();
    env.write("three/a.txt", "3\n");
    env.ok(&["register", "reader", "three", "--capability", "text-classification", "--parent", "sentiment/2"]);
    env.ok(&["describe", "reader", "--description", "reads film reviews", "--tag", "language=de", "--owner", "nlp"]);
    env.ok(&["transition", "sentiment/2", "staging"]);
    for (arguments, wanted) in [
        (&["film"][..], &["reader/1"][..]),
        (&["--metric", "accuracy>=0.85"], &["sentiment/2"]),
        (&["--tag", "language=de"], &["reader/1"]),
        (&["--capability", "text-classification"], &["reader/1"]),
        (&["--stage", "staging"], &["sentiment/2"]),
        (&["--parent", "sentiment/2"], &["reader/1"]),
        (&["--trust", "trusted", "--model", "sentiment", "--order", "name"], &["sentiment/1", "sentiment/2"]),
        (&["nothing", "like", "it"], &[]),
    ] {
        let found = env.json(&[&["search"], arguments].concat());
        assert_eq!(names(&found), wanted, "{arguments:?}");
    }
    env.fails(&["search", "--metric", "accuracy"], 2, "bad-argument");
    env.fails(&["search", "--stage", "live"], 2, "bad-argument");
    assert!(env.ok(&["search", "film"]).contains("reads film reviews"));
}

#[test]
fn the_index_is_derived_and_can_be_made_anew() {
    let env = TestEnvironment::with_models();
    let status = env.json(&["index", "rebuild"]);
    has_keys(&status, &["path", "current", "versions"]);
    assert_eq!((status["current"].as_bool(), status["versions"].as_u64()), (Some(true), Some(2)));
    let before = env.ok(&["list", "sentiment"]);
    std::fs::remove_file(status["path"].as_str().unwrap()).unwrap();
    assert_eq!(env.ok(&["list", "sentiment"]), before);
}

#[test]
fn models_and_versions_are_described_hidden_and_renamed() {
    let env = TestEnvironment::with_models();
    env.ok(&["describe", "sentiment/1", "--description", "the old one", "--hide"]);
    assert_eq!(names(&env.json(&["search", "--model", "sentiment"])), ["sentiment/2"], "what is hidden is not found");
    assert_eq!(env.json(&["resolve", "sentiment/1"])["version"], 1, "and stays what it is");
    env.ok(&["describe", "sentiment", "--rename-to", "mood"]);
    assert!(env.ok(&["list"]).contains("mood"));
    env.fails(&["describe", "mood"], 2, "bad-argument");
    env.fails(&["describe", "mood/1", "--owner", "nlp"], 2, "bad-argument");
}
