//! Records: an in-toto Statement v1 and the signatures over its canonical bytes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::about::About;
use super::alias::AliasMove;
use super::approval::Approval;
use super::catalog::CatalogEntry;
use super::checkpoint::Checkpoint;
use super::consumer::Consumer;
use super::evidence::Evidence;
use super::policy::PolicyStatement;
use super::registry_id::RegistryId;
use super::root::Root;
use super::signature::Signature;
use super::trust::TrustMove;
use super::version::{Label, StageMove, Version};
use refmark_types::canonical::{RECORD_LIMIT, canonical, read_part, same_as_printed, stored};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use refmark_types::printer::print;
use refmark_types::time::Timestamp;
use refmark_types::value::to_value;

/// The `_type` of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// What a statement is about: a name and the SHA-256 that it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// What it is called: an artifact id, a path, or the registry.
    pub name: String,
    /// Its digest.
    pub digest: SubjectDigest,
}

/// The digest of a subject, as in-toto spells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectDigest {
    /// The SHA-256.
    pub sha256: Digest,
}

impl Subject {
    /// A subject of this name and digest.
    pub fn new(name: impl Into<String>, sha256: Digest) -> Subject {
        Subject { name: name.into(), digest: SubjectDigest { sha256 } }
    }

    /// The registry itself, for statements that are about no bytes.
    pub fn registry(id: RegistryId) -> Subject {
        Subject::new(format!("refmark:registry:{id}"), Digest::of(id.to_string().as_bytes()))
    }
}

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
            pub fn common(&self) -> $crate::statement::Common<'_> {
                $crate::statement::Common {
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
            fn read(kind: &str, text: &str, part: &str) -> Result<Option<Predicate>> {
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

/// The part of a record that is signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What it is about; never empty.
    pub subject: Vec<Subject>,
    /// What it says.
    pub predicate: Predicate,
}

#[derive(Serialize)]
struct StatementForm<'a> {
    _type: &'static str,
    subject: &'a [Subject],
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: &'a Predicate,
}

impl Serialize for Statement {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StatementForm {
            _type: STATEMENT_TYPE,
            subject: &self.subject,
            predicate_type: format!("urn:refmark:{}:v1", self.predicate.kind()),
            predicate: &self.predicate,
        }
        .serialize(serializer)
    }
}

impl Statement {
    /// A statement with the subject that its predicate calls for.
    pub fn new(predicate: impl Into<Predicate>) -> Statement {
        let predicate = predicate.into();
        let subject = vec![subject_of(&predicate)];
        Statement { subject, predicate }
    }

    /// The bytes that are signed and hashed (RFC 8785).
    pub fn canonical(&self) -> Result<Vec<u8>> {
        canonical(&to_value(self))
    }

    /// What it says.
    pub fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    /// What every predicate says.
    pub fn common(&self) -> Common<'_> {
        self.predicate.common()
    }
}

/// The one subject that a predicate may have: nobody can sign one thing and name another.
fn subject_of(predicate: &Predicate) -> Subject {
    let artifact = |id: &refmark_types::digest::ArtifactId| Subject::new(id.to_string(), id.digest());
    let registry = || Subject::registry(predicate.common().registry);
    match predicate {
        Predicate::Policy(policy) => Subject::new(super::layout::Place::PolicyText(policy.number).path(), policy.text),
        Predicate::Version(version) => artifact(&version.artifact),
        Predicate::Stage(moved) => artifact(&moved.artifact),
        Predicate::Label(label) => artifact(&label.artifact),
        Predicate::Trust(moved) => artifact(&moved.artifact),
        Predicate::Evidence(evidence) => artifact(&evidence.artifact),
        Predicate::Alias(moved) => match moved.to.as_ref().or(moved.from.as_ref()) {
            Some(target) => artifact(&target.artifact),
            None => registry(),
        },
        Predicate::Approval(approval) => Subject::new(approval.change.clone(), approval.statement),
        Predicate::Root(_)
        | Predicate::About(_)
        | Predicate::Consumer(_)
        | Predicate::Checkpoint(_)
        | Predicate::Catalog(_) => registry(),
    }
}

/// A signed statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What was signed.
    pub statement: Statement,
    /// By whom; one of an ordinary record's author, several of a root's or a policy's.
    pub signatures: Vec<Signature>,
    canonical: Vec<u8>,
    digest: Digest,
}

#[derive(Serialize)]
struct RecordForm<'a> {
    statement: &'a Statement,
    signatures: &'a [Signature],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecord<'a> {
    #[serde(borrow)]
    statement: RawStatement<'a>,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStatement<'a> {
    _type: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    /// Read by its kind.
    #[serde(borrow)]
    predicate: &'a RawValue,
}

/// The stored form of a statement and the signatures over it.
pub fn print_record(statement: &Statement, signatures: &[Signature]) -> Result<String> {
    print(&RecordForm { statement, signatures })
}

impl Record {
    /// A record of a statement and the signatures over it. The signatures are not checked here.
    pub fn new(statement: Statement, signatures: Vec<Signature>) -> Result<Record> {
        let canonical = statement.canonical()?;
        let digest = Digest::of(&canonical);
        Ok(Record { statement, signatures, canonical, digest })
    }

    /// Reads a stored record: strict, of a known kind, byte for byte what the printer writes, with its one subject.
    pub fn parse(bytes: &[u8]) -> Result<Record> {
        let text = stored(bytes, RECORD_LIMIT)?;
        let RawRecord { statement: raw, signatures } = read_part(text, text)?;
        if raw._type != STATEMENT_TYPE {
            return Err(Error::new(
                Code::BadRecord,
                format!("expected _type {STATEMENT_TYPE}, found `{}`", raw._type.escape_debug()),
            ));
        }
        let kind = raw.predicate_type.strip_prefix("urn:refmark:").and_then(|rest| rest.strip_suffix(":v1"));
        let predicate = Predicate::read(kind.unwrap_or_default(), text, raw.predicate.get())?.ok_or_else(|| {
            let found = raw.predicate_type.escape_debug();
            Error::new(Code::BadRecord, format!("`{found}` is not a kind of record that this refmark knows"))
                .hint("a newer refmark may know it")
        })?;
        let statement = Statement { subject: raw.subject, predicate };
        let form = to_value(&RecordForm { statement: &statement, signatures: &signatures });
        same_as_printed(bytes, &form)?;
        let canonical = form.get("statement").map(canonical).transpose()?.unwrap_or_default();
        let digest = Digest::of(&canonical);
        let record = Record { statement, signatures, canonical, digest };
        let expected = subject_of(&record.statement.predicate);
        if record.statement.subject != [expected.clone()] {
            return Err(Error::new(
                Code::BadRecord,
                format!("the subject must be `{}` and nothing else: it is what the predicate is about", expected.name),
            ));
        }
        Ok(record)
    }

    /// The stored form.
    pub fn print(&self) -> Result<String> {
        print(&self.form())
    }

    /// The bytes that are signed.
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    /// The SHA-256 of the signed bytes: what approvals and followers name.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What the record says.
    pub fn predicate(&self) -> &Predicate {
        &self.statement.predicate
    }

    /// What every predicate says.
    pub fn common(&self) -> Common<'_> {
        self.statement.common()
    }

    fn form(&self) -> RecordForm<'_> {
        RecordForm { statement: &self.statement, signatures: &self.signatures }
    }
}

impl Serialize for Record {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.form().serialize(serializer)
    }
}
