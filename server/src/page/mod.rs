//! The viewer at `/`: the registry as a site of files, written anew when its branch has moved. The page verifies what it is
//! given by itself, as it does on any other host.

pub mod site;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::package_path::PackagePath;

use self::site::Site;
use crate::http::door::{blocking, reader, unusable};
use crate::http::reply::{Reply, bytes, guarded, text};
use crate::objects::beneath;
use crate::service::Service;
use crate::shelves::send::{set, stream};

/// Where the site lies; `/` leads there.
const PREFIX: &str = "/view/";
/// What the page may load: its own files. The page's own policy is narrower still.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// Whether a path is one of the page's.
pub fn is_ours(path: &str) -> bool {
    path == "/" || path == "/view" || path.starts_with(PREFIX)
}

/// Answers a request.
pub async fn handle(service: &Arc<Service>, request: Request<Body>) -> Reply {
    let (head, _) = request.into_parts();
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return guarded(text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed"));
    }
    let Some(caller) = reader(service, &head.headers).await else {
        // A browser asks its user, and shows the token with every file of the page.
        let mut reply = text(StatusCode::UNAUTHORIZED, "a token for reading is needed, as the password of any user");
        set(&mut reply, header::WWW_AUTHENTICATE, "Basic realm=\"refmark\", charset=\"UTF-8\"");
        return guarded(reply);
    };
    if !caller.sees_all() {
        return guarded(text(StatusCode::FORBIDDEN, "the page shows every model: it needs a token for all models"));
    }
    let path = head.uri.path().to_owned();
    let Some(file) = path.strip_prefix(PREFIX) else {
        let mut reply = text(StatusCode::FOUND, "the page lies below");
        set(&mut reply, header::LOCATION, PREFIX);
        return guarded(reply);
    };
    let file = if file.is_empty() { "index.html" } else { file }.to_owned();
    let is_head = head.method == Method::HEAD;
    let accepted = head.headers.get(header::ACCEPT_ENCODING).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let codings: Vec<Coding> = CODINGS.into_iter().filter(|(name, _)| accepts(accepted, name)).collect();
    guarded(blocking(service, move |service| sent(service, &file, is_head, &codings)).await)
}

/// A content coding, and how the file is called that has it.
type Coding = (&'static str, &'static str);
/// What files of a site lie compressed beside them, the smaller first.
const CODINGS: [Coding; 2] = [("br", ".br"), ("gzip", ".gz")];

/// Whether a reader takes a content coding, by its `Accept-Encoding` (RFC 9110, 12.5.3).
fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|offer| {
        let (name, quality) = offer.split_once(';').unwrap_or((offer, ""));
        let refused = quality.trim().strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q == 0.0));
        name.trim().eq_ignore_ascii_case(coding) && !refused
    })
}

fn sent(service: &Service, file: &str, is_head: bool, codings: &[Coding]) -> Reply {
    let Some(page) = &service.page else {
        return text(
            StatusCode::NOT_FOUND,
            "this service was built without the viewer; `refmark serve --viewer DIR` names one",
        );
    };
    // What else the page loads belongs to what it read first.
    let is_first = file == "index.html" || file == "registry/site.json";
    if is_first && let Err(error) = page.refresh(service.registry()) {
        return unusable(&error);
    }
    let compressed = codings
        .iter()
        .find_map(|(coding, ending)| Some((opened(page, &format!("{file}{ending}")).ok()?, Some(*coding))));
    match compressed.map_or_else(|| Ok((opened(page, file)?, None)), Result::<_>::Ok) {
        Ok(((opened, size), coding)) => {
            let body = if is_head { Body::empty() } else { stream(opened, 0, size) };
            let mut reply = bytes(StatusCode::OK, kind(file), body);
            set(&mut reply, header::CONTENT_LENGTH, &size.to_string());
            set(&mut reply, header::VARY, "accept-encoding");
            if let Some(coding) = coding {
                set(&mut reply, header::CONTENT_ENCODING, coding);
            }
            set(&mut reply, header::CONTENT_SECURITY_POLICY, POLICY);
            set(&mut reply, header::CACHE_CONTROL, if is_first { "no-cache" } else { "private, max-age=3600" });
            reply
        }
        Err(_) => text(StatusCode::NOT_FOUND, "the page has no such file"),
    }
}

fn opened(page: &Site, file: &str) -> Result<(std::fs::File, u64)> {
    PackagePath::parse(file)?;
    let opened = beneath::open(&page.folder, file);
    let (opened, meta) = opened.map_err(|_| Error::new(Code::NotFound, "there is no such file"))?;
    Ok((opened, meta.len()))
}

/// The media type of a file of the site, by its ending.
fn kind(file: &str) -> &'static str {
    match file.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("xml") => "application/atom+xml",
        _ => "application/octet-stream",
    }
}
