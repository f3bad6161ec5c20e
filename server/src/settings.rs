//! What the environment says: addresses, folders, switches. Read once, at the start.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::fatal::Fatal;

/// Where the service looks when nothing is said.
const BIND_ADDR: &str = "127.0.0.1:8470";
const REGISTRY_DIR: &str = "/registry";
const LOCK_PATH: &str = "/etc/secure-ai/policy/models.lock.yaml";
const TOKEN_PATH: &str = "/run/secure-ai/service-token";
const INTEGRITY_PATH: &str = "/var/lib/secure-ai/logs/integrity-last.json";
/// How many bytes one caller may put here before they are a version: 64 GiB.
const UPLOAD_LIMIT: u64 = 64 << 30;

/// How the service was asked to run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `BIND_ADDR`: host and port.
    pub bind: String,
    /// `REGISTRY_DIR`: where the models' files lie.
    pub registry_dir: PathBuf,
    /// `REGISTRY_LOCK_PATH`: what a service without a registry starts from.
    pub lock_path: PathBuf,
    /// `SERVICE_TOKEN_PATH`: the file with the service's one token.
    pub token_path: PathBuf,
    /// `INTEGRITY_RESULT_PATH`: the result of the last integrity run, handed on as it is.
    pub integrity_path: PathBuf,
    /// `TLS_CERT_PATH` and `TLS_KEY_PATH`: the certificates and the key, in PEM, where the service speaks HTTPS.
    pub tls: Option<TlsFiles>,
    /// `INSECURE_DEV_MODE` is exactly `true`: no token is needed, and promotion asks for no evidence.
    pub dev_mode: bool,
    /// `ALLOW_REMOTE_BIND` is exactly `true`.
    pub allow_remote: bool,
    /// Where the service keeps its key and what it has seen: outside of the registry's folder, so that a folder that was
    /// put back is noticed.
    pub state_dir: Option<PathBuf>,
    /// `LOG_FORMAT` is `json`.
    pub json_logs: bool,
    /// `OPEN_READS` is exactly `true`: reading and verifying need no token.
    pub open_reads: bool,
    /// `REFMARK_REGISTRY`: a registry whose trusted versions the reading protocols hand out, besides the service's own models.
    pub library: Option<PathBuf>,
    /// `OIDC_PATH`: the file of issuers whose tokens count, and of whom they speak for.
    pub oidc: Option<PathBuf>,
    /// `UPLOAD_LIMIT`: how many bytes one caller may have put here; nothing where it is no number.
    pub upload_limit: Option<u64>,
    /// `ALLOWED_HOSTS`: names in the Host header besides the loopback's, separated by commas; `*` for any.
    pub hosts: Vec<String>,
}

/// Where the certificates and the key of a service lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificates, the service's own first.
    pub certificates: PathBuf,
    /// Its key; empty where none was named.
    pub key: PathBuf,
}

impl Settings {
    /// Reads the settings from a process's environment.
    pub fn from_env() -> Settings {
        Settings::from_values(|name| std::env::var_os(name), std::env::home_dir())
    }

    /// Reads the settings from named values and the user's home folder.
    pub fn from_values(value: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Settings {
        let set = |name: &str| value(name).filter(|it| !it.is_empty());
        let path = |name: &str, default: &str| set(name).map_or_else(|| PathBuf::from(default), PathBuf::from);
        let text = |name: &str| set(name).and_then(|it| it.into_string().ok());
        let is_true = |name: &str| value(name).is_some_and(|it| it == "true");
        let absolute = |name: &str| set(name).map(PathBuf::from).filter(|it| it.is_absolute());
        let home = home.filter(|home| home.is_absolute());
        let state = absolute("REFMARK_STATE")
            .or_else(|| absolute("STATE_DIRECTORY").map(|folder| folder.join("refmark")))
            .or_else(|| absolute("XDG_STATE_HOME").map(|folder| folder.join("refmark/serve")))
            .or_else(|| home.map(|home| home.join(".local/state/refmark/serve")));
        let hosts = text("ALLOWED_HOSTS").unwrap_or_default();
        Settings {
            bind: text("BIND_ADDR").unwrap_or_else(|| BIND_ADDR.to_owned()),
            registry_dir: path("REGISTRY_DIR", REGISTRY_DIR),
            lock_path: path("REGISTRY_LOCK_PATH", LOCK_PATH),
            token_path: path("SERVICE_TOKEN_PATH", TOKEN_PATH),
            integrity_path: path("INTEGRITY_RESULT_PATH", INTEGRITY_PATH),
            tls: match (set("TLS_CERT_PATH"), set("TLS_KEY_PATH")) {
                (None, None) => None,
                (certificates, key) => Some(TlsFiles {
                    certificates: certificates.unwrap_or_default().into(),
                    key: key.unwrap_or_default().into(),
                }),
            },
            dev_mode: is_true("INSECURE_DEV_MODE"),
            allow_remote: is_true("ALLOW_REMOTE_BIND"),
            state_dir: state,
            open_reads: is_true("OPEN_READS"),
            oidc: set("OIDC_PATH").map(PathBuf::from),
            library: set("REFMARK_REGISTRY").map(PathBuf::from),
            upload_limit: value("UPLOAD_LIMIT").map_or(Some(UPLOAD_LIMIT), |it| it.to_str()?.parse().ok()),
            json_logs: text("LOG_FORMAT").is_some_and(|it| it == "json"),
            hosts: hosts.split(',').map(|it| it.trim().to_ascii_lowercase()).filter(|it| !it.is_empty()).collect(),
        }
    }

    /// The host and the port of the address.
    pub fn address(&self) -> Result<(String, u16), Fatal> {
        let bad = || Fatal::new(format!("BIND_ADDR `{}` is not HOST:PORT", self.bind.escape_debug()));
        let (host, port) = self.bind.rsplit_once(':').ok_or_else(bad)?;
        let host = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
        Ok((host.to_owned(), port.parse().map_err(|_| bad())?))
    }

    /// Whether only this machine reaches the address.
    pub fn is_loopback(&self) -> Result<bool, Fatal> {
        let (host, _) = self.address()?;
        Ok(host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()))
    }

    /// Refuses a limit that is no number of bytes.
    pub fn check_limit(&self) -> Result<(), Fatal> {
        self.upload_limit.map(|_| ()).ok_or_else(|| Fatal::new("UPLOAD_LIMIT is no number of bytes".to_owned()))
    }

    /// Refuses an address that others can reach, unless that was allowed; without checks of tokens in any case.
    pub fn check_bind(&self) -> Result<(), Fatal> {
        if self.is_loopback()? || (self.allow_remote && !self.dev_mode) {
            return Ok(());
        }
        let why = if self.dev_mode {
            "INSECURE_DEV_MODE serves this machine alone"
        } else {
            "ALLOW_REMOTE_BIND=true allows it"
        };
        Err(Fatal::new(format!("BIND_ADDR `{}` is not a loopback address; {why}", self.bind.escape_debug())))
    }
}
