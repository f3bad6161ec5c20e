//! Everybody who may do anything.

use serde::Serialize;

use refmark_engine::state_reader::StateReader;
use refmark_records::policy::{Member, MemberKind, Right};
use refmark_records::root::{Quorum, Root};
use refmark_records::signature::{KeyId, PublicKey};
use refmark_types::error::Result;
use refmark_types::name::{PrincipalId, Role};

/// A member of the policy in force.
#[derive(Debug, Clone, Serialize)]
pub struct MemberRow {
    /// The id.
    pub id: PrincipalId,
    /// A person or an agent.
    pub kind: MemberKind,
    /// The name that people know.
    pub name: Option<String>,
    /// The roles.
    pub roles: Vec<Role>,
    /// What the roles allow.
    pub may: Vec<Right>,
    /// The keys, by fingerprint.
    pub keys: Vec<KeyId>,
    /// The keys that are distrusted.
    pub distrusted: Vec<KeyId>,
    /// Whether the member signs roots.
    pub root: bool,
    /// Whether the member signs policies.
    pub policy: bool,
}

/// Everybody who may do anything.
#[derive(Debug, Clone, Serialize)]
pub struct MembersAnswer {
    /// The policy's number.
    pub policy: u64,
    /// The members, by id.
    pub members: Vec<MemberRow>,
}

/// Everybody who may do anything, under the policy in force.
pub fn members(reader: StateReader<'_>) -> Result<MembersAnswer> {
    let policy = reader.policy_in_force()?;
    let root = reader.newest_root()?;
    let signs = |quorum: fn(&Root) -> &Quorum, id: &PrincipalId| {
        root.as_ref().is_some_and(|root| quorum(root).principals.contains(id))
    };
    let row = |(id, member): (&PrincipalId, &Member)| {
        let mut may: Vec<Right> = Vec::new();
        for right in member.roles.iter().filter_map(|role| policy.roles.get(role)).flat_map(|role| &role.may) {
            if !may.contains(right) {
                may.push(*right);
            }
        }
        may.sort();
        let keys: Vec<KeyId> = member.keys.iter().map(PublicKey::id).collect();
        MemberRow {
            id: id.clone(),
            kind: member.kind,
            name: member.name.clone(),
            roles: member.roles.clone(),
            may,
            distrusted: keys
                .iter()
                .filter(|key| policy.distrust.iter().any(|distrust| distrust.key == **key))
                .copied()
                .collect(),
            keys,
            root: signs(|root| &root.root, id),
            policy: signs(|root| &root.policy, id),
        }
    };
    Ok(MembersAnswer { policy: policy.number, members: policy.members.iter().map(row).collect() })
}
