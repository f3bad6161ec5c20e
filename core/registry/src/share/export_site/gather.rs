//! What a site shows: the branches, and the listing of what has taken effect.

use crate::registry::Sharing;
use crate::view::View;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::snapshot::History;
use refmark_engine::state_reader::StateReader;
use refmark_query::index::ModelRow;
use refmark_query::site::{Listing, Site};
use refmark_records::layout::Place;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

impl Sharing<'_> {
    /// The registry's branch and those of open proposals: the branches that share its root and are not merged. Of a
    /// project's own branches none is taken.
    pub(crate) fn site_refs(&self, head: Oid) -> Result<BTreeMap<String, Oid>> {
        let mut refs = BTreeMap::from([(format!("refs/heads/{}", self.registry.branch), head)]);
        let root = self.root_file(head)?;
        for name in self.registry.repo.branches()? {
            let Some(tip) = self.registry.repo.head(&name)?.filter(|_| name != self.registry.branch) else { continue };
            let ours = self.root_file(tip)? == root;
            if ours && self.registry.repo.merge_base(head, tip)?.is_some_and(|base| base != tip) {
                refs.insert(format!("refs/heads/{name}"), tip);
            }
        }
        Ok(refs)
    }

    fn root_file(&self, commit: Oid) -> Result<Option<Oid>> {
        Ok(self.registry.repo.snapshot(commit)?.find(&Place::Root(1).path())?.map(|it| it.oid))
    }

    /// An error unless this registry goes on where the site stands.
    pub(crate) fn check_follows(&self, before: Option<&Site>, head: Oid) -> Result<()> {
        let Some(site) = before else { return Ok(()) };
        let known = self.registry.repo.commit(site.head).is_ok()
            && self.registry.repo.on_first_parent_chain(head, site.head)?;
        if known {
            return Ok(());
        }
        Err(Error::new(
            Code::HistoryRewritten,
            format!("the site shows commit {}, and that is not behind {} here", site.head.short(), head.short()),
        )
        .hint("fetch first if this copy is behind; if history was rewritten, export to a new folder")
        .field("site", site.head)
        .field("head", head))
    }

    /// Models and versions, as lists show them.
    pub(crate) fn listing(&self, view: &View<'_>) -> Result<Listing> {
        let mut models = self.registry.read().list_models(view)?;
        models.sort_by(|a, b| a.model.as_str().cmp(b.model.as_str()));
        let mut listing = Listing::new(view.head);
        for model in models {
            self.registry.world.cancel.check()?;
            let versions = self.registry.read().list_versions(view, &model.model)?;
            let moved = moved_last(view.facts()?, &model)?;
            listing.add(model, versions, moved);
        }
        Ok(listing)
    }
}

/// When an alias of a model moved last.
fn moved_last(facts: StateReader<'_>, model: &ModelRow) -> Result<Option<Timestamp>> {
    let mut last = None;
    for alias in facts.aliases(&model.model)? {
        last = last.max(facts.alias(&model.model, &alias)?.map(|it| it.time));
    }
    Ok(last)
}
