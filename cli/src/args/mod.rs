//! The command line: what can be typed. Nothing is decided here; texts become types in `commands`.

pub mod backup;
pub mod bytes;
pub mod events;
pub mod evidence;
pub mod finding;
pub mod global;
pub mod governing;
pub mod help;
pub mod keeping;
pub mod moves;
pub mod operating;
pub mod project;
pub mod proposals;
#[cfg(feature = "serve")]
pub mod serve;
pub mod site;
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
    /// Copy a registry from elsewhere; its whole history is verified first
    Clone(project::CloneArgs),
    /// Make a registry your default
    Use(project::UseArgs),
    /// How the registry is: head, root, versions by stage, what is absent or pending, pins
    Status,

    /// Give files a version: store them, find out what they are, sign that
    Register(Box<versions::RegisterArgs>),
    /// Models, or the versions of one
    List(versions::ListArgs),
    /// Everything that is known of a version
    Show(versions::ShowArgs),
    /// The moves of aliases, newest first
    Log(versions::LogArgs),
    /// Find versions by words, metrics, tags, stage and trust
    Search(finding::SearchArgs),
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

    /// Say what a model or a version is: words, owner, tags
    Describe(finding::DescribeArgs),

    /// Move an alias to a version
    Promote(moves::PromoteArgs),
    /// Move an alias back to what it held before
    Rollback(moves::RollbackArgs),
    /// Close an alias: it holds nothing from then on
    Unset(moves::UnsetArgs),
    /// Proposals that are open: what each waits for, and what waits for you
    Proposals,
    /// Approve a proposal, or a move that waits for it
    Approve(proposals::ApproveArgs),
    /// Make a proposal again on what stands there now
    Renew(proposals::RenewArgs),
    /// Merge a proposal that has all it needs
    Land(proposals::LandArgs),
    /// Attach evidence to a version: an evaluation, a scan, a runbook, a sign-off
    Attach(evidence::AttachArgs),
    /// Scan a version's files again, and keep the result as evidence
    Scan(evidence::ScanArgs),
    /// Move a version's stage, or an artifact's trust state
    Transition(moves::TransitionArgs),
    /// Withdraw an artifact: its bytes are handed out to nobody
    Revoke(moves::RevokeArgs),
    /// Delete an artifact's bytes; its records stay
    Delete(moves::DeleteArgs),

    /// The versions whose last day is set: who still uses them
    Sunset,
    /// Why one thing is as it is: who moved it, who approved, under which gates
    Explain(governing::ExplainArgs),

    /// What a range of commits would change, for people
    Review(proposals::ReviewArgs),
    /// May this range land? For CI
    Check(governing::CheckArgs),
    /// Sign that you saw the newest head at this time: it bounds the times that records claim
    Checkpoint,
    /// Is everything here as signed and allowed? Bytes and history
    Verify(keeping::VerifyArgs),

    /// The dossier of a version: where it came from, who agreed, under which rules
    Report(governing::ReportArgs),
    /// What a project uses, by digest: its refmark.lock
    Pin(project::PinArgs),

    /// The root that vouches for the registry: show it, pin it, export its members' keys
    Trust(keeping::TrustArgs),
    /// Who may do what, and which gates must hold: signed and numbered
    Policy(governing::PolicyArgs),
    /// The people and agents of the policy, with keys and roles
    Members(governing::MembersArgs),
    /// The stable ids that records name
    Catalog(evidence::CatalogArgs),
    /// Make a bare registry refuse pushes that may not land
    Hook(governing::HookArgs),
    /// Workflows that check every proposal, with the pinned root
    SetupCi(governing::SetupCiArgs),
    /// Readable diffs of records in your own Git
    SetupGit,
    /// The index over the records, which search and lists use
    Index(finding::IndexArgs),
    /// Remove what nobody needs, and pack Git's objects
    Gc(keeping::GcArgs),
    /// Clear the writer's lock by hand
    Unlock,
    /// Other places that hold the files: add, list, remove
    Remote(keeping::RemoteArgs),
    /// Bring absent files from the remotes, and give them theirs
    Sync(keeping::SyncArgs),

    /// Back the registry up to a folder: all of it once, then what is new; or check a backup
    Backup(backup::BackupArgs),
    /// Restore a backup to a new place: done once all of it is verified
    Restore(backup::RestoreArgs),
    /// Write approved versions into the manifests of what is deployed: apply, check, run
    Bridge(operating::BridgeArgs),
    /// Does a runtime serve what is approved? For smoke tests
    AssertServed(operating::AssertServedArgs),
    /// What may go wrong here some day: disk, Git, keys, clock, hook, places, backups; with what to do
    Doctor,
    /// What took effect, once and in order, as CloudEvents: all of it, after a commit, or as it happens
    Events(events::EventsArgs),
    /// Whom to tell of events over HTTP: add, list, test, remove
    Webhook(events::WebhookArgs),
    /// Write the registry as plain files that any host serves, with its viewer
    ExportSite(site::ExportSiteArgs),
    /// Look at the registry in your browser: nothing leaves this machine
    View(site::ViewArgs),
    /// Serve a registry over HTTP: one process, set up by environment variables
    #[cfg(feature = "serve")]
    Serve(serve::ServeArgs),
    /// Ask a running service: list, info, verify, path, revoke, delete, status, check
    #[cfg(feature = "serve")]
    Ctl(serve::CtlArgs),
    /// The tokens of the service on this machine
    #[cfg(feature = "serve")]
    Token(serve::TokenArgs),

    /// Bring the origin's commits to a clone; the new head is verified first
    Fetch,
    /// Send a clone's commits and their files to the origin
    Push,

    /// Bring another registry over: MLflow's, through the Python package
    Import(tools::ImportArgs),

    /// Print a shell's completions
    Completions(tools::CompletionsArgs),
    /// Write the man pages to a folder
    Man(tools::ManArgs),
    /// What a record says in sentences, for git diff
    #[command(hide = true)]
    Textconv(tools::TextconvArgs),
    /// This help, that of a command, or of an error's code: help error CODE, help errors
    Help(tools::HelpArgs),
}
