//! Contracts: whether callers of one version can use the other.
//!
//! *Backward*: callers of the old version keep working with the new one. *Forward*: callers of the new version work with
//! the old one. A caller sends every input that is not optional, may send those that are, and is refused where it sends
//! one that is not known; it copes with outputs that it does not know. So an input's values may only grow for backward
//! compatibility, and an output's only shrink.

use serde::Serialize;

use super::manifest::{Contract, ContractField, Graph, GraphValue, Manifest};
use std::collections::{BTreeMap, BTreeSet};

/// Which callers keep working.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compatibility {
    /// The contract is the same.
    Same,
    /// It changed, and callers of either version can use the other.
    Full,
    /// Callers of the old version can use the new one, and not the other way round.
    Backward,
    /// Callers of the old version break; those of the new one can use the old one.
    Forward,
    /// Callers of either version break with the other.
    Breaking,
    /// There is nothing to compare.
    Unknown,
}

impl Compatibility {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Compatibility::Same => "same",
            Compatibility::Full => "full",
            Compatibility::Backward => "backward",
            Compatibility::Forward => "forward",
            Compatibility::Breaking => "breaking",
            Compatibility::Unknown => "unknown",
        }
    }
}

/// Where a contract was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContractSource {
    /// `contract.json` of both.
    Contract,
    /// The inputs and outputs of both ONNX graphs; neither artifact, or only one, has a contract.
    Graph,
    /// Nothing.
    None,
}

/// What changed between two contracts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContractDiff {
    /// Which callers keep working.
    pub compatibility: Compatibility,
    /// A sentence per change; those that break the old version's callers first.
    pub because: Vec<String>,
    /// Where the contracts were read from.
    pub source: ContractSource,
}

/// How the values of two types relate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Types {
    /// Types that a program declares: a wider number takes a narrower one.
    Declared,
    /// Element types of buffers: another type is another layout.
    Exact,
}

/// Compares what two artifacts promise: their contracts or, where those are not both there, their ONNX graphs.
pub fn compare_artifacts(old: (&Manifest, Option<&Contract>), new: (&Manifest, Option<&Contract>)) -> ContractDiff {
    if let (Some(a), Some(b)) = (old.1, new.1) {
        return compare(a, b);
    }
    if !old.0.graphs.is_empty() && !new.0.graphs.is_empty() {
        let named = old.0.graphs.len() > 1 || new.0.graphs.len() > 1;
        let (a, b) = (of_graphs(&old.0.graphs, named), of_graphs(&new.0.graphs, named));
        return judge(&a, &b, Types::Exact, ContractSource::Graph);
    }
    let states = |manifest: (&Manifest, Option<&Contract>)| manifest.1.is_some() || !manifest.0.graphs.is_empty();
    let why = match (states(old), states(new)) {
        (false, false) => "neither version states its inputs and outputs",
        (true, false) => "the new version no longer states its inputs and outputs",
        (false, true) => "only the new version states its inputs and outputs",
        (true, true) => "one version states a contract and the other only an ONNX graph",
    };
    unknown(why.to_owned(), ContractSource::None)
}

/// Compares two contracts.
pub fn compare(old: &Contract, new: &Contract) -> ContractDiff {
    judge(old, new, Types::Declared, ContractSource::Contract)
}

fn unknown(why: String, source: ContractSource) -> ContractDiff {
    ContractDiff { compatibility: Compatibility::Unknown, because: vec![why], source }
}

fn of_graphs(graphs: &[Graph], named: bool) -> Contract {
    let field = |graph: &Graph, value: &GraphValue| ContractField {
        name: if named { format!("{}:{}", graph.file, value.name) } else { value.name.clone() },
        field_type: value.dtype.clone(),
        // A named dimension varies.
        shape: Some(value.shape.iter().map(|shape| shape.parse().ok().filter(|n| *n >= 0).unwrap_or(-1)).collect()),
        optional: false,
    };
    let fields = |of: fn(&Graph) -> &Vec<GraphValue>| {
        graphs.iter().flat_map(|graph| of(graph).iter().map(move |value| field(graph, value))).collect()
    };
    Contract {
        inputs: fields(|contract| &contract.inputs),
        outputs: fields(|contract| &contract.outputs),
        ..Contract::default()
    }
}

/// What one change does to callers.
struct Effect {
    backward: bool,
    forward: bool,
    sentence: String,
}

fn judge(old: &Contract, new: &Contract, types: Types, source: ContractSource) -> ContractDiff {
    for fields in [&old.inputs, &old.outputs, &new.inputs, &new.outputs] {
        let mut seen = BTreeSet::new();
        if let Some(twice) = fields.iter().find(|field| !seen.insert(&field.name)) {
            return unknown(format!("{} stands twice in a contract", twice.name), source);
        }
    }
    let mut effects = side("input", &old.inputs, &new.inputs, types);
    effects.extend(side("output", &old.outputs, &new.outputs, types));
    let keys: BTreeSet<&str> = old.notes.iter().chain(new.notes.iter()).map(|(key, _)| key).collect();
    for key in keys.into_iter().filter(|key| old.notes.get(key) != new.notes.get(key)) {
        let sentence = format!("the note {key} differs: it is free text and was not judged");
        effects.push(Effect { backward: true, forward: true, sentence });
    }
    let compatibility =
        match (effects.iter().all(|effect| effect.backward), effects.iter().all(|effect| effect.forward)) {
            (true, true) if effects.is_empty() => Compatibility::Same,
            (true, true) => Compatibility::Full,
            (true, false) => Compatibility::Backward,
            (false, true) => Compatibility::Forward,
            (false, false) => Compatibility::Breaking,
        };
    effects.sort_by_key(|effect| (effect.backward, effect.forward));
    let because = effects.into_iter().map(|effect| effect.sentence).collect();
    ContractDiff { compatibility, because, source }
}

fn by_name(fields: &[ContractField]) -> BTreeMap<&str, &ContractField> {
    fields.iter().map(|field| (field.name.as_str(), field)).collect()
}

/// The changes of the inputs or of the outputs.
fn side(what: &str, old: &[ContractField], new: &[ContractField], types: Types) -> Vec<Effect> {
    let (before, after) = (by_name(old), by_name(new));
    let mut effects: Vec<Effect> =
        new.iter().filter(|field| !before.contains_key(field.name.as_str())).map(|field| added(what, field)).collect();
    effects
        .extend(old.iter().filter(|field| !after.contains_key(field.name.as_str())).map(|field| removed(what, field)));
    for (a, b) in old.iter().filter_map(|a| after.get(a.name.as_str()).map(|b| (a, *b))) {
        effects.extend(field_changes(what, a, b, types));
    }
    let kept = old.iter().map(|old| old.name.as_str()).filter(|name| after.contains_key(name));
    if !kept.eq(new.iter().map(|new| new.name.as_str()).filter(|name| before.contains_key(name))) {
        let sentence =
            format!("the order of the {what}s changed: callers that go by place break, those by name do not");
        effects.push(Effect { backward: true, forward: true, sentence });
    }
    effects
}

fn added(what: &str, field: &ContractField) -> Effect {
    let input = what == "input";
    let (need, then) = match (input, field.optional) {
        (true, true) => ("optional ", "old callers need not send it"),
        (true, false) => ("required ", "old callers do not send it"),
        (false, true) => ("optional ", "old callers pass over it"),
        (false, false) => ("", "old callers pass over it"),
    };
    Effect {
        backward: !input || field.optional,
        forward: !input && field.optional,
        sentence: format!("+ {need}{what} {}: {then}", spelled(field)),
    }
}

fn removed(what: &str, field: &ContractField) -> Effect {
    let input = what == "input";
    let (need, then) = match (input, field.optional) {
        (true, true) => ("optional ", "old callers may still send it"),
        (true, false) => ("", "old callers still send it"),
        (false, true) => ("optional ", "old callers cope without it"),
        (false, false) => ("", "old callers may rely on it"),
    };
    Effect {
        backward: !input && field.optional,
        forward: !input || field.optional,
        sentence: format!("- {need}{what} {}: {then}", spelled(field)),
    }
}

fn field_changes(what: &str, old: &ContractField, new: &ContractField, types: Types) -> Vec<Effect> {
    let input = what == "input";
    let mut effects = Vec::new();
    let mut say = |old_in_new: bool, new_in_old: bool, change: String| {
        let (backward, forward) = if input { (old_in_new, new_in_old) } else { (new_in_old, old_in_new) };
        effects.push(Effect { backward, forward, sentence: format!("{what} {}: {change}", old.name) });
    };
    if old.field_type != new.field_type {
        let (a, b) = (old.field_type.as_str(), new.field_type.as_str());
        let (grows, shrinks) = (type_fits(a, b, types), type_fits(b, a, types));
        say(grows, shrinks, format!("type {a} → {b}{}", how(grows, shrinks)));
    }
    if old.shape != new.shape {
        let (a, b) = (old.shape.as_deref(), new.shape.as_deref());
        let (grows, shrinks) = (shape_fits(a, b), shape_fits(b, a));
        say(grows, shrinks, format!("shape {} → {}{}", shape(a), shape(b), how(grows, shrinks)));
    }
    if old.optional != new.optional {
        let words = |optional: bool| match (optional, input) {
            (true, _) => "optional",
            (false, true) => "required",
            (false, false) => "always there",
        };
        say(!old.optional, !new.optional, format!("{} → {}", words(old.optional), words(new.optional)));
    }
    effects
}

const fn how(grows: bool, shrinks: bool) -> &'static str {
    match (grows, shrinks) {
        (true, true) => " (the same)",
        (true, false) => " (wider)",
        (false, true) => " (narrower)",
        (false, false) => " (another)",
    }
}

fn spelled(field: &ContractField) -> String {
    let mark = if field.optional { "?" } else { "" };
    let dims = field.shape.as_deref().map(|dims| format!("[{}]", dimensions(dims))).unwrap_or_default();
    format!("{}: {}{dims}{mark}", field.name, field.field_type)
}

fn dimensions(dims: &[i64]) -> String {
    dims.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

fn shape(shape: Option<&[i64]>) -> String {
    shape.map_or_else(|| "not stated".to_owned(), |dims| format!("[{}]", dimensions(dims)))
}

/// Whether everything of shape `a` has shape `b`. A shape that is not stated is any shape.
fn shape_fits(a: Option<&[i64]>, b: Option<&[i64]>) -> bool {
    match (a, b) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| *b < 0 || a == b),
    }
}

/// A number type: its kind, and how many bits it counts exactly.
#[derive(PartialEq, Eq)]
enum Number {
    Signed(u32),
    Unsigned(u32),
    /// The bits of the significand, and of the whole.
    Real(u32, u32),
}

fn number(name: &str) -> Option<Number> {
    Some(match name {
        "int8" => Number::Signed(8),
        "int16" => Number::Signed(16),
        "int32" => Number::Signed(32),
        "int64" => Number::Signed(64),
        "uint8" => Number::Unsigned(8),
        "uint16" => Number::Unsigned(16),
        "uint32" => Number::Unsigned(32),
        "uint64" => Number::Unsigned(64),
        "float16" => Number::Real(11, 16),
        "bfloat16" => Number::Real(8, 16),
        "float32" => Number::Real(24, 32),
        "float64" => Number::Real(53, 64),
        _ => return None,
    })
}

/// One spelling a type, where the meaning is beyond doubt; `float` and `int` mean different widths to different people.
fn spelling(name: &str) -> String {
    let lower = name.trim().to_ascii_lowercase();
    let one = match lower.as_str() {
        "str" | "utf8" => "string",
        "boolean" => "bool",
        "half" | "fp16" | "f16" => "float16",
        "bf16" => "bfloat16",
        "fp32" | "f32" => "float32",
        "double" | "fp64" | "f64" => "float64",
        "i8" => "int8",
        "i16" => "int16",
        "i32" => "int32",
        "i64" => "int64",
        "u8" => "uint8",
        "u16" => "uint16",
        "u32" => "uint32",
        "u64" => "uint64",
        _ => return lower,
    };
    one.to_owned()
}

/// Whether every value of type `a` is a value of type `b`, without loss.
fn type_fits(a: &str, b: &str, types: Types) -> bool {
    let (a, b) = (spelling(a), spelling(b));
    if a == b || types == Types::Exact {
        return a == b;
    }
    match (number(&a), number(&b)) {
        (Some(Number::Signed(a)), Some(Number::Signed(b))) => a <= b,
        (Some(Number::Unsigned(a)), Some(Number::Unsigned(b))) => a <= b,
        (Some(Number::Unsigned(a)), Some(Number::Signed(b))) => a < b,
        (Some(Number::Signed(a)), Some(Number::Real(b, _))) => a - 1 <= b,
        (Some(Number::Unsigned(a)), Some(Number::Real(b, _))) => a <= b,
        (Some(Number::Real(a, size)), Some(Number::Real(b, bits))) => a <= b && size < bits,
        (Some(Number::Signed(_) | Number::Unsigned(_)), None) => matches!(b.as_str(), "integer" | "number" | "any"),
        (Some(Number::Real(..)), None) => matches!(b.as_str(), "number" | "any"),
        _ => b == "any" || (a == "integer" && b == "number"),
    }
}
