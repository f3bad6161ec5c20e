//! What every protocol shares: the listener with its limits, answers and their headers, bodies within bounds.

pub mod door;
pub mod json;
pub mod listen;
pub mod query;
pub mod reply;
