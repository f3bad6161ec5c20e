//! Every answer, in one table: its path, what it takes, and the function of the core that gives it.

use refmark_core::query::answer::log::subject;
use refmark_core::query::index::{MetricBound, SearchRequest, TagFilter};
use refmark_core::query::request;
use refmark_core::types::digest::Digest;
use refmark_core::types::error::{Result, bug};
use refmark_core::types::name::ModelName;
use refmark_core::types::reference::{Reference, parse_version};
use refmark_core::{EventsRequest, ResolveOptions};
use serde::Serialize;
use serde_json::{Value, json};

use super::asked::Asked;

/// Of what an answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Of models that are named, or of those that the caller may know of.
    Models,
    /// Of everything.
    Registry,
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number from 0.
    Count,
    /// A whole number from 1.
    Number,
    /// The name of a model.
    Model,
    /// A version's number or release.
    Version,
    /// A version, a release, an alias or an artifact.
    Reference,
    /// A model or an alias.
    Subject,
    /// An alias.
    Alias,
    /// A time.
    Time,
    /// A commit.
    Commit,
    /// A SHA-256.
    Digest,
    /// A bound on a metric.
    Bound,
    /// A stage.
    Stage,
    /// A trust state.
    Trust,
    /// The order of rows.
    Order,
}

/// Something that a route takes in its query or path.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be there. What stands in the path always must.
    pub needed: bool,
}

/// An answer that can be asked for.
pub struct Route {
    /// The path, with `{names}`.
    pub path: &'static str,
    /// The command whose `--json` it is.
    pub about: &'static str,
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// Of what it tells.
    pub scope: Scope,
    /// Gives it. Blocks.
    pub answer: fn(&Asked<'_>) -> Result<Value>,
}

const fn maybe(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { name, about, kind, needed: false }
}

const fn needed(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { name, about, kind, needed: true }
}

const fn route(
    path: &'static str,
    about: &'static str,
    parameters: &'static [Parameter],
    scope: Scope,
    answer: fn(&Asked<'_>) -> Result<Value>,
) -> Route {
    Route { path, about, parameters, scope, answer }
}

const REFERENCE: &str = "MODEL/VERSION, MODEL/RELEASE, MODEL@ALIAS, or an artifact's whole id";
const MODEL: Parameter = needed("model", Kind::Model, "the name of a model");
const REF: Parameter = needed("ref", Kind::Reference, REFERENCE);

/// All of them.
pub const ROUTES: &[Route] = &[
    route("/api/v1/models", "The models: refmark list", &[], Scope::Models, models),
    route(
        "/api/v1/models/{model}",
        "The versions of a model, newest first: refmark list MODEL",
        &[MODEL, maybe("all", Kind::Flag, "hidden versions, too")],
        Scope::Models,
        versions,
    ),
    route(
        "/api/v1/models/{model}/{version}",
        "Everything that is known of a version: refmark show MODEL/VERSION",
        &[MODEL, needed("version", Kind::Version, "a version's number or release")],
        Scope::Models,
        |asked| shown(asked, &Reference::parse(&format!("{}/{}", asked.model("model")?, asked.needed("version")?))?),
    ),
    route("/api/v1/show", "Everything that is known of a version: refmark show", &[REF], Scope::Models, |asked| {
        shown(asked, &asked.reference("ref")?)
    }),
    route(
        "/api/v1/resolve",
        "What a reference means: refmark resolve",
        &[REF, maybe("at", Kind::Time, "at this time, in RFC 3339")],
        Scope::Models,
        resolved,
    ),
    route(
        "/api/v1/diff",
        "What differs between two versions: refmark diff",
        &[needed("old", Kind::Reference, REFERENCE), needed("new", Kind::Reference, REFERENCE)],
        Scope::Models,
        |asked| {
            let (old, new) = (asked.reference("old")?, asked.reference("new")?);
            value(&asked.registry.read().diff(&asked.view()?, &old, &new)?)
        },
    ),
    route("/api/v1/explain", "Why something is as it is: refmark explain", &[REF], Scope::Models, |asked| {
        value(&asked.registry.read().explain(&asked.view()?, &asked.reference("ref")?, None, None)?)
    }),
    route(
        "/api/v1/why_not",
        "Why an alias does not hold a version: refmark explain --why-not",
        &[needed("alias", Kind::Alias, "MODEL@ALIAS"), needed("version", Kind::Number, "the version's number")],
        Scope::Models,
        |asked| {
            let (alias, version) = (asked.reference("alias")?, parse_version(&asked.needed("version")?)?);
            value(&asked.registry.read().explain(&asked.view()?, &alias, Some(version), None)?)
        },
    ),
    route("/api/v1/report", "The dossier of a version: refmark report", &[REF], Scope::Models, |asked| {
        value(&asked.registry.read().report(&asked.view()?, &asked.reference("ref")?)?)
    }),
    route(
        "/api/v1/log",
        "The moves of aliases, newest first: refmark log",
        &[maybe("of", Kind::Subject, "MODEL or MODEL@ALIAS")],
        Scope::Registry,
        |asked| {
            let of = asked.text("of").map(|_| subject(&asked.reference("of")?)).transpose()?;
            let (model, alias) = of.as_ref().map_or((None, None), |it| (Some(&it.0), it.1.as_ref()));
            value(&asked.registry.read().log(&asked.view()?, model, alias)?)
        },
    ),
    route(
        "/api/v1/history",
        "Whatever took effect, of every kind, newest first: refmark log --all",
        &[
            maybe("of", Kind::Subject, "MODEL or MODEL@ALIAS"),
            maybe("since", Kind::Time, "since this time, in RFC 3339"),
        ],
        Scope::Registry,
        |asked| {
            let of = asked.text("of").map(|_| subject(&asked.reference("of")?)).transpose()?;
            let of = of.as_ref().map(|(model, alias)| (model, alias.as_ref()));
            let since = asked.time("since")?;
            value(&asked.registry.read().events(&asked.view()?, EventsRequest { of, since })?)
        },
    ),
    route(
        "/api/v1/events",
        "Whatever took effect, as CloudEvents, the oldest first: refmark events. With `Accept: text/event-stream` they are sent \
         as they land; `Last-Event-ID` goes on where a reader stopped",
        &[maybe("since", Kind::Commit, "only what came after this commit")],
        Scope::Registry,
        |asked| value(&asked.registry.read().cloud_events(asked.text("since").as_deref())?),
    ),
    route(
        "/api/v1/search",
        "Versions for which everything holds that is asked: refmark search",
        SEARCH,
        Scope::Registry,
        found,
    ),
    route("/api/v1/status", "Where the registry stands: refmark status", &[], Scope::Registry, |asked| {
        value(&asked.registry.read().status(None)?)
    }),
    route(
        "/api/v1/proposals",
        "Open proposals, and what each waits for: refmark proposals",
        &[],
        Scope::Registry,
        |asked| value(&asked.registry.read().proposals(&asked.view()?, None)?),
    ),
    route(
        "/api/v1/policy",
        "The policy in force, and what it allows: refmark policy show",
        &[maybe("number", Kind::Number, "another policy that took effect")],
        Scope::Registry,
        |asked| {
            let number = asked.text("number").map(|_| asked.number("number", 0)).transpose()?;
            value(&asked.registry.govern().policy_show(&asked.view()?, number.map(|it| it as u64))?)
        },
    ),
    route("/api/v1/members", "Who may do what: refmark members", &[], Scope::Registry, |asked| {
        value(&asked.registry.govern().members(&asked.view()?)?)
    }),
    route("/api/v1/trust", "The roots that took effect: refmark trust show", &[], Scope::Registry, |asked| {
        value(&asked.registry.govern().trust()?)
    }),
    route(
        "/api/v1/sunsets",
        "Retired versions, and until when each may be used: refmark sunset",
        &[],
        Scope::Registry,
        |asked| value(&asked.registry.read().sunset(&asked.view()?)?),
    ),
];

const SEARCH: &[Parameter] = &[
    maybe("text", Kind::Text, "words, each of which begins a word of names, descriptions, tags or cards"),
    maybe("model", Kind::Model, "only this model's versions"),
    maybe("stage", Kind::Stage, "the version's stage"),
    maybe("trust", Kind::Trust, "the artifact's trust state"),
    maybe("tag", Kind::Text, "NAME or NAME=VALUE"),
    maybe("metric", Kind::Bound, "a bound such as f1>=0.9"),
    maybe("file", Kind::Digest, "the SHA-256 of a file"),
    maybe("format", Kind::Text, "the format of the weights"),
    maybe("capability", Kind::Text, "a capability, as it was registered"),
    maybe("hidden", Kind::Flag, "versions that lists leave out, too"),
    maybe("limit", Kind::Count, "at most so many rows; 50 where it is not said"),
    maybe("offset", Kind::Count, "so many rows are passed over first"),
    maybe("order", Kind::Order, "best, newest or name"),
];

fn value(answer: &impl Serialize) -> Result<Value> {
    serde_json::to_value(answer).map_err(bug)
}

fn models(asked: &Asked<'_>) -> Result<Value> {
    let mut models = asked.registry.read().list_models(&asked.view()?)?;
    models.retain(|row| asked.caller.sees(row.model.as_str()));
    Ok(json!({ "models": value(&models)? }))
}

fn versions(asked: &Asked<'_>) -> Result<Value> {
    let (model, view, read) = (asked.model("model")?, asked.view()?, asked.registry.read());
    let versions = match asked.flag("all")? {
        true => read.list_all_versions(&view, &model)?,
        false => read.list_versions(&view, &model)?,
    };
    Ok(json!({ "model": model, "versions": value(&versions)? }))
}

fn shown(asked: &Asked<'_>, reference: &Reference) -> Result<Value> {
    value(&asked.registry.read().show(&asked.view()?, reference)?)
}

fn resolved(asked: &Asked<'_>) -> Result<Value> {
    let options = ResolveOptions { at: asked.time("at")?, ..ResolveOptions::default() };
    value(&asked.registry.read().resolve(&asked.reference("ref")?, options)?)
}

fn found(asked: &Asked<'_>) -> Result<Value> {
    let tag = |text: String| match text.split_once('=') {
        Some((key, value)) => TagFilter { key: key.to_owned(), value: Some(value.to_owned()) },
        None => TagFilter { key: text, value: None },
    };
    let search = SearchRequest {
        text: asked.text("text"),
        model: asked.text("model").as_deref().map(ModelName::parse).transpose()?,
        capability: asked.text("capability"),
        format: asked.text("format"),
        tags: asked.text("tag").into_iter().map(tag).collect(),
        metrics: asked.text("metric").iter().map(|text| MetricBound::parse(text)).collect::<Result<_>>()?,
        stage: asked.text("stage").as_deref().map(request::stage).transpose()?,
        trust: asked.text("trust").as_deref().map(request::trust_state).transpose()?,
        file: asked.text("file").as_deref().map(Digest::parse).transpose()?,
        hidden: asked.flag("hidden")?,
        limit: asked.number("limit", 50)?.min(1000),
        offset: asked.number("offset", 0)?,
        order: request::order(asked.text("order").as_deref().unwrap_or("best"))?,
        ..SearchRequest::default()
    };
    value(&asked.registry.read().search(&asked.view()?, &search)?)
}
