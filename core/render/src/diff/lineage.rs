//! The paragraph on where an artifact came from.

use super::{CHARACTERS, NAMES, ROWS};
use crate::doc::{Line, Tone};
use refmark_query::diff::{ArtifactDiff, Change, Listed, Presence};
use refmark_types::text::bounded;

/// One line on lineage, licence, capabilities and cards.
pub fn lineage(diff: &ArtifactDiff) -> Line {
    let lineage = &diff.lineage;
    let mut parts = Vec::new();
    if let Some(before) = &diff.old {
        let (new, old) = (&diff.new, before);
        for (what, old, new) in [("type", &old.artifact_type, &new.artifact_type), ("format", &old.format, &new.format)]
        {
            if old != new {
                parts.push(Line::of(what).say(" ").word(old).say(" → ").strong(bounded(new, CHARACTERS)));
            }
        }
    }
    let changed = |change: &Change| if diff.old.is_some() { changed(change) } else { stated(change) };
    parts.extend(lineage.changed.items.iter().take(ROWS).map(&changed));
    parts.extend(lineage.source.iter().map(&changed));
    let id = |artifact: &refmark_types::digest::ArtifactId| Line::default().code(format!("{}…", artifact.short()));
    parts.extend(names("+ parent", &lineage.parents_added, id));
    parts.extend(names("− parent", &lineage.parents_removed, id));
    if let Some(licence) = &lineage.licence {
        match &licence.new {
            Some(name) if licence.old == licence.new => {
                parts.push(Line::of("licence same (").word(name).say(")"));
            }
            // A changed key of lineage was already said.
            _ if lineage
                .changed
                .items
                .iter()
                .any(|changed| changed.old == licence.old && changed.new == licence.new) => {}
            _ => parts.push(changed(licence)),
        }
    }
    let word = |text: &String| Line::default().word(text);
    parts.extend(names("+ capability", &lineage.capabilities_added, word));
    parts.extend(names("− capability", &lineage.capabilities_removed, word));
    let card = &diff.card;
    match card.model_card {
        Presence::None | Presence::Same => {}
        Presence::Added if diff.old.is_none() => {
            parts.push(Line::of(format!("model card of {} lines", card.lines_added.count)));
        }
        Presence::Changed => {
            let (added, removed) = (card.lines_added.count, card.lines_removed.count);
            parts.push(Line::of(match added + removed {
                0 => "model card changed in its order or spacing".to_owned(),
                _ => format!("model card changed (+{added} −{removed} lines)"),
            }));
        }
        other => parts.push(Line::of(format!("model card {}", other.as_str()))),
    }
    if !matches!(card.evaluation_card, Presence::None | Presence::Same) {
        parts.push(Line::of(format!("evaluation card {}", card.evaluation_card.as_str())));
    }
    let nothing = if diff.old.is_some() { "same" } else { "not stated" };
    let parts = if parts.is_empty() { vec![Line::of(nothing)] } else { parts };
    Line::default().strong("Lineage").say(" ").line(Line::join(parts, " · "))
}

/// A value of a first version.
fn stated(change: &Change) -> Line {
    let line = Line::default().word(&change.key).say(" ");
    match change.new.as_deref().map(shortened) {
        Some((new, true)) => line.code(new),
        Some((new, false)) => line.address_or(&new, Tone::Plain),
        None => line.say("none"),
    }
}

fn changed(change: &Change) -> Line {
    let line = Line::default().word(&change.key).say(" ");
    let line = match change.old.as_deref().map(shortened) {
        Some((old, true)) => line.code(old),
        Some((old, false)) => line.say(old),
        None => line.say("none"),
    };
    match change.new.as_deref().map(shortened) {
        Some((new, true)) => line.say(" → ").code(new),
        Some((new, false)) => line.say(" → ").address_or(&new, Tone::Strong),
        None => line.say(" → ").strong("none"),
    }
}

/// A value of lineage, and whether it is a commit's or digest's, of which the first eight hex digits are shown.
fn shortened(text: &str) -> (String, bool) {
    let hex = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hex {
        (format!("{}…", text.get(..8).unwrap_or_default()), true)
    } else {
        (bounded(text, CHARACTERS / 2), false)
    }
}

fn names<T>(what: &str, listed: &Listed<T>, show: impl Fn(&T) -> Line) -> Option<Line> {
    let first: Vec<Line> = listed.items.iter().take(NAMES).map(show).collect();
    let more = listed.count.saturating_sub(first.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!first.is_empty()).then(|| Line::of(what).say(" ").line(Line::join(first, ", ")).say(more))
}
