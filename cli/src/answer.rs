//! What commands return: a value that is one JSON value for programs, and a page for people.

use refmark_core::types::error::{Result, bug};
use serde::Serialize;

use crate::render::Page;

/// How an answer looks to people.
pub trait Render {
    /// Writes the answer to a page.
    fn render(&self, page: &mut Page);

    /// The exit status: most answers are a success by themselves.
    fn status(&self) -> u8 {
        0
    }

    /// What goes on once the answer was printed; for most commands nothing.
    fn then(&self) -> Result<()> {
        Ok(())
    }
}

/// An answer of any kind.
pub trait Answer {
    /// The answer for programs.
    fn json(&self) -> Result<serde_json::Value>;
    /// The answer for people.
    fn text(&self, page: &mut Page);
    /// The exit status.
    fn status(&self) -> u8;
    /// What goes on once the answer was printed.
    fn then(&self) -> Result<()>;
}

impl<T: Render + Serialize> Answer for T {
    fn json(&self) -> Result<serde_json::Value> {
        serde_json::to_value(self).map_err(bug)
    }

    fn text(&self, page: &mut Page) {
        self.render(page);
    }

    fn status(&self) -> u8 {
        Render::status(self)
    }

    fn then(&self) -> Result<()> {
        Render::then(self)
    }
}

/// An answer that is JSON for people as well.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Json(serde_json::Value);

impl Json {
    /// Any value.
    pub fn of(value: &impl Serialize) -> Result<Json> {
        serde_json::to_value(value).map(Json).map_err(bug)
    }
}

impl Render for Json {
    fn render(&self, page: &mut Page) {
        page.raw(&format!("{:#}\n", self.0));
    }
}

/// What a command comes to.
pub type Reply = Result<Box<dyn Answer>>;

/// An answer as a reply.
pub fn reply<T: Render + Serialize + 'static>(answer: T) -> Reply {
    Ok(Box::new(answer))
}
