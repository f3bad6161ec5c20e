//! Starting and ending: the environment, the token file, the address, the folder, signals.

use std::os::unix::fs::PermissionsExt;

use super::support::{Home, TOKEN};

#[track_caller]
fn fails(home: &Home) -> String {
    match home.try_start() {
        Err((status, log)) => {
            assert_eq!(status, Some(1), "{log}");
            log
        }
        Ok(_) => panic!("the service started"),
    }
}

#[test]
fn a_token_file_that_is_weak_open_or_absent_keeps_the_service_from_starting() {
    for (text, mode) in [("short", 0o600), (TOKEN, 0o640), ("", 0o600), (&format!("{TOKEN} b"), 0o600)] {
        let home = Home::new();
        home.write_token(text, mode);
        fails(&home);
    }
    let home = Home::new();
    std::fs::remove_file(home.token_file()).unwrap();
    fails(&home);
    let mut dev = Home::dev();
    assert_eq!(dev.start().ask_with("GET", "/v1/models", &[], b"").status, 200);
    dev.write_token("", 0o600);
    assert_eq!(dev.start().ask_with("GET", "/v1/models", &[], b"").status, 200);
    dev.write_token("short", 0o600);
    fails(&dev);
    dev.write_token(&format!("\n {TOKEN}\t\n"), 0o600);
    let running = dev.start();
    assert_eq!(running.ask_with("GET", "/v1/models", &[], b"").status, 403, "a token that is there is asked for");
    assert_eq!(running.get("/v1/models").status, 200);
    dev.set("INSECURE_DEV_MODE", "TRUE");
    std::fs::remove_file(dev.token_file()).unwrap();
    fails(&dev);
}

#[test]
fn only_this_machine_is_served_unless_that_was_allowed_and_never_without_checks() {
    let mut home = Home::new();
    for address in ["0.0.0.0:0", ":0", "192.0.2.1:0", "nowhere", "127.0.0.1"] {
        home.set("BIND_ADDR", address);
        fails(&home);
    }
    for address in ["localhost:0", "[::1]:0", "127.0.0.9:0"] {
        home.set("BIND_ADDR", address);
        if let Err((_, log)) = home.try_start() {
            assert!(address.contains("::1"), "{address}: {log}");
        }
    }
    home.set("BIND_ADDR", "0.0.0.0:0");
    for not in ["1", "TRUE", "yes"] {
        home.set("ALLOW_REMOTE_BIND", not);
        fails(&home);
    }
    home.set("ALLOW_REMOTE_BIND", "true");
    drop(home.start());
    home.set("INSECURE_DEV_MODE", "true");
    fails(&home);
}

#[test]
fn a_taken_port_ends_the_start() {
    let mut home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    home.set("BIND_ADDR", &taken.local_addr().unwrap().to_string());
    fails(&home);
}

#[test]
fn the_folder_must_be_the_services_own() {
    let mut home = Home::new();
    for mode in [0o770, 0o707, 0o777] {
        std::fs::set_permissions(home.registry(), std::fs::Permissions::from_mode(mode)).unwrap();
        fails(&home);
    }
    let at = |name: &str| home.folder.path().join(name);
    let (link, file, made) = (at("link"), at("file"), at("made"));
    std::os::unix::fs::symlink(home.registry(), &link).unwrap();
    std::fs::write(&file, "").unwrap();
    for path in [link.to_str().unwrap(), file.to_str().unwrap(), "models"] {
        home.set("REGISTRY_DIR", path);
        fails(&home);
    }
    home.set("REGISTRY_DIR", made.to_str().unwrap());
    drop(home.start());
    assert_eq!(std::fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o750);
}

#[test]
fn sigterm_ends_it_with_success_and_the_log_tells_the_life_of_a_model() {
    let home = Home::new();
    let running = home.start();
    running.trust(&home, "a\u{1b}[31m", "a.gguf", b"a");
    running.named("POST", "/v1/model/revoke", "a\u{1b}[31m");
    running.named("DELETE", "/v1/model/delete", "a\u{1b}[31m");
    let (status, log) = running.stop();
    assert_eq!(status, Some(0), "{log}");
    for line in [
        "loaded 0 model(s)",
        "service token loaded from",
        "ACQUIRED: a",
        "QUARANTINED: a",
        "PROMOTED: a",
        "REVOKED: a",
        "DELETED (soft): a",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert!(!log.contains('\u{1b}') && !log.contains(TOKEN), "{log}");
}

#[test]
fn an_argument_that_is_not_known_is_a_mistake_of_usage() {
    let home = Home::new();
    for (argument, status) in [("help", 0), ("-h", 0), ("--help", 0), ("frobnicate", 2)] {
        let output = home.command().arg(argument).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{argument}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("usage: "));
    }
}
