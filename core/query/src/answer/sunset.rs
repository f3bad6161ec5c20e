//! What was retired, until when it may be used, and who still does.

use serde::Serialize;

use super::{AsOf, QueryContext};
use crate::sunset::{Sunset, sunsets};
use refmark_types::error::Result;
use refmark_types::time::Timestamp;

/// The retired versions.
#[derive(Debug, Clone, Serialize)]
pub struct SunsetAnswer {
    /// The versions, the most urgent first.
    pub versions: Vec<Sunset>,
    /// How many of them may be archived now.
    pub due: u64,
    /// The clock that this was judged by.
    pub now: Timestamp,
    /// The head that the answer is true of.
    pub as_of: AsOf,
}

/// The versions whose sunset clock runs, by this clock.
pub fn sunset(context: &QueryContext<'_, '_>, now: Timestamp) -> Result<SunsetAnswer> {
    let versions = sunsets(context.reader(), now)?;
    let due = versions.iter().filter(|version| version.due).count() as u64;
    Ok(SunsetAnswer { versions, due, now, as_of: context.as_of()? })
}
