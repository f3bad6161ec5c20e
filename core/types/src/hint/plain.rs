//! Steps in plain words: what a process says that set no voice of its own.

use super::Next;

/// A step in plain words, for programs that embed refmark and set no voice.
pub(super) fn plain(next: &Next) -> String {
    let of = |what: &Option<String>| what.as_ref().map(|word| format!(" {word}")).unwrap_or_default();
    match next {
        Next::With(choice) => format!("the option {choice:?}"),
        Next::Init { here: false } => "make a registry".into(),
        Next::Init { here: true } => "make a registry in this repository".into(),
        Next::Clone { url } => format!("clone the registry{}", of(url)),
        Next::Use => "make this registry the default".into(),
        Next::Register { model } => {
            format!("register a version{}", model.as_ref().map(|m| format!(" of {m}")).unwrap_or_default())
        }
        Next::List { model } => format!("list{}", of(model)),
        Next::Show { reference } => format!("show{}", of(reference)),
        Next::Log { reference } => {
            format!("the log{}", reference.as_ref().map(|r| format!(" of {r}")).unwrap_or_default())
        }
        Next::Explain { reference } => format!("explain{}", of(reference)),
        Next::Review { range } => format!("review {range}"),
        Next::Status => "the status".into(),
        Next::Verify => "verify".into(),
        Next::Promote { alias, version: Some(version) } => format!("promote {alias} to version {version}"),
        Next::Promote { alias, version: None } => format!("promote {alias}"),
        Next::Rollback { alias } => format!("roll back{}", of(alias)),
        Next::Unset { alias } => format!("unset {alias}"),
        Next::Approve { branch } => format!("approve{}", of(branch)),
        Next::Renew { branch } => format!("renew{}", of(branch)),
        Next::Land { branch } => format!("land {branch}"),
        Next::Attach { reference, evidence, pass } => {
            let verdict = if *pass { "passing " } else { "" };
            format!("attach {verdict}{evidence}{}", reference.as_ref().map(|r| format!(" to {r}")).unwrap_or_default())
        }
        Next::Transition { reference, to } => format!("transition {reference} to {to}"),
        Next::Describe { reference } => format!("describe {reference}"),
        Next::Proposals => "the list of open proposals".into(),
        Next::Sunset => "the list of sunsets".into(),
        Next::Fetch => "fetch".into(),
        Next::Push => "push".into(),
        Next::Sync => "sync the bytes".into(),
        Next::RemoteAdd => "add a remote".into(),
        Next::RemoteRemove { name } => format!("remove the remote {name}"),
        Next::RemoteList => "list the remotes".into(),
        Next::PinAdd { reference } => format!("pin{}", of(reference)),
        Next::PinUpdate { name } => format!("update the pin{}", of(name)),
        Next::PinSync => "sync the pins".into(),
        Next::PinCheck => "check the pins".into(),
        Next::PinPublish => "publish the pins".into(),
        Next::TrustPin { root } => format!("pin the trust root{}", of(root)),
        Next::TrustAcceptHead { head } => format!("accept the head {head}"),
        Next::TrustShow => "show the trust root".into(),
        Next::TrustRotate => "rotate the trust root".into(),
        Next::TrustSign => "sign the trust root".into(),
        Next::PolicyShow => "show the policy".into(),
        Next::PolicyApply { preset: Some(preset) } => format!("apply the preset {preset}"),
        Next::PolicyApply { preset: None } => "apply a policy".into(),
        Next::PolicyCheck => "check the policy".into(),
        Next::PolicySign => "sign the policy".into(),
        Next::MembersList => "list the members".into(),
        Next::MembersAdd => "add a member".into(),
        Next::Checkpoint => "write a checkpoint".into(),
        Next::MembersOwn { models } => format!("name the owners of {models}"),
        Next::MembersSet { id } => format!("set the roles of {id}"),
        Next::CatalogList { family } => format!("list the catalog's {family}"),
        Next::CatalogShow { family, id } => format!("show {id} of the catalog's {family}"),
        Next::HookInstall => "install the hook".into(),
        Next::SetupCi => "set up CI".into(),
        Next::Unlock => "remove the lock".into(),
        Next::IndexRebuild => "rebuild the index".into(),
        Next::ExportSite => "export the site".into(),
        Next::Gc => "clear up".into(),
        Next::Backup => "back the registry up".into(),
        Next::BackupDrill => "hold a drill of the backup".into(),
        Next::WebhookList => "list the webhooks".into(),
        Next::HelpError { code } => format!("the documentation of {code}"),
        Next::Run { command } => command.clone(),
    }
}
