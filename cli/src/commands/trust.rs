//! `trust`: the root that vouches for the registry.

use refmark_core::engine::plan::{NewKeyholder, Rotation};
use refmark_core::types::error::{Code, Error, Result, bug};
use refmark_core::types::name::PrincipalId;
use refmark_core::{DistrustRequest, Pinning, TrustAnswer};
use serde::Serialize;

use super::completions::Raw;
use super::propose;
use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::args::keeping::{TrustAction, TrustArgs};
use crate::render::plain::Plain;
use crate::render::{Page, safe, warning};

/// A root that was pinned.
#[derive(Serialize)]
pub struct Pinned {
    /// The root.
    #[serde(flatten)]
    pub root: TrustAnswer,
}

/// Every root, and what rests on it.
#[derive(Serialize)]
#[serde(transparent)]
struct History(TrustAnswer);

impl Render for History {
    fn render(&self, page: &mut Page) {
        for root in &self.0.roots {
            let mark = if root.pinned { "  pinned" } else { "" };
            page.line(format!("root {}  {}{mark}", root.number, root.digest));
            let signed: Vec<&str> = root.signed_by.iter().map(PrincipalId::as_str).collect();
            page.line(format!("  signed by {} on {}: {}", signed.join(", "), root.time, safe(&root.reason)));
            page.line(format!("  the next root needs {}, a policy {}", root.root.threshold, root.policy.threshold));
            for holder in &root.keyholders {
                let keys: Vec<String> = holder.fingerprints.iter().map(ToString::to_string).collect();
                page.line(format!("  {}  {}", holder.principal, keys.join(", ")));
            }
        }
        for lost in &self.0.distrusted {
            let whose = lost.member.as_ref().map(|it| format!(" of {it}")).unwrap_or_default();
            let since = lost.since.short();
            page.line(format!("distrusted  {}{whose} since {since}: {}", lost.key, safe(&lost.reason)));
            lost.tainted.iter().for_each(|path| page.line(format!("  tainted  {}", safe(path))));
        }
        for it in &self.0.warnings {
            page.line(warning(&it.message));
        }
    }
}

/// Runs the command.
pub fn run(app: &App, args: &TrustArgs) -> Reply {
    match &args.action {
        TrustAction::Show => reply(app.registry()?.govern().trust()?),
        TrustAction::Pin { root } => pin(app, root.as_deref()),
        TrustAction::AcceptHead { head } => super::accept_head::run(app, head.as_deref()),
        TrustAction::History => reply(History(app.registry()?.govern().trust()?)),
        TrustAction::Rotate { .. } => rotate(app, &args.action),
        TrustAction::Distrust { lost, since, how } => {
            let registry = app.registry()?;
            let request = DistrustRequest {
                key: lost.clone(),
                since: since.clone(),
                reason: how.reason.clone().unwrap_or_default(),
                out: how.out.clone(),
            };
            propose::change(app, &registry, &how.proposal, |writer| {
                let value = writer.govern().distrust(&request)?;
                reply(Plain { title: format!("policy {}", value.number), value })
            })
        }
        TrustAction::Sign { draft } => {
            let registry = app.registry()?;
            let signer = app.signer(&registry)?;
            reply(Plain { title: String::new(), value: registry.govern_as(&*signer).draft_sign(draft)? })
        }
        TrustAction::Land { draft, proposal } => propose::change(app, &app.registry()?, proposal, |writer| {
            reply(Plain { title: String::new(), value: writer.govern().draft_land(draft)? })
        }),
        TrustAction::ExportAllowedSigners => {
            let registry = app.registry()?;
            let text = registry.govern().allowed_signers(&registry.read().view()?)?;
            reply(Raw { text })
        }
    }
}

fn rotate(app: &App, action: &TrustAction) -> Reply {
    let TrustAction::Rotate { add, remove, root_threshold, policy_threshold, policy_only, how } = action else {
        return Err(bug("rotate was asked for"));
    };
    let ids = |all: &[String]| all.iter().map(|id| PrincipalId::parse(id)).collect::<Result<Vec<_>>>();
    let rotation = Rotation {
        add: add.iter().map(|text| keyholder(app, text)).collect::<Result<_>>()?,
        remove: ids(remove)?,
        root_threshold: *root_threshold,
        policy_threshold: *policy_threshold,
        policy_only: ids(policy_only)?,
        reason: how.reason.clone().unwrap_or_default(),
    };
    let registry = app.registry()?;
    propose::change(app, &registry, &how.proposal, |writer| {
        let value = writer.govern().rotate(&rotation, how.out.as_deref())?;
        reply(Plain { title: format!("root {}", value.number), value })
    })
}

/// `ID=KEY` or `ID=FILE`.
fn keyholder(app: &App, text: &str) -> Result<NewKeyholder> {
    let Some((id, keys)) = text.split_once('=') else {
        return Err(Error::new(Code::BadArgument, format!("`{}` is not ID=KEY or ID=FILE", text.escape_debug())));
    };
    let keys = super::members::public_keys(app, &[keys.to_owned()])?;
    Ok(NewKeyholder { principal: PrincipalId::parse(id)?, keys })
}

fn pin(app: &App, root: Option<&str>) -> Reply {
    let registry = app.registry()?;
    let expected = match (root, app.globals().tofu) {
        (Some(root), _) => match Pinning::read(root)? {
            Pinning::Root(digest) => digest,
            Pinning::Stored => return Err(bug("a root that was read is a root")),
        },
        (None, true) => return reply(Pinned { root: registry.govern().pin_on_first_use()? }),
        (None, false) => {
            return Err(Error::new(Code::BadArgument, "name the root that the registry's owner told you")
                .hint(format!(
                    "this registry says that it is {0}; if its owner says so too: refmark trust pin {0}; to take its \
                     word for it: refmark trust pin --tofu",
                    registry.first_root().prefixed()
                ))
                .field("found", registry.first_root().prefixed()));
        }
    };
    reply(Pinned { root: registry.govern().pin_root(expected)? })
}
