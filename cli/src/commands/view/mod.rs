//! `view`: the registry's site in the user's own browser, served from a folder that goes at the end.

mod serve;

use refmark_core::ExportRequest;
use refmark_core::engine::ports::Cancel;
use refmark_core::store::fs::host::unguessable;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::oid::Oid;
use serde::Serialize;
use std::os::unix::fs::PermissionsExt;

use self::serve::Server;
use super::export_site;
use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::args::site::ViewArgs;
use crate::render::{Page, bold, doubtful, faint, safe};

/// A site that is served while this process lives.
#[derive(Serialize)]
struct ViewAnswer {
    /// The link.
    url: String,
    /// The commit that it shows.
    head: Oid,
    /// The pinned root, which the link carries; none where none is pinned.
    trust_root: Option<String>,
    /// What a reader should know.
    warnings: Vec<String>,
    #[serde(skip)]
    server: Server,
    #[serde(skip)]
    cancel: Cancel,
    #[serde(skip)]
    open: bool,
    /// Removed when this goes.
    #[serde(skip)]
    _folder: tempfile::TempDir,
}

impl Render for ViewAnswer {
    fn render(&self, page: &mut Page) {
        page.line(bold(&self.url));
        page.line(faint("only who has this link can open it, on this machine; Ctrl-C ends it"));
        self.warnings.iter().for_each(|it| page.line(format!("{} {}", doubtful("note:"), safe(it))));
    }

    fn then(&self) -> Result<()> {
        if self.open {
            // A browser in a terminal would hold us up until it is closed.
            let url = self.url.clone();
            std::thread::spawn(move || opener::open_browser(url));
        }
        self.server.serve(&self.cancel)
    }
}

/// Runs the command.
pub fn run(app: &App, args: &ViewArgs) -> Reply {
    let viewer = export_site::viewer(args.viewer.viewer.as_deref())?;
    let registry = app.registry()?;
    app.arm();
    // Others on this machine may neither read the folder nor guess the address: a port is everybody's.
    let ours = std::fs::Permissions::from_mode(0o700);
    let folder = tempfile::Builder::new().prefix("refmark-view-").permissions(ours).tempdir().map_err(|error| {
        Error::new(Code::Io, format!("a folder for the site cannot be made: {error}")).hint("set TMPDIR to one")
    })?;
    let token = unguessable().ok_or_else(|| Error::new(Code::Io, "the system has no random numbers for an address"))?;
    let request = ExportRequest { viewer: Some(&viewer), ..ExportRequest::default() };
    let site = registry.share().export_site(&app.git(), folder.path(), &request)?;
    let server = Server::bind(folder.path(), args.port, &token)?;
    reply(ViewAnswer {
        url: format!("http://127.0.0.1:{}/{token}/{}", server.port(), site.fragment),
        head: site.head,
        trust_root: site.trust_root,
        warnings: site.warnings,
        server,
        cancel: registry.world().cancel.clone(),
        open: !args.no_open,
        _folder: folder,
    })
}
