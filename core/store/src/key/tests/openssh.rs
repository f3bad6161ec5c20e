//! Keys, agents and commits of the real OpenSSH, OpenSSL and Git.

use super::tools::{Agent, feed, keygen, run, tool};
use super::*;
use refmark_engine::ports::signer::{Signer, sign_commit};
use refmark_records::signature::{PublicKey, allowed_signers_line, split_commit, verify};
use refmark_types::error::Code;

const PLAIN: &[&str] = &["-t", "ed25519", "-N", ""];

fn public_file(path: &Path) -> PublicKey {
    PublicKey::parse(&std::fs::read_to_string(path.with_extension("pub")).unwrap()).unwrap()
}

#[test]
fn ssh_keygen_reads_the_key_that_we_made() {
    let home = Home::new();
    let made = generate(&home.file("key")).unwrap();
    let shown = run(tool("ssh-keygen", home.path()).args(["-y", "-f", "key"]), b"");
    assert_eq!(shown.trim(), format!("{} refmark", made.public()));
    let print = run(tool("ssh-keygen", home.path()).args(["-l", "-f", "key"]), b"");
    assert!(print.contains(&made.public().id().to_string()), "{print}");
}

#[test]
fn our_signature_is_byte_for_byte_ssh_keygen_s_and_it_accepts_ours() {
    let home = Home::new();
    keygen(home.path(), &home.file("key"), PLAIN);
    let signer = find(&home.naming(home.file("key"))).unwrap();
    assert_eq!(signer.public(), public_file(&home.file("key")));
    let ours = sign_commit(&*signer, b"message").unwrap();
    std::fs::write(home.file("message"), "message").unwrap();
    run(tool("ssh-keygen", home.path()).args(["-q", "-Y", "sign", "-n", "git", "-f", "key", "message"]), b"");
    assert_eq!(std::fs::read_to_string(home.file("message.sig")).unwrap(), ours);

    std::fs::write(home.file("ours"), &ours).unwrap();
    std::fs::write(home.file("allowed"), allowed_signers_line("alice@example.org", &signer.public()).unwrap()).unwrap();
    let verify = |namespace: &str, message: &[u8]| {
        let mut command = tool("ssh-keygen", home.path());
        command.args(["-Y", "verify", "-f", "allowed", "-I", "alice@example.org", "-n", namespace, "-s", "ours"]);
        feed(&mut command, message).status.success()
    };
    assert!(verify("git", b"message"));
    assert!(!verify("git", b"massage"));
    assert!(!verify("file", b"message"));
}

#[test]
fn an_encrypted_key_opens_with_its_passphrase_and_only_where_it_was_named() {
    let home = Home::new();
    let path = home.file(".ssh/id_ed25519");
    keygen(home.path(), &path, &["-t", "ed25519", "-N", "a passphrase", "-a", "1"]);
    let asked = std::cell::Cell::new(0);
    let answer = |text: &'static str| {
        let asked = &asked;
        move |_: &Path| {
            asked.set(asked.get() + 1);
            Some(text.to_owned())
        }
    };
    let right = answer("a passphrase");
    let signer = find(&KeySearch { passphrase: Some(&right), ..home.naming(&path) }).unwrap();
    assert_eq!(signer.public(), public_file(&path));
    assert_eq!(asked.replace(0), 1);

    let wrong = answer("another");
    let refused = error(&KeySearch { passphrase: Some(&wrong), ..home.naming(&path) });
    assert_eq!((refused.code, asked.replace(0)), (Code::BadKey, 3));

    let nobody = |_: &Path| None;
    for search in [home.naming(&path), KeySearch { passphrase: Some(&nobody), ..home.naming(&path) }] {
        let refused = error(&search);
        assert_eq!(refused.code, Code::BadKey);
        assert!(refused.hint.unwrap().to_string().contains("ssh-add"));
    }
    let unnamed = error(&KeySearch { passphrase: Some(&right), ..home.search() });
    assert_eq!((unnamed.code, asked.replace(0)), (Code::NoKey, 0));
    assert!(unnamed.hint.unwrap().to_string().contains("is encrypted"));
    let in_ci = error(&KeySearch { variable: Some(path.into()), passphrase: Some(&right), ..home.search() });
    assert_eq!((in_ci.code, asked.get()), (Code::BadKey, 0));
}

#[test]
fn every_cipher_that_ssh_keygen_offers_opens() {
    let home = Home::new();
    for cipher in ["aes256-ctr", "aes256-cbc", "aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com"] {
        let path = home.file(cipher);
        keygen(home.path(), &path, &["-t", "ed25519", "-N", "pass", "-a", "1", "-Z", cipher]);
        let prompt = |_: &Path| Some("pass".to_owned());
        let signer = find(&KeySearch { passphrase: Some(&prompt), ..home.naming(&path) })
            .unwrap_or_else(|error| panic!("{cipher}: {error}"));
        verify(&signer.public(), b"m", &signer.sign(b"m").unwrap()).unwrap();
    }
}

#[test]
fn other_key_types_are_named_wherever_they_come_from() {
    let home = Home::new();
    let cases: [(&str, &[&str], &str); 4] = [
        ("rsa", &["-t", "rsa", "-b", "2048", "-N", ""], "an RSA key"),
        ("ecdsa", &["-t", "ecdsa", "-N", ""], "an ECDSA key"),
        ("ecdsa-locked", &["-t", "ecdsa", "-N", "pass", "-a", "1"], "an ECDSA key"),
        ("pem", &["-t", "ecdsa", "-m", "PEM", "-N", ""], "an ECDSA key"),
    ];
    for (name, arguments, says) in cases {
        keygen(home.path(), &home.file(name), arguments);
        let text = std::fs::read_to_string(home.file(name)).unwrap();
        for search in [home.naming(home.file(name)), KeySearch { variable: Some(text.clone().into()), ..home.search() }]
        {
            let error = error(&search);
            assert_eq!(error.code, Code::BadKey, "{name}: {error}");
            assert!(error.message.contains(says), "{name}: {error}");
        }
        assert!(!error(&home.naming(text)).message.contains("AAAA"), "{name}");
    }
}

#[test]
fn a_pkcs8_key_of_openssl_s_is_read_and_other_pkcs8_keys_are_named() {
    let home = Home::new();
    let genpkey = |arguments: &[&str]| run(tool("openssl", home.path()).arg("genpkey").args(arguments), b"");
    let pem = genpkey(&["-algorithm", "ed25519"]);
    let der = feed(tool("openssl", home.path()).args(["pkey", "-pubout", "-outform", "DER"]), pem.as_bytes()).stdout;
    let expected = PublicKey::from_bytes(der[der.len() - 32..].try_into().unwrap()).unwrap();
    std::fs::write(home.file("key.pem"), &pem).unwrap();
    set_mode(&home.file("key.pem"), 0o600);
    for search in [
        KeySearch { variable: Some(pem.clone().into()), ..home.search() },
        KeySearch { variable: Some(home.file("key.pem").into()), ..home.search() },
        home.naming(pem.replace('\n', "\\n")),
    ] {
        assert_eq!(find(&search).unwrap().public(), expected);
    }
    for (arguments, says) in [
        (&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"][..], "an RSA key"),
        (&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "an ECDSA key"),
        (&["-algorithm", "X25519"], "cannot sign"),
        (&["-algorithm", "ed448"], "an Ed448 key"),
        (&["-algorithm", "ed25519", "-aes256", "-pass", "pass:x"], "an encrypted PKCS#8 key"),
    ] {
        let text = genpkey(arguments);
        let begin = text.find("-----BEGIN").unwrap();
        let end = text.rfind("-----").unwrap() + 5;
        let error = error(&home.naming(&text[begin..end]));
        assert_eq!(error.code, Code::BadKey, "{arguments:?}: {error}");
        assert!(error.message.contains(says), "{arguments:?}: {error}");
    }
}

#[test]
fn an_agent_signs_with_its_ed25519_key_and_its_other_keys_are_named() {
    let home = Home::new();
    let agent = Agent::start(home.path());
    let asks_agent = || KeySearch { agent: Some(agent.socket.clone()), ..home.search() };
    assert_eq!(error(&asks_agent()).code, Code::NoKey);
    keygen(home.path(), &home.file("rsa"), &["-t", "rsa", "-b", "2048", "-N", ""]);
    agent.add(home.path(), &home.file("rsa"));
    let none = error(&asks_agent());
    assert!(none.hint.unwrap().to_string().contains("`made by ssh-keygen` was passed over: it is an RSA key"));

    for name in ["one", "two"] {
        keygen(home.path(), &home.file(name), PLAIN);
        agent.add(home.path(), &home.file(name));
    }
    let (one, two) = (public_file(&home.file("one")), public_file(&home.file("two")));
    let found = look(&asks_agent()).unwrap();
    assert_eq!(found.signer.public(), one);
    assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
    assert!(found.signer.describe().contains("made by ssh-keygen"));
    for message in [&b""[..], b"message", &[7; 100_000]] {
        verify(&one, message, &found.signer.sign(message).unwrap()).unwrap();
    }
    let members = [two];
    let signer = find(&KeySearch { only: Some(&members), ..asks_agent() }).unwrap();
    assert_eq!(signer.public(), two);

    run(tool("ssh-add", home.path()).env("SSH_AUTH_SOCK", &agent.socket).args(["-q", "-d", "two"]), b"");
    assert_eq!(signer.sign(b"message").unwrap_err().code, Code::NoKey);
    drop(agent);
    assert_eq!(found.signer.sign(b"message").unwrap_err().code, Code::NoKey);
}

#[test]
fn a_public_key_that_was_named_finds_its_private_half_in_the_agent_or_beside_it() {
    let home = Home::new();
    let agent = Agent::start(home.path());
    for name in ["one", "two"] {
        keygen(home.path(), &home.file(name), PLAIN);
    }
    agent.add(home.path(), &home.file("two"));
    let two = public_file(&home.file("two"));
    let naming = |key: std::ffi::OsString| KeySearch { agent: Some(agent.socket.clone()), ..home.naming(key) };
    for key in [home.file("two.pub").into(), two.to_string().into(), two.id().to_string().into()] {
        let signer = find(&naming(key)).unwrap();
        assert_eq!(signer.public(), two);
        assert!(signer.describe().contains("ssh-agent"), "{}", signer.describe());
    }
    let beside = find(&naming(home.file("one.pub").into())).unwrap();
    assert_eq!(beside.public(), public_file(&home.file("one")));
    assert_eq!(error(&naming(public_file(&home.file("one")).to_string().into())).code, Code::NoKey);
    std::fs::copy(home.file("two"), home.file("one")).unwrap();
    assert_eq!(error(&naming(home.file("one.pub").into())).code, Code::BadKey);
}

/// A repository with one commit that carries our signature, made of raw bytes; the commit's id.
fn signed_commit(home: &Home, format: &str, signer: &dyn Signer) -> String {
    let git = || tool("git", home.path());
    run(git().args(["init", "-q", "--bare", "--object-format", format, "."]), b"");
    let tree = run(git().args(["hash-object", "-t", "tree", "-w", "--stdin"]), b"");
    let head = format!(
        "tree {}\nauthor Alice <alice@example.org> 1795000000 +0000\n\
         committer Alice <alice@example.org> 1795000000 +0000\n",
        tree.trim()
    );
    let message = "\npromote sentiment@champion: 3 → 4\n\nBody.\n";
    let payload = format!("{head}{message}");
    let armored = sign_commit(signer, payload.as_bytes()).unwrap();
    let header = match format {
        "sha256" => "gpgsig-sha256",
        _ => "gpgsig",
    };
    let raw = format!("{head}{header} {}\n{message}", armored.trim_end().replace('\n', "\n "));
    let split = split_commit(raw.as_bytes()).unwrap().unwrap();
    assert_eq!((split.payload.as_slice(), &split.signature), (payload.as_bytes(), &armored));
    assert_eq!(*split.verify().unwrap().key(), signer.public());
    let line = allowed_signers_line("alice@example.org", &signer.public()).unwrap();
    std::fs::write(home.file("allowed"), line).unwrap();
    run(git().args(["hash-object", "-t", "commit", "-w", "--stdin"]), raw.as_bytes()).trim().to_owned()
}

#[test]
fn git_finds_our_commits_good_from_a_file_and_from_an_agent() {
    for (format, from_agent) in [("sha1", false), ("sha1", true), ("sha256", false)] {
        let home = Home::new();
        let agent = Agent::start(home.path());
        keygen(home.path(), &home.file("key"), PLAIN);
        agent.add(home.path(), &home.file("key"));
        let search = match from_agent {
            true => KeySearch { agent: Some(agent.socket.clone()), ..home.search() },
            false => home.naming(home.file("key")),
        };
        let signer = find(&search).unwrap();
        let commit = signed_commit(&home, format, &*signer);
        let git = |arguments: &[&str]| {
            let mut command = tool("git", home.path());
            command.arg("-c").arg(format!("gpg.ssh.allowedSignersFile={}", home.file("allowed").display()));
            run(command.args(arguments).arg(&commit), b"")
        };
        let good = format!("Good \"git\" signature for alice@example.org with ED25519 key {}", signer.public().id());
        for arguments in [&["verify-commit"][..], &["log", "--show-signature", "-1"]] {
            let shown = git(arguments);
            assert!(shown.contains(&good), "{format} {arguments:?}: {shown}");
        }
    }
}

#[test]
fn a_commit_that_git_signed_verifies_here_until_a_byte_changes() {
    let home = Home::new();
    keygen(home.path(), &home.file("key"), PLAIN);
    let git = || {
        let mut command = tool("git", home.path());
        command.args(["-c", "gpg.format=ssh", "-c", "user.signingkey=key.pub", "-c", "user.name=A"]);
        command.args(["-c", "user.email=a@b"]);
        command
    };
    run(git().args(["init", "-q", "."]), b"");
    run(git().args(["commit", "-q", "-S", "--allow-empty", "-m", "subject\n\nbody"]), b"");
    let raw = run(git().args(["cat-file", "commit", "HEAD"]), b"").into_bytes();
    let split = split_commit(&raw).unwrap().unwrap();
    assert_eq!(*split.verify().unwrap().key(), public_file(&home.file("key")));
    for at in 0..split.payload.len() {
        let mut changed = split.clone();
        changed.payload[at] ^= 1;
        assert_eq!(changed.verify().unwrap_err().code, Code::BadSignature, "byte {at}");
    }
}
