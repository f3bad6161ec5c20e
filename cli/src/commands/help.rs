//! `help`: of the whole, of a command, of an error's code.

use refmark_core::types::error::{Code, Error, Result};
use serde::Serialize;

use super::completions::Raw;
use crate::answer::{Render, Reply, reply};
use crate::args::help::command;
use crate::args::tools::HelpArgs;
use crate::render::{Cell, Page, Table, bold};

/// What an error's code means.
#[derive(Serialize)]
struct CodeAnswer {
    code: Code,
    exit: u8,
    about: &'static str,
}

impl CodeAnswer {
    fn of(code: Code) -> CodeAnswer {
        CodeAnswer { code, exit: code.exit().status(), about: code.about() }
    }
}

impl Render for CodeAnswer {
    fn render(&self, page: &mut Page) {
        page.line(format!("{}  (exit {})", bold(self.code), self.exit));
        page.line(self.about);
    }
}

/// What every error's code means.
#[derive(Serialize)]
struct CodesAnswer {
    errors: Vec<CodeAnswer>,
}

impl Render for CodesAnswer {
    fn render(&self, page: &mut Page) {
        let mut table = Table::new(["CODE", "EXIT", "MEANING"]);
        for it in &self.errors {
            table.row([it.code.as_str().into(), Cell::number(it.exit), it.about.into()]);
        }
        page.table(table);
    }
}

/// Runs the command.
pub fn run(args: &HelpArgs) -> Reply {
    let topic: Vec<&str> = args.topic.iter().map(String::as_str).collect();
    match topic.as_slice() {
        ["errors"] | ["error"] => {
            reply(CodesAnswer { errors: Code::ALL.iter().map(|code| CodeAnswer::of(*code)).collect() })
        }
        ["error", code] => reply(CodeAnswer::of(parse(code)?)),
        words => reply(Raw { text: of_command(words)? }),
    }
}

fn parse(text: &str) -> Result<Code> {
    Code::parse(text).ok_or_else(|| {
        Error::new(Code::BadArgument, format!("`{}` is not an error's code", text.escape_debug()))
            .hint("`refmark help errors` lists them all")
    })
}

fn of_command(words: &[&str]) -> Result<String> {
    let mut whole = command();
    whole.build();
    let mut found = &mut whole;
    for word in words {
        found = found.find_subcommand_mut(word).ok_or_else(|| {
            Error::new(Code::BadArgument, format!("there is no command `{}`", words.join(" ").escape_debug()))
                .hint("`refmark help` lists the commands")
        })?;
    }
    Ok(found.render_help().ansi().to_string())
}
