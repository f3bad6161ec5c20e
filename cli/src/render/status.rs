//! The page of `status`.

use refmark_core::engine::verify::Outcome;
use refmark_core::types::text::{counted, size};

use super::{Page, bad, bold, doubtful, faint, good, safe};
use crate::answer::Render;
use crate::commands::status::Status;

fn proposed(count: usize) -> String {
    format!("{count} open: refmark proposals")
}

impl Render for Status {
    fn render(&self, page: &mut Page) {
        let it = &self.0;
        let verdict = match it.verdict {
            Outcome::Ok => good("ok"),
            Outcome::Failed => bad("failed"),
            other => doubtful(other.as_str()),
        };
        page.line(format!("{}  {}", bold(safe(&it.name)), faint(safe(&it.registry.display().to_string()))));
        let pairs = |counts: Vec<(String, u64)>| {
            counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
        };
        let stages = it.stages.iter().map(|(stage, count)| (stage.to_string(), *count)).collect();
        let trust = it.trust_states.iter().map(|(state, count)| (state.to_string(), *count)).collect();
        let root = match &it.trust.root {
            Some(root) if it.trust.vouched_for => format!("{} {root}", good("pinned")),
            Some(root) => format!("{} {root}", bad("pinned, and does not vouch for this head:")),
            None => doubtful("none is pinned: `refmark trust pin`"),
        };
        let absent = match it.absent_blobs {
            0 => String::new(),
            count => format!("{} ({}): refmark sync", counted(count as usize, "file"), size(it.absent_bytes)),
        };
        let damaged = match it.damaged_blobs {
            0 => String::new(),
            count => bad(format!("{}: refmark verify", counted(count as usize, "file"))),
        };
        let left = match it.leftovers {
            0 => String::new(),
            count => format!(
                "{} of killed processes ({}): refmark gc",
                counted(count as usize, "file"),
                size(it.leftover_bytes)
            ),
        };
        let saved =
            it.last_verify.as_ref().map(|it| format!("{} at {}, {}", it.verdict.as_str(), it.head.short(), it.time));
        let backup = it.last_backup.as_ref().map(|it| format!("{} to {}", it.time, safe(&it.backup)));
        let drill = it.last_drill.as_ref().map(|it| format!("passed at {}, {}", it.head.short(), it.time));
        page.facts([
            ("head", format!("{}  {}", it.as_of.head.short(), it.as_of.time)),
            ("history", verdict),
            ("root", root),
            (
                "models",
                format!(
                    "{}, {}, {}",
                    counted(it.models as usize, "model"),
                    counted(it.versions as usize, "version"),
                    it.aliases
                ) + if it.aliases == 1 { " alias" } else { " aliases" },
            ),
            ("stages", pairs(stages)),
            ("trust", pairs(trust)),
            ("damaged", damaged),
            ("absent", absent),
            ("left over", left),
            ("pending", if it.pending.is_empty() { String::new() } else { counted(it.pending.len(), "landing") }),
            ("proposals", if it.proposals.is_empty() { String::new() } else { proposed(it.proposals.len()) }),
            (
                "approvals due",
                if it.open_approvals.is_empty() { String::new() } else { it.open_approvals.len().to_string() },
            ),
            ("verified", saved.unwrap_or_default()),
            ("backup", backup.unwrap_or_default()),
            ("drill", drill.unwrap_or_default()),
            (
                "origin",
                it.origin
                    .as_ref()
                    .map(|it| match it.head {
                        Some(_) => format!("{}: {} ahead, {} behind", safe(&it.url), it.ahead, it.behind),
                        None => format!("{}: nothing of it was fetched or pushed yet", safe(&it.url)),
                    })
                    .unwrap_or_default(),
            ),
            (
                "writing",
                it.writer
                    .as_ref()
                    .map(|it| format!("process {} on {}", it.identity.pid, safe(&it.identity.host)))
                    .unwrap_or_default(),
            ),
        ]);
        for open in &it.open_approvals {
            let lacking = open.report.signers.iter().filter(|signer| signer.by.is_none()).map(|signer| {
                let who: Vec<&str> = signer.candidates.iter().map(|it| it.as_str()).collect();
                format!("{} ({})", signer.asks, if who.is_empty() { "nobody could".to_owned() } else { who.join(", ") })
            });
            page.line(format!(
                "{}  {} by {} on {}: needs {}",
                doubtful("due"),
                safe(&open.report.change),
                open.by,
                open.time,
                lacking.collect::<Vec<_>>().join(" and ")
            ));
        }
        for pin in &it.pins {
            page.line(format!("{}  {}", faint("pin"), safe(&format!("{} = {}/{}", pin.name, pin.model, pin.version))));
        }
        for problem in &it.problems {
            page.line(format!(
                "{} {} {}",
                bad("problem:"),
                safe(&problem.message),
                faint(format!("[{}]", problem.code))
            ));
        }
    }
}
