//! Progress on a terminal: bytes with rate and time left, things with a count.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use refmark_core::engine::ports::{Progress, Unit};

/// A bar on standard error, for work that takes longer than a moment.
#[derive(Default)]
pub struct Bar {
    shown: Mutex<Option<ProgressBar>>,
}

/// Whether there is somebody to show progress to.
pub fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

/// Asks a question; no, where nobody is at a terminal to answer it.
pub fn asks(question: &str) -> bool {
    if !is_watched() || !std::io::stdin().is_terminal() {
        return false;
    }
    crate::output::err(question);
    let mut said = String::new();
    std::io::stdin().read_line(&mut said).is_ok() && matches!(said.trim(), "y" | "Y" | "yes")
}

impl Bar {
    fn with(&self, each: impl FnOnce(&mut Option<ProgressBar>)) {
        each(&mut self.shown.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Progress for Bar {
    fn start(&self, what: &str, total: Option<u64>, unit: Unit) {
        let template = match (unit, total) {
            (Unit::Bytes, Some(_)) => {
                "{msg:<16} [{bar:30}] {decimal_bytes:>9} of {decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left"
            }
            (Unit::Bytes, None) => "{msg:<16} {spinner} {decimal_bytes}  {decimal_bytes_per_sec}",
            (Unit::Items, Some(_)) => "{msg:<16} [{bar:30}] {pos} of {len}  {eta} left",
            (Unit::Items, None) => "{msg:<16} {spinner} {pos}",
        };
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::no_length(),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        self.with(|shown| {
            if let Some(before) = shown.replace(bar) {
                before.finish_and_clear();
            }
        });
    }

    fn advance(&self, amount: u64) {
        self.with(|shown| {
            if let Some(bar) = shown {
                bar.inc(amount);
            }
        });
    }

    fn finish(&self) {
        self.with(|shown| {
            if let Some(bar) = shown.take() {
                bar.finish_and_clear();
            }
        });
    }
}
