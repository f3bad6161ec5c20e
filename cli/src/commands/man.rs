//! `man`: the man pages, one a command.

use std::path::PathBuf;

use refmark_core::types::error::{Code, Error};
use serde::Serialize;

use crate::answer::{Render, Reply, reply};
use crate::args::help::command;
use crate::args::tools::ManArgs;
use crate::render::Page;

/// The pages that were written.
#[derive(Serialize)]
pub struct ManAnswer {
    /// Their folder.
    path: PathBuf,
    /// Their names.
    pages: Vec<String>,
}

impl Render for ManAnswer {
    fn render(&self, page: &mut Page) {
        let folder = self.path.display();
        page.line(format!("wrote {} man pages to {folder}; read one with: man {folder}/refmark.1", self.pages.len()));
    }
}

/// Runs the command.
pub fn run(args: &ManArgs) -> Reply {
    let error = |error: std::io::Error| {
        Error::new(Code::Io, format!("man pages cannot be written to {}: {error}", args.dir.display()))
    };
    std::fs::create_dir_all(&args.dir).map_err(error)?;
    let mut pages = Vec::new();
    // Built whole, so that the pages name `refmark pull` and not `pull`; without the template, which is for terminals.
    let mut whole = command().help_template(clap::builder::StyledStr::new());
    whole.build();
    write_all(&whole, "refmark", &args.dir, &mut pages).map_err(error)?;
    pages.sort();
    reply(ManAnswer { path: args.dir.clone(), pages })
}

fn write_all(
    command: &clap::Command,
    name: &str,
    folder: &std::path::Path,
    pages: &mut Vec<String>,
) -> std::io::Result<()> {
    let page = format!("{name}.1");
    let mut bytes = Vec::new();
    clap_mangen::Man::new(command.clone()).title(name.to_uppercase()).render(&mut bytes)?;
    std::fs::write(folder.join(&page), bytes)?;
    pages.push(page);
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        write_all(sub, &format!("{name}-{}", sub.get_name()), folder, pages)?;
    }
    Ok(())
}
