//! `check`: may this range land? For CI.

use refmark_core::judgement::check::CheckAnswer;
use refmark_core::judgement::text::counted;
use refmark_core::registry::CheckOptions;
use serde::Serialize;

use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::args::governing::CheckArgs;
use crate::render::{Page, bad, bold, doubtful, faint, report, safe};

/// A verdict on a range.
#[derive(Serialize)]
#[serde(transparent)]
struct Checked(CheckAnswer);

impl Render for Checked {
    fn render(&self, page: &mut Page) {
        let it = &self.0;
        let range = format!("{}..{}", it.base.short(), it.head.short());
        page.line(format!("{}  {}, {}", bold(it.verdict.as_str()), counted(it.commits, "commit"), faint(range)));
        it.effects.items.iter().for_each(|effect| page.line(format!("  {}", safe(effect))));
        it.reports.iter().for_each(|found| report::gates(page, found));
        for problem in &it.problems {
            page.line(format!(
                "{} {} {}",
                bad("problem:"),
                safe(&problem.message),
                faint(format!("[{}]", problem.code))
            ));
            if let Some(hint) = &problem.hint {
                page.line(format!("   {} {}", doubtful("hint:"), safe(hint)));
            }
        }
    }

    fn status(&self) -> u8 {
        self.0.exit
    }
}

/// Runs the command.
pub fn run(app: &App, args: &CheckArgs) -> Reply {
    let options = CheckOptions { push: args.push, allow_unverified: args.allow_unverified };
    reply(Checked(app.registry()?.check(&args.range, options)?))
}
