//! What the records themselves answer, read slowly and without an index, held against what the index answers.

use std::collections::BTreeMap;

use super::steps::*;
use super::*;

impl Bench {
    /// Where every file took effect, by a walk from the first commit.
    pub(crate) fn landings(&self) -> BTreeMap<String, Oid> {
        let mut verifier = Verifier::from_the_start(self.registry.repo(), self.registry.head().unwrap(), None).unwrap();
        let mut found = BTreeMap::new();
        verifier
            .run(|verdict| {
                for path in verdict.effects.iter().flat_map(|it| it.files.keys()) {
                    found.insert(path.clone(), verdict.commit);
                }
                Ok(())
            })
            .unwrap();
        found
    }

    /// Every answer of the index against that of the records.
    pub(crate) fn compare(&self) {
        let view = self.registry.view().unwrap();
        let facts = view.facts().unwrap();
        let landings = self.landings();
        assert_eq!(self.registry.indexed(&view, |_| Ok(())).unwrap(), Some(()), "the index is not used");
        for (path, commit) in &landings {
            let found = view.landed(path).unwrap().map(|it| it.commit);
            assert_eq!(found, Some(*commit), "{path}");
        }
        assert_eq!(self.registry.read().list_models(&view).unwrap(), models_of(facts).unwrap());
        for name in facts.models().unwrap() {
            let slow = versions_of(facts, &name).unwrap();
            let fast = self.registry.indexed(&view, |index| index.versions(&name)).unwrap().unwrap();
            assert_eq!(fast, slow);
        }
        let models = self.registry.indexed(&view, |index| index.model_details()).unwrap().unwrap();
        assert_eq!(models, model_details(facts).unwrap());
        for request in detail_requests(&models) {
            let fast = self.registry.indexed(&view, |index| index.version_details(&request)).unwrap().unwrap();
            assert_eq!(fast, version_details(facts, &request).unwrap(), "{request:?}");
        }
        let mut fast = self.registry.read().log(&view, None, None).map(|it| it.moves).unwrap();
        let mut slow = self.slow_moves(facts, &landings);
        fast.sort_by_key(|it| (it.model.clone(), it.alias.clone(), it.sequence));
        slow.sort_by_key(|it| (it.model.clone(), it.alias.clone(), it.sequence));
        assert_eq!(fast, slow);
        let all = artifacts(facts).unwrap();
        let listed = self.registry.indexed(&view, |index| index.artifacts()).unwrap().unwrap();
        assert_eq!(listed.iter().map(|it| it.0).collect::<Vec<_>>(), all);
        for (artifact, trust) in listed {
            assert_eq!(trust, facts.trust(&artifact).unwrap().0);
            let fast = self
                .registry
                .indexed(&view, |index| Ok((index.versions_of(&artifact)?, index.holders_of(&artifact)?)))
                .unwrap();
            assert_eq!(fast.unwrap(), holders(facts, artifact).unwrap());
        }
        let basis = view.basis().unwrap();
        let corpus = Corpus::of(&basis).unwrap();
        for request in requests() {
            self.compare_search(&view, &landings, &request);
            // The browser has no index: the same versions in the same order, for the same reasons.
            let found = self.registry.read().search(&view, &request).unwrap().found;
            assert_eq!(corpus.search(&basis, &request).unwrap().found, found, "{request:?}");
        }
    }

    pub(crate) fn slow_moves(&self, facts: StateReader<'_>, landings: &BTreeMap<String, Oid>) -> Vec<MoveRow> {
        let mut rows = Vec::new();
        for model in facts.models().unwrap() {
            for alias in facts.aliases(&model).unwrap() {
                for it in facts.alias_moves(&model, &alias).unwrap() {
                    let commit = landings[&Place::Alias(model.clone(), alias.clone(), it.sequence).path()];
                    rows.push(MoveRow {
                        model: model.clone(),
                        alias: alias.clone(),
                        sequence: it.sequence,
                        from: it.from,
                        to: it.to,
                        by: it.by.clone(),
                        time: it.time,
                        reason: it.reason.clone(),
                        commit: Some(commit),
                        landed: Some(self.registry.repo().commit(commit).unwrap().time),
                    });
                }
            }
        }
        rows
    }

    pub(crate) fn compare_search(&self, view: &View<'_>, landings: &BTreeMap<String, Oid>, request: &SearchRequest) {
        let facts = view.facts().unwrap();
        let mut slow = Vec::new();
        for name in facts.models().unwrap() {
            for row in versions_of(facts, &name).unwrap() {
                if fits(facts, &row, request) {
                    slow.push((name.clone(), row.version));
                }
            }
        }
        let found = self.registry.read().search(view, request).unwrap().found;
        let mut fast = Vec::new();
        for row in &found {
            fast.push((row.version.model.clone(), row.version.version));
            let path = Place::Version(row.version.model.clone(), row.version.version).path();
            assert_eq!(row.commit, Some(landings[&path]));
            let asked = request.text.is_some() || request.capability.is_some() || !request.tags.is_empty();
            assert!(!asked || !row.matched.is_empty(), "{request:?} {row:?}");
        }
        fast.sort();
        slow.sort();
        assert_eq!(fast, slow, "{request:?}");
    }
}

fn detail_requests(models: &[ModelDetail]) -> Vec<DetailRequest> {
    let tagged = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
    let mut all = vec![
        DetailRequest::default(),
        DetailRequest { newest_of_stages: true, ..DetailRequest::default() },
        DetailRequest { tags: tagged("run", "r1"), ..DetailRequest::default() },
    ];
    for it in models {
        all.push(DetailRequest::of(&it.model));
        all.push(DetailRequest { tags: tagged("run", "r1"), ..DetailRequest::of(&it.model) });
        all.push(DetailRequest { newest_of_stages: true, ..DetailRequest::of(&it.model) });
    }
    all
}

fn requests() -> Vec<SearchRequest> {
    let with = |edit: &dyn Fn(&mut SearchRequest)| {
        let mut request = SearchRequest { limit: 10_000, ..SearchRequest::default() };
        edit(&mut request);
        request
    };
    let text = |text: &str| with(&|it| it.text = Some(text.to_owned()));
    vec![
        with(&|_| ()),
        with(&|it| it.hidden = true),
        text("sentiment"),
        text("tagg"),
        text("corpus0"),
        text("tag words"),
        text("labelled"),
        text("reviews"),
        text("r2"),
        text("nothing has this"),
        text("\" OR * ("),
        with(&|it| it.capability = Some("classify".to_owned())),
        with(&|it| it.stage = Some(Stage::Production)),
        with(&|it| it.trust = Some(TrustState::Revoked)),
        with(&|it| it.tags = vec![TagFilter { key: "team".to_owned(), value: Some("t1".to_owned()) }]),
        with(&|it| it.tags = vec![TagFilter { key: "run".to_owned(), value: None }]),
        with(&|it| {
            it.metrics = vec![MetricBound { name: "f1".to_owned(), comparison: Comparison::AtLeast, value: 0.5 }];
            it.text = Some("sentiment".to_owned());
        }),
    ]
}

/// Whether a version fits, by the records alone.
fn fits(facts: StateReader<'_>, row: &crate::VersionRow, request: &SearchRequest) -> bool {
    let about = facts.about(&row.model).unwrap();
    let label = facts.label(&row.model, row.version).unwrap();
    let manifest = facts.manifest(&row.artifact).unwrap().unwrap();
    let hidden = about.as_ref().is_some_and(|it| it.hidden) || label.as_ref().is_some_and(|it| it.hidden);
    let mut tags: Vec<(String, String)> = Vec::new();
    tags.extend(about.iter().flat_map(|it| it.tags.iter()).map(|(k, v)| (k.to_owned(), v.clone())));
    tags.extend(label.iter().flat_map(|it| it.tags.iter()).map(|(k, v)| (k.to_owned(), v.clone())));
    let evidence = facts.evidence(&row.artifact).unwrap();
    let number = |name: &str| {
        let claimed = manifest.metrics.get(name).and_then(|it| it.number());
        let measured = evidence.iter().filter_map(|it| it.metrics.get(name)?.value.number());
        claimed.into_iter().chain(measured).collect::<Vec<f64>>()
    };
    let words = request.words();
    let of = |texts: Vec<String>| {
        let text = texts.join(" ").to_lowercase();
        let have: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        words.iter().all(|word| have.iter().any(|it| it.starts_with(word.as_str())))
    };
    let tag_text = |tags: &FreeMap<String>| tags.iter().map(|(k, v)| format!("{k} {v}")).collect::<Vec<_>>().join(" ");
    let card = facts.document(&row.artifact, refmark_records::layout::Document::ModelCard).unwrap();
    let own = vec![
        row.model.to_string(),
        label.as_ref().and_then(|it| it.description.clone()).unwrap_or_default(),
        label.as_ref().map(|it| tag_text(&it.tags)).unwrap_or_default(),
        manifest.artifact_type.to_string(),
        manifest.format.clone(),
        manifest.capabilities.join(" "),
        card.map(|it| String::from_utf8(it).unwrap()).unwrap_or_default(),
    ];
    let of_model = vec![
        row.model.to_string(),
        about.as_ref().and_then(|it| it.description.clone()).unwrap_or_default(),
        about.as_ref().and_then(|it| it.owner.clone()).unwrap_or_default(),
        about.as_ref().map(|it| tag_text(&it.tags)).unwrap_or_default(),
    ];
    let nothing_asked = request.text.as_deref().is_none_or(str::is_empty);
    let by_text = nothing_asked || (!words.is_empty() && (of(own) || of(of_model)));
    by_text
        && (request.hidden || !hidden)
        && request.capability.as_ref().is_none_or(|it| manifest.capabilities.contains(it))
        && request.stage.is_none_or(|it| row.stage == it)
        && request.trust.is_none_or(|it| row.trust == it)
        && request
            .tags
            .iter()
            .all(|it| tags.iter().any(|(k, v)| *k == it.key && it.value.as_ref().is_none_or(|value| value == v)))
        && request.metrics.iter().all(|it| number(&it.name).iter().any(|have| *have >= it.value))
}
