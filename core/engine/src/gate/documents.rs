//! Gates on what is written about an artifact: its licence, its contract, its cards.

use super::later::{Later, step};
use super::metric::baseline;
use super::{Finding, Status, Subject};
use refmark_records::attached;
use refmark_records::contract::{Compatibility, compare_artifacts};
use refmark_records::layout::Document;
use refmark_records::licence;
use refmark_records::lineage::is_placeholder;
use refmark_records::manifest::{Contract, Lineage};
use refmark_types::canonical::strict;
use refmark_types::error::{Error, Result};
use refmark_types::name::AliasName;
use refmark_types::value::Value;

/// An artifact's contract: its own or, without one, the newest that was attached and counts.
fn contract_of(own: Option<Contract>, later: &Later) -> Option<Contract> {
    own.or_else(|| later.newest.as_ref().and_then(|piece| attached::contract(piece)))
}

pub(super) fn licence(s: &Subject<'_>, allow: &[String], deny: &[String]) -> Result<Finding> {
    let listed = |ids: &[String], id: &str| ids.iter().any(|listed| listed.eq_ignore_ascii_case(id));
    let expected = match (allow.is_empty(), deny.is_empty()) {
        (false, true) => format!("one of {}", allow.join(", ")),
        (true, false) => format!("none of {}", deny.join(", ")),
        (false, false) => format!("one of {}, and none of {}", allow.join(", "), deny.join(", ")),
        (true, true) => "a licence".to_owned(),
    };
    let lineage = s.reader.lineage(&s.artifact)?.unwrap_or_default();
    let card = s.reader.document(&s.artifact, Document::ModelCard)?;
    // What was registered under a licence is not moved under another by a card that comes later.
    let own = licence::named(&lineage, card.as_deref()).filter(|named| !is_placeholder(named));
    let later = if own.is_some() { Later::default() } else { Later::of(s, Document::ModelCard)? };
    let attached =
        later.newest.as_ref().and_then(|piece| licence::named(&Lineage::default(), piece.text().map(str::as_bytes)));
    let Some(named) = own.or(attached.filter(|named| !is_placeholder(named))) else {
        return Ok(later.none(s, &expected, Document::ModelCard, "no licence is named, in lineage or model card"));
    };
    let allowed = |id: &str| !listed(deny, id) && (allow.is_empty() || listed(allow, id));
    let found = match licence::met(&named, &allowed) {
        Some(true) => return Ok(Finding::new(Status::Passed, expected, named)),
        Some(false) => named,
        None => format!("{named}, which is no SPDX expression"),
    };
    Ok(Finding::new(Status::Failed, expected, found).next("take a version under another licence, or ask for a waiver"))
}

pub(super) fn contract_stated(s: &Subject<'_>) -> Result<Finding> {
    let expected = "a contract with inputs and outputs";
    let own = s.reader.contract(&s.artifact)?;
    let later = if own.is_some() { Later::default() } else { Later::of(s, Document::Contract)? };
    if let Some(refused) = later.refused(expected) {
        return Ok(refused);
    }
    let Some(contract) = contract_of(own, &later) else {
        return Ok(later.none(s, expected, Document::Contract, "no contract"));
    };
    let unnamed = |name: &str| name.trim().is_empty() || is_placeholder(name) && name.chars().count() > 1;
    let odd = contract.inputs.iter().chain(&contract.outputs).find(|it| unnamed(&it.name) || unnamed(&it.field_type));
    let counted = format!("{} inputs and {} outputs", contract.inputs.len(), contract.outputs.len());
    let found = match odd {
        Some(field) => format!("field `{}: {}` says nothing", field.name, field.field_type),
        None if contract.inputs.is_empty() || contract.outputs.is_empty() => format!("unspecified: {counted}"),
        None => return Ok(later.name(Finding::new(Status::Passed, expected, counted))),
    };
    let failed = Finding::new(Status::Failed, expected, found);
    Ok(later.name(failed.next("state the contract, or ask for a waiver where it has none")))
}

pub(super) fn contract_compatible(s: &Subject<'_>, alias: &AliasName) -> Result<Finding> {
    let expected = format!("callers of {alias} can use it");
    let Some(held) = baseline(s, alias)? else {
        return Ok(Finding::new(Status::Passed, expected, format!("{alias} holds nothing")));
    };
    let (Some(old), Some(new)) = (s.reader.manifest(&held.artifact)?, s.reader.manifest(&s.artifact)?) else {
        return Ok(Finding::new(Status::Missing, expected, "no manifest"));
    };
    let contract = |artifact| {
        let later = Later::about(s, artifact, Document::Contract)?;
        Ok::<_, Box<Error>>(contract_of(s.reader.contract(artifact)?, &later))
    };
    let contracts = (contract(&held.artifact)?, contract(&s.artifact)?);
    let diff = compare_artifacts((&old, contracts.0.as_ref()), (&new, contracts.1.as_ref()));
    let holds = matches!(diff.compatibility, Compatibility::Same | Compatibility::Full | Compatibility::Backward);
    let why = diff.because.first().map(|why| format!(": {why}")).unwrap_or_default();
    Ok(Finding::check(holds, expected, format!("{}{why}", diff.compatibility.as_str()))
        .next("keep the contract, or ask for a waiver once its callers have moved"))
}

pub(super) fn model_card(s: &Subject<'_>, sections: &[String]) -> Result<Finding> {
    let expected = match sections {
        [] => "a model card that says something".to_owned(),
        named => format!("a model card with {}", named.join(", ")),
    };
    let later = Later::of(s, Document::ModelCard)?;
    if let Some(refused) = later.refused(&expected) {
        return Ok(refused);
    }
    let attached = later.newest.as_ref().and_then(|piece| piece.text()).map(|text| text.as_bytes().to_vec());
    let Some(card) = attached.map_or_else(|| s.reader.document(&s.artifact, Document::ModelCard), |it| Ok(Some(it)))?
    else {
        return Ok(later.none(s, &expected, Document::ModelCard, "no model card"));
    };
    let text = String::from_utf8_lossy(&card);
    let said = sections_of(&text);
    let empty = |name: &String| !said.iter().any(|(title, told)| *told && title.eq_ignore_ascii_case(name));
    let lacking: Vec<&str> = sections.iter().filter(|name| empty(name)).map(String::as_str).collect();
    let found = match lacking.as_slice() {
        [] if said.iter().any(|(_, told)| *told) => {
            return Ok(later.name(Finding::new(Status::Passed, expected, "there")));
        }
        [] => "headings, and nothing below them".to_owned(),
        lacking => format!("nothing under {}", lacking.join(", ")),
    };
    Ok(later.name(Finding::new(Status::Failed, expected, found).next(step(s, Document::ModelCard))))
}

/// The sections of a Markdown text, and whether each says something; the first has no title.
fn sections_of(text: &str) -> Vec<(String, bool)> {
    let mut all = vec![(String::new(), false)];
    let mut front = text.lines().next().is_some_and(|first| first.trim_end() == "---");
    for line in text.lines().skip(usize::from(front)) {
        if front {
            front = line.trim_end() != "---";
        } else if line.starts_with('#') {
            all.push((line.trim_matches(['#', ' ']).to_owned(), false));
        } else if let Some(last) = all.last_mut() {
            last.1 |= !line.trim().is_empty() && !is_placeholder(line);
        }
    }
    all
}

pub(super) fn evaluation_card(s: &Subject<'_>, fields: &[String]) -> Result<Finding> {
    let expected = match fields {
        [] => "an evaluation card that says something".to_owned(),
        named => format!("an evaluation card with {}", named.join(", ")),
    };
    let later = Later::of(s, Document::EvaluationCard)?;
    if let Some(refused) = later.refused(&expected) {
        return Ok(refused);
    }
    let attached = later.newest.as_ref().and_then(|piece| attached::evaluation_card(piece)).cloned();
    let own = || s.reader.document(&s.artifact, Document::EvaluationCard);
    let read = |bytes: Vec<u8>| strict(&bytes, Document::EvaluationCard.limit()).map(|(_, card)| card);
    let own = if attached.is_some() { None } else { own()?.map(read).transpose()? };
    let Some(card) = attached.or(own) else {
        return Ok(later.none(s, &expected, Document::EvaluationCard, "no evaluation card"));
    };
    let lacking = |path: &&String| !path.split('.').try_fold(&card, |at, name| at.get(name)).is_some_and(says);
    let found = match fields.iter().filter(lacking).map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] if says(&card) => return Ok(later.name(Finding::new(Status::Passed, expected, "there"))),
        [] => "nothing in it".to_owned(),
        lacking => format!("without {}", lacking.join(", ")),
    };
    Ok(later.name(Finding::new(Status::Failed, expected, found).next(step(s, Document::EvaluationCard))))
}

/// Whether a value says something: a number, a truth, or a text that is none of those that stand for nothing.
fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => {
            text.chars().count() == 1 && text.chars().all(char::is_alphanumeric) || !is_placeholder(text)
        }
        Value::Array(items) => items.iter().any(says),
        Value::Object(members) => members.iter().any(|(_, value)| says(value)),
    }
}
