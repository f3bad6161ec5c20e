//! In the place of the decoders where the feature `decoders` is off: what they would unpack was not looked into.

use crate::bytes::Parse;
use crate::format::Format;
use crate::source::Source;
use crate::unpacked::Unpacked;

/// Whether the decoders are part of this build.
pub(crate) const HERE: bool = false;

pub(super) fn unpack(_: Format, _: &dyn Source, _: usize) -> Parse<Option<Unpacked>> {
    Ok(None)
}

pub(super) fn zip_lzma(_: &dyn Source, _: usize) -> Parse<Option<Unpacked>> {
    Ok(None)
}
