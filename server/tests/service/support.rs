//! A service of a test: a process with a folder, a token and a port of its own, and a plain HTTP client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use refmark_core::types::digest::Digest;
use serde_json::{Value, json};

pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{}", self.text());
        assert!(self.body.ends_with(b"\n"));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The names of the fields, in the order in which they stand.
    pub fn fields(&self) -> Vec<String> {
        self.json().as_object().unwrap().keys().cloned().collect()
    }

    #[track_caller]
    pub fn is_text(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("text/plain; charset=utf-8"), "{}", self.text());
        assert!(self.body.ends_with(b"\n"));
    }

    #[track_caller]
    pub fn is_json_error(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.fields(), ["error"]);
    }
}

/// Where a service lives; outlives the process.
pub struct Home {
    pub folder: tempfile::TempDir,
    pub variables: Vec<(String, String)>,
    /// Where the service's system calls are written to, where a test wants them.
    pub trace: Option<PathBuf>,
}

impl Home {
    pub fn new() -> Home {
        let folder = tempfile::tempdir().unwrap();
        let home = Home { folder, variables: Vec::new(), trace: None };
        home.write_token(TOKEN, 0o600);
        std::fs::create_dir(home.registry()).unwrap();
        std::fs::set_permissions(home.registry(), std::fs::Permissions::from_mode(0o750)).unwrap();
        home
    }

    pub fn dev() -> Home {
        let mut home = Home::new();
        std::fs::remove_file(home.token_file()).unwrap();
        home.set("INSECURE_DEV_MODE", "true");
        home
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub fn registry(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    pub fn token_file(&self) -> PathBuf {
        self.folder.path().join("token")
    }

    pub fn integrity_file(&self) -> PathBuf {
        self.folder.path().join("integrity.json")
    }

    pub fn write_token(&self, text: &str, mode: u32) {
        std::fs::write(self.token_file(), text).unwrap();
        std::fs::set_permissions(self.token_file(), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    pub fn drop_file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.registry().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        Digest::of(bytes).hex()
    }

    pub fn command(&self) -> Command {
        let program = env!("CARGO_BIN_EXE_refmark-server");
        let mut command = match &self.trace {
            None => Command::new(program),
            Some(trace) => {
                let mut strace = Command::new("strace");
                strace.args(["-D", "-f", "-o"]).arg(trace).arg(program);
                strace
            }
        };
        let at = |name: &str| self.folder.path().join(name);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", at("home"))
            .env("REFMARK_STATE", at("state"));
        command.env("BIND_ADDR", "127.0.0.1:0").env("REGISTRY_DIR", self.registry());
        command.env("REGISTRY_LOCK_PATH", at("models.lock.yaml")).env("SERVICE_TOKEN_PATH", self.token_file());
        command.env("INTEGRITY_RESULT_PATH", self.integrity_file());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    #[track_caller]
    pub fn start(&self) -> Running {
        match self.try_start() {
            Ok(running) => running,
            Err((status, log)) => panic!("the service did not start: {status:?}\n{log}"),
        }
    }

    /// Starts the service; an error holds its exit status and its log.
    #[allow(clippy::zombie_processes, reason = "the one that runs waits when it is dropped")]
    pub fn try_start(&self) -> Result<Running, (Option<i32>, String)> {
        let mut child = self.command().spawn().map_err(|error| (None, error.to_string()))?;
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut log = String::new();
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).unwrap() == 0 {
                return Err((child.wait().unwrap().code(), log));
            }
            log.push_str(&line);
            if let Some((_, rest)) = line.split_once("listening on ") {
                let address = rest.split_whitespace().next().unwrap().to_owned();
                let more = std::thread::spawn(move || {
                    let mut rest = String::new();
                    let _ = lines.read_to_string(&mut rest);
                    rest
                });
                return Ok(Running { child, address, log, more: Some(more) });
            }
        }
    }
}

/// A running service.
pub struct Running {
    pub child: Child,
    pub address: String,
    pub log: String,
    more: Option<std::thread::JoinHandle<String>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Ends it as an operator would; its exit status and whole log.
    pub fn stop(mut self) -> (Option<i32>, String) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), rustix::process::Signal::TERM)
            .unwrap();
        let status = self.child.wait().unwrap().code();
        let rest = self.more.take().unwrap().join().unwrap();
        (status, format!("{}{rest}", self.log))
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends bytes as they are and reads the answer until the service closes.
    pub fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    pub fn ask_with(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_ask(method, target, headers, body).unwrap()
    }

    /// The same, where the service may be killed meanwhile.
    pub fn try_ask(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        parse(&bytes).ok_or_else(|| std::io::Error::other("no whole answer"))
    }

    /// Asks with the service's token.
    pub fn ask(&self, method: &str, target: &str, body: &[u8]) -> Answer {
        self.ask_with(method, target, &[("Authorization", &format!("Bearer {TOKEN}"))], body)
    }

    pub fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, b"")
    }

    pub fn post(&self, target: &str, body: &Value) -> Answer {
        self.ask("POST", target, body.to_string().as_bytes())
    }

    /// Asks about a name.
    pub fn named(&self, method: &str, path: &str, name: &str) -> Answer {
        self.ask(method, &format!("{path}?name={}", encoded(name)), b"")
    }

    pub fn acquire(&self, name: &str, filename: &str, sha256: &str) -> Answer {
        self.post("/v1/model/acquire", &json!({"name": name, "filename": filename, "sha256": sha256}))
    }

    pub fn promote(&self, name: &str, filename: &str, sha256: &str) -> Answer {
        self.post("/v1/model/promote", &promotion(name, filename, sha256))
    }

    /// Drops a file and brings it to trusted.
    #[track_caller]
    pub fn trust(&self, home: &Home, name: &str, filename: &str, bytes: &[u8]) -> String {
        let sha256 = home.drop_file(filename, bytes);
        assert_eq!(self.acquire(name, filename, &sha256).status, 201);
        assert_eq!(self.named("POST", "/v1/model/quarantine", name).status, 200);
        let promoted = self.promote(name, filename, &sha256);
        assert_eq!(promoted.status, 201, "{}", promoted.text());
        sha256
    }

    pub fn state(&self, name: &str) -> String {
        self.named("GET", "/v1/model", name).json()["state"].as_str().unwrap().to_owned()
    }
}

pub fn promotion(name: &str, filename: &str, sha256: &str) -> Value {
    json!({
        "name": name, "filename": filename, "sha256": sha256,
        "scan_results": {"modelscan": "pass"}, "scanner_versions": {"modelscan": "0.8"}, "policy_version": "7",
    })
}

pub fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let mut answer = Answer { status, headers, body: bytes[end + 4..].to_vec() };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = dechunked(&answer.body)?;
    }
    let length = answer.header("content-length").and_then(|length| length.parse::<usize>().ok()).unwrap_or_default();
    let is_cut = !answer.body.is_empty() && answer.body.len() < length;
    (!is_cut).then_some(answer)
}

fn dechunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        rest = &rest[end + 2..];
        if length == 0 {
            return Some(body);
        }
        body.extend(rest.get(..length)?);
        rest = rest.get(length + 2..)?;
    }
}

/// All files below a folder, without the registry's own.
pub fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(&at).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if name == ".refmark" {
                continue;
            }
            if path.is_dir() { folders.push(path) } else { found.push(name) }
        }
    }
    found.sort();
    found
}
