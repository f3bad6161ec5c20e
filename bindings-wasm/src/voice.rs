//! How a page says a step: in words. A page reads and changes nothing, so a step is what somebody does elsewhere.

use refmark_types::hint::{Choice, Next};

/// A step in words, as a noun: it stands after a colon as well as within a sentence.
pub fn say(next: &Next) -> String {
    match next {
        Next::Run { command } => format!("`{command}`"),
        Next::With(choice) => option(*choice).to_owned(),
        Next::Init { here: false } => "a new registry".into(),
        Next::Init { here: true } => "a new registry in this repository".into(),
        Next::Clone { url } => format!("a clone{}", named(" of", url)),
        Next::Use => "a default registry".into(),
        Next::Register { model } => format!("registering a version{}", named(" of", model)),
        Next::List { model: None } => "the list of models".into(),
        Next::List { model: Some(model) } => format!("the page of {model}"),
        Next::Show { reference } => format!("the page of {}", or(reference, "the version")),
        Next::Log { reference } => format!("the moves{}", named(" of", reference)),
        Next::Explain { reference } => format!("the explanation{}", named(" of", reference)),
        Next::Review { range } => format!("the review of {range}"),
        Next::Status => "the registry's overview".into(),
        Next::Verify => "verification".into(),
        Next::Promote { alias, version: Some(version) } => format!("promoting {alias} to version {version}"),
        Next::Promote { alias, version: None } => format!("promoting {alias}"),
        Next::Rollback { alias } => format!("a rollback{}", named(" of", alias)),
        Next::Unset { alias } => format!("closing {alias}"),
        Next::Approve { branch } => format!("an approval of {}", or(branch, "the proposal")),
        Next::Renew { branch } => format!("renewing {}", or(branch, "the proposal")),
        Next::Land { branch } => format!("landing {branch}"),
        Next::Attach { reference, evidence, pass: true } => {
            format!("attaching {evidence} that passes{}", named(" to", reference))
        }
        Next::Attach { reference, evidence, pass: false } => format!("attaching {evidence}{}", named(" to", reference)),
        Next::Transition { reference, to } => format!("a transition of {reference} to {to}"),
        Next::Describe { reference } => format!("describing {reference}"),
        Next::Proposals => "the list of open proposals".into(),
        Next::Sunset => "the list of sunsets".into(),
        Next::Fetch => "a fetch of the newest history".into(),
        Next::Push => "a push".into(),
        Next::Sync => "a sync of the bytes".into(),
        Next::RemoteAdd => "adding a remote".into(),
        Next::RemoteRemove { name } => format!("removing the remote {name}"),
        Next::RemoteList => "the list of remotes".into(),
        Next::PinAdd { reference } => format!("a pin{}", named(" of", reference)),
        Next::PinUpdate { name: Some(name) } => format!("an update of the pin {name}"),
        Next::PinUpdate { name: None } => "an update of the pins".into(),
        Next::PinSync => "a sync of the pins".into(),
        Next::PinCheck => "a check of the pins".into(),
        Next::PinPublish => "publishing the lock file".into(),
        Next::TrustPin { root } => format!("pinning the trust root{}", named("", root)),
        Next::TrustAcceptHead { head } => format!("accepting the head {head}"),
        Next::TrustShow => "the trust root's page".into(),
        Next::TrustRotate => "a new trust root".into(),
        Next::TrustSign => "signing the drafted trust root".into(),
        Next::PolicyShow => "the policy's page".into(),
        Next::PolicyApply { preset: Some(preset) } => format!("applying the preset {preset}"),
        Next::PolicyApply { preset: None } => "a new policy".into(),
        Next::PolicyCheck => "a check of the policy".into(),
        Next::PolicySign => "signing the drafted policy".into(),
        Next::MembersList => "the list of members".into(),
        Next::MembersAdd => "adding a member".into(),
        Next::Checkpoint => "a checkpoint".into(),
        Next::MembersOwn { models } => format!("naming the owners of {models}"),
        Next::MembersSet { id } => format!("setting the roles of {id}"),
        Next::CatalogList { family } => format!("the catalog's list of {family}"),
        Next::CatalogShow { family, id } => format!("the catalog's entry {family}/{id}"),
        Next::HookInstall => "installing the hook".into(),
        Next::SetupCi => "writing the CI files".into(),
        Next::Unlock => "removing the writer's lock".into(),
        Next::IndexRebuild => "rebuilding the index".into(),
        Next::ExportSite => "exporting the site".into(),
        Next::Gc => "clearing up".into(),
        Next::Backup => "backing the registry up".into(),
        Next::BackupDrill => "a drill of the backup".into(),
        Next::WebhookList => "listing the webhooks".into(),
        Next::HelpError { code } => format!("the documentation of {code}"),
    }
}

fn option(choice: Choice) -> &'static str {
    match choice {
        Choice::AllowUnverified => "the choice to take unverified bytes",
        Choice::Archived => "the choice to take what is archived",
        Choice::AcceptIncomplete => "the choice to accept incomplete history",
        Choice::Quarantined => "the choice to look at quarantined bytes",
        Choice::AllowAbsent => "the choice to move it without its bytes",
        Choice::AllowWithdrawn => "the choice to take withdrawn bytes into quarantine",
        Choice::AllowIncomplete => "the choice to record a package that is not whole",
        Choice::LastGood => "the last good state",
        Choice::TrustRoot => "a pinned trust root",
        Choice::TrustOnFirstUse => "trust on first use",
        Choice::Key => "a signing key",
        Choice::Reason => "a reason",
        Choice::Propose => "a proposal",
        Choice::Owner => "an owner",
        Choice::Registry => "another registry",
        Choice::FollowLinks => "the choice to follow links",
        Choice::AllowSecret => "the choice to take what looks like a secret",
        Choice::Force => "the choice to replace what is there",
    }
}

/// The name after a word, where it is known.
fn named(word: &str, name: &Option<String>) -> String {
    name.as_ref().map(|name| format!("{word} {name}")).unwrap_or_default()
}

fn or<'a>(name: &'a Option<String>, else_say: &'a str) -> &'a str {
    name.as_deref().unwrap_or(else_say)
}
