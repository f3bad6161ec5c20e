//! Arguments of export-site and view.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `export-site`.
#[derive(Debug, Args)]
#[command(
    after_help = "DIR is new, empty, or holds an earlier site of this registry: then only what is new is added, and \
                        `site.json` is replaced last. Any static host serves it; nothing in it needs a server."
)]
pub struct ExportSiteArgs {
    /// The folder
    #[arg(required_unless_present = "single_file")]
    pub dir: Option<PathBuf>,
    /// Write one page with everything in it instead, for a disk or a mail
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dir", "blobs", "data_only"])]
    pub single_file: Option<PathBuf>,
    /// Copy the files of trusted versions, too
    #[arg(long)]
    pub blobs: bool,
    /// Copy them although no root is pinned
    #[arg(long, requires = "blobs")]
    pub allow_unverified: bool,
    /// The registry's data alone, without the viewer
    #[arg(long, conflicts_with = "viewer")]
    pub data_only: bool,
    /// Where the viewer comes from.
    #[command(flatten)]
    pub viewer: ViewerArgs,
}

/// Where the viewer comes from.
#[derive(Debug, Args)]
pub struct ViewerArgs {
    /// A built viewer, in place of the one that this command carries
    #[arg(long, value_name = "DIR")]
    pub viewer: Option<PathBuf>,
}

/// Arguments of `view`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exports the registry to a folder of its own and serves it to this machine's browser alone, until \
                        Ctrl-C; then the folder goes."
)]
pub struct ViewArgs {
    /// The port; a free one where none is named
    #[arg(long, value_name = "N", default_value = "0")]
    pub port: u16,
    /// Only print the link
    #[arg(long)]
    pub no_open: bool,
    /// Where the viewer comes from.
    #[command(flatten)]
    pub viewer: ViewerArgs,
}
