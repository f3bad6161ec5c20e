//! How the command says a step: as a command line, or as the option to add to the one that was just typed.

use refmark_core::types::hint::{Choice, Next};

/// A step as a command line, in backticks. What is not known is left to the reader, in capitals.
pub fn say(next: &Next) -> String {
    match next {
        Next::Run { command } => format!("`{command}`"),
        Next::With(choice) => format!("`{}`", option(*choice)),
        _ => format!("`refmark {}`", line(next)),
    }
}

fn option(choice: Choice) -> &'static str {
    match choice {
        Choice::AllowUnverified => "--allow-unverified",
        Choice::Archived => "--archived",
        Choice::AcceptIncomplete => "--accept-incomplete",
        Choice::AllowIncomplete => "--allow-incomplete",
        Choice::Quarantined => "--quarantined",
        Choice::AllowAbsent => "--allow-absent",
        Choice::AllowWithdrawn => "--allow-withdrawn",
        Choice::LastGood => "--last-good",
        Choice::TrustRoot => "--trust-root sha256:…",
        Choice::TrustOnFirstUse => "--tofu",
        Choice::Key => "--key FILE",
        Choice::Reason => "--reason TEXT",
        Choice::Propose => "--propose",
        Choice::Owner => "--owner NAME",
        Choice::Registry => "-R PATH",
        Choice::Force => "--force",
        Choice::FollowLinks => "--follow-links",
        Choice::AllowSecret => "--allow-secret",
    }
}

fn line(next: &Next) -> String {
    match next {
        Next::With(_) | Next::Run { .. } => String::new(), // said by `say`
        Next::Init { here: false } => "init PATH".into(),
        Next::Init { here: true } => "init --here".into(),
        Next::Clone { url } => format!("clone {}", known(url, "URL")),
        Next::Use => "use PATH".into(),
        Next::Register { model } => format!("register {} PATH", known(model, "MODEL")),
        Next::List { model } => with("list", model),
        Next::Show { reference } => format!("show {}", known(reference, "REF")),
        Next::Log { reference } => with("log", reference),
        Next::Explain { reference } => format!("explain {}", known(reference, "REF")),
        Next::Review { range } => format!("review {}", word(range)),
        Next::Status => "status".into(),
        Next::Verify => "verify".into(),
        Next::Promote { alias, version: Some(version) } => format!("promote {} {version}", word(alias)),
        Next::Promote { alias, version: None } => format!("promote {} VERSION", word(alias)),
        Next::Rollback { alias } => format!("rollback {}", known(alias, "MODEL@ALIAS")),
        Next::Unset { alias } => format!("unset {}", word(alias)),
        Next::Approve { branch } => format!("approve {}", known(branch, "BRANCH")),
        Next::Renew { branch } => format!("renew {}", known(branch, "BRANCH")),
        Next::Land { branch } => format!("land {}", word(branch)),
        Next::Attach { reference, evidence, pass } => {
            let verdict = if *pass { " --verdict pass" } else { "" };
            format!("attach {} --type {} FILE{verdict}", known(reference, "REF"), word(evidence))
        }
        Next::Transition { reference, to } => format!("transition {} {}", word(reference), word(to)),
        Next::Describe { reference } => format!("describe {}", word(reference)),
        Next::Proposals => "proposals".into(),
        Next::Sunset => "sunset".into(),
        Next::Fetch => "fetch".into(),
        Next::Push => "push".into(),
        Next::Sync => "sync".into(),
        Next::RemoteAdd => "remote add NAME DIR|URL".into(),
        Next::RemoteRemove { name } => format!("remote remove {}", word(name)),
        Next::RemoteList => "remote list".into(),
        Next::PinAdd { reference } => format!("pin add {}", known(reference, "REF")),
        Next::PinUpdate { name } => with("pin update", name),
        Next::PinSync => "pin sync -o DIR".into(),
        Next::PinCheck => "pin check".into(),
        Next::PinPublish => "pin publish --as PROJECT".into(),
        Next::TrustPin { root } => format!("trust pin {}", known(root, "sha256:…")),
        Next::TrustAcceptHead { head } => format!("trust accept-head {}", word(head)),
        Next::TrustShow => "trust show".into(),
        Next::TrustRotate => "trust rotate".into(),
        Next::TrustSign => "trust sign DRAFT".into(),
        Next::PolicyShow => "policy show".into(),
        Next::PolicyApply { preset: Some(preset) } => format!("policy apply --preset {}", word(preset)),
        Next::PolicyApply { preset: None } => "policy apply FILE".into(),
        Next::PolicyCheck => "policy check FILE".into(),
        Next::PolicySign => "policy sign DRAFT".into(),
        Next::MembersList => "members list".into(),
        Next::MembersAdd => "members add ID --public-key KEY --role ROLE".into(),
        Next::Checkpoint => "checkpoint".into(),
        Next::MembersOwn { models } => format!("members own {} ID", word(models)),
        Next::MembersSet { id } => format!("members set {} --role ROLE", word(id)),
        Next::CatalogList { family } => format!("catalog list {}", word(family)),
        Next::CatalogShow { family, id } => format!("catalog show {} {}", word(family), word(id)),
        Next::HookInstall => "hook install".into(),
        Next::SetupCi => "setup-ci".into(),
        Next::Unlock => "unlock".into(),
        Next::IndexRebuild => "index rebuild".into(),
        Next::ExportSite => "export-site DIR".into(),
        Next::Gc => "gc".into(),
        Next::Backup => "backup DIR".into(),
        Next::BackupDrill => "backup check DIR --drill".into(),
        Next::WebhookList => "webhook list".into(),
        Next::HelpError { code } => format!("help error {code}"),
    }
}

/// The word where it is known, else what stands for it.
fn known(given: &Option<String>, else_say: &str) -> String {
    given.as_deref().map_or_else(|| else_say.to_owned(), word)
}

/// The command, and its argument where there is one.
fn with(command: &str, argument: &Option<String>) -> String {
    argument.as_deref().map_or_else(|| command.to_owned(), |given| format!("{command} {}", word(given)))
}

/// A word as a shell takes it: models' names may hold spaces.
fn word(given: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@+=:~^".contains(c);
    match !given.is_empty() && given.chars().all(plain) {
        true => given.to_owned(),
        false => format!("'{}'", given.replace('\'', "'\\''")),
    }
}
