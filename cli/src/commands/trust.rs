//! `trust`: the root that vouches for the registry.

use refmark_core::registry::{Pinning, TrustRootAnswer};
use refmark_core::words::fault::{Code, Fault, bug};
use serde::Serialize;

use super::completions::Raw;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::keeping::{TrustAction, TrustArgs};

/// A root that was pinned.
#[derive(Serialize)]
pub struct Pinned {
    /// The root.
    #[serde(flatten)]
    pub root: TrustRootAnswer,
}

/// Runs the command.
pub fn run(app: &App, args: &TrustArgs) -> Reply {
    match &args.action {
        TrustAction::Show => reply(app.registry()?.trust_root()?),
        TrustAction::Pin { root } => pin(app, root.as_deref()),
        TrustAction::ExportAllowedSigners => {
            let registry = app.registry()?;
            let text = registry.allowed_signers(&registry.view()?)?;
            reply(Raw { text })
        }
    }
}

fn pin(app: &App, root: Option<&str>) -> Reply {
    let registry = app.registry()?;
    let expected = match (root, app.globals().tofu) {
        (Some(root), _) => match Pinning::read(root)? {
            Pinning::Root(digest) => digest,
            Pinning::Stored => return Err(bug("a root that was read is a root")),
        },
        (None, true) => registry.first_root(),
        (None, false) => {
            return Err(Fault::new(Code::BadArgument, "name the root that the registry's owner told you")
                .hint(format!(
                    "this registry says that it is {0}; if its owner says so too: refmark trust pin {0}; to take its \
                     word for it: refmark trust pin --tofu",
                    registry.first_root().prefixed()
                ))
                .field("found", registry.first_root().prefixed()));
        }
    };
    reply(Pinned { root: registry.pin_root(expected)? })
}
