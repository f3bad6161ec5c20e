//! Core ML: a protocol buffer with a version, a description and one kind of model.
//!
//! Reference: `mlmodel/format/Model.proto` and `NeuralNetwork.proto` of coremltools.

use super::bytes::{Parse, Stop, lying};
use super::format::{FileClass, Format};
use super::protobuf::{Messages, Range, Wire};
use super::report::Inspection;
use super::source::Source;
use refmark_types::error::Result;

/// The kinds of model, each by the number of its field.
const KINDS: &[(u64, &str)] = &[
    (200, "pipeline classifier"),
    (201, "pipeline regressor"),
    (202, "pipeline"),
    (300, "linear regressor"),
    (301, "support vector regressor"),
    (302, "tree ensemble regressor"),
    (303, "neural network regressor"),
    (304, "Bayesian probit regressor"),
    (400, "linear classifier"),
    (401, "support vector classifier"),
    (402, "tree ensemble classifier"),
    (403, "neural network classifier"),
    (404, "nearest neighbours classifier"),
    (500, "neural network"),
    (501, "item similarity recommender"),
    (502, "ML program"),
    (555, "custom model"),
    (556, "linked model"),
    (560, "class confidence thresholding"),
    (600, "one-hot encoder"),
    (601, "imputer"),
    (602, "feature vectorizer"),
    (603, "dictionary vectorizer"),
    (604, "scaler"),
    (606, "categorical mapping"),
    (607, "normalizer"),
    (609, "array feature extractor"),
    (610, "non-maximum suppression"),
    (900, "identity"),
    (2000, "text classifier"),
    (2001, "word tagger"),
    (2002, "vision feature print"),
    (2003, "sound analysis preprocessing"),
    (2004, "gazetteer"),
    (2005, "word embedding"),
    (2006, "audio feature print"),
    (3000, "serialized model"),
];
const NAME_LIMIT: u64 = 4096;
const NAMES_LIMIT: usize = 4096;

/// Whether a file that starts so is a model: a version, and every field one of a model's.
pub(super) fn claims(source: &dyn Source, head: &[u8]) -> Result<bool> {
    // Version, then the description; ONNX has a producer, a domain or a graph there.
    if !matches!(head, [0x08, 1..=64, 0x12, ..]) {
        return Ok(false);
    }
    match kind(source) {
        Ok((_, _, kind)) => Ok(kind.is_some()),
        Err(Stop::Io(error)) => Err(error),
        Err(Stop::Bad(_)) => Ok(false),
    }
}

/// The version, the description, and the kind of model with its message.
type Outline = (u64, Option<Range>, Option<(&'static str, u64, Range)>);

fn kind(source: &dyn Source) -> Parse<Outline> {
    let (mut version, mut description, mut kind) = (0, None, None);
    let whole = Range { start: 0, end: source.len() };
    Messages::new(source).each(whole, &mut |_, number, wire| {
        match number {
            1 => version = wire.number()?,
            2 => description = Some(wire.bytes()?),
            10 => {
                wire.number()?;
            }
            _ => {
                let known = KINDS.iter().find(|(field, _)| *field == number);
                let (_, word) = known.ok_or_else(|| lying(format!("field {number} is none of a model's")))?;
                kind = Some((*word, number, wire.bytes()?));
            }
        }
        Ok(())
    })?;
    Ok((version, description, kind))
}

/// Reads the outline of a model.
pub(super) fn inspect(source: &dyn Source) -> Result<Inspection> {
    let mut found = Inspection::new(Format::Coreml, FileClass::NotScanned);
    let read = read(source, &mut found);
    found.settle(read)?;
    Ok(found)
}

fn read(source: &dyn Source, found: &mut Inspection) -> Parse<()> {
    let (version, description, kind) = kind(source)?;
    found.keep("coreml.version", &version.to_string());
    let mut messages = Messages::new(source);
    if let Some(range) = description {
        names(&mut messages, range, found)?;
    }
    let Some((word, number, range)) = kind else { return Err(lying("the model has no kind")) };
    found.keep("coreml.kind", word);
    match number {
        555 => {
            let class = class_name(&mut messages, range)?;
            found.names_code("customModel.className", &class);
        }
        303 | 403 | 500 => layers(&mut messages, range, found)?,
        _ => {}
    }
    found.note("a Core ML model: its weights are not listed");
    Ok(())
}

/// Inputs and outputs: fields 1 and 10 of the description, each with its name first.
fn names(messages: &mut Messages<'_>, range: Range, found: &mut Inspection) -> Parse<()> {
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    messages.each(range, &mut |messages, number, wire| {
        let list = match number {
            1 => &mut inputs,
            10 => &mut outputs,
            _ => return Ok(()),
        };
        messages.each(wire.bytes()?, &mut |messages, number, wire| {
            if number == 1 && list.len() < NAMES_LIMIT {
                list.push(messages.text(wire, NAME_LIMIT, "a name")?);
            }
            Ok(())
        })
    })?;
    found.keep("coreml.inputs", &inputs.join(", "));
    found.keep("coreml.outputs", &outputs.join(", "));
    Ok(())
}

/// Layers (field 1) with a class of the application's own: field 500 of a layer.
fn layers(messages: &mut Messages<'_>, range: Range, found: &mut Inspection) -> Parse<()> {
    messages.each(range, &mut |messages, number, wire| {
        let (1, Wire::Bytes(layer)) = (number, wire) else { return Ok(()) };
        let (mut name, mut custom) = (String::new(), None);
        messages.each(layer, &mut |messages, number, wire| {
            match (number, wire) {
                (1, Wire::Bytes(_)) => name = messages.text(wire, NAME_LIMIT, "a layer's name")?,
                (500, Wire::Bytes(range)) => custom = Some(range),
                _ => {}
            }
            Ok(())
        })?;
        if let Some(range) = custom {
            let class = class_name(messages, range)?;
            found.names_code(&format!("layers[{name}].custom.className"), &class);
        }
        Ok(())
    })
}

/// Field 10 of a custom model or layer.
fn class_name(messages: &mut Messages<'_>, range: Range) -> Parse<String> {
    let mut name = String::new();
    messages.each(range, &mut |messages, number, wire| {
        if let (10, Wire::Bytes(_)) = (number, wire) {
            name = messages.text(wire, NAME_LIMIT, "a class")?;
        }
        Ok(())
    })?;
    Ok(name)
}
