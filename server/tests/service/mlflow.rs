//! MLflow's registry over REST: its own client reads and writes, and the policy judges what it asks for.

use refmark_core::engine::policy::TeamMember;
use refmark_core::records::policy::MemberKind;
use refmark_core::store::key::{KeySearch, find, generate};
use refmark_core::types::name::{PrincipalId, Role};
use refmark_core::{MemberChange, MembersRequest, Registry};
use serde_json::json;

use super::reading::{library, python, tool};
use super::support::{Answer, Home, Running, TOKEN};

const API: &str = "/api/2.0/mlflow";

/// A registry in which the service is a member with a key of its own.
fn writable(home: &mut Home) -> Registry {
    let registry = library(home);
    let path = home.folder.path().join("service-key");
    let service = generate(&path).unwrap();
    let member = TeamMember {
        id: PrincipalId::parse("service").unwrap(),
        kind: MemberKind::Agent,
        name: None,
        roles: vec![Role::parse("owner").unwrap()],
        keys: vec![service.public()],
    };
    let key = home.folder.path().join("home/.config/refmark/key").into_os_string();
    let ada = find(&KeySearch { explicit: Some(key), ..Default::default() }).unwrap();
    let joins = MembersRequest { changes: vec![MemberChange::Add(member)], reason: None, out: None };
    registry.govern_as(&*ada).members_change(&joins).unwrap();
    home.set("REFMARK_KEY", path.to_str().unwrap());
    registry
}

fn post(running: &Running, what: &str, body: &serde_json::Value) -> Answer {
    running.post(&format!("{API}/{what}"), body)
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.json()["error_code"].as_str()), (status, Some(code)), "{}", answer.text());
}

/// Runs a script in a Python that has MLflow; whether it ran.
fn with_mlflow(home: &Home, script: &str) -> bool {
    let python = python();
    if !tool(home, &python, &["-c", "import mlflow"]).is_some_and(|(good, _)| good) {
        eprintln!("mlflow is not here: REFMARK_PYTHON names a Python that has it");
        return false;
    }
    let (good, said) = tool(home, &python, &["-c", script]).unwrap();
    assert!(good && said.contains("good"), "{said}");
    true
}

fn head(running: &Running) -> String {
    format!(
        r#"
import os
os.environ.update(MLFLOW_TRACKING_TOKEN="{TOKEN}", MLFLOW_HTTP_REQUEST_MAX_RETRIES="1", MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false")
import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
URL = "http://{}"
mlflow.set_registry_uri(URL)
try:
    import sqlalchemy
except ImportError:
    # mlflow-skinny has no store for runs on this machine.
    mlflow.set_tracking_uri(URL)
client = MlflowClient(registry_uri=URL)
def refused(code, what, *args, **words):
    try:
        what(*args, **words)
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, str(error))
        return str(error)
    raise SystemExit("was not refused: " + code)
"#,
        running.address
    )
}

#[test]
fn mlflows_own_client_reads_versions_and_downloads_verified_bytes() {
    let mut home = Home::new();
    library(&mut home);
    let running = home.start();
    let script = head(&running)
        + r#"
model = client.get_registered_model("sentiment")
assert model.aliases == {"champion": "1"}, model
assert [v.version for v in model.latest_versions] == ["2"], model
champion = client.get_model_version_by_alias("sentiment", "champion")
assert champion.version == "1" and champion.status == "READY" and champion.aliases == ["champion"], champion
assert champion.creation_timestamp > 1_700_000_000_000, champion
folder = mlflow.artifacts.download_artifacts("models:/sentiment@champion")
assert open(folder + "/config.json").read() == '{"version": "one"}\n'
assert open(folder + "/onnx/notes.txt").read() == "one" * 5000
folder = mlflow.artifacts.download_artifacts("models:/sentiment/2")
assert open(folder + "/onnx/notes.txt").read() == "two" * 5000
one = mlflow.artifacts.download_artifacts("models:/sentiment/2/onnx/notes.txt")
assert open(one).read() == "two" * 5000
assert [m.name for m in client.search_registered_models("name LIKE 'sent%'")] == ["sentiment"]
assert [m.name for m in client.search_registered_models("name = 'other'")] == []
assert [v.version for v in client.search_model_versions("name = 'sentiment'", order_by=["version_number ASC"])] == ["1", "2"]
first = client.search_model_versions("name = 'sentiment'", max_results=1)
assert len(first) == 1 and first.token
rest = client.search_model_versions("name = 'sentiment'", max_results=1, page_token=first.token)
assert {first[0].version, rest[0].version} == {"1", "2"} and not rest.token
assert [v.version for v in client.get_latest_versions("sentiment", ["None"])] == ["2"]
refused("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, "nobody")
refused("RESOURCE_DOES_NOT_EXIST", client.get_model_version, "sentiment", "9")
refused("INVALID_PARAMETER_VALUE", client.search_registered_models, "color = 'red'")
refused("INVALID_PARAMETER_VALUE", client.get_model_version_by_alias, "sentiment", "nobody")
# A service without a key of the policy reads, and changes nothing.
said = refused("FEATURE_DISABLED", client.set_registered_model_tag, "sentiment", "team", "nlp")
assert "REFMARK_KEY" in said, said
os.environ["MLFLOW_TRACKING_TOKEN"] = "wrong" * 10
refused("UNAUTHENTICATED", client.get_registered_model, "sentiment")
print("good")
"#;
    with_mlflow(&home, &script);
}

#[test]
fn mlflows_own_client_writes_and_every_change_is_a_commit_that_names_the_caller() {
    let mut home = Home::new();
    let registry = writable(&mut home);
    let running = home.start();
    let script = head(&running)
        + r#"
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
client.create_registered_model("größe", tags={"team": "nlp"}, description="how large")
refused("RESOURCE_ALREADY_EXISTS", client.create_registered_model, "größe")
os.makedirs("new/sub"); open("new/config.json", "w").write("{}"); open("new/sub/notes.txt", "w").write("three" * 3)
place = URL + "/api/2.0/mlflow-artifacts/artifacts/uploads/run-7"
get_artifact_repository(place).log_artifacts("new")
made = client.create_model_version("größe", source=place, run_id="7", tags={"a": "1"}, description="first")
assert (made.version, made.run_id, made.tags, made.description) == ("1", "7", {"a": "1"}, "first"), made
assert made.creation_timestamp == client.get_model_version("größe", "1").creation_timestamp
folder = mlflow.artifacts.download_artifacts("models:/größe/1")
assert open(folder + "/sub/notes.txt").read() == "three" * 3
# What was put is used up; and no path of the service's machine, and no other server, is read.
refused("RESOURCE_DOES_NOT_EXIST", client.create_model_version, "größe", source=place)
for source in ["/etc", "file:///etc", "s3://bucket/x", "http://127.0.0.1:1/x", place + "/../../../models"]:
    refused("INVALID_PARAMETER_VALUE", client.create_model_version, "größe", source=source)
copy = client.create_model_version("größe", source="models:/sentiment@champion")
assert copy.version == "2"
assert open(mlflow.artifacts.download_artifacts("models:/größe/2/config.json")).read() == '{"version": "one"}\n'
assert client.copy_model_version("models:/größe/1", "sentiment").version == "3"
client.set_registered_model_alias("größe", "champion", "1")
client.set_registered_model_alias("größe", "champion", "1")
assert client.get_model_version_by_alias("größe", "champion").version == "1"
assert client.get_model_version_by_alias("größe", "latest").version == "2"
client.set_registered_model_alias("größe", "neue_größe", "2")
assert client.get_registered_model("größe").aliases == {"champion": "1", "neue_größe": "2"}
client.delete_registered_model_alias("größe", "neue_größe")
client.delete_registered_model_alias("größe", "neue_größe")
refused("INVALID_PARAMETER_VALUE", client.set_registered_model_alias, "größe", "v2", "2")
client.set_registered_model_tag("größe", "team", "search"); client.delete_registered_model_tag("größe", "none")
client.set_model_version_tag("größe", "1", "b", "2"); client.delete_model_version_tag("größe", "1", "a")
assert client.get_model_version("größe", "1").tags == {"b": "2"}
assert client.get_registered_model("größe").tags == {"team": "search"}
assert [m.name for m in client.search_registered_models("tags.team = 'search'")] == ["größe"]
assert client.update_registered_model("größe", "how big").description == "how big"
assert client.update_model_version("größe", "1", "again").description == "again"
assert client.transition_model_version_stage("größe", "1", "Staging").current_stage == "Staging"
assert client.transition_model_version_stage("größe", "2", "Staging", archive_existing_versions=True).current_stage == "Staging"
assert client.get_model_version("größe", "1").current_stage == "Archived"
refused("INVALID_PARAMETER_VALUE", client.transition_model_version_stage, "größe", "1", "Live")
client.rename_registered_model("größe", "umfang")
assert client.get_model_version("umfang", "2").version == "2"
client.delete_model_version("umfang", "2")
refused("RESOURCE_DOES_NOT_EXIST", client.get_model_version, "umfang", "2")
client.delete_registered_model("umfang")
refused("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, "umfang")
print("good")
"#;
    if !with_mlflow(&home, &script) {
        return;
    }
    let library = home.folder.path().join("library");
    let (_, log) = tool(&home, "git", &["-C", library.to_str().unwrap(), "log", "--format=%an|%B", "main"]).unwrap();
    let commits: Vec<&str> = log.split("service|").skip(1).collect();
    assert!(commits.len() > 15, "{log}");
    assert!(commits.iter().all(|it| it.contains("Refmark-On-Behalf-Of: service-token")), "{log}");
    assert!(log.contains("on behalf of service-token"), "reasons name the caller, too: {log}");
    drop(running);
    let found = registry.read().view().unwrap();
    assert!(found.check_tip().is_ok(), "the whole history is good");
}

#[test]
fn what_the_policy_refuses_is_a_4xx_with_mlflows_code_and_changes_nothing() {
    let mut home = Home::new();
    let registry = library(&mut home);
    // A key that is no member's.
    let stranger = home.folder.path().join("stranger");
    generate(&stranger).unwrap();
    home.set("REFMARK_KEY", stranger.to_str().unwrap());
    let running = home.start();
    let before = registry.read().head().unwrap();
    let changes = [
        ("registered-models/create", json!({"name": "new"})),
        ("registered-models/alias", json!({"name": "sentiment", "alias": "champion", "version": "2"})),
        ("registered-models/set-tag", json!({"name": "sentiment", "key": "a", "value": "b"})),
        ("model-versions/transition-stage", json!({"name": "sentiment", "version": "1", "stage": "Staging"})),
    ];
    for (what, body) in changes {
        refused(&post(&running, what, &body), 403, "PERMISSION_DENIED");
    }
    assert_eq!(registry.read().head().unwrap(), before);
}

#[test]
fn hostile_requests_end_in_4xx_and_touch_no_file() {
    let mut home = Home::new();
    writable(&mut home);
    let running = home.start();
    for body in ["[]", "{", "\"x\"", "{\"name\": {}}", "{\"name\": \"a/b\"}", "{\"name\": \"..\"}", "{\"tags\": 1}"] {
        let answer = running.ask("POST", &format!("{API}/registered-models/create"), body.as_bytes());
        refused(&answer, 400, "INVALID_PARAMETER_VALUE");
    }
    let put = |path: &str| running.ask("PUT", &format!("/api/2.0/mlflow-artifacts/artifacts/{path}"), b"x");
    for path in ["uploads/%2e%2e/%2e%2e/x", "uploads/a%2f..%2f..%2fx", "uploads/a%00b", "uploads/con", "uploads"] {
        refused(&put(path), 400, "INVALID_PARAMETER_VALUE");
    }
    refused(&put("models/sentiment/1/config.json"), 403, "PERMISSION_DENIED");
    refused(&running.get(&format!("{API}/experiments/search")), 404, "ENDPOINT_NOT_FOUND");
    assert_eq!(running.ask("DELETE", &format!("{API}/registered-models/get"), b"").status, 405);
    refused(&running.get(&format!("{API}/registered-models/search?page_token=x")), 400, "INVALID_PARAMETER_VALUE");
    refused(&running.get(&format!("{API}/registered-models/search?max_results=0")), 400, "INVALID_PARAMETER_VALUE");
    let bare = running.ask_with("GET", &format!("{API}/registered-models/get?name=sentiment"), &[], b"");
    refused(&bare, 401, "UNAUTHENTICATED");
    let source = format!("http://{}/api/2.0/mlflow-artifacts/artifacts/uploads/../../keys", running.address);
    let body = json!({"name": "sentiment", "source": source});
    refused(&post(&running, "model-versions/create", &body), 400, "INVALID_PARAMETER_VALUE");
    // Half a file is none.
    let at = "/api/2.0/mlflow-artifacts/artifacts/uploads/half";
    let cut = format!("PUT {at} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 9\r\n\r\nhalf");
    {
        use std::io::Write;
        running.connect().write_all(cut.as_bytes()).unwrap();
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    let listed = running.get("/api/2.0/mlflow-artifacts/artifacts?path=uploads").json();
    assert_eq!(listed, json!({"files": []}));
}

#[test]
fn a_token_that_puts_files_for_ever_is_stopped_at_its_limit_and_others_go_on() {
    let mut home = Home::new();
    writable(&mut home);
    home.set("UPLOAD_LIMIT", "300000");
    let running = home.start();
    let at = |name: &str| format!("/api/2.0/mlflow-artifacts/artifacts/uploads/{name}");
    assert_eq!(running.ask("PUT", &at("one"), &[1; 200_000]).status, 200);
    refused(&running.ask("PUT", &at("two"), &[2; 200_000]), 413, "RESOURCE_LIMIT_EXCEEDED");
    let listed = running.get("/api/2.0/mlflow-artifacts/artifacts?path=uploads").json();
    assert_eq!(listed["files"].as_array().unwrap().len(), 1, "{listed}");
    // What is taken away again makes room.
    assert_eq!(running.ask("DELETE", &at("one"), b"").status, 200);
    assert_eq!(running.ask("PUT", &at("two"), &[2; 200_000]).status, 200);
    drop(running);
    home.set("UPLOAD_LIMIT", "much");
    let (status, said) = home.try_start().err().unwrap();
    assert_eq!(status, Some(1));
    assert!(said.contains("UPLOAD_LIMIT"), "{said}");
}
