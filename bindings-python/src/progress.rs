//! Long work: on a thread of its own, while the caller's thread listens for Ctrl-C and reports progress.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use pyo3::prelude::*;
use refmark_core::engine::ports::{Cancel, Progress, Unit};
use refmark_core::types::error::{Result, bug};

use crate::errors::OrRaise;
use crate::fork::Work;

/// How often the caller's thread looks up.
const TICK: Duration = Duration::from_millis(25);

/// How far work has come, for whoever asks.
#[derive(Default)]
struct Relay(Mutex<Stage>);

#[derive(Default, Clone, PartialEq)]
struct Stage {
    number: u64,
    what: String,
    total: Option<u64>,
    done: u64,
    bytes: bool,
    over: bool,
}

impl Relay {
    fn with(&self, change: impl FnOnce(&mut Stage)) {
        // A poisoned lock holds counts only; they are still good for show.
        change(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    fn now(&self) -> Stage {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Progress for Relay {
    fn start(&self, what: &str, total: Option<u64>, unit: Unit) {
        self.with(|it| {
            *it = Stage {
                number: it.number + 1,
                what: what.to_owned(),
                total,
                done: 0,
                bytes: unit == Unit::Bytes,
                over: false,
            }
        });
    }

    fn advance(&self, amount: u64) {
        self.with(|it| it.done += amount);
    }

    fn finish(&self) {
        self.with(|it| it.over = true);
    }
}

/// Who hears of progress: a Python callable, and what it heard last.
struct Listener {
    call: Option<Py<PyAny>>,
    heard: Stage,
}

impl Listener {
    /// Calls `listener(stage, what, done, total, unit, over)` where there is something new.
    fn hear(&mut self, py: Python<'_>, relay: &Relay) -> PyResult<()> {
        let Some(call) = &self.call else { return Ok(()) };
        let now = relay.now();
        if now == self.heard || now.number == 0 {
            return Ok(());
        }
        let unit = if now.bytes { "bytes" } else { "items" };
        call.call1(py, (now.number, &now.what, now.done, now.total, unit, now.over))?;
        self.heard = now;
        Ok(())
    }
}

/// Does work without the interpreter lock. Ctrl-C, or an exception of the listener, stops it; the exception is raised
/// once the work has stopped and left nothing behind.
pub fn run<T: Send>(
    py: Python<'_>,
    listener: Option<Py<PyAny>>,
    work: impl FnOnce(Arc<dyn Progress>, Cancel) -> Result<T> + Send,
) -> PyResult<T> {
    let relay = Arc::new(Relay::default());
    let cancel = Cancel::default();
    let mut listener = Listener { call: listener, heard: Stage::default() };
    let (worked, stopped) = py.detach(|| {
        let _under_way = Work::begin();
        std::thread::scope(|scope| {
            let (send, receive) = channel();
            let (for_work, cancelled) = (relay.clone(), cancel.clone());
            scope.spawn(move || {
                // The receiver waits below until it has the result.
                let _ = send.send(work(for_work, cancelled));
            });
            let mut stopped = None;
            loop {
                match receive.recv_timeout(TICK) {
                    Ok(worked) => return (worked, stopped),
                    Err(RecvTimeoutError::Disconnected) => {
                        return (Err(bug("the work ended without a result")), stopped);
                    }
                    Err(RecvTimeoutError::Timeout) if stopped.is_some() => {}
                    Err(RecvTimeoutError::Timeout) => {
                        stopped =
                            Python::attach(|py| py.check_signals().and_then(|()| listener.hear(py, &relay)).err());
                        if stopped.is_some() {
                            cancel.stop();
                        }
                    }
                }
            }
        })
    });
    if let Some(error) = stopped {
        return Err(error);
    }
    listener.hear(py, &relay)?;
    worked.or_raise(py)
}

/// Does short work without the interpreter lock.
pub fn quick<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    py.detach(|| {
        let _under_way = Work::begin();
        work()
    })
    .or_raise(py)
}
