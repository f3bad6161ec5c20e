//! Searching models and versions: filter, order, page.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use base64ct::{Base64, Encoding};
use refmark_core::types::name::ModelName;
use refmark_core::{DetailRequest, ModelDetail, VersionDetail, View};
use serde_json::{Value, json};

use super::call::Call;
use super::checks::IS_PROMPT;
use super::entities;
use super::failure::{Failure, Result};
use super::filter::{Clause, Comparator, Key, Operand, parse};
use super::names::shown;
use super::said::Said;

const MODELS_AT_ONCE: i64 = 1000;
const VERSIONS_AT_ONCE: i64 = 200_000;

/// `registered-models/search`.
pub fn models(call: &Call<'_>) -> Result<Value> {
    let (size, from) = (size(&call.said, 100, MODELS_AT_ONCE)?, offset(&call.said)?);
    let clauses = parse(call.said.text("filter")?.as_deref())?;
    for clause in &clauses {
        check(clause, &["name"], &[], &["name"])?;
    }
    let order =
        order(&call.said.texts("order_by")?, &["name", "timestamp", "creation_timestamp", "last_updated_timestamp"])?;
    let view = call.view()?;
    let mut latest: BTreeMap<String, Vec<VersionDetail>> = BTreeMap::new();
    let newest = DetailRequest { newest_of_stages: true, ..DetailRequest::default() };
    for version in call.registry()?.read().version_details(&view, &newest)? {
        latest.entry(version.model.to_string()).or_default().push(version);
    }
    let mut found: Vec<(ModelDetail, Value)> = Vec::new();
    for model in call.models(&view)? {
        if clauses.iter().all(|clause| fits_model(&model, clause)) && (asks_of_prompts(&clauses) || !is_prompt(&model))
        {
            let of_stages = latest.remove(model.model.as_str()).unwrap_or_default();
            let entity = entities::model(&model, &of_stages);
            found.push((model, entity));
        }
    }
    found.sort_by_key(|(model, _)| shown(model.model.as_str()));
    for (key, ascending) in order.iter().rev() {
        // `timestamp` is the last update, as everywhere in MLflow's registry.
        let field = if *key == "timestamp" { "last_updated_timestamp" } else { key };
        found.sort_by(|(_, one), (_, two)| directed(compared(&one[field], &two[field]), *ascending));
    }
    let found = found.into_iter().map(|(_, entity)| entity).collect();
    Ok(page("registered_models", found, from, size))
}

/// `model-versions/search`.
pub fn versions(call: &Call<'_>) -> Result<Value> {
    let (size, from) = (size(&call.said, VERSIONS_AT_ONCE, VERSIONS_AT_ONCE)?, offset(&call.said)?);
    let clauses = parse(call.said.text("filter")?.as_deref())?;
    let (texts, numbers) =
        (["name", "run_id", "source_path"], ["version_number", "creation_timestamp", "last_updated_timestamp"]);
    for clause in &clauses {
        check(clause, &texts, &numbers, &["name", "run_id"])?;
    }
    let asked = call.said.texts("order_by")?;
    let known = ["name", "version_number", "creation_timestamp", "last_updated_timestamp"];
    let mut order = order(&asked, &known)?;
    if order.is_empty() {
        order.push(("last_updated_timestamp", false));
    }
    let view = call.view()?;
    let mut found = fitting(call, &view, &clauses)?;
    found.sort_by(|(one, _), (two, _)| {
        shown(one.model.as_str()).cmp(&shown(two.model.as_str())).then(two.version.cmp(&one.version))
    });
    for (key, ascending) in order.iter().rev() {
        found.sort_by(|(one, a), (two, b)| {
            let ordering = match *key {
                "version_number" => one.version.cmp(&two.version),
                field => compared(&a[field], &b[field]),
            };
            directed(ordering, *ascending)
        });
    }
    let found = found.into_iter().map(|(_, entity)| entity).collect();
    Ok(page("model_versions", found, from, size))
}

/// The versions that fit, with their entities: those of models that cannot be among them are not read.
fn fitting(call: &Call<'_>, view: &View<'_>, clauses: &[Clause]) -> Result<Vec<(VersionDetail, Value)>> {
    let with_prompts = asks_of_prompts(clauses);
    let models = call.models(view)?;
    let models: Vec<&str> = models
        .iter()
        .filter(|model| with_prompts || !is_prompt(model))
        .filter(|model| clauses.iter().all(|clause| !is_of_name(clause) || fits_model(model, clause)))
        .map(|model| model.model.as_str())
        .collect();
    let request = match models.as_slice() {
        [] => return Ok(Vec::new()),
        [only] => DetailRequest::of(&ModelName::parse(only)?),
        _ => DetailRequest::default(),
    };
    let fits = |version: &VersionDetail| {
        !version.hidden
            && models.contains(&version.model.as_str())
            && clauses.iter().all(|clause| is_of_prompts(clause) || fits_version(version, clause))
    };
    let all = call.registry()?.read().version_details(view, &request)?;
    Ok(all.into_iter().filter(fits).map(|version| (version.clone(), entities::version(&version, false))).collect())
}

fn compared(one: &Value, two: &Value) -> Ordering {
    match (one.as_i64(), two.as_i64()) {
        (Some(one), Some(two)) => one.cmp(&two),
        _ => one.as_str().cmp(&two.as_str()),
    }
}

fn directed(ordering: Ordering, ascending: bool) -> Ordering {
    if ascending { ordering } else { ordering.reverse() }
}

fn size(said: &Said, default: i64, most: i64) -> Result<usize> {
    let size = said.whole("max_results")?.unwrap_or(default);
    if size < 1 || size > most {
        return Err(Failure::parameter(format!(
            "Invalid value for request parameter max_results. It must be a positive integer of at most {most}, but got value {size}"
        )));
    }
    usize::try_from(size).map_err(|_| Failure::parameter("max_results is too large"))
}

fn offset(said: &Said) -> Result<usize> {
    let Some(token) = said.text("page_token")?.filter(|token| !token.is_empty()) else { return Ok(0) };
    let read = || {
        let decoded = Base64::decode_vec(&token).ok()?;
        let offset = serde_json::from_slice::<Value>(&decoded).ok()?["offset"].as_u64()?;
        usize::try_from(offset).ok()
    };
    read().ok_or_else(|| Failure::parameter("Invalid page token"))
}

fn page(name: &str, found: Vec<Value>, from: usize, size: usize) -> Value {
    let until = from.saturating_add(size);
    let token = (until < found.len()).then(|| Base64::encode_string(json!({"offset": until}).to_string().as_bytes()));
    let rows: Vec<Value> = found.into_iter().skip(from).take(size).collect();
    let mut answer = json!({ name: rows });
    if let Some(token) = token {
        answer["next_page_token"] = Value::String(token);
    }
    answer
}

/// Reads an order: a key, and `ASC` or `DESC`.
fn order<'k>(asked: &[String], known: &[&'k str]) -> Result<Vec<(&'k str, bool)>> {
    let mut order: Vec<(&str, bool)> = Vec::new();
    for clause in asked {
        let words: Vec<&str> = clause.split_whitespace().collect();
        let (name, ascending) = match words.as_slice() {
            [name] => (name, true),
            [name, way] if way.eq_ignore_ascii_case("asc") => (name, true),
            [name, way] if way.eq_ignore_ascii_case("desc") => (name, false),
            _ => return Err(Failure::parameter(format!("Invalid order_by clause '{clause}'. Could not be parsed."))),
        };
        let bare = name.trim_matches(['`', '"']);
        let bare = bare.strip_prefix("attribute.").unwrap_or(bare);
        let Some(key) = known.iter().find(|key| **key == bare) else {
            return Err(Failure::parameter(format!(
                "Invalid order by key '{bare}' specified. Valid keys are {known:?}"
            )));
        };
        if order.iter().any(|(have, _)| have == key) {
            return Err(Failure::parameter(format!("`order_by` contains duplicate fields: {asked:?}")));
        }
        order.push((key, ascending));
    }
    Ok(order)
}

/// Refuses a comparison of what there is not, or of what cannot be compared so.
fn check(clause: &Clause, texts: &[&str], numbers: &[&str], lists: &[&str]) -> Result<()> {
    use Comparator::{Ilike, In, Is, IsNot, Like, NotIn};
    let wrong = |what: &str| Err(Failure::parameter(format!("Invalid comparator for {what}: {:?}", clause.comparator)));
    let key = match &clause.key {
        Key::Tag(_) => match (clause.comparator, &clause.operand) {
            (Is | IsNot | Like | Ilike, Operand::Text(_)) => return Ok(()),
            _ => return wrong("tag"),
        },
        Key::Attribute(key) => key.as_str(),
    };
    if texts.contains(&key) {
        return match (clause.comparator, &clause.operand) {
            (Is | IsNot | Like | Ilike, Operand::Text(_)) => Ok(()),
            (In | NotIn, Operand::List(_)) if lists.contains(&key) => Ok(()),
            _ => wrong(&format!("attribute {key}")),
        };
    }
    if numbers.contains(&key) {
        let is_whole = match &clause.operand {
            Operand::Number(_) => true,
            Operand::Text(text) => text.parse::<i64>().is_ok(),
            Operand::List(_) => false,
        };
        return match is_whole && !matches!(clause.comparator, Like | Ilike | In | NotIn) {
            true => Ok(()),
            false => wrong(&format!("attribute {key}")),
        };
    }
    Err(Failure::parameter(format!("Invalid attribute key '{key}' specified. Valid keys are {texts:?} {numbers:?}")))
}

fn is_of_name(clause: &Clause) -> bool {
    matches!(&clause.key, Key::Attribute(key) if key == "name")
}

fn is_of_prompts(clause: &Clause) -> bool {
    matches!(&clause.key, Key::Tag(key) if key == IS_PROMPT)
}

fn is_prompt(model: &ModelDetail) -> bool {
    model.tags.get(IS_PROMPT).is_some()
}

/// Whether prompts are among what is asked for: they are left out unless a filter asks for them.
fn asks_of_prompts(clauses: &[Clause]) -> bool {
    clauses.iter().filter(|clause| is_of_prompts(clause)).any(|clause| match (&clause.operand, clause.comparator) {
        (Operand::Text(text), Comparator::Is) => text.eq_ignore_ascii_case("true"),
        (Operand::Text(text), Comparator::IsNot) => text.eq_ignore_ascii_case("false"),
        _ => false,
    })
}

fn fits_model(model: &ModelDetail, clause: &Clause) -> bool {
    match &clause.key {
        // What has no such tag is no prompt.
        Key::Tag(key) if key == IS_PROMPT => {
            clause.fits_text(Some(model.tags.get(key).map_or("false", String::as_str)))
        }
        Key::Tag(key) => clause.fits_text(entities::shown_tags(&model.tags).get(key.as_str()).copied()),
        Key::Attribute(_) => clause.fits_text(Some(&shown(model.model.as_str()))),
    }
}

fn fits_version(version: &VersionDetail, clause: &Clause) -> bool {
    let key = match &clause.key {
        Key::Tag(key) => {
            return clause.fits_text(entities::shown_tags(&version.tags).get(key.as_str()).copied());
        }
        Key::Attribute(key) => key.as_str(),
    };
    match key {
        "version_number" => clause.fits_number(i64::try_from(version.version).unwrap_or(i64::MAX)),
        "creation_timestamp" => clause.fits_number(entities::version_created(version)),
        "last_updated_timestamp" => clause.fits_number(entities::version_updated(version)),
        "run_id" => clause.fits_text(version.lineage.get(entities::RUN_ID).map(String::as_str)),
        "source_path" => clause.fits_text(Some(entities::source_of(version))),
        _ => clause.fits_text(Some(&shown(version.model.as_str()))),
    }
}
