//! Scopes: what a role allows that is limited to some of the models.

use crate::environment::TestEnvironment;

/// Puts an edited policy into effect.
fn apply(env: &TestEnvironment, edit: impl FnOnce(String) -> String) {
    let text = edit(env.ok(&["policy", "show"]));
    env.write("edited.toml", text);
    env.ok(&["policy", "apply", "edited.toml", "--reason", "scopes"]);
}

/// Ada leads; nia may do what a data scientist may, and lee lead, in the models of `nlp` only.
fn registry() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.ok(&["init", "models", "--team", "--as", "ada"]);
    for (who, role) in [("nia", "data-scientist"), ("lee", "on-call"), ("bo", "mlops-engineer")] {
        env.key(who);
        env.ok(&["members", "add", who, "--public-key", &format!("{who}.pub"), "--role", role]);
    }
    env
}

fn limited(text: String) -> String {
    let roles = text.replace("[roles.data-scientist]\n", "[roles.data-scientist]\nscopes = [\"nlp\"]\n");
    let roles = roles.replace("[roles.on-call]\n", "[roles.on-call]\nscopes = [\"nlp\"]\n");
    roles.replace("[roles.data-scientist]", "[scopes]\nnlp = [\"nlp.*\"]\n\n[roles.data-scientist]")
}

#[test]
fn a_right_that_is_limited_to_a_scope_reaches_no_model_outside() {
    let env = registry();
    // A scope that nobody contributed is none.
    env.write("edited.toml", limited(env.ok(&["policy", "show"])));
    let unknown = env.fails(&["policy", "apply", "edited.toml", "--reason", "scopes"], 3, "refused").to_string();
    assert!(unknown.contains("scope nlp"), "{unknown}");
    env.ok(&["catalog", "add", "scope", "nlp", "--meaning", "Models that read and write text."]);
    apply(&env, limited);
    let said = env.ok(&["policy", "check", "edited.toml"]);
    assert!(said.contains("in scope nlp only") && said.contains("Scope nlp holds the models nlp.*"), "{said}");

    env.write("a.json", "{\"is\": 1}\n");
    env.write("b.json", "{\"is\": 2}\n");
    env.ok(&["--key", "nia", "register", "nlp.sentiment", "a.json"]);
    let outside = env.fails(&["--key", "nia", "register", "vision.cats", "b.json"], 3, "refused").to_string();
    assert!(outside.contains("in scope nlp only, which does not hold vision.cats"), "{outside}");
    env.ok(&["--key", "bo", "register", "vision.cats", "b.json"]);

    // Evidence, descriptions and the emergency brake are of a model, too.
    let scan = ["--type", "scan", "--verdict", "pass", "--tool", "ours@1"];
    env.ok(&[&["--key", "nia", "attach", "nlp.sentiment/1"], &scan[..]].concat());
    env.fails(&[&["--key", "nia", "attach", "vision.cats/1"], &scan[..]].concat(), 3, "refused");
    env.fails(&["--key", "nia", "describe", "vision.cats", "--description", "cats"], 3, "refused");
    env.fails(&["--key", "lee", "revoke", "vision.cats/1", "--reason", "no"], 3, "refused");
    env.ok(&["--key", "lee", "revoke", "nlp.sentiment/1", "--reason", "leaks names"]);

    // A scope that is disabled holds nothing.
    env.ok(&["catalog", "disable", "scope", "nlp"]);
    env.write("c.json", "{\"is\": 3}\n");
    env.fails(&["--key", "nia", "register", "nlp.sentiment", "c.json"], 3, "refused");
    env.ok(&["--key", "bo", "register", "nlp.sentiment", "c.json"]);
}

#[test]
fn a_policy_change_says_in_which_scope_somebody_may_what_they_could_anywhere() {
    let env = registry();
    env.ok(&["catalog", "add", "scope", "nlp", "--meaning", "Models that read and write text."]);
    apply(&env, limited);
    let review = env.ok(&["review", "main"]);
    assert!(review.contains("register in scope nlp") && review.contains("scope nlp held no model"), "{review}");
}
