//! `demo`.
use crate::answer::Reply;
use crate::app::App;
use crate::args::tools::DemoArgs;
/// Runs the command.
pub fn run(_: &App, _: &DemoArgs) -> Reply {
    Err(refmark_core::words::fault::bug("x"))
}
