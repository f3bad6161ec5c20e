//! The tensors of an ONNX model: initializers, and what nodes, branches and functions carry within them.

use std::collections::{BTreeMap, BTreeSet};

use super::entry;
use super::info::External;
use crate::bytes::{Parse, lying, too_large};
use crate::protobuf::{Messages, Range, Wire, varints};
use crate::report::{Tensor, elements, shown};

const NAME_LIMIT: u64 = 4096;
const DIMENSIONS_LIMIT: usize = 64;
const TENSORS_LIMIT: usize = 262_144;
const DEPTH_LIMIT: u32 = 24;

/// What a walk over graphs gathers.
#[derive(Default)]
pub(super) struct Walker {
    /// Tensors with bytes in this file.
    pub(super) tensors: Vec<Tensor>,
    /// Tensors with bytes elsewhere.
    pub(super) external: Vec<External>,
    /// Names of all initializers of the main graph.
    pub(super) names: BTreeSet<String>,
    /// Tensors whose bytes are not one range of plain values.
    pub(super) encoded: u64,
    /// Names of listed tensors, and how often each was met.
    listed: BTreeMap<String, u32>,
}

/// A node, gathered before its attributes are walked.
#[derive(Default)]
struct Node {
    name: String,
    output: String,
    op: String,
    attributes: Vec<Range>,
}

impl Walker {
    /// Walks the main graph.
    pub(super) fn main(&mut self, messages: &mut Messages<'_>, range: Range) -> Parse<()> {
        self.graph(messages, range, "", 0)
    }

    /// Walks a graph, its nodes and what they nest. What is in a nested graph is named by its path.
    fn graph(&mut self, messages: &mut Messages<'_>, range: Range, path: &str, depth: u32) -> Parse<()> {
        if depth > DEPTH_LIMIT {
            return Err(lying(format!("graphs nest more than {DEPTH_LIMIT} deep")));
        }
        messages.each(range, &mut |messages, number, wire| match number {
            1 => self.node(messages, wire.bytes()?, path, depth),
            5 => self.initializer(messages, wire.bytes()?, path, depth),
            15 => self.sparse(messages, wire.bytes()?, path, None),
            2 | 10..=12 => wire.bytes().map(|_| ()),
            13 | 14 | 16 => shallow(messages, wire),
            other => Err(lying(format!("field {other} is none of a graph's"))),
        })
    }

    /// Walks a function's nodes.
    pub(super) fn function(&mut self, messages: &mut Messages<'_>, range: Range) -> Parse<()> {
        let mut name = String::new();
        messages.each(range, &mut |messages, number, wire| {
            if number == 1 {
                name = messages.text(wire, NAME_LIMIT, "a function's name")?;
            }
            Ok(())
        })?;
        messages.each(range, &mut |messages, number, wire| match number {
            7 => self.node(messages, wire.bytes()?, &name, 0),
            11 => self.attribute(messages, wire.bytes()?, &name, 0),
            _ => Ok(()),
        })
    }

    /// Walks the two graphs of a training step.
    pub(super) fn training(&mut self, messages: &mut Messages<'_>, range: Range) -> Parse<()> {
        messages.each(range, &mut |messages, number, wire| match number {
            1 | 2 => self.graph(messages, wire.bytes()?, "training", 1),
            _ => Ok(()),
        })
    }

    fn node(&mut self, messages: &mut Messages<'_>, range: Range, path: &str, depth: u32) -> Parse<()> {
        let mut node = Node::default();
        messages.each(range, &mut |messages, number, wire| {
            match number {
                2 if node.output.is_empty() => node.output = messages.text(wire, NAME_LIMIT, "an output's name")?,
                3 => node.name = messages.text(wire, NAME_LIMIT, "a node's name")?,
                4 => node.op = messages.text(wire, NAME_LIMIT, "a node's operator")?,
                5 => node.attributes.push(wire.bytes()?),
                9 | 10 => shallow(messages, wire)?,
                _ => {}
            }
            Ok(())
        })?;
        let own = [&node.name, &node.output, &node.op].into_iter().find(|name| !name.is_empty());
        let path = join(path, own.map_or("node", String::as_str));
        for attribute in node.attributes {
            self.attribute(messages, attribute, &path, depth)?;
        }
        Ok(())
    }

    fn attribute(&mut self, messages: &mut Messages<'_>, range: Range, path: &str, depth: u32) -> Parse<()> {
        let mut name = String::new();
        messages.each(range, &mut |messages, number, wire| {
            if number == 1 {
                name = messages.text(wire, NAME_LIMIT, "an attribute's name")?;
            }
            Ok(())
        })?;
        let path = join(path, &name);
        messages.each(range, &mut |messages, number, wire| match number {
            5 | 10 => self.tensor(messages, wire.bytes()?, &path, None).map(|_| ()),
            6 | 11 => self.graph(messages, wire.bytes()?, &path, depth + 1),
            22 | 23 => self.sparse(messages, wire.bytes()?, &path, Some(&path)),
            14 | 15 => shallow(messages, wire),
            _ => Ok(()),
        })
    }

    /// A sparse tensor: its values, which carry its name, and their indices.
    fn sparse(&mut self, messages: &mut Messages<'_>, range: Range, path: &str, name: Option<&str>) -> Parse<()> {
        let (mut values, mut indices) = (None, None);
        messages.each(range, &mut |_, number, wire| {
            match number {
                1 => values = Some(wire.bytes()?),
                2 => indices = Some(wire.bytes()?),
                _ => {}
            }
            Ok(())
        })?;
        let mut own = name.map(str::to_owned);
        if let Some(range) = values {
            let raw = self.tensor(messages, range, path, name)?;
            own = own.or(Some(join(path, &raw)));
        }
        match (indices, own) {
            (Some(range), Some(own)) => self.tensor(messages, range, path, Some(&join(&own, "indices"))).map(|_| ()),
            _ => Ok(()),
        }
    }

    fn initializer(&mut self, messages: &mut Messages<'_>, range: Range, path: &str, depth: u32) -> Parse<()> {
        let name = self.tensor(messages, range, path, None)?;
        if depth == 0 && path.is_empty() {
            if self.names.contains(&name) {
                return Err(lying(format!("the initializer `{}` stands twice", shown(&name))));
            }
            self.names.insert(name);
        }
        Ok(())
    }

    /// Lists a tensor under its path and its own name, or the name given, and returns its own name.
    fn tensor(&mut self, messages: &mut Messages<'_>, range: Range, path: &str, name: Option<&str>) -> Parse<String> {
        let raw = RawTensor::read(messages, range)?;
        if self.tensors.len() + self.external.len() >= TENSORS_LIMIT {
            return Err(too_large(format!("the model has more than {TENSORS_LIMIT} tensors")));
        }
        let (dtype, bits) = dtype(raw.data_type)
            .ok_or_else(|| lying(format!("tensor `{}` has the unknown type {}", shown(&raw.name), raw.data_type)))?;
        let count = elements(&raw.name, &raw.dims)?;
        let own = raw.name.clone();
        let listed = self.unique(name.map_or_else(|| join(path, &own), str::to_owned));
        if raw.external || !raw.entries.is_empty() {
            let number = |key: &str| raw.get(key).and_then(|text| text.parse().ok());
            let (offset, length, location) = (number("offset"), number("length"), raw.location());
            let needed = count.checked_mul(bits).map(|bits| bits.div_ceil(8));
            if bits > 0 && length.is_some() && length != needed {
                return Err(lying(format!(
                    "the external tensor `{}` does not have the length that it needs",
                    shown(&own)
                )));
            }
            let shape = raw.dims;
            self.external.push(External {
                name: listed,
                dtype: dtype.into(),
                shape,
                location,
                offset,
                length: length.or(needed),
            });
            return Ok(own);
        }
        let held = self.held(messages, &raw, range, count, bits)?;
        self.tensors.push(Tensor::plain(listed, dtype, raw.dims, held.start, held.len()));
        Ok(own)
    }

    /// A name that no listed tensor has: scopes of graphs may use one name twice.
    fn unique(&mut self, name: String) -> String {
        let met = self.listed.entry(name.clone()).or_default();
        *met += 1;
        if *met == 1 { name } else { format!("{name}#{met}") }
    }

    /// Where a tensor's values are, once there are as many as its shape needs.
    fn held(
        &mut self,
        messages: &mut Messages<'_>,
        raw: &RawTensor,
        range: Range,
        count: u64,
        bits: u64,
    ) -> Parse<Range> {
        let name = shown(&raw.name);
        if let Some(held) = raw.raw {
            if !raw.typed.is_empty() {
                return Err(lying(format!("tensor `{name}` has its values twice")));
            }
            let needed = count.checked_mul(bits).map(|bits| bits.div_ceil(8));
            if bits == 0 || needed != Some(held.len()) {
                let has = held.len();
                return Err(lying(format!(
                    "tensor `{name}` of {:?} has {has} bytes, which is not what they need",
                    raw.dims
                )));
            }
            return Ok(held);
        }
        let (field, per, of) = typed(raw.data_type);
        let needed = count.checked_mul(per).map(|values| values.div_ceil(of));
        let mut values = 0u64;
        for (number, wire) in &raw.typed {
            if *number != field {
                return Err(lying(format!("tensor `{name}` has its values in field {number}: expected field {field}")));
            }
            values = values.saturating_add(values_in(messages, *number, *wire)?);
        }
        if needed != Some(values) {
            return Err(lying(format!(
                "tensor `{name}` of {:?} has {values} values, which is not what it needs",
                raw.dims
            )));
        }
        match raw.typed.as_slice() {
            [] => Ok(Range { start: range.start, end: range.start }),
            // The floats of a packed field are their bytes.
            [(4 | 10, Wire::Bytes(held))] if bits * count == held.len() * 8 => Ok(*held),
            [(_, Wire::Bytes(held))] => {
                self.encoded += 1;
                Ok(*held)
            }
            _ => {
                self.encoded += 1;
                Ok(range)
            }
        }
    }
}

/// The field that holds typed values of a type, and how many values stand for how many elements.
fn typed(data_type: u64) -> (u64, u64, u64) {
    match data_type {
        1 => (4, 1, 1),
        14 => (4, 2, 1),
        8 => (6, 1, 1),
        7 => (7, 1, 1),
        11 => (10, 1, 1),
        15 => (10, 2, 1),
        12 | 13 => (11, 1, 1),
        21..=23 => (5, 1, 2),
        25 | 26 => (5, 1, 4),
        _ => (5, 1, 1),
    }
}

/// How many values one field of typed values has.
fn values_in(messages: &Messages<'_>, number: u64, wire: Wire) -> Parse<u64> {
    match (number, wire) {
        (4, Wire::Bytes(held)) if held.len() % 4 == 0 => Ok(held.len() / 4),
        (10, Wire::Bytes(held)) if held.len() % 8 == 0 => Ok(held.len() / 8),
        (6, Wire::Bytes(_)) | (4, Wire::Fixed(4)) | (10, Wire::Fixed(8)) => Ok(1),
        (5 | 7 | 11, Wire::Number(_)) => Ok(1),
        (5 | 7 | 11, Wire::Bytes(held)) => varints(messages, held),
        _ => Err(lying("a tensor's values have the wrong wire type")),
    }
}

/// Checks that a message that is not read is one at all: readers refuse the whole file where it is not.
fn shallow(messages: &mut Messages<'_>, wire: Wire) -> Parse<()> {
    messages.each(wire.bytes()?, &mut |_, _, _| Ok(()))
}

fn join(path: &str, name: &str) -> String {
    match (path.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => path.to_owned(),
        _ => format!("{path}/{name}"),
    }
}

/// A tensor message as it stands.
#[derive(Default)]
struct RawTensor {
    name: String,
    dims: Vec<u64>,
    data_type: u64,
    raw: Option<Range>,
    /// The fields of typed values.
    typed: Vec<(u64, Wire)>,
    external: bool,
    entries: Vec<(String, String)>,
}

impl RawTensor {
    fn read(messages: &mut Messages<'_>, range: Range) -> Parse<RawTensor> {
        let mut raw = RawTensor::default();
        messages.each(range, &mut |messages, number, wire| {
            match number {
                1 => messages.numbers(wire, &mut raw.dims, DIMENSIONS_LIMIT)?,
                2 => raw.data_type = wire.number()?,
                3 => return Err(lying("a tensor is stored in segments, which no runtime reads")),
                4..=7 | 10 | 11 => raw.typed.push((number, wire)),
                8 => raw.name = messages.text(wire, NAME_LIMIT, "a tensor's name")?,
                9 if raw.raw.is_none() => raw.raw = Some(wire.bytes()?),
                9 => return Err(lying("a tensor has its raw bytes twice")),
                13 => {
                    let entry = entry(messages, wire.bytes()?)?;
                    if raw.entries.len() >= 64 {
                        return Err(lying("a tensor has too many entries of external data"));
                    }
                    raw.entries.push(entry);
                }
                14 => raw.external = wire.number()? == 1,
                12 | 16 => {
                    wire.bytes()?;
                }
                other => return Err(lying(format!("field {other} is none of a tensor's"))),
            }
            Ok(())
        })?;
        Ok(raw)
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    fn location(&self) -> String {
        self.get("location").unwrap_or_default().to_owned()
    }
}

/// An element type of ONNX, and how many bits it takes (none for texts).
pub(super) fn dtype(number: u64) -> Option<(&'static str, u64)> {
    Some(match number {
        1 => ("F32", 32),
        2 => ("U8", 8),
        3 => ("I8", 8),
        4 => ("U16", 16),
        5 => ("I16", 16),
        6 => ("I32", 32),
        7 => ("I64", 64),
        8 => ("STRING", 0),
        9 => ("BOOL", 8),
        10 => ("F16", 16),
        11 => ("F64", 64),
        12 => ("U32", 32),
        13 => ("U64", 64),
        14 => ("C64", 64),
        15 => ("C128", 128),
        16 => ("BF16", 16),
        17 => ("F8_E4M3", 8),
        18 => ("F8_E4M3FNUZ", 8),
        19 => ("F8_E5M2", 8),
        20 => ("F8_E5M2FNUZ", 8),
        21 => ("U4", 4),
        22 => ("I4", 4),
        23 => ("F4", 4),
        24 => ("F8_E8M0", 8),
        25 => ("U2", 2),
        26 => ("I2", 2),
        _ => return None,
    })
}
