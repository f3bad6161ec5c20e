//! A dossier under the headings of Annex IV of the EU's AI Act (Regulation (EU) 2024/1689): each is filled from records, or said to be
//! missing. It is a beginning of a technical documentation, and no judgement of a law.

use super::Dossier;
use refmark_records::evidence::Evidence;
use refmark_types::text::{counted, size};

/// A heading, the words that a model card's own headings for it have, and the kinds of evidence that speak to it.
struct Heading {
    title: &'static str,
    card: &'static [&'static str],
    evidence: &'static [&'static str],
    records: fn(&Dossier) -> Vec<String>,
}

fn nothing(_: &Dossier) -> Vec<String> {
    Vec::new()
}

const HEADINGS: [Heading; 19] = [
    Heading {
        title: "1(a) Intended purpose, provider, version",
        card: &["intended", "purpose", "direct use"],
        evidence: &[],
        records: identity,
    },
    Heading {
        title: "1(b) Interaction with other hardware, software and AI systems",
        card: &["integration", "interaction"],
        evidence: &[],
        records: contract,
    },
    Heading {
        title: "1(c) Versions of relevant software",
        card: &["software", "requirements"],
        evidence: &[],
        records: software,
    },
    Heading {
        title: "1(d) Forms in which it is placed on the market or put into service",
        card: &["distribution", "availability"],
        evidence: &[],
        records: files,
    },
    Heading {
        title: "1(e) Hardware on which it is intended to run",
        card: &["hardware"],
        evidence: &[],
        records: nothing,
    },
    Heading {
        title: "1(f), 1(g) Products that it is part of, and the user interface",
        card: &["interface", "product"],
        evidence: &[],
        records: nothing,
    },
    Heading {
        title: "1(h) Instructions for use",
        card: &["how to use", "how to get started", "instructions", "usage"],
        evidence: &["runbook"],
        records: nothing,
    },
    Heading {
        title: "2(a) Methods and steps of development, pre-trained systems",
        card: &["training procedure", "training details", "development"],
        evidence: &[],
        records: development,
    },
    Heading {
        title: "2(b) Design specifications, and the choices behind them",
        card: &["design", "architecture and objective"],
        evidence: &[],
        records: nothing,
    },
    Heading {
        title: "2(c) System architecture and computational resources",
        card: &["architecture", "compute", "environmental impact"],
        evidence: &[],
        records: architecture,
    },
    Heading {
        title: "2(d) Data: provenance, scope, selection, labelling, cleaning",
        card: &["training data", "dataset", "data"],
        evidence: &[],
        records: data,
    },
    Heading {
        title: "2(e) Human oversight (Article 14)",
        card: &["oversight", "human"],
        evidence: &[],
        records: approvals,
    },
    Heading {
        title: "2(f) Pre-determined changes",
        card: &["planned changes", "pre-determined"],
        evidence: &[],
        records: nothing,
    },
    Heading {
        title: "2(g) Validation and testing: data, metrics, reports dated and signed",
        card: &["evaluation", "testing", "results"],
        evidence: &["evaluation", "canary"],
        records: nothing,
    },
    Heading {
        title: "2(h) Cybersecurity",
        card: &["security"],
        evidence: &["scan", "security-review"],
        records: findings,
    },
    Heading {
        title: "3, 4 Capabilities, limits, foreseeable risks; why these metrics fit",
        card: &["limitations", "risk", "bias", "out-of-scope"],
        evidence: &[],
        records: metrics,
    },
    Heading {
        title: "5 Risk management (Article 9)",
        card: &["risk management"],
        evidence: &["risk-assessment", "sign-off"],
        records: nothing,
    },
    Heading {
        title: "6 Changes through the lifecycle",
        card: &["changelog", "changes"],
        evidence: &[],
        records: moves,
    },
    Heading {
        title: "7, 8, 9 Standards, declaration of conformity, post-market monitoring",
        card: &["standards", "conformity", "monitoring"],
        evidence: &["conformity", "monitoring-plan"],
        records: nothing,
    },
];

/// The documentation as Markdown: the same from the same dossier.
pub fn annex_iv(dossier: &Dossier) -> String {
    let verified = if dossier.verified { "verified against a pinned root" } else { "not verified" };
    let mut out = format!(
        "# Technical documentation: {}/{}\n\n\
         Headings of Annex IV of Regulation (EU) 2024/1689, filled from the records of the registry {} (`{}`) at commit `{}` of {}, \
         {verified}. What no record says is marked as missing: it is to be written by people. Nothing here is a judgement of \
         whether the regulation is met.\n",
        dossier.model,
        dossier.version.version,
        plain(&dossier.name),
        dossier.registry,
        dossier.head,
        dossier.as_of,
    );
    let mut missing = Vec::new();
    for heading in &HEADINGS {
        out.push_str(&format!("\n## {}\n\n", heading.title));
        let mut lines = (heading.records)(dossier);
        lines.extend(of_evidence(dossier, heading.evidence));
        let card = dossier.model_card.as_deref().and_then(|card| section(card, heading.card));
        if lines.is_empty() && card.is_none() {
            missing.push(heading.title);
            out.push_str("**Missing**: no record says anything of this.\n");
        }
        for line in lines {
            out.push_str(&format!("- {line}\n"));
        }
        if let Some((title, text)) = card {
            out.push_str(&format!("\nThe model card, under \u{201c}{}\u{201d}:\n\n", plain(title)));
            for line in text.lines() {
                out.push_str(format!("> {line}").trim_end());
                out.push('\n');
            }
        }
    }
    out.push_str("\n## Missing\n\n");
    for title in &missing {
        out.push_str(&format!("- {title}\n"));
    }
    if missing.is_empty() {
        out.push_str("Every heading has something. Whether it is enough is for people to say.\n");
    }
    out
}

/// Foreign text on one line of Markdown, where it marks nothing up.
fn plain(text: &str) -> String {
    let line = refmark_types::text::one_line(text);
    line.chars().fold(String::new(), |mut out, it| {
        if matches!(it, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!') {
            out.push('\\');
        }
        out.push(it);
        out
    })
}

fn identity(dossier: &Dossier) -> Vec<String> {
    let mut lines = vec![format!(
        "version {} of {}, registered by {} at {}, artifact `{}`",
        dossier.version.version, dossier.model, dossier.version.by, dossier.version.time, dossier.artifact
    )];
    lines.extend(dossier.version.release.iter().map(|it| format!("release {it}")));
    lines.extend(dossier.owner.iter().map(|it| format!("owner: {}", plain(it))));
    lines.extend(dossier.version.description.iter().map(|it| plain(it)));
    lines
}

fn contract(dossier: &Dossier) -> Vec<String> {
    let Some(contract) = &dossier.contract else { return Vec::new() };
    let fields = |what: &str, fields: &[refmark_records::manifest::ContractField]| {
        let names: Vec<String> =
            fields.iter().map(|it| format!("{} ({})", plain(&it.name), plain(&it.field_type))).collect();
        (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
    };
    [fields("inputs", &contract.inputs), fields("outputs", &contract.outputs)].into_iter().flatten().collect()
}

fn software(dossier: &Dossier) -> Vec<String> {
    let tools = dossier.evidence.iter().filter_map(|it| it.evidence.tool.as_ref());
    let mut lines: Vec<String> = tools
        .map(|it| {
            format!("{} {}, which gave evidence", plain(&it.name), it.version.as_deref().map(plain).unwrap_or_default())
        })
        .collect();
    lines.sort();
    lines.dedup();
    lines.extend(lineage(dossier, &["code", "framework", "image", "environment"]));
    lines
}

fn files(dossier: &Dossier) -> Vec<String> {
    let bytes = dossier.manifest.files.iter().map(|it| it.size).sum();
    let count = counted(dossier.manifest.files.len(), "file");
    vec![format!(
        "a package of {count} ({}), format {}, each file by its SHA-256",
        size(bytes),
        plain(&dossier.manifest.format)
    )]
}

fn development(dossier: &Dossier) -> Vec<String> {
    let mut lines = lineage(dossier, &["run", "training", "commit", "pipeline", "base"]);
    lines.extend(dossier.manifest.parents.iter().map(|it| format!("made from `{it}`")));
    lines.extend(dossier.manifest.source.iter().map(|it| format!("from {}", plain(it))));
    lines
}

fn architecture(dossier: &Dossier) -> Vec<String> {
    match dossier.tensors {
        0 => Vec::new(),
        tensors => vec![format!("{} in {} format", counted(tensors, "tensor"), plain(&dossier.manifest.format))],
    }
}

fn data(dossier: &Dossier) -> Vec<String> {
    let mut lines = lineage(dossier, &["data"]);
    let named = dossier.evidence.iter().filter_map(|it| it.evidence.dataset.as_ref());
    lines.extend(named.map(|it| {
        let digest = it.sha256.map(|it| format!(", `{}`", it.prefixed())).unwrap_or_default();
        format!("measured on {}{digest}", plain(&it.name))
    }));
    lines.sort();
    lines.dedup();
    lines
}

/// The entries of the lineage whose keys begin with one of these words.
fn lineage(dossier: &Dossier, words: &[&str]) -> Vec<String> {
    let of = |key: &str| words.iter().any(|word| key.contains(word));
    dossier
        .lineage
        .iter()
        .filter(|(key, _)| of(key))
        .map(|(key, value)| format!("{}: {}", plain(key), plain(value)))
        .collect()
}

fn approvals(dossier: &Dossier) -> Vec<String> {
    let said = dossier.moves.iter().flat_map(|it| it.approvals.iter().map(move |approval| (it, approval)));
    said.map(|(change, it)| {
        let what = if it.approves { "approved" } else { "waived a gate of" };
        format!("{} {what} \u{201c}{}\u{201d} at {}", it.by, plain(&change.change), it.time)
    })
    .collect()
}

fn findings(dossier: &Dossier) -> Vec<String> {
    match dossier.findings.len() {
        0 => vec!["the scan of its files at registration found nothing that runs code".to_owned()],
        count => vec![format!("the scan of its files at registration has {}", counted(count, "finding"))],
    }
}

fn metrics(dossier: &Dossier) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in &dossier.evidence {
        let data = entry.evidence.dataset.as_ref().map_or("data that is not named".to_owned(), |it| plain(&it.name));
        for (name, metric) in entry.evidence.metrics.iter() {
            lines.push(format!("{} {} on {data}, by {}", plain(name), metric.value, entry.evidence.by));
        }
    }
    lines
}

fn moves(dossier: &Dossier) -> Vec<String> {
    let said = |it: &super::MoveEntry| {
        let reason = if it.reason.is_empty() { String::new() } else { format!(": {}", plain(&it.reason)) };
        format!("{} {} by {}{reason} (`{}`)", it.time, plain(&it.change), it.by, it.statement.short())
    };
    dossier.moves.iter().map(said).collect()
}

fn of_evidence(dossier: &Dossier, kinds: &[&str]) -> Vec<String> {
    let of = |it: &Evidence| kinds.contains(&it.evidence_type.as_str());
    let said = dossier.evidence.iter().filter(|it| of(&it.evidence)).map(|it| {
        let summary = it.evidence.summary.as_deref().map(|it| format!(": {}", plain(it))).unwrap_or_default();
        let evidence = &it.evidence;
        format!(
            "{} ({}) of {}, signed by {}{summary} (`{}`)",
            evidence.evidence_type,
            evidence.verdict.as_str(),
            evidence.time,
            evidence.by,
            it.statement.short()
        )
    });
    said.collect()
}

/// The first section of a card whose heading has one of these words, with its heading.
fn section<'c>(card: &'c str, words: &[&str]) -> Option<(&'c str, String)> {
    let level = |line: &str| {
        let hashes = line.bytes().take_while(|it| *it == b'#').count();
        ((1..=6).contains(&hashes) && line.as_bytes().get(hashes) == Some(&b' ')).then_some(hashes)
    };
    let mut lines = card.lines().skip_while(|line| {
        let lower = line.to_ascii_lowercase();
        level(line).is_none() || !words.iter().any(|word| lower.contains(word))
    });
    let heading = lines.next()?;
    let depth = level(heading)?;
    let inside: Vec<&str> = lines.take_while(|line| level(line).is_none_or(|it| it > depth)).collect();
    let text = inside.join("\n").trim().to_owned();
    (!text.is_empty()).then(|| (heading.trim_start_matches('#').trim(), text))
}

#[cfg(test)]
mod tests {
    use super::{plain, section};

    #[test]
    fn a_section_of_a_card_ends_where_the_next_of_its_level_begins() {
        let card = "# M\n\n## Intended use\n\nReviews.\n\n### Out of it\n\nNames.\n\n## Training data\n\n## Empty\n";
        assert_eq!(
            section(card, &["intended"]),
            Some(("Intended use", "Reviews.\n\n### Out of it\n\nNames.".to_owned()))
        );
        assert_eq!(section(card, &["training data"]), None, "what is empty says nothing");
        assert_eq!(section(card, &["hardware"]), None);
        assert_eq!(plain("a *b* [c](d)"), "a \\*b\\* \\[c\\](d)");
    }
}
