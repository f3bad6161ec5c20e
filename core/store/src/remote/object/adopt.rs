//! Leaving the mark, once it is known that two writers cannot overwrite each other.

use futures_util::StreamExt;
use object_store::{Error as Said, ObjectStore, ObjectStoreExt, PutMode, PutPayload};

use super::{ObjectRemote, runtime};
use crate::fs::host::unguessable;
use crate::remote::{Adopted, Mark, Remote};
use refmark_engine::ports::Cancel;
use refmark_types::error::{Code, Error, Result, bug};

impl Remote for ObjectRemote {
    fn adopt(&self, mark: &Mark) -> Result<Adopted> {
        runtime::wait(&Cancel::default(), self.adopt_it(mark))?
    }

    fn marks(&self) -> Result<Vec<String>> {
        let found = runtime::wait(&Cancel::default(), async {
            let found = self.store.list_with_delimiter(Some(&self.root)).await?;
            let names = found.objects.iter().filter_map(|meta| meta.location.filename());
            Ok(names.filter_map(|name| name.strip_prefix(Mark::FILE).map(str::to_owned)).collect())
        })?;
        found.map_err(|error| self.said("list", error))
    }
}

impl ObjectRemote {
    async fn adopt_it(&self, mark: &Mark) -> Result<Adopted> {
        let place = self.beside(&mark.file());
        let there = self.size_at(&place).await.map_err(|error| self.said("reach", error))?.is_some();
        if self.multipart.is_none() {
            self.can_be_read().await?;
            return Ok(Adopted { marked: there, warnings: vec![for_reading(&self.name, None)] });
        }
        match self.keeps_what_is_there().await? {
            Some(denied) => {
                self.can_be_read().await?;
                return Ok(Adopted { marked: there, warnings: vec![for_reading(&self.name, Some(&denied))] });
            }
            None if there => {}
            None => {
                let text = PutPayload::from(mark.text.clone());
                match self.store.put_opts(&place, text, PutMode::Create.into()).await {
                    Ok(_) | Err(Said::AlreadyExists { .. } | Said::Precondition { .. }) => {}
                    Err(error) => return Err(self.said("write to", error)),
                }
            }
        }
        Ok(Adopted { marked: true, warnings: Vec::new() })
    }

    /// Something of the place can be listed or asked for: wrong credentials and a bucket that is not there end here. Web
    /// servers without listings answer that a file is not there, which is an answer.
    async fn can_be_read(&self) -> Result<()> {
        match self.store.list(Some(&self.root)).next().await {
            None | Some(Ok(_)) => Ok(()),
            Some(Err(_)) if self.multipart.is_none() => Ok(()),
            Some(Err(error)) => Err(self.said("list", error)),
        }
    }

    /// Whether a write that must not overwrite does not. The reason, where nothing may be written at all.
    async fn keeps_what_is_there(&self) -> Result<Option<String>> {
        let name = unguessable().ok_or_else(|| bug("the system has no random bytes"))?;
        let probe = self.beside(&format!("refmark-probe-{name}"));
        let put = |text: &'static str| self.store.put_opts(&probe, PutPayload::from(text), PutMode::Create.into());
        match put("first").await {
            Ok(_) => {}
            Err(error @ (Said::NotImplemented { .. } | Said::NotSupported { .. })) => {
                return Err(self.overwrites(Some(error)));
            }
            Err(error) => {
                let error = self.said("write to", error);
                return match error.code {
                    Code::AccessDenied => Ok(Some(error.message.clone())),
                    _ => Err(error),
                };
            }
        }
        let second = put("second").await;
        let _ = self.store.delete(&probe).await;
        match second {
            Err(Said::AlreadyExists { .. } | Said::Precondition { .. }) => Ok(None),
            Ok(_) => Err(self.overwrites(None)),
            Err(error) => Err(self.overwrites(Some(error))),
        }
    }

    fn overwrites(&self, error: Option<Said>) -> Box<Error> {
        let how = match error {
            None => "a write that must not replace a file replaced it".to_owned(),
            Some(error) => {
                format!("it takes no write that must not replace a file ({})", self.said("write to", error).message)
            }
        };
        Error::new(
            Code::Unsupported,
            format!("{} does not keep what is there: {how}, so two writers could overwrite each other", self.name),
        )
        .hint("use a server that honours If-None-Match in PUT requests, as Amazon S3, MinIO, Ceph and R2 do")
        .field("remote", &self.name)
    }
}

fn for_reading(name: &str, denied: Option<&str>) -> String {
    match denied {
        Some(denied) => format!("{name} is for reading: {denied}"),
        None => format!("{name} is for reading: nothing can be sent there"),
    }
}
