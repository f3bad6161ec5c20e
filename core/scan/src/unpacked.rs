//! What unpacking a stream came to.

/// So much is unpacked at once, in bytes.
pub(super) const CHUNK: usize = 32 * 1024;

/// What unpacking came to.
pub(super) struct Unpacked {
    pub(super) bytes: Vec<u8>,
    /// The stream went on to its end, or to the limit, without an error.
    pub(super) sound: bool,
}
