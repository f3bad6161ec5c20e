//! The reading protocols: plain files, the Hub's, OCI's, Git's and Git LFS's, with the clients that people have where they are here.

use std::path::Path;
use std::process::Command;

use refmark_core::engine::plan::PromoteRequest;
use refmark_core::engine::policy::TeamMember;
use refmark_core::records::policy::MemberKind;
use refmark_core::store::key::generate;
use refmark_core::types::digest::Digest;
use refmark_core::types::name::{AliasName, ModelName, PrincipalId, Role};
use refmark_core::{
    Context, DistrustRequest, InitRequest, MemberChange, MembersRequest, Package, Places, Registry, SystemClock,
};
use serde_json::{Value, json};

use super::support::{Answer, Home, Running, TOKEN};

/// A registry of its own beside the service: model `sentiment`, two versions, the first of which is champion.
pub fn library(home: &mut Home) -> Registry {
    let at = |name: &str| home.folder.path().join(name);
    let config = at("home/.config/refmark");
    std::fs::create_dir_all(&config).unwrap();
    let places =
        Places { home: Some(at("home")), config: Some(config.clone()), data: Some(at("home/.local/share/refmark")) };
    let world = Context::at(places, std::sync::Arc::new(SystemClock));
    let signer = generate(&config.join("key")).unwrap();
    let request = InitRequest {
        name: None,
        founder: PrincipalId::parse("ada").unwrap(),
        here: false,
        format: refmark_core::store::git::Format::Sha1,
        policy: None,
    };
    let (registry, _) = Registry::init(&at("library"), world, &*signer, &request).unwrap();
    let model = ModelName::parse("sentiment").unwrap();
    for version in ["one", "two"] {
        let folder = at(&format!("package-{version}"));
        std::fs::create_dir_all(folder.join("onnx")).unwrap();
        std::fs::write(folder.join("config.json"), format!("{{\"version\": \"{version}\"}}\n")).unwrap();
        std::fs::write(folder.join("onnx/notes.txt"), version.repeat(5000)).unwrap();
        let package = Package::new(model.clone(), vec![folder]).unwrap();
        registry.write(&*signer).register(&package).unwrap();
    }
    let alias = AliasName::parse("champion").unwrap();
    let request =
        PromoteRequest { model, alias, version: 1, reason: "first".to_owned(), expect: None, evidence: Vec::new() };
    registry.write(&*signer).promote(&request).unwrap();
    home.set("REFMARK_REGISTRY", at("library").to_str().unwrap());
    registry
}

fn with(running: &Running, target: &str, headers: &[(&str, &str)]) -> Answer {
    let token = format!("Bearer {TOKEN}");
    let mut all = vec![("Authorization", token.as_str())];
    all.extend(headers);
    running.ask_with("GET", target, &all, b"")
}

#[test]
fn plain_files_have_their_digest_in_the_headers_and_come_in_ranges() {
    let mut home = Home::new();
    library(&mut home);
    let running = home.start();
    let at = "/files/sentiment/champion/onnx/notes.txt";
    let bytes = "one".repeat(5000);
    running.ask_with("GET", at, &[], b"").is_json_error(403);
    let whole = running.get(at);
    assert_eq!((whole.status, whole.text()), (200, bytes.clone()));
    let etag = format!("\"{}\"", Digest::of(bytes.as_bytes()));
    assert_eq!(whole.header("etag"), Some(etag.as_str()));
    assert!(whole.header("repr-digest").unwrap().starts_with("sha-256=:"));
    assert_eq!(whole.header("x-refmark-version"), Some("1"));
    let part = with(&running, at, &[("Range", "bytes=3-8")]);
    assert_eq!((part.status, part.text().as_str()), (206, "oneone"));
    assert_eq!(part.header("content-range"), Some("bytes 3-8/15000"));
    assert_eq!(with(&running, at, &[("Range", "bytes=-3")]).text(), "one");
    let outside = with(&running, at, &[("Range", "bytes=15000-")]);
    assert_eq!((outside.status, outside.header("content-range")), (416, Some("bytes */15000")));
    assert_eq!(with(&running, at, &[("If-None-Match", &etag)]).status, 304);
    assert_eq!(with(&running, at, &[("Range", "bytes=0-1"), ("If-Range", "\"other\"")]).status, 200);
    let head = running.ask("HEAD", at, b"");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("15000"), 0));
    let listed = running.get("/files/sentiment/2").json();
    assert_eq!((&listed["version"], &listed["files"][1]["path"]), (&json!("2"), &json!("onnx/notes.txt")));
    assert_eq!(running.get("/files/sentiment/main").json()["version"], "1", "main is the champion");
    for missing in
        ["/files/sentiment/3/config.json", "/files/sentiment/1/none", "/files/nobody/1/x", "/files/sentiment/1/..%2fx"]
    {
        assert_eq!(running.get(missing).status, 404, "{missing}");
    }
}

#[test]
fn a_revocation_closes_every_protocol_at_once_and_altered_bytes_do_not_leave() {
    let mut home = Home::new();
    let registry = library(&mut home);
    let running = home.start();
    let file = Digest::of("two".repeat(5000).as_bytes());
    let targets = [
        "/files/sentiment/2/config.json".to_owned(),
        "/sentiment/resolve/2/config.json".to_owned(),
        "/api/models/sentiment/revision/2".to_owned(),
        "/v2/sentiment/manifests/2".to_owned(),
        format!("/v2/sentiment/blobs/sha256:{file}"),
        format!("/git/registry.git/lfs/objects/{file}"),
    ];
    for target in &targets {
        assert_eq!(running.get(target).status, 200, "{target}");
    }
    let manifest = running.get("/files/sentiment/2").json();
    let artifact = refmark_core::types::digest::ArtifactId::parse(manifest["artifact"].as_str().unwrap()).unwrap();
    let key = home.folder.path().join("home/.config/refmark/key").into_os_string();
    let search = refmark_core::store::key::KeySearch { explicit: Some(key), ..Default::default() };
    let signer = refmark_core::store::key::find(&search).unwrap();
    registry.write(&*signer).revoke(artifact, "bad").unwrap();
    for target in &targets {
        assert_eq!(running.get(target).status, 404, "{target}");
    }
    let blob = registry.store().place_of(&Digest::of("one".repeat(5000).as_bytes()));
    std::fs::remove_file(&blob).unwrap();
    std::fs::write(&blob, "eno".repeat(5000)).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&blob, std::fs::Permissions::from_mode(0o444)).unwrap();
    assert_eq!(running.get("/files/sentiment/1/onnx/notes.txt").status, 503);
    assert_eq!(running.get("/files/sentiment/1/config.json").status, 200);
}

#[test]
fn what_a_lost_key_registered_or_moved_leaves_by_no_protocol() {
    let mut home = Home::new();
    let registry = library(&mut home);
    let key = home.folder.path().join("home/.config/refmark/key").into_os_string();
    let search = refmark_core::store::key::KeySearch { explicit: Some(key), ..Default::default() };
    let ada = refmark_core::store::key::find(&search).unwrap();
    let bo = generate(&home.folder.path().join("bo")).unwrap();
    let member = TeamMember {
        id: PrincipalId::parse("bo").unwrap(),
        kind: MemberKind::Person,
        name: None,
        roles: vec![Role::parse("owner").unwrap()],
        keys: vec![bo.public()],
    };
    let joins = MembersRequest { changes: vec![MemberChange::Add(member)], reason: None, out: None };
    registry.govern_as(&*ada).members_change(&joins).unwrap();
    let since = registry.read().head().unwrap().to_string();
    let folder = home.folder.path().join("package-three");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.json"), "{\"version\": \"three\"}\n").unwrap();
    let model = ModelName::parse("sentiment").unwrap();
    registry.write(&*bo).register(&Package::new(model.clone(), vec![folder]).unwrap()).unwrap();
    let alias = AliasName::parse("canary").unwrap();
    let reason = "to try it".to_owned();
    let moved = PromoteRequest { model, alias, version: 2, reason, expect: None, evidence: Vec::new() };
    registry.write(&*bo).promote(&moved).unwrap();

    let running = home.start();
    let file = Digest::of(b"{\"version\": \"three\"}\n");
    let targets = [
        "/files/sentiment/3/config.json".to_owned(),
        "/files/sentiment/canary/config.json".to_owned(),
        "/sentiment/resolve/3/config.json".to_owned(),
        "/v2/sentiment/manifests/3".to_owned(),
        format!("/v2/sentiment/blobs/sha256:{file}"),
        format!("/git/registry.git/lfs/objects/{file}"),
    ];
    for target in &targets {
        assert_eq!(running.get(target).status, 200, "{target}");
    }
    let lost = DistrustRequest { key: "bo".to_owned(), since, reason: "left in a train".to_owned(), out: None };
    registry.govern_as(&*ada).distrust(&lost).unwrap();
    for target in &targets {
        assert_eq!(running.get(target).status, 404, "{target}");
    }
    assert_eq!(running.get("/files/sentiment/2/config.json").status, 200, "the version that it pointed at is ada's");
}

#[test]
fn the_services_own_models_are_read_the_same_way() {
    let home = Home::new();
    let running = home.start();
    let sha256 = running.trust(&home, "org/Tiny Model", "tiny.gguf", b"tiny");
    assert_eq!(running.get("/files/org%2FTiny%20Model/current/tiny.gguf").text(), "tiny");
    assert_eq!(running.get("/org/Tiny%20Model/resolve/main/tiny.gguf").text(), "tiny");
    assert_eq!(running.get("/files").json(), json!({"models": ["org/Tiny Model"]}));
    running.named("POST", "/v1/model/revoke", "org/Tiny Model");
    assert_eq!(running.get("/files/org%2FTiny%20Model/current/tiny.gguf").status, 404);
    assert_eq!(running.get(&format!("/v2/org/x/blobs/sha256:{sha256}")).status, 404);
}

/// Runs a program of this machine; nothing where it is not here.
pub fn tool(home: &Home, program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    let mut command = Command::new(program);
    command.args(arguments).env("HOME", home.folder.path().join("client")).current_dir(home.folder.path());
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").env("HF_HUB_DISABLE_TELEMETRY", "1");
    for proxy in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    match command.output() {
        Ok(output) => {
            let text =
                [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
            Some((output.status.success(), text))
        }
        Err(_) => {
            eprintln!("{program} is not here: its part of the test is left out");
            None
        }
    }
}

/// A Python with the clients, where there is one.
pub fn python() -> String {
    std::env::var("REFMARK_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

#[test]
fn the_hubs_own_client_loads_a_snapshot_and_finds_refs_and_files() {
    let python = python();
    let mut home = Home::new();
    library(&mut home);
    let running = home.start();
    if !tool(&home, &python, &["-c", "import huggingface_hub"]).is_some_and(|(good, _)| good) {
        eprintln!("huggingface_hub is not here: REFMARK_PYTHON names a Python that has it");
        return;
    }
    let script = format!(
        r#"
import os, json
os.environ.update(HF_ENDPOINT="http://{address}", HF_TOKEN="{TOKEN}", HF_HUB_DISABLE_XET="1")
from huggingface_hub import HfApi, HfFileSystem, hf_hub_download, snapshot_download
from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError
api = HfApi()
assert open(hf_hub_download("sentiment", "config.json", revision="champion")).read() == '{{"version": "one"}}\n'
assert open(hf_hub_download("sentiment", "config.json", revision="2")).read() == '{{"version": "two"}}\n'
folder = snapshot_download("sentiment", revision="2")
assert open(folder + "/onnx/notes.txt").read() == "two" * 5000
info = api.model_info("sentiment", revision="champion")
assert sorted(s.rfilename for s in info.siblings) == ["config.json", "onnx/notes.txt"]
assert api.list_repo_files("sentiment") == ["config.json", "onnx/notes.txt"], api.list_repo_files("sentiment")
refs = api.list_repo_refs("sentiment")
assert {{b.name for b in refs.branches}} == {{"champion", "main"}} and {{t.name for t in refs.tags}} == {{"1", "2"}}
assert [i.path for i in api.get_paths_info("sentiment", ["config.json"])] == ["config.json"]
fs = HfFileSystem()
assert sorted(fs.find("refmark/sentiment@2")) == ["refmark/sentiment@2/config.json", "refmark/sentiment@2/onnx/notes.txt"], fs.find("refmark/sentiment@2")
assert fs.read_text("refmark/sentiment@2/config.json") == '{{"version": "two"}}\n'
for what, error in [(("nobody", "x"), RepositoryNotFoundError), (("sentiment", "none"), EntryNotFoundError)]:
    try:
        hf_hub_download(*what)
        raise SystemExit("found")
    except error:
        pass
try:
    hf_hub_download("sentiment", "config.json", revision="9")
    raise SystemExit("found")
except RevisionNotFoundError:
    pass
print("good")
"#,
        address = running.address
    );
    let (good, said) = tool(&home, &python, &["-c", &script]).unwrap();
    assert!(good && said.contains("good"), "{said}");
}

#[test]
fn git_clones_the_history_and_git_lfs_fetches_the_bytes() {
    let mut home = Home::new();
    library(&mut home);
    let running = home.start();
    let url = format!("http://any:{TOKEN}@{}/git/registry.git", running.address);
    let Some((good, said)) = tool(&home, "git", &["clone", "-q", "--bare", &url, "copy.git"]) else { return };
    assert!(good, "{said}");
    let head = |folder: &Path| tool(&home, "git", &["-C", folder.to_str().unwrap(), "rev-parse", "main"]).unwrap().1;
    assert_eq!(head(&home.folder.path().join("copy.git")), head(&home.folder.path().join("library")));
    let without = format!("http://{}/git/registry.git", running.address);
    assert!(!tool(&home, "git", &["clone", "-q", "--bare", &without, "no.git"]).unwrap().0);
    assert_eq!(running.get("/git/registry.git/info/refs?service=git-receive-pack").status, 403);
    assert_eq!(running.get("/git/registry.git/config").status, 404);
    // A project whose files are pointers fetches the bytes from here.
    if !tool(&home, "git", &["lfs", "version"]).unwrap().0 {
        return;
    }
    let digest = Digest::of("one".repeat(5000).as_bytes());
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 15000\n");
    let git = |arguments: &[&str]| {
        let (good, said) = tool(&home, "git", &[&["-C", "project"], arguments].concat()).unwrap();
        assert!(good, "{arguments:?} {said}");
    };
    assert!(tool(&home, "git", &["init", "-q", "project"]).unwrap().0);
    let project = home.folder.path().join("project");
    std::fs::write(project.join(".gitattributes"), "*.txt filter=lfs -text\n").unwrap();
    std::fs::write(project.join("notes.txt"), &pointer).unwrap();
    git(&["-c", "filter.lfs.clean=cat", "-c", "filter.lfs.process=", "add", "."]);
    git(&["-c", "user.name=a", "-c", "user.email=a@b", "-c", "filter.lfs.process=", "commit", "-qm", "pointer"]);
    git(&["config", "lfs.url", &format!("{url}/info/lfs")]);
    git(&["lfs", "install", "--local"]);
    git(&["lfs", "pull"]);
    assert_eq!(std::fs::read_to_string(project.join("notes.txt")).unwrap(), "one".repeat(5000));
}

#[test]
fn skopeo_copies_a_version_and_every_layer_is_the_file_itself() {
    let mut home = Home::new();
    library(&mut home);
    let running = home.start();
    running.ask_with("GET", "/v2/", &[], b"").header("www-authenticate").unwrap();
    assert_eq!(running.get("/v2/").json(), json!({}));
    assert_eq!(running.get("/v2/sentiment/tags/list").json()["tags"], json!(["1", "2", "champion"]));
    let manifest = running.get("/v2/sentiment/manifests/champion");
    let digest = manifest.header("docker-content-digest").unwrap();
    assert_eq!(digest, format!("sha256:{}", Digest::of(&manifest.body)));
    assert_eq!(running.get(&format!("/v2/sentiment/manifests/{digest}")).body, manifest.body);
    let said: Value = serde_json::from_slice(&manifest.body).unwrap();
    assert_eq!(said["layers"][1]["annotations"]["org.cncf.model.filepath"], "onnx/notes.txt");
    let from = format!("docker://{}/sentiment:champion", running.address);
    let policy = home.folder.path().join("policy.json");
    std::fs::write(&policy, r#"{"default": [{"type": "insecureAcceptAnything"}]}"#).unwrap();
    let arguments = [
        "--policy",
        policy.to_str().unwrap(),
        "copy",
        "-q",
        "--src-tls-verify=false",
        "--src-creds",
        &format!("any:{TOKEN}"),
        &from,
        "dir:out",
    ];
    let Some((good, text)) = tool(&home, "skopeo", &arguments) else { return };
    assert!(good, "{text}");
    let file = Digest::of("one".repeat(5000).as_bytes());
    assert_eq!(std::fs::read_to_string(home.folder.path().join("out").join(file.hex())).unwrap(), "one".repeat(5000));
}
