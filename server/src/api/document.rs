//! The OpenAPI document, made from the table of routes, so that it says neither more nor less than what is answered.

use refmark_core::records::trust::TrustState;
use refmark_core::records::version::Stage;
use serde_json::{Map, Value, json};

use super::routes::{Kind, ROUTES, Route};

/// The document, in OpenAPI 3.1.
pub fn openapi() -> Value {
    let paths: Map<String, Value> =
        ROUTES.iter().map(|route| (route.path.to_owned(), json!({"get": get(route)}))).collect();
    let word = json!({"type": "string"});
    let error = json!({"type": "object", "required": ["code", "message"], "properties": {
        "code": word, "message": word, "hint": {"type": ["string", "null"]}, "fields": {"type": "object"}}});
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "refmark",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the command answers with --json. The codes of errors are those of `refmark help errors`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Failed": {"type": "object", "required": ["error"], "properties": {"error": error}}},
        },
    })
}

fn get(route: &Route) -> Value {
    let is_in_path = |name: &str| route.path.contains(&format!("{{{name}}}"));
    let parameters: Vec<Value> = route
        .parameters
        .iter()
        .map(|it| {
            let place = if is_in_path(it.name) { "path" } else { "query" };
            json!({"name": it.name, "in": place, "required": it.needed, "description": it.about, "schema": schema(it.kind)})
        })
        .collect();
    let failed = |about: &str| json!({"description": about, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Failed"}}}});
    json!({
        "summary": route.about,
        "operationId": name(route),
        "parameters": parameters,
        "responses": {
            "200": {"description": "the answer", "content": {"application/json": {"schema": {"type": "object"}}}},
            "400": failed("the request has a form that is not taken"),
            "401": failed("a token is missing or wrong"),
            "403": failed("a rule, or the token's scope, speaks against it"),
            "404": failed("there is no such thing that the token may see"),
            "409": failed("somebody else was first"),
            "503": failed("the registry cannot be used now"),
        },
    })
}

/// What a parameter may be. What fits may still be refused by name, such as a model called `con` or `latest`.
fn schema(kind: Kind) -> Value {
    const MODEL: &str = "(?![vV][0-9]+($|[/@]))[A-Za-z0-9_](([.]?[A-Za-z0-9 _-]){0,60}[.]?[A-Za-z0-9_-])?";
    const ALIAS: &str = "(?![vV][0-9]+$)[A-Za-z_][A-Za-z0-9_-]{0,63}";
    let pattern = |pattern: String| json!({"type": "string", "pattern": format!("^({pattern})$")});
    match kind {
        Kind::Text => json!({"type": "string"}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Count => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
        Kind::Number => json!({"type": "integer", "minimum": 1, "maximum": 99_999_999}),
        Kind::Model => pattern(MODEL.to_owned()),
        Kind::Version => pattern("[1-9][0-9]{0,7}|[0-9]{1,6}[.][0-9]{1,6}[.][0-9]{1,6}".to_owned()),
        Kind::Reference => pattern(format!("{MODEL}/[1-9][0-9]{{0,7}}|{MODEL}@{ALIAS}|sha256-[0-9a-f]{{64}}")),
        Kind::Subject => pattern(format!("{MODEL}|{MODEL}@{ALIAS}")),
        Kind::Alias => pattern(format!("{MODEL}@{ALIAS}")),
        Kind::Time => json!({"type": "string", "format": "date-time"}),
        Kind::Commit => pattern("[0-9a-f]{40}|[0-9a-f]{64}".to_owned()),
        Kind::Digest => pattern("[0-9a-f]{64}".to_owned()),
        Kind::Bound => pattern("[a-z][a-z0-9_]{0,30}(<|<=|=|>=|>)-?[0-9]{1,9}([.][0-9]{1,9})?".to_owned()),
        Kind::Stage => json!({"type": "string", "enum": Stage::ALL.map(Stage::as_str)}),
        Kind::Trust => json!({"type": "string", "enum": TrustState::ALL.map(TrustState::as_str)}),
        Kind::Order => json!({"type": "string", "enum": ["best", "newest", "name"]}),
    }
}

/// `models_model_version` for `/api/v1/models/{model}/{version}`.
fn name(route: &Route) -> String {
    let words = route.path.trim_start_matches("/api/v1/").split('/').map(|part| part.trim_matches(['{', '}']));
    words.collect::<Vec<_>>().join("_")
}
