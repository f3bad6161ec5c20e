//! Sending a file: whole or a range of it, with the digest of its bytes in the headers.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use base64ct::{Base64, Encoding};
use hyper::body::Frame;
use tokio::sync::mpsc;

use super::{Package, Packed};
use crate::http::reply::{Reply, bytes, text};
use crate::objects::guard::{Guard, Identity, Kind};
use crate::service::Service;

/// How much is read and sent at once.
const CHUNK: u64 = 256 << 10;

/// Answers a request for a file. Blocks until the file is known to have its bytes.
pub fn file(service: &Service, package: &Package, file: &Packed, method: &Method, headers: &HeaderMap) -> Reply {
    let etag = format!("\"{}\"", file.sha256);
    let is_same = |name: HeaderName| {
        let said = headers.get_all(name);
        said.iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|it| it.trim() == etag)
    };
    let guard = match (file.kind, service.library.as_ref()) {
        (Kind::Blob, Some(library)) => library.guard(),
        _ => &service.guard,
    };
    if is_same(header::IF_NONE_MATCH) {
        return described(bytes(StatusCode::NOT_MODIFIED, "application/octet-stream", Body::empty()), package, file);
    }
    let (opened, size) = match opened(guard, file) {
        Ok(opened) => opened,
        Err(why) => return text(StatusCode::SERVICE_UNAVAILABLE, &format!("the file cannot be handed out: {why}")),
    };
    if let (Kind::Blob, Some(library)) = (file.kind, service.library.as_ref())
        && let Err(error) = library.hold(package, file)
    {
        return text(StatusCode::SERVICE_UNAVAILABLE, &format!("the file is not handed out: {}", error.message));
    }
    let is_ranged = !headers.contains_key(header::IF_RANGE) || is_same(header::IF_RANGE);
    let asked = headers.get(header::RANGE).filter(|_| is_ranged).and_then(|range| range.to_str().ok());
    let (status, from, to) = match asked.map(|asked| range(asked, size)) {
        None | Some(Asked::Whole) => (StatusCode::OK, 0, size),
        Some(Asked::Part(from, to)) => (StatusCode::PARTIAL_CONTENT, from, to),
        Some(Asked::Outside) => {
            let mut reply = text(StatusCode::RANGE_NOT_SATISFIABLE, "the file has no such range");
            set(&mut reply, header::CONTENT_RANGE, &format!("bytes */{size}"));
            return reply;
        }
    };
    let body = match *method {
        Method::HEAD => Body::empty(),
        _ => stream(opened, from, to),
    };
    let mut reply = described(bytes(status, "application/octet-stream", body), package, file);
    set(&mut reply, header::CONTENT_LENGTH, &(to - from).to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        set(&mut reply, header::CONTENT_RANGE, &format!("bytes {from}-{}/{size}", to - 1));
    }
    reply
}

/// The file and its size. A manifest's size is a claim, and none where the file was registered by its digest alone.
fn opened(guard: &Guard, file: &Packed) -> Result<(File, u64), String> {
    let (open, meta) = guard.open_known(&file.place, file.kind, &file.sha256).map_err(|why| why.to_string())?;
    match file.size == meta.len() || (file.size == 0 && file.kind == Kind::Blob) {
        true => Ok((open, meta.len())),
        false => Err(format!("its manifest claims {} bytes, and it has {}", file.size, meta.len())),
    }
}

/// Sets a header whose value is one.
pub fn set(reply: &mut Reply, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(name, value);
    }
}

/// What the answer is: which bytes, of which version.
fn described(mut reply: Reply, package: &Package, file: &Packed) -> Reply {
    set(&mut reply, header::ETAG, &format!("\"{}\"", file.sha256));
    set(&mut reply, header::ACCEPT_RANGES, "bytes");
    let digest = format!("sha-256=:{}:", Base64::encode_string(file.sha256.as_bytes()));
    set(&mut reply, HeaderName::from_static("repr-digest"), &digest);
    set(&mut reply, HeaderName::from_static("x-refmark-version"), &package.version);
    set(&mut reply, HeaderName::from_static("x-refmark-artifact"), &format!("sha256-{}", package.artifact));
    reply
}

/// Which bytes a client asked for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// All.
    Whole,
    /// From here to there, the end left out.
    Part(u64, u64),
    /// None that the file has.
    Outside,
}

/// Reads a range. Several ranges, and other units, are answered with the whole file.
fn range(asked: &str, size: u64) -> Asked {
    let Some(spec) = asked.strip_prefix("bytes=").filter(|spec| !spec.contains(',')) else { return Asked::Whole };
    let Some((from, to)) = spec.trim().split_once('-') else { return Asked::Whole };
    match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to && from < size => Asked::Part(from, to.saturating_add(1).min(size)),
        (Ok(from), Err(_)) if to.is_empty() && from < size => Asked::Part(from, size),
        (Err(_), Ok(last)) if from.is_empty() && last > 0 && size > 0 => Asked::Part(size.saturating_sub(last), size),
        (Ok(from), Ok(to)) if from > to => Asked::Whole,
        (Ok(_), _) | (Err(_), Ok(_)) => Asked::Outside,
        _ => Asked::Whole,
    }
}

/// A body that a thread fills.
pub struct Filled(mpsc::Receiver<io::Result<Bytes>>);

impl Filled {
    /// What is sent into the other end.
    pub fn body(receiver: mpsc::Receiver<io::Result<Bytes>>) -> Body {
        Body::new(Filled(receiver))
    }
}

impl hyper::body::Body for Filled {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|next| next.map(|bytes| bytes.map(Frame::data)))
    }
}

/// The bytes of an open file. A file that changes meanwhile ends the answer before its length, so that nobody takes it for whole.
pub fn stream(file: File, from: u64, to: u64) -> Body {
    let (sender, receiver) = mpsc::channel(2);
    tokio::task::spawn_blocking(move || {
        let before = file.metadata().map(|meta| Identity::of(&meta));
        let mut at = from;
        while at < to {
            let mut buffer = vec![0; usize::try_from((to - at).min(CHUNK)).unwrap_or(1)];
            let read = file.read_exact_at(&mut buffer, at);
            let is_last = at + buffer.len() as u64 >= to;
            let read = read.and_then(|()| match (is_last, &before, file.metadata()) {
                (false, ..) => Ok(()),
                (true, Ok(before), Ok(after)) if *before == Identity::of(&after) => Ok(()),
                _ => Err(io::Error::other("the file changed while it was sent")),
            });
            at += buffer.len() as u64;
            let failed = read.is_err();
            if sender.blocking_send(read.map(|()| Bytes::from(buffer))).is_err() || failed {
                return;
            }
        }
    });
    Filled::body(receiver)
}

#[cfg(test)]
mod tests {
    use super::{Asked, range};

    #[test]
    fn one_range_is_a_part_and_what_lies_outside_is_told() {
        assert_eq!(range("bytes=0-3", 10), Asked::Part(0, 4));
        assert_eq!(range("bytes=4-", 10), Asked::Part(4, 10));
        assert_eq!(range("bytes=-3", 10), Asked::Part(7, 10));
        assert_eq!(range("bytes=-30", 10), Asked::Part(0, 10));
        assert_eq!(range("bytes=8-99", 10), Asked::Part(8, 10));
        for outside in ["bytes=10-", "bytes=10-11", "bytes=-0"] {
            assert_eq!(range(outside, 10), Asked::Outside, "{outside}");
        }
        for whole in ["bytes=0-1,3-4", "items=0-1", "bytes=x-y", "bytes=5-2"] {
            assert_eq!(range(whole, 10), Asked::Whole, "{whole}");
        }
    }
}
