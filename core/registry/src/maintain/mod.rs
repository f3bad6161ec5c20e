//! What keeps a registry small and fast.

pub(crate) mod gc;
