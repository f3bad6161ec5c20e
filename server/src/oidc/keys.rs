//! An issuer's keys: from a file, or from an address that a thread asks now and then.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use refmark_core::store::fs::read::read_bounded;
use refmark_core::store::http::Client;

use crate::fatal::Fatal;
use crate::sync::locked;

/// The largest set of keys, in bytes.
const LIMIT: u64 = 1 << 20;
/// Keys at an address are asked for so often.
const EVERY: Duration = Duration::from_secs(600);
/// A token with an unknown key has them asked for sooner, and no sooner than this.
const AT_MOST_EVERY: Duration = Duration::from_secs(5);

enum Place {
    File(PathBuf),
    Address(String, Client),
}

/// The keys of an issuer, as they were read last.
pub struct Keys {
    set: Mutex<Vec<Jwk>>,
    wake: SyncSender<()>,
}

impl Keys {
    /// Those at a path, which must be readable now, or at an address, which need not.
    pub fn open(at: &str, private: bool) -> Result<Arc<Keys>, Fatal> {
        let place = match at.starts_with("https://") || at.starts_with("http://") {
            true => Place::Address(at.to_owned(), Client::new(private)),
            false => Place::File(PathBuf::from(at)),
        };
        let (wake, woken) = sync_channel(1);
        let keys = Arc::new(Keys { set: Mutex::default(), wake });
        if let Place::File(_) = &place {
            *locked(&keys.set) = place.read().map_err(|why| Fatal::new(format!("the keys of an issuer: {why}")))?;
        }
        let weak = Arc::downgrade(&keys);
        std::thread::spawn(move || {
            let mut last: Option<Instant> = None;
            loop {
                if last.is_none_or(|last| last.elapsed() >= AT_MOST_EVERY) {
                    last = Some(Instant::now());
                    let read = place.read();
                    let Some(keys) = weak.upgrade() else { return };
                    match read {
                        Ok(set) => *locked(&keys.set) = set,
                        Err(why) => tracing::error!("the keys of an issuer stay as they were: {why}"),
                    }
                }
                match woken.recv_timeout(EVERY) {
                    Err(RecvTimeoutError::Disconnected) => return,
                    Ok(()) => std::thread::sleep(
                        last.map_or(Duration::ZERO, |last| AT_MOST_EVERY.saturating_sub(last.elapsed())),
                    ),
                    Err(RecvTimeoutError::Timeout) => {}
                }
            }
        });
        Ok(keys)
    }

    /// Has them read again soon.
    pub fn renew(&self) {
        let _ = self.wake.try_send(());
    }

    /// The key of an id that fits an algorithm. Without an id there must be one key alone. An unknown one has them read again.
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, String> {
        let set = locked(&self.set);
        let mut named = set.iter().filter(|key| id.is_none() || key.common.key_id.as_deref() == id);
        let (Some(key), None) = (named.next(), named.next()) else {
            drop(set);
            self.renew();
            return Err("its key is none, or not the only one, of its issuer's".to_owned());
        };
        match fits(key, algorithm) {
            true => DecodingKey::from_jwk(key).map_err(|error| error.to_string()),
            false => Err(format!("its key is not for signatures by {algorithm:?}")),
        }
    }
}

/// Whether a key is for signatures by an algorithm.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let is_for_signing = key.common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
    let says = key.common.key_algorithm.as_ref().map(ToString::to_string);
    let is_of = says.is_none_or(|says| says == format!("{algorithm:?}"));
    let is_shaped = match &key.algorithm {
        AlgorithmParameters::RSA(_) => algorithm.family() == AlgorithmFamily::Rsa,
        AlgorithmParameters::EllipticCurve(it) => match it.curve {
            EllipticCurve::P256 => algorithm == Algorithm::ES256,
            EllipticCurve::P384 => algorithm == Algorithm::ES384,
            _ => false,
        },
        AlgorithmParameters::OctetKeyPair(it) => algorithm == Algorithm::EdDSA && it.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    is_for_signing && is_of && is_shaped
}

impl Place {
    fn read(&self) -> Result<Vec<Jwk>, String> {
        let bytes = match self {
            Place::File(path) => file(path)?,
            Place::Address(url, client) => {
                let said = client.get(url, LIMIT).map_err(|error| error.message.clone())?;
                match said.status {
                    200 => said.body,
                    status => return Err(format!("{url} answers with {status}")),
                }
            }
        };
        let set: JwkSet = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        Ok(set.keys)
    }
}

fn file(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = read_bounded(path, LIMIT).map_err(|error| error.message.clone())?;
    bytes.ok_or_else(|| format!("there is no file {}", path.display()))
}
