//! The runtime behind object stores: made with the first request, shared by all remotes of the process.

use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use refmark_engine::ports::Cancel;
use refmark_types::error::{Result, bug};
use tokio::runtime::{Builder, Runtime};

/// How often somebody who wishes to stop is heard.
const LOOK: Duration = Duration::from_millis(50);

fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    // The first provider that a process installs stays: whoever embeds refmark may have another.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = Builder::new_multi_thread().worker_threads(2).thread_name("refmark-remote").enable_all().build();
    let made = made.map_err(|error| bug(format!("no thread for remotes: {error}")))?;
    Ok(RUNTIME.get_or_init(|| made))
}

/// Makes sure that TLS has its cryptography, before a client is built.
pub(super) fn prepare() -> Result<()> {
    runtime().map(drop)
}

/// Waits for a future, or for the wish to stop: then it is dropped, with an error of code `cancelled`.
pub(super) fn wait<T>(cancel: &Cancel, work: impl Future<Output = T>) -> Result<T> {
    cancel.check()?;
    runtime()?.block_on(async {
        let mut look = tokio::time::interval(LOOK);
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                _ = look.tick() => cancel.check()?,
            }
        }
    })
}
