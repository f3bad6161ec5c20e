//! OCI referrers: the signed records of a version as DSSE envelopes, by the API, by the tag that older clients look for, and with
//! the clients that people have.

use refmark_core::types::digest::Digest;
use serde_json::{Value, json};

use super::reading::{library, python, tool};
use super::support::{Answer, Home, TOKEN};

const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";

fn read(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("docker-content-digest"), Some(format!("sha256:{}", Digest::of(&answer.body)).as_str()));
    serde_json::from_slice(&answer.body).unwrap()
}

#[test]
fn the_signed_records_of_a_version_refer_to_its_image() {
    let mut home = Home::new();
    library(&mut home);
    let running = home.start();
    let image = running.get("/v2/sentiment/manifests/champion").header("docker-content-digest").unwrap().to_owned();
    let referrers = running.get(&format!("/v2/sentiment/referrers/{image}"));
    assert_eq!(referrers.header("content-type"), Some("application/vnd.oci.image.index.v1+json"));
    let index = read(&referrers);
    let of = |it: &Value| it["annotations"]["in-toto.io/predicate-type"].as_str().unwrap().to_owned();
    let kinds: Vec<String> = index["manifests"].as_array().unwrap().iter().map(of).collect();
    assert!(kinds.contains(&"urn:refmark:version:v1".to_owned()), "{kinds:?}");
    assert!(kinds.contains(&"urn:refmark:alias:v1".to_owned()), "{kinds:?}");
    for referrer in index["manifests"].as_array().unwrap() {
        assert_eq!(referrer["artifactType"], ENVELOPE);
        let found = running.get(&format!("/v2/sentiment/manifests/{}", referrer["digest"].as_str().unwrap()));
        assert_eq!(found.body.len() as u64, referrer["size"].as_u64().unwrap());
        let manifest = read(&found);
        assert_eq!(manifest["subject"]["digest"], image.as_str());
        let empty = running.get(&format!("/v2/sentiment/blobs/{}", manifest["config"]["digest"].as_str().unwrap()));
        assert_eq!(empty.body, b"{}");
        let envelope =
            running.get(&format!("/v2/sentiment/blobs/{}", manifest["layers"][0]["digest"].as_str().unwrap()));
        let envelope = read(&envelope);
        assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
        assert_eq!(envelope["signatures"].as_array().unwrap().len(), 1);
    }
    // The same under the tag, for clients that know no referrers.
    let tag = image.replace(':', "-");
    assert_eq!(running.get(&format!("/v2/sentiment/manifests/{tag}")).body, referrers.body);
    // By kind.
    let plus = ENVELOPE.replace('+', "%2B");
    let filtered = running.get(&format!("/v2/sentiment/referrers/{image}?artifactType={plus}"));
    assert_eq!(filtered.header("oci-filters-applied"), Some("artifactType"));
    assert_eq!(filtered.body, referrers.body);
    let other = running.get(&format!("/v2/sentiment/referrers/{image}?artifactType=x"));
    assert_eq!(read(&other)["manifests"], json!([]));
    let none = running.get(&format!("/v2/sentiment/referrers/sha256:{}", "0".repeat(64)));
    assert_eq!(read(&none)["manifests"], json!([]));
    assert_eq!(running.get("/v2/sentiment/referrers/sha256:xyz").status, 400);
    assert_eq!(running.get("/v2/sentiment/manifests/sha256-abc").status, 404);
}

#[test]
fn the_services_own_models_have_their_records_attached_too() {
    let home = Home::new();
    let running = home.start();
    running.trust(&home, "tiny", "tiny.gguf", b"tiny");
    let image = running.get("/v2/tiny/manifests/current").header("docker-content-digest").unwrap().to_owned();
    let index = read(&running.get(&format!("/v2/tiny/referrers/{image}")));
    let kinds: Vec<&str> = index["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["annotations"]["in-toto.io/predicate-type"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"urn:refmark:trust:v1") && kinds.contains(&"urn:refmark:evidence:v1"), "{kinds:?}");
    let tags = running.get("/v2/tiny/tags/list?n=1");
    assert_eq!(tags.json()["tags"], json!(["1"]));
    assert_eq!(tags.header("link"), Some("</v2/tiny/tags/list?n=1&last=1>; rel=\"next\""));
    assert_eq!(running.get("/v2/tiny/tags/list?n=5&last=1").json()["tags"], json!(["current"]));
    assert_eq!(running.get("/v2/tiny/tags/list?n=x").status, 400);
}

#[test]
fn oras_and_the_modelpack_client_pull_a_version_and_its_signed_records() {
    let mut home = Home::new();
    library(&mut home);
    let running = home.start();
    let python = python();
    if !tool(&home, &python, &["-c", "import oras, modelpack_client"]).is_some_and(|(good, _)| good) {
        eprintln!("oras and modelpack-client are not here: REFMARK_PYTHON names a Python that has them");
        return;
    }
    let script = format!(
        r#"
import base64, json, os
import oras.client
from modelpack_client.client import ModelPackClient
at = "{address}"
client = oras.client.OrasClient(hostname=at, insecure=True, auth_backend="basic")
client.auth.set_basic_auth("any", "{TOKEN}")
files = client.pull(target=at + "/sentiment:champion", outdir="oras")
assert open("oras/config.json").read() == '{{"version": "one"}}\n', files
assert open("oras/onnx/notes.txt").read() == "one" * 5000
assert client.get_tags(at + "/sentiment") == ["1", "2", "champion"]
container = oras.container.Container(at + "/sentiment:champion")
answer = client.do_request("http://" + at + "/v2/sentiment/manifests/champion", "GET", headers={{"Accept": "*/*"}})
digest = answer.headers["Docker-Content-Digest"]
index = client.do_request("http://" + at + "/v2/sentiment/referrers/" + digest, "GET").json()
for found in index["manifests"]:
    manifest = client.get_manifest(at + "/sentiment@" + found["digest"])
    envelope = client.get_blob(at + "/sentiment", manifest["layers"][0]["digest"]).json()
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert statement["predicateType"] == found["annotations"]["in-toto.io/predicate-type"]
config = {{"auths": {{at: {{"auth": base64.b64encode(b"any:{TOKEN}").decode()}}}}}}
open("docker.json", "w").write(json.dumps(config))
for backend in ["basic", "token"]:
    pulled = ModelPackClient(insecure=True, auth_backend=backend).pull(at + "/sentiment:2", "modelpack-" + backend, config_path="docker.json")
    assert open("modelpack-" + backend + "/onnx/notes.txt").read() == "two" * 5000, pulled
print("good")
"#,
        address = running.address
    );
    let (good, said) = tool(&home, &python, &["-c", &script]).unwrap();
    assert!(good && said.contains("good"), "{said}");
}
