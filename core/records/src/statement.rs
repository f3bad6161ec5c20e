//! Records: an in-toto Statement v1 and the signatures over its canonical bytes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::registry_id::RegistryId;
use super::signature::Signature;
use refmark_types::canonical::{RECORD_LIMIT, canonical, read_part, same_as_printed, stored};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::printer::print;
use refmark_types::value::to_value;

pub use super::common::Common;
pub use super::predicate::Predicate;

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
