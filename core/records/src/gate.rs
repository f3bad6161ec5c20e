//! Gates, as a policy's rules name them.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::manifest::FileClass;
use refmark_types::canonical::FreeJson;
use refmark_types::name::{AliasName, EntryId, Role};
use refmark_types::value::{Map, Value, from_value, to_value};
use std::collections::BTreeMap;

/// A gate with the name that waivers and reports use.
#[derive(Debug, Clone, PartialEq)]
pub struct GateRule {
    /// Its name; the type's word where none is given.
    pub name: Option<String>,
    /// Whether it may be waived; only where the policy says so.
    pub waivable: bool,
    /// Whether it takes evidence of disinterested parties only; where it does not say, the policy does.
    pub independent: Option<bool>,
    /// What it asks.
    pub gate: Gate,
}

/// One flat table: `name`, `waivable`, `independent`, `type`, and what belongs to the type.
impl<'de> Deserialize<'de> for GateRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<GateRule, D::Error> {
        #[derive(Deserialize)]
        struct Head {
            #[serde(default)]
            name: Option<String>,
            #[serde(default)]
            waivable: bool,
            #[serde(default)]
            independent: Option<bool>,
            #[serde(rename = "type")]
            word: String,
        }
        let Value::Object(flat) = FreeJson::deserialize(deserializer)?.0 else {
            return Err(D::Error::custom("expected a table with the `type` of a gate"));
        };
        let (head, members): (Map<_, _>, Map<_, _>) = flat
            .into_iter()
            .partition(|(name, _)| matches!(name.as_str(), "name" | "waivable" | "independent" | "type"));
        let Head { name, waivable, independent, word } = from_value(&Value::Object(head)).map_err(D::Error::custom)?;
        // serde reads a gate that has no members from its name alone, and one whose members all have defaults from `{}`.
        let alone = members.is_empty().then(|| from_value(&Value::String(word.clone())).ok()).flatten();
        let gate = match alone {
            Some(gate) => gate,
            None => {
                let tagged = Value::Object(Map::from_iter([(word, Value::Object(members))]));
                from_value(&tagged).map_err(D::Error::custom)?
            }
        };
        Ok(GateRule { name, waivable, independent, gate })
    }
}

impl Serialize for GateRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (word, with) = match to_value(&self.gate) {
            Value::Object(tagged) => tagged.into_iter().next().unwrap_or_default(),
            word => (word.as_str().unwrap_or_default().to_owned(), Value::Null),
        };
        let mut members = Map::from_iter([
            ("name".to_owned(), to_value(&self.name)),
            ("waivable".to_owned(), Value::Bool(self.waivable)),
            ("type".to_owned(), Value::String(word)),
        ]);
        if let Some(independent) = self.independent {
            members.insert("independent".to_owned(), Value::Bool(independent));
        }
        if let Value::Object(with) = with {
            members.extend(with);
        }
        Value::Object(members).serialize(serializer)
    }
}

impl GateRule {
    /// The name that waivers and reports use.
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.gate.label())
    }

    /// Whether it asks that whoever moves an alias has the bytes.
    pub fn asks_for_bytes(&self) -> bool {
        match &self.gate {
            Gate::BytesPresent => true,
            Gate::All { gates } | Gate::Any { gates } => gates.iter().any(GateRule::asks_for_bytes),
            _ => false,
        }
    }
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    /// It is there.
    Exists,
    /// It is not there.
    Absent,
    /// It is this.
    Equals,
    /// It is not this.
    Differs,
    /// It is one of these.
    In,
    /// A number, at least this.
    AtLeast,
    /// A number, at most this.
    AtMost,
    /// A list or text that has this.
    Contains,
}

/// One check that a policy demands of a change.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Gate {
    /// The model has a named owner.
    OwnerNamed,
    /// The lineage has these keys, with values that somebody can follow; training run, dataset version and code commit where
    /// none is given.
    LineageComplete {
        /// The keys.
        #[serde(default)]
        keys: Vec<String>,
        /// What the value of a key looks like, `*` for any characters.
        #[serde(default)]
        patterns: BTreeMap<String, String>,
    },
    /// There is evidence of this type that passes (or merely exists, where `any_verdict` is set).
    Evidence {
        /// The type.
        of: EntryId,
        /// By a holder of one of these roles; by anybody where none is given.
        #[serde(default)]
        by: Vec<Role>,
        /// At most so many days old.
        #[serde(default)]
        max_age_days: Option<u64>,
        /// From the suite of this name.
        #[serde(default)]
        suite: Option<String>,
        /// From a version of the suite that starts with this.
        #[serde(default)]
        suite_version: Option<String>,
        /// On a dataset of this name, which training must not have used.
        #[serde(default)]
        holdout: Option<String>,
        /// Any verdict but `fail` will do.
        #[serde(default)]
        any_verdict: bool,
    },
    /// A metric, from evidence, against a threshold or what a baseline alias holds.
    Metric {
        /// The metric.
        metric: String,
        /// At least.
        #[serde(default)]
        min: Option<f64>,
        /// At most.
        #[serde(default)]
        max: Option<f64>,
        /// The alias of the same model whose version it is compared with.
        #[serde(default)]
        baseline: Option<AliasName>,
        /// How much better it must be than the baseline; 0 for not worse.
        #[serde(default)]
        min_improvement: Option<f64>,
        /// Evidence of this type; `evaluation` where none is given.
        #[serde(default)]
        of: Option<EntryId>,
        /// On the dataset of this name.
        #[serde(default)]
        dataset: Option<String>,
        /// Metrics that the manifest claims count too.
        #[serde(default)]
        claims_count: bool,
    },
    /// A field of the manifest, the change or a piece of evidence.
    Field {
        /// `manifest`, `change`, or a type of evidence.
        of: String,
        /// The path of the field, `.` between names.
        path: String,
        /// How it is compared.
        op: Operator,
        /// With what.
        #[serde(default)]
        value: Option<Value>,
    },
    /// Somebody with one of these roles is the author or approves.
    SignedBy {
        /// The roles.
        roles: Vec<Role>,
    },
    /// So many approvals, by holders of one of these roles.
    Approvals {
        /// How many.
        count: u64,
        /// The roles; any approver where none is given.
        #[serde(default)]
        roles: Vec<Role>,
    },
    /// Every file is of one of these classes; files of the classes in `with_sign_off` need a sign-off.
    ClassAllowed {
        /// The classes.
        classes: Vec<FileClass>,
        /// Classes that a passing `sign-off` lets through.
        #[serde(default)]
        with_sign_off: Vec<FileClass>,
    },
    /// The evaluation measured nothing worse than what a baseline alias holds, on the same data.
    NotWorse {
        /// The alias of the same model.
        baseline: AliasName,
        /// The metrics; where none is named, all of the baseline's of which more is better.
        #[serde(default)]
        metrics: Vec<String>,
        /// How much better each must be; 0 for not worse.
        #[serde(default)]
        min_improvement: f64,
    },
    /// The licence is allowed, and not denied: SPDX ids, which expressions are made of.
    Licence {
        /// Those that are allowed; any that is not denied where none is named.
        #[serde(default)]
        allow: Vec<String>,
        /// Those that are not.
        #[serde(default)]
        deny: Vec<String>,
    },
    /// The contract says what goes in and what comes out.
    ContractStated,
    /// Callers of what an alias holds can use it.
    ContractCompatible {
        /// The alias of the same model.
        baseline: AliasName,
    },
    /// The model card says something, in these sections.
    ModelCard {
        /// Headings that it must have, each with a text below.
        #[serde(default)]
        sections: Vec<String>,
    },
    /// The evaluation card says something, in these fields.
    EvaluationCard {
        /// Fields that it must have, `.` between names.
        #[serde(default)]
        fields: Vec<String>,
    },
    /// Each of these scanners passed it.
    Scan {
        /// The scanners, by the names of their tools; any one where none is named.
        #[serde(default)]
        tools: Vec<String>,
        /// At most so many days old.
        #[serde(default)]
        max_age_days: Option<u64>,
    },
    /// The files have at most so many bytes together.
    Size {
        /// The bytes.
        max_bytes: u64,
    },
    /// No file runs code, names code or could not be looked into. No sign-off opens it.
    NoCode,
    /// Nothing that the package's own files name is lacking.
    Complete,
    /// Whoever moves the alias had every byte, and held it against its digest. Only a move of an alias says so.
    BytesPresent,
    /// The replacement that the change names is in production.
    ReplacementInProduction,
    /// The sunset date has passed.
    SunsetPassed,
    /// Nobody who published a lock file is pinned to the version.
    NoConsumers,
    /// Every one of these.
    All {
        /// The gates.
        gates: Vec<GateRule>,
    },
    /// At least one of these.
    Any {
        /// The gates.
        gates: Vec<GateRule>,
    },
}

impl Gate {
    /// The type's word, with what tells two of a type apart.
    pub fn label(&self) -> String {
        match self {
            Gate::OwnerNamed => "owner-named".to_owned(),
            Gate::LineageComplete { .. } => "lineage-complete".to_owned(),
            Gate::Evidence { of, .. } => format!("evidence {of}"),
            Gate::Metric { metric, .. } => format!("metric {metric}"),
            Gate::Field { of, path, .. } => format!("field {of}.{path}"),
            Gate::SignedBy { .. } => "signed-by".to_owned(),
            Gate::Approvals { .. } => "approvals".to_owned(),
            Gate::ClassAllowed { .. } => "class-allowed".to_owned(),
            Gate::NotWorse { baseline, .. } => format!("not-worse {baseline}"),
            Gate::Licence { .. } => "licence".to_owned(),
            Gate::ContractStated => "contract-stated".to_owned(),
            Gate::ContractCompatible { .. } => "contract-compatible".to_owned(),
            Gate::ModelCard { .. } => "model-card".to_owned(),
            Gate::EvaluationCard { .. } => "evaluation-card".to_owned(),
            Gate::Scan { .. } => "scan".to_owned(),
            Gate::Size { .. } => "size".to_owned(),
            Gate::NoCode => "no-code".to_owned(),
            Gate::Complete => "complete".to_owned(),
            Gate::BytesPresent => "bytes-present".to_owned(),
            Gate::ReplacementInProduction => "replacement-in-production".to_owned(),
            Gate::SunsetPassed => "sunset-passed".to_owned(),
            Gate::NoConsumers => "no-consumers".to_owned(),
            Gate::All { .. } => "all".to_owned(),
            Gate::Any { .. } => "any".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refmark_types::toml;
    use refmark_types::value::json;

    #[test]
    fn a_gate_is_its_type_and_members_and_those_with_defaults_may_be_left_out() {
        for text in [
            "type = 'owner-named'",
            "type = 'lineage-complete'",
            "type = 'lineage-complete'\nkeys = ['run']\nname = 'l'\nwaivable = true",
            "type = 'approvals'\ncount = 2",
            "type = 'any'\ngates = [{type = 'lineage-complete'}, {type = 'no-consumers'}]",
        ] {
            let rule: GateRule = toml::read(text).unwrap_or_else(|mistake| panic!("{text}: {}", mistake.said));
            assert_eq!(from_value::<GateRule>(&to_value(&rule)).unwrap(), rule, "{text}");
        }
        let rule: GateRule =
            toml::read("type = 'field'\nof = 'manifest'\npath = 'a'\nop = 'equals'\nvalue = 1.0").unwrap();
        assert!(matches!(rule.gate, Gate::Field { value: Some(value), .. } if value == json!(1)));
        for (text, said) in [
            ("type = 'owner-named'\nkeys = []", "expected unit"),
            ("type = 'lineage-complete'\nkey = 'run'", "unknown field `key`"),
            ("type = 'approvals'", "missing field `count`"),
            ("type = 'approval'", "unknown variant `approval`"),
            ("name = 'n'", "missing field `type`"),
            ("type = 'field'\nof = 'a'\npath = 'a'\nop = 'equals'\nvalue = 2026-11-20", "a date"),
        ] {
            let mistake = toml::read::<GateRule>(text).unwrap_err();
            assert!(mistake.said.contains(said), "{text}: {}", mistake.said);
        }
    }
}
