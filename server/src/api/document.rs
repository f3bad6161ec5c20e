//! The OpenAPI document, made from the table of routes, so that it says neither more nor less than what is answered.

use serde_json::{Map, Value, json};

use super::routes::{ROUTES, Route};

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
            let mut schema = json!({"type": it.kind});
            match it.kind {
                "integer" => schema["minimum"] = json!(0),
                "string" if it.needed => schema["minLength"] = json!(1),
                _ => {}
            }
            json!({"name": it.name, "in": place, "required": it.needed, "description": it.about, "schema": schema})
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

/// `models_model_version` for `/api/v1/models/{model}/{version}`.
fn name(route: &Route) -> String {
    let words = route.path.trim_start_matches("/api/v1/").split('/').map(|part| part.trim_matches(['{', '}']));
    words.collect::<Vec<_>>().join("_")
}
