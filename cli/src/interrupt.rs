//! Ctrl-C: the first asks the work to stop and to leave nothing behind, the second ends the process.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use refmark_core::engine::ports::Cancel;

static ARMED: Once = Once::new();
static ASKED: AtomicBool = AtomicBool::new(false);

/// The status of a process that was ended by an interrupt, as shells spell it.
const INTERRUPTED: i32 = 130;

/// From here on SIGINT, SIGTERM and SIGHUP cancel the work. Not before a passphrase was asked for: there they must end
/// the process and give the terminal its echo back.
pub fn arm(cancel: &Cancel) {
    let cancel = cancel.clone();
    ARMED.call_once(|| {
        let armed = ctrlc::set_handler(move || {
            if ASKED.swap(true, Ordering::SeqCst) {
                std::process::exit(INTERRUPTED);
            }
            cancel.stop();
        });
        // Without a handler an interrupt ends the process at once, which a registry survives as it does a power cut.
        drop(armed);
    });
}
