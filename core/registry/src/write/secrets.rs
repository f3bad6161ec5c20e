//! Keys, tokens and passwords: no record and no file of a package carries one, unless somebody says that it is none.
//!
//! Every change goes through here, whatever its verb: a reason, a source, lineage, a summary, a model card.

use std::path::Path;

use crate::registry::Writer;
use refmark_engine::plan::Plan;
use refmark_store::blob::Found;
use refmark_store::fs::disk::shown;
use refmark_store::fs::read::read_bounded;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::secret::found;

/// Files up to this size are looked into: notes and settings, where people leave keys.
const LOOKED_INTO: u64 = 1 << 20;

impl<'r> Writer<'r> {
    /// The same writer, that takes what looks like a secret.
    #[must_use]
    pub fn allow_secrets(self, allow: bool) -> Writer<'r> {
        Writer { secrets: allow, ..self }
    }

    /// An error with code `secret` where a record that would be signed, or a document beside one, carries a secret.
    pub(crate) fn refuse_secrets(&self, plan: &Plan) -> Result<()> {
        if self.secrets {
            return Ok(());
        }
        for statement in &plan.statements {
            let canonical = statement.canonical()?;
            let kind = statement.predicate.kind();
            refuse(
                &String::from_utf8_lossy(&canonical),
                format!("the {kind} that would be signed"),
                statement.common().path,
            )?;
        }
        for (place, bytes) in &plan.documents {
            let path = place.path();
            let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
            refuse(&String::from_utf8_lossy(bytes), name, &path)?;
        }
        Ok(())
    }

    /// An error where a file of a package is a key, or a text that carries a token.
    pub(crate) fn refuse_secret_files(&self, files: &[Found]) -> Result<()> {
        if self.secrets {
            return Ok(());
        }
        for file in files.iter().filter(|it| it.size <= LOOKED_INTO) {
            let Some(bytes) = read_bounded(&file.file, LOOKED_INTO)? else { continue };
            if let Ok(text) = std::str::from_utf8(&bytes) {
                refuse(text, file.path.as_str().to_owned(), &shown(&file.file))?;
            }
        }
        Ok(())
    }

    /// The same of one document that is attached.
    pub(crate) fn refuse_secret_document(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        match (self.secrets, std::str::from_utf8(bytes)) {
            (false, Ok(text)) => refuse(text, shown(path), &shown(path)),
            _ => Ok(()),
        }
    }
}

fn refuse(text: &str, what: String, at: &str) -> Result<()> {
    let Some(secret) = found(text) else { return Ok(()) };
    Err(Error::new(Code::Secret, format!("{what} carries {secret}"))
        .hint(
            Hint::of("what a registry holds is shared, and stays for ever: leave it out. If it is none: ")
                .then(Next::With(Choice::AllowSecret)),
        )
        .at(at))
}
