//! Ctrl-C: the first asks the work to stop and to leave nothing behind, the second ends the process. Work that does not hear
//! the first (it waits for a person, a device or a server that never answers) is ended, too.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use refmark_core::engine::ports::Cancel;

static ARMED: Once = Once::new();
static ASKED: AtomicBool = AtomicBool::new(false);

/// The status of a process that was ended by an interrupt, as shells spell it.
const INTERRUPTED: i32 = 130;
/// How long the work may take to stop. Whoever is ended then leaves what a power cut would leave, which the next one clears.
const PATIENCE: Duration = Duration::from_secs(10);

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
            std::thread::spawn(|| {
                std::thread::sleep(PATIENCE);
                std::process::exit(INTERRUPTED);
            });
        });
        // Without a handler an interrupt ends the process at once, which a registry survives as it does a power cut.
        drop(armed);
    });
}
