//! What a record says, by its kind.

use serde::Serialize;

use super::about::About;
use super::alias::AliasMove;
use super::approval::Approval;
use super::catalog::CatalogEntry;
use super::checkpoint::Checkpoint;
use super::common::Common;
use super::consumer::Consumer;
use super::evidence::Evidence;
use super::policy::PolicyStatement;
use super::root::Root;
use super::trust::TrustMove;
use super::version::{Label, StageMove, Version};
use refmark_types::canonical::read_part;
use refmark_types::error::Result;

macro_rules! kinds {
    ($($variant:ident $type:ident $kind:literal $about:literal;)*) => {
        /// What a record says, by kind.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Predicate { $(#[doc = $about] $variant(Box<$type>),)* }

        impl Predicate {
            /// Every kind's name.
            pub const KINDS: &'static [&'static str] = &[$($kind,)*];

            /// The kind's name, such as `alias`.
            pub const fn kind(&self) -> &'static str { match self { $(Predicate::$variant(_) => $kind,)* } }

            /// What every predicate says.
            pub fn common(&self) -> Common<'_> { match self { $(Predicate::$variant(predicate) => predicate.common(),)* } }

            /// Sets the path of the statement's own record.
            pub fn set_path(&mut self, path: String) { match self { $(Predicate::$variant(predicate) => predicate.path = path,)* } }

            /// The predicate of this kind that stands in a part of a record's text; none where the kind is not known.
            pub(crate) fn read(kind: &str, text: &str, part: &str) -> Result<Option<Predicate>> {
                Ok(Some(match kind {
                    $($kind => Predicate::$variant(read_part(text, part)?),)*
                    _ => return Ok(None),
                }))
            }
        }

        $(impl From<$type> for Predicate {
            fn from(predicate: $type) -> Predicate { Predicate::$variant(Box::new(predicate)) }
        })*
    };
}

kinds! {
    Root Root "root" "The trust root: the registry's id and the keys for root and policy.";
    Policy PolicyStatement "policy" "The statement that signs a policy's text.";
    About About "about" "What a model is: description, owner, tags.";
    Version Version "version" "A model gives an artifact a number.";
    Stage StageMove "stage" "A version's stage moves.";
    Label Label "label" "A version's description and tags.";
    Alias AliasMove "alias" "An alias moves.";
    Trust TrustMove "trust" "An artifact's trust state moves.";
    Evidence Evidence "evidence" "Something was found out about an artifact.";
    Approval Approval "approval" "A principal agrees to one statement, or waives a gate of it.";
    Consumer Consumer "consumer" "A project publishes what it is pinned to.";
    Checkpoint Checkpoint "checkpoint" "Somebody saw this head at this time.";
    Catalog CatalogEntry "catalog" "An entry of the catalog of stable ids.";
}
