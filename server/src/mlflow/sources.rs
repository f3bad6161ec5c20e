//! Where the files of a new version come from: what the caller put here, or another version of this registry. The service reads no
//! path of its own machine that a client names, and asks no other server.

use refmark_core::engine::plan::LabelRequest;
use refmark_core::types::digest::Digest;
use refmark_core::types::name::ModelName;
use refmark_core::types::reference::Reference;
use refmark_core::{ModelDetail, Package, PullRequest, View};
use serde_json::json;

use super::call::Call;
use super::entities::{self, now_ms, times};
use super::failure::{Failure, Result};
use super::{checks, names};

const ARTIFACTS: &str = "/api/2.0/mlflow-artifacts/artifacts/";

/// Files that the service can read.
enum Source {
    /// What the caller put here, by its path.
    Upload(String),
    /// A version.
    Version(ModelName, u64),
}

/// The digest of all that a request asks for.
pub fn asked(call: &Call<'_>, model: &ModelDetail, source: &str) -> Result<Digest> {
    let fields = ["run_id", "run_link", "description", "model_id"];
    let said: Vec<Option<String>> = fields.iter().map(|name| call.said.text(name)).collect::<Result<_>>()?;
    let asked = json!([call.caller.name, model.model.as_str(), source, said, call.said.tags()?]);
    Ok(Digest::of(asked.to_string().as_bytes()))
}

/// Registers the files as the model's next version, and gives its number.
pub fn register(
    call: &Call<'_>,
    view: &View<'_>,
    model: &ModelDetail,
    source: &str,
    tags: Vec<(String, String)>,
) -> Result<u64> {
    let signer = call.signer()?;
    let writer = call.registry()?.write(signer).on_behalf_of(&call.caller.name);
    let found = find(call, view, source)?;
    let folder = tempfile(call)?;
    let path = match &found {
        Source::Upload(path) => call.service.uploads.taken(&call.caller.name, path)?,
        Source::Version(model, version) => {
            let reference = Reference::Version(model.clone(), *version);
            let into = folder.join("files");
            call.registry()?.read().pull(&reference, &into, &PullRequest::default())?;
            into
        }
    };
    let mut package = Package::new(model.model.clone(), vec![path])?;
    package.description = call.said.text("description")?.filter(|text| !text.is_empty());
    let said = [
        (entities::RUN_ID, call.said.text("run_id")?),
        (entities::RUN_LINK, call.said.text("run_link")?),
        (entities::SOURCE, Some(source.to_owned())),
        (entities::MODEL_ID, call.said.text("model_id")?),
        (entities::CREATED, Some(now_ms().to_string())),
        (entities::REQUEST, Some(request_id()?)),
    ];
    for (key, value) in said {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            package.lineage.insert(key.to_owned(), value);
        }
    }
    let made = writer.register(&package);
    let _ = std::fs::remove_dir_all(&folder);
    let made = made?;
    if let Source::Upload(path) = &found {
        call.service.uploads.forget(&call.caller.name, path);
    }
    if !tags.is_empty() {
        let mut tags = tags;
        tags.push(times(None, now_ms(), None));
        writer.label(&model.model, made.version, &LabelRequest { tags, ..LabelRequest::default() })?;
    }
    Ok(made.version)
}

/// Makes each version an artifact of its own.
fn request_id() -> Result<String> {
    let mut random = [0u8; 16];
    getrandom::fill(&mut random).map_err(|_| Failure::internal("the system gives no random bytes"))?;
    Ok(refmark_core::types::digest::encode_hex(&random))
}

/// An empty folder that is removed afterwards.
fn tempfile(call: &Call<'_>) -> Result<std::path::PathBuf> {
    let folder = call.service.uploads.scratch(&request_id()?);
    std::fs::create_dir_all(&folder).map_err(|error| Failure::disk(&error))?;
    Ok(folder)
}

fn find(call: &Call<'_>, view: &View<'_>, source: &str) -> Result<Source> {
    if let Some(named) = source.strip_prefix("models:") {
        return of_models(call, view, named.trim_start_matches('/'));
    }
    let path = match source.split_once(ARTIFACTS) {
        Some((_, path)) => Some(path),
        None => source.strip_prefix("mlflow-artifacts:").map(below_host),
    };
    let path = path.map(|path| path.trim_matches('/'));
    match path.and_then(|path| path.split_once('/')) {
        Some(("uploads", rest)) => Ok(Source::Upload(rest.to_owned())),
        Some(("models", rest)) => {
            let (model, number) = rest.split_once('/').unwrap_or((rest, ""));
            of_models(call, view, &format!("{}/{number}", names::shown(&names::shown(model))))
        }
        _ => Err(Failure::parameter(format!(
            "Invalid model version source: '{source}'. The service reads no files of its own machine and asks no other server: put \
             the files to {}{ARTIFACTS}uploads/ANY-NAME (mlflow.artifacts, or any PUT), and name that as the source.",
            call.base
        ))),
    }
}

/// The path of `mlflow-artifacts:/path` and of `mlflow-artifacts://host/path`.
fn below_host(rest: &str) -> &str {
    match rest.strip_prefix("//") {
        Some(with_host) => with_host.split_once('/').map_or("", |(_, path)| path),
        None => rest,
    }
}

/// `NAME/VERSION` or `NAME@ALIAS`.
fn of_models(call: &Call<'_>, view: &View<'_>, named: &str) -> Result<Source> {
    let wrong = || Failure::parameter(format!("Not a proper models:/ URI: models:/{named}"));
    if let Some((name, number)) = named.split_once('/') {
        let version = call.version_of(view, call.found(view, name)?.as_ref(), name, checks::version(number)?)?;
        return Ok(Source::Version(version.model, version.version));
    }
    let (name, alias) = named.rsplit_once('@').ok_or_else(wrong)?;
    let model = call.model_named(view, name)?;
    let here = names::alias_here(alias);
    let held = model.aliases.iter().find(|(known, _)| known.as_str() == here);
    let none = || Failure::missing(format!("Registered model alias {alias} not found."));
    let (_, number) = held.ok_or_else(none)?;
    Ok(Source::Version(model.model.clone(), *number))
}
