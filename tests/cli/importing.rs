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

/// A repository of a team that keeps its weights with Git LFS: two tags, and a commit after them.
fn with_lfs(env: &TestEnvironment) {
    std::fs::create_dir(env.path("train")).unwrap();
    env.git("train", &["init", "-q", "-b", "main"]);
    env.git("train", &["lfs", "install", "--local"]);
    env.git("train", &["lfs", "track", "*.bin"]);
    for (n, tag) in [(1u8, Some("v1.0")), (2, Some("v2.0")), (3, None)] {
        env.write("train/models/sentiment/weights.bin", [vec![0x08; 2000], vec![n]].concat());
        env.write("train/models/sentiment/config.json", format!("{{\"layers\": {n}}}\n"));
        env.write("train/train.py", "print()\n");
        env.git("train", &["add", "."]);
        let who = ["-c", "user.name=Bob", "-c", "user.email=bob@example.com"];
        env.git("train", &[&who[..], &["commit", "-q", "-m", "train"]].concat());
        if let Some(tag) = tag {
            env.git("train", &[&who[..], &["tag", "-a", "-m", "a release", tag]].concat());
        }
    }
}

#[test]
fn a_repository_with_lfs_comes_over_a_version_a_tag_with_the_bytes_that_its_pointers_name() {
    let env = TestEnvironment::new();
    env.ok(&["init", "models", "--as", "ada"]);
    with_lfs(&env);
    let import = ["import", "git-lfs", "train", "--model", "sentiment", "--folder", "models/sentiment"];
    let answer = env.json(&import);
    assert_eq!((&answer["created"], answer["left_out"].as_array().unwrap().len()), (&2.into(), 0), "{answer:#}");
    let shown = env.json(&["show", "sentiment/2"]);
    let commit = env.git("train", &["rev-parse", "v2.0^{commit}"]);
    assert_eq!(shown["version"]["release"], "v2.0", "{shown:#}");
    assert_eq!(shown["lineage"]["code_commit"], commit.trim(), "{shown:#}");
    let files: Vec<(&str, u64)> = shown["manifest"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["path"].as_str().unwrap(), file["size"].as_u64().unwrap()))
        .collect();
    assert_eq!(files, [("config.json", 14), ("weights.bin", 2001)], "the bytes, not the pointer");
    let again = env.json(&import);
    assert_eq!((&again["created"], again["versions"].as_array().unwrap().len()), (&0.into(), 2), "{again:#}");
    let newest = env.json(&["import", "git-lfs", "train", "--model", "other", "--tag", "v1.0"]);
    assert_eq!(newest["versions"][0]["model"], "other", "{newest:#}");
    env.fails(&["import", "git-lfs", "train", "--model", "other", "--tag", "v9"], 1, "not-found");
    env.fails(&["import", "git-lfs", "models/nowhere", "--model", "other"], 1, "not-found");
    assert_eq!(env.json(&["verify"])["verdict"], "ok");
    let left: Vec<_> = std::fs::read_dir(env.path("models/refmark"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("import"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_object_of_lfs_that_is_absent_or_altered_leaves_its_tag_out_and_the_others_come() {
    let env = TestEnvironment::new();
    env.ok(&["init", "models", "--as", "ada"]);
    with_lfs(&env);
    let pointer = env.git("train", &["show", "v1.0:models/sentiment/weights.bin"]);
    let oid = pointer.lines().find_map(|line| line.strip_prefix("oid sha256:")).unwrap();
    let object = env.path(&format!("train/.git/lfs/objects/{}/{}/{oid}", &oid[..2], &oid[2..4]));
    let import = ["import", "git-lfs", "train", "--model", "sentiment", "--folder", "models/sentiment", "--json"];
    for (spoil, reason) in [(true, "is damaged"), (false, "git lfs fetch")] {
        let mut mode = std::fs::metadata(&object).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o644);
        std::fs::set_permissions(&object, mode).unwrap();
        match spoil {
            true => std::fs::write(&object, vec![0x09; 2001]).unwrap(),
            false => std::fs::remove_file(&object).unwrap(),
        }
        let ran = env.run(&import);
        let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((ran.status, answer["versions"].as_array().unwrap().len()), (1, 1), "{answer:#}");
        assert!(answer["left_out"][0]["reason"].as_str().unwrap().contains(reason), "{answer:#}");
    }
}

/// A repository as DVC 3 and GTO leave it: a file of one version, a folder of the next, and stages that moved.
fn with_dvc(env: &TestEnvironment) {
    let who = ["-c", "user.name=Bob", "-c", "user.email=bob@example.com"];
    let cached = |bytes: &[u8], ending: &str| {
        let sum = md5_of(env, bytes);
        env.write(&format!("train/.dvc/cache/files/md5/{}/{}{ending}", &sum[..2], &sum[2..]), bytes);
        format!("{sum}{ending}")
    };
    std::fs::create_dir(env.path("train")).unwrap();
    env.git("train", &["init", "-q", "-b", "main"]);
    env.write("train/.gitignore", "/.dvc/cache\n/models\n");
    env.write("train/dvc.yaml", "artifacts:\n  churn:\n    path: models/churn.bin\n    type: model\n");
    for (n, tags) in
        [(1u8, &["churn@v1.0.0", "churn#prod#1"][..]), (2, &["churn@v2.0.0", "churn#staging#2", "churn#dev#3"])]
    {
        let sum = cached(&[vec![0x08; 100], vec![n]].concat(), "");
        env.write(
            "train/models/churn.bin.dvc",
            format!("outs:\n- md5: {sum}\n  size: 101\n  hash: md5\n  path: churn.bin\n"),
        );
        env.git("train", &["add", "-f", ".gitignore", "dvc.yaml", "models/churn.bin.dvc"]);
        env.git("train", &[&who[..], &["commit", "-q", "-m", "train"]].concat());
        for tag in tags {
            env.git("train", &[&who[..], &["tag", "-a", "-m", "by gto", tag]].concat());
        }
    }
    env.git("train", &[&who[..], &["tag", "-a", "-m", "no longer", "churn#dev!#4"]].concat());
    let config = cached(b"{}\n", "");
    let list = format!("[{{\"md5\": \"{config}\", \"relpath\": \"conf/config.json\"}}]");
    let sum = cached(list.as_bytes(), ".dir");
    env.write("train/dvc.yaml", "artifacts:\n  churn:\n    path: models/out\n");
    env.write("train/dvc.lock", format!("schema: '2.0'\nstages:\n  train:\n    cmd: python train.py\n    outs:\n    - path: models/out\n      hash: md5\n      md5: {sum}\n"));
    env.git("train", &["add", "dvc.yaml", "dvc.lock"]);
    env.git("train", &[&who[..], &["commit", "-q", "-m", "a folder"]].concat());
    env.git("train", &[&who[..], &["tag", "-a", "-m", "by gto", "churn@v3.0.0"]].concat());
}

fn md5_of(env: &TestEnvironment, bytes: &[u8]) -> String {
    env.write("hashed", bytes);
    let ran = env.program("md5sum").arg(env.path("hashed")).output().unwrap();
    String::from_utf8(ran.stdout).unwrap()[..32].to_owned()
}

#[test]
fn a_repository_of_dvc_and_gto_comes_over_with_its_versions_and_its_stages_as_aliases() {
    let env = TestEnvironment::new();
    env.ok(&["init", "models", "--as", "ada"]);
    with_dvc(&env);
    let ran = env.run(&["import", "dvc", "train", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["created"], 3, "{answer:#}");
    let release = |n: u64| env.json(&["show", &format!("churn/{n}")])["version"]["release"].clone();
    assert_eq!([release(1), release(2), release(3)], ["v1.0.0", "v2.0.0", "v3.0.0"]);
    let files = env.json(&["show", "churn/3"])["manifest"]["files"].clone();
    assert_eq!(files[0]["path"], "conf/config.json", "{files:#}");
    // What is quarantined is no alias's: that is said, and done once it is trusted.
    let left: Vec<&str> =
        answer["left_out"].as_array().unwrap().iter().map(|it| it["source"].as_str().unwrap()).collect();
    assert_eq!((ran.status, left), (1, vec!["churn#prod", "churn#staging"]), "{answer:#}");
    for n in ["churn/1", "churn/2"] {
        env.ok(&["transition", n, "trusted", "--reason", "ours"]);
    }
    let again = env.json(&["import", "dvc", "train", "--only", "churn"]);
    assert_eq!((&again["created"], again["left_out"].as_array().unwrap().len()), (&0.into(), 0), "{again:#}");
    assert_eq!(env.json(&["resolve", "churn@prod"])["version"], 1);
    assert_eq!(env.json(&["resolve", "churn@staging"])["version"], 2);
    env.fails(&["resolve", "churn@dev"], 1, "not-found");
    let log = env.json(&["log", "churn@prod"]).to_string();
    assert!(log.contains("GTO's tag churn#prod#1 by Bob <bob@example.com> on 2"), "{log}");
    let head = env.git("models", &["rev-parse", "HEAD"]);
    env.json(&["import", "dvc", "train"]);
    assert_eq!(env.git("models", &["rev-parse", "HEAD"]), head, "a second run changes nothing");
    env.fails(&["import", "dvc", "train", "--only", "nobody"], 1, "not-found");
    assert_eq!(env.json(&["verify"])["verdict"], "ok");
}

#[test]
fn a_file_of_dvcs_cache_that_is_absent_or_altered_leaves_its_version_out_and_the_others_come() {
    let env = TestEnvironment::new();
    env.ok(&["init", "models", "--as", "ada"]);
    with_dvc(&env);
    let place = |bytes: &[u8]| {
        let sum = md5_of(&env, bytes);
        env.path(&format!("train/.dvc/cache/files/md5/{}/{}", &sum[..2], &sum[2..]))
    };
    std::fs::write(place(&[vec![0x08; 100], vec![1]].concat()), b"other").unwrap();
    std::fs::remove_file(place(b"{}\n")).unwrap();
    let ran = env.run(&["import", "dvc", "train", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let said: Vec<&str> =
        answer["left_out"].as_array().unwrap().iter().map(|it| it["reason"].as_str().unwrap()).collect();
    assert_eq!((ran.status, &answer["created"]), (1, &1.into()), "{answer:#}");
    assert!(said[0].contains("is damaged") && said[1].contains("dvc fetch"), "{said:?}");
    assert!(said.contains(&"it is of a version that was not brought over"), "{said:?}");
}
