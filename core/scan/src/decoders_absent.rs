//! In the place of the decoders where the feature `decoders` is off: what they would unpack was not looked into.

use super::bytes::Parse;
use super::compressed::Unpacked;
use super::format::Format;
use super::source::Source;

/// Whether the decoders are part of this build.
pub(super) const HERE: bool = false;

pub(super) fn unpack(_: Format, _: &dyn Source, _: usize) -> Parse<Option<Unpacked>> {
    Ok(None)
}

pub(super) fn zip_lzma(_: &dyn Source, _: usize) -> Parse<Option<Unpacked>> {
    Ok(None)
}
