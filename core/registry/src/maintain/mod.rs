//! What keeps a registry small and fast.

pub(crate) mod doctor;
pub(crate) mod gc;
