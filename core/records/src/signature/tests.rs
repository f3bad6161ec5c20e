use serde_json::Value;

use super::*;
use refmark_types::digest::decode_hex;

const DSSE: &str = include_str!("../../../../tests/vectors/signature/dsse.json");
const PUBLIC_KEYS: &str = include_str!("../../../../tests/vectors/signature/public-keys.json");
const SSHSIG: &str = include_str!("../../../../tests/vectors/signature/sshsig.json");

fn vectors(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is missing in {value}"))
}

fn bytes(hex: &str) -> Vec<u8> {
    let mut bytes = vec![0; hex.len() / 2];
    assert!(decode_hex(hex, &mut bytes), "{hex}");
    bytes
}

fn secret(value: &Value) -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&bytes(text(value, "seed")).try_into().unwrap())
}

#[test]
fn each_dsse_vector_comes_to_its_verdict_at_its_place() {
    let vectors = vectors(DSSE);
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 20, "{} cases", cases.len());
    for case in cases {
        let name = text(case, "name");
        let (verdict, place) = judge(case);
        assert_eq!(verdict, text(case, "verdict"), "{name}");
        assert_eq!(place, case["refused_at"].as_str(), "{name}");
    }
}

fn judge(case: &Value) -> (&'static str, Option<&'static str>) {
    let key = match PublicKey::parse(text(case, "key")) {
        Ok(key) => key,
        Err(error) => return (error.code.as_str(), Some("key")),
    };
    let Ok(signature) = serde_json::from_value::<Signature>(case["signature"].clone()) else {
        return (Code::BadSignature.as_str(), Some("signature"));
    };
    match signature.verify(&key, text(case, "payload").as_bytes()) {
        Ok(()) => ("good", None),
        Err(error) => (error.code.as_str(), Some("verify")),
    }
}

#[test]
fn signing_comes_to_the_bytes_that_another_implementation_made() {
    use ed25519_dalek::Signer as _;
    let vectors = vectors(DSSE);
    let secret = secret(&vectors["signer"]);
    let key = PublicKey::from_bytes(secret.verifying_key().as_bytes()).unwrap();
    let payload = text(&vectors, "payload").as_bytes();
    assert_eq!(key.to_string(), text(&vectors["signer"], "key"));
    assert_eq!(key.id().to_string(), text(&vectors["signer"], "keyid"));
    assert_eq!(pae(PAYLOAD_TYPE, payload), bytes(text(&vectors, "pae")));
    assert_eq!(pae(PAYLOAD_TYPE, b""), bytes(text(&vectors, "empty_pae")));
    let sig = secret.sign(&pae(PAYLOAD_TYPE, payload)).to_bytes();
    let signature = Signature { keyid: key.id(), sig };
    assert_eq!(
        serde_json::to_string(&signature).unwrap(),
        format!(r#"{{"keyid":"{}","sig":"{}"}}"#, key.id(), text(&vectors, "sig"))
    );
}

#[test]
fn an_exported_envelope_holds_the_payload_and_what_signs_it() {
    let vectors = vectors(DSSE);
    let good = &vectors["cases"][0];
    let signature: Signature = serde_json::from_value(good["signature"].clone()).unwrap();
    let envelope = to_dsse_envelope(text(good, "payload").as_bytes(), &[signature]);
    assert_eq!(text(&envelope, "payloadType"), "application/vnd.in-toto+json");
    assert_eq!(wire::unbase64(text(&envelope, "payload")).unwrap(), text(good, "payload").as_bytes());
    assert_eq!(envelope["signatures"], serde_json::json!([good["signature"]]));
}

#[test]
fn a_signature_with_an_unknown_field_does_not_read() {
    let mut value = vectors(DSSE)["cases"][0]["signature"].clone();
    value["cert"] = "x".into();
    assert!(serde_json::from_value::<Signature>(value).is_err());
}

#[test]
fn each_public_key_line_reads_or_is_refused_with_its_type_named() {
    let vectors = vectors(PUBLIC_KEYS);
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 20, "{} cases", cases.len());
    for case in cases {
        let name = text(case, "name");
        match PublicKey::parse(text(case, "text")) {
            Ok(key) => {
                assert_eq!("good", text(case, "verdict"), "{name}");
                assert_eq!(key.to_string(), text(case, "key"), "{name}");
                assert_eq!(key.id().to_string(), text(case, "keyid"), "{name}");
                assert_eq!(KeyId::parse(text(case, "keyid")).unwrap(), key.id(), "{name}");
            }
            Err(error) => {
                assert_eq!(error.code.as_str(), text(case, "verdict"), "{name}: {error}");
                assert!(error.message.contains(text(case, "says")), "{name}: {error}");
                assert!(error.hint.is_some(), "{name} has no hint");
            }
        }
    }
}

#[test]
fn a_private_key_in_the_wrong_place_is_not_repeated_in_the_message() {
    let error = PublicKey::parse("-----BEGIN OPENSSH PRIVATE KEY----- c2VjcmV0").unwrap_err();
    assert!(!format!("{error:?}").contains("c2VjcmV0"), "{error:?}");
}

#[test]
fn each_ssh_signature_vector_comes_to_its_verdict() {
    let vectors = vectors(SSHSIG);
    let (namespace, message) = (text(&vectors, "namespace"), text(&vectors, "message").as_bytes());
    for case in vectors["cases"].as_array().unwrap() {
        let name = text(case, "name");
        let verdict = SshSignature::parse(text(case, "armored")).and_then(|signature| {
            signature.verify(namespace, message)?;
            Ok(signature)
        });
        match verdict {
            Ok(signature) => {
                assert_eq!("good", text(case, "verdict"), "{name}");
                assert_eq!(signature.key().to_string(), text(&vectors, "key"), "{name}");
                assert!(signature.verify(namespace, b"another message").is_err(), "{name}");
            }
            Err(error) => {
                assert_eq!(error.code.as_str(), text(case, "verdict"), "{name}: {error}");
                assert!(error.message.contains(text(case, "says")), "{name}: {error}");
            }
        }
    }
}

#[test]
fn our_armor_is_byte_for_byte_openssh_s() {
    use ed25519_dalek::Signer as _;
    let vectors = vectors(SSHSIG);
    let secret = secret(&vectors);
    let key = PublicKey::parse(text(&vectors, "key")).unwrap();
    let sig = secret.sign(&ssh_signed_data("git", text(&vectors, "message").as_bytes())).to_bytes();
    let canonical = &vectors["cases"][0];
    assert_eq!(canonical["canonical"], true);
    assert_eq!(SshSignature::new(key, "git", sig).armor(), text(canonical, "armored"));
}

#[test]
fn cut_anywhere_a_signature_or_key_is_an_error_and_never_a_panic() {
    let vectors = vectors(SSHSIG);
    let armored = text(&vectors["cases"][0], "armored");
    let (_, body) = wire::unarmor(armored).unwrap();
    let blob = wire::unbase64(&body).unwrap();
    for end in 0..blob.len() {
        assert!(SshSignature::parse(&wire::armor("SSH SIGNATURE", &blob[..end])).is_err(), "{end}");
    }
    let line = text(&vectors, "key");
    for end in 0..line.len() {
        assert!(PublicKey::parse(&line[..end]).is_err(), "{end}");
    }
}

fn commit(signature_headers: &str) -> Vec<u8> {
    format!(
        "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\
         {signature_headers}\nsubject\n\ngpgsig in the message is text\n continued\n"
    )
    .into_bytes()
}

#[test]
fn a_commit_is_split_from_its_signature_and_only_from_that() {
    let plain = commit("encoding UTF-8\nmergetag one\n two\n");
    assert_eq!(split_commit(&plain).unwrap(), None);
    let signed = commit("encoding UTF-8\ngpgsig one\n two\n \n three\nmergetag one\n two\n");
    let split = split_commit(&signed).unwrap().unwrap();
    assert_eq!(split.signature, "one\ntwo\n\nthree\n");
    assert_eq!(split.payload, plain);
}

#[test]
fn a_commit_with_two_signature_headers_is_refused() {
    for second in ["gpgsig", "gpgsig-sha256"] {
        let raw = commit(&format!("gpgsig one\nextra x\n{second} two\n"));
        assert_eq!(split_commit(&raw).unwrap_err().code, Code::BadSignature);
    }
}

#[test]
fn an_allowed_signers_line_takes_no_principal_that_means_more_than_itself() {
    let key = PublicKey::parse(text(&vectors(SSHSIG), "key")).unwrap();
    assert_eq!(
        allowed_signers_line("alice@example.org", &key).unwrap(),
        format!("alice@example.org namespaces=\"git\" {key}")
    );
    for wrong in ["", "a b", "*", "a,b", "!a", "a\nb", "#a", "a\"b", "a?", "a\u{a0}b"] {
        assert_eq!(allowed_signers_line(wrong, &key).unwrap_err().code, Code::BadName, "{wrong:?}");
    }
}
