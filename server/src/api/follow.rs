//! Events as they land, as server-sent events: each once and in order, for as long as the reader stays.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use hyper::body::Bytes;
use refmark_core::CloudEventsAnswer;
use refmark_core::types::error::{Result, bug};
use tokio::sync::{mpsc, watch};

use super::{failed, refused};
use crate::access::Caller;
use crate::http::query::first;
use crate::http::reply::{Reply, bytes};
use crate::service::Service;
use crate::shelves::send::Filled;

/// How often it is looked for what landed.
const EVERY: Duration = Duration::from_millis(500);
/// How often a line without meaning keeps the connection open.
const BREATH: Duration = Duration::from_secs(15);
/// So many readers follow at once.
const FOLLOWERS: usize = 64;

static FOLLOWING: AtomicUsize = AtomicUsize::new(0);

/// A place among the followers, given back when the reader goes.
struct Seat;

impl Seat {
    fn take() -> Option<Seat> {
        let seat = FOLLOWING.fetch_add(1, Ordering::AcqRel);
        let seat = (seat < FOLLOWERS, Seat);
        seat.0.then_some(seat.1)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        FOLLOWING.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Whether the reader wants to be told as things happen.
pub fn is_asked_for(head: &Parts) -> bool {
    let accepted = head.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|kind| kind.trim().starts_with("text/event-stream"))
}

/// Begins to tell. After `Last-Event-ID`, or after the commit `since`; from now on where neither is said.
pub async fn begin(service: &Arc<Service>, caller: Caller, head: &Parts, stopped: watch::Receiver<bool>) -> Reply {
    if !caller.sees_all() {
        return refused(StatusCode::FORBIDDEN, "refused", "a token for all models is needed to follow all events");
    }
    let Some(seat) = Seat::take() else {
        return refused(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many readers follow already");
    };
    let last = head.headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let since = last.or_else(|| first(head.uri.query(), "since"));
    let here = Arc::clone(service);
    let begun = tokio::task::spawn_blocking(move || {
        let read = here.registry().read();
        let since = match since {
            Some(since) => since,
            None => read.head()?.to_string(),
        };
        read.cloud_events(Some(&since))
    });
    match begun.await.unwrap_or_else(|error| Err(bug(error))) {
        Err(error) => failed(&error),
        Ok(answer) => {
            let (sender, receiver) = mpsc::channel(2);
            tokio::spawn(tell(Arc::clone(service), answer, sender, stopped, seat));
            bytes(StatusCode::OK, "text/event-stream", Filled::body(receiver))
        }
    }
}

async fn tell(
    service: Arc<Service>,
    mut answer: CloudEventsAnswer,
    sender: mpsc::Sender<io::Result<Bytes>>,
    stopped: watch::Receiver<bool>,
    _seat: Seat,
) {
    let mut told = Instant::now();
    // At once, so that the reader knows that it is heard.
    let mut text = ": following\n\n".to_owned();
    loop {
        match lines(&answer) {
            Ok(events) => text.push_str(&events),
            Err(error) => return tracing::error!("an event cannot be told: {}", error.message),
        }
        if text.is_empty() && told.elapsed() >= BREATH {
            text.push_str(": still here\n\n");
        }
        if !text.is_empty() {
            told = Instant::now();
            if sender.send(Ok(Bytes::from(std::mem::take(&mut text)))).await.is_err() {
                return;
            }
        }
        let has_gone = tokio::time::timeout(EVERY, sender.closed()).await.is_ok();
        if has_gone || *stopped.borrow() {
            return;
        }
        let here = Arc::clone(&service);
        let before = answer.clone();
        let next = tokio::task::spawn_blocking(move || here.registry().read().cloud_events_after(&before)).await;
        answer = match next.unwrap_or_else(|error| Err(bug(error))) {
            Ok(next) => next,
            // The reader comes back, is told why, and loses nothing.
            Err(error) => return tracing::warn!("followers of events are let go: {}", error.message.escape_debug()),
        };
    }
}

/// The lines of an answer's events. Only the last event of a commit has an id: whoever goes on after an id has seen all of that
/// commit.
fn lines(answer: &CloudEventsAnswer) -> Result<String> {
    let mut text = String::new();
    for (at, event) in answer.events.iter().enumerate() {
        let commit = event.data.event.commit;
        if answer.events.get(at + 1).is_none_or(|next| next.data.event.commit != commit) {
            text.push_str(&format!("id: {commit}\n"));
        }
        let data = serde_json::to_string(event).map_err(bug)?;
        text.push_str(&format!("event: {}\ndata: {data}\n\n", event.r#type));
    }
    Ok(text)
}
