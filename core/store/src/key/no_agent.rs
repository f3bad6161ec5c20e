//! Where there are no Unix sockets, no agent is asked.

use std::path::Path;

use super::Signers;
use refmark_types::fault::{Code, Fault, Result};

/// Always a fault with code `unsupported`.
pub(super) fn identities(socket: &Path) -> Result<(Signers, Vec<String>)> {
    Err(Fault::new(Code::Unsupported, format!("the ssh-agent at {} cannot be asked on this system", socket.display())))
}
