//! In which class of a policy the names fall that people give to aliases.

use serde::Serialize;

use super::explain::{LIVE_NAMES, demands};
use refmark_records::policy::{AliasRule, Policy};
use refmark_records::version::Stage;
use refmark_types::name::{AliasName, ModelName};

/// Names of what is tried beside it, and of people's own experiments.
const OTHER_NAMES: [&str; 9] =
    ["staging", "canary", "shadow", "candidate", "challenger", "champion-eu", "previous", "dev-anna", "test-1"];

/// The class in which an alias falls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AliasClass {
    /// The alias.
    pub alias: String,
    /// The patterns of its class; empty where no rule fits, so that nobody may move it.
    pub class: Vec<String>,
    /// The stages that a version must have; any where none is named.
    pub stages: Vec<Stage>,
    /// Who must stand behind a move, and what must hold, in words.
    pub asks: String,
}

/// In which class the usual names fall, for a model of this name.
pub fn alias_classes(policy: &Policy, model: &ModelName) -> Vec<AliasClass> {
    let names = usual_names(&[policy]);
    let class = |name: &str| {
        let alias = AliasName::parse(name).ok()?;
        let rule = policy.alias_rule(model, &alias);
        Some(AliasClass {
            alias: name.to_owned(),
            class: rule.map(|rule| rule.names.clone()).unwrap_or_default(),
            stages: rule.map(|rule| rule.stage.clone()).unwrap_or_default(),
            asks: rule.map_or_else(|| "nobody may move it".to_owned(), |rule| demands(policy, &rule.needs)),
        })
    };
    names.iter().filter_map(|name| class(name)).collect()
}

/// The usual names, and those that one of these policies spells out.
pub(super) fn usual_names(policies: &[&Policy]) -> Vec<String> {
    let mut names: Vec<String> = LIVE_NAMES.into_iter().chain(OTHER_NAMES).map(str::to_owned).collect();
    for name in policies.iter().flat_map(|policy| &policy.alias).flat_map(|rule| &rule.names) {
        if !name.contains('*') && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// How much a class asks, for comparing two: people first, then a stage, then gates.
pub(super) fn strictness(rule: &AliasRule) -> (usize, bool, usize) {
    let people = rule.needs.signers.len() + usize::from(!rule.needs.author_counts && !rule.needs.signers.is_empty());
    let live = rule.stage.len() == 1 && rule.stage.contains(&Stage::Production);
    (people, live, rule.needs.gates.len())
}
