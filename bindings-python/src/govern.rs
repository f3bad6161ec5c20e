//! Who may do what, what vouches for the registry, and the catalog of ids: changing them.

use std::path::PathBuf;

use pyo3::prelude::*;
use refmark_core::engine::plan::{EntryChange, EntryRequest};
use refmark_core::engine::policy::{Preset, TeamMember};
use refmark_core::records::catalog::{ArtifactRules, EntryState};
use refmark_core::records::policy::{MemberKind, Owners};
use refmark_core::types::canonical::FreeJson;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::{EntryId, PrincipalId, Role};
use refmark_core::{DistrustRequest, MemberChange, MembersRequest, Pinning, PolicyRequest, PolicySource, keys_of_text};

use crate::convert::answer;
use crate::errors::OrRaise;
use crate::progress::quick;
use crate::registry::PyRegistry;
use crate::values::family;
use refmark_core::store::fs::input::document;

/// A change of members, as Python hands it over: which fields mean something depends on what is asked for.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Change {
    what: String,
    id: Option<String>,
    name: Option<String>,
    agent: bool,
    roles: Vec<String>,
    keys: Vec<String>,
    models: Option<String>,
    members: Vec<String>,
}

impl Change {
    fn changes(self) -> Result<Vec<MemberChange>> {
        let id = |text: &Option<String>| PrincipalId::parse(text.as_deref().unwrap_or_default());
        let roles = self.roles.iter().map(|role| Role::parse(role)).collect::<Result<Vec<_>>>()?;
        let mut keys = Vec::new();
        for text in &self.keys {
            keys.extend(keys_of_text(text)?.0);
        }
        Ok(match self.what.as_str() {
            "add" => {
                let kind = if self.agent { MemberKind::Agent } else { MemberKind::Person };
                vec![MemberChange::Add(TeamMember { id: id(&self.id)?, kind, name: self.name, roles, keys })]
            }
            "set" => {
                let id = id(&self.id)?;
                let roles = (!roles.is_empty()).then(|| MemberChange::Roles(id.clone(), roles));
                let keys = (!keys.is_empty()).then_some(MemberChange::Keys(id, keys));
                roles.into_iter().chain(keys).collect()
            }
            "remove" => vec![MemberChange::Remove(id(&self.id)?)],
            "own" => {
                let members = self.members.iter().map(|id| PrincipalId::parse(id)).collect::<Result<_>>()?;
                let models = self.models.into_iter().collect();
                vec![MemberChange::Own(Owners { name: self.name, models, members })]
            }
            other => return Err(Error::new(Code::BadArgument, format!("`{other}` is no change of members"))),
        })
    }
}

/// An entry of the catalog, as Python hands it over.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Entry {
    owner: Option<String>,
    meaning: Option<String>,
    kind: Option<String>,
    schema: Option<String>,
    docs: Option<String>,
    status_page: Option<String>,
    retention_days: Option<u64>,
    billable: Option<bool>,
    never_trusted: bool,
    never_promoted: bool,
    needs: Vec<String>,
    template: Option<String>,
}

impl Entry {
    fn schema(&self) -> Result<Option<FreeJson>> {
        self.schema.as_deref().map(|text| document(text, "the schema", Code::BadArgument)).transpose()
    }

    fn artifacts(&self) -> Result<Option<ArtifactRules>> {
        let rules = ArtifactRules {
            never_trusted: self.never_trusted,
            never_promoted: self.never_promoted,
            evidence: self.needs.iter().map(|id| EntryId::parse(id)).collect::<Result<_>>()?,
        };
        Ok(Some(rules).filter(|rules| !rules.is_empty()))
    }

    fn request(self, of: &str, id: &str) -> Result<EntryRequest> {
        Ok(EntryRequest {
            family: family(of)?,
            id: EntryId::parse(id)?,
            schema: self.schema()?.unwrap_or_default(),
            artifacts: self.artifacts()?.unwrap_or_default(),
            owner: self.owner,
            meaning: self.meaning.unwrap_or_default(),
            entry_kind: self.kind.unwrap_or_else(|| "custom".to_owned()),
            docs: self.docs,
            status_page: self.status_page,
            retention_days: self.retention_days,
            billable: self.billable.unwrap_or_default(),
            template: self.template,
        })
    }

    fn change(self) -> Result<EntryChange> {
        Ok(EntryChange {
            schema: self.schema()?,
            artifacts: self.artifacts()?,
            owner: self.owner,
            docs: self.docs,
            status_page: self.status_page,
            retention_days: self.retention_days,
            billable: self.billable,
            template: self.template,
        })
    }
}

#[pymethods]
impl PyRegistry {
    #[pyo3(signature = (change, reason))]
    fn members_change(&self, py: Python<'_>, change: Change, reason: Option<String>) -> PyResult<Py<PyAny>> {
        let request = MembersRequest { changes: change.changes().or_raise(py)?, reason, out: None };
        self.change(py, None, |writer| writer.govern().members_change(&request))
    }

    #[pyo3(signature = (preset, text, reason))]
    fn policy_apply(
        &self,
        py: Python<'_>,
        preset: Option<&str>,
        text: Option<String>,
        reason: String,
    ) -> PyResult<Py<PyAny>> {
        let source = match (preset, text) {
            (Some(preset), None) => PolicySource::Preset(Preset::parse(preset).or_raise(py)?),
            (None, Some(text)) => PolicySource::Text(text),
            _ => {
                return Err(Error::new(Code::BadArgument, "give either text or preset, the policy that shall apply"))
                    .or_raise(py);
            }
        };
        let request = PolicyRequest { source, reason, out: None };
        self.change(py, None, |writer| writer.govern().policy_apply(&request))
    }

    #[pyo3(signature = (text))]
    fn policy_check(&self, py: Python<'_>, text: Option<&str>) -> PyResult<Py<PyAny>> {
        answer(py, &quick(py, || self.shared.govern().policy_check(&self.shared.read().view()?, text))?)
    }

    fn trust(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        answer(py, &quick(py, || self.shared.govern().trust())?)
    }

    /// Pins a root for this user; without one, whatever root the registry has.
    #[pyo3(signature = (root))]
    fn trust_pin(&self, py: Python<'_>, root: Option<PathBuf>) -> PyResult<Py<PyAny>> {
        let pinned = quick(py, || match root.map(Pinning::read).transpose()? {
            Some(Pinning::Root(root)) => self.shared.govern().pin_root(root),
            _ => self.shared.govern().pin_on_first_use(),
        })?;
        answer(py, &pinned)
    }

    fn trust_distrust(&self, py: Python<'_>, key: String, since: String, reason: String) -> PyResult<Py<PyAny>> {
        let request = DistrustRequest { key, since, reason, out: None };
        self.change(py, None, |writer| writer.govern().distrust(&request))
    }

    fn allowed_signers(&self, py: Python<'_>) -> PyResult<String> {
        quick(py, || self.shared.govern().allowed_signers(&self.shared.read().view()?))
    }

    fn catalog_show(&self, py: Python<'_>, of: &str, id: &str) -> PyResult<Py<PyAny>> {
        let found = quick(py, || {
            let read = self.shared.read();
            read.catalog_show(&read.view()?, family(of)?, &EntryId::parse(id)?)
        })?;
        answer(py, &found)
    }

    fn catalog_add(&self, py: Python<'_>, of: &str, id: &str, entry: Entry) -> PyResult<Py<PyAny>> {
        let request = entry.request(of, id).or_raise(py)?;
        self.change(py, None, |writer| writer.catalog_add(&request))
    }

    fn catalog_change(&self, py: Python<'_>, of: &str, id: &str, entry: Entry, force: bool) -> PyResult<Py<PyAny>> {
        let (of, id) = (family(of).or_raise(py)?, EntryId::parse(id).or_raise(py)?);
        let change = entry.change().or_raise(py)?;
        self.change(py, None, |writer| writer.catalog_change(of, &id, &change, force))
    }

    /// What of the records that stand would break a changed schema; nothing is written.
    fn catalog_migration(&self, py: Python<'_>, of: &str, id: &str, entry: Entry) -> PyResult<Py<PyAny>> {
        let change = entry.change().or_raise(py)?;
        let found = quick(py, || {
            let read = self.shared.read();
            read.catalog_migration(&read.view()?, (family(of)?, &EntryId::parse(id)?), &change)
        })?;
        answer(py, &found)
    }

    fn catalog_state(&self, py: Python<'_>, of: &str, id: &str, state: &str) -> PyResult<Py<PyAny>> {
        let (of, id) = (family(of).or_raise(py)?, EntryId::parse(id).or_raise(py)?);
        let state = entry_state(state).or_raise(py)?;
        self.change(py, None, |writer| writer.catalog_state(of, &id, state))
    }
}

fn entry_state(text: &str) -> Result<EntryState> {
    let all = [EntryState::Active, EntryState::Deprecated, EntryState::Disabled];
    all.into_iter().find(|state| state.as_str() == text).ok_or_else(|| {
        Error::new(Code::BadArgument, format!("`{}` is no state of an entry", text.escape_debug()))
            .hint("they are active, deprecated and disabled")
    })
}
