//! Telling the registries' webhooks what landed: the service's own registry, and the one beside it.

use std::time::Duration;

use refmark_core::types::error::Result;
use refmark_core::{DeliverRequest, Registry};
use tokio::sync::watch;

use crate::service::Service;

/// How often it is looked for something to tell.
const EVERY: Duration = Duration::from_secs(1);

/// Tells webhooks until the service ends. Blocks. What one does not take is logged, and tried again later; what was under way
/// when the process ends is told again.
pub fn run(service: &Service, stopped: &watch::Receiver<bool>) {
    let mut told_of = String::new();
    while !*stopped.borrow() {
        let library = service.library.as_ref().map(|it| it.registry());
        for registry in [Some(service.inventory.registry()), library].into_iter().flatten() {
            // The same trouble once a second is one line of the log.
            if let Err(error) = deliver(registry)
                && told_of != error.message
            {
                tracing::warn!("the webhooks cannot be told: {}", error.message);
                told_of = error.message;
            }
        }
        std::thread::sleep(EVERY);
    }
}

fn deliver(registry: &Registry) -> Result<()> {
    let mut cannot = None;
    for it in registry.share().deliver(&DeliverRequest::default())?.webhooks {
        match it.error {
            // It does not go by itself: the webhook's file is damaged, or the history was put back.
            Some(error) if it.next.is_none() => cannot = Some(Box::new(error)),
            Some(error) => tracing::warn!("webhook {}: {}; {} events wait", it.name, error.message, it.waiting),
            None if it.delivered > 0 => tracing::info!("webhook {} took {} events", it.name, it.delivered),
            None => {}
        }
    }
    cannot.map_or(Ok(()), Err)
}
