//! `review`: what a range of commits would change, for people.

use refmark_core::query::review::Review;
use refmark_core::render::review as page;
use serde::Serialize;

use super::completions::Raw;
use crate::answer::{Json, Render, Reply, reply};
use crate::app::App;
use crate::args::proposals::ReviewArgs;
use crate::render::Page;

/// A review for a terminal.
#[derive(Serialize)]
#[serde(transparent)]
struct Shown(Review);

impl Render for Shown {
    fn render(&self, page: &mut Page) {
        // The printer takes the colour out where it is not wanted.
        page.raw(&page::to_text(&self.0, true));
    }
}

/// Runs the command.
pub fn run(app: &App, args: &ReviewArgs) -> Reply {
    let review = app.registry()?.read().review(&args.range)?;
    match args.format.as_str() {
        "markdown" if !app.globals().json => reply(Raw { text: page::to_markdown(&review, args.limit) }),
        "html" if !app.globals().json => reply(Raw { text: page::to_html(&review) }),
        "json" => reply(Json::of(&review)?),
        "page" if !app.globals().json => reply(Raw { text: page::to_html_page(&review) }),
        _ => reply(Shown(review)),
    }
}
