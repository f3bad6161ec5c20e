//! A change that people ask for, before it is planned: made at once, or proposed on a branch.

use super::{
    Author, Plan, PromoteRequest, RollbackRequest, StageRequest, TrustRequest, UnsetRequest, promote, rollback, stage,
    trust, unset,
};
use crate::state_reader::StateReader;
use refmark_types::error::Result;
use refmark_types::name::escape;

/// A move that somebody asks for.
#[derive(Debug, Clone)]
pub enum Change {
    /// Move an alias to a version.
    Promote(PromoteRequest),
    /// Move an alias back.
    Rollback(RollbackRequest),
    /// Close an alias.
    Unset(UnsetRequest),
    /// Move a version to a stage.
    Stage(StageRequest),
    /// Move an artifact to a trust state.
    Trust(TrustRequest),
}

impl Change {
    /// Plans it on what stands now.
    pub fn plan(&self, facts: StateReader<'_>, author: &Author) -> Result<Plan> {
        match self {
            Change::Promote(request) => promote(facts, author, request),
            Change::Rollback(request) => rollback(facts, author, request),
            Change::Unset(request) => unset(facts, author, request),
            Change::Stage(request) => stage(facts, author, request),
            Change::Trust(request) => trust(facts, author, request),
        }
    }

    /// The branch on which it is proposed where nobody names one, such as `propose/sentiment-champion-4`: the number is
    /// that of the move.
    pub fn branch(&self, facts: StateReader<'_>) -> Result<String> {
        let alias = |model, alias| -> Result<String> {
            let next = facts.alias(model, alias)?.map_or(1, |it| it.sequence + 1);
            Ok(format!("{}-{}-{next}", escape(model.as_str()), escape(alias.as_str())))
        };
        let name = match self {
            Change::Promote(it) => alias(&it.model, &it.alias)?,
            Change::Rollback(it) => alias(&it.model, &it.alias)?,
            Change::Unset(it) => alias(&it.model, &it.alias)?,
            Change::Stage(it) => format!("{}-{}-{}", escape(it.model.as_str()), it.version, it.to),
            Change::Trust(it) => {
                let hex: String = it.artifact.digest().hex().chars().take(12).collect();
                format!("{hex}-{}", it.to)
            }
        };
        Ok(format!("propose/{name}"))
    }
}
