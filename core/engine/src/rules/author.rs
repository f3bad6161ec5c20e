//! What holds for every record: its place, its registry, its base, its predecessor, its author.

use std::sync::Arc;

use super::{RuleContext, Ruling, demand, scopes};
use crate::clock::{SKEW, landed};
use crate::effective::{Effective, Objects};
use crate::state_reader::{StateReader, TypedRecord};
use refmark_records::approval::Approval;
use refmark_records::layout::Place;
use refmark_records::policy::{Member, MemberKind, Policy, Right};
use refmark_records::registry_id::RegistryId;
use refmark_records::statement::Record;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// The record of an object, if it says that it belongs at this path.
pub(super) fn at_its_place(path: &str, oid: Oid, objects: &Objects<'_>) -> Result<Arc<Record>> {
    let record = objects.record(oid)?;
    let own = Place::of(record.predicate())?.path();
    if own != path || record.common().path != path {
        let named = record.common().path;
        return Err(Error::new(
            Code::WrongPath,
            format!("the record lies at {path}, says that it lies at {}, and belongs at {own}", named.escape_debug()),
        ));
    }
    Ok(record)
}

/// The registry and the base that a statement names.
pub(super) fn registry_and_base(record: &Record, registry: RegistryId, context: &RuleContext<'_>) -> Result<Ruling> {
    let common = record.common();
    if common.registry != registry {
        return Ok(Ruling::failed(
            Code::WrongRegistry,
            format!("the record is of registry {}, and this is {registry}", common.registry),
        ));
    }
    match common.base {
        None if context.is_founded()? => Ok(Ruling::failed(
            Code::BadBase,
            "the record names no base, which only those that land with the first root may",
        )),
        None => Ok(Ruling::Ok),
        Some(base) => Ok(match (context.position)(base)? {
            Some(_) => not_before_its_base(record, base, context),
            None => Ruling::Failed(
                Error::new(
                    Code::BadBase,
                    format!("its base {base} is not a good commit before it on the registry's first-parent chain"),
                )
                .hint(
                    Hint::of("it was signed on another history, or on commits that were never pushed; sign it again: ")
                        .then(Next::Renew { branch: None }),
                ),
            ),
        }),
    }
}

/// A statement is not older than the head that its signer saw.
fn not_before_its_base(record: &Record, base: Oid, context: &RuleContext<'_>) -> Ruling {
    let time = record.common().time;
    let Some(landed) = landed(context.state.objects(), base, context.brought) else { return Ruling::Ok };
    if time.plus(SKEW) >= landed {
        return Ruling::Ok;
    }
    Ruling::Failed(
        Error::new(
            Code::Refused,
            format!("it is dated {time}, and its base {}, which its signer had seen, landed at {landed}", base.short()),
        )
        .hint(Hint::of("set the clock right, and make the change again: ").then(Next::Renew { branch: None }))
        .field("time", time)
        .field("landed", landed),
    )
}

/// The predecessor that a numbered record names: there, by digest, and not later.
pub(super) fn follows(
    record: &Record,
    number: u64,
    before: Option<Place>,
    overlay: &dyn Effective,
    brought: Option<Timestamp>,
) -> Result<Ruling> {
    let common = record.common();
    if number == 0 {
        return Ok(Ruling::failed(Code::BadRecord, "numbers start at 1"));
    }
    let Some(before) = before else {
        return Ok(match common.previous {
            None => Ruling::Ok,
            Some(_) => Ruling::failed(Code::PremiseGone, "it is the first of its kind and names a predecessor"),
        });
    };
    let Some(previous) = overlay.record(&before.path())? else {
        return Ok(Ruling::missing(format!("its predecessor {} has not taken effect", before.path())));
    };
    if common.previous != Some(previous.digest()) {
        return Ok(Ruling::Failed(
            Error::new(
                Code::PremiseGone,
                format!("it follows another statement than the one at {}: somebody else was first", before.path()),
            )
            .hint(renew())
            .field("expected", previous.digest())
            .field("found", common.previous),
        ));
    }
    // A predecessor from the future, as seen by the commit that brings this one, binds nobody: the base still does.
    let is_ahead = brought.is_some_and(|brought| previous.common().time > brought.plus(SKEW));
    if common.time < previous.common().time && !is_ahead {
        return Ok(Ruling::failed(
            Code::PremiseGone,
            format!("its time {} is before its predecessor's {}", common.time, previous.common().time),
        ));
    }
    Ok(Ruling::Ok)
}

/// What helps where another change landed first.
pub fn renew() -> Hint {
    Hint::of("make the change again on the newest state; its approvals lapse: ").then(Next::Renew { branch: None })
}

/// The author: a member, with a key of its own that nobody distrusts, a good signature and one of these rights, anywhere.
pub(crate) fn authored(
    oid: Oid,
    record: &Record,
    policy: &Policy,
    rights: &[Right],
    objects: &Objects<'_>,
) -> Result<Ruling> {
    let by = record.common().by;
    let Some(member) = policy.members.get(by) else {
        return Ok(Ruling::Failed(
            Error::new(Code::Refused, format!("{by} is not a member of policy {}", policy.number))
                .hint(Hint::of("the members: ").then(Next::MembersList).say("; to add one: ").then(Next::MembersAdd))
                .field("by", by),
        ));
    };
    demand!(signed_by_member(oid, record, by, member, policy, objects)?);
    if !rights.iter().any(|right| policy.has_right(member, *right)) {
        let words = rights.iter().map(|right| right.as_str()).collect::<Vec<_>>().join(" or ");
        let mut who: Vec<&PrincipalId> = rights.iter().flat_map(|right| policy.who_may(*right)).collect();
        who.sort();
        who.dedup();
        let who = who.into_iter().map(PrincipalId::as_str).collect::<Vec<_>>().join(", ");
        let who = if who.is_empty() { "nobody has it".to_owned() } else { format!("{who} have it") };
        return Ok(Ruling::Failed(
            Error::new(Code::Refused, format!("{by} does not have the right `{words}` under policy {}", policy.number))
                .hint(who)
                .field("by", by)
                .field("right", words),
        ));
    }
    Ok(Ruling::Ok)
}

/// The same, where the right must reach the models that the record is about.
pub(super) fn authored_over(
    oid: Oid,
    record: &Record,
    policy: &Policy,
    rights: &[Right],
    reader: StateReader<'_>,
) -> Result<Ruling> {
    demand!(authored(oid, record, policy, rights, reader.0.objects())?);
    if policy.scopes.is_empty() {
        return Ok(Ruling::Ok);
    }
    scopes::reached(record, policy, rights, reader)
}

/// One good signature, by a key of the author's own that nobody distrusts.
fn signed_by_member(
    oid: Oid,
    record: &Record,
    by: &PrincipalId,
    member: &Member,
    policy: &Policy,
    objects: &Objects<'_>,
) -> Result<Ruling> {
    let [signature] = record.signatures.as_slice() else {
        return Ok(Ruling::failed(
            Code::BadSignature,
            format!("expected one signature, by {by}; found {}", record.signatures.len()),
        ));
    };
    let Some(key) = member.keys.iter().find(|key| key.id() == signature.keyid) else {
        return Ok(Ruling::Failed(
            Error::new(
                Code::BadSignature,
                format!("key {} is not a key of {by} under policy {}", signature.keyid, policy.number),
            )
            .field("keyid", signature.keyid),
        ));
    };
    if let Some(distrust) = policy.distrust.iter().find(|distrust| distrust.key == signature.keyid) {
        return Ok(Ruling::Failed(
            Error::new(Code::Distrusted, format!("key {} of {by} is distrusted: {}", signature.keyid, distrust.reason))
                .field("since", distrust.since),
        ));
    }
    Ok(match objects.verify(oid, record, 0, key) {
        Ok(()) => Ruling::Ok,
        Err(error) => Ruling::Failed(error),
    })
}

/// Whether an approval counts under a policy: its signature, its author a person with the right, its base, its time.
/// The reason where it does not.
pub fn approval_counts(
    approval: &TypedRecord<Approval>,
    oid: Oid,
    policy: &Policy,
    registry: RegistryId,
    context: &RuleContext<'_>,
) -> Result<Ruling> {
    demand!(registry_and_base(&approval.record, registry, context)?);
    demand!(authored(oid, &approval.record, policy, &[Right::Approve, Right::Waive], context.state.objects())?);
    let member = policy.members.get(&approval.by);
    if member.is_none_or(|member| member.kind == MemberKind::Agent) {
        return Ok(Ruling::failed(Code::Refused, format!("{} is an agent, and agents never approve", approval.by)));
    }
    if let Some(not_after) = approval.not_after {
        let seen = StateReader(context.state).checkpoint()?.map(|checkpoint| checkpoint.time);
        let seen = seen.map(|seen| context.brought.map_or(seen, |brought| seen.min(brought.plus(SKEW))));
        if seen.is_some_and(|seen| seen > not_after) {
            return Ok(Ruling::failed(Code::Refused, format!("the approval by {} ended at {not_after}", approval.by)));
        }
    }
    Ok(Ruling::Ok)
}
