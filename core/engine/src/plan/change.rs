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
    pub fn plan(&self, reader: StateReader<'_>, author: &Author) -> Result<Plan> {
        match self {
            Change::Promote(request) => promote(reader, author, request),
            Change::Rollback(request) => rollback(reader, author, request),
            Change::Unset(request) => unset(reader, author, request),
            Change::Stage(request) => stage(reader, author, request),
            Change::Trust(request) => trust(reader, author, request),
        }
    }

    /// The branch on which it is proposed where nobody names one, such as `propose/sentiment-champion-4`: the number is
    /// that of the move.
    pub fn branch(&self, reader: StateReader<'_>) -> Result<String> {
        let alias = |model, alias| -> Result<String> {
            let next = reader.alias(model, alias)?.map_or(1, |alias_move| alias_move.sequence + 1);
            Ok(format!("{}-{}-{next}", escape(model.as_str()), escape(alias.as_str())))
        };
        let name = match self {
            Change::Promote(request) => alias(&request.model, &request.alias)?,
            Change::Rollback(request) => alias(&request.model, &request.alias)?,
            Change::Unset(request) => alias(&request.model, &request.alias)?,
            Change::Stage(request) => format!("{}-{}-{}", escape(request.model.as_str()), request.version, request.to),
            Change::Trust(request) => {
                let hex: String = request.artifact.digest().hex().chars().take(12).collect();
                format!("{hex}-{}", request.to)
            }
        };
        Ok(format!("propose/{name}"))
    }
}
