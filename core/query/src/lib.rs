//! Floor 3: questions to a registry's state: list, show, resolve, log, search, diff, review, explain, report and check.

#![forbid(unsafe_code)]

pub mod answer;
pub mod check;
pub mod diff;
pub mod explain;
pub mod index;
pub mod lint;
pub mod pin;
pub mod policy;
pub mod report;
pub mod request;
pub mod review;
pub mod site;
pub mod sunset;
