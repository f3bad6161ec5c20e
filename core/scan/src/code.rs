//! Programs, known by their first bytes.

use super::format::{FileClass, Format};
use super::report::Inspection;

/// The program that starts so.
pub(super) fn claims(head: &[u8]) -> Option<Inspection> {
    // A program for several systems begins like one for DOS and like a shell script at once; llamafile is made so.
    if head.starts_with(b"MZqFpD") || head.starts_with(b"jartsr=") {
        return Some(program(Format::Llamafile));
    }
    if head.starts_with(b"ftrt") {
        return Some(program(Format::TensorrtEngine));
    }
    let word = head.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes))?;
    let format = match word {
        0x7f45_4c46 => Format::Elf,
        0x0061_736d => Format::Wasm,
        0xfeed_face | 0xfeed_facf | 0xcefa_edfe | 0xcffa_edfe => Format::MachO,
        // A fat Mach-O has a few architectures where a class has its version.
        0xcafe_babe => match head.get(4..8) {
            Some([0, 0, 0, 1..=30]) => Format::MachO,
            _ => Format::JavaClass,
        },
        _ if head.starts_with(b"MZ") && is_pe(head) => Format::Pe,
        _ if is_bytecode(head) => Format::PythonBytecode,
        _ => return None,
    };
    Some(program(format))
}

fn program(format: Format) -> Inspection {
    let mut found = Inspection::new(format, FileClass::Code);
    found.note(format.about());
    found
}

/// The old DOS header has zeros, and says where the new one is. What starts with `MZ` and is no text is taken as one.
fn is_pe(head: &[u8]) -> bool {
    head.get(2..64).is_none_or(|rest| rest.contains(&0))
}

/// A `.pyc` of Python 3: a version number, a line end, and flags below four.
fn is_bytecode(head: &[u8]) -> bool {
    match head {
        [low, high, 0x0d, 0x0a, rest @ ..] => {
            let version = u16::from_le_bytes([*low, *high]);
            (3000..4000).contains(&version) && matches!(rest, [0..=3, 0, 0, 0, ..])
        }
        _ => false,
    }
}
