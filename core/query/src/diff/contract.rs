//! Contracts: whether callers of one version can use the other, as a diff shows it.

use serde::Serialize;

use super::Listed;
use refmark_records::contract;
pub use refmark_records::contract::{Compatibility, ContractSource};
use refmark_records::manifest::{Contract, Manifest};

/// What changed between two contracts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContractDiff {
    /// Which callers keep working.
    pub compatibility: Compatibility,
    /// A sentence per change; those that break the old version's callers first.
    pub because: Listed<String>,
    /// Where the contracts were read from.
    pub source: ContractSource,
}

impl From<contract::ContractDiff> for ContractDiff {
    fn from(diff: contract::ContractDiff) -> ContractDiff {
        let because = diff.because.into_iter().collect();
        ContractDiff { compatibility: diff.compatibility, because, source: diff.source }
    }
}

/// Compares what two artifacts promise: their contracts or, where those are not both there, their ONNX graphs.
pub fn compare_artifacts(old: (&Manifest, Option<&Contract>), new: (&Manifest, Option<&Contract>)) -> ContractDiff {
    contract::compare_artifacts(old, new).into()
}

/// Compares two contracts.
pub fn compare(old: &Contract, new: &Contract) -> ContractDiff {
    contract::compare(old, new).into()
}
