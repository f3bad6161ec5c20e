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
    for problem in answer.problems.iter().take(50) {
        let line = Line::default().code(problem.code.as_str()).say(" ").say(bounded(&problem.message, 600));
        lines.push(problem.hint.iter().fold(line, |line, hint| line.say(". ").apart(bounded(&hint.to_string(), 300))));
    }
    let more = answer.problems.len().saturating_sub(50);
    lines.extend((more > 0).then(|| Line::of(format!("…and {more} more"))));
    lines.extend(answer.effects.items.iter().take(20).map(|effect| Line::of("takes effect: ").word(effect)));
    let more = answer.effects.count.saturating_sub(20);
    lines.extend((more > 0).then(|| Line::of(format!("…and {more} more"))));
    for method in &answer.methods {
        let because = method.because.as_deref().map(|why| format!(": {}", bounded(why, 300)));
        let line = Line::of(format!("{}: {}", method.method.as_str(), method.verdict.as_str()));
        lines.push(line.say(because.unwrap_or_default()));
    }
    for companion in answer.companions.items.iter().take(50) {
        let line = Line::of("beside the records: ").code(&companion.path).say(format!(" {}", companion.what));
        lines.push(if companion.steers_the_forge {
            line.say(", ").strong("which tells the forge what to do")
        } else {
            line
        });
    }
    page.push(Block::Lines(lines));
    page
}
