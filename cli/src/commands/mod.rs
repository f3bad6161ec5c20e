//! The commands, one a file: texts become types, the core does the work, an answer comes back.

mod accept_head;
mod approve;
mod assert_served;
mod attach;
pub mod backup;
pub mod bridge;
mod catalog;
mod check;
mod checkpoint;
mod clone;
mod completions;
#[cfg(feature = "serve")]
mod ctl;
mod delete;
mod demo;
mod describe;
mod diff;
mod doctor;
pub mod events;
mod explain;
mod export_site;
mod gc;
mod help;
mod hook;
mod import;
pub mod index;
pub mod init;
pub mod inspect;
mod land;
pub mod list;
pub mod log;
mod man;
mod members;
mod origin;
mod path;
mod pin;
mod policy;
pub mod promote;
mod proposals;
mod propose;
mod pull;
pub mod register;
pub mod remote;
mod renew;
mod report;
mod resolve;
mod review;
mod revoke;
mod rollback;
pub mod scan;
mod search;
#[cfg(feature = "serve")]
mod serve;
mod setup;
mod show;
pub mod status;
mod sunset;
mod sync;
mod textconv;
#[cfg(feature = "serve")]
mod token;
mod transition;
pub mod trust;
pub mod unlock;
mod unset;
mod use_default;
mod values;
mod verify;
mod view;
pub mod webhook;

use crate::answer::Reply;
use crate::app::App;
use crate::args::Command;

/// Runs a command.
pub fn run(app: &App, command: Command) -> Reply {
    match command {
        Command::Demo(args) => demo::run(app, &args),
        Command::Init(args) => init::run(app, &args),
        Command::Clone(args) => clone::run(app, &args),
        Command::Use(args) => use_default::run(app, &args),
        Command::Status => status::run(app),
        Command::Register(args) => register::run(app, &args),
        Command::List(args) => list::run(app, &args),
        Command::Show(args) => show::run(app, &args),
        Command::Log(args) => log::run(app, &args),
        Command::Search(args) => search::run(app, &args),
        Command::Inspect(args) => inspect::run(app, &args),
        Command::Diff(args) => diff::run(app, &args),
        Command::Resolve(args) => resolve::run(app, &args),
        Command::Pull(args) => pull::run(app, &args),
        Command::Path(args) => path::run(app, &args),
        Command::Describe(args) => describe::run(app, &args),
        Command::Promote(args) => promote::run(app, &args),
        Command::Rollback(args) => rollback::run(app, &args),
        Command::Unset(args) => unset::run(app, &args),
        Command::Proposals => proposals::run(app),
        Command::Approve(args) => approve::run(app, &args),
        Command::Renew(args) => renew::run(app, &args),
        Command::Land(args) => land::run(app, &args),
        Command::Attach(args) => attach::run(app, &args),
        Command::Scan(args) => scan::run(app, &args),
        Command::Transition(args) => transition::run(app, &args),
        Command::Revoke(args) => revoke::run(app, &args),
        Command::Delete(args) => delete::run(app, &args),
        Command::Sunset => sunset::run(app),
        Command::Explain(args) => explain::run(app, &args),
        Command::Review(args) => review::run(app, &args),
        Command::Check(args) => check::run(app, &args),
        Command::Checkpoint => checkpoint::run(app),
        Command::Verify(args) => verify::run(app, &args),
        Command::Report(args) => report::run(app, &args),
        Command::Pin(args) => pin::run(app, &args),
        Command::Trust(args) => trust::run(app, &args),
        Command::Policy(args) => policy::run(app, &args),
        Command::Members(args) => members::run(app, &args),
        Command::Catalog(args) => catalog::run(app, &args),
        Command::Hook(args) => hook::run(app, &args),
        Command::SetupCi(args) => setup::ci(app, &args),
        Command::SetupGit => setup::git(app),
        Command::Index(args) => index::run(app, &args),
        Command::Gc(args) => gc::run(app, &args),
        Command::Unlock => unlock::run(app),
        Command::Remote(args) => remote::run(app, &args),
        Command::Sync(args) => sync::run(app, &args),
        Command::Backup(args) => backup::run(app, &args),
        Command::Restore(args) => backup::restore(app, &args),
        Command::Bridge(args) => bridge::run(app, &args),
        Command::AssertServed(args) => assert_served::run(app, &args),
        Command::Doctor => doctor::run(app),
        Command::Events(args) => events::run(app, &args),
        Command::Webhook(args) => webhook::run(app, &args),
        Command::ExportSite(args) => export_site::run(app, &args),
        Command::View(args) => view::run(app, &args),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(app, &args),
        #[cfg(feature = "serve")]
        Command::Ctl(args) => ctl::run(&args),
        #[cfg(feature = "serve")]
        Command::Token(args) => token::run(&args),
        Command::Fetch => origin::fetch(app),
        Command::Push => origin::push(app),
        Command::Import(args) => import::run(app, &args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Textconv(args) => textconv::run(&args),
        Command::Help(args) => help::run(&args),
    }
}

/// This program's own path, for what others run.
fn program() -> refmark_core::types::error::Result<String> {
    use refmark_core::types::error::{Code, Error};
    let path = std::env::current_exe()
        .map_err(|error| Error::new(Code::Io, format!("this program's own path cannot be found: {error}")))?;
    Ok(path.display().to_string())
}
