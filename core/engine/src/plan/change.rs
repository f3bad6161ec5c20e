//! A move that people ask for, before it is planned.

use super::{
    Author, Plan, PromoteRequest, RollbackRequest, StageRequest, TrustRequest, UnsetRequest, promote, rollback, stage,
    trust, unset,
};
use crate::state_reader::StateReader;
use refmark_types::error::Result;

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
}
