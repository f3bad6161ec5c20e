//! HTTPS, asked by OpenSSL's client, and what SIGHUP reads again.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::support::{Home, Running, TOKEN};

/// A certificate for `localhost` by a key of its own, in files of the home's folder.
fn certificate(home: &Home, name: &str) -> (PathBuf, PathBuf) {
    let at = |ending: &str| home.folder.path().join(format!("{name}.{ending}"));
    let (certificate, key) = (at("crt"), at("key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .arg("-out")
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    (certificate, key)
}

/// What the service answers a client that believes this certificate alone; empty where the client does not.
fn asked(service: &Running, trusted: &PathBuf, token: &str) -> String {
    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-ign_eof", "-verify_return_error", "-verify_hostname", "localhost"])
        .args(["-servername", "localhost", "-connect", &service.address, "-CAfile"])
        .arg(trusted)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let request = format!(
        "GET /v1/stats HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    let _ = client.stdin.take().unwrap().write_all(request.as_bytes());
    String::from_utf8_lossy(&client.wait_with_output().unwrap().stdout).into_owned()
}

fn secured(home: &mut Home, (certificate, key): &(PathBuf, PathBuf)) {
    home.set("TLS_CERT_PATH", certificate.to_str().unwrap());
    home.set("TLS_KEY_PATH", key.to_str().unwrap());
}

#[test]
fn with_a_certificate_only_https_is_spoken_and_a_hangup_reads_token_and_certificate_again() {
    let mut home = Home::new();
    let first = certificate(&home, "first");
    secured(&mut home, &first);
    let service = home.start();
    assert!(asked(&service, &first.0, TOKEN).starts_with("HTTP/1.1 200 OK"));
    let plain = service.raw(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert!(!plain.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&plain));

    let second = certificate(&home, "second");
    let other_token = "fedcba9876543210fedcba9876543210";
    std::fs::copy(&second.0, &first.0).unwrap();
    std::fs::copy(&second.1, &first.1).unwrap();
    home.write_token(other_token, 0o600);
    assert!(asked(&service, &second.0, TOKEN).is_empty(), "nothing is read again before it is asked for");
    let pid = rustix::process::Pid::from_child(&service.child);
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while !asked(&service, &second.0, other_token).starts_with("HTTP/1.1 200 OK") {
        assert!(Instant::now() < until, "the new certificate and token were not taken");
    }
    assert!(asked(&service, &second.0, TOKEN).starts_with("HTTP/1.1 403 "));

    // What cannot be read leaves everything as it was, and is told.
    std::fs::write(&first.1, "no key").unwrap();
    home.write_token("short", 0o600);
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    let (status, log) = {
        std::thread::sleep(Duration::from_millis(500));
        assert!(asked(&service, &second.0, other_token).starts_with("HTTP/1.1 200 OK"));
        service.stop()
    };
    assert_eq!(status, Some(0));
    assert!(log.contains("the service token stays as it was"), "{log}");
    assert!(log.contains("the certificates stay as they were"), "{log}");
}

#[test]
fn certificates_that_are_absent_open_or_not_of_the_key_keep_the_service_from_starting() {
    let mut home = Home::new();
    let (one, other) = (certificate(&home, "one"), certificate(&home, "other"));
    let absent = home.folder.path().join("absent");
    let open = home.folder.path().join("open");
    std::fs::copy(&one.1, &open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
    for (files, word) in [
        ((one.0.clone(), other.1.clone()), "TLS_CERT_PATH"),
        ((absent.clone(), one.1.clone()), "is not there"),
        ((one.0.clone(), absent), "is not there"),
        ((one.1.clone(), one.1.clone()), "no certificate"),
        ((one.0.clone(), one.0.clone()), "TLS_KEY_PATH"),
        ((one.0.clone(), open), "everybody can read it"),
        ((one.0, PathBuf::new()), "TLS_KEY_PATH is not set"),
    ] {
        secured(&mut home, &files);
        match home.try_start() {
            Err((Some(1), log)) => assert!(log.contains(word), "{word}: {log}"),
            other => panic!("{word}: {:?}", other.map(|running| running.log.clone())),
        }
    }
}
