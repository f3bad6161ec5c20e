//! What of a user's Git reaches the children that refmark starts: every row of the table, seen by a `git` that writes down
//! what it is given.

use std::os::unix::fs::PermissionsExt;

use refmark_core::store::git::settings::{Row, Source, TABLE, Treatment};

use crate::environment::TestEnvironment;

/// A clone, and a `git` before the real one that writes down the settings and variables of its fetches and repacks.
fn watched() -> TestEnvironment {
    let env = TestEnvironment::with_models();
    env.ok(&["clone", "models", "copy"]);
    let script = format!(
        "#!/bin/sh\nfor it in \"$@\"; do case $it in fetch|repack)\n  {{ env | grep ^GIT_; cat \"$GIT_CONFIG_GLOBAL\"; }} >> {}; esac; \
         done\nPATH=/usr/local/bin:/usr/bin:/bin exec git \"$@\"\n",
        env.path("seen").display()
    );
    env.write("bin/git", script);
    std::fs::set_permissions(env.path("bin/git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    env
}

/// What a child saw that could use a network, and one that could not.
fn seen(env: &TestEnvironment, variables: &[(String, String)]) -> [String; 2] {
    [["-R", "copy", "fetch"], ["-R", "copy", "gc"]].map(|words| {
        let _ = std::fs::remove_file(env.path("seen"));
        let mut command = env.refmark(&words);
        command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", env.path("bin").display()));
        command.env("GIT_CONFIG_GLOBAL", env.path("users-gitconfig"));
        command.envs(variables.iter().cloned());
        let ran = command.output().unwrap();
        assert!(ran.status.success(), "{words:?} {variables:?}: {}", String::from_utf8_lossy(&ran.stderr));
        std::fs::read_to_string(env.path("seen")).unwrap()
    })
}

fn check(row: &Row, [network, local]: &[String; 2], value: &str) {
    let honoured = row.treatment == Treatment::ForNetwork;
    assert_eq!(network.contains(value), honoured, "{}: {network}", row.name);
    assert!(!local.contains(value), "{}: a child without a network saw {local}", row.name);
}

#[test]
fn a_users_settings_reach_the_children_that_the_table_says() {
    let env = watched();
    for row in TABLE.iter().filter(|row| row.from == Source::User) {
        let key = row.name.replace('*', "x");
        let mut value = format!("sample-{}", key.to_lowercase().replace('.', "-"));
        match key.as_str() {
            // Git takes no other value; that the key is handed on says enough.
            "protocol.version" => {
                env.write("users-gitconfig", "[protocol]\n\tversion = 2\n");
                value = key.to_lowercase();
            }
            // What it names is read; that it is seen says so.
            "include.path" | "includeIf.x.path" => {
                env.write("included", format!("[http]\n\tproxy = {value}\n"));
                let condition = format!("gitdir:{}/", env.work().display());
                let section =
                    if key == "include.path" { "include".into() } else { format!("includeIf \"{condition}\"") };
                let path = env.path("included").display().to_string();
                env.write("users-gitconfig", format!("[{section}]\n\tpath = {path}\n"));
            }
            _ => {
                let (section, name) = key.rsplit_once('.').unwrap();
                let section = match section.split_once('.') {
                    Some((section, sub)) => format!("{section} \"{sub}\""),
                    None => section.to_owned(),
                };
                env.write("users-gitconfig", format!("[{section}]\n\t{name} = {value}\n"));
            }
        }
        check(row, &seen(&env, &[]), &value);
    }
}

#[test]
fn variables_reach_the_children_that_the_table_says() {
    let env = watched();
    env.write("users-gitconfig", "");
    let with = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    for row in TABLE.iter().filter(|row| row.from == Source::Environment) {
        let name = row.name.replace('*', "X");
        let value = format!("sample-{}", name.to_lowercase());
        let settings = format!("[http]\n\tproxy = {value}\n");
        let variables = match name.as_str() {
            "GIT_CONFIG_COUNT" => vec![
                (name.clone(), "1".to_owned()),
                ("GIT_CONFIG_KEY_0".to_owned(), "http.proxy".to_owned()),
                ("GIT_CONFIG_VALUE_0".to_owned(), value.clone()),
            ],
            "GIT_CONFIG_PARAMETERS" => with(&name, &format!("'http.proxy'='{value}'")),
            "GIT_CONFIG_GLOBAL" => {
                env.write("other-gitconfig", settings);
                with(&name, &env.path("other-gitconfig").display().to_string())
            }
            "GIT_CONFIG_SYSTEM" => {
                env.write("other-gitconfig", settings);
                let mut both = with(&name, &env.path("other-gitconfig").display().to_string());
                both.extend(with("GIT_CONFIG_NOSYSTEM", "0"));
                both
            }
            // It takes the system's settings away, which the row before shows; and without its programs Git does nothing.
            "GIT_CONFIG_NOSYSTEM" | "GIT_EXEC_PATH" => continue,
            // What is left of file, git, http, https and ssh; never more.
            "GIT_ALLOW_PROTOCOL" => {
                let [network, local] = seen(&env, &with(&name, "file:ext:sample"));
                assert!(network.contains("GIT_ALLOW_PROTOCOL=file\n"), "{network}");
                assert!(local.contains("GIT_ALLOW_PROTOCOL=none\n"), "{local}");
                continue;
            }
            _ => with(&name, &value),
        };
        check(row, &seen(&env, &variables), &value);
    }
}
