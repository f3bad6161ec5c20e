//! Which key is found, and what is said of the others. No program but this one takes part.

use super::*;
use refmark_engine::ports::signer::Signer;
use refmark_records::signature::{PublicKey, verify};
use refmark_types::error::Code;

fn public(path: &Path) -> PublicKey {
    generate(path).unwrap().public()
}

#[test]
fn a_key_that_was_made_is_found_again_and_signs() {
    let home = Home::new();
    let made = generate(&own_key_path(&home.config())).unwrap();
    let found = look(&home.search()).unwrap();
    assert_eq!(found.signer.public(), made.public());
    assert_eq!(found.notes, Vec::<String>::new());
    for signer in [&made, &found.signer] {
        verify(&made.public(), b"message", &signer.sign(b"message").unwrap()).unwrap();
    }
    assert!(found.signer.describe().contains("refmark/key"), "{}", found.signer.describe());
}

#[test]
fn a_new_key_is_for_its_owner_alone_and_leaves_nothing_beside_it() {
    let home = Home::new();
    let path = own_key_path(&home.config());
    generate(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    let names: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["key"]);
}

#[test]
fn a_key_is_never_written_over_not_even_a_broken_link() {
    let home = Home::new();
    let path = home.file("key");
    let first = public(&path);
    assert_eq!(generate(&path).err().unwrap().code, Code::Exists);
    assert_eq!(find(&home.naming(&path)).unwrap().public(), first);
    let link = home.file("link");
    std::os::unix::fs::symlink(home.file("nowhere"), &link).unwrap();
    assert_eq!(generate(&link).err().unwrap().code, Code::Exists);
    assert!(!home.file("nowhere").exists());
}

#[test]
fn of_many_that_make_the_same_key_file_at_once_one_wins_and_the_rest_hear_of_it() {
    let home = Home::new();
    let path = home.file("deep/er/key");
    let made: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| generate(&path).map(|signer| signer.public()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let winners: Vec<_> = made.iter().filter_map(|result| result.as_ref().ok()).collect();
    assert_eq!(winners.len(), 1);
    assert!(made.iter().all(|result| result.as_ref().err().is_none_or(|error| error.code == Code::Exists)));
    assert_eq!(find(&home.naming(&path)).unwrap().public(), *winners[0]);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_key_that_cannot_be_written_is_an_error_with_its_path() {
    let home = Home::new();
    std::fs::write(home.file("file"), "").unwrap();
    let error = generate(&home.file("file/key")).err().unwrap();
    assert_eq!(error.code, Code::Io);
    assert!(error.message.contains("file/key"), "{error}");
}

#[test]
fn the_order_is_named_then_variable_then_home_then_own() {
    let home = Home::new();
    let own = public(&own_key_path(&home.config()));
    assert_eq!(find(&home.search()).unwrap().public(), own);
    let at_home = public(&home.file(".ssh/id_ed25519"));
    assert_eq!(find(&home.search()).unwrap().public(), at_home);
    let variable = public(&home.file("variable"));
    let mut search = KeySearch { variable: Some("~/variable".into()), ..home.search() };
    assert_eq!(find(&search).unwrap().public(), variable);
    let named = public(&home.file("named"));
    search.explicit = Some(home.file("named").into());
    assert_eq!(find(&search).unwrap().public(), named);
}

#[test]
fn where_several_keys_are_found_a_member_s_wins_and_else_the_first() {
    let home = Home::new();
    let (at_home, own) = (public(&home.file(".ssh/id_ed25519")), public(&own_key_path(&home.config())));
    let stranger = public(&home.file("stranger"));
    let members = [stranger, own];
    let found = look(&KeySearch { only: Some(&members), ..home.search() }).unwrap();
    assert_eq!(found.signer.public(), own);
    assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
    assert!(found.notes[0].contains("id_ed25519"), "{:?}", found.notes);
    let found = look(&KeySearch { only: Some(&[stranger]), ..home.search() }).unwrap();
    assert_eq!(found.signer.public(), at_home);
    assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
}

#[test]
fn a_named_key_is_used_or_is_an_error_and_never_another_in_its_place() {
    let home = Home::new();
    public(&own_key_path(&home.config()));
    std::fs::write(home.file("junk"), "junk").unwrap();
    std::fs::write(home.file("binary"), b"\xff\xfe").unwrap();
    std::fs::write(home.file("large"), vec![b'x'; 70_000]).unwrap();
    for (name, code) in [
        ("missing", Code::NoKey),
        ("junk", Code::BadKey),
        ("binary", Code::BadKey),
        ("large", Code::BadKey),
        (".ssh", Code::NoKey),
    ] {
        let error = error(&home.naming(home.file(name)));
        assert_eq!(error.code, code, "{name}: {error}");
        assert!(error.message.contains(name), "{name}: {error}");
        assert!(error.hint.is_some(), "{name} has no hint");
    }
}

#[test]
fn without_any_key_the_error_says_what_was_passed_over_and_what_to_do() {
    let home = Home::new();
    std::fs::write(home.file(".ssh/id_rsa"), "").unwrap();
    let search = KeySearch { variable: Some("".into()), agent: Some(home.file("no-agent")), ..home.search() };
    let error = error(&search);
    assert_eq!(error.code, Code::NoKey);
    let hint = error.hint.unwrap();
    for part in ["REFMARK_KEY is set and empty", "no-agent does not answer", "id_rsa", "ssh-keygen -t ed25519"] {
        assert!(hint.to_string().contains(part), "{part} is missing: {hint}");
    }
    assert_eq!(error.fields["passed_over"].as_array().unwrap().len(), 3);
}

#[test]
fn refmark_s_own_key_is_not_used_once_others_can_read_it() {
    let home = Home::new();
    let path = own_key_path(&home.config());
    let own = public(&path);
    for open in [0o640, 0o604, 0o620] {
        set_mode(&path, open);
        let error = error(&home.search());
        assert_eq!(error.code, Code::NoKey);
        assert!(error.hint.unwrap().to_string().contains("chmod 600"));
    }
    set_mode(&path, 0o400);
    assert_eq!(find(&home.search()).unwrap().public(), own);
}

#[test]
fn another_key_that_others_can_read_is_used_with_a_warning() {
    let home = Home::new();
    let path = home.file(".ssh/id_ed25519");
    let key = public(&path);
    set_mode(&path, 0o644);
    for search in [home.search(), home.naming(&path)] {
        let found = look(&search).unwrap();
        assert_eq!(found.signer.public(), key);
        assert!(found.notes.iter().any(|note| note.contains("chmod 600")), "{:?}", found.notes);
        assert!(found.signer.describe().contains("others can read"), "{}", found.signer.describe());
    }
}

fn in_base64(text: &str) -> String {
    refmark_records::signature::wire::base64(text.as_bytes())
}

#[test]
fn a_key_in_base64_is_no_path_and_its_text_is_in_no_error() {
    let home = Home::new();
    for text in ["-----BEGIN OPENSSH PRIVATE KEY-----\nnothing\n".repeat(9), "no key at all, only long ".repeat(400)] {
        let secret = in_base64(&text);
        let search = KeySearch { variable: Some(secret.clone().into()), ..home.search() };
        let error = find(&search).err().unwrap();
        assert!(
            !error.message.contains(&secret[..40]) && !error.message.contains("name too long"),
            "{}",
            error.message
        );
    }
}

#[test]
fn a_key_s_text_reads_from_the_variable_however_ci_mangled_it() {
    let home = Home::new();
    let key = public(&home.file("key"));
    let text = std::fs::read_to_string(home.file("key")).unwrap();
    for (how, mangled) in [
        ("as it is", text.clone()),
        ("without the last newline", text.trim().to_owned()),
        ("with CRLF", text.replace('\n', "\r\n")),
        ("with \\n", text.replace('\n', "\\n")),
        ("with \\r\\n", text.replace('\n', "\\r\\n")),
        ("on one line", text.replace('\n', " ")),
        ("indented", text.replace('\n', "\n    ")),
        ("in base64", in_base64(&text)),
        ("in base64, wrapped", in_base64(&text).replacen('=', "\n=", 1)),
    ] {
        let search = KeySearch { variable: Some(mangled.into()), ..home.search() };
        let signer = find(&search).unwrap_or_else(|error| panic!("{how}: {error}"));
        assert_eq!(signer.public(), key, "{how}");
        assert_eq!(signer.describe(), "REFMARK_KEY");
    }
}

#[test]
fn no_part_of_a_secret_that_does_not_read_stands_in_an_error() {
    let home = Home::new();
    public(&home.file("key"));
    let text = std::fs::read_to_string(home.file("key")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let body = lines[1..lines.len() - 1].join("\n");
    for secret in [
        body.clone(),
        body.replace('\n', ""),
        lines[1].to_owned(),
        text.replace("-----END", "-----ENDE"),
        text.replace("OPENSSH", "OTHER"),
        lines[..lines.len() - 1].join("\n"),
    ] {
        let error = error(&KeySearch { variable: Some(secret.clone().into()), ..home.search() });
        let shown = format!("{error:?}");
        assert!(matches!(error.code, Code::BadKey | Code::NoKey), "{shown}");
        assert!(!shown.contains(&lines[2][..20]) && !shown.contains(&lines[1][..20]), "{shown}");
    }
    let signer = find(&home.naming(home.file("key"))).unwrap();
    assert!(!signer.describe().contains(lines[1]));
}

#[test]
fn a_key_file_damaged_in_any_byte_reads_as_the_same_key_or_not_at_all() {
    let home = Home::new();
    let key = public(&home.file("key"));
    let text = std::fs::read_to_string(home.file("key")).unwrap();
    let (label, body) = refmark_records::signature::wire::unarmor(&text).unwrap();
    let bytes = refmark_records::signature::wire::unbase64(&body).unwrap();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x20;
        let armored = refmark_records::signature::wire::armor(label, &damaged);
        if let Ok(signer) = find(&home.naming(armored)) {
            assert_eq!(signer.public(), key, "byte {at}");
            verify(&key, b"m", &signer.sign(b"m").unwrap()).unwrap();
        }
    }
    for end in 0..bytes.len() {
        let cut = refmark_records::signature::wire::armor(label, &bytes[..end]);
        assert_eq!(error(&home.naming(cut)).code, Code::BadKey, "cut at {end}");
    }
}

#[test]
fn a_held_key_shows_its_public_half_only() {
    let key = HeldKey::from_seed(&[7; 32], "a test").unwrap();
    assert_eq!(format!("{key:?}"), format!("HeldKey({}, a test)", key.public().id()));
}

#[test]
fn a_forge_s_page_of_keys_gives_its_ed25519_keys_once_and_names_the_rest() {
    let home = Home::new();
    let (one, two) = (public(&home.file("one")), public(&home.file("two")));
    let page = format!("# alice\n\n{one}\nssh-rsa AAAAB3NzaC1yc2E=\r\n{two} laptop\n{one} again\nssh-ed25519 AAAA\n");
    let (keys, passed_over) = read_public_keys(&page);
    assert_eq!(keys, [one, two]);
    assert_eq!(passed_over.len(), 2, "{passed_over:?}");
    assert!(passed_over[0].contains("line 4") && passed_over[0].contains("an RSA key"), "{passed_over:?}");
    assert!(passed_over[1].contains("line 7"), "{passed_over:?}");
}

#[test]
fn the_environment_gives_the_variable_the_agent_and_the_folders_and_nothing_else() {
    let home = Some(PathBuf::from("/home/alice"));
    let from = |values: &'static [(&str, &str)], home| {
        KeySearch::from_values(|name| values.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()), home)
    };
    let bare = from(&[("SSH_AUTH_SOCK", ""), ("XDG_CONFIG_HOME", "relative"), ("REFMARK_KEY", "")], home.clone());
    assert_eq!((bare.agent, bare.variable), (None, Some("".into())));
    assert_eq!(bare.config, Some("/home/alice/.config".into()));
    assert!(bare.explicit.is_none() && bare.passphrase.is_none() && bare.only.is_none());
    let full = from(&[("SSH_AUTH_SOCK", "/run/agent"), ("XDG_CONFIG_HOME", "/etc/alice"), ("REFMARK_KEY", "k")], home);
    assert_eq!((full.agent, full.variable), (Some("/run/agent".into()), Some("k".into())));
    assert_eq!(full.config, Some("/etc/alice".into()));
    let homeless = from(&[], None);
    assert!(homeless.home.is_none() && homeless.config.is_none() && homeless.variable.is_none());
}
