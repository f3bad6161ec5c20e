//! ONNX: the model message, its interface and its initializers. Nodes are walked in `nodes`.

use super::bytes::{Parse, Stop, lying};
use super::format::{FileClass, Format};
use super::protobuf::{Messages, Range, Wire};
use super::report::{Inspection, Reference, shown};
use super::source::Source;
use info::{OnnxInfo, Opset, Value};
use nodes::Walker;
use refmark_types::error::{Code, Error, Result};

pub(super) mod info;
mod nodes;

const TEXT_LIMIT: u64 = 1 << 20;
const NAME_LIMIT: u64 = 4096;
const DIMENSIONS_LIMIT: usize = 64;
const VALUES_LIMIT: usize = 65_536;

/// Domains of operators that runtimes carry.
const BUILT_IN: &[&str] = &[
    "",
    "ai.onnx",
    "ai.onnx.ml",
    "ai.onnx.training",
    "ai.onnx.preview",
    "ai.onnx.preview.training",
    "com.microsoft",
    "com.microsoft.nchwc",
    "com.ms.internal.nhwc",
];

/// Whether a file that starts so may be a model: the tag of one of its fields.
pub(super) fn claims(head: &[u8]) -> bool {
    matches!(head, [0x08, version, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42, ..] if (1..=64).contains(version))
}

/// Reads the whole model but its tensors' bytes.
pub(super) fn inspect(source: &dyn Source) -> Result<Inspection> {
    let mut found = Inspection::new(Format::Onnx, FileClass::Tensors);
    let mut messages = Messages::new(source);
    let parsed = model(&mut messages, source.len(), &mut found);
    found.settle(parsed)?;
    Ok(found)
}

/// The fields of a model that are messages of interest, gathered before they are read.
#[derive(Default)]
struct Model {
    ir_version: Option<u64>,
    producer: [String; 2],
    graph: Option<Range>,
    opsets: Vec<Opset>,
    functions: Vec<Range>,
    own_domains: Vec<String>,
    training: Vec<Range>,
}

fn model(messages: &mut Messages<'_>, len: u64, found: &mut Inspection) -> Parse<()> {
    let mut model = Model::default();
    messages.each(Range { start: 0, end: len }, &mut |messages, number, wire| {
        match number {
            1 => model.ir_version = Some(wire.number()?),
            2 | 3 => {
                let text = messages.text(wire, TEXT_LIMIT, "the producer")?;
                if let Some(slot) = model.producer.get_mut(usize::from(number == 3)) {
                    *slot = text;
                }
            }
            4 | 6 => {
                messages.text(wire, TEXT_LIMIT, "a text of the model")?;
            }
            5 => {
                wire.number()?;
            }
            7 if model.graph.is_none() => model.graph = Some(wire.bytes()?),
            7 => return Err(lying("the model has two graphs, which readers merge")),
            8 => model.opsets.push(opset(messages, wire.bytes()?)?),
            14 => {
                let (key, value) = entry(messages, wire.bytes()?)?;
                if [".so", ".dll", ".dylib"].iter().any(|ending| value.to_ascii_lowercase().ends_with(ending)) {
                    found.names_code(&key, &value);
                }
                found.keep(&key, &value);
            }
            20 => model.training.push(wire.bytes()?),
            25 => {
                let range = wire.bytes()?;
                model.functions.push(range);
                model.own_domains.push(function_domain(messages, range)?);
            }
            26 => {
                wire.bytes()?;
            }
            other => return Err(lying(format!("field {other} is none of a model's"))),
        }
        Ok(())
    })?;
    let Some(version @ 1..=64) = model.ir_version else {
        return Err(lying("the model has no believable version"));
    };
    let Some(graph) = model.graph else { return Err(lying("the model has no graph")) };
    if model.opsets.is_empty() && version >= 3 {
        return Err(lying("the model names no operator set"));
    }
    for opset in &model.opsets {
        // A domain whose operators the model's own functions make up needs nobody's code.
        if !BUILT_IN.contains(&opset.domain.as_str()) && !model.own_domains.contains(&opset.domain) {
            let domain = shown(&opset.domain);
            found.note(format!("needs operators of the domain `{domain}`, which are a runtime's own code"));
            found.names_code("opset_import", &opset.domain);
        }
    }
    let producer = model.producer.join(" ").trim().to_owned();
    let mut info = OnnxInfo { ir_version: version, producer, opsets: model.opsets, ..OnnxInfo::default() };
    let mut walker = Walker::default();
    walker.main(messages, graph)?;
    for range in model.functions {
        walker.function(messages, range)?;
    }
    for range in model.training {
        walker.training(messages, range)?;
    }
    interface(messages, graph, &walker, &mut info)?;
    finish(walker, info, found)
}

fn finish(walker: Walker, mut info: OnnxInfo, found: &mut Inspection) -> Parse<()> {
    found.tensors = walker.tensors;
    found.tensors.sort_by_key(|tensor| (tensor.offset, tensor.bytes));
    if walker.encoded > 0 {
        found.note(format!(
            "{} tensors are stored value by value: their digests are of the encoded form",
            walker.encoded
        ));
    }
    info.external = walker.external;
    let mut files: Vec<&str> = info.external.iter().map(|external| external.location.as_str()).collect();
    files.sort();
    files.dedup();
    if !files.is_empty() {
        let list: Vec<String> = files.iter().take(20).map(|file| shown(file)).collect();
        found.note(format!("tensors lie in other files: {}", list.join(", ")));
    }
    if let Some(bad) = files.iter().find(|location| climbs(location)) {
        return Err(Stop::Bad(
            Error::new(Code::Inconsistent, format!("tensors lie at `{}`, which leads out of the package", shown(bad)))
                .hint("the location of external data must be a plain path below the model's folder"),
        ));
    }
    for external in &info.external {
        let end = external.length.and_then(|length| external.offset.unwrap_or(0).checked_add(length));
        found.references.push(Reference::External { file: external.location.clone(), end });
    }
    found.onnx = Some(info);
    Ok(())
}

/// Whether a location leads anywhere but to a file below the model.
fn climbs(location: &str) -> bool {
    location.is_empty()
        || location.starts_with(['/', '~'])
        || location.contains(['\\', ':', '\0'])
        || location.split('/').any(|part| part == "..")
}

/// Field 10 of a function.
fn function_domain(messages: &mut Messages<'_>, range: Range) -> Parse<String> {
    let mut domain = String::new();
    messages.each(range, &mut |messages, number, wire| {
        if number == 10 {
            domain = messages.text(wire, NAME_LIMIT, "a domain")?;
        }
        Ok(())
    })?;
    Ok(domain)
}

fn opset(messages: &mut Messages<'_>, range: Range) -> Parse<Opset> {
    let mut opset = Opset { domain: String::new(), version: 0 };
    messages.each(range, &mut |messages, number, wire| {
        match number {
            1 => opset.domain = messages.text(wire, NAME_LIMIT, "a domain")?,
            2 => opset.version = wire.number()?,
            _ => return Err(lying("an operator set has an unknown field")),
        }
        Ok(())
    })?;
    Ok(opset)
}

/// A key and its value.
pub(super) fn entry(messages: &mut Messages<'_>, range: Range) -> Parse<(String, String)> {
    let (mut key, mut value) = (String::new(), String::new());
    messages.each(range, &mut |messages, number, wire| {
        match number {
            1 => key = messages.text(wire, NAME_LIMIT, "a key")?,
            2 => value = messages.text(wire, TEXT_LIMIT, "a value")?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((key, value))
}

fn interface(messages: &mut Messages<'_>, graph: Range, walker: &Walker, info: &mut OnnxInfo) -> Parse<()> {
    messages.each(graph, &mut |messages, number, wire| {
        if !matches!(number, 11 | 12) {
            return Ok(());
        }
        let value = value(messages, wire)?;
        let into = if number == 11 { &mut info.inputs } else { &mut info.outputs };
        if into.len() >= VALUES_LIMIT {
            return Err(lying(format!("the graph has more than {VALUES_LIMIT} inputs or outputs")));
        }
        if number == 12 || !walker.names.contains(&value.name) {
            into.push(value);
        }
        Ok(())
    })
}

fn value(messages: &mut Messages<'_>, wire: Wire) -> Parse<Value> {
    let mut value = Value { name: String::new(), dtype: "unknown".into(), shape: Vec::new() };
    messages.each(wire.bytes()?, &mut |messages, number, wire| {
        match number {
            1 => value.name = messages.text(wire, NAME_LIMIT, "a name")?,
            2 => value_type(messages, wire.bytes()?, &mut value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(value)
}

fn value_type(messages: &mut Messages<'_>, range: Range, value: &mut Value) -> Parse<()> {
    messages.each(range, &mut |messages, number, wire| {
        match number {
            1 => tensor_type(messages, wire.bytes()?, value)?,
            4 => value.dtype = "sequence".into(),
            5 => value.dtype = "map".into(),
            8 => value.dtype = "sparse".into(),
            9 => value.dtype = "optional".into(),
            _ => {}
        }
        Ok(())
    })
}

fn tensor_type(messages: &mut Messages<'_>, range: Range, value: &mut Value) -> Parse<()> {
    messages.each(range, &mut |messages, number, wire| match number {
        1 => {
            value.dtype = nodes::dtype(wire.number()?).map_or("unknown", |(name, _)| name).to_owned();
            Ok(())
        }
        2 => messages.each(wire.bytes()?, &mut |messages, number, wire| {
            if number == 1 {
                value.shape.push(dimension(messages, wire.bytes()?)?);
            }
            if value.shape.len() > DIMENSIONS_LIMIT { Err(lying("a value has too many dimensions")) } else { Ok(()) }
        }),
        _ => Ok(()),
    })
}

fn dimension(messages: &mut Messages<'_>, range: Range) -> Parse<String> {
    let mut text = "?".to_owned();
    messages.each(range, &mut |messages, number, wire| {
        match number {
            1 => text = wire.number()?.cast_signed().to_string(),
            2 => text = messages.text(wire, NAME_LIMIT, "a dimension")?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(text)
}
