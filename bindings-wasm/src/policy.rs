//! The policy and the members, in one answer.

use refmark_engine::state_reader::StateReader;
use refmark_query::answer::members::{MemberRow, members};
use refmark_query::answer::policy::PolicyShowAnswer;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::error::Result;
use serde::Serialize;

/// A policy, what it means, and who has a part in the one in force.
#[derive(Serialize)]
pub(crate) struct PolicyAnswer {
    #[serde(flatten)]
    shown: PolicyShowAnswer,
    members: Vec<MemberRow>,
    aliases: Vec<AliasClass>,
}

/// A class of aliases: the first that fits an alias rules over it.
#[derive(Serialize)]
struct AliasClass {
    /// Patterns of alias names.
    names: Vec<String>,
    /// Patterns of model names; all where none is given.
    models: Vec<String>,
    /// The trust states that a version must have; `trusted` where none is given.
    trust: Vec<TrustState>,
    /// The stages that a version must have; any where none is given.
    stage: Vec<Stage>,
    /// How many people stand behind a move.
    signers: usize,
    /// How many gates must hold.
    gates: usize,
}

/// Policy n, or the one in force.
pub(crate) fn policy(facts: StateReader<'_>, number: Option<u64>) -> Result<PolicyAnswer> {
    let shown = refmark_query::answer::policy::policy(facts, number)?;
    let rules = facts.policy(shown.number)?.map(|(policy, _)| policy.alias.clone()).unwrap_or_default();
    let aliases = rules.into_iter().map(|it| AliasClass {
        names: it.names,
        models: it.models,
        trust: it.trust,
        stage: it.stage,
        signers: it.needs.signers.len(),
        gates: it.needs.gates.len(),
    });
    Ok(PolicyAnswer { shown, members: members(facts)?.members, aliases: aliases.collect() })
}
