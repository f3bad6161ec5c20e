//! What every predicate says besides its own fields, and the macro that declares a predicate.

use super::registry_id::RegistryId;
use refmark_types::digest::Digest;
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// What every predicate says besides its own fields.
#[derive(Debug, Clone, Copy)]
pub struct Common<'a> {
    /// Who signs.
    pub by: &'a PrincipalId,
    /// When, by the signer's clock. Ordered only against `previous`.
    pub time: Timestamp,
    /// The digest of the statement that this one follows.
    pub previous: Option<Digest>,
    /// The last good head of the registry's branch that the signer saw.
    pub base: Option<Oid>,
    /// The path of this statement's own record.
    pub path: &'a str,
    /// The registry's id.
    pub registry: RegistryId,
}

/// Declares a predicate: its own fields, then `by` and `time`, then what it rests on, then the chain.
macro_rules! predicate {
    (
        $(#[$about:meta])* $type:ident {
            $($(#[$field_about:meta])* $field:ident: $of:ty,)*
            ...
            $($(#[$late_about:meta])* $late:ident: $late_of:ty,)*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $type {
            $($(#[$field_about])* pub $field: $of,)*
            /// Who signs.
            pub by: refmark_types::name::PrincipalId,
            /// When, by the signer's clock.
            pub time: refmark_types::time::Timestamp,
            $($(#[$late_about])* pub $late: $late_of,)*
            /// The digest of the statement that this one follows.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub previous: Option<refmark_types::digest::Digest>,
            /// The last good head of the registry's branch that the signer saw.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub base: Option<refmark_types::oid::Oid>,
            /// The path of this statement's own record.
            pub path: String,
            /// The registry's id.
            pub registry: $crate::registry_id::RegistryId,
        }

        impl $type {
            /// What every predicate says.
            pub fn common(&self) -> $crate::common::Common<'_> {
                $crate::common::Common {
                    by: &self.by,
                    time: self.time,
                    previous: self.previous,
                    base: self.base,
                    path: &self.path,
                    registry: self.registry,
                }
            }
        }
    };
}
pub(crate) use predicate;
