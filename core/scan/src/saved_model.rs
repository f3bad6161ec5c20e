//! TensorFlow's SavedModel: a protocol buffer of graphs, searched for operators that reach files or run Python.
//!
//! Reference: `saved_model.proto`, `meta_graph.proto`, `graph.proto`, `node_def.proto` and `function.proto` of TensorFlow.

use super::bytes::{Parse, Stop, lying};
use super::format::{FileClass, Format};
use super::protobuf::{Messages, Range, Wire};
use super::report::Inspection;
use super::source::Source;
use refmark_types::error::Result;

const OP_LIMIT: u64 = 1024;
/// Operators that read or write files, load libraries or run Python.
const REACHING: &[&str] = &[
    "DebugIdentityV3",
    "EagerPyFunc",
    "FlushSummaryWriter",
    "ImmutableConst",
    "LoadAndRemapMatrix",
    "LookupTableExport",
    "MatchingFiles",
    "MergeV2Checkpoints",
    "PrintV2",
    "PyFunc",
    "PyFuncStateless",
    "ReadFile",
    "Save",
    "SaveSlices",
    "ShardedFilename",
    "WriteFile",
    "WriteGraphSummary",
    "XlaHostCompute",
];
/// Those that every SavedModel has to load and store its own variables.
const OWN: &[&str] = &["MergeV2Checkpoints", "ShardedFilename", "Save", "SaveSlices"];

/// Whether a file that starts so may be one: schema version 1, then a graph.
pub(super) fn claims(head: &[u8]) -> bool {
    head.starts_with(&[0x08, 0x01, 0x12])
}

/// Reads the graphs; nothing where the file is something else.
pub(super) fn inspect(source: &dyn Source) -> Result<Option<Inspection>> {
    let mut found = Inspection::new(Format::TensorflowSavedModel, FileClass::NotScanned);
    let mut nodes = 0u64;
    let mut messages = Messages::new(source);
    let whole = Range { start: 0, end: source.len() };
    let read = messages.each(whole, &mut |messages, number, wire| match (number, wire) {
        (1, Wire::Number(1)) => Ok(()),
        (2, Wire::Bytes(range)) => meta_graph(messages, range, &mut found, &mut nodes),
        _ => Err(lying("a field that is none of a SavedModel's")),
    });
    match read {
        Err(Stop::Io(error)) => Err(error),
        Ok(()) if nodes > 0 => {
            found.keep("saved_model.nodes", &nodes.to_string());
            Ok(Some(found))
        }
        // A graph without nodes begins with a description of itself; an ONNX model's producer does not.
        Ok(()) => Ok(described(source)?.then_some(found)),
        Err(Stop::Bad(_)) => Ok(None),
    }
}

fn described(source: &dyn Source) -> Result<bool> {
    let head = super::source::read_up_to(source, 3, 16)?;
    let length = head.iter().position(|byte| byte & 0x80 == 0).unwrap_or(head.len());
    Ok(matches!(head.get(length + 1), Some(0x0a | 0x12)))
}

fn meta_graph(messages: &mut Messages<'_>, range: Range, found: &mut Inspection, nodes: &mut u64) -> Parse<()> {
    messages.each(range, &mut |messages, number, wire| match (number, wire) {
        (2, Wire::Bytes(range)) => graph(messages, range, found, nodes),
        (1 | 3..=7, Wire::Bytes(_)) => Ok(()),
        _ => Err(lying("a field that is none of a graph's")),
    })
}

fn graph(messages: &mut Messages<'_>, range: Range, found: &mut Inspection, nodes: &mut u64) -> Parse<()> {
    messages.each(range, &mut |messages, number, wire| match (number, wire) {
        (1, Wire::Bytes(range)) => node(messages, range, found, nodes),
        (2, Wire::Bytes(range)) => messages.each(range, &mut |messages, number, wire| match (number, wire) {
            (1, Wire::Bytes(range)) => function(messages, range, found, nodes),
            _ => Ok(()),
        }),
        _ => Ok(()),
    })
}

fn function(messages: &mut Messages<'_>, range: Range, found: &mut Inspection, nodes: &mut u64) -> Parse<()> {
    messages.each(range, &mut |messages, number, wire| match (number, wire) {
        (3, Wire::Bytes(range)) => node(messages, range, found, nodes),
        _ => Ok(()),
    })
}

fn node(messages: &mut Messages<'_>, range: Range, found: &mut Inspection, nodes: &mut u64) -> Parse<()> {
    let (mut name, mut op) = (String::new(), String::new());
    messages.each(range, &mut |messages, number, wire| {
        match number {
            1 => name = messages.text(wire, OP_LIMIT, "a node's name")?,
            2 => op = messages.text(wire, OP_LIMIT, "a node's operator")?,
            _ => {}
        }
        Ok(())
    })?;
    *nodes += 1;
    if REACHING.contains(&op.as_str()) && !OWN.contains(&op.as_str()) {
        found.names_code(&name, &op);
        found.note(format!("the operator {op} reaches files or runs Python"));
    }
    Ok(())
}
