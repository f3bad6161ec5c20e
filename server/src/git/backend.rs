//! `git http-backend`: Git's own program speaks the smart protocol. It sees this registry, read-only, and no configuration of a user.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use tokio::sync::mpsc;

use crate::http::reply::{Reply, bytes, text};
use crate::shelves::library::Library;
use crate::shelves::send::Filled;

/// How much of an answer is passed on at once.
const CHUNK: usize = 64 << 10;
/// The largest header of an answer, in bytes.
const HEADER_LIMIT: usize = 64 << 10;

/// Runs the program for one request. Blocks until its header is there; the rest comes while it is sent.
pub fn run(library: &Library, head: &Parts, path: &str, body: &[u8]) -> Reply {
    match start(library, head, path, body) {
        Ok(reply) => reply,
        Err(error) => {
            tracing::error!("git http-backend: {error}");
            text(StatusCode::BAD_GATEWAY, "git cannot be run")
        }
    }
}

fn start(library: &Library, head: &Parts, path: &str, body: &[u8]) -> std::io::Result<Reply> {
    let header =
        |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let mut command = Command::new("git");
    command.args(["-c", "http.receivepack=false", "-c", "safe.directory=*", "http-backend"]).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()));
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("HOME", "/nonexistent");
    command.env("GIT_PROJECT_ROOT", library.git_dir()).env("PATH_INFO", path).env("GIT_HTTP_EXPORT_ALL", "1");
    command.env("REQUEST_METHOD", head.method.as_str()).env("QUERY_STRING", head.uri.query().unwrap_or_default());
    command.env("CONTENT_TYPE", header("content-type")).env("CONTENT_LENGTH", body.len().to_string());
    command.env("HTTP_CONTENT_ENCODING", header("content-encoding")).env("GIT_PROTOCOL", header("git-protocol"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (Some(mut input), Some(mut output)) = (input, output) else {
        child.kill()?;
        return Err(std::io::Error::other("it has no pipes"));
    };
    let body = body.to_vec();
    std::thread::spawn(move || input.write_all(&body));
    let mut begun = Vec::new();
    let end = loop {
        if let Some(at) = begun.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        let mut buffer = [0; 4096];
        let read = output.read(&mut buffer)?;
        if read == 0 || begun.len() > HEADER_LIMIT {
            let _ = child.kill();
            child.wait()?;
            return Err(std::io::Error::other("it gave no header"));
        }
        begun.extend(&buffer[..read]);
    };
    let rest = begun.split_off(end + 4);
    let (sender, receiver) = mpsc::channel(2);
    tokio::task::spawn_blocking(move || {
        let mut next = Bytes::from(rest);
        loop {
            if !next.is_empty() && sender.blocking_send(Ok(next)).is_err() {
                break;
            }
            let mut buffer = vec![0; CHUNK];
            match output.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    buffer.truncate(read);
                    next = Bytes::from(buffer);
                }
                Err(error) => {
                    let _ = sender.blocking_send(Err(error));
                    break;
                }
            }
        }
        // A client that went away leaves the program writing into a pipe that nobody reads.
        let _ = child.kill();
        let _ = child.wait();
    });
    Ok(answer(&String::from_utf8_lossy(&begun), Filled::body(receiver)))
}

fn answer(header: &str, body: axum::body::Body) -> Reply {
    let mut reply = bytes(StatusCode::OK, "application/octet-stream", body);
    for (name, value) in header.split("\r\n").filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().and_then(|code| StatusCode::from_bytes(code.as_bytes()).ok());
            *reply.status_mut() = code.unwrap_or(StatusCode::BAD_GATEWAY);
        } else if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            reply.headers_mut().insert(name, value);
        }
    }
    reply
}
