//! The service's client for operators: the verbs, outputs and exit statuses of `securectl`, and none of its lies. What the service
//! refuses is never printed as done.

mod client;
mod table;

use serde_json::{Value, json};

use client::{Answer, Client};

use crate::settings::Settings;

/// What a verb printed, and how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// For standard output.
    pub out: String,
    /// For standard error.
    pub err: String,
    /// The exit status.
    pub status: u8,
}

impl Outcome {
    fn ok(out: String) -> Outcome {
        Outcome { out, err: String::new(), status: 0 }
    }

    fn failed(err: impl Into<String>) -> Outcome {
        Outcome { out: String::new(), err: err.into() + "\n", status: 1 }
    }
}

const USAGE: &str = "usage: ctl VERB [NAME]
  list, ls           the models
  info NAME          a model's record
  verify NAME        whether its bytes are as recorded, and safe to use
  path NAME          where its bytes are
  revoke NAME        close its bytes under every name
  delete, rm NAME    delete its bytes; the record stays
  status             how the service is
  check              verify all models, and keep the result in INTEGRITY_RESULT_PATH
environment: REGISTRY_URL (http://127.0.0.1:8470), SERVICE_TOKEN_PATH";

/// Runs a verb.
pub fn run(arguments: &[String], settings: &Settings, url: Option<String>) -> Outcome {
    let (verb, name) = match arguments {
        [verb] => (verb.as_str(), None),
        [verb, name] => (verb.as_str(), Some(name.as_str())),
        _ => return Outcome::failed(USAGE),
    };
    let needs_name = matches!(verb, "info" | "verify" | "path" | "revoke" | "delete" | "rm");
    let is_known = needs_name || matches!(verb, "list" | "ls" | "status" | "check");
    if !is_known || needs_name != name.is_some() {
        return Outcome::failed(USAGE);
    }
    let client = match Client::new(url, &settings.token_path) {
        Ok(client) => client,
        Err(why) => return Outcome::failed(format!("error: {why}")),
    };
    let name = name.unwrap_or_default();
    let done = match verb {
        "status" => status(&client),
        "list" | "ls" => list(&client),
        "info" => info(&client, name),
        "verify" => verify(&client, name),
        "path" => path(&client, name),
        "revoke" => revoke(&client, name),
        "check" => check(&client, settings),
        _ => delete(&client, name),
    };
    done.unwrap_or_else(|why| Outcome::failed(format!("error: {why}")))
}

type Done = Result<Outcome, String>;

/// What an unexpected answer comes to.
fn refused(answer: &Answer, name: &str) -> Outcome {
    match answer.status {
        404 => Outcome::failed(format!("model \"{}\" not found", safe(name))),
        status => Outcome::failed(format!("error: HTTP {status}: {}", safe(answer.text().trim()))),
    }
}

fn status(client: &Client) -> Done {
    match client.ask("GET", "/health", None) {
        Err(why) => Ok(Outcome::failed(format!("Registry unreachable: {why}"))),
        Ok(answer) if answer.status != 200 => {
            Ok(Outcome::failed(format!("Registry unhealthy: HTTP {}", answer.status)))
        }
        Ok(answer) => Ok(Outcome::ok(pretty(&answer.json()?))),
    }
}

fn list(client: &Client) -> Done {
    let answer = client.ask("GET", "/v1/models", None)?;
    if answer.status != 200 {
        return Ok(Outcome::failed(format!("error: HTTP {}: {}", answer.status, safe(answer.text().trim()))));
    }
    let models = answer.json()?;
    Ok(Outcome::ok(table::models(models.as_array().map_or(&[], Vec::as_slice))))
}

fn info(client: &Client, name: &str) -> Done {
    let answer = client.ask("GET", "/v1/model", Some(name))?;
    match answer.status {
        200 => Ok(Outcome::ok(pretty(&answer.json()?))),
        _ => Ok(refused(&answer, name)),
    }
}

fn verify(client: &Client, name: &str) -> Done {
    let answer = client.ask("POST", "/v1/model/verify", Some(name))?;
    let said = answer.json().unwrap_or_default();
    let text = |field: &str| safe(said[field].as_str().unwrap_or_default());
    let shown = safe(name);
    match (answer.status, said["status"].as_str()) {
        (200, Some("verified")) => {
            let mut out = format!("VERIFIED: {shown} (sha256={}, state={})\n", text("sha256"), text("state"));
            let is_safe = said["safe_to_use"] == "true";
            if !is_safe {
                out.push_str(&format!("  WARNING: model is not safe to use (state={})\n", text("state")));
            }
            Ok(Outcome { status: u8::from(!is_safe), ..Outcome::ok(out) })
        }
        (409, Some("failed")) => {
            let out = format!("FAILED: {shown}\n  expected: {}\n  actual:   {}\n", text("expected"), text("actual"));
            Ok(Outcome { out, err: format!("{}\n", text("error")), status: 1 })
        }
        _ => Ok(refused(&answer, name)),
    }
}

fn path(client: &Client, name: &str) -> Done {
    let answer = client.ask("GET", "/v1/model/path", Some(name))?;
    match answer.status {
        200 => {}
        // The token's refusal and the model's are both 403: only one of them is about the model.
        403 if answer.text().contains("artifact ") => {
            return Ok(Outcome::failed(format!("error: model \"{}\" is not in trusted state", safe(name))));
        }
        _ => return Ok(refused(&answer, name)),
    }
    let said = answer.json()?;
    let is_whole = ["path", "sha256", "storage_contract"]
        .iter()
        .all(|field| said[field].as_str().is_some_and(|it| !it.is_empty()));
    if !is_whole || !said["size_bytes"].is_u64() {
        return Ok(Outcome::failed("error: registry returned an incomplete runtime locator"));
    }
    let ordered = json!({
        "path": said["path"], "sha256": said["sha256"],
        "size_bytes": said["size_bytes"], "storage_contract": said["storage_contract"],
    });
    Ok(Outcome::ok(format!("{ordered}\n")))
}

fn revoke(client: &Client, name: &str) -> Done {
    let answer = client.ask("POST", "/v1/model/revoke", Some(name))?;
    let word = answer.json().ok().and_then(|said| said["status"].as_str().map(safe));
    match (answer.status, word) {
        (200, Some(word)) => Ok(Outcome::ok(format!("Revoked: {} (status={word})\n", safe(name)))),
        _ => Ok(refused(&answer, name)),
    }
}

fn delete(client: &Client, name: &str) -> Done {
    let answer = client.ask("DELETE", "/v1/model/delete", Some(name))?;
    let word = answer.json().ok().and_then(|said| said["status"].as_str().map(str::to_owned));
    let shown = safe(name);
    match (answer.status, word.as_deref()) {
        (200, Some("already_deleted")) => Ok(Outcome::ok(format!("Already deleted: {shown}\n"))),
        (200, Some(_)) => Ok(Outcome::ok(format!("Deleted (soft): {shown} - metadata retained for audit\n"))),
        _ => Ok(refused(&answer, name)),
    }
}

/// Verifies all models and keeps what was found, as the service hands it on.
fn check(client: &Client, settings: &Settings) -> Done {
    let now = client::now();
    let answer = client.ask("POST", "/v1/models/verify-all", None)?;
    let said = answer.json().unwrap_or_default();
    let rows = said["models"].as_array().cloned().unwrap_or_default();
    let failed: Vec<&Value> = rows.iter().filter(|row| row["status"] == "failed").collect();
    let result = match answer.status {
        200 | 409 => json!({
            "status": said["status"], "models_checked": said["checked"], "failures": failed.len(), "checked_at": now,
        }),
        status => {
            json!({"status": "error", "detail": format!("the service answered HTTP {status}"), "checked_at": now})
        }
    };
    let path = &settings.integrity_path;
    client::keep(path, format!("{result}\n").as_bytes()).map_err(|why| format!("{}: {why}", path.display()))?;
    let mut lines = String::new();
    for row in &rows {
        let status = match (row["status"].as_str(), row["actual"].as_str()) {
            (Some("failed"), Some("")) => "missing",
            (Some("failed"), _) => "tampered",
            _ => "ok",
        };
        let detail = row["error"].as_str().or(row["reason"].as_str()).unwrap_or_default();
        let line = json!({"timestamp": now, "status": status, "model": row["name"], "detail": detail});
        lines.push_str(&format!("{line}\n"));
    }
    client::append(&path.with_file_name("integrity.jsonl"), lines.as_bytes()).map_err(|why| why.to_string())?;
    let mut out = format!("checked {}: {} failed\n", rows.len(), failed.len());
    for row in &failed {
        out.push_str(&format!("FAILED: {}\n", safe(row["name"].as_str().unwrap_or_default())));
    }
    Ok(Outcome { status: u8::from(result["status"] != "ok"), ..Outcome::ok(out) })
}

/// A value indented by two, members in the order of their names.
fn pretty(value: &Value) -> String {
    let sorted = crate::inventory::artifact::sorted(value.clone());
    safe_lines(&serde_json::to_string_pretty(&sorted).unwrap_or_default()) + "\n"
}

/// What others named, without anything that a terminal would obey.
fn safe(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}

fn safe_lines(text: &str) -> String {
    text.split('\n').map(safe).collect::<Vec<_>>().join("\n")
}
