//! `trust accept-head`: going back, said aloud.

use refmark_core::OlderHead;
use refmark_core::types::error::{Code, Error};

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::progress;
use crate::render::safe;

/// Runs the command. A head that is named is accepted; else what is lost is shown, and somebody at a terminal asked.
pub fn run(app: &App, head: Option<&str>) -> Reply {
    let registry = app.registry()?;
    let older = registry.share().older_head(head)?;
    if head.is_none() {
        show(app, &older);
        if !progress::asks(&format!("accept {} all the same? [y/N] ", older.head.short())) {
            return Err(Error::new(Code::Refused, format!("{} was not accepted", older.head.short()))
                .hint(format!("name it to accept it without being asked: refmark trust accept-head {}", older.head))
                .field("head", older.head)
                .field("seen", older.seen)
                .field("lost", &older.lost));
        }
    }
    reply(registry.share().accept_head(older)?)
}

fn show(app: &App, older: &OlderHead) {
    app.warn(&format!("{} does not follow {}, which was seen here before", older.head.short(), older.seen.short()));
    match older.gone {
        true => app.note("what came after it is gone from this repository"),
        false => app.note("these changes would be lost:"),
    }
    for lost in &older.lost {
        app.note(&format!("  {}  {}  {}", lost.commit.short(), lost.time, safe(&lost.subject)));
    }
    if older.more > 0 {
        app.note(&format!("  and {} before them", older.more));
    }
}
