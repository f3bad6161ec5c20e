//! `label`: description and tags of a version; tombstones; models without a version; a new name.

use crate::registry::Writer;
use serde::Serialize;

use crate::write::transaction::Written;
use refmark_engine::plan::{self, AboutRequest, LabelRequest};
use refmark_types::error::Result;
use refmark_types::name::{ModelName, PrincipalId};
use refmark_types::oid::Oid;

/// A change of words, not of what is live, that took effect.
#[derive(Debug, Clone, Serialize)]
pub struct LabelAnswer {
    /// The model.
    pub model: ModelName,
    /// The version, where one was labelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The commit.
    pub commit: Oid,
    /// Who.
    pub by: PrincipalId,
}

impl Writer<'_> {
    /// Sets description and tags of a version.
    pub fn label(&self, model: &ModelName, version: u64, request: &LabelRequest) -> Result<LabelAnswer> {
        let written = self.change(|view, author| plan::label(view.facts()?, author, model, version, request))?;
        Ok(labelled(model, Some(version), written))
    }

    /// Leaves a version out of lists, and closes the aliases that hold it. Its records and bytes stay.
    pub fn hide_version(&self, model: &ModelName, version: u64, reason: &str) -> Result<LabelAnswer> {
        let written = self.change(|view, author| plan::hide_version(view.facts()?, author, model, version, reason))?;
        Ok(labelled(model, Some(version), written))
    }

    /// Leaves a model and its versions out of lists, and closes its aliases. Its records and bytes stay.
    pub fn hide_model(&self, model: &ModelName, reason: &str) -> Result<LabelAnswer> {
        let written = self.change(|view, author| plan::hide_model(view.facts()?, author, model, None, reason))?;
        Ok(labelled(model, None, written))
    }

    /// Takes a model's name before it has a version, or lifts its tombstone. An error with code `exists` where it stands.
    pub fn announce(&self, model: &ModelName, request: &AboutRequest) -> Result<LabelAnswer> {
        let written = self.change(|view, author| plan::announce(view.facts()?, author, model, request))?;
        Ok(labelled(model, None, written))
    }

    /// Gives a model a new name: its versions keep their numbers, and the old name points at the new one.
    pub fn rename(&self, from: &ModelName, to: &ModelName) -> Result<LabelAnswer> {
        let written = self.change(|view, author| plan::rename(view.facts()?, author, from, to))?;
        Ok(labelled(to, None, written))
    }
}

pub(crate) fn labelled(model: &ModelName, version: Option<u64>, written: Written) -> LabelAnswer {
    LabelAnswer { model: model.clone(), version, commit: written.commit, by: written.by }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::tests::{key, model, registry};
    use crate::{DetailRequest, Package, Registry, ResolveOptions};
    use refmark_engine::plan::PromoteRequest;
    use refmark_types::error::Code;
    use refmark_types::name::AliasName;
    use refmark_types::reference::Reference;

    fn with_two_versions(home: &Path) -> (Registry, refmark_store::key::HeldKey) {
        let key = key(1);
        let registry = registry(home, &key);
        let writer = &key;
        for text in ["1", "2"] {
            let folder = home.join(text);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("config.json"), text).unwrap();
            registry.write(writer).register(&Package::new(model("sentiment"), vec![folder]).unwrap()).unwrap();
        }
        let alias = AliasName::parse("champion").unwrap();
        let request = PromoteRequest {
            model: model("sentiment"),
            alias,
            version: 2,
            reason: String::new(),
            expect: None,
            evidence: Vec::new(),
        };
        registry.write(writer).promote(&request).unwrap();
        (registry, key)
    }

    #[test]
    fn a_hidden_version_takes_its_aliases_along_and_can_still_be_resolved() {
        let home = tempfile::tempdir().unwrap();
        let (registry, key) = with_two_versions(home.path());
        registry.write(&key).hide_version(&model("sentiment"), 2, "a mistake").unwrap();
        let view = registry.view().unwrap();
        let details = registry.read().version_details(&view, &DetailRequest::of(&model("sentiment"))).unwrap();
        assert_eq!(details.iter().map(|it| it.hidden).collect::<Vec<_>>(), [false, true]);
        let champion = Reference::parse("sentiment@champion").unwrap();
        assert_eq!(registry.read().resolve(&champion, ResolveOptions::default()).unwrap_err().code, Code::NotFound);
        let second = Reference::parse("sentiment/2").unwrap();
        assert_eq!(registry.read().resolve(&second, ResolveOptions::default()).unwrap().version, Some(2));
        let again = registry.write(&key).hide_version(&model("sentiment"), 2, "").unwrap_err();
        assert_eq!(again.code, Code::NothingToDo);
    }

    #[test]
    fn a_label_keeps_what_a_request_leaves_out() {
        let home = tempfile::tempdir().unwrap();
        let (registry, key) = with_two_versions(home.path());
        let writer = &key;
        let tags = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let first = LabelRequest {
            description: Some("small".into()),
            tags: tags(&[("a", "1"), ("b", "2")]),
            ..LabelRequest::default()
        };
        registry.write(writer).label(&model("sentiment"), 1, &first).unwrap();
        let second = LabelRequest { tags: tags(&[("a", "3")]), untag: vec!["b".into()], ..LabelRequest::default() };
        registry.write(writer).label(&model("sentiment"), 1, &second).unwrap();
        let found = registry.read().version_detail(&registry.view().unwrap(), &model("sentiment"), 1).unwrap().unwrap();
        assert_eq!(found.description.as_deref(), Some("small"));
        assert_eq!(found.tags.iter().map(|(k, v)| (k, v.as_str())).collect::<Vec<_>>(), [("a", "3")]);
    }

    #[test]
    fn a_renamed_model_keeps_its_numbers_aliases_and_times() {
        let home = tempfile::tempdir().unwrap();
        let (registry, key) = with_two_versions(home.path());
        let writer = &key;
        let before = registry
            .read()
            .version_details(&registry.view().unwrap(), &DetailRequest::of(&model("sentiment")))
            .unwrap();
        registry.write(writer).rename(&model("sentiment"), &model("mood")).unwrap();
        let view = registry.view().unwrap();
        let after = registry.read().version_details(&view, &DetailRequest::of(&model("mood"))).unwrap();
        let facts = |rows: &[crate::VersionDetail]| {
            rows.iter().map(|it| (it.version, it.artifact, it.created)).collect::<Vec<_>>()
        };
        assert_eq!(facts(&before), facts(&after));
        let champion = Reference::parse("mood@champion").unwrap();
        assert_eq!(registry.read().resolve(&champion, ResolveOptions::default()).unwrap().version, Some(2));
        let old = registry.read().model_detail(&view, &model("sentiment")).unwrap().unwrap();
        assert_eq!((old.hidden, old.renamed_to, old.aliases.len()), (true, Some(model("mood")), 0));
    }

    #[test]
    fn a_rename_may_change_the_case_of_a_name_and_an_import_may_not() {
        let home = tempfile::tempdir().unwrap();
        let (registry, writer) = with_two_versions(home.path());
        std::fs::write(home.path().join("3"), "3").unwrap();
        let mut package = Package::new(model("Sentiment"), vec![home.path().join("3")]).unwrap();
        package.imported = Some(refmark_types::time::Timestamp::parse("2020-01-01T00:00:00Z").unwrap());
        let twin = registry.write(&writer).register(&package).unwrap_err();
        assert_eq!(twin.code, Code::BadName);

        registry.write(&writer).rename(&model("sentiment"), &model("Sentiment")).unwrap();
        let champion = Reference::parse("Sentiment@champion").unwrap();
        assert_eq!(registry.read().resolve(&champion, ResolveOptions::default()).unwrap().version, Some(2));
        // The name that was given up is no place for a third.
        package.model = model("SENTIMENT");
        assert_eq!(registry.write(&writer).register(&package).unwrap_err().code, Code::BadName);
    }

    #[test]
    fn a_name_that_was_given_up_is_taken_back_but_not_by_another_model() {
        let home = tempfile::tempdir().unwrap();
        let (registry, key) = with_two_versions(home.path());
        let writer = &key;
        registry.write(writer).rename(&model("sentiment"), &model("mood")).unwrap();
        let label = LabelRequest { description: Some("small".into()), ..LabelRequest::default() };
        registry.write(writer).label(&model("mood"), 2, &label).unwrap();
        std::fs::write(home.path().join("3"), "3").unwrap();
        registry.write(writer).register(&Package::new(model("mood"), vec![home.path().join("3")]).unwrap()).unwrap();
        registry.write(writer).register(&Package::new(model("other"), vec![home.path().join("3")]).unwrap()).unwrap();
        let other = registry.write(writer).rename(&model("other"), &model("sentiment")).unwrap_err();
        assert_eq!(other.code, Code::Exists);

        registry.write(writer).rename(&model("mood"), &model("sentiment")).unwrap();
        let view = registry.view().unwrap();
        let back = registry.read().version_details(&view, &DetailRequest::of(&model("sentiment"))).unwrap();
        let facts = back.iter().map(|it| (it.version, it.hidden, it.description.as_deref())).collect::<Vec<_>>();
        assert_eq!(facts, [(1, false, None), (2, false, Some("small")), (3, false, None)]);
        let found = registry.read().model_detail(&view, &model("sentiment")).unwrap().unwrap();
        assert_eq!((found.hidden, found.renamed_to, found.aliases.len()), (false, None, 1));
        let old = registry.read().model_detail(&view, &model("mood")).unwrap().unwrap();
        assert_eq!((old.hidden, old.renamed_to), (true, Some(model("sentiment"))));
    }

    #[test]
    fn a_model_is_announced_once_and_its_first_version_is_1() {
        let home = tempfile::tempdir().unwrap();
        let (registry, key) = with_two_versions(home.path());
        let writer = &key;
        let request = AboutRequest { owner: Some("nlp".into()), ..AboutRequest::default() };
        registry.write(writer).announce(&model("intent"), &request).unwrap();
        let again = registry.write(writer).announce(&model("intent"), &request).unwrap_err();
        assert_eq!(again.code, Code::Exists);
        let near = registry.write(writer).announce(&model("Intent"), &request).unwrap_err();
        assert_eq!(near.code, Code::BadName);
        let package = Package::new(model("intent"), vec![home.path().join("1")]).unwrap();
        assert_eq!(registry.write(writer).register(&package).unwrap().version, 1);
        let found = registry.read().model_detail(&registry.view().unwrap(), &model("intent")).unwrap().unwrap();
        assert_eq!((found.newest, found.owner.as_deref()), (1, Some("nlp")));
    }

    #[test]
    fn a_hidden_model_that_is_announced_again_begins_anew_after_its_last_version() {
        let home = tempfile::tempdir().unwrap();
        let (registry, key) = with_two_versions(home.path());
        let writer = &key;
        registry.write(writer).hide_model(&model("sentiment"), "gone").unwrap();
        registry.write(writer).announce(&model("sentiment"), &AboutRequest::default()).unwrap();
        let view = registry.view().unwrap();
        let found = registry.read().model_detail(&view, &model("sentiment")).unwrap().unwrap();
        assert_eq!((found.hidden, found.newest, found.aliases.len()), (false, 2, 0));
        assert!(
            registry
                .read()
                .version_details(&view, &DetailRequest::of(&model("sentiment")))
                .unwrap()
                .iter()
                .all(|it| it.hidden)
        );
    }
}
