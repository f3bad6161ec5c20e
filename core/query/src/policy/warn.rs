//! What of a policy can never work, or rests on one person: found before anybody signs it.

use serde::Serialize;

use super::aliases::strictness;
use super::explain::LIVE_NAMES;
use refmark_engine::rules::match_people;
use refmark_records::gate::{Gate, GateRule};
use refmark_records::pattern::{fits, fits_alias};
use refmark_records::policy::{AliasRule, Demands, Member, MemberKind, OWNER_ROLE, Policy, Right, Signer};
use refmark_records::root::{Quorum, Root};
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::name::{AliasName, EntryId, ModelName, PrincipalId, Role};

/// Something that its authors would want to know before they sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// What sort of thing it is, such as `never-fires` or `single-key-root`.
    pub kind: &'static str,
    /// Where: a rule, a member, the root.
    pub place: String,
    /// What is wrong, and what it leads to.
    pub message: String,
}

/// Everything that a policy's authors would want to know. `root` adds what is said about its quorums, `evidence_types` the
/// check that gates name entries of the catalog that may be used.
pub fn warnings(policy: &Policy, root: Option<&Root>, evidence_types: Option<&[EntryId]>) -> Vec<Warning> {
    let mut found = WarningList { policy, all: Vec::new() };
    found.members();
    found.rights();
    found.shadowed();
    for (place, needs) in places(policy) {
        found.signers(&place, needs);
        found.gates(&place, needs, evidence_types);
    }
    found.aliases();
    found.loose_names();
    found.owners();
    if let Some(root) = root {
        found.root(root);
    }
    found.all
}

/// Every rule with the words that name it.
pub(super) fn places(policy: &Policy) -> Vec<(String, &Demands)> {
    let mut all = Vec::new();
    for rule in &policy.trust {
        let from = words(rule.from.iter().map(|state| state.as_str()));
        let to = words(rule.to.iter().map(|state| state.as_str()));
        all.push((format!("trust {from} → {to}"), &rule.needs));
    }
    for rule in &policy.stage {
        let from = words(rule.from.iter().map(|state| state.as_str()));
        let to = words(rule.to.iter().map(|state| state.as_str()));
        all.push((format!("stage {from} → {to}"), &rule.needs));
    }
    for rule in &policy.alias {
        all.push((format!("alias {}", rule.names.join(", ")), &rule.needs));
    }
    all
}

fn words<'a>(states: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = states.collect();
    if all.is_empty() { "any".to_owned() } else { all.join(", ") }
}

struct WarningList<'a> {
    policy: &'a Policy,
    all: Vec<Warning>,
}

impl WarningList<'_> {
    fn warn(&mut self, kind: &'static str, place: impl Into<String>, message: impl Into<String>) {
        self.all.push(Warning { kind, place: place.into(), message: message.into() });
    }

    fn members(&mut self) {
        let policy = self.policy;
        for (id, member) in &policy.members {
            let place = format!("member {id}");
            if member.keys.is_empty() {
                self.warn("no-key", &place, format!("{id} has no key and can sign nothing"));
            }
            let lost = member
                .keys
                .iter()
                .filter(|key| policy.distrust.iter().any(|distrust| distrust.key == key.id()))
                .count();
            if lost > 0 && lost == member.keys.len() {
                self.warn("no-key", &place, format!("every key of {id} is distrusted: {id} can sign nothing"));
            }
            if member.roles.is_empty() {
                self.warn("no-role", &place, format!("{id} has no role and may do nothing"));
            }
            if member.kind == MemberKind::Agent {
                for role in &member.roles {
                    self.agent(id, role, &place);
                }
            }
        }
        for owner in &policy.owners {
            for id in owner.members.iter().filter(|id| !policy.members.contains_key(*id)) {
                self.warn(
                    "unknown-owner",
                    format!("owners of {}", owner.models.join(", ")),
                    format!("{id} is not a member"),
                );
            }
        }
    }

    /// An agent in a role that is there for signing: agents never approve.
    fn agent(&mut self, id: &PrincipalId, role: &Role, place: &str) {
        let policy = self.policy;
        let rights = policy.roles.get(role).map(|role| role.may.as_slice()).unwrap_or_default();
        let signs = |needs: &Demands| needs.signers.iter().any(|signer| signer.roles.contains(role));
        let counts = places(policy).iter().any(|(_, needs)| signs(needs) && needs.author_counts);
        if rights.iter().any(|right| matches!(right, Right::Approve | Right::Waive)) {
            let message = format!("{id} is an agent and has role {role}, which approves; its approvals never count");
            self.warn("agent-signer", place, message);
        } else if !counts && places(policy).iter().any(|(_, needs)| signs(needs)) {
            let message = format!(
                "{id} is an agent, and role {role} only signs where the author does not count: it never counts"
            );
            self.warn("agent-signer", place, message);
        }
    }

    fn rights(&mut self) {
        let policy = self.policy;
        for role in policy.roles.keys() {
            let held = policy.members.values().any(|member| member.roles.contains(role));
            let asked =
                places(policy).iter().any(|(_, needs)| needs.signers.iter().any(|signer| signer.roles.contains(role)));
            if !held && asked {
                self.warn(
                    "role-unheld",
                    format!("role {role}"),
                    format!("rules ask for role {role}, and nobody holds it"),
                );
            }
        }
        for right in [Right::Register, Right::Attach, Right::Propose] {
            if policy.who_may(right).is_empty() {
                self.warn("right-unheld", "roles", format!("nobody may {}", right.as_str()));
            }
        }
    }

    /// Rules that an earlier one always precedes.
    fn shadowed(&mut self) {
        let policy = self.policy;
        for (at, rule) in policy.alias.iter().enumerate() {
            let earlier = &policy.alias[..at];
            let lost = |name: &String| {
                earlier.iter().any(|other| {
                    other.names.iter().any(|pattern| fits_alias(pattern, name)) && covers(&other.models, &rule.models)
                })
            };
            if rule.names.is_empty() || rule.names.iter().all(lost) {
                let place = format!("alias {}", rule.names.join(", "));
                self.warn(
                    "never-fires",
                    place,
                    "an earlier rule fits every alias that this one names: it can never decide",
                );
            }
        }
        for (at, rule) in policy.stage.iter().enumerate() {
            let pairs = Stage::ALL.iter().flat_map(|from| Stage::ALL.iter().map(move |to| (*from, *to)));
            let fits = |rule: &refmark_records::policy::StageRule, from, to| {
                from != to && (rule.from.is_empty() || rule.from.contains(&from)) && rule.to.contains(&to)
            };
            let fires = pairs.filter(|(from, to)| fits(rule, *from, *to)).any(|(from, to)| {
                !policy.stage[..at].iter().any(|other| fits(other, from, to) && covers(&other.models, &rule.models))
            });
            if !fires {
                let (from, to) = (
                    words(rule.from.iter().map(|state| state.as_str())),
                    words(rule.to.iter().map(|state| state.as_str())),
                );
                self.warn(
                    "never-fires",
                    format!("stage {from} → {to}"),
                    "earlier rules fit every move that this one names: it can never decide",
                );
            }
        }
        for (at, rule) in policy.trust.iter().enumerate() {
            let pairs = TrustState::ALL.iter().flat_map(|from| TrustState::ALL.iter().map(move |to| (*from, *to)));
            let fits = |rule: &refmark_records::policy::TrustRule, from, to| {
                // What was deleted stays so, whatever a rule says.
                from != to
                    && from != TrustState::Deleted
                    && (rule.from.is_empty() || rule.from.contains(&from))
                    && rule.to.contains(&to)
            };
            let fires = pairs
                .filter(|(from, to)| fits(rule, *from, *to))
                .any(|(from, to)| !policy.trust[..at].iter().any(|other| fits(other, from, to)));
            if !fires {
                let (from, to) = (
                    words(rule.from.iter().map(|state| state.as_str())),
                    words(rule.to.iter().map(|state| state.as_str())),
                );
                self.warn(
                    "never-fires",
                    format!("trust {from} → {to}"),
                    "earlier rules fit every move that this one names: it can never decide",
                );
            }
        }
    }

    /// Whether enough different people could ever sign.
    fn signers(&mut self, place: &str, needs: &Demands) {
        let policy = self.policy;
        if needs.signers.is_empty() {
            self.warn("nobody-asked", place, "it asks for nobody's signature: whoever may propose decides alone");
            return;
        }
        for signer in &needs.signers {
            if !policy.members.iter().any(|(id, member)| could(policy, signer, id, member)) {
                let asks: Vec<&str> =
                    signer.roles.iter().map(Role::as_str).chain(signer.owner.then_some("the model's owner")).collect();
                self.warn(
                    "nobody-can",
                    place,
                    format!("it asks for {}, and nobody could sign as that", asks.join(" or ")),
                );
                return;
            }
        }
        let authors = policy.who_may(Right::Propose);
        let met = authors.iter().any(|author| {
            let people: Vec<(&PrincipalId, &Member)> =
                policy.members.iter().filter(|(id, _)| needs.author_counts || id != author).collect();
            let slots: Vec<Vec<usize>> = needs
                .signers
                .iter()
                .map(|signer| {
                    let fits = |at: &usize| {
                        let (id, member) = people[*at];
                        could(policy, signer, id, member) && (id == *author || approves(policy, member))
                    };
                    (0..people.len()).filter(fits).collect()
                })
                .collect();
            match_people(&slots, people.len()).iter().all(Option::is_some)
        });
        if !met {
            let besides = if needs.author_counts { "" } else { " besides the author" };
            let message =
                format!("it asks for {} different people{besides}, and so many there are not", needs.signers.len());
            self.warn("nobody-can", place, message);
        }
    }

    fn gates(&mut self, place: &str, needs: &Demands, evidence_types: Option<&[EntryId]>) {
        let mut open: Vec<&GateRule> = needs.gates.iter().collect();
        while let Some(rule) = open.pop() {
            if let Gate::All { gates } | Gate::Any { gates } = &rule.gate {
                open.extend(gates);
            }
            let place = format!("{place}, gate {}", rule.label());
            for message in self.broken(&rule.gate, evidence_types) {
                self.warn("gate-never-passes", &place, message);
            }
            if rule.waivable && self.policy.who_may(Right::Waive).is_empty() {
                self.warn("nobody-can", &place, "it may be waived, and nobody has the right `waive`");
            }
        }
    }

    /// Why a gate can never pass, or asks less than it seems to.
    fn broken(&self, gate: &Gate, evidence_types: Option<&[EntryId]>) -> Vec<String> {
        let policy = self.policy;
        let holds = |roles: &[Role], right: Right| {
            policy.members.values().any(|member| {
                (roles.is_empty() || member.roles.iter().any(|role| roles.contains(role)))
                    && policy.has_right(member, right)
            })
        };
        let listed = |of: &EntryId| {
            let known = evidence_types.is_none_or(|known| known.contains(of));
            (!known).then(|| format!("the catalog has no active evidence type {of}"))
        };
        let mut why = Vec::new();
        match gate {
            Gate::Evidence { of, by, suite, suite_version, .. } => {
                why.extend(listed(of));
                if !holds(by, Right::Attach) {
                    why.push("nobody of whom it takes evidence may attach any".to_owned());
                }
                if suite.is_none() && suite_version.is_some() {
                    why.push("it names a suite's version and no suite".to_owned());
                }
            }
            Gate::Metric { min, max, baseline, min_improvement, of, .. } => {
                why.extend(of.as_ref().and_then(listed));
                if matches!((min, max), (Some(min), Some(max)) if min > max) {
                    why.push("its least value is above its greatest".to_owned());
                }
                if baseline.is_none() && min_improvement.is_some() {
                    why.push("it asks for an improvement and names no baseline to improve on".to_owned());
                }
                if min.is_none() && max.is_none() && baseline.is_none() {
                    why.push("it has no threshold and no baseline: any value passes".to_owned());
                }
            }
            Gate::SignedBy { roles }
                if !policy.members.values().any(|member| member.roles.iter().any(|role| roles.contains(role))) =>
            {
                why.push("nobody holds a role that it asks for".to_owned());
            }
            Gate::Approvals { count, roles } => {
                let could = policy
                    .members
                    .values()
                    .filter(|member| {
                        approves(policy, member)
                            && (roles.is_empty() || member.roles.iter().any(|role| roles.contains(role)))
                    })
                    .count() as u64;
                if could < *count {
                    why.push(format!("it asks for {count} approvals, and {could} could be given"));
                }
            }
            Gate::ClassAllowed { classes, with_sign_off } if classes.is_empty() && with_sign_off.is_empty() => {
                why.push("it allows no class of file".to_owned());
            }
            Gate::All { gates } | Gate::Any { gates } if gates.is_empty() => {
                why.push("it is empty, which never holds".to_owned())
            }
            _ => {}
        }
        why
    }

    fn aliases(&mut self) {
        let policy = self.policy;
        if policy.alias.is_empty() {
            self.warn("nobody-can", "aliases", "there is no alias rule: nobody may move any alias");
        } else if !policy
            .alias
            .iter()
            .any(|rule| rule.names.iter().any(|name| name == "*") && covers(&rule.models, &[]))
        {
            let names: Vec<&str> = policy.alias.iter().flat_map(|rule| rule.names.iter().map(String::as_str)).collect();
            self.warn("no-rule", "aliases", format!("only {} may be moved, and no other alias", names.join(", ")));
        }
        for rule in &policy.alias {
            for stage in &rule.stage {
                let reached = *stage == Stage::default() || policy.stage.iter().any(|rule| rule.to.contains(stage));
                if !reached {
                    let place = format!("alias {}", rule.names.join(", "));
                    self.warn("never-fires", place, format!("it asks for stage {stage}, and no rule leads there"));
                }
            }
        }
    }

    /// Names of what is live that fall into a looser class than the strictest.
    fn loose_names(&mut self) {
        let policy = self.policy;
        let Some(strictest) = policy.alias.iter().map(strictness).max() else { return };
        let Ok(model) = ModelName::parse("any-model") else { return };
        let mut loose: Vec<(&AliasRule, Vec<&str>)> = Vec::new();
        for name in LIVE_NAMES {
            let Ok(alias) = AliasName::parse(name) else { continue };
            let Some(rule) = policy.alias_rule(&model, &alias).filter(|rule| strictness(rule) < strictest) else {
                continue;
            };
            match loose.iter_mut().find(|(other, _)| std::ptr::eq(*other, rule)) {
                Some((_, names)) => names.push(name),
                None => loose.push((rule, vec![name])),
            }
        }
        for (rule, names) in loose {
            let message = format!(
                "people would load what is live by {}, and that asks less here than the strictest class does: make the \
                 last class the strictest, and name the looser ones",
                names.join(", ")
            );
            self.warn("loose-alias", format!("alias {}", rule.names.join(", ")), message);
        }
    }

    /// Holders of the owners' role who own nothing.
    fn owners(&mut self) {
        let policy = self.policy;
        if policy.owners.is_empty() {
            return;
        }
        for (id, member) in &policy.members {
            let holds = member.roles.iter().any(|role| role.as_str() == OWNER_ROLE);
            if holds && !policy.owners.iter().any(|owner| owner.members.contains(id)) {
                let message = format!("{id} has role {OWNER_ROLE} and owns no model: say which ones");
                self.warn("owner-of-nothing", format!("member {id}"), message);
            }
        }
    }

    fn root(&mut self, root: &Root) {
        for (what, quorum) in [("root", &root.root), ("policy", &root.policy)] {
            self.quorum(what, quorum, root);
        }
        for holder in &root.keyholders {
            let member = self.policy.members.get(&holder.principal);
            if member.is_some_and(|member| member.kind == MemberKind::Agent) {
                self.warn(
                    "agent-signer",
                    "trust root",
                    format!("{} is an agent and holds a key of the root", holder.principal),
                );
            }
        }
    }

    fn quorum(&mut self, what: &str, quorum: &Quorum, root: &Root) {
        let place = format!("trust root {}", root.number);
        match quorum.principals.as_slice() {
            [only] if root.keys_of(only).len() == 1 => {
                let after = match what {
                    "root" => "no root could follow: keys could never be changed again",
                    _ => "no policy could follow: nobody could join or leave",
                };
                self.warn("single-key-root", place, format!("one key, of {only}, decides the {what}: if it is lost, {after}; add a second keyholder to the trust root"));
            }
            several if several.len() > 1 && quorum.threshold == 1 => {
                self.warn("threshold", place, format!("any one of {} people decides the {what} alone", several.len()));
            }
            several if several.len() > 1 && quorum.threshold == several.len() as u64 => {
                self.warn(
                    "threshold",
                    place,
                    format!("all {} must sign the {what}: one lost key stops it for good", several.len()),
                );
            }
            _ => {}
        }
    }
}

pub(super) fn could(policy: &Policy, signer: &Signer, id: &PrincipalId, member: &Member) -> bool {
    let holds = member.roles.iter().any(|role| signer.roles.contains(role))
        || (signer.owner && policy.owners.iter().any(|owner| owner.members.contains(id)));
    holds && (approves(policy, member) || policy.has_right(member, Right::Propose))
}

fn approves(policy: &Policy, member: &Member) -> bool {
    member.kind == MemberKind::Person && policy.has_right(member, Right::Approve)
}

/// Whether every model that the second patterns fit is fitted by the first.
fn covers(wide: &[String], narrow: &[String]) -> bool {
    let all = |patterns: &[String]| patterns.is_empty() || patterns.iter().any(|pattern| pattern == "*");
    if all(wide) {
        return true;
    }
    !all(narrow) && narrow.iter().all(|name| wide.iter().any(|pattern| fits(pattern, name)))
}
