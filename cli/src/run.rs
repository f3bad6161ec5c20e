//! From the words on the command line to an exit status: parse, run, print. Standard output gets the answer, or with
//! `--json` the error as well; standard error gets everything else.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;

use clap::FromArgMatches;
use clap::error::ErrorKind;
use refmark_core::types::error::{Code, Error, Result, bug};

use crate::answer::Answer;
use crate::app::App;
use crate::args::{Cli, Globals, help};
use crate::output::{err, out};
use crate::render::{Page, error};

/// Where the last panic was, for its report.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Runs the command, and prints what it comes to.
pub fn run(words: Vec<OsString>) -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        if let Ok(mut last) = PANIC.lock() {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            let payload = info.payload();
            let said = payload.downcast_ref::<&str>().copied();
            let said = said.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            *last = Some(format!("{} ({place})", said.unwrap_or("a panic")));
        }
    }));
    let cli = match parse(&words) {
        Ok(cli) => cli,
        Err(status) => return ExitCode::from(status),
    };
    let globals = cli.globals.clone();
    let app = App::new(cli.globals);
    let done = catch_unwind(AssertUnwindSafe(|| {
        let answer = crate::commands::run(&app, cli.command)?;
        out(&printed(&*answer, globals.json)?);
        app.tell_of_changes();
        answer.then().map(|()| answer.status())
    }));
    let done = done.unwrap_or_else(|_| Err(panicked()));
    ExitCode::from(match done {
        Ok(status) => status,
        Err(error) => failed(&app.explained(error), &globals),
    })
}

fn panicked() -> Box<Error> {
    let said = PANIC.lock().ok().and_then(|mut last| last.take());
    bug(said.unwrap_or_else(|| "a panic".to_owned()))
}

fn printed(answer: &dyn Answer, json: bool) -> Result<String> {
    if json {
        return json_line(&answer.json()?);
    }
    let mut page = Page::default();
    answer.text(&mut page);
    Ok(page.into_text())
}

fn json_line(value: &serde_json::Value) -> Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value).map_err(bug)?))
}

/// Prints an error, and gives its exit status.
fn failed(error: &Error, globals: &Globals) -> u8 {
    if globals.json {
        out(&json_line(&serde_json::json!({ "error": error })).unwrap_or_default());
    } else {
        err(&error::text(error));
    }
    error.code.exit().status()
}

/// Reads the command line; help and usage errors are printed here, and end with a status.
fn parse(words: &[OsString]) -> std::result::Result<Cli, u8> {
    let parsed = help::command().try_get_matches_from(words).and_then(|found| Cli::from_arg_matches(&found));
    parsed.map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            out(&error.render().ansi().to_string());
            0
        }
        _ if words.iter().any(|word| word == "--json") => {
            failed(&usage(&error), &Globals { json: true, ..Globals::default() })
        }
        _ => {
            err(&error.render().ansi().to_string());
            Code::BadArgument.exit().status()
        }
    })
}

/// A usage error as an error: the first paragraph is what is wrong, the rest is how to do it.
fn usage(error: &clap::Error) -> Box<Error> {
    let text = error.render().to_string();
    let mut parts = text.trim().splitn(2, "\n\n");
    let message = parts.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let hint = parts.next().unwrap_or_default().trim().to_owned();
    Error::new(Code::BadArgument, message).hint(hint)
}
