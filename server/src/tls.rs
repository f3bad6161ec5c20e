//! HTTPS: the certificates and the key from PEM files, read again on demand, so that a renewed certificate ends no connection.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use refmark_core::store::fs::read::read_bounded;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::fatal::Fatal;
use crate::settings::TlsFiles;
use crate::sync::locked;

/// The largest file of certificates or of a key, in bytes.
const FILE_LIMIT: u64 = 1 << 20;

/// What connections are secured with.
pub struct Tls {
    files: TlsFiles,
    config: Mutex<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the certificates and the key.
    ///
    /// # Errors
    ///
    /// Where one of the two is not named or cannot be read, where others can read the key, or where they do not belong together.
    pub fn load(files: &TlsFiles) -> Result<Tls, Fatal> {
        Ok(Tls { files: files.clone(), config: Mutex::new(config(files)?) })
    }

    /// Reads them again. New connections are secured with what was read; where that fails, with what they were before.
    ///
    /// # Errors
    ///
    /// As [`Tls::load`].
    pub fn reload(&self) -> Result<(), Fatal> {
        *locked(&self.config) = config(&self.files)?;
        Ok(())
    }

    /// Secures a connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&locked(&self.config)))
    }
}

fn config(files: &TlsFiles) -> Result<Arc<ServerConfig>, Fatal> {
    let pem = read("TLS_CERT_PATH", &files.certificates)?;
    let bad = |variable: &str, path: &Path, why: &dyn std::fmt::Display| {
        Fatal::new(format!("{variable} {} cannot be used: {why}", path.display()))
    };
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| bad("TLS_CERT_PATH", &files.certificates, &error))?;
    if certificates.is_empty() {
        return Err(bad("TLS_CERT_PATH", &files.certificates, &"it holds no certificate in PEM"));
    }
    let pem = read("TLS_KEY_PATH", &files.key)?;
    let mode = files.key.metadata().map_err(|error| bad("TLS_KEY_PATH", &files.key, &error))?.mode();
    if mode & 0o007 != 0 {
        return Err(bad("TLS_KEY_PATH", &files.key, &"everybody can read it; its mode must be 0640 or less"));
    }
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| bad("TLS_KEY_PATH", &files.key, &error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Fatal::new(format!("TLS cannot be set up: {error}")))?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| bad("TLS_CERT_PATH", &files.certificates, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn read(variable: &str, path: &Path) -> Result<Vec<u8>, Fatal> {
    if path.as_os_str().is_empty() {
        return Err(Fatal::new(format!("{variable} is not set: HTTPS needs TLS_CERT_PATH and TLS_KEY_PATH")));
    }
    match read_bounded(path, FILE_LIMIT)? {
        Some(bytes) => Ok(bytes),
        None => Err(Fatal::new(format!("{variable} {} is not there", path.display()))),
    }
}
