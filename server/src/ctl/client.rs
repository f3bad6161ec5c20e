//! A plain HTTP client for a service on this machine: no redirect is followed, and no answer is waited for longer than its
//! patience.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use refmark_core::store::fs::disk::RealDisk;
use refmark_core::store::fs::durable::replace;
use refmark_core::types::time::Timestamp;
use serde_json::Value;

const URL: &str = "http://127.0.0.1:8470";
/// Reading a model of many gigabytes takes minutes.
const PATIENCE: Duration = Duration::from_secs(1800);
/// The largest answer, in bytes: a list of 100,000 models.
const ANSWER_LIMIT: u64 = 256 << 20;

/// An answer.
pub struct Answer {
    /// The status.
    pub status: u16,
    body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.body).map_err(|_| "the service's answer is no JSON".to_owned())
    }
}

/// A service, and the token for it.
pub struct Client {
    host: String,
    port: u16,
    token: Option<String>,
}

impl Client {
    /// For a URL, and the token in a file where it is there.
    pub fn new(url: Option<String>, token: &Path) -> Result<Client, String> {
        let url = url.filter(|url| !url.is_empty()).unwrap_or_else(|| URL.to_owned());
        let bad = |why: &str| Err(format!("REGISTRY_URL `{}` cannot be used: {why}", url.escape_debug()));
        let Some(rest) = url.strip_prefix("http://") else {
            return bad("this client speaks http to this machine; for others use a client with TLS");
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '@']) {
            return bad("it may have a host and a port only");
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
            _ => (authority, Some(80)),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let is_loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        match port {
            Some(port) if is_loopback => Ok(Client { host, port, token: read_token(token)? }),
            Some(_) => bad("plain http goes to this machine only"),
            None => bad("its port is no number"),
        }
    }

    /// Asks, about a name where one is given. `/health` is asked without the token.
    pub fn ask(&self, method: &str, path: &str, name: Option<&str>) -> Result<Answer, String> {
        let mut target = path.to_owned();
        if let Some(name) = name {
            target.push_str("?name=");
            for byte in name.bytes() {
                target.push_str(&format!("%{byte:02X}"));
            }
        }
        let mut head = format!("{method} {target} HTTP/1.0\r\nHost: {}:{}\r\n", self.host, self.port);
        if let Some(token) = self.token.as_ref().filter(|_| path != "/health") {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        head.push_str("Content-Length: 0\r\n\r\n");
        let answered = self.send(head.as_bytes()).map_err(|error| error.to_string())?;
        parse(&answered).ok_or_else(|| "what answers there is no such service".to_owned())
    }

    fn send(&self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut last = std::io::Error::other("the host has no address");
        for address in (self.host.as_str(), self.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, Duration::from_secs(5)) {
                Ok(mut stream) => {
                    stream.set_read_timeout(Some(PATIENCE))?;
                    stream.write_all(request)?;
                    let mut answer = Vec::new();
                    stream.take(ANSWER_LIMIT).read_to_end(&mut answer)?;
                    return Ok(answer);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// The token, by the same rules as the service's own; nothing where there is no file.
fn read_token(path: &Path) -> Result<Option<String>, String> {
    match crate::secret::read(path, true) {
        Ok(Some(_)) => {
            let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
            Ok(Some(text.trim().to_owned()))
        }
        Ok(None) => Ok(None),
        Err(fatal) => Err(fatal.to_string()),
    }
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let length = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let length = length
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .find_map(|(_, value)| value.trim().parse::<usize>().ok());
    let body = bytes.get(end + 4..)?.to_vec();
    match length {
        Some(length) if body.len() != length => None,
        _ => Some(Answer { status, body }),
    }
}

/// The time, in RFC 3339.
pub fn now() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or_default()).to_string()
}

/// Replaces a file; who reads it has the old or the new one whole.
pub fn keep(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    replace(&RealDisk, path, bytes, 0o644).map_err(|error| error.message.clone())
}

/// Adds lines to a file.
pub fn append(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::OpenOptions::new().append(true).create(true).open(path)?.write_all(bytes)
}
