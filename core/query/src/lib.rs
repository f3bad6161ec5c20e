//! Questions to a registry's state, and their answers as values: state in, answers out. Every face (the command, Python,
//! HTTP, the browser) gives these values as they are, as JSON or drawn by `refmark-render`. Pure: no file, no network, no
//! clock, no environment.
//!
//! | module | the question |
//! |---|---|
//! | [`answer`] | list, show, resolve, log, search: what is there? Each is asked of an [`answer::QueryContext`] |
//! | [`request`] | what did somebody mean by this text? |
//! | [`diff`] | what differs between two versions? |
//! | [`review`] | what would a range of commits change (for people)? |
//! | [`check`] | may that range land (for programs)? |
//! | [`explain`] | why is one thing as it is, and why is another not so? |
//! | [`report`] | everything about one version, for an audit |
//! | [`policy`] | what does a policy allow, and what of it can never work? |
//! | [`pin`], [`sunset`], [`lint`] | what is to be said of pins, of retired versions, of deployment manifests? |
//! | [`bridge`] | which values of a deployment manifest are a registry's, and what are they to be? |
//! | [`document`] | what does an attached evaluation or scan say? |
//! | [`served`] | is what a runtime says that it serves what is approved? |
//! | [`index`], [`site`] | the rows of an index and of an exported site |
//!
//! An answer never waits for an index: what the records give is given from them.
//!
//! # Errors
//!
//! Codes are those of [`refmark_types::error::Code`]; what is named and not there is `not-found`, with the nearest thing
//! that is there as the hint. An answer that rests on a lost key is `distrusted`.
//!
//! # Examples
//!
//! ```
//! use refmark_query::lint::{Moving, lint};
//! use refmark_types::name::ModelName;
//!
//! let models = [ModelName::parse("sentiment")?];
//! let found = lint("image: registry.example/sentiment:latest", &models);
//! assert_eq!((found[0].line, found[0].moving), (1, Moving::Latest));
//! # Ok::<(), Box<refmark_types::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

pub mod answer;
pub mod bridge;
pub mod check;
pub mod diff;
pub mod document;
pub mod explain;
pub mod findings;
pub mod index;
pub mod lint;
pub mod pin;
pub mod policy;
pub mod report;
pub mod request;
pub mod review;
pub mod served;
pub mod site;
pub mod sunset;
