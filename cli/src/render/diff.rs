//! The page of a diff: metrics, contract, weights, files, lineage.

use refmark_core::query::diff::{ArtifactDiff, Compatibility, Listed, MetricJudgement, MetricSide, Presence};
use refmark_core::records::evidence::Direction;
use refmark_core::types::text::{counted, percent, signed, size};

use super::{Cell, Page, Table, bad, bold, doubtful, faint, good, safe};
use crate::answer::Render;

impl Render for ArtifactDiff {
    fn render(&self, page: &mut Page) {
        let (old, new) = (self.old.name(&self.new), self.new.name(&self.old));
        let model = match (&self.old.model, self.old.model == self.new.model) {
            (Some(model), true) => format!("{model} "),
            _ => String::new(),
        };
        page.line(bold(safe(&format!("{model}{old} → {new}"))));
        if self.identical {
            page.line("they are the same artifact");
            return;
        }
        metrics(self, page);
        contract(self, page);
        weights(self, page);
        files(self, page);
        lineage(self, page);
    }
}

fn value(side: &Option<MetricSide>) -> String {
    side.as_ref().map_or_else(|| "–".to_owned(), |it| it.value.to_string())
}

fn metrics(diff: &ArtifactDiff, page: &mut Page) {
    if diff.metrics.count == 0 {
        return;
    }
    page.gap();
    let mut table = Table::new(["METRIC", "OLD", "NEW", "CHANGE", "", "BETTER", "NOTE"]);
    for it in &diff.metrics.items {
        let look: fn(String) -> String = match it.judgement {
            MetricJudgement::Better => good,
            MetricJudgement::Worse => bad,
            MetricJudgement::NotComparable => doubtful,
            _ => |it| it,
        };
        let delta = match (it.delta_percent, it.delta) {
            (Some(delta), _) => percent(delta),
            (None, Some(delta)) => signed(delta),
            _ => String::new(),
        };
        let better = if it.better == Direction::Higher { "higher" } else { "lower" };
        let kind = it.evidence_type.clone().unwrap_or_else(|| "claimed".to_owned());
        let note = it.because.as_ref().map_or(kind.clone(), |because| format!("{kind}; {because}"));
        table.row([
            it.name.as_str().into(),
            Cell::number(value(&it.old)),
            Cell::number(value(&it.new)),
            Cell::number(delta),
            Cell::of(it.judgement.as_str(), look),
            better.into(),
            note.into(),
        ]);
    }
    page.table(table);
    more(page, &diff.metrics);
}

fn contract(diff: &ArtifactDiff, page: &mut Page) {
    page.gap();
    let word = diff.contract.compatibility;
    let said = match word {
        Compatibility::Same | Compatibility::Full | Compatibility::Backward => good(word.as_str()),
        Compatibility::Unknown => faint(word.as_str()),
        _ => bad(word.as_str()),
    };
    match diff.contract.because.items.as_slice() {
        [] => page.line(format!("{} {said}", bold("contract"))),
        [only] => page.line(format!("{} {said}: {}", bold("contract"), safe(only))),
        many => {
            page.line(format!("{} {said}", bold("contract")));
            many.iter().for_each(|sentence| page.line(format!("  {}", safe(sentence))));
        }
    }
}

fn weights(diff: &ArtifactDiff, page: &mut Page) {
    let tensors = &diff.tensors;
    if tensors.old + tensors.new == 0 {
        return;
    }
    let mut counts = vec![format!("{} of {} changed", tensors.changed.count, tensors.old)];
    for (count, word) in [
        (tensors.added.count, "new"),
        (tensors.removed.count, "gone"),
        (tensors.retyped.count, "of another type"),
        (tensors.reshaped.count, "of another shape"),
        (tensors.unknown, "not digested"),
    ] {
        counts.extend((count > 0).then(|| format!("{count} {word}")));
    }
    page.line(format!("{} {} ({})", bold("tensors"), counts.join(", "), size(tensors.bytes_changed)));
    for (sign, list) in [("~", &tensors.changed), ("+", &tensors.added), ("-", &tensors.removed)] {
        list.items.iter().take(12).for_each(|name| page.line(format!("  {sign} {}", safe(name))));
        if list.count > 12 {
            page.line(faint(format!("  {sign} and {} more", list.count - 12)));
        }
    }
    tensors
        .retyped
        .items
        .iter()
        .for_each(|it| page.line(format!("  ~ {} {} → {}", safe(&it.name), safe(&it.old), safe(&it.new))));
    tensors
        .reshaped
        .items
        .iter()
        .for_each(|it| page.line(format!("  ~ {} {:?} → {:?}", safe(&it.name), it.old, it.new)));
}

fn files(diff: &ArtifactDiff, page: &mut Page) {
    let files = &diff.files;
    page.line(format!(
        "{} {} → {}, {} → {}; {} of new bytes",
        bold("files"),
        files.old,
        counted(files.new, "file"),
        size(files.size_old),
        size(files.size_new),
        size(files.bytes_new)
    ));
    for it in &files.changed.items {
        let tensors = it.tensors.map(|count| format!(", {}", counted(count, "tensor"))).unwrap_or_default();
        page.line(format!("  ~ {}  {} → {}{tensors}", safe(&it.new.path), size(it.old.size), size(it.new.size)));
    }
    files.added.items.iter().for_each(|it| page.line(format!("  + {}  {}", safe(&it.path), size(it.size))));
    files.removed.items.iter().for_each(|it| page.line(format!("  - {}  {}", safe(&it.path), size(it.size))));
    files.renamed.items.iter().for_each(|it| page.line(format!("  ~ {} → {}", safe(&it.old), safe(&it.new))));
    let classes =
        if diff.classes.risky.count > 0 { doubtful(&diff.classes.sentence) } else { diff.classes.sentence.clone() };
    page.line(format!("{} {}", bold("scan"), classes));
}

fn lineage(diff: &ArtifactDiff, page: &mut Page) {
    let it = &diff.lineage;
    let changes = it.changed.items.iter().chain(&it.source).chain(&it.licence);
    let mut table = Table::new(["", "", ""]);
    let mut any = false;
    for change in changes {
        any = true;
        let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
        table.row([
            format!("  {}", change.key).into(),
            side(&change.old).into(),
            format!("→ {}", side(&change.new)).into(),
        ]);
    }
    if any {
        page.line(bold("lineage"));
        page.table(table);
    }
    let parents = |sign: &str, all: &Listed<_>, page: &mut Page| {
        let all: &Listed<refmark_core::types::digest::ArtifactId> = all;
        all.items.iter().for_each(|parent| page.line(format!("  {sign} parent {}", parent.short())));
    };
    parents("+", &it.parents_added, page);
    parents("-", &it.parents_removed, page);
    it.capabilities_added.items.iter().for_each(|word| page.line(format!("  + can {}", safe(word))));
    it.capabilities_removed.items.iter().for_each(|word| page.line(format!("  - can {}", safe(word))));
    let card = &diff.card;
    let lines = match card.lines_added + card.lines_removed {
        0 => String::new(),
        _ => format!(" (+{} −{} lines)", card.lines_added, card.lines_removed),
    };
    if card.model_card != Presence::None {
        page.line(format!("{} {}{lines}", bold("model card"), card.model_card.as_str()));
    }
}

fn more<T>(page: &mut Page, list: &Listed<T>) {
    if list.more > 0 {
        page.line(faint(format!("and {} more", list.more)));
    }
}
