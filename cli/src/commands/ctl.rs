//! `ctl`: a running service, asked by an operator.

use refmark_server::{Settings, ctl};
use serde::Serialize;

use crate::answer::{Render, Reply, reply};
use crate::args::serve::CtlArgs;
use crate::output;
use crate::render::Page;

/// What a verb came to.
#[derive(Serialize)]
struct Said {
    /// What it printed.
    output: String,
    /// What went wrong.
    #[serde(skip_serializing_if = "String::is_empty")]
    error: String,
    /// The exit status.
    status: u8,
}

impl Render for Said {
    fn render(&self, page: &mut Page) {
        output::err(&self.error);
        page.raw(&self.output);
    }

    fn status(&self) -> u8 {
        self.status
    }
}

/// Runs the command.
pub fn run(args: &CtlArgs) -> Reply {
    let done = ctl::run(&args.words, &Settings::from_env(), std::env::var("REGISTRY_URL").ok());
    reply(Said { output: done.out, error: done.err, status: done.status })
}
