//! Registering: every option, many at once, files that are not here.

use crate::environment::{Ran, TestEnvironment};

#[test]
fn every_option_of_register_is_in_the_version() {
    let env = TestEnvironment::with_models();
    env.write("three/weights.txt", "3\n");
    env.write("three/skipped.log", "noise\n");
    env.write("card.md", "# Sentiment\n\nIt reads reviews.\n");
    env.write("lineage.json", "{\"dataset_version\": \"2026-03\", \"epochs\": 3}");
    env.write("contract.json", "{\"inputs\": [{\"name\": \"text\", \"type\": \"string\"}], \"outputs\": []}");
    env.write("evaluation.json", "{\"suite\": \"smoke\"}");
    env.ok(&[
        "register",
        "sentiment",
        "three",
        "--metric",
        "f1=0.91",
        "--metric",
        "latency_ms=12",
        "--lineage",
        "lineage.json",
        "--lineage",
        "code_commit=abc",
        "--card",
        "card.md",
        "--contract",
        "contract.json",
        "--evaluation-card",
        "evaluation.json",
        "--owner",
        "nlp",
        "--type",
        "model",
        "--capability",
        "text-classification",
        "--parent",
        "sentiment/1",
        "--source",
        "https://example.org/three",
        "--release",
        "3.0.0",
        "--description",
        "the third",
        "--ignore",
        "*.log",
    ]);
    let shown = env.json(&["show", "sentiment/3.0.0"]);
    assert_eq!(shown["manifest"]["metrics"]["f1"], 0.91);
    assert_eq!(shown["lineage"]["epochs"], "3");
    assert_eq!(shown["lineage"]["code_commit"], "abc");
    assert_eq!(shown["model_card"], "# Sentiment\n\nIt reads reviews.\n");
    assert_eq!(shown["contract"]["inputs"][0]["name"], "text");
    assert_eq!(shown["manifest"]["parents"].as_array().unwrap().len(), 1);
    assert_eq!(shown["manifest"]["source"], "https://example.org/three");
    assert_eq!(shown["version"]["description"], "the third");
    assert_eq!(shown["manifest"]["files"].as_array().unwrap().len(), 1, "what was to be ignored is");
    assert_eq!(env.json(&["list"])["models"][0]["owner"], "nlp");
}

#[test]
fn what_cannot_be_meant_is_a_usage_error_and_nothing_is_written() {
    let env = TestEnvironment::with_models();
    let head = env.git("models", &["rev-parse", "main"]);
    env.fails(&["register", "sentiment", "one", "--metric", "f1=high"], 2, "bad-argument");
    env.fails(&["register", "sentiment", "one", "--metric", "f1"], 2, "bad-argument");
    env.fails(&["register", "latest", "one"], 2, "bad-name");
    env.fails(&["register", "Sentiment", "one"], 2, "bad-name");
    env.fails(&["register", "sentiment", "one", "--parent", "nobody/1"], 1, "not-found");
    env.fails(&["register", "sentiment", "one", "--source", "https://me:secret@example.org/"], 1, "secret");
    env.fails(&["register", "sentiment"], 2, "bad-argument");
    env.fails(&["register", "sentiment", "one", "--from", "x"], 2, "bad-argument");
    assert_eq!(env.git("models", &["rev-parse", "main"]), head);
}

#[test]
fn a_file_that_can_run_code_is_registered_with_a_warning() {
    let env = TestEnvironment::with_models();
    env.write("code/run.py", "import os\n");
    let ran = env.run(&["register", "coder", "code"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("warning:") && ran.stderr.contains("run.py"), "{}", ran.stderr);
    let quiet = env.run(&["register", "coder", "code", "--quiet", "--release", "2.0"]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_list_registers_many_versions_in_one_commit_or_none() {
    let env = TestEnvironment::with_models();
    for name in ["a", "b", "c"] {
        env.write(&format!("lists/{name}/x.txt"), format!("{name}\n"));
    }
    let lines = [
        r#"{"model": "alpha", "paths": ["a"], "metrics": {"f1": 0.5}, "owner": "nlp", "lineage": {"run": 7}}"#,
        r#"{"model": "alpha", "paths": ["b"], "release": "1.0"}"#,
        r#"{"model": "beta", "path": "c", "capability": "x"}"#,
    ];
    env.write("lists/all.jsonl", lines.join("\n"));
    let before = env.git("models", &["rev-list", "--count", "main"]);
    let done = env.json(&["register", "--from", "lists/all.jsonl"]);
    assert_eq!(done["created"], 3);
    let versions: Vec<_> = done["versions"].as_array().unwrap().iter().map(|it| it["version"].as_u64()).collect();
    assert_eq!(versions, [Some(1), Some(2), Some(1)]);
    let count = |text: &str| text.trim().parse::<u64>().unwrap();
    let after = env.git("models", &["rev-list", "--count", "main"]);
    assert_eq!(count(&after), count(&before) + 1);
    assert_eq!(env.json(&["register", "--from", "lists/all.jsonl"])["created"], 0);

    env.write("lists/bad.jsonl", format!("{}\n{}", lines[0], r#"{"model": "gamma", "metrik": 1}"#));
    let error = env.fails(&["register", "--from", "lists/bad.jsonl"], 2, "bad-argument");
    assert_eq!(error["fields"]["line"], 2);
    assert_eq!(env.git("models", &["rev-list", "--count", "main"]), after);
}

#[test]
fn files_that_are_not_here_are_registered_by_digest_and_stay_acquired() {
    let env = TestEnvironment::with_models();
    let hex = "a".repeat(64);
    env.write("SHA256SUMS", format!("{hex}  weights/big.bin\n"));
    let done = env.json(&["register", "big", "--ref", "s3://models/big", "--sha256-list", "SHA256SUMS"]);
    assert_eq!(
        (done["trust"].as_str(), done["files"][0]["path"].as_str()),
        (Some("acquired"), Some("weights/big.bin"))
    );
    assert_eq!(env.json(&["show", "big/1"])["manifest"]["source"], "s3://models/big");
    env.fails(&["pull", "big/1", "-o", "out"], 3, "not-trusted");
    let verified = env.json(&["verify"]);
    assert_eq!((verified["verdict"].as_str(), verified["absent"][0].as_str()), (Some("ok"), Some(hex.as_str())));
    env.fails(&["register", "big", "--ref", "s3://models/big"], 2, "bad-argument");
}

#[test]
fn a_file_that_was_registered_by_digest_alone_is_pulled_once_it_is_here() {
    let env = TestEnvironment::with_models();
    env.write("weights.bin", "not so large\n");
    let sums: Ran = env.program("sha256sum").arg("weights.bin").output().unwrap().into();
    env.write("SHA256SUMS", &sums.stdout);
    env.ok(&["register", "big", "--ref", "https://example.org/big", "--sha256-list", "SHA256SUMS"]);
    let hex = &sums.stdout[..64];
    env.write(&format!("mount/{}/{}/{hex}", &hex[..2], &hex[2..4]), "not so large\n");
    env.ok(&["remote", "add", "mount", "mount"]);
    assert_eq!(env.json(&["sync"])["fetched"], 1);
    env.ok(&["transition", "big/1", "quarantined"]);
    env.ok(&["transition", "big/1", "trusted", "--reason", "they are here now"]);
    env.ok(&["pull", "big/1", "-o", "out"]);
    assert_eq!(std::fs::read_to_string(env.path("out/weights.bin")).unwrap(), "not so large\n");
    env.ok(&["path", "big/1"]);
}

#[test]
fn links_out_of_a_folder_are_followed_only_when_asked() {
    let env = TestEnvironment::with_models();
    env.write("cache/blob", "weights\n");
    std::fs::create_dir(env.path("snapshot")).unwrap();
    std::os::unix::fs::symlink("../cache/blob", env.path("snapshot/model.txt")).unwrap();
    env.fails(&["register", "linked", "snapshot"], 1, "not-a-file");
    assert_eq!(env.json(&["register", "linked", "snapshot", "--follow-links"])["files"][0]["size"], 8);
}

#[test]
fn inspect_tells_what_a_file_is_by_its_content_without_a_registry() {
    let env = TestEnvironment::new();
    let header = r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend([0u8; 8]);
    env.write("misnamed.bin", &bytes);
    let found = env.json(&["inspect", "misnamed.bin"]);
    assert_eq!((found["format"].as_str(), found["class"].as_str()), (Some("safetensors"), Some("tensors")));
    assert_eq!(found["tensors"][0]["name"], "w");
    bytes.truncate(bytes.len() - 1);
    env.write("short.safetensors", &bytes);
    let found = env.json(&["inspect", "short.safetensors"]);
    assert_eq!(
        (found["class"].as_str(), found["problems"][0]["code"].as_str()),
        (Some("not-scanned"), Some("inconsistent"))
    );
    assert!(env.ok(&["inspect", "short.safetensors"]).contains("problem:"));
    env.fails(&["inspect", "/dev/null"], 1, "not-a-file");
    assert!(env.ok(&["inspect", "."]).contains("misnamed.bin"), "a folder is looked at file by file");
}
