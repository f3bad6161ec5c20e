//! Two policies beside one another: who could do what before, and who can now.

use super::aliases::usual_names;
use super::explain::{gate, joined, states};
use super::warn::{could, places};
use refmark_records::policy::{Demands, Member, MemberKind, Policy, Right};
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use std::collections::BTreeSet;

use refmark_types::name::{AliasName, ModelName, PrincipalId, Role};

/// What a policy changes against the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyChanges {
    /// People first, then moves, each in a sentence.
    pub says: Vec<String>,
    /// What asks fewer people now, or less of a change, each in a sentence. They are in `says` too.
    pub asks_less: Vec<String>,
}

/// Compares two policies: every person by what they may do, every move by whom it asks and what must hold.
///
/// # Examples
///
/// ```
/// use refmark_engine::policy::team_policy;
/// use refmark_query::policy::compare;
/// use refmark_records::policy::Policy;
/// use refmark_records::registry_id::RegistryId;
///
/// let before = Policy::parse(&team_policy(RegistryId::from_bytes([7; 16]), 1, &[], &[]))?;
/// let mut after = before.clone();
/// for rule in &mut after.alias {
///     rule.needs.signers.truncate(1);
/// }
/// let changes = compare(&before, &after);
/// assert!(changes.asks_less[0].contains("2 people had to sign, now 1"), "{:?}", changes.asks_less);
/// # Ok::<(), Box<refmark_types::error::Error>>(())
/// ```
pub fn compare(before: &Policy, after: &Policy) -> PolicyChanges {
    let mut changes = PolicyChanges::default();
    people(before, after, &mut changes.says);
    let rules: [(bool, bool, &str); 2] = [
        (
            before.evidence.independent,
            after.evidence.independent,
            "evidence of whoever registered a version or asks for a change",
        ),
        (before.evidence.substance, after.evidence.substance, "evidence that says nothing of what its type is about"),
    ];
    for (was, is, what) in rules.into_iter().filter(|(was, is, _)| was != is) {
        let says =
            if was { format!("{what} opened no gate, and does now") } else { format!("{what} opens no gate any more") };
        changes.asks_less.extend((was && !is).then(|| says.clone()));
        changes.says.push(says);
    }
    scopes(before, after, &mut changes);
    moves(before, after, &mut changes);
    changes
}

/// Scopes that hold other models than before.
fn scopes(before: &Policy, after: &Policy, changes: &mut PolicyChanges) {
    let ids: BTreeSet<_> = before.scopes.keys().chain(after.scopes.keys()).collect();
    for id in ids {
        let held = |policy: &Policy| policy.scopes.get(id).map(|held| held.join(", ")).filter(|held| !held.is_empty());
        let (was, is) = (held(before), held(after));
        if was != is {
            let said = |held: Option<String>| held.unwrap_or_else(|| "no model".to_owned());
            changes.says.push(format!("scope {id} held {}, and holds {}", said(was), said(is)));
        }
    }
}

/// A right that a member has, with the scopes to which it is limited.
fn within(policy: &Policy, member: &Member, right: Right) -> Option<String> {
    let roles = member.roles.iter().filter_map(|role| policy.roles.get(role)).filter(|role| role.may.contains(&right));
    let (mut has, mut scopes) = (false, BTreeSet::new());
    for role in roles {
        if policy.reaches(role, &[]) {
            return Some(right.as_str().to_owned());
        }
        has = true;
        scopes.extend(role.scopes.iter().map(|scope| scope.as_str()));
    }
    let scopes: Vec<&str> = scopes.into_iter().collect();
    has.then(|| format!("{} in scope {}", right.as_str(), joined(&scopes, "and")))
}

/// What somebody may do: rights, and the moves that they may sign for.
fn abilities(policy: &Policy, id: &PrincipalId) -> (Vec<String>, Vec<String>) {
    const RIGHTS: [Right; 9] = [
        Right::Propose,
        Right::Register,
        Right::Describe,
        Right::Attach,
        Right::Approve,
        Right::Waive,
        Right::Publish,
        Right::Checkpoint,
        Right::Catalog,
    ];
    let Some(member) = policy.members.get(id) else { return Default::default() };
    let rights = RIGHTS.into_iter().filter_map(|right| within(policy, member, right)).collect();
    let signs = |needs: &Demands| needs.signers.iter().any(|signer| could(policy, signer, id, member));
    let signs = places(policy).into_iter().filter(|(_, needs)| signs(needs)).map(|(place, _)| place).collect();
    (rights, signs)
}

fn told(rights: &[&str], signs: &[String]) -> String {
    let signs = if signs.is_empty() { String::new() } else { format!("sign for {}", joined(signs, "and")) };
    let rights = joined(rights, "and");
    match (rights.is_empty(), signs.is_empty()) {
        (true, true) => "nothing".to_owned(),
        (false, true) => rights,
        (true, false) => signs,
        (false, false) => format!("{rights}; and {signs}"),
    }
}

fn people(before: &Policy, after: &Policy, says: &mut Vec<String>) {
    let new = after.members.keys().filter(|id| !before.members.contains_key(*id));
    let ids = before.members.keys().chain(new);
    for id in ids {
        let (was, is) = (abilities(before, id), abilities(after, id));
        let only = |a: &(Vec<String>, Vec<String>), b: &(Vec<String>, Vec<String>)| {
            let rights: Vec<&str> = a.0.iter().filter(|it| !b.0.contains(it)).map(String::as_str).collect();
            let signs: Vec<String> = a.1.iter().filter(|it| !b.1.contains(it)).cloned().collect();
            (!rights.is_empty() || !signs.is_empty()).then(|| told(&rights, &signs))
        };
        match (before.members.get(id), after.members.get(id)) {
            (None, Some(member)) => {
                let may = only(&is, &was).unwrap_or_else(|| "nothing".to_owned());
                says.push(format!("{id} becomes a member ({}), and may {may}", described(member)));
            }
            (Some(_), None) => {
                let could = only(&was, &is).unwrap_or_else(|| "nothing".to_owned());
                says.push(format!("{id} is no member any more, and could {could}"));
            }
            (Some(old), Some(new)) => {
                says.extend(member_changes(id, old, new));
                says.extend(only(&is, &was).map(|may| format!("{id} could not before, and may now: {may}")));
                says.extend(only(&was, &is).map(|could| format!("{id} could before, and may not now: {could}")));
            }
            (None, None) => {}
        }
    }
}

fn roles(member: &Member) -> String {
    let all: Vec<&str> = member.roles.iter().map(Role::as_str).collect();
    if all.is_empty() { "no role".to_owned() } else { all.join(", ") }
}

fn keys(member: &Member) -> String {
    let all: Vec<String> = member.keys.iter().map(|key| key.id().to_string()).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn described(member: &Member) -> String {
    let kind = if member.kind == MemberKind::Agent { "agent" } else { "person" };
    format!("{kind}; {}; key {}", roles(member), keys(member))
}

fn member_changes(id: &PrincipalId, old: &Member, new: &Member) -> Vec<String> {
    let mut said = Vec::new();
    if roles(old) != roles(new) {
        said.push(format!("{id}: {} → {}", roles(old), roles(new)));
    }
    if old.keys != new.keys {
        said.push(format!("{id} has other keys: {} → {}", keys(old), keys(new)));
    }
    if old.kind != new.kind {
        said.push(format!("{id} changes between person and agent"));
    }
    said
}

/// What a move asks.
#[derive(Clone, PartialEq, Eq)]
struct Asked {
    /// Each place by its roles, with who holds them.
    people: Vec<(String, String)>,
    author_counts: bool,
    /// Each gate by its label, in words.
    gates: Vec<(String, String)>,
    /// Roles of which one may do it alone.
    alone: Vec<String>,
    /// States that it asks for; none where any does.
    states: String,
}

impl Asked {
    fn of(policy: &Policy, needs: &Demands, alone: &[Role], states: String) -> Asked {
        let holders = |roles: &[Role], owner: bool| -> String {
            let fits = |(id, member): &(&PrincipalId, &Member)| {
                member.roles.iter().any(|role| roles.contains(role))
                    || owner && policy.owners.iter().any(|owners| owners.members.contains(id))
            };
            let all: Vec<&str> = policy.members.iter().filter(fits).map(|(id, _)| id.as_str()).collect();
            if all.is_empty() { "nobody".to_owned() } else { all.join(", ") }
        };
        let place = |signer: &refmark_records::policy::Signer| {
            let mut asks: Vec<&str> = signer.roles.iter().map(Role::as_str).collect();
            asks.extend(signer.owner.then_some("the model's owner"));
            (asks.join(" or "), holders(&signer.roles, signer.owner))
        };
        Asked {
            people: needs.signers.iter().map(place).collect(),
            author_counts: needs.author_counts,
            gates: needs.gates.iter().map(|rule| (rule.label(), gate(rule))).collect(),
            alone: alone.iter().map(|role| role.to_string()).collect(),
            states,
        }
    }

    /// Whether it asks the same, whoever holds the roles.
    fn is_alike(&self, other: &Asked) -> bool {
        let bare = |it: &Asked| Asked {
            people: it.people.iter().map(|(asks, _)| (asks.clone(), String::new())).collect(),
            ..it.clone()
        };
        bare(self) == bare(other)
    }

    fn in_words(&self) -> String {
        if self.people.is_empty() {
            return "anybody who may propose".to_owned();
        }
        let each: Vec<String> = self.people.iter().map(|(asks, who)| format!("{asks} ({who})")).collect();
        let author = if self.author_counts { ", the author included" } else { ", not the author" };
        format!("{}{author}", joined(&each, "and"))
    }
}

/// What a move asks before and after; nothing where no rule is for it, so that nobody may make it.
type Pair = (Option<Asked>, Option<Asked>);

fn moves(before: &Policy, after: &Policy, changes: &mut PolicyChanges) {
    let mut grouped: Vec<(Pair, Vec<String>)> = Vec::new();
    let mut add = |what: String, was: Option<Asked>, is: Option<Asked>| {
        let same = match (&was, &is) {
            (Some(a), Some(b)) => a.is_alike(b),
            (None, None) => true,
            _ => false,
        };
        if same {
            return;
        }
        let pair = (was, is);
        match grouped.iter_mut().find(|(known, _)| *known == pair) {
            Some((_, all)) => all.push(what),
            None => grouped.push((pair, vec![what])),
        }
    };
    for (pattern, model) in models(before, after) {
        let of = if pattern.is_empty() { String::new() } else { format!(" of {pattern}") };
        let mut names: Vec<(String, String)> =
            usual_names(&[before, after]).into_iter().map(|name| (name.clone(), name)).collect();
        let of_rules = [before, after].into_iter().flat_map(|policy| &policy.alias).flat_map(|rule| &rule.names);
        // What a rule spells out is among the usual names.
        names.extend(patterns(of_rules.filter(|name| name.contains('*'))));
        for (shown, name) in names {
            let Ok(alias) = AliasName::parse(&name) else { continue };
            let asked = |policy: &Policy| {
                policy.alias_rule(&model, &alias).map(|rule| {
                    let alone = rule.rollback.as_ref().map(|back| back.roles.clone()).unwrap_or_default();
                    let stages = states(rule.stage.iter().map(|it| it.as_str()), "any stage");
                    Asked::of(policy, &rule.needs, &alone, stages)
                })
            };
            add(format!("alias {shown}{of}"), asked(before), asked(after));
        }
        for (from, to) in pairs(&Stage::ALL) {
            let rule = |policy: &Policy| {
                policy.stage_rule(&model, from, to).map(|rule| Asked::of(policy, &rule.needs, &[], String::new()))
            };
            add(format!("stage {from} → {to}{of}"), rule(before), rule(after));
        }
    }
    for (from, to) in pairs(&TrustState::ALL).filter(|(from, _)| *from != TrustState::Deleted) {
        let asked = |policy: &Policy| {
            policy.trust_rule(from, to).map(|rule| Asked::of(policy, &rule.needs, &rule.break_glass, String::new()))
        };
        add(format!("trust {from} → {to}"), asked(before), asked(after));
    }
    for ((was, is), what) in grouped {
        let what = short_list(&what);
        let (says, less) = differs(was.as_ref(), is.as_ref());
        let says = format!("{what}: {says}");
        changes.asks_less.extend(less.then(|| says.clone()));
        changes.says.push(says);
    }
}

/// A model for whom no rule is particular, without a pattern, and one that fits for each pattern that a rule has.
fn models(before: &Policy, after: &Policy) -> Vec<(String, ModelName)> {
    let all = [before, after];
    let named = all.iter().flat_map(|policy| policy.alias.iter().flat_map(|rule| &rule.models));
    let named = named.chain(all.iter().flat_map(|policy| policy.stage.iter().flat_map(|rule| &rule.models)));
    let mut found: Vec<(String, ModelName)> =
        ModelName::parse("any-model").ok().map(|model| (String::new(), model)).into_iter().collect();
    for (pattern, name) in patterns(named) {
        found.extend(ModelName::parse(&name).ok().map(|model| (pattern, model)));
    }
    found
}

/// Patterns, each once, with a name that fits it. What fits all is left out: every other name stands for it.
fn patterns<'a>(all: impl Iterator<Item = &'a String>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for pattern in all.filter(|pattern| *pattern != "*") {
        if !found.iter().any(|(known, _)| known == pattern) {
            found.push((pattern.clone(), pattern.replace('*', "x")));
        }
    }
    found
}

fn pairs<T: Copy + PartialEq>(all: &[T]) -> impl Iterator<Item = (T, T)> {
    all.iter().flat_map(|from| all.iter().map(move |to| (*from, *to))).filter(|(from, to)| from != to)
}

/// The first names of what is judged alike, with their common word said once.
fn short_list(what: &[String]) -> String {
    const SHOWN: usize = 6;
    let word = what.first().and_then(|first| first.split_once(' ')).map(|(word, _)| word).unwrap_or_default();
    let mixed = what.iter().any(|it| it.split_once(' ').map(|(first, _)| first) != Some(word));
    let bare = |it: &String| {
        if mixed { it.clone() } else { it.split_once(' ').map_or(it.as_str(), |(_, rest)| rest).to_owned() }
    };
    let first: Vec<String> = what.iter().take(SHOWN).map(bare).collect();
    let more = what.len() - first.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    if mixed { format!("{}{more}", first.join(", ")) } else { format!("{word} {}{more}", first.join(", ")) }
}

/// What differs for a move, and whether less is asked now.
fn differs(was: Option<&Asked>, is: Option<&Asked>) -> (String, bool) {
    let (was, is) = match (was, is) {
        (Some(was), Some(is)) => (was, is),
        (None, Some(is)) => return (format!("nobody could, and now {}", is.in_words()), true),
        (Some(was), None) => return (format!("before {}, and now nobody", was.in_words()), false),
        (None, None) => return (String::new(), false),
    };
    let (mut parts, mut less) = (Vec::new(), false);
    if was.people.len() != is.people.len() {
        less |= is.people.len() < was.people.len();
        let people = |count: usize| if count == 1 { "1 person".to_owned() } else { format!("{count} people") };
        parts.push(format!("{} had to sign, now {}", people(was.people.len()), is.people.len()));
    }
    if was.in_words() != is.in_words() {
        less |= is.author_counts && !was.author_counts && !is.people.is_empty();
        parts.push(format!("before {}; now {}", was.in_words(), is.in_words()));
    }
    let gone: Vec<&String> = was
        .gates
        .iter()
        .filter(|(label, _)| !is.gates.iter().any(|(known, _)| known == label))
        .map(|(_, text)| text)
        .collect();
    if !gone.is_empty() {
        less = true;
        parts.push(format!("no longer asked is that {}", joined(&gone, "and that")));
    }
    let new: Vec<&String> = is
        .gates
        .iter()
        .filter(|(label, _)| !was.gates.iter().any(|(known, _)| known == label))
        .map(|(_, text)| text)
        .collect();
    if !new.is_empty() {
        parts.push(format!("newly asked is that {}", joined(&new, "and that")));
    }
    for (label, text) in &was.gates {
        if let Some((_, other)) = is.gates.iter().find(|(known, other)| known == label && other != text) {
            less |= other.contains("(may be waived)") && !text.contains("(may be waived)");
            parts.push(format!("asked was that {text}, and now that {other}"));
        }
    }
    if was.states != is.states {
        less |= is.states.len() > was.states.len() || is.states == "any stage";
        parts.push(format!("the version had to be in {}, and now in {}", was.states, is.states));
    }
    let alone: Vec<&String> = is.alone.iter().filter(|role| !was.alone.contains(role)).collect();
    if !alone.is_empty() {
        less = true;
        parts.push(format!("one {} may now act alone", joined(&alone, "or")));
    }
    let not_alone: Vec<&String> = was.alone.iter().filter(|role| !is.alone.contains(role)).collect();
    if !not_alone.is_empty() {
        parts.push(format!("no {} may act alone any more", joined(&not_alone, "or")));
    }
    (parts.join("; "), less)
}

#[cfg(test)]
mod tests {
    use super::*;
    use refmark_engine::policy::team_policy;
    use refmark_records::registry_id::RegistryId;

    fn team() -> Policy {
        Policy::parse(&team_policy(RegistryId::from_bytes([7; 16]), 1, &[], &[])).unwrap()
    }

    #[test]
    fn a_policy_that_changes_nothing_says_nothing() {
        assert_eq!(compare(&team(), &team()), PolicyChanges::default());
    }

    #[test]
    fn a_dropped_gate_asks_less_and_a_new_one_does_not() {
        let (with, mut without) = (team(), team());
        let rule = without.alias.iter_mut().find(|rule| !rule.needs.gates.is_empty());
        let at_stage = without.stage.iter_mut().find(|rule| !rule.needs.gates.is_empty());
        match (rule, at_stage) {
            (Some(rule), _) => drop(rule.needs.gates.pop()),
            (None, Some(rule)) => drop(rule.needs.gates.pop()),
            (None, None) => panic!("the team policy has gates"),
        }
        let less = compare(&with, &without);
        assert!(less.asks_less[0].contains("no longer asked is that"), "{less:?}");
        let more = compare(&without, &with);
        assert!(more.asks_less.is_empty() && more.says[0].contains("newly asked is that"), "{more:?}");
    }

    #[test]
    fn a_rule_for_some_models_alone_is_compared_too() {
        let (before, mut after) = (team(), team());
        let mut loose = after.alias[0].clone();
        loose.models = vec!["nlp.*".to_owned()];
        loose.needs.signers.clear();
        after.alias.insert(0, loose);
        let said = compare(&before, &after).asks_less;
        assert!(said.iter().any(|it| it.contains("of nlp.*") && it.contains("anybody who may propose")), "{said:?}");
    }

    #[test]
    fn an_author_who_counts_and_a_rule_for_what_nobody_could_ask_less() {
        let (before, mut after) = (team(), team());
        after.alias.iter_mut().for_each(|rule| rule.needs.author_counts = true);
        let said = compare(&before, &after).asks_less;
        assert!(said.iter().any(|it| it.contains("the author included") && it.starts_with("alias ")), "{said:?}");
        let mut none = team();
        none.alias.clear();
        let said = compare(&none, &before).asks_less;
        assert!(said.iter().any(|it| it.contains("nobody could, and now")), "{said:?}");
        assert!(compare(&before, &none).asks_less.is_empty());
    }
}
