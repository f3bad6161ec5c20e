//! How a command finds its registry.

use crate::environment::TestEnvironment;

#[test]
fn the_named_one_comes_first_then_the_nearest_then_the_default() {
    let env = TestEnvironment::new();
    env.ok(&["init", "first"]);
    env.ok(&["init", "second"]);
    env.write("m/a.txt", "a\n");
    env.ok(&["-R", "second", "register", "two", "m"]);
    let models = |text: String| text.contains("two");

    let default = env.run(&["list"]);
    assert!(default.stderr.contains("using your default registry"), "{}", default.stderr);
    assert!(!models(default.stdout));
    assert_eq!(env.run(&["list", "--quiet"]).stderr, "");

    let mut near = env.refmark(&["list"]);
    let near = near.current_dir(env.path("second")).output().unwrap();
    assert!(models(String::from_utf8(near.stdout).unwrap()) && near.stderr.is_empty());

    let named = env.refmark(&["list"]).env("REFMARK_REGISTRY", env.path("second")).output().unwrap();
    assert!(models(String::from_utf8(named.stdout).unwrap()));
    let both = env.refmark(&["-R", "first", "list"]).env("REFMARK_REGISTRY", env.path("second")).output().unwrap();
    assert!(!models(String::from_utf8(both.stdout).unwrap()), "the option wins over the variable");
}

#[test]
fn without_any_registry_the_error_says_how_to_get_one() {
    let env = TestEnvironment::new();
    let error = env.fails(&["list"], 2, "no-registry");
    assert!(error["hint"].as_str().unwrap().contains("refmark init"), "{error:#}");
    env.write("folder/a.txt", "");
    env.fails(&["-R", "folder", "list"], 1, "not-a-registry");
}
