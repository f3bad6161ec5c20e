//! Remotes that are no folders, against a real server: PyPI's moto. `./test` installs it; where it is not here these are left out.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::environment::TestEnvironment;

/// moto looks whether a request is signed, and by whom; not at the signature.
const SIGNED: &str =
    "AWS4-HMAC-SHA256 Credential=AKIATOLD/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

/// moto with an empty bucket `models`; ends with the test.
struct Moto {
    child: Child,
    port: u16,
}

impl Moto {
    fn start() -> Option<Moto> {
        let named = std::env::var_os("REFMARK_MOTO").filter(|it| !it.is_empty()).map(PathBuf::from);
        let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/hub/bin/moto_server");
        let program = named.unwrap_or(default);
        if !program.exists() {
            eprintln!("moto is not here: REFMARK_MOTO names its moto_server");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdin(Stdio::null());
        let moto = Moto { child: command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap(), port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "moto does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        moto.request("PUT", "models", b"");
        Some(moto)
    }

    fn request(&self, verb: &str, path: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "{verb} /{path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: {SIGNED}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.starts_with("HTTP/1.1 2"), "{verb} {path}: {answer}");
        answer
    }

    /// Runs the command as somebody who has the credentials.
    fn run(&self, env: &TestEnvironment, folder: &str, words: &[&str]) -> Output {
        env.refmark(words)
            .current_dir(env.path(folder))
            .env("AWS_ACCESS_KEY_ID", "AKIATOLD")
            .env("AWS_SECRET_ACCESS_KEY", "SECRETTOLD")
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port))
            .output()
            .unwrap()
    }

    fn ok(&self, env: &TestEnvironment, words: &[&str]) -> Value {
        self.ok_in(env, "", words)
    }

    fn ok_in(&self, env: &TestEnvironment, folder: &str, words: &[&str]) -> Value {
        let ran = self.run(env, folder, &[words, &["--json"]].concat());
        let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{words:?}\n{out}{err}");
        assert!(!out.contains("TOLD") && !err.contains("TOLD"), "a credential is shown: {out}{err}");
        serde_json::from_str(&out).unwrap()
    }

    fn fails(&self, env: &TestEnvironment, words: &[&str], code: &str) -> Value {
        let ran = self.run(env, "", &[words, &["--json"]].concat());
        let out = String::from_utf8_lossy(&ran.stdout);
        let answer: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{words:?}: {out}"));
        assert_eq!(answer["error"]["code"], code, "{answer:#}");
        answer["error"].clone()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn blobs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(blobs(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn a_bucket_is_a_remote_for_sync_pull_push_and_a_project_without_a_registry() {
    let Some(moto) = Moto::start() else { return };
    let env = TestEnvironment::with_models();
    let added = moto.ok(&env, &["remote", "add", "s3", "s3://models/team"]);
    assert_eq!((&added["kind"], &added["marked"]), (&"s3".into(), &true.into()), "{added:#}");
    assert_eq!(added["url"], format!("s3://models/team?endpoint=http://127.0.0.1:{}", moto.port));
    assert_eq!(moto.ok(&env, &["sync", "--jobs", "2"])["sent"], 2);
    let again = moto.ok(&env, &["sync"]);
    assert_eq!((&again["sent"], &again["fetched"]), (&0.into(), &0.into()));
    let checked = moto.ok(&env, &["remote", "check", "s3", "--hash"]);
    assert_eq!((&checked["held"], &checked["hashed"]), (&2.into(), &true.into()), "{checked:#}");

    let store = env.path("models/refmark/blobs");
    let before = blobs(&store);
    std::fs::remove_dir_all(&store).unwrap();
    moto.ok(&env, &["pull", "sentiment@champion", "-o", "out"]);
    assert_eq!(std::fs::read(env.path("out/config.json")).unwrap(), b"{\"size\": 1}\n");
    assert_eq!(moto.ok(&env, &["sync"])["fetched"], 1);
    assert_eq!(blobs(&store), before);

    // The lock names the bucket, and no credential: with it alone a project has its files.
    std::fs::create_dir(env.path("app")).unwrap();
    moto.ok_in(&env, "app", &["-R", "../models", "pin", "add", "sentiment@champion"]);
    let lock = std::fs::read_to_string(env.path("app/refmark.lock")).unwrap();
    assert!(lock.contains("\"s3\" = \"s3://models/team?endpoint=http://127.0.0.1:"), "{lock}");
    assert!(!lock.contains("TOLD"));
    std::fs::rename(env.path("models"), env.path("away")).unwrap();
    let _ = std::fs::remove_dir_all(env.home().join(".cache"));
    moto.ok_in(&env, "app", &["pin", "sync", "--frozen"]);
    assert_eq!(std::fs::read(env.path("app/models/sentiment/config.json")).unwrap(), b"{\"size\": 1}\n");
}

#[test]
fn a_bucket_that_lies_is_named_and_its_bytes_are_not_kept() {
    let Some(moto) = Moto::start() else { return };
    let env = TestEnvironment::with_models();
    moto.ok(&env, &["remote", "add", "s3", "s3://models"]);
    moto.ok(&env, &["sync"]);
    let store = env.path("models/refmark/blobs");
    let one = blobs(&store).into_iter().find(|path| std::fs::read(path).unwrap() == b"{\"size\": 1}\n").unwrap();
    let name = one.strip_prefix(&store).unwrap().to_str().unwrap().to_owned();
    moto.request("PUT", &format!("models/{name}"), b"{\"size\": 9}\n");
    let checked = moto.ok(&env, &["remote", "check", "s3"]);
    assert_eq!(checked["wrong"].as_array().unwrap().len(), 0, "the size alone tells nothing");
    let ran = moto.run(&env, "", &["remote", "check", "s3", "--hash", "--json"]);
    let checked: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!((ran.status.code(), &checked["wrong"][0]["code"]), (Some(4), &"damaged".into()), "{checked:#}");
    std::fs::remove_file(&one).unwrap();
    let error = moto.fails(&env, &["pull", "sentiment/1", "-o", "out"], "damaged");
    assert!(error["fields"]["remote"].as_str().unwrap().starts_with("s3://models"), "{error:#}");
    assert!(!env.path("out").exists() && !one.exists());

    // A bucket that was emptied is not the one that was added: nothing is sent to it.
    let listed = moto.request("GET", "models?list-type=2", b"");
    let mark = listed.split(['<', '>']).find(|name| name.starts_with("refmark-remote-")).unwrap().to_owned();
    moto.request("DELETE", &format!("models/{mark}"), b"");
    let error = moto.fails(&env, &["sync"], "io");
    assert!(error["message"].as_str().unwrap().contains("its mark is gone"), "{error:#}");
}

#[test]
fn an_address_with_a_secret_or_an_unknown_kind_is_refused_before_anything_is_written() {
    let env = TestEnvironment::with_models();
    for (address, code) in [
        ("s3://AKIA:SECRETTOLD@models/x", "secret"),
        ("https://me:SECRETTOLD@host/x", "secret"),
        ("ftp://host/x", "bad-argument"),
        ("s3://models/../x", "bad-argument"),
        ("s3://models?colour=red", "bad-argument"),
    ] {
        let ran = env.run(&["remote", "add", "far", address, "--json"]);
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(answer["error"]["code"], code, "{address}: {answer:#}");
        assert!(!ran.stdout.contains("SECRETTOLD"), "{}", ran.stdout);
    }
    assert_eq!(env.json(&["remote", "list"])["remotes"].as_array().unwrap().len(), 0);
}
