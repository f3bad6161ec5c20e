//! Starting from `models.lock.yaml`.

use super::support::{Home, files_below};

const HEX: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn entry(name: &str, more: &str) -> String {
    format!(
        "  - name: {name}\n    format: gguf\n    filename: {name}.gguf\n    sha256: {HEX}\n    size_bytes: 3\n{more}"
    )
}

fn write(home: &Home, text: &str) {
    std::fs::write(home.folder.path().join("models.lock.yaml"), text).unwrap();
}

#[test]
fn a_new_registry_starts_from_the_lock_file_and_reads_it_never_again() {
    let home = Home::new();
    let blocked = entry("b", "    blocked: true\n    blocked_reason: no digest yet\n");
    write(&home, &format!("version: 1\nmodels:\n{}{blocked}{}", entry("a", ""), entry("c", "    state: acquired\n")));
    let running = home.start();
    let models = running.get("/v1/models").json();
    let states: Vec<&str> = models.as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["trusted", "quarantined", "acquired"]);
    assert_eq!(models[0]["promoted_at"], "");
    running.named("GET", "/v1/model/path", "a").is_text(409);
    running.named("GET", "/v1/model/path", "b").is_json_error(403);
    let audit = running.get("/v1/audit").json();
    assert_eq!((audit[0]["action"].as_str(), audit[2]["name"].as_str()), (Some("bootstrap"), Some("c")));
    // The digest is right, and the evidence too; whoever wrote the file said no.
    let sha256 = home.drop_file("b.gguf", b"b");
    running.promote("b", "b.gguf", &sha256).is_text(409);
    running.kill();
    write(&home, "nonsense: [");
    assert_eq!(home.start().get("/v1/models").json(), models);
}

#[test]
fn a_lock_file_that_cannot_be_read_keeps_the_service_from_starting_and_nothing_is_made() {
    let home = Home::new();
    let same_file = entry("b", "").replace("b.gguf", "./a.gguf");
    let texts = [
        "models: []\n".to_owned(),
        "version: 2\n".to_owned(),
        "version: 1\nother: 1\n".to_owned(),
        "version: 1\n---\nversion: 1\n".to_owned(),
        format!("version: 1\nmodels:\n{}{}", entry("a", ""), entry("a", "")),
        format!("version: 1\nmodels:\n{}{same_file}", entry("a", "")),
        format!("version: 1\nmodels:\n{}", entry("a", "    sha256: x\n")),
    ];
    for text in texts {
        write(&home, &text);
        assert_eq!(home.try_start().err().unwrap().0, Some(1), "{text}");
        assert!(files_below(&home.registry()).is_empty());
    }
    write(&home, "version: 1\n");
    assert_eq!(home.start().get("/v1/models").text(), "[]\n");
}
