//! The registry service's own protocol: `/health` and `/v1/…`.
//!
//! Each request is checked in one order: path (404), token (403), method (405), name or body (400, 413), then the rest.

mod acquire;
mod body;
mod dispatch;
mod integrity;
mod limits;
mod manifest;
mod moves;
mod promote;
mod read;
mod refusal;
mod verify;

pub use dispatch::{handle, is_ours};
