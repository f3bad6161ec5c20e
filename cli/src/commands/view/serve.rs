//! A few plain files over HTTP, to this machine alone.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use refmark_core::engine::ports::Cancel;
use refmark_core::types::error::{Code, Error, Result};
use tiny_http::{Header, Method, Request, Response};

/// A page may load its own scripts, styles and data, run its own WebAssembly, and reach nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// How often a wish to stop is looked for.
const LOOK: Duration = Duration::from_millis(100);
/// How many requests are answered at once.
const HANDS: usize = 4;

/// A folder that is served on 127.0.0.1, below a path that nobody can guess: every user of this machine reaches the port.
pub struct Server {
    http: tiny_http::Server,
    folder: PathBuf,
    token: String,
    port: u16,
}

impl Server {
    /// Takes a port of 127.0.0.1; any free one for 0.
    pub fn bind(folder: &Path, port: u16, token: &str) -> Result<Server> {
        let refused = |why: String| {
            Error::new(Code::Io, format!("port {port} of 127.0.0.1 cannot be taken: {why}"))
                .hint("name another one with --port, or none for one that is free")
        };
        let folder = folder.canonicalize().map_err(|error| refused(error.to_string()))?;
        let http = tiny_http::Server::http(("127.0.0.1", port)).map_err(|error| refused(error.to_string()))?;
        let port = http.server_addr().to_ip().map_or(port, |it| it.port());
        Ok(Server { http, folder, token: token.to_owned(), port })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers requests until a stop is asked for.
    pub fn serve(&self, cancel: &Cancel) -> Result<()> {
        std::thread::scope(|scope| {
            for _ in 0..HANDS {
                scope.spawn(|| {
                    while cancel.check().is_ok() {
                        if let Ok(Some(request)) = self.http.recv_timeout(LOOK) {
                            // Who hung up meanwhile wants no answer.
                            let _ = self.answer(request);
                        }
                    }
                });
            }
        });
        Ok(())
    }

    fn answer(&self, request: Request) -> std::io::Result<()> {
        if !matches!(request.method(), Method::Get | Method::Head) {
            return request.respond(Response::empty(405));
        }
        // Another name for this machine is how a page from elsewhere would get at it.
        if !self.is_ours(&request) {
            return request.respond(Response::empty(421));
        }
        let Some(path) = self.find(request.url()) else { return request.respond(Response::empty(404)) };
        let mut response = Response::from_file(File::open(&path)?);
        for (name, value) in headers(&path) {
            if let Ok(header) = Header::from_bytes(name, value) {
                response.add_header(header);
            }
        }
        request.respond(response)
    }

    fn is_ours(&self, request: &Request) -> bool {
        let host = request.headers().iter().find(|it| it.field.equiv("Host")).map(|it| it.value.as_str());
        host.is_some_and(|host| {
            host == format!("127.0.0.1:{}", self.port) || host == format!("localhost:{}", self.port)
        })
    }

    /// The file that an address means: one below the folder, or none.
    fn find(&self, url: &str) -> Option<PathBuf> {
        let path = url.split(['?', '#']).next()?.strip_prefix('/')?;
        let path = path.strip_prefix(&self.token)?.strip_prefix('/')?;
        let path = if path.is_empty() { "index.html" } else { path };
        // The names of a site need no escapes, and no part of them is `..`.
        let plain = |part: &str| {
            !part.starts_with('.')
                && !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        if !path.split('/').all(plain) {
            return None;
        }
        let found = self.folder.join(path).canonicalize().ok()?;
        (found.starts_with(&self.folder) && found.is_file()).then_some(found)
    }
}

/// What a file is served with.
fn headers(path: &Path) -> [(&'static str, &'static str); 6] {
    let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    let kind = match path.extension().and_then(|it| it.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    let cache = if matches!(name, "site.json" | "index.html") { "no-store" } else { "no-cache" };
    [
        ("Content-Type", kind),
        ("Cache-Control", cache),
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_leads_out_of_the_folder() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("site");
        std::fs::create_dir_all(folder.join("assets")).unwrap();
        std::fs::write(home.path().join("secret.txt"), "secret").unwrap();
        std::fs::write(folder.join("index.html"), "page").unwrap();
        std::fs::write(folder.join("assets/app.wasm"), "wasm").unwrap();
        std::fs::write(folder.join(".lock"), "lock").unwrap();
        std::os::unix::fs::symlink(home.path().join("secret.txt"), folder.join("link.txt")).unwrap();
        let server = Server::bind(&folder, 0, "s3cret").unwrap();
        assert!(server.find("/s3cret/").is_some() && server.find("/s3cret/?a=b#c").is_some());
        for stranger in
            ["/", "/index.html", "/s3cret", "/s3cre/index.html", "/s3crets/index.html", "//s3cret/index.html"]
        {
            assert_eq!(server.find(stranger), None, "{stranger}");
        }
        let wasm = server.find("/s3cret/assets/app.wasm").unwrap();
        assert_eq!(headers(&wasm)[0].1, "application/wasm");
        for bad in [
            "/../secret.txt",
            "/assets/../../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "//etc/passwd",
            "/link.txt",
            "/.lock",
            "/assets",
            "/assets/",
            "/a\\..\\secret.txt",
            "index.html",
            "/assets/app.wasm\0",
        ] {
            assert_eq!(server.find(bad), None, "{bad}");
            assert_eq!(server.find(&format!("/s3cret{bad}")), None, "{bad}");
        }
    }
}
