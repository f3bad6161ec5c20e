//! Gates on people: who signed.

use super::{Finding, Status, Subject};
use refmark_records::policy::{MemberKind, Policy};
use refmark_types::hint::Next;
use refmark_types::name::{PrincipalId, Role};

/// Whether the author of a piece of evidence holds one of these roles.
pub(super) fn by_role(s: &Subject<'_>, by: &PrincipalId, roles: &[Role]) -> bool {
    roles.is_empty() || s.policy.members.get(by).is_some_and(|member| s.policy.holds_in(member, roles, s.over))
}

pub(super) fn signed_by(s: &Subject<'_>, roles: &[Role], count: u64, author_counts: bool) -> Finding {
    let holders: Vec<&str> = s
        .people
        .iter()
        .filter(|(id, _)| (author_counts || id != s.author) && signs_as(s, id, roles))
        .map(|(id, _)| id.as_str())
        .collect();
    let which = roles.iter().map(Role::as_str).collect::<Vec<_>>().join(" or ");
    let expected = format!("{count} by {}", if which.is_empty() { "an approver" } else { &which });
    let found = if holders.is_empty() { "none".to_owned() } else { holders.join(", ") };
    let status = if holders.len() as u64 >= count.max(1) { Status::Passed } else { Status::Pending };
    Finding::new(status, expected, found).next(Next::Approve { branch: None })
}

fn signs_as(s: &Subject<'_>, id: &PrincipalId, roles: &[Role]) -> bool {
    roles.is_empty() || s.policy.signs_as(id, roles, s.version.map(|version| version.0), s.over)
}

pub(super) fn is_person(policy: &Policy, id: &PrincipalId) -> bool {
    policy.members.get(id).is_some_and(|member| member.kind == MemberKind::Person)
}
