//! refmark in a browser or in Node: bytes in, verdicts out. A thin face of the core: nothing is decided here, nothing is
//! fetched, and there is no clock.

#![deny(unsafe_code)]

mod repository;
mod value;
mod verification;

pub use repository::RefmarkRepository;
pub use verification::Verification;
