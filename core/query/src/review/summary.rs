//! What a review comes to in a few words, and what to type next.

use super::range::RangeVerdict;
use super::{Commands, EvidenceReview, MoveReview, RecordReview, Review, ReviewOptions, SignerReview};
use refmark_engine::gate::{Decision, Status};
use refmark_records::policy::Policy;
use refmark_types::error::Code;
use refmark_types::text::counted;
use std::collections::BTreeMap;

/// A word as a shell takes it: in single quotes where it holds anything but plain characters.
///
/// # Examples
///
/// ```
/// use refmark_query::review::quoted;
///
/// assert_eq!(quoted("sentiment@champion"), "sentiment@champion");
/// assert_eq!(quoted("it's mine"), r"'it'\''s mine'");
/// ```
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@+=:~^".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

pub(super) fn commands(review: &Review, options: &ReviewOptions, policy: Option<&Policy>) -> Commands {
    let branch = options.head_name.strip_prefix("origin/").unwrap_or(&options.head_name);
    let branch = if branch.is_empty() { "BRANCH".to_owned() } else { quoted(branch) };
    let range = format!("{}..{}", review.base.short(), review.head.short());
    let mut commands = Commands { check: format!("git fetch && refmark review {range}"), ..Commands::default() };
    // A place that nobody could fill is no reason to send somebody there.
    let open = |change: &&MoveReview| change.decision == Decision::Pending;
    let places = review.changes.items.iter().filter(open).flat_map(|change| &change.signers);
    let could = |signer: &SignerReview| signer.by.is_none() && signer.could.iter().any(|(_, signed)| !signed);
    if places.clone().any(could) {
        commands.approve = Some(format!("git fetch && refmark approve {branch} && git push"));
    }
    if review.problems.iter().any(|problem| problem.code == Code::PremiseGone) {
        commands.renew = Some(format!("git fetch && refmark renew {branch} && git push"));
    }
    let alias = review.changes.items.iter().find(|change| change.alias.is_some() && change.from.is_some());
    if let Some((model, alias)) = alias
        .filter(|alias_move| alias_move.decision != Decision::Refused)
        .and_then(|alias_move| Some((alias_move.model.as_ref()?, alias_move.alias.as_ref()?)))
    {
        commands.roll_back = Some(format!("refmark rollback {} --reason \"…\"", quoted(&format!("{model}@{alias}"))));
        let rule = policy.and_then(|policy| policy.alias_rule(model, alias).map(|rule| (policy, rule)));
        commands.roll_back_by = rule.and_then(|(policy, rule)| {
            let back = rule.rollback.as_ref()?;
            let roles = back.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" or ");
            let holds = |member: &refmark_records::policy::Member| {
                member.kind == refmark_records::policy::MemberKind::Person
                    && member.roles.iter().any(|role| back.roles.contains(role))
            };
            let who: Vec<&str> =
                policy.members.iter().filter(|(_, member)| holds(member)).map(|(id, _)| id.as_str()).collect();
            let who = if who.is_empty() { "nobody".to_owned() } else { who.join(", ") };
            Some(format!(
                "policy {}: one {roles} alone ({who}), to a version of the last {} days",
                policy.number, back.days
            ))
        });
    }
    commands
}

pub(super) fn title(review: &Review) -> String {
    if let Some(first) = review.changes.items.iter().find(|change| change.shown_with.is_none()) {
        // Where not all are listed, they are counted whatever their kind.
        let alike = |change: &&MoveReview| change.kind == first.kind && change.shown_with.is_none();
        let more = match review.changes.more {
            0 => review.changes.items.iter().filter(alike).count() - 1,
            _ => review.changes.count - 1,
        };
        let more = if more > 0 { format!(" and {}", counted(more, "more move")) } else { String::new() };
        return format!("{}{more}", first.change);
    }
    if let Some(rules) = review.rules.last() {
        return format!("{} {}", rules.kind, rules.number);
    }
    match review.versions.items.as_slice() {
        [] => {}
        [one] => return format!("{}/{} is registered", one.model, one.version),
        _ => return format!("{} are registered", counted(review.versions.count, "version")),
    }
    match (review.records.items.as_slice(), review.companions.count) {
        ([], 0) if review.inert.count > 0 => format!("{} without effect", counted(review.inert.count, "file")),
        ([], 0) => "nothing changes".to_owned(),
        ([], companions) => format!("{} beside the records", counted(companions, "file")),
        ([one], _) => one.says.clone(),
        (several, _) => evidence_of_one(several).unwrap_or_else(|| counted(review.records.count, "record")),
    }
}

/// The types of several pieces of evidence about one version, which says more than their number.
fn evidence_of_one(records: &[RecordReview]) -> Option<String> {
    let all: Option<Vec<&EvidenceReview>> = records.iter().map(|record| record.evidence.as_ref()).collect();
    let all = all?;
    let of = all.first()?.of.as_ref()?;
    let mut types: Vec<&str> = Vec::new();
    for it in &all {
        if !types.contains(&it.evidence_type.as_str()) {
            types.push(&it.evidence_type);
        }
    }
    let one = all.iter().all(|it| it.of.as_ref() == Some(of)) && types.len() <= 4;
    one.then(|| format!("{} of {of}", types.join(", ")))
}

/// How many people are still asked for. One approval of a branch signs every move on it, so a place that two moves ask for
/// alike is one.
fn open_places(review: &Review, break_glass: bool) -> usize {
    let mut most: BTreeMap<&str, usize> = BTreeMap::new();
    for change in review.changes.items.iter().filter(|change| change.break_glass == break_glass) {
        let mut here: BTreeMap<&str, usize> = BTreeMap::new();
        for signer in change.signers.iter().filter(|signer| signer.by.is_none()) {
            *here.entry(&signer.asks).or_default() += 1;
        }
        for (asks, count) in here {
            let most = most.entry(asks).or_default();
            *most = count.max(*most);
        }
    }
    most.values().sum()
}

/// What it comes to, in a few words.
pub(super) fn summary(review: &Review) -> String {
    let gates = || review.changes.items.iter().flat_map(|change| &change.gates).map(|gate| gate.gate.status);
    let mut parts = Vec::new();
    let failed = gates().filter(|gate| *gate == Status::Failed).count();
    let missing = gates().filter(|gate| matches!(gate, Status::Missing | Status::Pending)).count();
    let waived = gates().filter(|gate| *gate == Status::Waived).count();
    let open = |break_glass: bool| open_places(review, break_glass);
    if failed > 0 {
        parts.push(format!(
            "{} not hold",
            if failed == 1 { "1 gate does".to_owned() } else { format!("{failed} gates do") }
        ));
    }
    if missing > 0 {
        parts.push(format!(
            "{} for evidence or people",
            if missing == 1 { "1 gate waits".to_owned() } else { format!("{missing} gates wait") }
        ));
    }
    if failed + missing == 0 && gates().count() > 0 {
        parts.push(if waived > 0 { format!("all gates pass, {waived} waived") } else { "all gates pass".to_owned() });
    }
    if open(false) > 0 && review.verdict != RangeVerdict::Refused {
        parts.push(format!("{} missing", counted(open(false), "approval")));
    }
    if open(true) > 0 {
        parts.push(format!("{} due afterwards", counted(open(true), "approval")));
    }
    let verdict = match review.verdict {
        RangeVerdict::Refused | RangeVerdict::Failed if failed == 0 => {
            let why = review.problems.first().map_or_else(String::new, |problem| format!(": {}", problem.message));
            format!("{}{why}", review.verdict.as_str())
        }
        RangeVerdict::Ok if review.landed => {
            parts.push("in effect".to_owned());
            parts.join(", ")
        }
        RangeVerdict::Ok if parts.is_empty() => "allowed".to_owned(),
        RangeVerdict::Ok => parts.join(", "),
        RangeVerdict::Pending if parts.is_empty() => "waits".to_owned(),
        RangeVerdict::Pending => format!("waits: {}", parts.join(", ")),
        RangeVerdict::Refused | RangeVerdict::Failed => format!("{}: {}", review.verdict.as_str(), parts.join(", ")),
    };
    match review.attention.count {
        0 => verdict,
        count => format!("needs attention ({count}) · {verdict}"),
    }
}

pub(super) fn key(review: &Review) -> String {
    match review.changes.items.first() {
        Some(change) => match (&change.model, &change.alias, &change.artifact) {
            (Some(model), Some(alias), _) => format!("{}@{}#{}", model.escaped(), alias.escaped(), change.sequence),
            (Some(model), None, _) => format!("{}#{}", model.escaped(), change.sequence),
            (_, _, Some(artifact)) => format!("{}#{}", artifact.short(), change.sequence),
            _ => change.statement.short(),
        },
        None => "range".to_owned(),
    }
}
