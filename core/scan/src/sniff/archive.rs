//! What a zip archive is by its members: NumPy arrays, a PyTorch checkpoint, a Keras model, or only a zip.

use super::sniff;
use crate::bytes::{Parse, Stop, lying};
use crate::format::{FileClass, Format};
use crate::look::Look;
use crate::npy::{self, Array};
use crate::report::{Inspection, Packed, shown};
use crate::source::Source;
use crate::zip::{self, Body, Directory, Member};
use refmark_types::error::{Code, Error, Result};

/// How much of one deflated member is looked at.
const MEMBER_LIMIT: usize = 16 << 20;
/// An array's magic, header and a little more.
const HEADER_LIMIT: usize = 66 * 1024;

/// Reads an archive.
pub(super) fn inspect(source: &dyn Source, look: Look<'_>) -> Result<Inspection> {
    let mut found = Inspection::new(Format::Zip, FileClass::NotScanned);
    let read = read(source, look, &mut found);
    found.settle(read)?;
    Ok(found)
}

fn read(source: &dyn Source, look: Look<'_>, found: &mut Inspection) -> Parse<()> {
    let directory = zip::directory(source)?;
    found.format = kind(&directory.members);
    if found.format == Format::Npz {
        return arrays(source, &directory, look, found);
    }
    for member in directory.members.iter().filter(|member| !member.name.ends_with('/')) {
        // Enough to tell that two archives hold the same, however they were packed.
        found.keep(&format!("member/{}", member.name), &format!("{} bytes, crc32 {:08x}", member.size, member.crc));
        if found.format == Format::Torchscript && member.name.contains("/code/") && member.name.ends_with(".py") {
            found.names_code(&member.name, "TorchScript code, which runs when the model is used");
        }
        let label = format!("`{}`", shown(&member.name));
        let inner = match zip::open(source, member, MEMBER_LIMIT, look)? {
            Body::Stored(part) => sniff(&member.name, &part, look.deeper())?,
            Body::Inflated(bytes) => sniff(&member.name, &bytes.as_slice(), look.deeper())?,
            Body::Closed => {
                found.note(format!(
                    "{label} is encrypted, packed in another way or too much to inflate, and was not looked into"
                ));
                continue;
            }
        };
        found.absorb(&inner, &label);
    }
    if matches!(found.format, Format::PytorchZip | Format::Torchscript) && found.class != FileClass::UnsafeFormat {
        // The member that PyTorch unpickles could not be walked; what it is named is enough.
        found.class = FileClass::UnsafeFormat;
        found.note("a PyTorch checkpoint whose pickle could not be walked");
    }
    Ok(())
}

/// The kind of archive, by its members' names.
fn kind(members: &[Member]) -> Format {
    let has = |name: &str| members.iter().any(|member| member.name == name);
    let leaf = |member: &Member, name: &str| member.name == name || member.name.ends_with(&format!("/{name}"));
    if !members.is_empty() && members.iter().all(|member| member.name.ends_with(".npy")) {
        Format::Npz
    } else if members.iter().any(|member| leaf(member, "constants.pkl") || member.name.contains("/code/__torch__")) {
        Format::Torchscript
    } else if members.iter().any(|member| leaf(member, "data.pkl")) {
        Format::PytorchZip
    } else if has("config.json") && (has("metadata.json") || has("model.weights.h5")) {
        Format::KerasZip
    } else {
        Format::Zip
    }
}

/// Every member is an array, and nothing else is in the archive.
fn arrays(source: &dyn Source, directory: &Directory, look: Look<'_>, found: &mut Inspection) -> Parse<()> {
    let mut tensors = Vec::new();
    let mut unsafe_members = 0u32;
    let mut trouble: Option<Stop> = None;
    for member in &directory.members {
        match array(source, member, look) {
            Ok(Some(Array::Plain(mut tensor, order))) => {
                if member.method == 0 {
                    tensor.offset += member.data;
                } else {
                    tensor.packed = Some(Packed { bytes: member.compressed, skip: tensor.offset });
                    tensor.offset = member.data;
                    if member.method != 8 {
                        trouble.get_or_insert(unsupported(member));
                    }
                }
                found.keep(&format!("order/{}", tensor.name), order);
                tensors.push(tensor);
            }
            Ok(Some(Array::Objects(_))) => {
                unsafe_members += 1;
                found.note(format!("`{}` is an array of Python objects: its bytes are a pickle", shown(&member.name)));
            }
            // NumPy unpickles a member without its magic as soon as it is allowed to.
            Ok(None) => {
                let inner = match zip::open(source, member, MEMBER_LIMIT, look)? {
                    Body::Stored(part) => sniff(&member.name, &part, look.deeper())?,
                    Body::Inflated(bytes) => sniff(&member.name, &bytes.as_slice(), look.deeper())?,
                    Body::Closed => Inspection::new(Format::Unknown, FileClass::NotScanned),
                };
                found.absorb(&inner, &format!("`{}`", shown(&member.name)));
                trouble.get_or_insert(lying(format!("`{}` is no NumPy array", shown(&member.name))));
            }
            Err(Stop::Io(error)) => return Err(Stop::Io(error)),
            Err(stop) => {
                trouble.get_or_insert(stop);
            }
        }
    }
    if unsafe_members > 0 {
        found.class = FileClass::UnsafeFormat;
    }
    if let Some(stop) = trouble {
        return Err(stop);
    }
    if found.class == FileClass::NotScanned {
        if !directory.gapless {
            return Err(lying("the archive holds bytes that belong to no member"));
        }
        found.class = FileClass::Tensors;
        found.tensors = tensors;
        found.tensors.sort_by_key(|tensor| (tensor.offset, tensor.bytes));
    }
    Ok(())
}

/// Reads the header of one array; nothing where the member is none.
fn array(source: &dyn Source, member: &Member, look: Look<'_>) -> Parse<Option<Array>> {
    let name = member.name.strip_suffix(".npy").unwrap_or(&member.name);
    let read = |body: &dyn Source| -> Parse<Option<Array>> {
        let head = crate::source::read_up_to(body, 0, 8)?;
        if !npy::claims(&head) {
            return Ok(None);
        }
        npy::header(body, member.size, name).map(Some)
    };
    match zip::open(source, member, HEADER_LIMIT, look)? {
        Body::Stored(part) => read(&part),
        Body::Inflated(bytes) => read(&bytes.as_slice()),
        Body::Closed => Err(unsupported(member)),
    }
}

fn unsupported(member: &Member) -> Stop {
    let name = shown(&member.name);
    Stop::Bad(Error::new(
        Code::Unsupported,
        format!("`{name}` is encrypted or packed in a way that refmark does not read"),
    ))
}
