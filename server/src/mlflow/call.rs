//! A request of MLflow's, and finding in the registry what it names.

use refmark_core::engine::ports::signer::Signer;
use refmark_core::types::name::ModelName;
use refmark_core::{DetailRequest, ModelDetail, Registry, VersionDetail, View};

use super::failure::{Failure, Result};
use super::said::Said;
use super::{checks, names};
use crate::access::Caller;
use crate::service::Service;
use crate::shelves::library::Library;

/// A request, with what answers it.
pub struct Call<'s> {
    /// The service.
    pub service: &'s Service,
    /// Who asks.
    pub caller: &'s Caller,
    /// What is asked.
    pub said: Said,
    /// The service's own address, as the client spelled it: `http://host:port`.
    pub base: String,
}

impl<'s> Call<'s> {
    fn library(&self) -> Result<&'s Library> {
        let none = || {
            Failure::disabled("MLflow's protocol is of a registry beside the service's own: refmark serve -R REGISTRY")
        };
        self.service.library.as_ref().ok_or_else(none)
    }

    /// The registry that is handed out.
    pub fn registry(&self) -> Result<&'s Registry> {
        Ok(self.library()?.registry())
    }

    /// The key that the service signs with.
    pub fn signer(&self) -> Result<&'s dyn Signer> {
        let none = || {
            Failure::disabled(
                "this service reads the registry and has no key for it: REFMARK_KEY names the key of a member of its policy",
            )
        };
        self.library()?.signer().ok_or_else(none)
    }

    /// The reason that stands in records of what was done.
    pub fn reason(&self, what: &str) -> String {
        format!("{what} through MLflow on behalf of {}", self.caller.name.escape_debug())
    }

    /// The newest head.
    pub fn view(&self) -> Result<View<'s>> {
        let view = self.registry()?.read().view()?;
        view.check_tip()?;
        Ok(view)
    }

    /// The models that the caller may know of and that lists show.
    pub fn models(&self, view: &View<'_>) -> Result<Vec<ModelDetail>> {
        let all = self.registry()?.read().model_details(view)?;
        Ok(all.into_iter().filter(|model| !model.hidden && self.caller.sees(model.model.as_str())).collect())
    }

    /// The model of a name, hidden or not, if the caller may know of it.
    pub fn found(&self, view: &View<'_>, name: &str) -> Result<Option<ModelDetail>> {
        for spelling in names::spellings(name) {
            let Ok(model) = ModelName::parse(&spelling) else { continue };
            if let Some(found) = self.registry()?.read().model_detail(view, &model)? {
                return Ok(self.caller.sees(found.model.as_str()).then_some(found));
            }
        }
        Ok(None)
    }

    /// The model that the request names.
    pub fn model(&self, view: &View<'_>) -> Result<ModelDetail> {
        let name = self.said.text("name")?.unwrap_or_default();
        self.model_named(view, &name)
    }

    /// The model of a name.
    pub fn model_named(&self, view: &View<'_>, name: &str) -> Result<ModelDetail> {
        checks::model(name)?;
        let found = self.found(view, name)?.filter(|model| !model.hidden);
        found.ok_or_else(|| Failure::missing(format!("Registered Model with name={name} not found")))
    }

    /// The version that the request names.
    pub fn version(&self, view: &View<'_>) -> Result<VersionDetail> {
        let name = self.said.text("name")?.unwrap_or_default();
        let number = checks::version(&self.said.needed("version")?)?;
        checks::model(&name)?;
        let model = self.found(view, &name)?.filter(|model| !model.hidden);
        self.version_of(view, model.as_ref(), &name, number)
    }

    /// A version of a model by its number.
    pub fn version_of(
        &self,
        view: &View<'_>,
        model: Option<&ModelDetail>,
        name: &str,
        number: u64,
    ) -> Result<VersionDetail> {
        let found = match model {
            Some(model) if number > 0 => self.registry()?.read().version_detail(view, &model.model, number)?,
            _ => None,
        };
        let missing = || Failure::missing(format!("Model Version (name={name}, version={number}) not found"));
        found.filter(|version| !version.hidden).ok_or_else(missing)
    }

    /// The newest version of each stage of a model.
    pub fn newest(&self, view: &View<'_>, model: &ModelName) -> Result<Vec<VersionDetail>> {
        let request = DetailRequest { newest_of_stages: true, ..DetailRequest::of(model) };
        Ok(self.registry()?.read().version_details(view, &request)?)
    }
}
