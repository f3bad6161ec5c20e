//! The commands, one a file: texts become types, the core does the work, an answer comes back.

mod completions;
mod delete;
mod demo;
mod diff;
mod gc;
mod help;
pub mod init;
pub mod inspect;
pub mod list;
pub mod log;
mod man;
mod path;
pub mod promote;
mod pull;
pub mod register;
pub mod remote;
mod resolve;
mod revoke;
mod rollback;
mod show;
mod sync;
mod transition;
pub mod trust;
pub mod unlock;
mod unset;
mod values;
mod verify;

use crate::answer::Reply;
use crate::app::App;
use crate::args::Command;

/// Runs a command.
pub fn run(app: &App, command: Command) -> Reply {
    match command {
        Command::Demo(args) => demo::run(app, &args),
        Command::Init(args) => init::run(app, &args),
        Command::Register(args) => register::run(app, &args),
        Command::List(args) => list::run(app, &args),
        Command::Show(args) => show::run(app, &args),
        Command::Log(args) => log::run(app, &args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Diff(args) => diff::run(app, &args),
        Command::Resolve(args) => resolve::run(app, &args),
        Command::Pull(args) => pull::run(app, &args),
        Command::Path(args) => path::run(app, &args),
        Command::Promote(args) => promote::run(app, &args),
        Command::Rollback(args) => rollback::run(app, &args),
        Command::Unset(args) => unset::run(app, &args),
        Command::Transition(args) => transition::run(app, &args),
        Command::Revoke(args) => revoke::run(app, &args),
        Command::Delete(args) => delete::run(app, &args),
        Command::Verify(args) => verify::run(app, &args),
        Command::Trust(args) => trust::run(app, &args),
        Command::Gc(args) => gc::run(app, &args),
        Command::Unlock => unlock::run(app),
        Command::Remote(args) => remote::run(app, &args),
        Command::Sync(args) => sync::run(app, &args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Help(args) => help::run(&args),
    }
}
