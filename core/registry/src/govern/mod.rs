//! Who may do what: the trust root, the policy and its members, and drafts that several people sign.

pub(crate) mod draft;
pub(crate) mod members;
pub(crate) mod policy;
pub(crate) mod policy_text;
pub(crate) mod trust;
