//! The world that a registry stands in: the clock, the user's folders, the pinned roots, who hears of progress.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::notices::Notices;
use refmark_engine::ports::{Cancel, Clock, Progress, Silent};
use refmark_records::registry_id::RegistryId;
use refmark_records::statement::{Predicate, Record};
use refmark_store::fs::disk::{Disk, RealDisk};
use refmark_store::fs::durable::{behind_link, make_dirs_durably, replace};
use refmark_store::fs::input::read_given;
use refmark_store::fs::read::read_text_bounded;
use refmark_store::remote::Settings;
use refmark_types::canonical::RECORD_LIMIT;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

/// The operating system's clock; `SOURCE_DATE_EPOCH` does not move it, tests pass a clock of their own.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Timestamp::from_unix(since.map(|it| it.as_secs() as i64).unwrap_or(0))
    }
}

/// The user's folders.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `~/.config/refmark`: pinned roots, the default registry, refmark's own key.
    pub config: Option<PathBuf>,
    /// `~/.local/share/refmark`: blobs of registries that live in a project's repository.
    pub data: Option<PathBuf>,
}

impl Places {
    /// The folders that the environment names (`HOME`, `XDG_CONFIG_HOME`, `XDG_DATA_HOME`).
    pub fn from_env() -> Places {
        let set = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let home = set("HOME");
        let under = |variable: &str, default: &str| {
            set(variable).or_else(|| home.as_ref().map(|home| home.join(default))).map(|folder| folder.join("refmark"))
        };
        Places { config: under("XDG_CONFIG_HOME", ".config"), data: under("XDG_DATA_HOME", ".local/share"), home }
    }

    /// The user's folders by the home alone, whatever other variables say: for a program that runs with an environment which
    /// somebody else may have brought.
    pub fn of_home() -> Places {
        let home = std::env::var_os("HOME").filter(|it| !it.is_empty()).map(PathBuf::from);
        let under = |folder: &str| home.as_ref().map(|home| home.join(folder).join("refmark"));
        Places { config: under(".config"), data: under(".local/share"), home }
    }
}

/// Which trust root a reader holds a registry to.
#[derive(Debug, Clone, Default)]
pub enum Pinning {
    /// What `trust.toml` has for the registry, if anything.
    #[default]
    Stored,
    /// This one, by the digest of its statement.
    Root(Digest),
}

impl Pinning {
    /// Reads what `--trust-root` takes: `sha256:<hex>`, or the path of a root's record (`trust/0001.json`).
    pub fn read(named: impl AsRef<OsStr>) -> Result<Pinning> {
        let path = Path::new(named.as_ref());
        // A path need not be text; a digest is.
        match named.as_ref().to_str().map(|text| (text, Digest::parse(text))) {
            Some((_, Ok(digest))) => return Ok(Pinning::Root(digest)),
            Some((text, Err(error))) if text.starts_with("sha256:") => return Err(error),
            _ => {}
        }
        let text = &path.display().to_string();
        let bytes = read_given(path, RECORD_LIMIT)
            .map_err(|error| error.hint("give sha256: and 64 hex digits, or the file of the first root"))?;
        let record = Record::parse(&bytes).map_err(|mut error| {
            error.message = format!("{text} is no record: {}", error.message);
            error.hint("name the registry's file trust/0001.json as it is, or its digest").at(text)
        })?;
        match record.predicate() {
            Predicate::Root(_) => Ok(Pinning::Root(record.digest())),
            _ => Err(Error::new(Code::BadArgument, format!("{text} is a record, and not one of a trust root"))
                .hint("name the registry's file trust/0001.json, or its digest")
                .at(text)),
        }
    }
}

/// The clock, the user's folders, the pins, progress and the wish to stop.
#[derive(Clone)]
pub struct Context {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The user's folders.
    pub places: Places,
    /// The root that the caller named (`--trust-root`, `REFMARK_TRUST_ROOT`, a lock file), before `trust.toml`.
    pub pinning: Pinning,
    /// Hears of long work.
    pub progress: Arc<dyn Progress>,
    /// Stops long work.
    pub cancel: Cancel,
    /// How long a writer waits for another one.
    pub wait: Duration,
    /// Does what must be durable.
    pub disk: Arc<dyn Disk>,
    /// `REFMARK_CACHE`, else `~/.cache/refmark`: the blobs of consumers without a registry, in the store's layout, shared
    /// between processes. Nothing where there is no place for it.
    pub cache: Option<PathBuf>,
    /// How remotes that are no folders are reached.
    pub remotes: Settings,
    /// Hears what people should know of a change.
    pub notices: Notices,
}

impl Context {
    /// The user's own world.
    pub fn from_env() -> Context {
        let set = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let mut world = Context::at(Places::from_env(), Arc::new(SystemClock));
        let named = set("REFMARK_CACHE").or_else(|| set("XDG_CACHE_HOME").map(|folder| folder.join("refmark")));
        world.cache = named.or(world.cache);
        world.remotes = Settings::from_env(world.places.home.as_deref());
        world
    }

    /// A world with these folders and this clock, whose writers wait half a minute for each other.
    pub fn at(places: Places, clock: Arc<dyn Clock>) -> Context {
        Context {
            clock,
            cache: places.home.as_ref().map(|home| home.join(".cache/refmark")),
            remotes: Settings { home: places.home.clone(), ..Settings::default() },
            places,
            pinning: Pinning::Stored,
            progress: Arc::new(Silent),
            cancel: Cancel::default(),
            wait: Duration::from_secs(30),
            disk: Arc::new(RealDisk),
            notices: Notices::default(),
        }
    }

    /// The pinned root of a registry, by the digest of its statement.
    pub fn pin_of(&self, registry: RegistryId) -> Result<Option<Digest>> {
        match &self.pinning {
            Pinning::Root(digest) => Ok(Some(*digest)),
            Pinning::Stored => {
                Ok(self.load::<TrustFile>("trust.toml")?.roots.get(&registry.to_string()).map(|it| it.root))
            }
        }
    }

    /// Pins a registry's root for this user. Without a configuration folder there is nowhere to keep it.
    pub fn store_pin(&self, registry: RegistryId, name: &str, root: Digest) -> Result<()> {
        if self.load::<TrustFile>("trust.toml")?.roots.get(&registry.to_string()).is_some_and(|have| have.root == root)
        {
            return Ok(());
        }
        self.update("trust.toml", |file: &mut TrustFile| {
            file.roots.insert(registry.to_string(), StoredPin { name: name.to_owned(), root });
        })
    }

    /// Keeps that this user took an older head of a registry for the newest. Where there is nowhere to keep it, it is
    /// still taken.
    pub(crate) fn store_accepted(&self, registry: RegistryId, head: Oid, instead_of: Oid) -> Result<()> {
        if self.places.config.is_none() {
            return Ok(());
        }
        let time = self.clock.now();
        self.update("trust.toml", |file: &mut TrustFile| {
            file.accepted.push(AcceptedHead { registry: registry.to_string(), head, instead_of, time });
        })
    }

    /// The user's default registry.
    pub fn default_registry(&self) -> Result<Option<PathBuf>> {
        Ok(self.load::<ConfigFile>("config.toml")?.default_registry)
    }

    /// Makes a registry the user's default; unless `always`, only where there is none.
    pub fn set_default_registry(&self, path: &Path, always: bool) -> Result<bool> {
        if self.places.config.is_none() {
            return Ok(false);
        }
        if path.to_str().is_none() {
            // Settings are text.
            let message = format!("the path {} is not UTF-8, and no default can be kept of it", path.display());
            return if always { Err(Error::new(Code::BadArgument, message)) } else { Ok(false) };
        }
        let mut set = false;
        self.update("config.toml", |file: &mut ConfigFile| {
            // One that is not there now may be on a disk that is not mounted: only its owner gives it up.
            set = always || file.default_registry.is_none();
            if set {
                file.default_registry = Some(path.to_owned());
            }
        })?;
        Ok(set)
    }

    /// Changes a settings file of this user. Other processes change it before or after, never meanwhile.
    fn update<T: Default + Serialize + for<'de> Deserialize<'de>>(
        &self,
        name: &str,
        change: impl FnOnce(&mut T),
    ) -> Result<()> {
        let Some(folder) = &self.places.config else { return self.save(name, &T::default()) };
        make_dirs_durably(&*self.disk, folder)?;
        let _held = self.hold(&behind_link(&folder.join(name))?)?;
        let mut file = self.load::<T>(name)?;
        change(&mut file);
        self.save(name, &file)
    }

    fn load<T: Default + for<'de> Deserialize<'de>>(&self, name: &str) -> Result<T> {
        let Some(folder) = &self.places.config else { return Ok(T::default()) };
        let path = folder.join(name);
        match read_text_bounded(&path, SETTINGS_LIMIT)? {
            Some(text) => toml::from_str(&text).map_err(|error| {
                Error::new(Code::BadArgument, format!("{} cannot be read: {}", path.display(), error.message()))
                    .hint("mend or remove the file")
            }),
            None => Ok(T::default()),
        }
    }

    fn save<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        let Some(folder) = &self.places.config else {
            return Err(Error::new(Code::Io, format!("there is no configuration folder to keep {name} in")).hint(
                Hint::of("set HOME or XDG_CONFIG_HOME, or name the root each time: ")
                    .then(Next::With(Choice::TrustRoot)),
            ));
        };
        let text = toml::to_string(value).map_err(refmark_types::error::bug)?;
        make_dirs_durably(&*self.disk, folder)?;
        replace(&*self.disk, &behind_link(&folder.join(name))?, text.as_bytes(), 0o600)
    }
}

/// The largest of refmark's own settings, in bytes.
pub(crate) const SETTINGS_LIMIT: u64 = 1 << 20;

#[derive(Default, Serialize, Deserialize)]
struct TrustFile {
    #[serde(default)]
    roots: BTreeMap<String, StoredPin>,
    /// Older heads that the user took for the newest, oldest decision first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    accepted: Vec<AcceptedHead>,
}

#[derive(Serialize, Deserialize)]
struct AcceptedHead {
    registry: String,
    head: Oid,
    instead_of: Oid,
    time: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct StoredPin {
    name: String,
    root: Digest,
}

#[derive(Default, Serialize, Deserialize)]
struct ConfigFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_registry: Option<PathBuf>,
}
