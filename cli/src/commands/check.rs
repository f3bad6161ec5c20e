//! `check`: may this range land? For CI.

use refmark_core::CheckOptions;
use refmark_core::query::check::CheckAnswer;
use refmark_core::query::review::Method;
use refmark_core::types::text::counted;
use serde::Serialize;

use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::args::governing::CheckArgs;
use crate::render::{Page, bad, bold, doubtful, faint, good, report, safe};

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
        if !it.methods.is_empty() {
            let ways = |all: &[Method]| all.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
            page.line(match it.verifies.len() {
                0 => doubtful("no way of merging verifies as it stands"),
                _ => format!("{} {}", good("verifies by"), ways(&it.verifies)),
            });
            for way in it.methods.iter().filter(|way| !it.verifies.contains(&way.method)) {
                let why = way.because.as_deref().map(|why| format!(": {}", safe(why))).unwrap_or_default();
                page.line(format!("  {} is {}{why}", way.method.as_str(), way.verdict.as_str()));
            }
        }
        for beside in &it.companions.items {
            let steers = if beside.steers_the_forge { ", which tells the forge what to do" } else { "" };
            page.line(format!("beside the records: {} {}{}", safe(&beside.path), safe(beside.what), doubtful(steers)));
        }
        for problem in &it.problems {
            page.line(format!(
                "{} {} {}",
                bad("problem:"),
                safe(&problem.message),
                faint(format!("[{}]", problem.code))
            ));
            if let Some(hint) = &problem.hint {
                page.line(format!("   {} {}", doubtful("hint:"), safe(&hint.to_string())));
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
    reply(Checked(app.registry()?.read().check(&args.range, options)?))
}
