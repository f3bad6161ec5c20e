//! `checkpoint`: witnesses the newest head and the time.

use refmark_core::CheckpointAnswer;

use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::render::{Page, bold, faint, safe};

impl Render for CheckpointAnswer {
    fn render(&self, page: &mut Page) {
        let what = bold(format!("checkpoint {}", self.number));
        let commit = faint(format!("commit {}", self.commit.short()));
        let (commits, base, by) = (self.commits, self.base.short(), safe(self.by.as_str()));
        page.line(format!("{what}: {commits} commits up to {base}, seen by {by} at {}  {commit}", self.time));
    }
}

/// Runs the command.
pub fn run(app: &App) -> Reply {
    let registry = app.registry()?;
    let signer = app.signer(&registry)?;
    reply(registry.write(&*signer).checkpoint()?)
}
