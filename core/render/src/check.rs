//! A check of a range as a page.

use refmark_query::check::CheckAnswer;
use refmark_query::review::RangeVerdict;
use refmark_types::text::bounded;

use crate::doc::{Block, Line, Mark, Page};

/// A check as a page.
pub fn page(answer: &CheckAnswer) -> Page {
    let mut page = Page::default();
    let mark = match answer.verdict {
        RangeVerdict::Ok => Mark::Good,
        RangeVerdict::Pending => Mark::Waits,
        RangeVerdict::Refused | RangeVerdict::Failed => Mark::Bad,
    };
    let range = format!("{}..{}", answer.base.short(), answer.head.short());
    page.push(Block::Heading(1, Line::mark(mark).say(format!(" {} — {range}", answer.verdict.as_str()))));
    let mut lines: Vec<Line> = Vec::new();
    for it in answer.problems.iter().take(50) {
        let line = Line::default().code(it.code.as_str()).say(" ").say(bounded(&it.message, 600));
        lines.push(it.hint.iter().fold(line, |line, hint| line.say(". ").apart(bounded(&hint.to_string(), 300))));
    }
    let more = answer.problems.len().saturating_sub(50);
    lines.extend((more > 0).then(|| Line::of(format!("…and {more} more"))));
    lines.extend(answer.effects.items.iter().take(20).map(|it| Line::of("takes effect: ").word(it)));
    let more = answer.effects.count.saturating_sub(20);
    lines.extend((more > 0).then(|| Line::of(format!("…and {more} more"))));
    for it in &answer.methods {
        let because = it.because.as_deref().map(|why| format!(": {}", bounded(why, 300)));
        let line = Line::of(format!("{}: {}", it.method.as_str(), it.verdict.as_str()));
        lines.push(line.say(because.unwrap_or_default()));
    }
    for it in answer.companions.items.iter().take(50) {
        let line = Line::of("beside the records: ").code(&it.path).say(format!(" {}", it.what));
        lines.push(if it.steers_the_forge { line.say(", ").strong("which tells the forge what to do") } else { line });
    }
    page.push(Block::Lines(lines));
    page
}
