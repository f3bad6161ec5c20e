//! The real programs, each in an environment of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// A command that sees `home` and nothing of the machine's or the user's configuration.
pub(super) fn tool(name: &str, home: &Path) -> Command {
    let mut command = Command::new(name);
    command.env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", home).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").current_dir(home);
    command
}

fn missing(command: &Command) -> String {
    let name = command.get_program().to_string_lossy().into_owned();
    let package = match name.as_str() {
        "git" => "git",
        "openssl" => "openssl",
        _ => "openssh-client",
    };
    format!("this test needs the program {name}: install the Debian package {package}")
}

/// Runs a command with these bytes as its input.
pub(super) fn feed(command: &mut Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", missing(command)));
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// Runs a command that must succeed; what it printed, standard output first.
pub(super) fn run(command: &mut Command, input: &[u8]) -> String {
    let output = feed(command, input);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed: {out}{err}");
    format!("{out}{err}")
}

/// Makes a key with ssh-keygen.
pub(super) fn keygen(home: &Path, path: &Path, arguments: &[&str]) {
    run(tool("ssh-keygen", home).args(["-q", "-C", "made by ssh-keygen", "-f"]).arg(path).args(arguments), b"");
}

/// A real ssh-agent, ended with the test.
pub(super) struct Agent {
    child: Child,
    pub(super) socket: PathBuf,
}

impl Agent {
    pub(super) fn start(home: &Path) -> Agent {
        let socket = home.join("agent");
        let mut command = tool("ssh-agent", home);
        command.arg("-D").arg("-a").arg(&socket).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", missing(&command)));
        let agent = Agent { child, socket };
        for _ in 0..500 {
            if std::os::unix::net::UnixStream::connect(&agent.socket).is_ok() {
                return agent;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("ssh-agent did not open its socket within five seconds");
    }

    pub(super) fn add(&self, home: &Path, key: &Path) {
        run(tool("ssh-add", home).env("SSH_AUTH_SOCK", &self.socket).arg("-q").arg(key), b"");
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
