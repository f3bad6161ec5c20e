//! Policies: who may do what, and which gates must hold. A commented TOML text, and the statement that signs it.

use serde::{Deserialize, Serialize};

use super::common::predicate;
use super::gate::GateRule;
use super::pattern::{fits, fits_alias};
use super::registry_id::RegistryId;
use super::root::readable;
use super::signature::{KeyId, PublicKey};
use super::trust::TrustState;
use super::version::Stage;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{AliasName, EntryId, ModelName, PrincipalId, Role};
use refmark_types::oid::Oid;
use refmark_types::toml;
use std::collections::BTreeMap;

/// The largest policy text, in bytes.
pub const POLICY_LIMIT: u64 = 1 << 20;

predicate! {
    /// Signs policy n: by the policy quorum of the newest root.
    PolicyStatement {
        /// The policy's number, from 1.
        number: u64,
        /// The SHA-256 of the policy's text.
        text: Digest,
        /// Why it replaces the one before.
        reason: String,
        ...
    }
}

/// A policy, read from its text.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The number of the format.
    pub format: u64,
    /// The registry that it is for.
    pub registry: RegistryId,
    /// Its number, from 1.
    pub number: u64,
    /// Caps on what one landing may bring.
    #[serde(default)]
    pub limits: Limits,
    /// Everybody who may do anything, by id.
    #[serde(default)]
    pub members: BTreeMap<PrincipalId, Member>,
    /// What the roles allow.
    #[serde(default)]
    pub roles: BTreeMap<Role, RoleRights>,
    /// Scopes of the catalog, each with the patterns of the models that it holds.
    #[serde(default)]
    pub scopes: BTreeMap<EntryId, Vec<String>>,
    /// Who owns which models.
    #[serde(default)]
    pub owners: Vec<Owners>,
    /// Whose evidence counts.
    #[serde(default)]
    pub evidence: EvidenceRules,
    /// The classes of aliases; the first that fits rules.
    #[serde(default)]
    pub alias: Vec<AliasRule>,
    /// The moves between stages; the first that fits rules.
    #[serde(default)]
    pub stage: Vec<StageRule>,
    /// The moves between trust states; the first that fits rules.
    #[serde(default)]
    pub trust: Vec<TrustRule>,
    /// Keys that were lost to somebody else.
    #[serde(default)]
    pub distrust: Vec<Distrust>,
}

/// Caps on what one landing may bring.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Files.
    pub files_per_landing: u64,
    /// Bytes.
    pub bytes_per_landing: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { files_per_landing: 1_000_000, bytes_per_landing: 4 << 30 }
    }
}

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberKind {
    /// A human being.
    Person,
    /// A program. Never approves.
    Agent,
}

/// A principal, its keys and its roles.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// A person or an agent.
    pub kind: MemberKind,
    /// The name that people know.
    #[serde(default)]
    pub name: Option<String>,
    /// Its roles.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// Its keys, as in `authorized_keys`.
    pub keys: Vec<PublicKey>,
}

/// Something that a role may do on its own authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// Be the author of moves of aliases, stages and trust states. Whether they take effect is the rules' affair.
    Propose,
    /// Register versions.
    Register,
    /// Describe models and versions.
    Describe,
    /// Attach evidence.
    Attach,
    /// Take quarantined bytes to look at them, and attach what a scan finds.
    Scan,
    /// Approve changes.
    Approve,
    /// Waive gates.
    Waive,
    /// Publish lock files.
    Publish,
    /// Write checkpoints.
    Checkpoint,
    /// Change the catalog.
    Catalog,
}

impl Right {
    /// Every right.
    pub const ALL: [Right; 10] = [
        Right::Propose,
        Right::Register,
        Right::Describe,
        Right::Attach,
        Right::Scan,
        Right::Approve,
        Right::Waive,
        Right::Publish,
        Right::Checkpoint,
        Right::Catalog,
    ];

    /// The right's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Right::Propose => "propose",
            Right::Register => "register",
            Right::Describe => "describe",
            Right::Attach => "attach",
            Right::Scan => "scan",
            Right::Approve => "approve",
            Right::Waive => "waive",
            Right::Publish => "publish",
            Right::Checkpoint => "checkpoint",
            Right::Catalog => "catalog",
        }
    }
}

/// What a role allows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRights {
    /// Its rights.
    pub may: Vec<Right>,
    /// The scopes in which it holds: nothing it allows reaches a model outside. Everywhere where none is named.
    #[serde(default)]
    pub scopes: Vec<EntryId>,
}

/// The scope that is the whole registry.
pub const WHOLE_SCOPE: &str = "registry";

/// Whose evidence counts, where a gate asks for evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvidenceRules {
    /// Whether gates take evidence of disinterested parties only, where they do not say so themselves: not of whoever
    /// registered what is judged, and not of whoever asks for the change.
    pub independent: bool,
    /// Whether it counts only where it says what its type is about: a verdict alone opens no gate.
    pub substance: bool,
    /// The agents whose evidence counts where only disinterested parties do: a role or an id, and the types of evidence.
    pub agents: BTreeMap<String, Vec<EntryId>>,
}

/// The role whose holders are the owners: a signer of this role is an owner of the very model, and whom `owners` names has
/// the role's rights.
pub const OWNER_ROLE: &str = "model-owner";

/// Who owns which models.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owners {
    /// What they are called together, such as a team's name.
    #[serde(default)]
    pub name: Option<String>,
    /// Patterns of model names, `*` for any run of characters.
    pub models: Vec<String>,
    /// The owners.
    pub members: Vec<PrincipalId>,
}

/// One of the people that a rule asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// Holds one of these roles.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// Or owns the model.
    #[serde(default)]
    pub owner: bool,
}

/// Who must stand behind a change, and what must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Demands {
    /// One distinct person for each.
    pub signers: Vec<Signer>,
    /// Whether the author may be one of them.
    pub author_counts: bool,
    /// The gates.
    pub gates: Vec<GateRule>,
}

/// A class of aliases.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliasRule {
    /// Patterns of alias names.
    pub names: Vec<String>,
    /// Patterns of model names; all where none is given.
    #[serde(default)]
    pub models: Vec<String>,
    /// The trust states that a version must have; `trusted` where none is given.
    #[serde(default)]
    pub trust: Vec<TrustState>,
    /// The stages that a version must have; any where none is given.
    #[serde(default)]
    pub stage: Vec<Stage>,
    /// Who must stand behind a move, and what must hold.
    #[serde(default)]
    pub needs: Demands,
    /// Who may go back alone.
    #[serde(default)]
    pub rollback: Option<RollbackRule>,
}

/// At three in the morning: one person may go back to what was live a short while ago.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackRule {
    /// Holds one of these roles.
    pub roles: Vec<Role>,
    /// To a version that held the alias in so many days, and is still trusted.
    pub days: u32,
}

/// Moves between stages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageRule {
    /// From these stages; any where none is given.
    #[serde(default)]
    pub from: Vec<Stage>,
    /// To these.
    pub to: Vec<Stage>,
    /// Patterns of model names; all where none is given.
    #[serde(default)]
    pub models: Vec<String>,
    /// Who must stand behind a move, and what must hold.
    #[serde(default)]
    pub needs: Demands,
}

/// Moves between trust states.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustRule {
    /// From these states; any where none is given.
    #[serde(default)]
    pub from: Vec<TrustState>,
    /// To these.
    pub to: Vec<TrustState>,
    /// Who must stand behind a move, and what must hold.
    #[serde(default)]
    pub needs: Demands,
    /// One of these roles may do it alone at once; the people of `needs` are then due afterwards.
    #[serde(default)]
    pub break_glass: Vec<Role>,
}

/// A key that was lost to somebody else: what it signed outside the state at `since` is tainted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distrust {
    /// The key.
    pub key: KeyId,
    /// The last good commit at which it was certainly in the right hands.
    pub since: Oid,
    /// Why.
    pub reason: String,
}

impl Policy {
    /// Reads a policy's text.
    pub fn parse(text: &str) -> Result<Policy> {
        if text.len() as u64 > POLICY_LIMIT {
            return Err(Error::new(Code::TooLarge, format!("the policy has over {POLICY_LIMIT} bytes")));
        }
        let mut policy: Policy = toml::read(text).map_err(|mistake| {
            Error::new(Code::BadRecord, format!("the policy cannot be read: {}", mistake.said))
                .field("line", mistake.line)
                .hint(Hint::of("what a policy means is explained before it is signed by ").then(Next::PolicyCheck))
        })?;
        readable("the policy", policy.format)?;
        policy.give_owners_their_role();
        match policy.broken_rule() {
            None => Ok(policy),
            Some(rule) => Err(Error::new(Code::BadRecord, format!("the policy breaks a rule: {rule}"))),
        }
    }

    /// Whoever owns a model has the rights of the owners' role, where the policy declares it.
    fn give_owners_their_role(&mut self) {
        let Some(role) = self.roles.keys().find(|role| role.as_str() == OWNER_ROLE).cloned() else { return };
        for id in self.owners.iter().flat_map(|owner| &owner.members) {
            if let Some(member) = self.members.get_mut(id).filter(|member| !member.roles.contains(&role)) {
                member.roles.push(role.clone());
            }
        }
    }

    /// The rule that this policy breaks by itself, if any.
    fn broken_rule(&self) -> Option<String> {
        let mut keys = std::collections::BTreeMap::new();
        for (id, member) in &self.members {
            for key in &member.keys {
                if let Some(other) = keys.insert(key.to_string(), id) {
                    return Some(format!("a key of {id} is also a key of {other}: a key speaks for one principal"));
                }
            }
            if let Some(role) = member.roles.iter().find(|role| !self.roles.contains_key(role)) {
                return Some(format!("{id} has role {role}, which is not declared"));
            }
        }
        for (role, rights) in &self.roles {
            let known = |id: &&EntryId| id.as_str() == WHOLE_SCOPE || self.scopes.contains_key(*id);
            if let Some(scope) = rights.scopes.iter().find(|id| !known(id)) {
                return Some(format!(
                    "role {role} names scope {scope}, and [scopes] does not say which models it holds"
                ));
            }
        }
        let elsewhere = self.stage.iter().map(|rule| &rule.needs).chain(self.trust.iter().map(|rule| &rule.needs));
        if elsewhere.flat_map(|needs| &needs.gates).any(GateRule::asks_for_bytes) {
            return Some(
                "only a move of an alias says `bytes-present`: the gate belongs to a class of aliases".to_owned(),
            );
        }
        let demands = self
            .alias
            .iter()
            .map(|rule| &rule.needs)
            .chain(self.stage.iter().map(|rule| &rule.needs))
            .chain(self.trust.iter().map(|rule| &rule.needs));
        for demand in demands {
            for signer in &demand.signers {
                if signer.roles.is_empty() && !signer.owner {
                    return Some("a signer names neither roles nor the owner".to_owned());
                }
                if let Some(role) = signer.roles.iter().find(|role| !self.roles.contains_key(role)) {
                    return Some(format!("a rule names role {role}, which is not declared"));
                }
            }
        }
        None
    }

    /// The member whose key this is.
    pub fn member_of_key(&self, key: &KeyId) -> Option<(&PrincipalId, &Member, &PublicKey)> {
        self.members.iter().find_map(|(id, member)| {
            member.keys.iter().find(|public| public.id() == *key).map(|public| (id, member, public))
        })
    }

    /// Whether a member has a right by one of its roles.
    pub fn has_right(&self, member: &Member, right: Right) -> bool {
        member.roles.iter().any(|role| self.roles.get(role).is_some_and(|role| role.may.contains(&right)))
    }

    /// Whether what a role allows reaches all of these models. A role that is limited to scopes reaches nothing where none is
    /// named: neither the registry as a whole, nor what nobody can place.
    pub fn reaches(&self, role: &RoleRights, models: &[ModelName]) -> bool {
        let holds = |model: &ModelName| {
            let scopes = role.scopes.iter().filter_map(|scope| self.scopes.get(scope));
            scopes.into_iter().any(|patterns| fits_any(patterns, model.as_str()))
        };
        role.scopes.is_empty()
            || role.scopes.iter().any(|scope| scope.as_str() == WHOLE_SCOPE)
            || !models.is_empty() && models.iter().all(holds)
    }

    /// Whether a member holds one of these roles where all of these models are.
    pub fn holds_in(&self, member: &Member, roles: &[Role], models: &[ModelName]) -> bool {
        let reaches = |role: &Role| self.roles.get(role).is_some_and(|rights| self.reaches(rights, models));
        member.roles.iter().any(|role| roles.contains(role) && reaches(role))
    }

    /// Whether a member has a right over all of these models, by one of its roles.
    pub fn has_right_over(&self, member: &Member, right: Right, models: &[ModelName]) -> bool {
        let roles = member.roles.iter().filter_map(|role| self.roles.get(role));
        roles.into_iter().any(|role| role.may.contains(&right) && self.reaches(role, models))
    }

    /// The ids of everybody who has a right.
    pub fn who_may(&self, right: Right) -> Vec<&PrincipalId> {
        self.members.iter().filter(|(_, member)| self.has_right(member, right)).map(|(id, _)| id).collect()
    }

    /// Whether a member may take quarantined bytes to look at them: by the right `scan`, or as one of the people whom the
    /// rule from quarantine to `trusted` asks.
    pub fn may_look(&self, id: &PrincipalId) -> bool {
        let Some(member) = self.members.get(id) else { return false };
        let asked =
            self.trust_rule(TrustState::Quarantined, TrustState::Trusted).map(|rule| rule.needs.signers.as_slice());
        let mut asked = asked.unwrap_or_default().iter().flat_map(|signer| &signer.roles);
        self.has_right(member, Right::Scan)
            || (member.kind == MemberKind::Person && asked.any(|role| member.roles.contains(role)))
    }

    /// Whether a principal owns a model.
    pub fn owns(&self, principal: &PrincipalId, model: &ModelName) -> bool {
        self.owners_of(model).any(|owner| owner.members.contains(principal))
    }

    /// The entries of owners that a model has.
    pub fn owners_of(&self, model: &ModelName) -> impl Iterator<Item = &Owners> {
        self.owners.iter().filter(|owner| fits_any(&owner.models, model.as_str()))
    }

    /// Whether this is what an owner of the model is called: a member that owns it, or the name of its owners together.
    pub fn is_owner_called(&self, name: &str, model: &ModelName) -> bool {
        self.owners_of(model).any(|owner| {
            let known = |id: &&PrincipalId| self.members.contains_key(*id);
            let mut members = owner.members.iter().filter(known).peekable();
            (owner.name.as_deref() == Some(name) && members.peek().is_some()) || members.any(|id| id.as_str() == name)
        })
    }

    /// Whether a member may sign where one of these roles is asked for. The owners' role is that of the model's own
    /// owners; where no model is judged, of any.
    /// `over` are the models that the change is about, which a role limited to scopes must reach.
    pub fn signs_as(&self, id: &PrincipalId, roles: &[Role], model: Option<&ModelName>, over: &[ModelName]) -> bool {
        let Some(member) = self.members.get(id) else { return false };
        let reaches = |role: &Role| self.roles.get(role).is_some_and(|rights| self.reaches(rights, over));
        member.roles.iter().filter(|role| roles.contains(role) && reaches(role)).any(|role| {
            let owner = role.as_str() == OWNER_ROLE && !self.owners.is_empty();
            !owner || model.is_none_or(|model| self.owns(id, model))
        })
    }

    /// Whether the evidence of this type of an agent counts where only disinterested parties' does.
    pub fn takes_from_agent(&self, id: &PrincipalId, member: &Member, of: &EntryId) -> bool {
        let named = |who: &str| self.evidence.agents.get(who).is_some_and(|types| types.contains(of));
        named(id.as_str()) || member.roles.iter().any(|role| named(role.as_str()))
    }

    /// The class of an alias.
    pub fn alias_rule(&self, model: &ModelName, alias: &AliasName) -> Option<&AliasRule> {
        self.alias.iter().find(|rule| {
            rule.names.iter().any(|pattern| fits_alias(pattern, alias.as_str()))
                && fits_all(&rule.models, model.as_str())
        })
    }

    /// The rule of a stage move.
    pub fn stage_rule(&self, model: &ModelName, from: Stage, to: Stage) -> Option<&StageRule> {
        self.stage.iter().find(|rule| {
            (rule.from.is_empty() || rule.from.contains(&from))
                && rule.to.contains(&to)
                && fits_all(&rule.models, model.as_str())
        })
    }

    /// The rule of a trust move.
    pub fn trust_rule(&self, from: TrustState, to: TrustState) -> Option<&TrustRule> {
        self.trust.iter().find(|rule| (rule.from.is_empty() || rule.from.contains(&from)) && rule.to.contains(&to))
    }
}

fn fits_any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, name))
}

fn fits_all(patterns: &[String], name: &str) -> bool {
    patterns.is_empty() || fits_any(patterns, name)
}
