//! Contracts: whether callers of one version can use the other, as a diff shows it.

use serde::Serialize;

use super::Listed;
use refmark_records::contract;
pub use refmark_records::contract::{Compatibility, ContractSource};
use refmark_records::manifest::{Contract, ContractField, Manifest};

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

/// What a contract states, a sentence a field, where there is none to hold it against.
pub(super) fn stated(contract: Option<&Contract>) -> ContractDiff {
    let field = |what: &'static str| {
        move |it: &ContractField| format!("{what} {}: {}{}", it.name, it.field_type, if it.optional { "?" } else { "" })
    };
    let because = match contract {
        Some(it) => it.inputs.iter().map(field("input")).chain(it.outputs.iter().map(field("output"))).collect(),
        None => std::iter::once("it states no inputs and outputs".to_owned()).collect(),
    };
    ContractDiff { compatibility: Compatibility::Unknown, because, source: ContractSource::Contract }
}

/// Compares two contracts.
pub fn compare(old: &Contract, new: &Contract) -> ContractDiff {
    contract::compare(old, new).into()
}
