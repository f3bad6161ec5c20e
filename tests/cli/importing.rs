//! What other tools keep, brought over: a Hub cache as its own tools write it.

use std::path::Path;

use refmark_core::types::digest::Digest;

use crate::environment::TestEnvironment;

/// A cache with one repository of two snapshots that share a file, in the layout of huggingface_hub.
fn cache(env: &TestEnvironment) {
    let top = "cache/models--acme--tiny";
    let weights = b"\x08\0\0\0\0\0\0\0{}      ".to_vec();
    let weights_id = Digest::of(&weights).hex();
    env.write(&format!("{top}/blobs/{weights_id}"), &weights);
    for (commit, config) in [("a1", "{\"size\": 1}\n"), ("b2", "{\"size\": 2}\n")] {
        env.write("config.json", config);
        let id = env.git(".", &["hash-object", "config.json"]);
        env.write(&format!("{top}/blobs/{}", id.trim()), config);
        let commit = commit.repeat(20);
        let folder = env.path(&format!("{top}/snapshots/{commit}"));
        std::fs::create_dir_all(&folder).unwrap();
        let link = |id: &str, name: &str| {
            std::os::unix::fs::symlink(Path::new("../../blobs").join(id), folder.join(name)).unwrap()
        };
        link(id.trim(), "config.json");
        link(&weights_id, "weights.bin");
        env.write(&format!("{top}/refs/main"), &commit);
    }
}

#[test]
fn a_hub_cache_comes_over_once_with_its_revisions_as_versions_and_their_source_as_a_claim() {
    let env = TestEnvironment::new();
    env.ok(&["init", "models", "--as", "ada"]);
    cache(&env);
    let answer = env.json(&["import", "hf", "cache"]);
    assert_eq!((&answer["created"], answer["left_out"].as_array().unwrap().len()), (&2.into(), 0), "{answer:#}");
    for (n, commit) in ["a1", "b2"].iter().enumerate() {
        let version = &answer["versions"][n];
        assert_eq!(version["source"], format!("hf://acme/tiny@{}", commit.repeat(20)));
        assert_eq!((&version["model"], &version["version"]), (&"acme.tiny".into(), &(n + 1).into()));
    }
    let again = env.json(&["import", "hf", "cache"]);
    assert_eq!((&again["created"], again["versions"].as_array().unwrap().len()), (&0.into(), 2), "{again:#}");
    assert_eq!(env.json(&["verify"])["verdict"], "ok");
}

#[test]
fn a_snapshot_with_a_wrong_absent_or_foreign_file_is_left_out_and_named_and_the_others_come() {
    let env = TestEnvironment::new();
    env.ok(&["init", "models", "--as", "ada"]);
    cache(&env);
    env.write("secret", "not of the cache\n");
    let snapshots = env.path("cache/models--acme--tiny/snapshots");
    for (n, commit) in ["c3", "d4", "e5"].iter().enumerate() {
        let folder = snapshots.join(commit.repeat(20));
        std::fs::create_dir_all(&folder).unwrap();
        let wrong = "0".repeat(64);
        env.write(&format!("cache/models--acme--tiny/blobs/{wrong}"), "something else\n");
        let target =
            [format!("../../blobs/{wrong}"), "../../blobs/absent".to_owned(), env.path("secret").display().to_string()];
        std::os::unix::fs::symlink(&target[n], folder.join("model.bin")).unwrap();
    }
    let ran = env.run(&["import", "hf", "cache", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, &answer["created"]), (1, &2.into()), "{answer:#}");
    let mut said: Vec<&str> =
        answer["left_out"].as_array().unwrap().iter().map(|it| it["reason"].as_str().unwrap()).collect();
    said.sort_unstable();
    assert!(said[0].contains("is a link out of the cache"), "{said:?}");
    assert!(said[1].contains("is damaged"), "{said:?}");
    assert!(said[2].contains("is not downloaded"), "{said:?}");
    let error = env.fails(&["import", "hf", "cache", "--only", "acme/other"], 1, "not-found");
    assert!(error["hint"].as_str().unwrap().contains("hf download acme/other"), "{error:#}");
    env.fails(&["import", "hf", "models"], 1, "not-found");
}
