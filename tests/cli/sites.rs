//! Sites: exported, exported again, stopped halfway, and looked at on this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::environment::{Ran, Signal, TestEnvironment, send, send_to_group};

/// A viewer as the build makes one, as far as a command can tell.
fn with_viewer() -> TestEnvironment {
    let env = TestEnvironment::with_models();
    env.write("viewer/index.html", "<script type=\"module\" src=\"./assets/app.js\"></script>\n");
    env.write("viewer/assets/app.js", "start()\n");
    env.write("viewer/assets/refmark.wasm", "\0asm");
    env.write("viewer/single.html", "<html><!--refmark-site--></html>\n");
    env
}

/// Every file of a folder with its bytes.
fn bytes(env: &TestEnvironment, folder: &str) -> Vec<(String, Vec<u8>)> {
    let read = |name: String| (name.clone(), std::fs::read(env.path(folder).join(name)).unwrap());
    env.files(folder).into_iter().map(read).collect()
}

fn site(env: &TestEnvironment) -> Value {
    serde_json::from_slice(&std::fs::read(env.path("site/registry/site.json")).unwrap()).unwrap()
}

#[test]
fn a_site_is_exported_once_kept_while_nothing_moves_and_added_to_afterwards() {
    let env = with_viewer();
    let first = env.json(&["export-site", "site", "--viewer", "viewer"]);
    assert_eq!((first["changed"].as_bool(), first["packs_added"].as_array().unwrap().len()), (Some(true), 2));
    assert!(first["fragment"].as_str().unwrap().starts_with("#root=sha256:"), "{first:#}");
    assert!(env.files("site").contains(&"assets/refmark.wasm".to_owned()));
    let before = bytes(&env, "site");
    let text = env.ok(&["export-site", "site", "--viewer", "viewer"]);
    assert!(text.contains("not one byte changed"), "{text}");
    assert_eq!(bytes(&env, "site"), before);

    env.ok(&["promote", "sentiment@champion", "2", "--reason", "better"]);
    let second = env.json(&["export-site", "site", "--viewer", "viewer"]);
    assert_eq!((second["packs_kept"].as_u64(), second["packs_added"].as_array().unwrap().len()), (Some(2), 2));
    let after = env.files("site");
    let packs = |files: &[String]| files.iter().filter(|it| it.contains("/packs/")).count();
    assert_eq!((packs(&env.files("site")), site(&env)["head"].as_str()), (8, second["head"].as_str()));
    assert!(before.iter().filter(|(name, _)| name.contains("/packs/")).all(|(name, _)| after.contains(name)));
    // People's own Git reads what a page reads.
    for pack in after.iter().filter(|it| it.ends_with(".pack")) {
        env.git("models", &["verify-pack", &env.path("site").join(pack).display().to_string()]);
    }
}

#[test]
fn a_site_is_never_written_over_what_is_no_site_of_this_registry() {
    let env = with_viewer();
    env.write("notes/plan.txt", "mine");
    let error = env.fails(&["export-site", "notes", "--data-only"], 1, "exists");
    assert!(error["message"].as_str().unwrap().contains("plan.txt"), "{error:#}");
    assert_eq!(env.files("notes"), ["plan.txt"]);
    env.ok(&["export-site", "site", "--data-only"]);
    assert!(!env.path("site/index.html").exists());
    env.ok(&["init", "others", "--as", "eve"]);
    let before = bytes(&env, "site");
    env.fails(&["-R", "others", "export-site", "site", "--data-only"], 4, "wrong-registry");
    assert_eq!(bytes(&env, "site"), before);
    let page = env.json(&["export-site", "--single-file", "models.html", "--viewer", "viewer"]);
    assert_eq!(page["changed"], true);
    assert!(std::fs::read_to_string(env.path("models.html")).unwrap().contains("id=\"refmark-site\""));
    env.write("letter.html", "<p>mine</p>");
    env.fails(&["export-site", "--single-file", "letter.html", "--viewer", "viewer"], 1, "exists");
}

/// A `git` that waits where it would pack, on the path before the real one.
fn slow_git(env: &TestEnvironment) -> String {
    use std::os::unix::fs::PermissionsExt;
    let begun = env.path("begun").display().to_string();
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *pack-objects*) touch '{begun}'; exec sleep 60;; esac\nPATH=/usr/local/bin:/usr/bin:/bin exec git \"$@\"\n"
    );
    env.write("slow/git", script);
    let git = env.path("slow/git");
    std::fs::set_permissions(&git, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:/usr/local/bin:/usr/bin:/bin", env.path("slow").display())
}

/// Begins an export that waits in the middle, and ends it and its Git as a terminal does: with a signal to both.
fn stopped(env: &TestEnvironment, signal: Signal) -> Ran {
    let path = slow_git(env);
    let mut command: Command = env.refmark(&["export-site", "site", "--viewer", "viewer", "--json"]);
    let child =
        command.env("PATH", path).process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while !env.path("begun").exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "the packing never began");
        std::thread::sleep(Duration::from_millis(5));
    }
    std::fs::remove_file(env.path("begun")).unwrap();
    send_to_group(&child, signal);
    child.wait_with_output().unwrap().into()
}

#[test]
fn an_export_that_is_stopped_in_the_middle_leaves_the_old_site_as_it_was() {
    let env = with_viewer();
    // Before there was a site: nothing is left.
    let ran = stopped(&env, Signal::INT);
    assert!(ran.status == 1 && ran.stdout.contains("\"cancelled\""), "{} {}", ran.stdout, ran.stderr);
    assert!(!env.path("site").exists());
    env.ok(&["export-site", "site", "--viewer", "viewer"]);
    env.ok(&["promote", "sentiment@champion", "2", "--reason", "better"]);
    let before = bytes(&env, "site");
    assert_eq!(stopped(&env, Signal::INT).status, 1);
    assert_eq!(bytes(&env, "site"), before);
    // Killed outright: what the site names is as it was, and the next export clears up.
    stopped(&env, Signal::KILL);
    let now = bytes(&env, "site");
    assert!(before.iter().all(|it| now.contains(it)));
    let done = env.json(&["export-site", "site", "--viewer", "viewer"]);
    assert_eq!(site(&env)["head"], done["head"]);
    assert!(!env.files("site").iter().any(|it| it.contains("/.")), "{:?}", env.files("site"));
}

/// What the server answers to a request of these lines: status, head and body.
fn ask(address: &str, request: &str) -> (String, String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(format!("{request}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    let at = said.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&said[..at]).into_owned();
    (head.split(' ').nth(1).unwrap().to_owned(), head, said[at + 4..].to_vec())
}

#[test]
fn view_serves_this_machine_alone_with_a_strict_policy_and_leaves_nothing() {
    let env = with_viewer();
    std::fs::create_dir(env.path("tmp")).unwrap();
    let mut command = env.refmark(&["view", "--no-open", "--viewer", "viewer"]);
    let mut child =
        command.env("TMPDIR", env.path("tmp")).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut link = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut link).unwrap();
    let (address, rest) = link.trim().trim_start_matches("http://").split_once('/').unwrap();
    let (token, fragment) = rest.split_once('/').unwrap();
    assert!(address.starts_with("127.0.0.1:") && fragment.starts_with("#root=sha256:"), "{link}");
    let get = |path: &str| ask(address, &format!("GET /{token}{path} HTTP/1.1\r\nHost: {address}"));
    // Another user of this machine reaches the port, and neither guesses the address nor reads the folder.
    assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{link}");
    for guess in ["/", "/index.html", "/registry/site.json", "/00000000000000000000000000000000/"] {
        assert_eq!(ask(address, &format!("GET {guess} HTTP/1.1\r\nHost: {address}")).0, "404", "{guess}");
    }
    for folder in std::fs::read_dir(env.path("tmp")).unwrap() {
        let mode = std::os::unix::fs::PermissionsExt::mode(&folder.unwrap().metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o700);
    }
    let (status, head, body) = get("/");
    assert_eq!((status.as_str(), body.starts_with(b"<script")), ("200", true), "{head}");
    assert!(head.contains("default-src 'none'") && head.contains("nosniff"), "{head}");
    assert!(get("/assets/refmark.wasm").1.contains("application/wasm"));
    let (_, head, body) = get("/registry/site.json");
    assert!(head.contains("no-store"), "{head}");
    let site: Value = serde_json::from_slice(&body).unwrap();
    let pack = site["packs"][0]["pack"].as_str().unwrap().to_owned();
    assert_eq!(get(&format!("/registry/{pack}")).2.len() as u64, site["packs"][0]["bytes"].as_u64().unwrap());
    for bad in ["/../one/config.json", "/%2e%2e/one/config.json", "/registry/", "/nothing"] {
        assert_eq!(get(bad).0, "404", "{bad}");
    }
    // A page from elsewhere that got its name pointed here is not answered, and nobody writes.
    assert_eq!(ask(address, "GET / HTTP/1.1\r\nHost: evil.example.com").0, "421");
    assert_eq!(ask(address, &format!("POST / HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0")).0, "405");
    // Bound to one address, not to all: another one of this machine refuses.
    let port = address.split(':').nth(1).unwrap();
    assert!(TcpStream::connect(format!("127.0.0.2:{port}")).is_err());

    assert!(!env.files("tmp").is_empty());
    send(&child, Signal::INT);
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(std::fs::read_dir(env.path("tmp")).unwrap().count(), 0);
}
