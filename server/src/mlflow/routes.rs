//! MLflow's endpoints: method, path, what a token must be for, and the function that answers.

use axum::http::Method;
use serde_json::Value;

use super::call::Call;
use super::failure::{Failure, Result};
use super::{models, search, versions};
use crate::tokens::Right;

/// Answers a request.
type Run = fn(&Call<'_>) -> Result<Value>;

/// An endpoint.
pub struct Route {
    path: &'static str,
    method: Method,
    /// What a token must be for.
    pub right: Right,
    /// Answers it. Blocks.
    pub run: Run,
}

const fn route(method: Method, path: &'static str, right: Right, run: Run) -> Route {
    Route { path, method, right, run }
}

static ROUTES: [Route; 23] = [
    route(Method::POST, "registered-models/create", Right::Change, models::create),
    route(Method::POST, "registered-models/rename", Right::Change, models::rename),
    route(Method::PATCH, "registered-models/update", Right::Change, models::update),
    route(Method::DELETE, "registered-models/delete", Right::Withdraw, models::delete),
    route(Method::GET, "registered-models/get", Right::Read, models::get),
    route(Method::GET, "registered-models/search", Right::Read, search::models),
    route(Method::GET, "registered-models/get-latest-versions", Right::Read, versions::latest),
    route(Method::POST, "registered-models/get-latest-versions", Right::Read, versions::latest),
    route(Method::POST, "registered-models/set-tag", Right::Change, models::set_tag),
    route(Method::DELETE, "registered-models/delete-tag", Right::Change, models::delete_tag),
    route(Method::POST, "registered-models/alias", Right::Change, versions::set_alias),
    route(Method::DELETE, "registered-models/alias", Right::Change, versions::delete_alias),
    route(Method::GET, "registered-models/alias", Right::Read, versions::by_alias),
    route(Method::POST, "model-versions/create", Right::Change, versions::create),
    route(Method::PATCH, "model-versions/update", Right::Change, versions::update),
    route(Method::POST, "model-versions/transition-stage", Right::Change, versions::transition),
    route(Method::DELETE, "model-versions/delete", Right::Withdraw, versions::delete),
    route(Method::GET, "model-versions/get", Right::Read, versions::get),
    route(Method::GET, "model-versions/search", Right::Read, search::versions),
    route(Method::GET, "model-versions/get-download-uri", Right::Read, versions::download_uri),
    route(Method::POST, "model-versions/set-tag", Right::Change, versions::set_tag),
    route(Method::DELETE, "model-versions/delete-tag", Right::Change, versions::delete_tag),
    // Some clients search by a body.
    route(Method::POST, "model-versions/search", Right::Read, search::versions),
];

/// The endpoint of a path and a method.
pub fn find(path: &str, method: &Method) -> Result<&'static Route> {
    let mut of_path = ROUTES.iter().filter(|route| route.path == path).peekable();
    if of_path.peek().is_none() {
        return Err(Failure::no_endpoint());
    }
    of_path.find(|route| route.method == *method).ok_or_else(Failure::method)
}
