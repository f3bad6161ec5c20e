//! Requests to servers: short ones, with a limit on everything. Redirects are not followed, proxies are not asked, and no
//! address is connected to that was not looked at: what a name leads to is checked after it was resolved, and the connection goes
//! to the very address that was checked.

mod address;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::{Response, Uri};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body};

pub use address::is_public;
use refmark_types::address::without_secrets;
use refmark_types::error::{Code, Error, Result};

/// The longest that a request takes, from its name's look-up to the last byte of the answer.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// How long it asks to be left alone, in seconds.
    pub retry_after: Option<u64>,
    /// What it said, up to the limit.
    pub body: Vec<u8>,
}

/// Asks servers. One client keeps its connections open.
pub struct Client {
    agent: Agent,
}

impl Client {
    /// A client. Without `private` it speaks `https` with public addresses only, whatever a name leads to.
    pub fn new(private: bool) -> Client {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .https_only(!private)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("refmark/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(PATIENCE))
            .build();
        let resolver = Looked { private, by: DefaultResolver::default() };
        Client { agent: Agent::with_parts(config, DefaultConnector::default(), resolver) }
    }

    /// Gets what lies at an address, of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// `unreachable` where the server cannot be asked; what it answers is no error. `bad-argument` for an address that this client
    /// does not go to. `too-large` where the answer is longer.
    pub fn get(&self, url: &str, limit: u64) -> Result<Answer> {
        let said = self.agent.get(url).call().map_err(|error| unreachable(url, error))?;
        read(url, said, limit)
    }

    /// Posts a body, and reads at most 64 KiB of the answer.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub fn post(&self, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
        let request = headers.iter().fold(self.agent.post(url), |request, (name, value)| request.header(*name, *value));
        let said = request.send(body).map_err(|error| unreachable(url, error))?;
        read(url, said, 1 << 16)
    }
}

fn read(url: &str, mut said: Response<Body>, limit: u64) -> Result<Answer> {
    let status = said.status().as_u16();
    let retry_after = said.headers().get("retry-after").and_then(|it| it.to_str().ok()?.trim().parse().ok());
    let body = said.body_mut().with_config().limit(limit).read_to_vec().map_err(|error| unreachable(url, error))?;
    Ok(Answer { status, retry_after, body })
}

/// Why a server could not be asked, without what its address carries of secrets.
fn unreachable(url: &str, error: ureq::Error) -> Box<Error> {
    let at = without_secrets(url);
    let refused = |why: String| Error::new(Code::BadArgument, why).field("url", &at);
    match error {
        ureq::Error::Io(error) if error.get_ref().is_some_and(|it| it.is::<Private>()) => refused(format!(
            "{at}: {error}"
        ))
        .hint("a name that leads into the own network may be a trap; where it is meant, allow private addresses"),
        ureq::Error::RequireHttpsOnly(_) => refused(format!("{at} is not https")).hint(
            "what goes over plain http can be read and altered on the way; in the own network, allow private addresses",
        ),
        ureq::Error::BadUri(why) => refused(format!("{at} is no address: {why}")),
        ureq::Error::Http(why) => refused(format!("{at} is no address: {why}")),
        ureq::Error::BodyExceedsLimit(limit) => {
            Error::new(Code::TooLarge, format!("{at} answers with more than {limit} bytes")).field("url", &at)
        }
        other => Error::new(Code::Unreachable, format!("{at} cannot be asked: {other}")).field("url", &at),
    }
}

/// Resolves names, and gives only addresses that may be gone to.
#[derive(Debug)]
struct Looked {
    private: bool,
    by: DefaultResolver,
}

impl Resolver for Looked {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.by.resolve(uri, config, timeout)?;
        // One private address among public ones is reason enough: which of them is taken is not ours to say.
        match found.iter().find(|it| !self.private && !is_public(it.ip())) {
            Some(private) => Err(ureq::Error::Io(io::Error::other(Private(*private)))),
            None => Ok(found),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the name leads to {}, which is not an address of the public internet", .0.ip())]
struct Private(SocketAddr);

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// A server that gives one answer.
    fn once(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = format!("http://{}/x?token=abc", listener.local_addr().unwrap());
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&bytes[..read]).into_owned()
        });
        (at, served)
    }

    #[test]
    fn an_answer_is_an_answer_whatever_its_status_and_a_redirect_is_not_followed() {
        let (at, served) = once("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno");
        let said = Client::new(true).post(&at, &[("webhook-id", "1")], b"{}").unwrap();
        assert_eq!(said, Answer { status: 503, retry_after: Some(7), body: b"no".to_vec() });
        assert!(served.join().unwrap().to_ascii_lowercase().contains("webhook-id: 1"));
        let (at, served) =
            once("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(Client::new(true).get(&at, 10).unwrap().status, 302);
        served.join().unwrap();
    }

    #[test]
    fn an_answer_over_the_limit_is_refused_and_errors_show_no_token() {
        let (at, served) = once("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890");
        assert_eq!(Client::new(true).get(&at, 10).unwrap_err().code, Code::TooLarge);
        served.join().unwrap();
        let gone = Client::new(true).get("http://127.0.0.1:1/?token=abc", 10).unwrap_err();
        assert_eq!(gone.code, Code::Unreachable);
        assert!(!format!("{gone:?}").contains("abc"), "{gone:?}");
    }

    #[test]
    fn a_name_that_leads_into_the_own_network_is_refused_before_anybody_is_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.8", "[::ffff:127.0.0.1]", "0"] {
            let error = Client::new(false).get(&format!("https://{host}:{port}/"), 10).unwrap_err();
            assert_eq!(error.code, Code::BadArgument, "{host}: {}", error.message);
        }
        assert!(listener.accept().is_err(), "somebody connected");
        assert_eq!(Client::new(false).get("http://192.0.2.1/", 10).unwrap_err().code, Code::BadArgument);
    }
}
