//! Floor 3: answers as pages, for terminals, as Markdown and as HTML.

#![forbid(unsafe_code)]

pub mod check;
pub mod diff;
pub mod doc;
pub mod explain;
pub mod report;
pub mod review;
