//! Differences of two artifacts as values and as pages.

#![allow(clippy::unwrap_used)]

use refmark_engine::effective::{Objects, State};
use refmark_engine::snapshot::History;
use refmark_engine::state_reader::StateReader;
use refmark_engine::testing::memory::MemoryHistory;
use refmark_query::diff::*;
use refmark_records::contents::Contents;
use refmark_records::evidence::{Direction, Evidence, Metric, MetricValue, Named, Verdict};
use refmark_records::layout::{Document, Place};
use refmark_records::manifest::{
    Contract, ContractField, FileClass, FileEntry, Graph, GraphValue, Lineage, Manifest, TensorEntry,
};
use refmark_records::registry_id::RegistryId;
use refmark_records::statement::{Record, Statement};
use refmark_render::diff::{self as page, to_markdown};
use refmark_types::canonical::FreeMap;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Result};
use refmark_types::name::{EntryId, ModelName, PrincipalId};
use refmark_types::printer::print;
use refmark_types::text::escape_markdown;
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

fn file(path: &str, bytes: &str, size: u64, class: FileClass) -> FileEntry {
    FileEntry { path: path.into(), size, sha256: Digest::of(bytes.as_bytes()), class, format: "any".into() }
}

fn tensor(name: &str, bytes: Option<&str>, dtype: &str, shape: &[u64]) -> TensorEntry {
    TensorEntry {
        file: "model.safetensors".into(),
        name: name.into(),
        dtype: dtype.into(),
        shape: shape.to_vec(),
        bytes: 100,
        sha256: bytes.map(|bytes| Digest::of(bytes.as_bytes())),
        blake3: None,
    }
}

fn manifest(files: Vec<FileEntry>) -> Manifest {
    Manifest {
        artifact_type: EntryId::parse("model").unwrap(),
        format: "safetensors".into(),
        files,
        capabilities: Vec::new(),
        metrics: FreeMap::new(),
        parents: Vec::new(),
        source: None,
        contract: None,
        lineage: None,
        evaluation_card: None,
        model_card: None,
        contents: None,
        incomplete: Vec::new(),
        graphs: Vec::new(),
        tensors: Vec::new(),
    }
}

/// A registry of two artifacts, as files of one commit.
#[derive(Default)]
struct IndexHandle {
    files: BTreeMap<String, Vec<u8>>,
}

impl IndexHandle {
    fn put(
        &mut self,
        mut manifest: Manifest,
        contract: Option<Contract>,
        lineage: &[(&str, &str)],
        card: &str,
    ) -> Side {
        let lineage: Lineage = lineage.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let mut documents = vec![(Document::Lineage, print(&lineage).unwrap())];
        manifest.lineage = Some(Digest::of(documents[0].1.as_bytes()));
        if let Some(contract) = contract {
            documents.push((Document::Contract, print(&contract).unwrap()));
            manifest.contract = Some(Digest::of(documents[1].1.as_bytes()));
        }
        if !card.is_empty() {
            documents.push((Document::ModelCard, card.to_owned()));
            manifest.model_card = Some(Digest::of(card.as_bytes()));
        }
        documents.push((Document::Manifest, manifest.print().unwrap()));
        let artifact = manifest.id().unwrap();
        for (document, text) in documents {
            self.files.insert(Place::Document(artifact, document).path(), text.into_bytes());
        }
        Side { artifact, version: None }
    }

    fn measure(&mut self, side: &Side, of: &str, day: i64, data: Option<&str>, metrics: &[(&str, f64, Direction)]) {
        let metric = |(name, value, better): &(&str, f64, Direction)| {
            (name.to_string(), Metric { value: MetricValue::of(*value), better: *better })
        };
        let mut evidence = Evidence {
            artifact: side.artifact,
            evidence_type: EntryId::parse(of).unwrap(),
            verdict: Verdict::Pass,
            summary: None,
            run: None,
            suite: None,
            dataset: data.map(|name| Named {
                name: name.into(),
                version: None,
                sha256: Some(Digest::of(name.as_bytes())),
            }),
            metrics: metrics.iter().map(metric).collect(),
            tool: None,
            document: None,
            details: Default::default(),
            by: PrincipalId::parse("ci-eval").unwrap(),
            time: Timestamp::from_unix(1_790_000_000 + day * 86_400),
            previous: None,
            base: None,
            path: String::new(),
            registry: RegistryId::from_bytes([7; 16]),
        };
        let place = Place::Evidence(side.artifact, evidence.evidence_type.clone(), evidence.path_digest().unwrap());
        evidence.path = place.path();
        let record = Record::new(Statement::new(evidence), Vec::new()).unwrap();
        self.files.insert(place.path(), record.print().unwrap().into_bytes());
    }

    fn diff(&self, a: &Side, b: &Side) -> Result<ArtifactDiff> {
        let history = MemoryHistory::new();
        let files = self.files.iter().map(|(path, bytes)| (path.clone(), Some(bytes)));
        let commit = history.commit(&[], files, Timestamp::from_unix(0));
        let state = State::of_tree(Objects::new(&history), history.snapshot(commit).unwrap(), []);
        diff(StateReader(&state), a, b)
    }
}

fn plain(shelf: &mut IndexHandle, seed: &str) -> Side {
    shelf.put(manifest(vec![file("a", seed, 1, FileClass::Data)]), None, &[], "")
}

#[test]
fn one_artifact_twice_is_identical_and_one_that_is_not_registered_is_not_found() {
    let mut shelf = IndexHandle::default();
    let side = plain(&mut shelf, "a");
    let same = shelf.diff(&side, &side).unwrap();
    assert!(same.identical && same.files.count() == 0 && same.metrics.count == 0);
    assert!(to_markdown(&same).contains("nothing differs"));
    let stranger = Side { artifact: ArtifactId::new(Digest::of(b"x")), version: None };
    assert_eq!(shelf.diff(&side, &stranger).unwrap_err().code, Code::NotFound);
}

#[test]
fn metrics_are_compared_on_the_same_data_and_in_their_own_direction() {
    use Direction::{Higher, Lower};
    let mut shelf = IndexHandle::default();
    let (a, b) = (plain(&mut shelf, "a"), plain(&mut shelf, "b"));
    shelf.measure(&a, "evaluation", 0, Some("march"), &[("f1", 0.5, Higher)]);
    shelf.measure(&a, "evaluation", 1, Some("march"), &[("f1", 0.893, Higher), ("p95_ms", 31.7, Lower)]);
    shelf.measure(&b, "evaluation", 1, Some("march"), &[("f1", 0.912, Higher), ("p95_ms", 46.2, Lower)]);
    shelf.measure(&b, "evaluation", 2, Some("june"), &[("f1", 0.99, Higher)]);
    shelf.measure(&a, "evaluation", 1, Some("t1"), &[("toxicity", 0.031, Lower)]);
    shelf.measure(&b, "canary", 1, Some("t2"), &[("toxicity", 0.018, Lower), ("nan", f64::NAN, Higher)]);
    shelf.measure(&a, "canary", 1, Some("t2"), &[("nan", 1.0, Higher)]);
    shelf.measure(&b, "runbook", 1, None, &[("not-a-measurement", 1.0, Higher)]);
    let diff = shelf.diff(&a, &b).unwrap();
    let rows: Vec<_> = diff
        .metrics
        .items
        .iter()
        .map(|metric| (metric.name.as_str(), metric.judgement.as_str(), metric.delta, metric.delta_percent))
        .collect();
    assert_eq!(
        rows,
        [
            ("f1", "added", None, None),
            ("f1", "better", Some(0.019), None),
            ("nan", "not-comparable", None, None),
            ("p95_ms", "worse", Some(14.5), Some(45.7413249211)),
            ("toxicity", "not-comparable", None, None),
        ]
    );
    let text = to_markdown(&diff);
    let march = short_of("march");
    assert!(text.contains(&format!("| f1 ↑ | march `{march}` | 0.893 | 0.912 | +0.019 | better |")), "{text}");
    assert!(text.contains("| 31.7 | 46.2 | +45.7 % | **worse** |"), "{text}");
    assert!(
        text.contains(&format!(
            "0.031 on t1 `{}` | 0.018 on t2 `{}` |  | *not comparable*",
            short_of("t1"),
            short_of("t2")
        )),
        "{text}"
    );
}

fn short_of(name: &str) -> String {
    refmark_types::text::short(&Digest::of(name.as_bytes()))
}

#[test]
fn a_claim_is_shown_as_one_and_never_compared_with_evidence() {
    let mut shelf = IndexHandle::default();
    let claiming = |seed: &str, f1: f64| {
        let mut manifest = manifest(vec![file("a", seed, 1, FileClass::Data)]);
        manifest.metrics.insert("f1".into(), MetricValue::of(f1));
        manifest
    };
    let a = shelf.put(claiming("a", 0.8), None, &[], "");
    let b = shelf.put(claiming("b", 0.9), None, &[], "");
    let diff = shelf.diff(&a, &b).unwrap();
    assert_eq!(diff.metrics.items[0].judgement, MetricJudgement::Better);
    assert!(to_markdown(&diff).contains("| – | 0.8 (claim) | 0.9 (claim) | +0.1 | better |"));
    shelf.measure(&b, "evaluation", 0, None, &[("f1", 0.7, Direction::Higher)]);
    let row = &shelf.diff(&a, &b).unwrap().metrics.items[0];
    assert_eq!((row.judgement, row.because.as_deref()), (MetricJudgement::NotComparable, Some("one is only a claim")));
    assert_eq!(row.new.as_ref().unwrap().value, MetricValue::Number(0.7), "evidence comes before a claim");
}

#[test]
fn tensors_are_told_apart_by_digest_and_what_has_none_is_unknown() {
    let mut shelf = IndexHandle::default();
    let mut old = manifest(vec![file("model.safetensors", "1", 1000, FileClass::Tensors)]);
    let mut new = manifest(vec![file("model.safetensors", "2", 1000, FileClass::Tensors)]);
    old.tensors = vec![
        tensor("same", Some("s"), "F32", &[2]),
        tensor("other", Some("a"), "F32", &[2]),
        tensor("typed", Some("t"), "F32", &[2]),
        tensor("shaped", Some("h"), "F32", &[2]),
        tensor("blind", None, "F32", &[2]),
        tensor("gone", Some("g"), "F32", &[2]),
    ];
    new.tensors = vec![
        tensor("same", Some("s"), "F32", &[2]),
        tensor("other", Some("b"), "F32", &[2]),
        tensor("typed", Some("t"), "BF16", &[2]),
        tensor("shaped", None, "F32", &[1, 2]),
        tensor("blind", None, "F32", &[2]),
        tensor("come", Some("c"), "F32", &[2]),
    ];
    let (a, b) = (shelf.put(old, None, &[], ""), shelf.put(new, None, &[], ""));
    let diff = shelf.diff(&a, &b).unwrap();
    let tensors = &diff.tensors;
    assert_eq!(tensors.changed.items, ["other", "shaped", "typed"]);
    assert_eq!(
        (&tensors.added.items[..], &tensors.removed.items[..]),
        (&["come".to_owned()][..], &["gone".to_owned()][..])
    );
    assert_eq!((tensors.same, tensors.unknown, tensors.bytes_changed), (1, 1, 400));
    assert_eq!((tensors.retyped.count, tensors.reshaped.items[0].new.len()), (1, 2));
    assert_eq!(diff.files.changed.items[0].tensors, Some(5));
    let line = said(page::weights(&diff));
    for part in [
        "3 of 6 tensors changed",
        "1 without digests",
        "1 added (come), 1 removed (gone)",
        "F32 → BF16",
        "No file can run code (claimed",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[test]
fn a_tensor_without_a_digest_in_an_unchanged_file_is_the_same() {
    let weights = || file("model.safetensors", "1", 1000, FileClass::Tensors);
    let mut old = manifest(vec![weights()]);
    old.tensors = vec![tensor("blind", None, "F32", &[2])];
    let mut new = manifest(vec![file("README.md", "r", 5, FileClass::Data), weights()]);
    new.tensors = old.tensors.clone();
    let mut shelf = IndexHandle::default();
    let (a, b) = (shelf.put(old, None, &[], ""), shelf.put(new, None, &[], ""));
    let diff = shelf.diff(&a, &b).unwrap();
    assert!(diff.tensors.is_same() && diff.tensors.same == 1);
    assert_eq!((diff.files.bytes_new, diff.files.same), (5, 1));
}

#[test]
fn shards_that_were_cut_anew_do_not_hide_that_the_tensors_are_the_same() {
    let mut old = manifest(vec![file("model.safetensors", "1", 10, FileClass::Tensors)]);
    old.tensors = vec![tensor("w", Some("w"), "F32", &[2])];
    let mut new = manifest(vec![file("shard-1.safetensors", "2", 10, FileClass::Tensors)]);
    new.tensors = vec![TensorEntry { file: "shard-1.safetensors".into(), ..tensor("w", Some("w"), "F32", &[2]) }];
    let held = |manifest| Contents::of(manifest, None).unwrap();
    let (held_old, held_new) = (held(&old), held(&new));
    let (diff, changed_in) = compare_tensors(
        Holding { manifest: &old, contents: &held_old },
        Holding { manifest: &new, contents: &held_new },
    );
    assert!(diff.is_same() && changed_in.is_empty());
}

#[test]
fn files_that_moved_are_renamed_and_only_blobs_that_are_new_count_as_new() {
    let mut shelf = IndexHandle::default();
    let old = manifest(vec![
        file("a.txt", "a", 10, FileClass::Data),
        file("b.txt", "b", 20, FileClass::Data),
        file("c.py", "c", 30, FileClass::Code),
        file("d.txt", "d", 40, FileClass::Data),
    ]);
    let new = manifest(vec![
        file("b.txt", "b2", 21, FileClass::NotScanned),
        file("d.txt", "d", 40, FileClass::Data),
        file("e.txt", "a", 10, FileClass::Data),
        file("f.txt", "a", 10, FileClass::Data),
        file("g.pkl", "g", 7, FileClass::UnsafeFormat),
    ]);
    let (a, b) = (shelf.put(old, None, &[], ""), shelf.put(new, None, &[], ""));
    let diff = shelf.diff(&a, &b).unwrap();
    let files = &diff.files;
    assert_eq!((files.same, files.changed.count, files.added.count, files.removed.count), (1, 1, 2, 1));
    assert_eq!((files.renamed.items[0].old.as_str(), files.renamed.items[0].new.as_str()), ("a.txt", "e.txt"));
    assert_eq!((files.size_old, files.size_new, files.bytes_new), (100, 88, 28));
    assert!(!diff.classes.is_same());
    assert_eq!(
        diff.classes.sentence,
        "1 file can run code (unsafe-format): g.pkl. 1 file was not scanned, so what it can do is not known: b.txt"
    );
    let back = shelf.diff(&b, &a).unwrap();
    assert_eq!(back.classes.sentence, "1 file can run code (code): c.py");
    assert!(
        to_markdown(&diff).contains("| b.txt | **data → not-scanned**, changed | 20 B → 21 B |"),
        "{}",
        to_markdown(&diff)
    );
}

#[test]
fn lineage_lists_what_differs_and_the_licence_either_way() {
    let mut shelf = IndexHandle::default();
    let mut old = manifest(vec![file("a", "a", 1, FileClass::Data)]);
    old.capabilities = vec!["chat".into()];
    old.parents = vec![ArtifactId::new(Digest::of(b"p"))];
    let mut new = manifest(vec![file("a", "b", 1, FileClass::Data)]);
    new.capabilities = vec!["chat".into(), "tools".into()];
    new.source = Some("hf://x/y".into());
    let run = ("training_run", "42");
    let card = "---\ntags: x\nlicense: \"apache-2.0\"\n---\n# A\n";
    let a = shelf.put(old, None, &[run, ("data", "march")], card);
    let b = shelf.put(new, None, &[run, ("data", "june"), ("code_commit", &"a".repeat(40))], &format!("{card}more\n"));
    let diff = shelf.diff(&a, &b).unwrap();
    assert_eq!((diff.lineage.same, diff.lineage.changed.count), (1, 2));
    assert_eq!(
        (diff.card.model_card, diff.card.lines_added.count, diff.card.lines_removed.count),
        (Presence::Changed, 1, 0)
    );
    let line = said(page::lineage(&diff));
    for part in [
        "data march → **june**",
        "code_commit none → `aaaaaaaa…`",
        "licence same (apache-2.0)",
        "+ capability tools",
        "− parent `sha256-",
        "model card changed (+1 −0 lines)",
        "source none → **hf:&#8203;//x/y**",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[test]
fn onnx_graphs_are_the_contract_where_there_is_no_other() {
    let value = |name: &str, dtype: &str, shape: &[&str]| GraphValue {
        name: name.into(),
        dtype: dtype.into(),
        shape: shape.iter().map(|shape| shape.to_string()).collect(),
    };
    let graph = |input: GraphValue| {
        let mut manifest = manifest(vec![file("m.onnx", &input.dtype, 1, FileClass::Tensors)]);
        let outputs = vec![value("y", "float", &["batch", "2"])];
        manifest.graphs = vec![Graph { file: "m.onnx".into(), opsets: FreeMap::new(), inputs: vec![input], outputs }];
        manifest
    };
    let old = graph(value("x", "float", &["1", "8"]));
    let compare = |new: &Manifest| compare_artifact_contracts((&old, None), (new, None));
    let wider = compare(&graph(value("x", "float", &["batch", "8"])));
    assert_eq!((wider.compatibility, wider.source), (Compatibility::Backward, ContractSource::Graph));
    assert_eq!(wider.because.items, ["input x: shape [1, 8] → [-1, 8] (wider)"]);
    // A wider element type is another buffer: no caller keeps working.
    assert_eq!(compare(&graph(value("x", "double", &["1", "8"]))).compatibility, Compatibility::Breaking);
    assert_eq!(compare(&old).compatibility, Compatibility::Same);
    let bare = manifest(vec![file("a", "a", 1, FileClass::Data)]);
    assert_eq!(compare(&bare).because.items, ["the new version no longer states its inputs and outputs"]);
    let stated = Contract { inputs: vec![field("x", "string")], ..Contract::default() };
    let mixed = compare_artifact_contracts((&old, None), (&bare, Some(&stated)));
    assert_eq!(mixed.compatibility, Compatibility::Unknown);
}

fn field(name: &str, of: &str) -> ContractField {
    ContractField { name: name.into(), field_type: of.into(), shape: None, optional: false }
}

#[derive(serde::Deserialize)]
struct Case {
    story: String,
    old: Contract,
    new: Contract,
    compatibility: String,
    because: usize,
}

#[test]
fn every_shared_case_of_a_contract_comes_out_as_written() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../../tests/vectors/contract/cases.json")).unwrap();
    assert!(cases.len() > 30);
    for case in cases {
        let found = compare_contracts(&case.old, &case.new);
        assert_eq!(found.compatibility.as_str(), case.compatibility, "{}: {:?}", case.story, found.because);
        assert_eq!(found.because.count, case.because, "{}: {:?}", case.story, found.because);
        // Seen from the other side, backward is forward.
        let back = compare_contracts(&case.new, &case.old).compatibility;
        let mirrored = match found.compatibility {
            Compatibility::Backward => Compatibility::Forward,
            Compatibility::Forward => Compatibility::Backward,
            other => other,
        };
        assert_eq!(back, mirrored, "{}", case.story);
    }
}

#[test]
fn hostile_words_stay_words_and_long_lists_are_cut_with_a_count() {
    let evil = "x|y `z` @octocat <img src=q>\u{202e}#1";
    let mut shelf = IndexHandle::default();
    let mut many: Vec<FileEntry> =
        (0..1000).map(|n| file(&format!("f{n:04}"), &n.to_string(), 1, FileClass::Data)).collect();
    many[0].class = FileClass::Code;
    let mut old = manifest(vec![file("m", "m", 1, FileClass::Data)]);
    old.tensors = (0..1000).map(|n| tensor(&format!("t{n:04}{evil}"), None, evil, &[n])).collect();
    let contract =
        Contract { outputs: (0..300).map(|n| field(&format!("{evil}{n}"), evil)).collect(), ..Contract::default() };
    let a = shelf.put(old, Some(contract), &[(evil, evil)], "");
    let b = shelf.put(manifest(many), Some(Contract::default()), &[], "");
    shelf.measure(&a, "evaluation", 0, Some(evil), &[(evil, 0.5, Direction::Higher)]);
    let diff = shelf.diff(&a, &b).unwrap();
    assert_eq!(
        (diff.tensors.removed.count, diff.tensors.removed.items.len(), diff.tensors.removed.more),
        (1000, 200, 800)
    );
    let text = to_markdown(&diff);
    assert!(text.contains("…and 951 more files"), "{text}");
    assert!(!text.contains("@octocat") && !text.contains("<img") && !text.contains('\u{202e}') && !text.contains("#1"));
    assert!(text.contains(&escape_markdown(evil)));
    let html: Vec<String> = pulldown_cmark::Parser::new_ext(&text, pulldown_cmark::Options::ENABLE_TABLES)
        .filter_map(|event| match event {
            pulldown_cmark::Event::Html(inline_html) | pulldown_cmark::Event::InlineHtml(inline_html) => {
                Some(inline_html.trim().to_owned())
            }
            pulldown_cmark::Event::Start(pulldown_cmark::Tag::Link { .. } | pulldown_cmark::Tag::Image { .. }) => {
                Some("a link".to_owned())
            }
            _ => None,
        })
        .collect();
    let folds: Vec<_> = html.iter().filter(|it| it.as_str() != "</details>").map(String::as_str).collect();
    let fold = |what: &str| format!("<details><summary>{what}</summary>");
    assert_eq!(folds, [fold("Tensors: 1000 of 1000 differ"), fold("Files: 1001 of 1001 changed")]);
    assert!(text.len() < 60_000 && serde_json::to_string(&diff).unwrap().len() < 400_000);
}

#[test]
fn a_contract_as_large_as_one_may_be_is_compared_at_once() {
    let many = |from: usize| Contract {
        inputs: (from..from + 100_000).map(|n| field(&format!("x{n}"), "string")).collect(),
        ..Contract::default()
    };
    let found = compare_contracts(&many(0), &many(50_000));
    assert_eq!((found.because.count, found.because.items.len()), (100_000, 200));
}

#[test]
fn the_value_has_the_same_fields_in_every_language() {
    let mut shelf = IndexHandle::default();
    let (mut a, mut b) = (plain(&mut shelf, "a"), plain(&mut shelf, "b"));
    a.version = Some((ModelName::parse("sentiment").unwrap(), 3));
    b.version = Some((ModelName::parse("tone").unwrap(), 1));
    let diff = shelf.diff(&a, &b).unwrap();
    assert_eq!(
        (diff.old.as_ref().unwrap().name(&diff.new), diff.new.name(&diff.new)),
        ("sentiment/3".to_owned(), "1".to_owned())
    );
    let json = serde_json::to_value(&diff).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&json),
        [
            "identical",
            "old",
            "new",
            "metrics",
            "contract",
            "tensors",
            "files",
            "classes",
            "findings",
            "lineage",
            "card"
        ]
    );
    assert_eq!(keys(&json["old"]), ["artifact", "model", "version", "type", "format"]);
    assert_eq!(keys(&json["contract"]), ["compatibility", "because", "source"]);
    assert_eq!(json["contract"]["because"]["items"][0], "neither version states its inputs and outputs");
    assert_eq!(json["files"]["changed"]["items"][0]["new"]["class"], "data");
}

fn said(line: refmark_render::doc::Line) -> String {
    let page = refmark_render::doc::Page(vec![refmark_render::doc::Block::Lines(vec![line])]);
    page.markdown(usize::MAX)
}
