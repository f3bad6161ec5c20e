//! What a policy allows, in sentences.

use refmark_records::gate::{Gate, GateRule, Operator};
use refmark_records::pattern::fits_alias;
use refmark_records::policy::{AliasRule, Demands, Member, MemberKind, Policy, Signer, StageRule, TrustRule};
use refmark_types::name::{PrincipalId, Role};
use refmark_types::number::print;

/// Names under which people load what is live.
pub const LIVE_NAMES: [&str; 8] = ["champion", "production", "prod", "live", "stable", "main", "release", "default"];

/// What a policy allows, in sentences: people, roles, trust, stages, aliases, in the order in which they are judged.
///
/// # Examples
///
/// ```
/// use refmark_engine::policy::team_policy;
/// use refmark_query::policy::explain;
/// use refmark_records::policy::Policy;
/// use refmark_records::registry_id::RegistryId;
///
/// let policy = Policy::parse(&team_policy(RegistryId::from_bytes([7; 16]), 1, &[], &[]))?;
/// assert_eq!(explain(&policy)[0], "0 people and 0 agents may act.");
/// # Ok::<(), Box<refmark_types::error::Error>>(())
/// ```
pub fn explain(policy: &Policy) -> Vec<String> {
    let mut said = Vec::new();
    let agents = policy.members.values().filter(|member| member.kind == MemberKind::Agent).count();
    let people = policy.members.len() - agents;
    said.push(format!("{} and {} may act.", counted(people, "person", "people"), counted(agents, "agent", "agents")));
    for (role, rights) in &policy.roles {
        let may: Vec<&str> = rights.may.iter().map(|right| right.as_str()).collect();
        let may = if may.is_empty() { "do nothing by itself".to_owned() } else { joined(&may, "and") };
        let scopes: Vec<&str> = rights.scopes.iter().map(|scope| scope.as_str()).collect();
        let within =
            if scopes.is_empty() { String::new() } else { format!(", in scope {} only", joined(&scopes, "or")) };
        said.push(format!("{role} ({}) may {may}{within}.", holders(policy, std::slice::from_ref(role))));
    }
    for (scope, patterns) in &policy.scopes {
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        said.push(format!("Scope {scope} holds the models {}.", joined(&patterns, "and")));
    }
    for owner in &policy.owners {
        let members: Vec<&str> = owner.members.iter().map(PrincipalId::as_str).collect();
        let own = if members.len() == 1 { "owns" } else { "own" };
        let called = owner.name.as_ref().map(|name| format!(" as {name}")).unwrap_or_default();
        said.push(format!("{} {own} {}{called}.", joined(&members, "and"), models(&owner.models)));
    }
    if policy.evidence.independent {
        said.push(
            "Evidence of whoever registered the version or asks for the change counts only against it.".to_owned(),
        );
    }
    if policy.evidence.substance {
        said.push("Evidence counts that says what its type is about; a verdict alone opens no gate.".to_owned());
    }
    for (who, types) in &policy.evidence.agents {
        let types: Vec<&str> = types.iter().map(|of| of.as_str()).collect();
        said.push(format!("Of agents that are {who}, evidence counts that is {}.", joined(&types, "or")));
    }
    said.extend(policy.trust.iter().map(|rule| trust(policy, rule)));
    said.extend(policy.stage.iter().map(|rule| stage(policy, rule)));
    said.extend(policy.alias.iter().map(|rule| alias(policy, rule)));
    for distrust in &policy.distrust {
        said.push(format!(
            "Key {} is distrusted since commit {}: {}.",
            distrust.key,
            distrust.since.short(),
            distrust.reason
        ));
    }
    said
}

/// What the second policy says and the first does not, and the other way round: members first, then sentences, after `+`,
/// `-` and `~`. A rule that only names other people, because somebody joined or left, is not a change of its own.
pub fn changes(before: &Policy, after: &Policy) -> Vec<String> {
    let mut said = Vec::new();
    for (id, member) in &after.members {
        let was = before.members.get(id);
        if was.is_none_or(|was| !same(was, member)) {
            let sign = if was.is_some() { "~" } else { "+" };
            said.push(format!("{sign} member {id}: {}", describe(member)));
        }
    }
    said.extend(before.members.keys().filter(|id| !after.members.contains_key(*id)).map(|id| format!("- member {id}")));
    let (old, new) = (rules(before), rules(after));
    let without = |these: &[(String, String)], those: &[(String, String)], sign: char| -> Vec<String> {
        let other = |line: &&(String, String)| !those.iter().any(|that| that.1 == line.1);
        these.iter().filter(other).map(|line| format!("{sign} {}", line.0)).collect()
    };
    said.extend(without(&old, &new, '-'));
    said.extend(without(&new, &old, '+'));
    said
}

/// Every sentence but the first, which counts the members, beside what it says without anybody's name.
fn rules(policy: &Policy) -> Vec<(String, String)> {
    let nobody = Policy { members: Default::default(), ..policy.clone() };
    explain(policy).into_iter().zip(explain(&nobody)).skip(1).collect()
}

fn same(one: &Member, other: &Member) -> bool {
    (one.kind, &one.name, &one.roles, &one.keys) == (other.kind, &other.name, &other.roles, &other.keys)
}

fn describe(member: &Member) -> String {
    let kind = if member.kind == MemberKind::Agent { "agent" } else { "person" };
    let roles: Vec<&str> = member.roles.iter().map(Role::as_str).collect();
    let roles = if roles.is_empty() { "no role".to_owned() } else { joined(&roles, "and") };
    let keys: Vec<String> = member.keys.iter().map(|key| key.id().to_string()).collect();
    format!("{kind}, {roles}, {}", keys.join(" "))
}

fn trust(policy: &Policy, rule: &TrustRule) -> String {
    let from = states(rule.from.iter().map(|state| state.as_str()), "any trust state");
    let to = states(rule.to.iter().map(|state| state.as_str()), "nothing");
    let mut text = format!("An artifact may go from {from} to {to} {}.", demands(policy, &rule.needs));
    if !rule.break_glass.is_empty() {
        let who = holders(policy, &rule.break_glass);
        text.push_str(&format!(
            " {} ({who}) may do it alone and at once; the approvals are then due.",
            roles(&rule.break_glass)
        ));
    }
    text
}

fn stage(policy: &Policy, rule: &StageRule) -> String {
    let from = states(rule.from.iter().map(|state| state.as_str()), "any stage");
    let to = states(rule.to.iter().map(|state| state.as_str()), "nothing");
    format!("A version of {} may go from {from} to {to} {}.", models(&rule.models), demands(policy, &rule.needs))
}

fn alias(policy: &Policy, rule: &AliasRule) -> String {
    let names: Vec<&str> = rule.names.iter().map(String::as_str).collect();
    let names = match names.as_slice() {
        ["*"] => {
            let usual: Vec<&str> = LIVE_NAMES.into_iter().filter(|name| falls_in(policy, rule, name)).collect();
            let such = if usual.is_empty() { String::new() } else { format!(", such as {},", joined(&usual, "or")) };
            format!("Any other alias{such}")
        }
        names => format!("Alias {}", joined(names, "or")),
    };
    let trust = if rule.trust.is_empty() {
        "trusted".to_owned()
    } else {
        states(rule.trust.iter().map(|state| state.as_str()), "")
    };
    let mut text = format!("{names} of {} may point at a version that is {trust}", models(&rule.models));
    if !rule.stage.is_empty() {
        text.push_str(&format!(" and in {}", states(rule.stage.iter().map(|state| state.as_str()), "")));
    }
    text.push_str(&format!(", {}.", demands(policy, &rule.needs)));
    if let Some(rollback) = &rule.rollback {
        text.push_str(&format!(
            " {} ({}) may alone go back to what it held in the last {}; the approvals are then due.",
            roles(&rollback.roles),
            holders(policy, &rollback.roles),
            counted(rollback.days as usize, "day", "days")
        ));
    }
    text
}

/// Whether a name, where nothing else is said of it, is judged by this rule.
fn falls_in(policy: &Policy, rule: &AliasRule, name: &str) -> bool {
    let first = policy.alias.iter().find(|rule| rule.names.iter().any(|pattern| fits_alias(pattern, name)));
    first.is_some_and(|first| std::ptr::eq(first, rule))
}

/// Who must stand behind a change, and what must hold.
pub(super) fn demands(policy: &Policy, needs: &Demands) -> String {
    let signers: Vec<String> = needs.signers.iter().map(|wanted| signer(policy, wanted)).collect();
    let mut text = match signers.as_slice() {
        [] => "on the word of anybody who may propose".to_owned(),
        [one] => format!("by {one}"),
        several => format!("by {} different people: {}", several.len(), joined(several, "and")),
    };
    if !needs.signers.is_empty() {
        text.push_str(if needs.author_counts { ", the author included" } else { ", the author never counting" });
    }
    if !needs.gates.is_empty() {
        let gates: Vec<String> = needs.gates.iter().map(gate).collect();
        text.push_str(&format!(", if {}", gates.join("; ")));
    }
    text
}

fn signer(policy: &Policy, signer: &Signer) -> String {
    match (signer.roles.is_empty(), signer.owner) {
        (true, _) => "the model's owner".to_owned(),
        (false, owner) => {
            let or = if owner { " or the model's owner" } else { "" };
            format!("{} ({}){or}", roles(&signer.roles), holders(policy, &signer.roles))
        }
    }
}

/// What a gate asks, in words.
pub fn gate(rule: &GateRule) -> String {
    let mut text = asks(&rule.gate);
    if rule.independent == Some(false) {
        text.push_str(" (of anybody)");
    }
    if rule.waivable {
        text.push_str(" (may be waived)");
    }
    text
}

fn asks(gate: &Gate) -> String {
    match gate {
        Gate::NoCode => "no file holds or names code, or could not be scanned".to_owned(),
        Gate::Complete => "the package is whole".to_owned(),
        Gate::BytesPresent => "whoever moves it had every byte, and held it against its digest".to_owned(),
        Gate::OwnerNamed => "the model has a named owner".to_owned(),
        Gate::LineageComplete { keys, .. } if keys.is_empty() => "its lineage can be followed".to_owned(),
        Gate::LineageComplete { keys, .. } => format!("its lineage names {}", joined(keys, "and")),
        Gate::NotWorse { .. } => asks_not_worse(gate),
        Gate::Licence { allow, deny } => match (allow.is_empty(), deny.is_empty()) {
            (true, true) => "it names a licence".to_owned(),
            (false, true) => format!("its licence is {}", joined(allow, "or")),
            (true, false) => format!("its licence is not {}", joined(deny, "or")),
            (false, false) => format!("its licence is {}, and not {}", joined(allow, "or"), joined(deny, "or")),
        },
        Gate::ContractStated => "its contract states inputs and outputs".to_owned(),
        Gate::ContractCompatible { baseline } => format!("callers of {baseline} can use it"),
        Gate::ModelCard { sections } if sections.is_empty() => "its model card says something".to_owned(),
        Gate::ModelCard { sections } => format!("its model card has {}", joined(sections, "and")),
        Gate::EvaluationCard { fields } if fields.is_empty() => "its evaluation card says something".to_owned(),
        Gate::EvaluationCard { fields } => format!("its evaluation card has {}", joined(fields, "and")),
        Gate::Scan { tools, max_age_days } => {
            let by = if tools.is_empty() { "a scanner".to_owned() } else { joined(tools, "and") };
            let days = max_age_days.map(|days| format!(" in the last {}", counted(days as usize, "day", "days")));
            format!("{by} passed it{}", days.unwrap_or_default())
        }
        Gate::Size { max_bytes } => format!("it has at most {max_bytes} bytes"),
        Gate::Evidence { .. } => asks_evidence(gate),
        Gate::Metric { .. } => asks_metric(gate),
        Gate::Field { of, path, op, value } => {
            let value = value.as_ref().map(ToString::to_string).unwrap_or_default();
            let op = match op {
                Operator::Exists => "is there",
                Operator::Absent => "is not there",
                Operator::Equals => "is",
                Operator::Differs => "is not",
                Operator::In => "is one of",
                Operator::AtLeast => "is at least",
                Operator::AtMost => "is at most",
                Operator::Contains => "contains",
            };
            format!("{path} of the {of} {op} {value}").trim_end().to_owned()
        }
        Gate::SignedBy { roles: of } => format!("{} signed it", roles(of)),
        Gate::Approvals { count, roles: of } => {
            let by = if of.is_empty() { String::new() } else { format!(" by {}", roles(of)) };
            format!("it has {}{by}", counted(*count as usize, "approval", "approvals"))
        }
        Gate::ClassAllowed { classes, with_sign_off } => {
            let words = |of: &[refmark_records::manifest::FileClass]| {
                joined(&of.iter().map(|class| class.as_str()).collect::<Vec<_>>(), "or")
            };
            let mut text = format!("every file is {}", words(classes));
            if !with_sign_off.is_empty() {
                text.push_str(&format!(", or {} that a person signed off", words(with_sign_off)));
            }
            text
        }
        Gate::ReplacementInProduction => "the version that replaces it is in production".to_owned(),
        Gate::SunsetPassed => "its sunset date has passed".to_owned(),
        Gate::NoConsumers => "no consumer is pinned to it".to_owned(),
        Gate::All { gates } => format!("({})", gates.iter().map(gate_of).collect::<Vec<_>>().join(" and ")),
        Gate::Any { gates } => format!("({})", gates.iter().map(gate_of).collect::<Vec<_>>().join(" or ")),
    }
}

fn asks_not_worse(gate: &Gate) -> String {
    let Gate::NotWorse { baseline, metrics, min_improvement } = gate else { return String::new() };
    let what = if metrics.is_empty() { "no metric of which more is better".to_owned() } else { joined(metrics, "nor") };
    match *min_improvement {
        least if least > 0.0 => {
            format!("it is better than {baseline} by {} in {}", print(least), joined(metrics, "and"))
        }
        _ if metrics.is_empty() => format!("{what} is worse than {baseline}'s on the same data"),
        _ => format!("neither {what} is worse than {baseline}'s on the same data"),
    }
}

fn asks_evidence(gate: &Gate) -> String {
    let Gate::Evidence { of, by, max_age_days, suite, suite_version, holdout, any_verdict } = gate else {
        return String::new();
    };
    let mut text = format!("there is {} {of}", if *any_verdict { "a" } else { "a passing" });
    if !by.is_empty() {
        text.push_str(&format!(" by {}", roles(by)));
    }
    if let Some(suite) = suite {
        text.push_str(&format!(" of suite {suite}"));
    }
    if let Some(version) = suite_version {
        text.push_str(&format!(" version {version}"));
    }
    if let Some(holdout) = holdout {
        text.push_str(&format!(" on {holdout}, which training did not use"));
    }
    if let Some(days) = max_age_days {
        text.push_str(&format!(" of the last {}", counted(*days as usize, "day", "days")));
    }
    text
}

fn asks_metric(gate: &Gate) -> String {
    let Gate::Metric { metric, min, max, baseline, min_improvement, dataset, .. } = gate else {
        return String::new();
    };
    let mut parts = Vec::new();
    parts.extend(min.map(|min| "at least ".to_owned() + &print(min)));
    parts.extend(max.map(|max| "at most ".to_owned() + &print(max)));
    if let Some(alias) = baseline {
        parts.push(match min_improvement {
            Some(by) if *by != 0.0 => format!("better than {alias} by {}", print(*by)),
            _ => format!("not worse than {alias}"),
        });
    }
    let on = dataset.as_ref().map(|dataset| format!(" on {dataset}")).unwrap_or_default();
    if parts.is_empty() {
        format!("{metric} is measured{on}")
    } else {
        format!("{metric} is {}{on}", joined(&parts, "and"))
    }
}

fn gate_of(rule: &GateRule) -> String {
    gate(rule)
}

fn holders(policy: &Policy, roles: &[Role]) -> String {
    let who: Vec<&str> = policy
        .members
        .iter()
        .filter(|(_, member)| member.roles.iter().any(|role| roles.contains(role)))
        .map(|(id, _)| id.as_str())
        .collect();
    if who.is_empty() { "nobody".to_owned() } else { who.join(", ") }
}

fn roles(roles: &[Role]) -> String {
    joined(&roles.iter().map(Role::as_str).collect::<Vec<_>>(), "or")
}

fn models(patterns: &[String]) -> String {
    match patterns {
        [] => "any model".to_owned(),
        [one] if one == "*" => "any model".to_owned(),
        several => joined(several, "or"),
    }
}

pub(super) fn states<'a>(words: impl Iterator<Item = &'a str>, none: &str) -> String {
    let words: Vec<&str> = words.collect();
    if words.is_empty() { none.to_owned() } else { joined(&words, "or") }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn joined<T: AsRef<str>>(words: &[T], last: &str) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [many @ .., end] => {
            let many: Vec<&str> = many.iter().map(AsRef::as_ref).collect();
            format!("{} {last} {}", many.join(", "), end.as_ref())
        }
    }
}
