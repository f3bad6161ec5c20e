//! `serve`: the registry as a service.

use refmark_core::types::error::{Code, Error};
use refmark_server::Settings;
use serde::Serialize;

use super::export_site::viewer;
use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::args::serve::ServeArgs;
use crate::render::Page;

/// A service that has ended: there is nothing more to say.
#[derive(Serialize)]
struct Ended {}

impl Render for Ended {
    fn render(&self, _: &mut Page) {}
}

/// Runs the command.
pub fn run(app: &App, args: &ServeArgs) -> Reply {
    let library = app.globals().registry.clone();
    let viewer = match viewer(args.viewer.viewer.as_deref()) {
        // Without the page the service is still one.
        Err(error) if error.code == Code::Unsupported => None,
        other => Some(other?),
    };
    match refmark_server::run(Settings { library, ..Settings::from_env() }, viewer) {
        Ok(()) => reply(Ended {}),
        Err(fatal) => Err(Error::new(Code::Io, fatal.to_string())),
    }
}
