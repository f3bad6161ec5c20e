//! The corpus as a reader meets it, and what a face must say of it: for the Rust suite and the command's alike.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The folder of the corpus.
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/attacks")
}

/// The attacks of the corpus, by name.
pub fn attacks() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(corpus())
        .expect("the corpus is there")
        .map(|entry| entry.expect("the corpus can be listed").path())
        .filter(|path| path.join("attack.json").exists())
        .collect();
    found.sort();
    found
}

/// A program of Git, away from the user's own settings.
pub fn git(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "Mallory"),
        ("GIT_AUTHOR_EMAIL", "mallory@example.com"),
        ("GIT_COMMITTER_NAME", "Mallory"),
        ("GIT_COMMITTER_EMAIL", "mallory@example.com"),
    ] {
        command.env(name, value);
    }
    command
}

/// Runs it, feeds it, and returns what it says.
pub fn run(command: &mut Command, input: &[u8]) -> String {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("git is installed");
    child.stdin.take().expect("it is piped").write_all(input).expect("git reads its input");
    let output = child.wait_with_output().expect("git ends");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A clone of the attack's bundle, in the condition that the story asks for.
pub fn receive(folder: &Path, clone: &Path, attack: &Value) {
    std::fs::create_dir_all(clone).expect("the clone can be made");
    run(&mut git(clone, &["init", "--quiet", "--bare", "--initial-branch=main", "."]), b"");
    let bundle = folder.join("registry.bundle");
    let unchecked = ["-c", "fetch.fsckObjects=false", "-c", "transfer.fsckObjects=false", "fetch", "--quiet"];
    run(git(clone, &unchecked).arg(&bundle).arg("+refs/heads/*:refs/heads/*"), b"");
    let head = attack["head"].as_str().expect("it has a head");
    match attack["condition"].as_str() {
        None => {}
        Some("shallow") => std::fs::write(clone.join("shallow"), format!("{head}\n")).expect("it can be written"),
        Some("grafted") => {
            std::fs::create_dir_all(clone.join("info")).expect("it can be made");
            std::fs::write(clone.join("info/grafts"), format!("{head}\n")).expect("it can be written");
        }
        Some("replaced") => drop(run(&mut git(clone, &["replace", head, &format!("{head}~1")]), b"")),
        Some("missing") => {
            // Everything but the first commit's own object.
            let first = run(&mut git(clone, &["rev-list", "--max-parents=0", "main"]), b"");
            let packs: Vec<PathBuf> = std::fs::read_dir(clone.join("objects/pack"))
                .expect("it has packs")
                .map(|entry| entry.expect("it can be listed").path())
                .collect();
            for pack in packs.iter().filter(|path| path.extension().is_some_and(|it| it == "pack")) {
                let bytes = std::fs::read(pack).expect("it can be read");
                for extension in ["pack", "idx", "rev"] {
                    let _ = std::fs::remove_file(pack.with_extension(extension));
                }
                run(&mut git(clone, &["unpack-objects", "-q"]), &bytes);
            }
            std::fs::remove_file(clone.join("objects").join(&first[..2]).join(&first[2..])).expect("it is loose");
        }
        Some("borrowed") => {
            // Every object lies in somebody else's repository, and is only borrowed from there.
            let lender = clone.with_extension("lender");
            std::fs::rename(clone.join("objects"), &lender).expect("the objects can be moved");
            std::fs::create_dir_all(clone.join("objects/info")).expect("it can be made");
            std::fs::write(clone.join("objects/info/alternates"), format!("{}\n", lender.display()))
                .expect("it can be written");
        }
        Some(other) => panic!("{other} is no condition"),
    }
}

/// What a face says of an attack: a verdict, the codes and paths of its problems, and what aliases hold.
pub struct Said {
    pub verdict: String,
    pub problems: Vec<(String, Option<String>)>,
    pub message: String,
}

/// What is not as the story states it.
pub fn differs(expect: &Value, said: &Said) -> Option<String> {
    let (code, path) = (expect["code"].as_str(), expect["path"].as_str());
    let found = match code {
        None => said.problems.is_empty(),
        Some(code) => said.problems.iter().any(|(have, at)| have == code && (path.is_none() || at.as_deref() == path)),
    };
    let right = expect["verdict"].as_str() == Some(said.verdict.as_str()) && found;
    (!right).then(|| format!("expected {expect}, found {} {:?}: {}", said.verdict, said.problems, said.message))
}
