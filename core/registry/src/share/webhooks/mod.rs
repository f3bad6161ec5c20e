//! `webhook`: who is told of events over HTTP, by Standard Webhooks with a CloudEvent as body. Addresses, secrets and how far
//! each was told lie in the registry's own folder, for its user alone; no record has any of it.

mod deliver;
mod secret;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use deliver::{DeliverRequest, Delivered, DeliveryAnswer, TestAnswer};
pub use secret::Secret;

use crate::context::SETTINGS_LIMIT;
use crate::registry::{Registry, Sharing};
use refmark_engine::ports::store::RecordStore;
use refmark_store::fs::durable::{make_dirs_durably, replace};
use refmark_store::fs::read::read_text_bounded;
use refmark_types::address::has_secret;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::RemoteName;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// How a webhook is added.
#[derive(Debug, Clone, Default)]
pub struct WebhookRequest {
    /// Where events are posted to.
    pub url: String,
    /// The kinds of events that it is told of, such as `alias`; all, where none is named.
    pub kinds: Vec<String>,
    /// Sign with an ed25519 key (`v1a`) instead of a shared secret (`v1`).
    pub ed25519: bool,
    /// A secret that there is already; a new one, where none is given.
    pub secret: Option<String>,
    /// Whether it may be plain `http`, and an address of the own network.
    pub private: bool,
    /// The commit after which events are told; the newest one, where none is named.
    pub since: Option<String>,
}

/// A webhook, without its secret.
#[derive(Debug, Clone, Serialize)]
pub struct WebhookRow {
    /// Its name.
    pub name: RemoteName,
    /// Where events are posted to; of its path only the beginning, because many services take the path for a password.
    pub url: String,
    /// The kinds that it is told of; all, where none stands here.
    pub kinds: Vec<String>,
    /// `v1` or `v1a`.
    pub signed: &'static str,
    /// The public key that signatures are checked with, for `v1a`.
    pub public_key: Option<String>,
    /// Whether it may be plain `http`, and an address of the own network.
    pub private: bool,
    /// The commit up to which it was told everything.
    pub since: Oid,
    /// How many events it took so far.
    pub delivered: u64,
    /// When it took the last one.
    pub last: Option<Timestamp>,
    /// How many attempts in a row failed.
    pub failures: u32,
    /// Why the last one did.
    pub last_error: Option<String>,
    /// When it is tried again, after a failure.
    pub next: Option<Timestamp>,
    /// Whether it said that it is gone (410), and is told nothing more until it is replayed.
    pub off: bool,
}

/// A webhook that was added.
#[derive(Debug, Clone, Serialize)]
pub struct WebhookAdded {
    /// The webhook.
    #[serde(flatten)]
    pub webhook: WebhookRow,
    /// The new shared secret, shown this once; none for a key, and where it was given.
    pub secret: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct WebhooksFile {
    #[serde(default)]
    webhooks: BTreeMap<String, Hook>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Hook {
    url: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    kinds: Vec<String>,
    secret: String,
    #[serde(default)]
    private: bool,
}

/// How far a webhook was told.
#[derive(Clone, Serialize, Deserialize)]
struct Told {
    /// Everything up to this commit was taken.
    since: Oid,
    /// And so many of the events after it.
    done: u64,
    delivered: u64,
    last: Option<Timestamp>,
    failures: u32,
    last_error: Option<String>,
    next: Option<Timestamp>,
    off: bool,
}

impl Told {
    fn from(since: Oid) -> Told {
        Told { since, done: 0, delivered: 0, last: None, failures: 0, last_error: None, next: None, off: false }
    }
}

impl Registry {
    fn webhooks_path(&self) -> PathBuf {
        self.work_folder().join("webhooks.toml")
    }

    fn webhooks_folder(&self) -> PathBuf {
        self.work_folder().join("webhooks")
    }

    fn told_path(&self, name: &str) -> PathBuf {
        self.webhooks_folder().join(format!("{name}.json"))
    }

    fn webhooks_file(&self) -> Result<WebhooksFile> {
        let path = self.webhooks_path();
        match read_text_bounded(&path, SETTINGS_LIMIT)? {
            Some(text) => toml::from_str(&text).map_err(|error| {
                Error::new(Code::BadArgument, format!("{} cannot be read: {}", path.display(), error.message()))
                    .hint("mend the file, or remove it and add the webhooks again")
            }),
            None => Ok(WebhooksFile::default()),
        }
    }

    fn save_webhooks(&self, file: &WebhooksFile) -> Result<()> {
        let text = Zeroizing::new(toml::to_string(file).map_err(refmark_types::error::bug)?);
        replace(&*self.world.disk, &self.webhooks_path(), text.as_bytes(), 0o600)
    }

    fn told_so_far(&self, name: &str) -> Result<Option<Told>> {
        let path = self.told_path(name);
        let Some(text) = read_text_bounded(&path, SETTINGS_LIMIT)? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|error| {
            Error::new(Code::BadArgument, format!("{} cannot be read: {error}", path.display())).hint(
                "remove the file: the webhook is told from the newest commit on, or from one that you replay from",
            )
        })
    }

    fn save_told(&self, name: &str, told: &Told) -> Result<()> {
        let text = serde_json::to_vec_pretty(told).map_err(refmark_types::error::bug)?;
        make_dirs_durably(&*self.world.disk, &self.webhooks_folder())?;
        replace(&*self.world.disk, &self.told_path(name), &text, 0o600)
    }
}

impl Sharing<'_> {
    /// The webhooks, by name.
    pub fn list_webhooks(&self) -> Result<Vec<WebhookRow>> {
        let file = self.registry.webhooks_file()?;
        file.webhooks.iter().map(|(name, hook)| self.row(name, hook)).collect()
    }

    fn row(&self, name: &str, hook: &Hook) -> Result<WebhookRow> {
        let secret = Secret::parse(&hook.secret)?;
        let told = match self.registry.told_so_far(name)? {
            Some(told) => told,
            None => Told::from(self.registry.head()?),
        };
        Ok(WebhookRow {
            name: RemoteName::parse(name)?,
            url: shown(&hook.url),
            kinds: hook.kinds.clone(),
            signed: if secret.public().is_some() { "v1a" } else { "v1" },
            public_key: secret.public(),
            private: hook.private,
            since: told.since,
            delivered: told.delivered,
            last: told.last,
            failures: told.failures,
            last_error: told.last_error,
            next: told.next,
            off: told.off,
        })
    }

    /// Adds a webhook. It is told of what lands from now on, or after the commit that is named.
    ///
    /// # Errors
    ///
    /// `exists` where there is one of that name, `bad-argument` for an address or secret that cannot be used, `secret` where the
    /// address has a password in it.
    pub fn add_webhook(&self, name: &RemoteName, request: &WebhookRequest) -> Result<WebhookAdded> {
        let registry = self.registry;
        check_url(&request.url, request.private)?;
        let (text, shown) = match &request.secret {
            Some(text) => (Zeroizing::new(text.trim().to_owned()), false),
            None => (Secret::generate(request.ed25519)?.1, !request.ed25519),
        };
        let secret = Secret::parse(&text)?;
        if request.ed25519 && secret.public().is_none() {
            return Err(Error::new(Code::BadArgument, "the secret is a shared one, and a key was asked for"));
        }
        let since = match &request.since {
            Some(text) => registry.repo.resolve_revision(text)?,
            None => registry.view()?.head,
        };
        registry.check_on_chain(since, registry.head()?)?;
        make_dirs_durably(&*registry.world.disk, &registry.work_folder())?;
        let _held = registry.world.hold(&registry.webhooks_path())?;
        let mut file = registry.webhooks_file()?;
        if file.webhooks.contains_key(name.as_str()) {
            return Err(Error::new(Code::Exists, format!("there is a webhook {name} already"))
                .hint("remove it first, or give this one another name"));
        }
        let hook = Hook {
            url: request.url.clone(),
            kinds: request.kinds.clone(),
            secret: text.to_string(),
            private: request.private,
        };
        // How far it was told first: a webhook without it would begin at another commit.
        registry.save_told(name.as_str(), &Told::from(since))?;
        let webhook = self.row(name.as_str(), &hook)?;
        file.webhooks.insert(name.as_str().to_owned(), hook);
        registry.save_webhooks(&file)?;
        Ok(WebhookAdded { webhook, secret: shown.then(|| text.to_string()) })
    }

    /// Forgets a webhook with its secret and how far it was told.
    pub fn remove_webhook(&self, name: &RemoteName) -> Result<()> {
        let registry = self.registry;
        make_dirs_durably(&*registry.world.disk, &registry.work_folder())?;
        let _held = registry.world.hold(&registry.webhooks_path())?;
        let mut file = registry.webhooks_file()?;
        if file.webhooks.remove(name.as_str()).is_none() {
            return Err(no_webhook(name));
        }
        registry.save_webhooks(&file)?;
        registry.world.disk.remove(&registry.told_path(name.as_str()))
    }
}

fn no_webhook(name: &RemoteName) -> Box<Error> {
    Error::new(Code::NotFound, format!("there is no webhook {name}")).hint("list the webhooks to see their names")
}

fn check_url(url: &str, private: bool) -> Result<()> {
    if has_secret(url) {
        return Err(Error::new(Code::Secret, "the address carries a password or token")
            .hint("requests are signed: the receiver needs no password in the address"));
    }
    let https = url.starts_with("https://") && url.len() > "https://".len();
    if https || (private && url.starts_with("http://")) {
        return Ok(());
    }
    Err(Error::new(Code::BadArgument, "a webhook's address begins with https://")
        .hint("plain http is for the own network: add it with private addresses allowed"))
}

/// An address as it may be shown: many services take a long path for the password.
fn shown(url: &str) -> String {
    let after = url.find("://").map_or(0, |at| at + 3);
    match url.get(after..).and_then(|rest| rest.find(['/', '?', '#'])) {
        Some(at) if url.len() > after + at + 1 => format!("{}/…", &url[..after + at]),
        _ => url.to_owned(),
    }
}
