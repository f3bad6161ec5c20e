//! Roots and policies: chained by exactly one, signed by thresholds of principals.

use super::author::{at_its_place, follows};
use super::{RuleContext, Ruling, demand, lost, settle};
use crate::effective::{Effective, StateOverlay};
use crate::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_records::policy::Distrust;
use refmark_records::root::{Quorum, Root, readable};
use refmark_records::statement::{Predicate, Record};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use std::collections::BTreeSet;

/// Judges trust root n.
pub(super) fn judge_root(
    number: u64,
    path: &str,
    oid: Oid,
    overlay: &StateOverlay<'_>,
    context: &RuleContext<'_>,
) -> Result<Ruling> {
    let record = match settle(at_its_place(path, oid, overlay.objects()))? {
        Ok(record) => record,
        Err(error) => return Ok(Ruling::Failed(error)),
    };
    let Predicate::Root(root) = record.predicate() else {
        return Ok(Ruling::failed(Code::BadRecord, "expected a root"));
    };
    if let Some(rule) = root.broken_rule() {
        return Ok(Ruling::failed(Code::BadRecord, format!("the root breaks a rule: {rule}")));
    }
    let reader = StateReader(overlay);
    if number == 1 {
        if context.is_founded()? {
            return Ok(Ruling::failed(Code::WrongRoot, "a registry has one first root, and this is another"));
        }
        if record.common().base.is_some() {
            return Ok(Ruling::failed(Code::BadBase, "the first root has no base"));
        }
        demand!(follows(&record, number, None, overlay, context.brought)?);
        demand!(reached(&record, &[("its own root", root, &root.root)], &[])?);
        return known_format(root, path);
    }
    let Some(before) = reader.root(number.saturating_sub(1))? else {
        // Nobody could tell who may sign it, so it does not wait: anybody could make thousands of such.
        return Ok(Ruling::failed(
            Code::PremiseGone,
            format!("root {} has not taken effect, and roots chain by exactly one", number.saturating_sub(1)),
        ));
    };
    demand!(super::author::registry_and_base(&record, before.registry, context)?);
    demand!(follows(&record, number, Some(Place::Root(number - 1)), overlay, context.brought)?);
    if root.format < before.format {
        return Ok(Ruling::failed(Code::BadRecord, "a root never lowers the format"));
    }
    let lost = reader.newest_policy()?.map(|policy| policy.0.distrust.clone()).unwrap_or_default();
    let quorums = [("the root before", &*before, &before.root), ("its own root", root, &root.root)];
    demand!(reached(&record, &quorums, &lost)?);
    known_format(root, path)
}

/// An error that stops the walk at a root of a format that this refmark does not read: whoever read on would judge by rules
/// that it does not know. Asked only of a root that its quorums signed, so that nobody else can stop a reader.
fn known_format(root: &Root, path: &str) -> Result<Ruling> {
    readable("the registry", root.format).map_err(|error| error.at(path))?;
    Ok(Ruling::Ok)
}

/// Judges policy n, given the object of its text.
pub(super) fn judge_policy(
    number: u64,
    path: &str,
    oid: Oid,
    text: Option<Oid>,
    overlay: &StateOverlay<'_>,
    context: &RuleContext<'_>,
) -> Result<Ruling> {
    let record = match settle(at_its_place(path, oid, overlay.objects()))? {
        Ok(record) => record,
        Err(error) => return Ok(Ruling::Failed(error)),
    };
    let Predicate::Policy(statement) = record.predicate() else {
        return Ok(Ruling::failed(Code::BadRecord, "expected the statement of a policy"));
    };
    let reader = StateReader(overlay);
    let Some(root) = reader.newest_root()? else { return Ok(Ruling::missing("the registry has no root yet")) };
    demand!(super::author::registry_and_base(&record, root.registry, context)?);
    // Signatures first: failure is tested before absence, and it costs a key to be pending.
    let in_force = reader.newest_policy()?.map(|policy| policy.0);
    let lost = in_force.as_ref().map(|in_force| in_force.distrust.clone()).unwrap_or_default();
    let mut quorums = vec![("the policy quorum of the root", &*root, &root.policy)];
    let takes_back = lost::taken_back(&lost, text, overlay, context)?;
    if !takes_back.is_empty() {
        quorums.push(("taking back a distrust, which is for the root's quorum,", &*root, &root.root));
    }
    demand!(reached(&record, &quorums, &lost)?);
    let before = (number > 1).then(|| Place::Policy(number - 1));
    demand!(follows(&record, number, before, overlay, context.brought)?);
    let Some(text) = text else {
        return Ok(Ruling::failed(
            Code::BadRecord,
            format!("{} does not land with the statement that signs it", Place::PolicyText(number).path()),
        ));
    };
    let bytes = match settle(overlay.objects().bytes(text, refmark_records::policy::POLICY_LIMIT))? {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Ruling::Failed(error)),
    };
    if Digest::of(&bytes) != statement.text {
        return Ok(Ruling::failed(Code::Damaged, "the policy's text is not the one that was signed"));
    }
    let policy = match settle(overlay.objects().policy(text))? {
        Ok(policy) => policy,
        Err(error) if matches!(error.code, Code::UpgradeNeeded | Code::FormatRetired) => return Err(error),
        Err(error) => return Ok(Ruling::Failed(error)),
    };
    if policy.number != number || policy.registry != root.registry {
        return Ok(Ruling::failed(
            Code::BadRecord,
            format!("the text says policy {} of registry {}", policy.number, policy.registry),
        ));
    }
    demand!(super::scopes::known(&policy, reader)?);
    distrusts(&policy.distrust, &record, context)
}

/// Each distrust of a policy begins at a good commit that its signers had seen, and none of the keys signs the policy.
fn distrusts(distrusted: &[Distrust], record: &Record, context: &RuleContext<'_>) -> Result<Ruling> {
    for distrust in distrusted {
        demand!(lost::signed_by_none(record, std::slice::from_ref(distrust)));
        let since = (context.position)(distrust.since)?;
        let base = match record.common().base {
            Some(base) => (context.position)(base)?,
            None => None,
        };
        if !matches!((since, base), (Some(since), Some(base)) if since <= base) {
            return Ok(Ruling::failed(
                Code::BadBase,
                format!(
                    "the distrust of {} names since {}, which is not a good commit at or before the policy's base",
                    distrust.key, distrust.since
                ),
            ));
        }
    }
    Ok(Ruling::Ok)
}

/// Whether the signatures reach every one of these quorums. Every signature must be good and by somebody in one of them.
pub(crate) fn reached(record: &Record, quorums: &[(&str, &Root, &Quorum)], lost: &[Distrust]) -> Result<Ruling> {
    if record.signatures.is_empty() {
        return Ok(Ruling::failed(Code::BadSignature, "it is not signed"));
    }
    demand!(lost::signed_by_none(record, lost));
    let mut seen = BTreeSet::new();
    let mut signers: Vec<BTreeSet<&PrincipalId>> = vec![BTreeSet::new(); quorums.len()];
    for signature in &record.signatures {
        if !seen.insert(signature.keyid.to_string()) {
            return Ok(Ruling::failed(Code::BadSignature, format!("key {} signed twice", signature.keyid)));
        }
        let mut known = false;
        for (at, (_, root, quorum)) in quorums.iter().enumerate() {
            for principal in &quorum.principals {
                if let Some(key) = root.keys_of(principal).iter().find(|key| key.id() == signature.keyid) {
                    if let Err(error) = signature.verify(key, record.canonical()) {
                        return Ok(Ruling::Failed(error));
                    }
                    known = true;
                    signers[at].insert(principal);
                }
            }
        }
        if !known {
            return Ok(Ruling::failed(
                Code::BadSignature,
                format!("key {} is in none of the quorums that may sign this", signature.keyid),
            ));
        }
    }
    for ((what, _, quorum), signed) in quorums.iter().zip(&signers) {
        if (signed.len() as u64) < quorum.threshold {
            return Ok(Ruling::Failed(
                Error::new(
                    Code::Refused,
                    format!("{} of the {} signatures that {what} needs", signed.len(), quorum.threshold),
                )
                .hint(
                    Hint::of("write it as a draft, and collect the other signatures: ")
                        .then(Next::PolicySign)
                        .say(", ")
                        .then(Next::TrustSign),
                ),
            ));
        }
    }
    let by = record.common().by;
    if !signers.iter().any(|signed| signed.contains(by)) {
        return Ok(Ruling::failed(Code::BadSignature, format!("its author {by} did not sign it")));
    }
    Ok(Ruling::Ok)
}
