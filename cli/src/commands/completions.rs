//! `completions`: a shell's completions.

use refmark_core::types::error::Result;
use serde::Serialize;

use crate::answer::{Render, Reply, reply};
use crate::args::help::command;
use crate::args::tools::CompletionsArgs;
use crate::render::Page;

/// A text that is printed as it is.
#[derive(Serialize)]
pub struct Raw {
    /// The text.
    pub text: String,
}

impl Render for Raw {
    fn render(&self, page: &mut Page) {
        page.raw(&self.text);
    }
}

/// Runs the command.
pub fn run(args: &CompletionsArgs) -> Reply {
    reply(Raw { text: script(args)? })
}

fn script(args: &CompletionsArgs) -> Result<String> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "refmark", &mut bytes);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
