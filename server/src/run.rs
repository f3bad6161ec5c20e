//! Starting, serving and ending.

use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{HOST, HeaderValue, LOCATION};
use axum::http::{Method, Request, StatusCode};
use refmark_core::Viewer;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::access::Access;
use crate::fatal::Fatal;
use crate::http::listen::{Handler, serve};
use crate::http::reply::{Reply, guarded, text};
use crate::inventory::Inventory;
use crate::inventory::found::state_folder;
use crate::page::site::Site;
use crate::service::Service;
use crate::settings::Settings;
use crate::shelves::library::Library;
use crate::tls::Tls;
use crate::{api, git, hub, logs, mlflow, oci, ops, page, plain, secret, v1, webhooks};

/// Serves until the process is told to end, with the viewer at `/` where there is one. Blocks.
///
/// # Errors
///
/// What keeps the service from starting.
pub fn run(settings: Settings, viewer: Option<Viewer<'static>>) -> Result<(), Fatal> {
    logs::start(settings.json_logs);
    if settings.dev_mode {
        tracing::warn!(
            "WARNING: INSECURE_DEV_MODE=true: without a token auth will not be enforced, and promotion needs no evidence"
        );
    }
    prepare_folder(&settings.registry_dir)?;
    let inventory = Inventory::open(&settings)?;
    tracing::info!("loaded {} model(s) from the registry", inventory.contents()?.entries().len());
    let token = secret::read(&settings.token_path, settings.dev_mode)?;
    match &token {
        Some(_) => tracing::info!("service token loaded from {}", settings.token_path.display()),
        None => tracing::warn!("there is no service token"),
    }
    settings.check_bind()?;
    settings.check_limit()?;
    let tls = settings.tls.as_ref().map(Tls::load).transpose()?.map(Arc::new);
    if tls.is_none() && !settings.is_loopback()? {
        tracing::warn!(
            "others reach this service without TLS: tokens and bytes travel in the clear; TLS_CERT_PATH and TLS_KEY_PATH"
        );
    }
    let access = Access::new(token, &settings)?;
    let library = settings.library.as_deref().map(|path| Library::open(path, &state_folder(&settings))).transpose()?;
    let shown = library.as_ref().map_or_else(|| inventory.registry(), |library| library.registry());
    let site = state_folder(&settings).join("site").join(shown.id().to_string());
    let page = viewer.map(|viewer| Site::new(viewer, site));
    let service = Arc::new(Service::new(settings, access, inventory, library, page));
    let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 16));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| Fatal::new(format!("the service's threads cannot be started: {error}")))?;
    let ended = runtime.block_on(listen(Arc::clone(&service), tls));
    // Work that nobody waits for any more is not waited for either: what was acknowledged is on disk.
    runtime.shutdown_background();
    ended
}

/// The registry's folder is one that nobody else writes to; it is made where it is missing.
fn prepare_folder(folder: &Path) -> Result<(), Fatal> {
    let bad = |why: &str| Fatal::new(format!("REGISTRY_DIR {} cannot be used: {why}", folder.display()));
    if !folder.is_absolute() {
        return Err(bad("it is not an absolute path"));
    }
    if folder.symlink_metadata().is_err() {
        let mut made = std::fs::DirBuilder::new();
        made.mode(0o750).recursive(true).create(folder).map_err(|error| bad(&error.to_string()))?;
    }
    let meta = folder.symlink_metadata().map_err(|error| bad(&error.to_string()))?;
    if !meta.is_dir() {
        return Err(bad("it is a link, or no folder"));
    }
    if meta.mode() & 0o022 != 0 {
        return Err(bad("others may write to it"));
    }
    Ok(())
}

async fn listen(service: Arc<Service>, tls: Option<Arc<Tls>>) -> Result<(), Fatal> {
    let (host, port) = service.settings.address()?;
    let host = if host.is_empty() { "0.0.0.0".to_owned() } else { host };
    let listener = TcpListener::bind((host.as_str(), port))
        .await
        .map_err(|error| Fatal::new(format!("{} cannot be bound: {error}", service.settings.bind)))?;
    let at = listener.local_addr().map_or_else(|_| service.settings.bind.clone(), |at: SocketAddr| at.to_string());
    let (stop, stopped) = watch::channel(false);
    let watching = |kind| signal(kind).map_err(|error| Fatal::new(format!("signals cannot be watched: {error}")));
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let (mut signals, stop) = (watching(kind)?, stop.clone());
        tokio::spawn(async move {
            signals.recv().await;
            let _ = stop.send(true);
        });
    }
    let mut hangups = watching(SignalKind::hangup())?;
    let (renewed, secured) = (Arc::clone(&service), tls.clone());
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            reload(&renewed, secured.as_deref());
        }
    });
    let over = if tls.is_some() { "https" } else { "http" };
    tracing::info!("refmark listening on {at} (auth_required={}, {over})", service.access.is_asked());
    let recovering = Arc::clone(&service);
    tokio::task::spawn_blocking(move || recovering.recover());
    let (telling, until) = (Arc::clone(&service), stopped.clone());
    std::thread::spawn(move || webhooks::run(&telling, &until));
    serve(listener, tls, Arc::new(Doors { service, stopped: stopped.clone() }), stopped).await;
    tracing::info!("stopped");
    Ok(())
}

/// Reads the service's token, the issuers' rules and the certificates again. What cannot be read stays as it was, and is told.
fn reload(service: &Service, tls: Option<&Tls>) {
    match secret::read(&service.settings.token_path, service.settings.dev_mode) {
        Ok(token) => service.access.renew(token),
        Err(error) => tracing::error!("SIGHUP: the service token stays as it was: {error}"),
    }
    if let Some(Err(error)) = tls.map(Tls::reload) {
        tracing::error!("SIGHUP: the certificates stay as they were: {error}");
    }
    let issuers = service.settings.oidc.as_deref().map(|path| service.access.renew_issuers(path));
    if let Some(Err(error)) = issuers {
        tracing::error!("SIGHUP: the issuers' rules stay as they were: {error}");
    }
    tracing::info!("SIGHUP: tokens, issuers and certificates were read again");
}

/// Which protocol a request is of.
struct Doors {
    service: Arc<Service>,
    /// Whether the service ends, for answers that would go on for ever.
    stopped: watch::Receiver<bool>,
}

impl Handler for Doors {
    async fn handle(self: Arc<Self>, request: Request<Body>) -> Reply {
        let path = request.uri().path();
        if let Some(clean) = clean(path) {
            return redirect(request.method(), &clean, request.uri().query());
        }
        if !self.is_host_known(&request) {
            return guarded(text(StatusCode::MISDIRECTED_REQUEST, "the Host header names no host that is served here"));
        }
        let reply = match path {
            path if v1::is_ours(path) => v1::handle(&self.service, request).await,
            path if api::is_ours(path) => api::handle(&self.service, &self.stopped, request).await,
            path if mlflow::is_ours(path) => mlflow::handle(&self.service, request).await,
            path if ops::is_ours(path) => ops::handle(&self.service, request).await,
            path if plain::is_ours(path) => plain::handle(&self.service, request).await,
            path if oci::is_ours(path) => oci::handle(&self.service, request).await,
            path if git::is_ours(path) => git::handle(&self.service, request).await,
            path if page::is_ours(path) => page::handle(&self.service, request).await,
            path if hub::is_ours(path) => hub::handle(&self.service, request).await,
            _ => guarded(text(StatusCode::NOT_FOUND, "there is nothing here")),
        };
        self.service.figures.answered(reply.status());
        reply
    }
}

impl Doors {
    /// A page of another site that a browser was led here by (DNS rebinding) names its own host.
    fn is_host_known(&self, request: &Request<Body>) -> bool {
        let settings = &self.service.settings;
        let Some(host) = request.headers().get(HOST).and_then(|host| host.to_str().ok()) else { return true };
        let host = host
            .rsplit_once(':')
            .map_or(host, |(name, port)| if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host });
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let is_address = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok();
        let is_own = settings.address().is_ok_and(|(own, _)| own.eq_ignore_ascii_case(&host));
        host.is_empty() || is_address || is_own || settings.hosts.iter().any(|known| *known == host || known == "*")
    }
}

/// The path without doubled slashes and dots, where it has such.
fn clean(path: &str) -> Option<String> {
    let has_dots = path.split('/').any(|part| part == "." || part == "..");
    if !path.contains("//") && !has_dots {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let end = if path.ends_with('/') && !parts.is_empty() { "/" } else { "" };
    Some(format!("/{}{end}", parts.join("/")))
}

fn redirect(method: &Method, path: &str, query: Option<&str>) -> Reply {
    let status = match *method {
        Method::GET | Method::HEAD => StatusCode::MOVED_PERMANENTLY,
        _ => StatusCode::TEMPORARY_REDIRECT,
    };
    let mut reply = text(status, "the path is spelled otherwise");
    let to = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    if let Ok(to) = HeaderValue::from_str(&to) {
        reply.headers_mut().insert(LOCATION, to);
    }
    guarded(reply)
}
