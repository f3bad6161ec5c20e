//! Who may do what: the trust root, the policy and its members, and drafts that several people sign.

pub(crate) mod draft;
pub(crate) mod members;
pub(crate) mod policy;
pub(crate) mod policy_text;
pub(crate) mod trust;

use crate::registry::{Governor, Writer};

impl<'r> Governor<'r> {
    pub(crate) fn writer(&self) -> Writer<'r> {
        let Governor { registry, signer, proposal, secrets } = *self;
        Writer { registry, signer, proposal, secrets, absent: false, withdrawn: false, behalf: None }
    }
}
