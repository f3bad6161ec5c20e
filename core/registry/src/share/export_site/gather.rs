//! What a site shows: the branches, and the listing of what has taken effect.

use crate::registry::Sharing;
use crate::view::View;
use refmark_engine::effective::Objects;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::rules::signed_by_a_member;
use refmark_engine::snapshot::{History, Mode};
use refmark_engine::verify::is_unjudgeable;
use refmark_query::answer::detail;
use refmark_query::site::{Listing, Site};
use refmark_records::layout::Place;
use refmark_records::policy::Policy;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use std::collections::BTreeMap;

impl Sharing<'_> {
    /// The registry's branch and those of open proposals: the branches that share its root, are not merged, and bring
    /// something that a member signed. Of a project's own branches, and of what strangers push, none is taken.
    pub(crate) fn site_refs(&self, head: Oid) -> Result<BTreeMap<String, Oid>> {
        let mut refs = BTreeMap::from([(format!("refs/heads/{}", self.registry.branch), head)]);
        let root = self.root_file(head)?;
        let mut view = None;
        for name in self.registry.repo.branches()? {
            let Some(tip) = self.registry.repo.head(&name)?.filter(|_| name != self.registry.branch) else { continue };
            // A branch that cannot be read stops nobody.
            let Ok(true) = self.root_file(tip).map(|file| file == root) else { continue };
            let Some(base) = self.registry.repo.merge_base(head, tip)?.filter(|base| *base != tip) else { continue };
            let view = match &view {
                Some(view) => view,
                None => view.insert(self.registry.view_of(head)?),
            };
            if self.is_by_a_member(view, base, tip)? {
                refs.insert(format!("refs/heads/{name}"), tip);
            }
        }
        Ok(refs)
    }

    /// Whether a branch brings a record that a member signed.
    fn is_by_a_member(&self, view: &View<'_>, base: Oid, tip: Oid) -> Result<bool> {
        let Some(policy) = view.facts()?.newest_policy()?.map(|(policy, _)| policy) else { return Ok(false) };
        let changes = match self.registry.repo.between(Some(base), tip) {
            Err(error) if is_unjudgeable(&error) => return Ok(false),
            other => other?,
        };
        let objects = view.state()?.shared_objects();
        for change in changes {
            let (Some(place), Some((Mode::File, oid))) = (Place::parse(&change.path), change.new) else { continue };
            let record = !matches!(place, Place::Document(..) | Place::PolicyText(_));
            if record && self.is_signed(&place, oid, &policy, view, &objects)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_signed(
        &self,
        place: &Place,
        oid: Oid,
        policy: &Policy,
        view: &View<'_>,
        objects: &Objects<'_>,
    ) -> Result<bool> {
        if !matches!(place, Place::Root(_) | Place::Policy(_)) {
            return signed_by_a_member(place, oid, policy, objects);
        }
        // Roots and policies are drafts of the root's own people until they have all their signatures.
        let Some(root) = view.facts()?.newest_root()? else { return Ok(false) };
        let Ok(record) = objects.record(oid) else { return Ok(false) };
        let keys = root.keyholders.iter().flat_map(|holder| &holder.keys);
        let mut signed = keys.flat_map(|key| record.signatures.iter().map(move |signature| (key, signature)));
        Ok(signed.any(|(key, it)| key.id() == it.keyid && it.verify(key, record.canonical()).is_ok()))
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
            let updated = detail::updated(view.facts()?, &model.model)?;
            listing.add(model, versions, updated);
        }
        Ok(listing)
    }
}
