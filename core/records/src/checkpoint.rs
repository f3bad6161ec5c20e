//! Checkpoints: somebody saw this head at this time.

use super::common::predicate;

predicate! {
    /// A witness of the registry's head (`base`) at a time, by CI or a person. Bounds the claimed times around it.
    Checkpoint {
        /// The checkpoint's number, from 1.
        sequence: u64,
        /// How many commits the first-parent chain up to `base` has.
        commits: u64,
        ...
    }
}
