//! The `refmark` command: a thin face over the core. Commands parse, call the core and return an answer; only renderers
//! print.

#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods, reason = "a face may read files and the environment")]

mod answer;
mod app;
mod args;
mod commands;
mod interrupt;
mod output;
mod progress;
mod render;
mod run;
mod voice;

use std::process::ExitCode;

fn main() -> ExitCode {
    refmark_core::types::hint::speak_as(voice::say);
    run::run(std::env::args_os().collect())
}
