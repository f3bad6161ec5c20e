//! Forged, replayed and malformed records.

use refmark_core::engine::testing::registry::{Edit, Signed, Team, principal, public, signature};
use refmark_core::records::layout::Place;
use refmark_core::records::registry_id::RegistryId;
use refmark_core::records::statement::{Predicate, Record};
use refmark_core::types::name::AliasName;

use super::{Attack, Studio, nothing};

/// One file on top of the head, and what comes of it.
fn lands(attack: Attack, edit: Edit, verdict: &str, code: &str) {
    let path = edit.path().to_owned();
    let head = attack.scene.land(attack.head, [edit]);
    attack.resolves("m@canary", None).ends(head, verdict, Some(code), Some(&path));
}

fn canary(attack: &Attack) -> Signed {
    attack.scene.alias(attack.head, "ada", "canary", None, Some(&attack.one))
}

fn move_of(predicate: &mut Predicate) -> &mut refmark_core::records::alias::AliasMove {
    match predicate {
        Predicate::Alias(it) => it,
        _ => panic!("it is a move"),
    }
}

pub fn write(studio: &Studio) {
    signatures(studio);
    replays(studio);
    chains(studio);
    bytes(studio);
}

fn signatures(studio: &Studio) {
    let forged = |name, story, edit: &dyn Fn(&Signed) -> Record| {
        let attack = studio.attack(name, story);
        let go = canary(&attack);
        let record = edit(&go);
        lands(attack, Edit::Put(go.path, record.print().unwrap().into_bytes()), "failed", "bad-signature");
    };
    let with = |go: &Signed, signatures| Record::new(go.record.statement.clone(), signatures).unwrap();
    forged("unsigned-move", "A move in ada's name that nobody signed.", &|go| with(go, Vec::new()));
    forged("forged-move", "A stranger signs a move in ada's name with a key of his own.", &|go| {
        with(go, vec![signature("eve", go.record.canonical())])
    });
    forged("lying-key-id", "A stranger's signature under the fingerprint of ada's key.", &|go| {
        let mut lie = signature("eve", go.record.canonical());
        lie.keyid = public("ada").id();
        with(go, vec![lie])
    });
    forged("signature-of-another-statement", "Ada's good signature, taken from another statement of hers.", &|go| {
        with(go, vec![signature("ada", b"another statement")])
    });
    forged("one-signature-twice", "The same good signature, listed twice.", &|go| {
        with(go, vec![go.record.signatures[0].clone(), go.record.signatures[0].clone()])
    });
    forged("two-authors", "A move with two good signatures, of which only one is its author's.", &|go| {
        with(go, vec![go.record.signatures[0].clone(), signature("bob", go.record.canonical())])
    });
    forged(
        "malleable-signature",
        "Ada's signature with the group order added to S: the same to a lax verifier.",
        &|go| {
            let mut twin = go.record.signatures[0].clone();
            let order: [u8; 32] = [
                0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
            ];
            let mut carry = 0u16;
            for (at, add) in order.iter().enumerate() {
                let sum = u16::from(twin.sig[32 + at]) + u16::from(*add) + carry;
                twin.sig[32 + at] = sum as u8;
                carry = sum >> 8;
            }
            with(go, vec![twin])
        },
    );
    let attack =
        studio.attack("altered-after-signing", "The reason of a signed move is edited, and the signature kept.");
    let go = canary(&attack);
    lands(attack, go.edited("a story", "a better story"), "failed", "bad-signature");
    let attack =
        studio.attack("stranger-registers", "Somebody who is no member registers a version with a key of his own.");
    let three = attack.scene.version(attack.head, "eve", "m", Some(&attack.two), "eve's weights");
    let head = attack.scene.land(attack.head, three.edits());
    attack.ends(head, "failed", Some("refused"), Some(&three.version.path));
    let attack = studio.attack("wrong-role-registers", "On-call may roll back, and registers a version.");
    let three = attack.scene.version(attack.head, "oona", "m", Some(&attack.two), "oona's weights");
    let head = attack.scene.land(attack.head, three.edits());
    attack.ends(head, "failed", Some("refused"), Some(&three.version.path));
    let attack =
        studio.attack("wrong-role-promotes", "On-call moves an alias to what never held it, with nobody's approval.");
    let go = attack.scene.alias(attack.head, "oona", "canary", None, Some(&attack.one));
    lands(attack, go.edit(), "pending", "pending");
    let attack = studio.attack("alias-without-a-rule", "A lead moves an alias of which the policy says nothing.");
    let go = attack.scene.alias(attack.head, "ada", "live", None, Some(&attack.one));
    lands(attack, go.edit(), "failed", "refused");
    let attack = studio.attack("self-approval", "The author of a move approves it too.");
    let go = attack.scene.alias(attack.head, "ada", "champion", None, Some(&attack.one));
    let yes = attack.scene.approve(attack.head, "ada", &go);
    let head = attack.scene.land(attack.head, [go.edit(), yes.edit()]);
    attack.resolves("m@champion", None).ends(head, "pending", Some("pending"), Some(&go.path));
    for (name, by, story) in [
        ("approval-by-an-agent", "bot", "A program with the right role approves a move."),
        ("approval-by-a-stranger", "eve", "Somebody who is no member approves a move."),
        ("approval-without-the-right", "dan2", "A member approves who has no right to."),
    ] {
        let mut team = Team::default();
        team.add("dan2", "person", &["engineer"]);
        let attack = studio.attack_on(&team, name, story);
        let go = attack.scene.alias(attack.head, "dan", "champion", None, Some(&attack.one));
        let yes = attack.scene.approve(attack.head, by, &go);
        let moved = attack.scene.land(attack.head, [go.edit()]);
        let head = attack.scene.land(moved, [yes.edit()]);
        attack.resolves("m@champion", None).ends(head, "failed", Some("refused"), Some(&yes.path));
    }
    let mut team = Team { approvals: 2, ..Team::default() };
    team.members[1].3.push("bob#2".to_owned());
    let attack =
        studio.attack_on(&team, "two-keys-of-one-person", "Two are to approve, and bob does it with both his keys.");
    let go = attack.scene.alias(attack.head, "dan", "champion", None, Some(&attack.one));
    let first = attack.scene.approve(attack.head, "bob", &go);
    let second = attack.scene.approve(attack.head, "bob#2", &go);
    let other = Place::Approval(go.digest(), principal("bob2")).path();
    let head = attack.scene.land(attack.head, [go.edit(), first.edit()]);
    let head = attack.scene.land(head, [Edit::Put(other.clone(), second.bytes())]);
    attack.resolves("m@champion", None).ends(head, "failed", Some("wrong-path"), Some(&other));
}

fn replays(studio: &Studio) {
    let replayed = |name, story, to: &dyn Fn(&Attack) -> Place, code| {
        let attack = studio.attack(name, story);
        let go = canary(&attack);
        let path = to(&attack).path();
        lands(attack, Edit::Put(path, go.bytes()), "failed", code);
    };
    let alias = |text: &str| AliasName::parse(text).unwrap();
    let model = |text: &str| refmark_core::types::name::ModelName::parse(text).unwrap();
    replayed(
        "replay-as-the-next-move",
        "A signed move is put at the path of the next one.",
        &|_| Place::Alias(model("m"), alias("canary"), 2),
        "wrong-path",
    );
    replayed(
        "replay-for-another-alias",
        "A signed move of canary is put where a move of champion would lie.",
        &|_| Place::Alias(model("m"), alias("champion"), 1),
        "wrong-path",
    );
    replayed(
        "replay-for-another-model",
        "A signed move is put under another model.",
        &|_| Place::Alias(model("n"), alias("canary"), 1),
        "wrong-path",
    );
    let attack = studio.attack("replay-from-another-registry", "A move that ada signed for another registry.");
    let go = attack.scene.forge(&canary(&attack), &["ada"], |it| {
        move_of(it).registry = RegistryId::from_bytes([8; 16]);
    });
    lands(attack, go.edit(), "failed", "wrong-registry");
    let attack =
        studio.attack("replayed-approval-a-b-a", "From one to two and back to one, with the first approval again.");
    let first = attack.scene.alias(attack.head, "dan", "champion", None, Some(&attack.one));
    let yes = attack.scene.approve(attack.head, "bob", &first);
    let at = attack.scene.land(attack.head, [first.edit(), yes.edit()]);
    let second = attack.scene.alias(at, "dan", "champion", Some(&first), Some(&attack.two));
    let at = attack.scene.land(at, [second.edit(), attack.scene.approve(at, "bob", &second).edit()]);
    let again = attack.scene.alias(at, "dan", "champion", Some(&second), Some(&attack.one));
    let place = Place::Approval(again.digest(), principal("bob")).path();
    let at = attack.scene.land(at, [again.edit()]);
    let head = attack.scene.land(at, [Edit::Put(place.clone(), yes.bytes())]);
    attack.resolves("m@champion", Some(2)).ends(head, "failed", Some("wrong-path"), Some(&place));
    let attack = studio.attack("approval-in-anothers-name", "Bob's approval is put where cy's would lie.");
    let go = attack.scene.alias(attack.head, "dan", "champion", None, Some(&attack.one));
    let yes = attack.scene.approve(attack.head, "bob", &go);
    let place = Place::Approval(go.digest(), principal("cy")).path();
    lands(attack, Edit::Put(place, yes.bytes()), "failed", "wrong-path");
    let attack =
        studio.attack("expired-approval", "An approval ended before the checkpoint that lies before its move.");
    let go = attack.scene.alias(attack.head, "dan", "champion", None, Some(&attack.one));
    let end = attack.scene.tick();
    let yes = attack.scene.approve_with(attack.head, "bob", &go, |it| it.not_after = Some(end));
    attack.scene.pass(86_400);
    let witness = attack.scene.checkpoint(attack.head, 2, None);
    let at = attack.scene.land(attack.head, [witness.edit()]);
    let at = attack.scene.land(at, [go.edit()]);
    let head = attack.scene.land(at, [yes.edit()]);
    attack.resolves("m@champion", None).ends(head, "failed", Some("refused"), Some(&yes.path));
}

fn chains(studio: &Studio) {
    let attack = studio.attack("premise-gone", "A move that was signed on what somebody else's move replaced.");
    let first = canary(&attack);
    let theirs = attack.scene.alias(attack.head, "bob", "canary", Some(&first), Some(&attack.two));
    let ours = attack.scene.alias(attack.head, "ada", "canary", Some(&first), None);
    let late = attack.scene.forge(&ours, &["ada"], |it| move_of(it).sequence = 3);
    let at = attack.scene.land(attack.head, [first.edit()]);
    let at = attack.scene.land(at, [theirs.edit()]);
    let head = attack.scene.land(at, [late.edit()]);
    attack.resolves("m@canary", Some(2)).ends(head, "failed", Some("premise-gone"), Some(&late.path));
    let attack = studio.attack("back-in-time", "A move whose time is before its predecessor's.");
    let first = canary(&attack);
    let at = attack.scene.land(attack.head, [first.edit()]);
    attack.scene.pass(-7_200);
    let early = attack.scene.alias(at, "ada", "canary", Some(&first), Some(&attack.two));
    let head = attack.scene.land(at, [early.edit()]);
    attack.resolves("m@canary", Some(1)).ends(head, "failed", Some("premise-gone"), Some(&early.path));
    let numbered = |name, story, number: u64, previous, verdict, code| {
        let attack = studio.attack(name, story);
        let go = attack.scene.forge(&canary(&attack), &["ada"], |it| {
            move_of(it).sequence = number;
            move_of(it).previous = previous;
        });
        lands(attack, go.edit(), verdict, code);
    };
    numbered("skipped-number", "Move 9 of an alias that has none.", 9, Some(nothing()), "pending", "pending");
    numbered("number-zero", "Move 0 of an alias.", 0, None, "failed", "bad-record");
    numbered(
        "first-with-a-predecessor",
        "The first move names a predecessor.",
        1,
        Some(nothing()),
        "failed",
        "premise-gone",
    );
    let attack = studio.attack("lying-from", "A move says that the alias held what it never held.");
    let go = attack.scene.forge(&canary(&attack), &["ada"], |it| move_of(it).from = Some(attack.two.target()));
    lands(attack, go.edit(), "failed", "premise-gone");
    let attack = studio.attack("version-of-another-artifact", "A move names version 1 with the artifact of version 2.");
    let go = attack.scene.forge(&canary(&attack), &["ada"], |it| {
        move_of(it).to = Some(refmark_core::records::alias::Target { version: 1, artifact: attack.two.artifact });
    });
    lands(attack, go.edit(), "failed", "bad-record");
    let attack = studio.attack("version-that-is-not-there", "A move to version 7, which nobody registered.");
    let go = attack.scene.forge(&canary(&attack), &["ada"], |it| {
        move_of(it).to = Some(refmark_core::records::alias::Target { version: 7, artifact: attack.two.artifact });
    });
    lands(attack, go.edit(), "pending", "pending");
    let attack = studio.attack("path-that-lies", "A signed statement that names a path which is not its own.");
    let go = canary(&attack);
    let mut predicate = go.record.predicate().clone();
    predicate.set_path("trust/0001.json".to_owned());
    let lie = attack.scene.sign_as_it_is(&["ada"], predicate, &go.path);
    lands(attack, lie.edit(), "failed", "wrong-path");
}

fn bytes(studio: &Studio) {
    let edited = |name, story, code, edit: &dyn Fn(String) -> Vec<u8>| {
        let attack = studio.attack(name, story);
        let go = canary(&attack);
        let text = go.record.print().unwrap();
        lands(attack, Edit::Put(go.path, edit(text)), "failed", code);
    };
    let put = |from: &'static str, to: &'static str| {
        move |text: String| {
            assert!(text.contains(from), "{from} is not in {text}");
            text.replacen(from, to, 1).into_bytes()
        }
    };
    edited("json-byte-order-mark", "A record with a byte order mark.", "not-canonical", &|text| {
        format!("\u{feff}{text}").into_bytes()
    });
    edited("json-carriage-returns", "A record with Windows line ends.", "not-canonical", &|text| {
        text.replace('\n', "\r\n").into_bytes()
    });
    edited("json-no-last-newline", "A record without its last newline.", "not-canonical", &|text| {
        text.trim_end().as_bytes().to_vec()
    });
    edited("json-two-values", "A record with another one behind it.", "not-canonical", &|text| {
        format!("{text}{text}").into_bytes()
    });
    edited(
        "json-duplicate-key",
        "The reason stands twice: readers differ in which they keep.",
        "not-canonical",
        &put("\"reason\": \"a story\"", "\"reason\": \"a lie\",\n      \"reason\": \"a story\""),
    );
    edited(
        "json-number-as-float",
        "The sequence is written 1.0.",
        "not-canonical",
        &put("\"sequence\": 1,", "\"sequence\": 1.0,"),
    );
    edited(
        "json-number-with-exponent",
        "The sequence is written 1e0.",
        "not-canonical",
        &put("\"sequence\": 1,", "\"sequence\": 1e0,"),
    );
    edited(
        "json-huge-number",
        "A sequence beyond what every reader keeps exactly.",
        "not-canonical",
        &put("\"sequence\": 1,", "\"sequence\": 9007199254740993,"),
    );
    edited(
        "json-negative-zero",
        "The version is written -0.",
        "not-canonical",
        &put("\"version\": 1,", "\"version\": -0,"),
    );
    edited("json-nan", "The sequence is written NaN.", "not-canonical", &put("\"sequence\": 1,", "\"sequence\": NaN,"));
    edited(
        "json-lone-surrogate",
        "The reason holds half of a surrogate pair.",
        "not-canonical",
        &put("\"a story\"", "\"a story \\ud800\""),
    );
    edited(
        "json-escaped-twin",
        "The reason is written with an escape that means the same.",
        "not-canonical",
        &put("\"a story\"", "\"a st\\u006fry\""),
    );
    edited("json-invalid-utf8", "The reason is not UTF-8.", "not-canonical", &|text| {
        let mut bytes = text.into_bytes();
        let at = bytes.windows(7).position(|it| it == b"a story").unwrap();
        bytes[at] = 0xff;
        bytes
    });
    edited(
        "json-prototype-key",
        "A record with a field `__proto__`.",
        "bad-record",
        &put("\"reason\": \"a story\"", "\"__proto__\": {},\n      \"reason\": \"a story\""),
    );
    edited(
        "json-unknown-kind",
        "A record of a kind that nobody knows.",
        "bad-record",
        &put("urn:refmark:alias:v1", "urn:refmark:root-access:v1"),
    );
    edited("json-other-subject", "The subject names another artifact than the predicate.", "bad-record", &|text| {
        let at = text.find("\"sha256\": \"").unwrap() + 11;
        let mut text = text;
        let other = if &text[at..at + 1] == "0" { "1" } else { "0" };
        text.replace_range(at..at + 1, other);
        text.into_bytes()
    });
    edited("json-too-deep", "A record nested a thousand deep.", "not-canonical", &|_| {
        let mut text = "[".repeat(1000);
        text.push_str(&"]".repeat(1000));
        text.into_bytes()
    });
    edited("json-too-large", "A record of two megabytes.", "too-large", &|text| {
        text.replacen("a story", &"a".repeat(2 << 20), 1).into_bytes()
    });
    edited("json-empty", "A record without a byte.", "not-canonical", &|_| Vec::new());
}
