//! The command line: what can be typed. Nothing is decided here; texts become types in `commands`.

pub mod bytes;
pub mod global;
pub mod help;
pub mod keeping;
pub mod moves;
pub mod tools;
pub mod versions;

use clap::{Parser, Subcommand};

pub use global::Globals;

/// A model registry that is a Git repository: signed records in ordinary commits, weights by their SHA-256
#[derive(Debug, Parser)]
#[command(name = "refmark", version, disable_help_subcommand = true, subcommand_required = true)]
#[command(arg_required_else_help = true, max_term_width = 110)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub globals: Globals,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What refmark does. The order is that of the help.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Do the whole job once, in a new folder: register, promote, pull, verify, and refuse a flipped byte
    Demo(tools::DemoArgs),
    /// Make a registry
    Init(tools::InitArgs),

    /// Give files a version: store them, find out what they are, sign that
    Register(Box<versions::RegisterArgs>),
    /// Models, or the versions of one
    List(versions::ListArgs),
    /// Everything that is known of a version
    Show(versions::ShowArgs),
    /// The moves of aliases, newest first
    Log(versions::LogArgs),
    /// What a model file is, by its content; needs no registry
    Inspect(versions::InspectArgs),
    /// What differs between two versions
    Diff(versions::DiffArgs),
    /// Which version a reference means, and how far that is vouched for
    Resolve(bytes::ResolveArgs),
    /// Write a version's files to a folder, every byte verified
    Pull(bytes::PullArgs),
    /// The path of a file in the store, for a memory map
    Path(bytes::PathArgs),

    /// Move an alias to a version
    Promote(moves::PromoteArgs),
    /// Move an alias back to what it held before
    Rollback(moves::RollbackArgs),
    /// Close an alias: it holds nothing from then on
    Unset(moves::UnsetArgs),
    /// Move a version's stage, or an artifact's trust state
    Transition(moves::TransitionArgs),
    /// Withdraw an artifact: its bytes are handed out to nobody
    Revoke(moves::RevokeArgs),
    /// Delete an artifact's bytes; its records stay
    Delete(moves::DeleteArgs),

    /// Is everything here as signed and allowed? Bytes and history
    Verify(keeping::VerifyArgs),

    /// The root that vouches for the registry: show it, pin it, export its members' keys
    Trust(keeping::TrustArgs),
    /// Remove what nobody needs, and pack Git's objects
    Gc(keeping::GcArgs),
    /// Clear the writer's lock by hand
    Unlock,
    /// Other places that hold the files: add, list, remove
    Remote(keeping::RemoteArgs),
    /// Bring absent files from the remotes, and give them theirs
    Sync(keeping::SyncArgs),

    /// Print a shell's completions
    Completions(tools::CompletionsArgs),
    /// Write the man pages to a folder
    Man(tools::ManArgs),
    /// This help, that of a command, or of an error's code: help error CODE, help errors
    Help(tools::HelpArgs),
}
