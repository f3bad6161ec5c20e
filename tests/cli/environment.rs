//! A hermetic place to run the command in: its own home, no configuration but its own, the system's programs.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use rustix::process::{Pid, kill_process, kill_process_group};
use serde_json::Value;

pub use rustix::process::Signal;

/// A home and a working folder that go when the test ends.
pub struct TestEnvironment {
    folder: tempfile::TempDir,
}

/// What a command printed, and how it ended.
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Sends a signal to a program that runs; not by the program `kill`, which a bare machine lacks.
pub fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// The same to it and all that it began, as a terminal does; it was begun with a group of its own.
pub fn send_to_group(child: &Child, signal: Signal) {
    kill_process_group(Pid::from_child(child), signal).unwrap();
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl TestEnvironment {
    /// A home without keys, and an empty working folder.
    pub fn new() -> TestEnvironment {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        TestEnvironment { folder }
    }

    /// The same with a registry in `models`, and a model `sentiment` of two versions, the first of which is champion.
    pub fn with_models() -> TestEnvironment {
        let env = TestEnvironment::new();
        env.ok(&["init", "models", "--as", "ada"]);
        env.write("one/config.json", "{\"size\": 1}\n");
        env.write("two/config.json", "{\"size\": 2}\n");
        env.ok(&["register", "sentiment", "one", "--metric", "accuracy=0.8"]);
        env.ok(&["register", "sentiment", "two", "--metric", "accuracy=0.9"]);
        env.ok(&["promote", "sentiment@champion", "1", "--reason", "first"]);
        env
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.work().join(name)
    }

    /// Writes a file in the working folder, with the folders above it.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A new ed25519 key in a file of the working folder, and its public half beside it as `.pub`.
    pub fn key(&self, name: &str) {
        let mut make = self.program("ssh-keygen");
        let made = make.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(self.path(name)).status().unwrap();
        assert!(made.success());
    }

    /// A program with this environment and nothing of the outside.
    pub fn program(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .env("HOME", self.home())
            .env("USER", "ada")
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .current_dir(self.work());
        command
    }

    /// The command itself.
    pub fn refmark(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_refmark"));
        command.args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.refmark(arguments).output().unwrap().into()
    }

    /// What a command that must succeed prints for people.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.status, 0, "refmark {}\n{}{}", arguments.join(" "), ran.stdout, ran.stderr);
        // A look that was put into a text, and then made harmless as if a stranger had written it.
        assert!(
            !["\\u{1b}[39m", "\\u{1b}[0m"].iter().any(|end| ran.stdout.contains(end)),
            "refmark {}\n{}",
            arguments.join(" "),
            ran.stdout
        );
        ran.stdout
    }

    /// What a command that must succeed prints for programs.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        serde_json::from_str(&self.ok(&arguments)).unwrap()
    }

    /// The error of a command that must fail with this status and code: for people and for programs the same.
    pub fn fails(&self, arguments: &[&str], status: i32, code: &str) -> Value {
        let said = self.run(arguments);
        assert_eq!(said.status, status, "refmark {}\n{}{}", arguments.join(" "), said.stdout, said.stderr);
        assert_eq!(said.stdout, "", "an error belongs on standard error");
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        let ran = self.run(&arguments);
        assert_eq!(ran.status, status, "refmark {}\n{}{}", arguments.join(" "), ran.stdout, ran.stderr);
        let error = serde_json::from_str::<Value>(&ran.stdout).unwrap()["error"].clone();
        assert_eq!(error["code"], code, "{error:#}");
        assert!(error["message"].is_string() && error["fields"].is_object(), "{error:#}");
        if !said.stderr.contains("try '--help'") {
            assert!(said.stderr.contains(&format!("[{code}]")), "{}", said.stderr);
        }
        error
    }

    /// What `git` prints in a folder, where it must succeed.
    pub fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let mut git = self.program("git");
        let ran: Ran = git.current_dir(self.path(folder)).args(arguments).output().unwrap().into();
        assert_eq!(ran.status, 0, "git {}\n{}{}", arguments.join(" "), ran.stdout, ran.stderr);
        format!("{}{}", ran.stdout, ran.stderr)
    }

    /// Every file below a folder of the working folder, sorted.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let top = self.path(folder);
        let mut found = Vec::new();
        let mut folders = vec![top.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                match entry.file_type().unwrap().is_dir() {
                    true => folders.push(entry.path()),
                    false => found.push(entry.path().strip_prefix(&top).unwrap().display().to_string()),
                }
            }
        }
        found.sort();
        found
    }
}

/// Whether a value has all of these keys.
pub fn has_keys(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value.get(key).is_some(), "{key} is missing in {value:#}");
    }
}
