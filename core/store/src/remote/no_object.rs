//! In place of the adapter for object stores, in a build without them.

use std::path::Path;
use std::sync::Arc;

use crate::remote::{Address, Mark, Remote, Settings};
use refmark_types::error::{Code, Error, Result};

/// An error of code `unsupported`.
pub(crate) fn open(address: &Address, _: Option<&Mark>, _: &Settings, _: Option<&Path>) -> Result<Arc<dyn Remote>> {
    Err(Error::new(Code::Unsupported, format!("{address}: this build of refmark has folders as remotes only"))
        .hint("build it with the feature object-stores"))
}
