//! How Python says a step: as a call on `reg`, the open registry, or as the argument to add to the call just made.

use refmark_core::types::hint::{Choice, Next};

/// A step as a call, in backticks. What is not known is left to the reader, in capitals; what only the command-line
/// program does is said in words.
pub fn say(next: &Next) -> String {
    match next {
        Next::Run { command } => format!("`{command}`"),
        Next::With(choice) => option(*choice),
        Next::Init { here: false } => code("refmark.init(\"PATH\")"),
        Next::Init { here: true } => code("refmark.init(\".\", here=True)"),
        Next::Clone { url } => call("refmark.clone", &[known(url, "URL")]),
        Next::Use => code("refmark.use(\"PATH\")"),
        Next::Register { model } => call("reg.register", &[known(model, "MODEL"), text("PATH")]),
        Next::List { model } => call("reg.list", &optional(model)),
        Next::Show { reference } => call("reg.show", &[known(reference, "REF")]),
        Next::Log { reference } => call("reg.log", &optional(reference)),
        Next::Explain { reference } => call("reg.explain", &[known(reference, "REF")]),
        Next::Review { range } => call("reg.review", &[text(range)]),
        Next::Status => code("reg.status()"),
        Next::Verify => code("reg.verify()"),
        Next::Promote { alias, version: Some(version) } => call("reg.promote", &[text(alias), version.to_string()]),
        Next::Promote { alias, version: None } => call("reg.promote", &[text(alias), "VERSION".to_owned()]),
        Next::Rollback { alias } => call("reg.rollback", &[known(alias, "MODEL@ALIAS")]),
        Next::Unset { alias } => call("reg.unset", &[text(alias)]),
        Next::Approve { branch } => call("reg.approve", &[known(branch, "BRANCH")]),
        Next::Renew { branch } => call("reg.renew", &[known(branch, "BRANCH")]),
        Next::Land { branch } => call("reg.land", &[text(branch)]),
        Next::Attach { reference, evidence, pass } => {
            let mut given = vec![known(reference, "REF"), text(evidence), text("FILE")];
            given.extend(pass.then(|| "verdict=\"pass\"".to_owned()));
            call("reg.attach", &given)
        }
        Next::Transition { reference, to } => call("reg.transition", &[text(reference), text(to)]),
        Next::Describe { reference } if reference.contains('/') => call("reg.label", &[text(reference), text("TEXT")]),
        Next::Describe { reference } => call("reg.describe", &[text(reference), text("TEXT")]),
        Next::Proposals => code("reg.proposals()"),
        Next::Sunset => code("reg.sunsets()"),
        Next::Fetch => code("reg.fetch()"),
        Next::Push => code("reg.push()"),
        Next::Sync => code("reg.sync()"),
        Next::RemoteAdd => code("reg.add_remote(\"NAME\", \"FOLDER or URL\")"),
        Next::RemoteRemove { name } => call("reg.remove_remote", &[text(name)]),
        Next::RemoteList => code("reg.remotes()"),
        Next::PinAdd { reference } => call("reg.pin", &[known(reference, "REF")]),
        Next::PinUpdate { name } => call("reg.update_pins", &optional(name)),
        Next::PinSync => code("refmark.Lock(\".\").sync(\"FOLDER\")"),
        Next::PinCheck => code("refmark.Lock(\".\").check()"),
        Next::PinPublish => code("refmark.Lock(\".\").publish(reg, \"PROJECT\")"),
        Next::TrustPin { root } => {
            call("refmark.open", &[text("PATH"), format!("trust_root={}", known(root, "sha256:…"))])
        }
        Next::TrustAcceptHead { head } => {
            format!("the choice to believe the head `{head}`, made with the command-line program")
        }
        Next::TrustShow => code("reg.trust()"),
        Next::TrustRotate => "a new trust root, made with the command-line program".into(),
        Next::TrustSign => "a signature of the drafted trust root, made with the command-line program".into(),
        Next::PolicyShow => code("reg.policy()"),
        Next::PolicyApply { preset: Some(preset) } => call("reg.apply_policy", &[format!("preset={}", text(preset))]),
        Next::PolicyApply { preset: None } => code("reg.apply_policy(\"TEXT\")"),
        Next::PolicyCheck => code("reg.check_policy(\"TEXT\")"),
        Next::PolicySign => "a signature of the drafted policy, made with the command-line program".into(),
        Next::MembersList => code("reg.members()"),
        Next::MembersAdd => code("reg.add_member(\"ID\", keys=\"FILE\", roles=\"ROLE\")"),
        Next::Checkpoint => "a checkpoint, written with the command-line program".into(),
        Next::MembersOwn { models } => call("reg.own_models", &[text(models), text("ID")]),
        Next::MembersSet { id } => call("reg.set_member", &[text(id), "roles=\"ROLE\"".to_owned()]),
        Next::CatalogList { family } | Next::CatalogShow { family, .. } => call("reg.catalog", &[text(family)]),
        Next::HookInstall => "the hook, installed with the command-line program".into(),
        Next::SetupCi => "the CI files, written with the command-line program".into(),
        Next::Unlock => "the lock's removal with the command-line program".into(),
        Next::IndexRebuild => code("reg.index(rebuild=True)"),
        Next::Gc => "clearing up with the command-line program".into(),
        Next::Backup => code("reg.backup(\"FOLDER\")"),
        Next::BackupDrill => code("reg.backup_drill(\"FOLDER\")"),
        Next::WebhookList => "the webhooks, listed with the command-line program".into(),
        Next::ExportSite => "the site, written with the command-line program".into(),
        Next::HelpError { code } => format!("the list of errors, under `{code}`"),
    }
}

fn option(choice: Choice) -> String {
    code(match choice {
        Choice::AllowUnverified => "allow_unverified=True",
        Choice::Archived => "archived=True",
        Choice::AcceptIncomplete => "accept_incomplete=True",
        Choice::AllowIncomplete => "allow_incomplete=True",
        Choice::Quarantined => "reg.pull_quarantined(…)",
        Choice::AllowAbsent => "allow_absent=True",
        Choice::AllowWithdrawn => "allow_withdrawn=True",
        Choice::LastGood => "last_good=True",
        Choice::TrustRoot => "trust_root=\"sha256:…\"",
        Choice::TrustOnFirstUse => "tofu=True",
        Choice::Key => "key=\"FILE\"",
        Choice::Reason => "reason=\"TEXT\"",
        Choice::Propose => "reg.propose(…)",
        Choice::Owner => "owner=\"NAME\"",
        Choice::Registry => "refmark.open(\"PATH\")",
        Choice::FollowLinks => "follow_links=True",
        Choice::AllowSecret => "allow_secret=True",
        Choice::Force => return "the choice to replace what is there".to_owned(),
    })
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn call(of: &str, arguments: &[String]) -> String {
    format!("`{of}({})`", arguments.join(", "))
}

/// A text as Python writes it.
fn text(given: &str) -> String {
    format!("\"{}\"", given.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The argument where it is known, else what stands for it.
fn known(given: &Option<String>, else_say: &str) -> String {
    text(given.as_deref().unwrap_or(else_say))
}

fn optional(given: &Option<String>) -> Vec<String> {
    given.iter().map(|given| text(given)).collect()
}
