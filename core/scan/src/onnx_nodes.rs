//! The tensors of an ONNX model: initializers of the main graph, and what nodes and functions carry within them.

use super::bytes::{Parse, lying, too_large};
use super::onnx::{External, entry};
use super::protobuf::{Messages, Range, Wire};
use super::report::{Tensor, elements, shown};
use std::collections::BTreeSet;

const NAME_LIMIT: u64 = 4096;
const DIMENSIONS_LIMIT: usize = 64;
const TENSORS_LIMIT: usize = 262_144;
const DEPTH_LIMIT: u32 = 24;

/// Where a tensor stands. Only the main graph's are listed; all are looked through for external data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// An initializer of the main graph.
    Main,
    /// A constant of a node, a branch, a function or a training graph.
    Nested,
}

/// What a walk over graphs gathers.
#[derive(Default)]
pub(super) struct Walker {
    /// Initializers of the main graph with bytes in this file.
    pub(super) tensors: Vec<Tensor>,
    /// Initializers of the main graph with bytes elsewhere.
    pub(super) external: Vec<External>,
    /// Names of all initializers of the main graph.
    pub(super) names: BTreeSet<String>,
    /// Files that nested tensors name.
    pub(super) nested_locations: BTreeSet<String>,
    /// Tensors whose bytes are not one range, so that their whole message stands for them.
    pub(super) whole_messages: u64,
}

impl Walker {
    /// Walks a graph, its nodes and what they nest.
    pub(super) fn graph(&mut self, messages: &mut Messages<'_>, range: Range, place: Place, depth: u32) -> Parse<()> {
        if depth > DEPTH_LIMIT {
            return Err(lying(format!("graphs nest more than {DEPTH_LIMIT} deep")));
        }
        messages.each(range, &mut |messages, number, wire| match number {
            1 => self.node(messages, wire.bytes()?, depth),
            5 => self.tensor(messages, wire.bytes()?, place),
            15 => self.sparse(messages, wire.bytes()?),
            2 | 10..=14 | 16 => wire.bytes().map(|_| ()),
            other => Err(lying(format!("field {other} is none of a graph's"))),
        })
    }

    /// Walks a function's nodes.
    pub(super) fn function(&mut self, messages: &mut Messages<'_>, range: Range) -> Parse<()> {
        messages.each(range, &mut |messages, number, wire| match number {
            7 => self.node(messages, wire.bytes()?, 0),
            11 => self.attribute(messages, wire.bytes()?, 0),
            _ => Ok(()),
        })
    }

    /// Walks the two graphs of a training step.
    pub(super) fn training(&mut self, messages: &mut Messages<'_>, range: Range) -> Parse<()> {
        messages.each(range, &mut |messages, number, wire| match number {
            1 | 2 => self.graph(messages, wire.bytes()?, Place::Nested, 1),
            _ => Ok(()),
        })
    }

    fn node(&mut self, messages: &mut Messages<'_>, range: Range, depth: u32) -> Parse<()> {
        messages.each(range, &mut |messages, number, wire| match number {
            5 => self.attribute(messages, wire.bytes()?, depth),
            _ => Ok(()),
        })
    }

    fn attribute(&mut self, messages: &mut Messages<'_>, range: Range, depth: u32) -> Parse<()> {
        messages.each(range, &mut |messages, number, wire| match number {
            5 | 10 => self.tensor(messages, wire.bytes()?, Place::Nested),
            6 | 11 => self.graph(messages, wire.bytes()?, Place::Nested, depth + 1),
            22 | 23 => self.sparse(messages, wire.bytes()?),
            _ => Ok(()),
        })
    }

    fn sparse(&mut self, messages: &mut Messages<'_>, range: Range) -> Parse<()> {
        messages.each(range, &mut |messages, number, wire| match number {
            1 | 2 => self.tensor(messages, wire.bytes()?, Place::Nested),
            _ => Ok(()),
        })
    }

    fn tensor(&mut self, messages: &mut Messages<'_>, range: Range, place: Place) -> Parse<()> {
        let raw = RawTensor::read(messages, range)?;
        let external = raw.external || !raw.entries.is_empty();
        if place == Place::Nested {
            if external {
                self.nested_locations.insert(raw.location());
            }
            return Ok(());
        }
        if self.names.len() >= TENSORS_LIMIT {
            return Err(too_large(format!("the graph has more than {TENSORS_LIMIT} initializers")));
        }
        if !self.names.insert(raw.name.clone()) {
            return Err(lying(format!("the initializer `{}` stands twice", shown(&raw.name))));
        }
        let (dtype, bits) = dtype(raw.data_type)
            .ok_or_else(|| lying(format!("tensor `{}` has the unknown type {}", shown(&raw.name), raw.data_type)))?;
        let count = elements(&raw.name, &raw.dims)?;
        if external {
            let number = |key: &str| raw.get(key).and_then(|text| text.parse().ok());
            let (offset, length, location) = (number("offset"), number("length"), raw.location());
            let RawTensor { name, dims: shape, .. } = raw;
            self.external.push(External { name, dtype: dtype.into(), shape, location, offset, length });
            return Ok(());
        }
        let held = match (raw.raw, raw.typed, raw.typed_fields) {
            (Some(_), Some(_), _) => {
                return Err(lying(format!("tensor `{}` has its values twice", shown(&raw.name))));
            }
            (Some(held), None, _) => {
                let needed = count.checked_mul(bits).map(|bits| bits.div_ceil(8));
                if bits == 0 || needed != Some(held.len()) {
                    return Err(lying(format!(
                        "tensor `{}` of {dtype} {:?} has {} bytes, which is not what they need",
                        shown(&raw.name),
                        raw.dims,
                        held.len()
                    )));
                }
                held
            }
            (None, Some(Wire::Bytes(held)), 1) if raw.data_type != 8 => held,
            (None, None, _) if count == 0 => Range { start: range.start, end: range.start },
            (None, None, _) => return Err(lying(format!("tensor `{}` has no values", shown(&raw.name)))),
            _ => {
                self.whole_messages += 1;
                range
            }
        };
        self.tensors.push(Tensor {
            name: raw.name,
            dtype: dtype.into(),
            shape: raw.dims,
            offset: held.start,
            bytes: held.len(),
        });
        Ok(())
    }
}

/// A tensor message as it stands.
#[derive(Default)]
struct RawTensor {
    name: String,
    dims: Vec<u64>,
    data_type: u64,
    raw: Option<Range>,
    /// The last field of typed values, and how many there were.
    typed: Option<Wire>,
    typed_fields: u64,
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
                4..=7 | 10 | 11 => {
                    raw.typed = Some(wire);
                    raw.typed_fields += 1;
                }
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
