//! A package in lines: what it is, what the scan found in it, what it lacks, and what was found out about it.

use crate::diff;
use crate::doc::{Line, Mark};
use refmark_query::review::{EvidenceReview, PackageReview};
use refmark_records::evidence::Verdict;
use refmark_types::text::{bounded, counted, size};

/// So many findings and pieces of evidence are shown in a line.
const SHOWN: usize = 6;

/// A package in a line.
fn package(package_review: &PackageReview, has_diff: bool) -> Line {
    let mut line = Line::default()
        .strong("Package")
        .say(" ")
        .word(&package_review.artifact_type)
        .say(", ")
        .word(&package_review.format);
    line = line.say(format!(": {}, {}", counted(package_review.files, "file"), size(package_review.size)));
    if package_review.tensors > 0 {
        line = line.say(format!(", {}", counted(package_review.tensors, "tensor")));
    }
    line = line.say(format!(", {}.", package_review.trust));
    // Beside a diff that is said with the weights.
    match has_diff {
        true => line,
        false => line.say(format!(" {}{}.", package_review.classes, diff::claimed(package_review.manifest_is))),
    }
}

/// What the scan found, what is lacking, and what was found out: a line each, where there is any.
fn facts(it: &PackageReview, with_evidence: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    let found = it.findings.items.iter().take(SHOWN);
    let found: Vec<Line> = found.map(|it| Line::default().word(&it.file).say(" ").word(&it.in_words())).collect();
    if !found.is_empty() {
        let more = it.findings.count - found.len();
        let more = if more > 0 { format!(" · and {more} more") } else { String::new() };
        lines.push(Line::default().strong("Findings").say(" ").line(Line::join(found, " · ")).say(more));
    }
    let gaps = it.gaps.iter().take(SHOWN).map(|gap| Line::of(bounded(&gap.to_string(), 200)));
    if !it.gaps.is_empty() {
        lines.push(Line::default().strong("Not whole").say(" ").line(Line::join(gaps, " · ")));
    }
    if with_evidence && it.evidence.count > 0 {
        let piece = |it: &EvidenceReview| {
            let line = Line::default().word(&it.evidence_type).say(" ").line(verdict(it.verdict));
            let line = line.say(format!(" by {}", it.by));
            it.run.iter().fold(line, |line, run| line.say(", run ").link(run))
        };
        let more = it.evidence.count.saturating_sub(SHOWN);
        let more = if more > 0 { format!(" · and {more} more") } else { String::new() };
        let all = it.evidence.items.iter().take(SHOWN).map(piece);
        lines.push(Line::default().strong("Evidence").say(" ").line(Line::join(all, " · ")).say(more));
    }
    lines
}

/// A verdict as a sign and a word.
pub(super) fn verdict(verdict: Verdict) -> Line {
    match verdict {
        Verdict::Pass => Line::mark(Mark::Good).say(" pass"),
        Verdict::Info => Line::mark(Mark::Open).say(" info"),
        Verdict::Fail => Line::mark(Mark::Bad).say(" ").strong("fail"),
    }
}

/// A package and what is known of it.
pub(super) fn described(it: &PackageReview, has_diff: bool) -> Vec<Line> {
    let mut lines = vec![package(it, has_diff)];
    if !has_diff && !it.claims.is_empty() {
        let claim = |(name, value): &(String, String)| Line::default().word(name).say(" ").word(value);
        lines.push(Line::default().strong("Claims").say(" ").line(Line::join(it.claims.iter().map(claim), ", ")));
    }
    // Beside a diff the findings stand already.
    let shown = facts(it, true).into_iter().skip(usize::from(has_diff && it.findings.count > 0));
    lines.extend(shown);
    lines
}
