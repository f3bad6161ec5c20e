//! The log: lines on standard error, or JSON on request.

use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

struct Clock;

impl FormatTime for Clock {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let seconds = since.map_or(0, |since| since.as_secs());
        let time = refmark_core::types::time::Timestamp::from_unix(i64::try_from(seconds).unwrap_or_default());
        write!(writer, "{time}")
    }
}

/// Begins to log. A process that logs already goes on as it does.
pub fn start(json: bool) {
    let lines = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .with_timer(Clock)
        .with_max_level(tracing::Level::INFO);
    let _ = match json {
        true => lines.json().try_init(),
        false => lines.try_init(),
    };
}
