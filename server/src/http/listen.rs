//! Accepting connections: each within limits of time, and all drained when the service ends.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::reply::Reply;
use crate::tls::Tls;

/// A request's header must have come in so long, counted from the connection or from its first byte.
const HEADER_PATIENCE: Duration = Duration::from_secs(5);
/// Between two requests a connection may be idle so long.
const IDLE_PATIENCE: Duration = Duration::from_secs(60);
/// A client that takes no byte of its answer for so long is gone.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);
/// What is under way when the service ends has so long.
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);
/// The largest header of a request, in bytes.
const HEADER_LIMIT: usize = 1 << 20;

/// Answers requests; one value serves all connections.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request.
    fn handle(self: Arc<Self>, request: Request<Body>) -> impl Future<Output = Reply> + Send;
}

/// Serves until `stop` says so, then lets what is under way finish. With `tls` only HTTPS is spoken.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    handler: Arc<impl Handler>,
    mut stop: watch::Receiver<bool>,
) {
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        let accepted = tokio::time::timeout(Duration::from_secs(1), listener.accept()).await;
        if *stop.borrow_and_update() {
            break;
        }
        match accepted {
            Err(_) => {}
            Ok(Ok((stream, _))) => {
                open.fetch_add(1, Ordering::Relaxed);
                let (handler, stop, open, tls) = (Arc::clone(&handler), stop.clone(), Arc::clone(&open), tls.clone());
                tokio::spawn(async move {
                    accepted_connection(stream, tls, handler, stop).await;
                    open.fetch_sub(1, Ordering::Relaxed);
                });
            }
            // Out of descriptors: those that are open end, and then there is room again.
            Ok(Err(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    drop(listener);
    let until = Instant::now() + DRAIN_PATIENCE;
    while open.load(Ordering::Relaxed) > 0 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A connection as it was accepted; where HTTPS is spoken, both sides have as long to agree as a request's header has.
async fn accepted_connection(
    stream: TcpStream,
    tls: Option<Arc<Tls>>,
    handler: Arc<impl Handler>,
    stop: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    match tls {
        None => connection(stream, handler, stop).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = tokio::time::timeout(HEADER_PATIENCE, tls.acceptor().accept(stream)).await {
                connection(stream, handler, stop).await;
            }
        }
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    handler: Arc<impl Handler>,
    mut stop: watch::Receiver<bool>,
) {
    let pace = Arc::new(Pace::new());
    let io = Paced { inner: TokioIo::new(stream), pace: Arc::clone(&pace) };
    let seen = Arc::clone(&pace);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (handler, pace) = (Arc::clone(&handler), Arc::clone(&seen));
        // In a box of its own: a connection that is idle holds no room for all that an answer may need.
        Box::pin(async move {
            pace.set(Phase::Answering);
            Ok::<_, std::convert::Infallible>(handler.handle(request.map(Body::new)).await)
        })
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(HEADER_LIMIT + 8192);
    let mut served = std::pin::pin!(http.serve_connection(io, service));
    let mut watched = std::pin::pin!(watch_over(&pace));
    let mut stopped = std::pin::pin!(async move {
        while !*stop.borrow_and_update() {
            if stop.changed().await.is_err() {
                break;
            }
        }
    });
    let mut is_draining = false;
    std::future::poll_fn(|context| {
        if !is_draining && stopped.as_mut().poll(context).is_ready() {
            is_draining = true;
            served.as_mut().graceful_shutdown();
        }
        if served.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        watched.as_mut().poll(context)
    })
    .await;
}

/// Ends when a connection has taken too long.
async fn watch_over(pace: &Pace) {
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        if pace.is_overdue() {
            return;
        }
    }
}

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The first header is awaited, or one has begun to come.
    Header,
    /// A request is being answered.
    Answering,
    /// Bytes of an answer went out last.
    Idle,
    /// Bytes of an answer are ready, and the client does not take them.
    Stalled,
}

/// Where a connection is and since when.
struct Pace {
    began: Instant,
    /// Milliseconds since `began`, times four, plus the phase.
    state: AtomicU64,
}

impl Pace {
    fn new() -> Pace {
        Pace { began: Instant::now(), state: AtomicU64::new(0) }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX >> 3)
    }

    fn set(&self, phase: Phase) {
        let number = match phase {
            Phase::Header => 0,
            Phase::Answering => 1,
            Phase::Idle => 2,
            Phase::Stalled => 3,
        };
        self.state.store(self.now() << 2 | number, Ordering::Relaxed);
    }

    fn get(&self) -> (Phase, Duration) {
        let state = self.state.load(Ordering::Relaxed);
        let phase = match state & 3 {
            0 => Phase::Header,
            1 => Phase::Answering,
            2 => Phase::Idle,
            _ => Phase::Stalled,
        };
        (phase, Duration::from_millis(self.now().saturating_sub(state >> 2)))
    }

    fn is_overdue(&self) -> bool {
        match self.get() {
            (Phase::Header, since) => since > HEADER_PATIENCE,
            (Phase::Idle, since) => since > IDLE_PATIENCE,
            (Phase::Stalled, since) => since > WRITE_PATIENCE,
            (Phase::Answering, _) => false,
        }
    }
}

/// A connection that notes its pace.
struct Paced<S> {
    inner: TokioIo<S>,
    pace: Arc<Pace>,
}

impl<S: AsyncRead + Unpin> Read for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        if read.is_ready() && self.pace.get().0 == Phase::Idle {
            self.pace.set(Phase::Header);
        }
        read
    }
}

impl<S> Paced<S> {
    fn wrote(&self, written: &Poll<io::Result<usize>>) {
        match written {
            Poll::Ready(_) => self.pace.set(Phase::Idle),
            Poll::Pending if self.pace.get().0 != Phase::Stalled => self.pace.set(Phase::Stalled),
            Poll::Pending => {}
        }
    }
}

impl<S: AsyncWrite + Unpin> Write for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.wrote(&written);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, buffers);
        self.wrote(&written);
        written
    }
}
