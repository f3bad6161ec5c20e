//! `fetch` and `push`: the commits of a clone and of its origin.

use refmark_core::Registry;
use refmark_core::engine::ports::signer::Signer;
use refmark_core::types::error::{Code, Error, Result};

use crate::answer::{Reply, reply};
use crate::app::App;

/// Runs `fetch`.
pub fn fetch(app: &App) -> Reply {
    let registry = app.registry()?;
    with_a_key_if_there_is_one(app, &registry, |signer| registry.share().fetch_commits(signer)).and_then(reply)
}

/// Runs `push`.
pub fn push(app: &App) -> Reply {
    let registry = app.registry()?;
    with_a_key_if_there_is_one(app, &registry, |signer| registry.share().push_commits(signer)).and_then(reply)
}

/// Reading and carrying need no key; only changes that must be signed again do. Why there is none is told then.
fn with_a_key_if_there_is_one<T>(
    app: &App,
    registry: &Registry,
    work: impl FnOnce(Option<&dyn Signer>) -> Result<T>,
) -> Result<T> {
    let found: Result<Box<dyn Signer>> = app.signer(registry);
    let done = match &found {
        Ok(signer) => work(Some(&**signer)),
        Err(_) => work(None),
    };
    done.map_err(|error| match (error.code, found) {
        (Code::NoKey, Err(why)) => {
            let message = format!("{}: {}", error.message, why.message);
            Box::new(Error { message, hint: why.hint.clone().or_else(|| error.hint.clone()), ..*error })
        }
        _ => error,
    })
}
