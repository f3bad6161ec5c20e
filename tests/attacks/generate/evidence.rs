//! Evidence, trust states, waivers, versions and their documents.

use refmark_core::engine::landing::PENDING_LIMIT;
use refmark_core::engine::testing::registry::{Edit, Signed, Team, principal};
use refmark_core::records::about::About;
use refmark_core::records::approval::Waiver;
use refmark_core::records::evidence::{Direction, Metric, MetricValue, Verdict};
use refmark_core::records::layout::{Document, Place};
use refmark_core::records::statement::Predicate;
use refmark_core::records::trust::TrustState;
use refmark_core::types::canonical::FreeMap;
use refmark_core::types::name::{EntryId, ModelName, Release};

use super::{Attack, Studio, nothing};

pub fn write(studio: &Studio) {
    evidence(studio);
    trust(studio);
    versions(studio);
}

/// A proposal of `champion` to version 1, approved.
fn approved(attack: &Attack) -> (Signed, Vec<Edit>) {
    let go = attack.scene.alias(attack.head, "dan", "champion", None, Some(&attack.one));
    let yes = attack.scene.approve(attack.head, "bob", &go);
    (go.clone(), vec![go.edit(), yes.edit()])
}

fn gated(gates: &str) -> Team {
    Team { gates: gates.to_owned(), ..Team::default() }
}

fn evidence(studio: &Studio) {
    let asks = gated("{ type = \"evidence\", of = \"evaluation\" }");
    let attack = studio.attack("swapped-evidence", "A move names a passing evaluation, which is of another artifact.");
    let pass = attack.scene.evidence(attack.head, "bot", attack.two.artifact, Verdict::Pass, |_| {});
    let at = attack.scene.land(attack.head, [pass.edit()]);
    let go = attack.scene.alias(at, "ada", "canary", None, Some(&attack.one));
    let go = attack.scene.forge(&go, &["ada"], |it| {
        if let Predicate::Alias(it) = it {
            it.evidence = vec![pass.digest()];
        }
    });
    let head = attack.scene.land(at, [go.edit()]);
    attack.resolves("m@canary", None).ends(head, "pending", Some("pending"), Some(&go.path));

    let attack = studio.attack_on(
        &asks,
        "evidence-of-another-artifact",
        "Champion needs a passing evaluation; the other version has one.",
    );
    let pass = attack.scene.evidence(attack.head, "bot", attack.two.artifact, Verdict::Pass, |_| {});
    let (go, mut edits) = approved(&attack);
    edits.push(pass.edit());
    let head = attack.scene.land(attack.head, edits);
    attack.resolves("m@champion", None).ends(head, "pending", Some("pending"), Some(&go.path));

    let attack = studio.attack_on(
        &asks,
        "evidence-in-another-folder",
        "A passing evaluation is copied into another artifact's folder.",
    );
    let pass = attack.scene.evidence(attack.head, "bot", attack.two.artifact, Verdict::Pass, |_| {});
    let path = pass.path.replace(&attack.two.artifact.to_string(), &attack.one.artifact.to_string());
    let fan = Place::Document(attack.one.artifact, Document::Manifest).path();
    let fan = fan.trim_end_matches("manifest.json").to_owned();
    let path = format!("{fan}{}", &path[path.find("evidence/").unwrap()..]);
    let head = attack.scene.land(attack.head, [Edit::Put(path.clone(), pass.bytes())]);
    attack.ends(head, "failed", Some("wrong-path"), Some(&path));

    let attack = studio.attack_on(
        &asks,
        "shopping-for-a-passing-run",
        "An evaluation fails, and the same agent runs it again until it passes.",
    );
    let fail = attack.scene.evidence(attack.head, "bot", attack.one.artifact, Verdict::Fail, |_| {});
    let again = attack
        .scene
        .evidence(attack.head, "bot", attack.one.artifact, Verdict::Pass, |it| it.run = Some("run 2".into()));
    let at = attack.scene.land(attack.head, [fail.edit()]);
    let at = attack.scene.land(at, [again.edit()]);
    let (go, edits) = approved(&attack);
    let head = attack.scene.land(at, edits);
    attack.resolves("m@champion", None).ends(head, "failed", Some("refused"), Some(&go.path));

    let metric = |value: MetricValue| {
        let mut metrics = FreeMap::default();
        metrics.insert("f1".to_owned(), Metric { value, better: Direction::Higher });
        metrics
    };
    let attack = studio.attack_on(
        &gated("{ type = \"metric\", metric = \"f1\", min = 0.9 }"),
        "metric-that-is-no-number",
        "The metric that a gate asks for is NaN, which is not below anything.",
    );
    let odd = attack.scene.evidence(attack.head, "bot", attack.one.artifact, Verdict::Pass, |it| {
        it.metrics = metric(MetricValue::of(f64::NAN));
    });
    let (go, mut edits) = approved(&attack);
    edits.push(odd.edit());
    let head = attack.scene.land(attack.head, edits);
    attack.resolves("m@champion", None).ends(head, "failed", Some("refused"), Some(&go.path));

    let attack = studio.attack("unknown-evidence-type", "Evidence of a type that the catalog does not have.");
    let odd = attack.scene.evidence(attack.head, "bot", attack.one.artifact, Verdict::Pass, |it| {
        it.evidence_type = EntryId::parse("blessing").unwrap();
    });
    let head = attack.scene.land(attack.head, [odd.edit()]);
    attack.ends(head, "failed", Some("refused"), Some(&odd.path));

    let attack = studio.attack("evidence-by-a-stranger", "Somebody who is no member attaches a passing evaluation.");
    let odd = attack.scene.evidence(attack.head, "eve", attack.one.artifact, Verdict::Pass, |_| {});
    let head = attack.scene.land(attack.head, [odd.edit()]);
    attack.ends(head, "failed", Some("refused"), Some(&odd.path));

    let waivable = gated("{ type = \"evidence\", of = \"evaluation\", waivable = true }");
    for (name, by, gates, story) in [
        ("waiver-by-the-author", "ada", &waivable, "The author of a move waives the gate that stops it."),
        (
            "waiver-of-what-may-not-be-waived",
            "cy",
            &asks,
            "A lead waives a gate that the policy does not let anybody waive.",
        ),
    ] {
        let attack = studio.attack_on(gates, name, story);
        let fail = attack.scene.evidence(attack.head, "bot", attack.one.artifact, Verdict::Fail, |_| {});
        let at = attack.scene.land(attack.head, [fail.edit()]);
        let go = attack.scene.alias(at, "ada", "champion", None, Some(&attack.one));
        let until = attack.scene.tick().plus(86_400);
        let waiver = attack.scene.approve_with(at, by, &go, |it| {
            it.waives = vec![Waiver { gate: "evidence evaluation".into(), reason: "trust me".into(), until }];
        });
        let yes = attack.scene.approve(at, "bob", &go);
        let head = attack.scene.land(at, [go.edit(), yes.edit(), waiver.edit()]);
        // Where a gate may be waived, the move still waits for somebody else's waiver; it has no effect either way.
        let (verdict, code) = if by == "ada" { ("pending", "pending") } else { ("failed", "refused") };
        attack.resolves("m@champion", None).ends(head, verdict, Some(code), Some(&go.path));
    }
}

fn trust(studio: &Studio) {
    let revoke = |attack: &Attack| {
        let record =
            attack.scene.trust(attack.head, "bob", attack.one.artifact, Some(&attack.one.trust), TrustState::Revoked);
        (attack.scene.land(attack.head, [record.edit()]), record)
    };
    let attack = studio.attack("laundering", "Revoked weights come back under another model, and are trusted at once.");
    let (at, _) = revoke(&attack);
    let washed = attack.scene.version(at, "dan", "clean", None, "weights of one");
    let head = attack.scene.land(at, washed.edits());
    attack.ends(head, "failed", Some("refused"), Some(&washed.trust.path));

    let attack = studio.attack(
        "laundering-after-deletion",
        "Revoked weights are deleted first, and then come back under another model.",
    );
    let (at, revoked) = revoke(&attack);
    let gone = attack.scene.trust(at, "bob", attack.one.artifact, Some(&revoked), TrustState::Deleted);
    let at = attack.scene.land(at, [gone.edit()]);
    let washed = attack.scene.version(at, "dan", "clean", None, "weights of one");
    let head = attack.scene.land(at, washed.edits());
    attack.ends(head, "failed", Some("refused"), Some(&washed.trust.path));

    let attack = studio.attack("promoting-what-is-revoked", "An alias is moved to a version that was revoked.");
    let (at, _) = revoke(&attack);
    let go = attack.scene.alias(at, "ada", "canary", None, Some(&attack.one));
    let head = attack.scene.land(at, [go.edit()]);
    attack.resolves("m@canary", None).ends(head, "failed", Some("refused"), Some(&go.path));

    let attack = studio
        .attack("revived-by-one-person", "What was revoked needs two people to be looked at again, and one does it.");
    let (at, revoked) = revoke(&attack);
    let back = attack.scene.trust(at, "ada", attack.one.artifact, Some(&revoked), TrustState::Quarantined);
    let head = attack.scene.land(at, [back.edit()]);
    attack.ends(head, "pending", Some("pending"), Some(&back.path));

    let attack = studio.attack("revoked-straight-to-trusted", "What was revoked is trusted again without quarantine.");
    let (at, revoked) = revoke(&attack);
    let back = attack.scene.trust(at, "ada", attack.one.artifact, Some(&revoked), TrustState::Trusted);
    let head = attack.scene.land(at, [back.edit()]);
    attack.ends(head, "failed", Some("refused"), Some(&back.path));

    let attack = studio
        .attack("sleeper", "A move waits, its version is revoked and trusted again, and then the move is approved.");
    let go = attack.scene.alias(attack.head, "dan", "champion", None, Some(&attack.one));
    let at = attack.scene.land(attack.head, [go.edit()]);
    let revoked =
        attack.scene.trust(attack.head, "bob", attack.one.artifact, Some(&attack.one.trust), TrustState::Revoked);
    let at = attack.scene.land(at, [revoked.edit()]);
    let held = attack.scene.trust(at, "bob", attack.one.artifact, Some(&revoked), TrustState::Quarantined);
    let at = attack.scene.land(at, [held.edit(), attack.scene.approve(at, "cy", &held).edit()]);
    let trusted = attack.scene.trust(at, "bob", attack.one.artifact, Some(&held), TrustState::Trusted);
    let at = attack.scene.land(at, [trusted.edit()]);
    let head = attack.scene.land(at, [attack.scene.approve(at, "bob", &go).edit()]);
    attack.resolves("m@champion", None).ends(head, "failed", Some("refused"), Some(&go.path));

    let attack = studio.attack(
        "self-grant-by-owner",
        "An engineer writes himself down as the model's owner, and a stranger as well; it grants nothing.",
    );
    let about = attack.scene.sign(
        &["dan"],
        About {
            model: ModelName::parse("m").unwrap(),
            sequence: 1,
            description: None,
            owner: Some("eve".to_owned()),
            tags: FreeMap::default(),
            renamed_to: None,
            hidden: false,
            by: principal("dan"),
            time: attack.scene.tick(),
            previous: None,
            base: Some(attack.head),
            path: String::new(),
            registry: attack.scene.id,
        },
    );
    let at = attack.scene.land(attack.head, [about.edit()]);
    let go = attack.scene.alias(at, "eve", "canary", None, Some(&attack.one));
    let head = attack.scene.land(at, [go.edit()]);
    attack.resolves("m@canary", None).ends(head, "failed", Some("refused"), Some(&go.path));
}

fn versions(studio: &Studio) {
    let attack =
        studio.attack("manifest-of-another-artifact", "A version whose folder holds another artifact's manifest.");
    let three = attack.scene.version(attack.head, "dan", "m", Some(&attack.two), "three");
    let Edit::Put(_, manifest) = attack.one.manifest.clone() else { panic!("it is a file") };
    let path = three.manifest.path().to_owned();
    let head =
        attack.scene.land(attack.head, [three.version.edit(), three.trust.edit(), Edit::Put(path.clone(), manifest)]);
    attack.ends(head, "failed", Some("damaged"), Some(&path));

    let attack = studio.attack("version-without-a-manifest", "A version whose artifact nobody brought.");
    let three = attack.scene.version(attack.head, "dan", "m", Some(&attack.two), "three");
    let head = attack.scene.land(attack.head, [three.version.edit()]);
    attack.ends(head, "pending", Some("pending"), Some(&three.version.path));

    let attack = studio.attack("artifact-without-a-version", "A manifest that no signed version names.");
    let three = attack.scene.version(attack.head, "dan", "m", Some(&attack.two), "three");
    let path = three.manifest.path().to_owned();
    let head = attack.scene.land(attack.head, [three.manifest]);
    attack.ends(head, "failed", Some("wrong-path"), Some(&path));

    let attack =
        studio.attack("document-that-nobody-listed", "A model card is added to an artifact whose manifest lists none.");
    let path = Place::Document(attack.one.artifact, Document::ModelCard).path();
    let head = attack.scene.land(attack.head, [Edit::put(&path, "# The best model")]);
    attack.ends(head, "failed", Some("wrong-path"), Some(&path));

    let attack = studio.attack("release-that-moves", "Release 1.0.0 is given to a second version.");
    let release = |made: &Signed, by: &str| {
        attack.scene.forge(made, &[by], |it| {
            if let Predicate::Version(it) = it {
                it.release = Some(Release::parse("1.0.0").unwrap());
            }
        })
    };
    let mut three = attack.scene.version(attack.head, "dan", "m", Some(&attack.two), "three");
    three.version = release(&three.version, "dan");
    let at = attack.scene.land(attack.head, three.edits());
    let mut four = attack.scene.version(at, "dan", "m", Some(&three), "four");
    four.version = release(&four.version, "dan");
    let head = attack.scene.land(at, four.edits());
    let path = four.version.path.clone();
    attack.ends(head, "failed", Some("exists"), Some(&path));

    let team = Team { head: "limits = { files_per_landing = 40 }\n".into(), ..Team::default() };
    let attack = studio.attack_on(
        &team,
        "flood-of-tiny-records",
        "Forty-one files in one landing, and the policy allows forty.",
    );
    let edits: Vec<Edit> =
        (0..41).map(|n| Edit::put(&format!("catalog/product/p{n:02}/0000/01.json"), format!("{n}"))).collect();
    let head = attack.scene.land(attack.head, edits);
    attack.ends(head, "failed", Some("too-large"), Some("catalog/product/p00/0000/01.json"));
    let attack = studio.attack(
        "flood-of-pending-moves",
        "A member lands more moves that wait for an approval than may wait; a good move behind them takes effect all the same.",
    );
    let (mut at, mut last) = (attack.head, String::new());
    for n in 0..=PENDING_LIMIT as u64 {
        let go = attack.scene.alias(attack.head, "dan", "champion", None, Some(&attack.one));
        let go = attack.scene.forge(&go, &["dan"], |it| {
            if let Predicate::Alias(it) = it {
                it.sequence = n + 2;
                it.previous = Some(nothing());
            }
        });
        at = attack.scene.land(at, [go.edit()]);
        last = go.path;
    }
    let go = attack.scene.alias(attack.head, "ada", "canary", None, Some(&attack.one));
    let head = attack.scene.land(at, [go.edit()]);
    attack.resolves("m@canary", Some(1)).resolves("m@champion", None).ends(
        head,
        "pending",
        Some("pending"),
        Some(&last),
    );
}
