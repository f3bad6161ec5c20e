//! Pages of fetches and pushes: what came, what went, what became of one's own changes.

use refmark_core::types::text::counted;
use refmark_core::{AgainAnswer, FetchAnswer, Made, OlderHead, PushAnswer};

use super::plain::members;
use super::{Page, bad, doubtful, faint, good, safe};
use crate::answer::Render;

/// What a command comes to in which not every own change was made again.
const CONFLICT: u8 = 5;

fn status(again: &AgainAnswer) -> u8 {
    if again.left.is_empty() { 0 } else { CONFLICT }
}

fn again(page: &mut Page, answer: &AgainAnswer) {
    for made in &answer.made {
        let how = match made.how {
            Made::AsItWas => good("made again"),
            Made::SignedAgain => good("signed again"),
            Made::StandsAlready => faint("stands already"),
        };
        page.line(format!("{how}  {}", safe(&made.subject)));
    }
    for left in &answer.left {
        page.line(format!("{}  {}  {}", bad("not made again"), safe(&left.subject), faint(left.commit.short())));
        page.line(format!("  {} [{}]", safe(&left.reason), left.code.as_str()));
        if let Some(hint) = &left.hint {
            page.line(format!("  {} {}", faint("hint:"), safe(hint)));
        }
    }
    let mut branches: Vec<&str> = answer.left.iter().map(|left| left.branch.as_str()).collect();
    branches.dedup();
    for branch in branches {
        let count = answer.left.iter().filter(|left| left.branch == branch).count();
        page.line(format!("{} stays on branch {}", counted(count, "change"), safe(branch)));
    }
}

/// All but what is told in words.
fn facts(page: &mut Page, value: &impl serde::Serialize) {
    let mut value = serde_json::to_value(value).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.remove("again");
        // That nothing stays behind is the rule, and no news.
        if object.get("kept").is_some_and(|kept| kept == 0) {
            object.remove("kept");
        }
    }
    members(page, &value, "");
}

impl Render for FetchAnswer {
    fn render(&self, page: &mut Page) {
        facts(page, self);
        again(page, &self.again);
    }

    fn status(&self) -> u8 {
        status(&self.again)
    }
}

impl Render for PushAnswer {
    fn render(&self, page: &mut Page) {
        facts(page, self);
        again(page, &self.again);
    }

    fn status(&self) -> u8 {
        status(&self.again)
    }
}

impl Render for OlderHead {
    fn render(&self, page: &mut Page) {
        let whose = if self.of_origin { "the origin's head" } else { "the head" };
        page.line(format!("{whose} {} is accepted, instead of {}", self.head.short(), self.seen.short()));
        match self.gone {
            true => page.line(doubtful("what came after it is gone from this repository")),
            false => page
                .line(doubtful(format!("{} no longer seen", counted(self.lost.len() + self.more as usize, "commit")))),
        }
        for lost in &self.lost {
            page.line(format!("  {}  {}  {}", lost.commit.short(), lost.time, safe(&lost.subject)));
        }
    }
}
