//! Where there are no Unix sockets, no agent is asked.

use std::path::Path;

use super::Signers;
use refmark_types::error::{Code, Error, Result};

/// Always an error with code `unsupported`.
pub(super) fn identities(socket: &Path) -> Result<(Signers, Vec<String>)> {
    Err(Error::new(Code::Unsupported, format!("the ssh-agent at {} cannot be asked on this system", socket.display())))
}
