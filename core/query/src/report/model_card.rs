//! A dossier as a model card: the model's own card, under the metadata that the Hugging Face hub reads.

use super::Dossier;
use refmark_records::evidence::Verdict;
use refmark_records::licence;

/// The card as Markdown with its metadata block, the same from the same dossier. Values of the block are written as JSON, which YAML
/// reads; metrics are those of evidence, each with the data that it was measured on, and claims are not among them.
pub fn model_card(dossier: &Dossier) -> String {
    let mut out = String::from("---\n");
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("model_name: {}", quoted(dossier.model.as_str())));
    let card = dossier.model_card.as_deref();
    if let Some(licence) = licence::named(&dossier.lineage, card.map(str::as_bytes)) {
        // The hub's ids are those of SPDX in lower case; what is none has a name of its own.
        match licence.contains(char::is_whitespace) {
            true => {
                line("license: other".to_owned());
                line(format!("license_name: {}", quoted(&licence)));
            }
            false => line(format!("license: {}", quoted(&licence.to_ascii_lowercase()))),
        }
    }
    line("tags:".to_owned());
    // A package without weights has no format that anybody would search for.
    let is_word = |tag: &&str| !matches!(*tag, "" | "none");
    for tag in ["refmark", dossier.manifest.format.as_str()].into_iter().filter(is_word) {
        line(format!("- {}", quoted(tag)));
    }
    let results = results(dossier);
    if !results.is_empty() {
        line("model-index:".to_owned());
        line(format!("- name: {}", quoted(dossier.model.as_str())));
        line("  results:".to_owned());
        results.into_iter().for_each(&mut line);
    }
    line("---".to_owned());
    out.push('\n');
    match card.map(|text| body(text).trim()).filter(|text| !text.is_empty()) {
        Some(body) => out.push_str(body),
        None => {
            out.push_str(&format!("# {}\n\n", dossier.model));
            let said = dossier.version.description.as_deref();
            out.push_str(said.unwrap_or("This version was registered without a model card."));
        }
    }
    out.push_str("\n\n");
    out.push_str(&provenance(dossier));
    out
}

/// Each metric of passing evidence, as the hub's `model-index` has it.
fn results(dossier: &Dossier) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in dossier.evidence.iter().filter(|it| it.evidence.verdict == Verdict::Pass) {
        let data = entry.evidence.dataset.as_ref().map_or("not named", |it| it.name.as_str());
        for (name, metric) in entry.evidence.metrics.iter() {
            let Some(number) = metric.value.number() else { continue };
            lines.push("  - task:".to_owned());
            lines.push("      type: \"other\"".to_owned());
            lines.push("    dataset:".to_owned());
            lines.push(format!("      name: {}", quoted(data)));
            lines.push(format!("      type: {}", quoted(data)));
            lines.push("    metrics:".to_owned());
            lines.push(format!("    - type: {}", quoted(name)));
            lines.push(format!("      value: {}", refmark_types::number::print(number)));
        }
    }
    lines
}

/// Where the version stands in the registry: what a reader of the card can check.
fn provenance(dossier: &Dossier) -> String {
    let verified = if dossier.verified { "verified against a pinned root" } else { "not verified" };
    format!(
        "## Provenance\n\n\
         | | |\n|---|---|\n\
         | version | {}/{} |\n\
         | artifact | `{}` |\n\
         | registered by | {} at {} |\n\
         | stage, trust | {}, {} |\n\
         | registry | `{}`, commit `{}`, {verified} |\n",
        dossier.model,
        dossier.version.version,
        dossier.artifact,
        dossier.version.by,
        dossier.version.time,
        dossier.stage.as_str(),
        dossier.trust.as_str(),
        dossier.registry,
        dossier.head,
    )
}

/// A card's text without its own metadata block.
fn body(card: &str) -> &str {
    let Some(rest) = card.strip_prefix("---\n").or_else(|| card.strip_prefix("---\r\n")) else { return card };
    match rest.find("\n---") {
        Some(at) => rest[at + 4..].split_once('\n').map_or("", |(_, body)| body),
        None => card,
    }
}

/// A text as JSON spells it, which YAML reads as the same text.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::{body, quoted};

    #[test]
    fn a_cards_own_block_is_replaced_and_nothing_else_of_it_is_lost() {
        assert_eq!(body("---\nlicense: mit\n---\n# A\n\n---\n\nb\n"), "# A\n\n---\n\nb\n");
        assert_eq!(body("# A\n---\nb\n"), "# A\n---\nb\n");
        assert_eq!(body("---\nnever closed\n"), "---\nnever closed\n");
        assert_eq!(quoted("a: \"b\" #\n"), "\"a: \\\"b\\\" #\\n\"");
    }
}
