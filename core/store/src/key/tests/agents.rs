//! Agents that misbehave: small servers on a real socket.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;

use super::*;
use refmark_engine::ports::signer::Signer;
use refmark_records::signature::wire::put_string;
use refmark_types::error::Code;

/// Answers each connection with the next of these bytes, as they are, and then closes the socket.
fn serve(home: &Home, answers: Vec<Vec<u8>>) -> KeySearch<'static> {
    let socket = home.file("agent");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut length = [0; 4];
            stream.read_exact(&mut length).unwrap();
            let mut request = vec![0; u32::from_be_bytes(length) as usize];
            stream.read_exact(&mut request).unwrap();
            let _ = stream.write_all(&answer);
        }
    });
    KeySearch { agent: Some(socket), ..home.search() }
}

fn framed(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_string(&mut bytes, body);
    bytes
}

fn listing(key: &HeldKey) -> Vec<u8> {
    let mut body = vec![12, 0, 0, 0, 1];
    put_string(&mut body, &key.public().blob());
    put_string(&mut body, b"a \x1b[31mcomment");
    framed(&body)
}

fn signed(sig: &[u8]) -> Vec<u8> {
    let (mut body, mut signature) = (vec![14], Vec::new());
    put_string(&mut signature, b"ssh-ed25519");
    put_string(&mut signature, sig);
    put_string(&mut body, &signature);
    framed(&body)
}

#[test]
fn an_agent_that_answers_nonsense_is_passed_over_with_a_sentence() {
    let key = HeldKey::from_seed(&[1; 32], "").unwrap();
    let whole = listing(&key);
    let mut many = vec![12, 0xff, 0xff, 0xff, 0xff];
    put_string(&mut many, &key.public().blob());
    let answers = [
        vec![],
        vec![0xff; 4],
        framed(b""),
        framed(&[5]),
        framed(&[12]),
        framed(&many),
        whole[..whole.len() - 1].to_vec(),
        framed(&[12, 0, 0, 0, 1, 0, 0, 0, 200]),
    ];
    for answer in answers {
        let home = Home::new();
        let error = error(&serve(&home, vec![answer.clone()]));
        assert_eq!(error.code, Code::NoKey, "{answer:?}");
        assert!(error.hint_text().unwrap().contains("the ssh-agent at"), "{answer:?}: {error:?}");
    }
}

#[test]
fn an_agent_that_announces_four_gibibytes_is_not_waited_for() {
    let home = Home::new();
    let error = error(&serve(&home, vec![vec![0xff; 4]]));
    assert!(error.hint_text().unwrap().contains("4294967295 bytes is too long"), "{error:?}");
}

#[test]
fn an_agent_s_signature_is_checked_before_it_is_used() {
    let (home, key) = (Home::new(), HeldKey::from_seed(&[1; 32], "").unwrap());
    let other = HeldKey::from_seed(&[2; 32], "").unwrap();
    let answers = vec![
        listing(&key),
        signed(&key.sign(b"message").unwrap()),
        signed(&other.sign(b"message").unwrap()),
        signed(&key.sign(b"another message").unwrap()),
        signed(&[0; 63]),
        framed(&[5]),
        vec![],
    ];
    let signer = find(&serve(&home, answers)).unwrap();
    assert_eq!(signer.sign(b"message").unwrap(), key.sign(b"message").unwrap());
    for _ in 0..5 {
        assert_eq!(signer.sign(b"message").unwrap_err().code, Code::NoKey);
    }
    assert!(!signer.describe().contains('\x1b'), "{}", signer.describe());
}
