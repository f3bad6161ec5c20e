//! Stories of manifests that were written by hand.

use crate::read::review::team::{Team, key_of, tensors};
use crate::tests::model;
use crate::{CheckOptions, ManifestIs, VerifyOptions};
use refmark_engine::plan::{self, Batch, RegisterRequest, TrustRequest};
use refmark_engine::ports::store::RecordStore;
use refmark_engine::verify::Outcome;
use refmark_query::review::RangeVerdict;
use refmark_records::layout::Document;
use refmark_records::manifest::{FileClass, Manifest, TensorEntry};
use refmark_records::trust::TrustState;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::Code;
use refmark_types::reference::Reference;

/// A pickle that calls `os.system`.
const PICKLE: &[u8] = b"cos\nsystem\n(S'true'\ntR.";

/// The manifest and documents of an honest package, after somebody has edited the manifest.
fn forged(team: &Team, version: u8, edit: impl FnOnce(&mut Manifest)) -> (RegisterRequest, ArtifactId) {
    let view = team.registry.view().unwrap();
    let facts = view.facts().unwrap();
    let honest = facts.version(&model("sentiment"), version.into()).unwrap().unwrap().artifact;
    let mut manifest = (*facts.manifest(&honest).unwrap().unwrap()).clone();
    edit(&mut manifest);
    let kinds = [Document::Contract, Document::Lineage, Document::Contents];
    let kept = kinds.into_iter().filter(|kind| refmark_engine::gate::has_document(&manifest, *kind));
    let documents = kept.map(|kind| (kind, facts.document(&honest, kind).unwrap().unwrap())).collect();
    let id = manifest.id().unwrap();
    let request = RegisterRequest {
        model: model("sentiment"),
        manifest,
        documents,
        release: None,
        description: None,
        owner: None,
        trust: None,
        imported: None,
    };
    (request, id)
}

/// Every face of a claim that the bytes contradict: a proposal of it, and what stands on the branch.
fn is_told_by_everyone(team: &Team, request: &RegisterRequest, forged: ArtifactId) {
    team.propose("propose/forged", "nora", |facts, author| {
        Ok(plan::register(facts, author, request, &mut Batch::new())?.0)
    });
    let told = |problems: &[refmark_engine::verify::Problem]| {
        problems.iter().any(|problem| problem.code == Code::InconsistentManifest)
    };
    let read = team.registry.read();
    let review = read.review("main..propose/forged").unwrap();
    assert!(told(&review.problems) && review.verdict == RangeVerdict::Refused, "{:?}", review.problems);
    let options = CheckOptions { push: false, allow_unverified: true };
    let checked = read.check("main..propose/forged", options).unwrap();
    assert_eq!((checked.exit, checked.verifies.len()), (4, 0), "{:?}", checked.problems);
    let land = team.registry.write(&key_of("nora")).land("propose/forged");
    assert_eq!(land.unwrap_err().code, Code::InconsistentManifest);
    let head = team.registry.repo().resolve_revision("propose/forged").unwrap();
    let push = format!("{} {head} refs/heads/main\n", team.main());
    let pushed = team.registry.share().pre_receive(&push, None).unwrap();
    assert!(!pushed.accepted && told(&pushed.refs[0].problems), "{:?}", pushed.lines());

    team.land(head);
    let found = read.verify(None, VerifyOptions::default()).unwrap();
    assert!(found.verdict == Outcome::Failed && told(&found.problems), "{:?}", found.problems);
    let ask = TrustRequest::new(forged, TrustState::Trusted, "");
    for who in ["nora", "ada"] {
        let error = team.registry.write(&key_of(who)).transition_trust(&ask).unwrap_err();
        assert_eq!(error.code, Code::InconsistentManifest, "{error}");
        let key = key_of(who);
        let error = team.registry.write(&key).propose(None, |writer| writer.transition_trust(&ask)).unwrap_err();
        assert_eq!(error.code, Code::InconsistentManifest, "{error}");
    }
    assert_eq!(
        read.show(&read.view().unwrap(), &Reference::Artifact(forged)).unwrap().manifest_is,
        ManifestIs::Claimed
    );
}

#[test]
fn a_pickle_that_a_manifest_calls_tensors_is_told_by_whoever_has_its_bytes() {
    let team = Team::new();
    let mut package = team.package(1);
    std::fs::write(package.paths[0].join("head.pkl"), PICKLE).unwrap();
    package.owner = None;
    team.registry.write(&key_of("ada")).register(&package).unwrap();
    let (request, forged) = forged(&team, 1, |manifest| {
        let file = manifest.files.iter_mut().find(|file| file.path == "head.pkl").unwrap();
        assert_eq!(file.class, FileClass::UnsafeFormat);
        (file.class, file.format) = (FileClass::Tensors, "safetensors".to_owned());
        manifest.contents = None;
    });
    is_told_by_everyone(&team, &request, forged);
}

#[test]
fn tensors_that_were_copied_from_an_older_manifest_are_told() {
    let team = Team::new();
    team.register(1);
    // Other weights are stored; the old table is kept, so that a diff would say "all the same".
    let new = tensors(&[9; 12]);
    let path = team.home.path().join("new.safetensors");
    std::fs::write(&path, &new).unwrap();
    let package = crate::Package::new(model("other"), vec![path]).unwrap();
    team.registry.write(&key_of("nora")).register(&package).unwrap();
    let (request, forged) = forged(&team, 1, |manifest| {
        let file = manifest.files.iter_mut().find(|file| file.path == "model.safetensors").unwrap();
        (file.sha256, file.size) = (Digest::of(&new), new.len() as u64);
    });
    is_told_by_everyone(&team, &request, forged);
}

/// The manifest of a package as 0.1.0 wrote it: the tensors within, each by its SHA-256.
fn of_the_first_kind(team: &Team, values: u8) -> (RegisterRequest, ArtifactId) {
    let mut package = team.package(1);
    std::fs::write(package.paths[0].join("model.safetensors"), tensors(&[9; 3])).unwrap();
    package.owner = None;
    team.registry.write(&key_of("ada")).register(&package).unwrap();
    let tensor = |n: usize| TensorEntry {
        file: "model.safetensors".to_owned(),
        name: format!("layer.{n}.weight"),
        dtype: "F32".to_owned(),
        shape: vec![4, 4],
        bytes: 64,
        sha256: Some(Digest::of(&[values; 64])),
        blake3: None,
    };
    forged(team, 1, |manifest| {
        manifest.contents = None;
        manifest.tensors = (0..3).map(tensor).collect();
    })
}

#[test]
fn tensors_that_an_older_manifest_names_by_sha_256_are_held_against_the_bytes() {
    let team = Team::new();
    let (request, honest) = of_the_first_kind(&team, 9);
    team.propose("propose/honest", "nora", |facts, author| {
        Ok(plan::register(facts, author, &request, &mut Batch::new())?.0)
    });
    let head = team.registry.repo().resolve_revision("propose/honest").unwrap();
    team.land(head);
    let view = team.registry.view().unwrap();
    let looked = team.registry.derive(view.facts().unwrap(), honest).unwrap();
    assert!(looked.is_as_claimed(), "{:?}", looked.differences);

    let team = Team::new();
    let (request, lie) = of_the_first_kind(&team, 8);
    is_told_by_everyone(&team, &request, lie);
}

#[test]
fn a_shard_that_is_not_there_cannot_be_left_out_of_a_manifest() {
    let team = Team::new();
    let mut package = team.package(1);
    let index = r#"{"weight_map": {"a": "model.safetensors", "b": "gone.safetensors"}}"#;
    std::fs::write(package.paths[0].join("model.safetensors.index.json"), index).unwrap();
    package.allow_incomplete = true;
    team.registry.write(&key_of("nora")).register(&package).unwrap();
    let (request, forged) = forged(&team, 1, |manifest| {
        assert!(!manifest.incomplete.is_empty());
        manifest.incomplete.clear();
    });
    is_told_by_everyone(&team, &request, forged);
}

#[test]
fn who_has_no_bytes_says_claimed_and_who_has_them_says_derived() {
    let (team, _, two) = Team::with_a_champion();
    let (read, two) = (team.registry.read(), Reference::Artifact(two));
    let found = read.verify(None, VerifyOptions::default()).unwrap();
    assert_eq!((found.derived, found.claimed, found.verdict), (2, 0, Outcome::Ok), "{:?}", found.problems);
    assert_eq!(read.show(&read.view().unwrap(), &two).unwrap().manifest_is, ManifestIs::Derived);
    team.propose_champion("propose/two", "nora", 2);
    let shown = |review: refmark_query::review::Review| refmark_render::review::to_text(&review, false);
    assert!(!shown(read.review("main..propose/two").unwrap()).contains("claimed"));
    // Another reader, without the bytes.
    std::fs::remove_dir_all(team.registry.own_folder()).unwrap();
    std::fs::remove_dir_all(team.registry.store().blobs()).unwrap();
    assert_eq!(read.show(&read.view().unwrap(), &two).unwrap().manifest_is, ManifestIs::Claimed);
    assert!(shown(read.review("main..propose/two").unwrap()).contains("claimed: the bytes were not read here"));
    let found = read.verify(None, VerifyOptions::default()).unwrap();
    assert_eq!((found.derived, found.claimed), (0, 2));
}

#[test]
fn a_pickle_that_somebody_without_bytes_trusted_is_neither_pulled_nor_synced_nor_promoted() {
    let team = Team::new();
    let mut package = team.package(1);
    std::fs::write(package.paths[0].join("head.pkl"), PICKLE).unwrap();
    package.owner = None;
    team.registry.write(&key_of("ada")).register(&package).unwrap();
    let (request, forged) = forged(&team, 1, |manifest| {
        let file = manifest.files.iter_mut().find(|file| file.path == "head.pkl").unwrap();
        (file.class, file.format) = (FileClass::Data, "text".to_owned());
        manifest.contents = None;
    });
    team.write("nora", |facts, author| Ok(plan::register(facts, author, &request, &mut Batch::new())?.0));
    // Where the bytes are not, there is nothing to look at.
    let (blobs, away) = (team.registry.store().blobs().to_owned(), team.home.path().join("away"));
    std::fs::rename(&blobs, &away).unwrap();
    let ask = TrustRequest::new(forged, TrustState::Trusted, "the manifest says so");
    let trusted = team.registry.write(&key_of("nora")).transition_trust(&ask).unwrap();
    assert_eq!(trusted.manifest_is, Some(ManifestIs::Claimed));
    std::fs::rename(&away, &blobs).unwrap();

    let into = team.home.path().join("out");
    let asked = crate::PullRequest { allow_unverified: true, ..Default::default() };
    let reference = Reference::Artifact(forged);
    let read = team.registry.read();
    for error in [
        read.pull(&reference, &into, &asked).unwrap_err(),
        read.path_of(&reference, Some("head.pkl"), &asked, true).unwrap_err(),
        team.registry.write(&key_of("nora")).promote(&Team::promote(2, "dev", "to try it")).unwrap_err(),
    ] {
        assert_eq!(error.code, Code::InconsistentManifest, "{error}");
        assert!(error.message.contains("head.pkl") && !into.exists(), "{error}");
    }
    // A lock file binds what the registry says, and says no more of the bytes than it does.
    let app = team.home.path().join("app");
    std::fs::create_dir(&app).unwrap();
    let world = team.registry.world().clone();
    let mut project = crate::Project::at(&app, world.clone()).unwrap();
    let pins = vec![("sentiment/2".to_owned(), None)];
    let request = crate::PinAddRequest { pins, url: Some("../models".to_owned()), ..crate::PinAddRequest::default() };
    project.add(&team.registry, &request).unwrap();
    let asked = crate::PullRequest::default();
    for error in [
        project.sync(&into, true).unwrap_err(),
        project.sync(&into, false).unwrap_err(),
        project.pull(&model("sentiment"), &into, &asked).unwrap_err(),
        project.path_of(&model("sentiment"), Some("head.pkl"), asked.options).unwrap_err(),
    ] {
        assert_eq!(error.code, Code::InconsistentManifest, "{error}");
        assert!(error.message.contains("head.pkl") && !into.exists(), "{error}");
    }
    // Its other files are what they claim to be.
    let other = read.path_of(&reference, Some("model.safetensors"), &asked, true).unwrap();
    assert!(other.verified);
}

#[test]
fn whoever_has_the_bytes_does_not_approve_what_they_contradict() {
    let team = Team::new();
    let mut package = team.package(1);
    std::fs::write(package.paths[0].join("head.pkl"), PICKLE).unwrap();
    package.owner = None;
    team.registry.write(&key_of("ada")).register(&package).unwrap();
    let (request, forged) = forged(&team, 1, |manifest| {
        let file = manifest.files.iter_mut().find(|file| file.path == "head.pkl").unwrap();
        (file.class, file.format) = (FileClass::Tensors, "safetensors".to_owned());
        manifest.contents = None;
    });
    team.write("nora", |facts, author| Ok(plan::register(facts, author, &request, &mut Batch::new())?.0));
    let ask = TrustRequest::new(forged, TrustState::Trusted, "");
    team.propose("propose/trust", "nora", |facts, author| plan::trust(facts, author, &ask));
    let approval = crate::ApproveRequest { target: "propose/trust".to_owned(), ..Default::default() };
    let error = team.registry.write(&key_of("ada")).approve(&approval).unwrap_err();
    assert_eq!(error.code, Code::InconsistentManifest, "{error}");
    let error = team.registry.write(&key_of("ada")).land("propose/trust").unwrap_err();
    assert_eq!(error.code, Code::InconsistentManifest, "{error}");
}
