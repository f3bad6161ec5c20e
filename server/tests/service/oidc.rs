//! Tokens of an OIDC issuer: who they speak for, and everything that makes one count for nothing.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::reading::tool;
use super::support::{Home, Running};

const ISSUER: &str = "https://issuer.example";

fn b64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// An issuer with a key on P-256 and one on Ed25519.
struct Issuer {
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
    random: SystemRandom,
}

impl Issuer {
    fn new() -> Issuer {
        let random = SystemRandom::new();
        let how = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let ec = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
        let ec = EcdsaKeyPair::from_pkcs8(how, ec.as_ref(), &random).unwrap();
        let ed = Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&random).unwrap().as_ref()).unwrap();
        Issuer { ec, ed, random }
    }

    fn jwks(&self) -> Value {
        let point = self.ec.public_key().as_ref();
        json!({"keys": [
            {"kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig", "alg": "ES256", "x": b64(&point[1..33]), "y": b64(&point[33..])},
            {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": b64(self.ed.public_key().as_ref())},
            {"kty": "EC", "crv": "P-256", "kid": "sealed", "use": "enc", "x": b64(&point[1..33]), "y": b64(&point[33..])},
        ]})
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let said = format!("{}.{}", b64(header.to_string().as_bytes()), b64(claims.to_string().as_bytes()));
        let signature = match header["alg"].as_str() {
            Some("EdDSA") => self.ed.sign(said.as_bytes()).as_ref().to_vec(),
            Some("ES256") => self.ec.sign(&self.random, said.as_bytes()).unwrap().as_ref().to_vec(),
            Some("HS256") => {
                // The oldest trick: the public key as a shared secret.
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, self.ec.public_key().as_ref());
                ring::hmac::sign(&key, said.as_bytes()).as_ref().to_vec()
            }
            _ => Vec::new(),
        };
        format!("{said}.{}", b64(&signature))
    }

    fn good(&self) -> String {
        self.token(&json!({"alg": "ES256", "kid": "ec"}), &claims(&json!({})))
    }
}

/// Claims that hold, but for what is said otherwise.
fn claims(otherwise: &Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "aud": ["others", "refmark"], "sub": "repo:acme/models:ref:refs/heads/main",
        "exp": now() + 300, "nbf": now() - 5, "iat": now() - 5,
    });
    for (key, value) in otherwise.as_object().unwrap() {
        claims[key] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(key);
        }
    }
    claims
}

fn rules(jwks: &str) -> Value {
    json!({"issuers": [{
        "issuer": ISSUER, "audience": "refmark", "jwks": jwks, "private": true,
        "principals": [
            {"principal": "release-ci", "claims": {"sub": "repo:acme/models:ref:refs/heads/*"}, "rights": ["read", "change"], "models": ["team-*"]},
            {"principal": "people", "claims": {"groups": "ml"}, "rights": ["read", "verify"]},
        ],
    }]})
}

fn started(home: &mut Home, rules: &Value) -> Running {
    let path = home.folder.path().join("oidc.json");
    std::fs::write(&path, rules.to_string()).unwrap();
    home.set("OIDC_PATH", path.to_str().unwrap());
    home.start()
}

fn with_file(home: &mut Home, issuer: &Issuer) -> Running {
    let keys = home.folder.path().join("jwks.json");
    std::fs::write(&keys, issuer.jwks().to_string()).unwrap();
    started(home, &rules(keys.to_str().unwrap()))
}

fn status(running: &Running, method: &str, path: &str, token: &str, body: &str) -> u16 {
    running.ask_with(method, path, &[("Authorization", &format!("Bearer {token}"))], body.as_bytes()).status
}

#[test]
fn a_token_of_an_issuer_is_its_principals_with_its_rights_and_its_models() {
    let (mut home, issuer) = (Home::new(), Issuer::new());
    let running = with_file(&mut home, &issuer);
    let token = issuer.good();
    let body = |name: &str| {
        json!({"name": name, "filename": format!("{name}.gguf"), "sha256": "a".repeat(64), "size_bytes": 1}).to_string()
    };
    assert_eq!(status(&running, "GET", "/v1/models", &token, ""), 200);
    assert_eq!(status(&running, "POST", "/v1/model/acquire", &token, &body("team-a")), 201);
    assert_eq!(status(&running, "POST", "/v1/model/acquire", &token, &body("other")), 403, "none of its models");
    assert_eq!(status(&running, "POST", "/v1/model/revoke?name=team-a", &token, ""), 403, "not its right");
    let registry = home.registry().join(".refmark");
    let (_, log) = tool(&home, "git", &["-C", registry.to_str().unwrap(), "log", "-1", "--format=%B"]).unwrap();
    assert!(log.contains("on behalf of release-ci"), "{log}");
    // By another key and algorithm of the issuer's, and by a list among the claims; as a password, too.
    let person = issuer.token(
        &json!({"alg": "EdDSA", "kid": "ed"}),
        &claims(&json!({"sub": "u1", "groups": ["x", "ml"], "aud": "refmark"})),
    );
    assert_eq!(status(&running, "GET", "/v1/model?name=team-a", &person, ""), 200);
    assert_eq!(status(&running, "POST", "/v1/model/acquire", &person, &body("team-b")), 403);
    let basic = base64ct::Base64::encode_string(format!("any:{person}").as_bytes());
    assert_eq!(running.ask_with("GET", "/v2/", &[("Authorization", &format!("Basic {basic}"))], b"").status, 200);
}

#[test]
fn what_is_not_signed_for_this_service_now_by_the_issuer_counts_for_nothing() {
    let (mut home, issuer) = (Home::new(), Issuer::new());
    let running = with_file(&mut home, &issuer);
    let ec = json!({"alg": "ES256", "kid": "ec"});
    let wrong: Vec<(&str, String)> = vec![
        ("expired", issuer.token(&ec, &claims(&json!({"exp": now() - 120})))),
        ("without an end", issuer.token(&ec, &claims(&json!({"exp": null})))),
        ("its end is a text", issuer.token(&ec, &claims(&json!({"exp": "9999999999"})))),
        ("not yet", issuer.token(&ec, &claims(&json!({"nbf": now() + 600})))),
        ("its beginning is a text", issuer.token(&ec, &claims(&json!({"nbf": "0"})))),
        ("another audience", issuer.token(&ec, &claims(&json!({"aud": "others"})))),
        ("no audience", issuer.token(&ec, &claims(&json!({"aud": null})))),
        ("another issuer", issuer.token(&ec, &claims(&json!({"iss": "https://other.example"})))),
        ("no subject", issuer.token(&ec, &claims(&json!({"sub": null})))),
        ("nobody's subject", issuer.token(&ec, &claims(&json!({"sub": "repo:evil/models:ref:refs/heads/main"})))),
        ("signed by nobody", issuer.token(&json!({"alg": "none", "kid": "ec"}), &claims(&json!({})))),
        ("the public key as a secret", issuer.token(&json!({"alg": "HS256", "kid": "ec"}), &claims(&json!({})))),
        ("an unknown key", issuer.token(&json!({"alg": "ES256", "kid": "new"}), &claims(&json!({})))),
        ("no key named", issuer.token(&json!({"alg": "ES256"}), &claims(&json!({})))),
        ("a key of another kind", issuer.token(&json!({"alg": "EdDSA", "kid": "ec"}), &claims(&json!({})))),
        (
            "a key that is not for signatures",
            issuer.token(&json!({"alg": "ES256", "kid": "sealed"}), &claims(&json!({}))),
        ),
        (
            "an extension that must be known",
            issuer.token(&json!({"alg": "ES256", "kid": "ec", "crit": ["x"], "x": 1}), &claims(&json!({}))),
        ),
        (
            "a key of its own",
            issuer.token(&json!({"alg": "ES256", "kid": "x", "jku": "http://127.0.0.1:1/"}), &claims(&json!({}))),
        ),
        ("another issuer's key", Issuer::new().good()),
        ("too long", issuer.token(&ec, &claims(&json!({"x": "x".repeat(20_000)})))),
        ("two parts", issuer.good().rsplit_once('.').unwrap().0.to_owned()),
        ("a part more", issuer.good() + ".x"),
        ("nothing", "..".to_owned()),
    ];
    for (what, token) in &wrong {
        assert_eq!(status(&running, "GET", "/v1/models", token, ""), 403, "{what}");
    }
    let mut altered = issuer.good().into_bytes();
    let middle = altered.iter().position(|byte| *byte == b'.').unwrap() + 40;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    assert_eq!(status(&running, "GET", "/v1/models", std::str::from_utf8(&altered).unwrap(), ""), 403);
    assert_eq!(status(&running, "GET", "/v1/models", &issuer.good(), ""), 200);
    let (_, log) = running.stop();
    assert!(log.contains("an OIDC token was refused") && !log.contains(&issuer.good()[..20]), "{log}");
}

#[test]
fn tokens_signed_with_rsa_by_another_program_count() {
    let mut home = Home::new();
    let at = |name: &str| home.folder.path().join(name).to_str().unwrap().to_owned();
    let pem = at("rsa.pem");
    let made = tool(
        &home,
        "openssl",
        &["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", &pem],
    );
    let Some((true, _)) = made else { return };
    let (_, modulus) = tool(&home, "openssl", &["rsa", "-in", &pem, "-noout", "-modulus"]).unwrap();
    let hex = modulus.trim().rsplit('=').next().unwrap().to_owned();
    let n: Vec<u8> = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    std::fs::write(
        at("jwks.json"),
        json!({"keys": [{"kty": "RSA", "kid": "r", "n": b64(&n), "e": "AQAB"}]}).to_string(),
    )
    .unwrap();
    let header = json!({"alg": "RS256", "kid": "r"}).to_string();
    let said = format!("{}.{}", b64(header.as_bytes()), b64(claims(&json!({})).to_string().as_bytes()));
    std::fs::write(at("said"), &said).unwrap();
    assert!(tool(&home, "openssl", &["dgst", "-sha256", "-sign", &pem, "-out", &at("signed"), &at("said")]).unwrap().0);
    let token = format!("{said}.{}", b64(&std::fs::read(at("signed")).unwrap()));
    let rules = rules(&at_of(&home, "jwks.json"));
    let running = started(&mut home, &rules);
    assert_eq!(status(&running, "GET", "/v1/models", &token, ""), 200);
}

fn at_of(home: &Home, name: &str) -> String {
    home.folder.path().join(name).to_str().unwrap().to_owned()
}

/// A server of keys that can be changed.
fn keys_served(keys: &Arc<Mutex<String>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = format!("http://{}/jwks", listener.local_addr().unwrap());
    let keys = Arc::clone(keys);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let body = keys.lock().unwrap().clone();
            let _ =
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        }
    });
    at
}

#[test]
fn keys_at_an_address_are_asked_for_and_a_new_key_counts_soon() {
    let (mut home, old, new) = (Home::new(), Issuer::new(), Issuer::new());
    let served = Arc::new(Mutex::new(old.jwks().to_string()));
    let running = started(&mut home, &rules(&keys_served(&served)));
    let soon = |token: &dyn Fn() -> String| {
        let until = Instant::now() + Duration::from_secs(20);
        while status(&running, "GET", "/v1/models", &token(), "") != 200 {
            assert!(Instant::now() < until, "the key does not count");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    soon(&|| old.good());
    let mut keys = new.jwks();
    keys["keys"][0]["kid"] = json!("new");
    *served.lock().unwrap() = keys.to_string();
    soon(&|| new.token(&json!({"alg": "ES256", "kid": "new"}), &claims(&json!({}))));
    assert_eq!(status(&running, "GET", "/v1/models", &old.good(), ""), 403, "a key that was taken away counts no more");
}

#[test]
fn rules_that_let_in_anybody_or_cannot_be_read_keep_the_service_from_starting() {
    let mut home = Home::new();
    std::fs::write(home.folder.path().join("jwks.json"), Issuer::new().jwks().to_string()).unwrap();
    let good = rules(&at_of(&home, "jwks.json"));
    let with = |path: &str, value: Value| {
        let mut rules = good.clone();
        *rules.pointer_mut(path).unwrap() = value;
        rules
    };
    let bad = [
        json!({"issuers": [{}]}),
        with("/issuers/0/audience", json!("")),
        with("/issuers/0/principals/0/claims", json!({})),
        with("/issuers/0/principals/0/claims", json!({"sub": "*"})),
        with("/issuers/0/principals/0/rights", json!([])),
        with("/issuers/0/principals/0/principal", json!("a b\n")),
        with("/issuers/0/jwks", json!("/no/such/file")),
        with("/issuers", json!([good["issuers"][0], good["issuers"][0]])),
    ];
    let path = home.folder.path().join("oidc.json");
    home.set("OIDC_PATH", path.to_str().unwrap());
    for rules in bad {
        std::fs::write(&path, rules.to_string()).unwrap();
        let (status, log) = home.try_start().err().unwrap();
        assert_eq!(status, Some(1), "{rules}: {log}");
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(home.try_start().err().unwrap().0, Some(1));
    std::fs::write(&path, good.to_string()).unwrap();
    home.start();
}

#[test]
fn somebody_who_left_is_shut_out_by_a_hangup_and_rules_that_cannot_be_read_change_nothing() {
    let (mut home, issuer) = (Home::new(), Issuer::new());
    let running = with_file(&mut home, &issuer);
    let (rules_at, keys_at) = (home.folder.path().join("oidc.json"), home.folder.path().join("jwks.json"));
    let token = issuer.good();
    assert_eq!(status(&running, "GET", "/v1/models", &token, ""), 200);
    let hang_up = || {
        let pid = rustix::process::Pid::from_child(&running.child);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    };
    let good = std::fs::read_to_string(&rules_at).unwrap();
    std::fs::write(&rules_at, "{\"issuers\": 1}").unwrap();
    hang_up();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(status(&running, "GET", "/v1/models", &token, ""), 200, "what cannot be read changes nothing");
    let mut left = rules(keys_at.to_str().unwrap());
    left["issuers"][0]["principals"].as_array_mut().unwrap().remove(0);
    std::fs::write(&rules_at, left.to_string()).unwrap();
    hang_up();
    let becomes = |wanted: u16| {
        let until = Instant::now() + Duration::from_secs(20);
        while status(&running, "GET", "/v1/models", &token, "") != wanted {
            assert!(Instant::now() < until, "{wanted}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    becomes(403);
    std::fs::write(&rules_at, good).unwrap();
    hang_up();
    becomes(200);
    let (_, log) = running.stop();
    assert!(log.contains("the issuers' rules stay as they were"), "{log}");
}
