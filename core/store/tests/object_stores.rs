//! Object stores against real servers: PyPI's moto, and npm's s3rver, which must be refused. `./test` installs them and says in
//! REFMARK_MOTO and REFMARK_S3RVER where they are; a server that is not here is left out.

#![allow(clippy::disallowed_methods)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use refmark_engine::ports::{Cancel, Silent};
use refmark_store::blob::{Source, Store};
use refmark_store::fs::disk::{Disk, RealDisk};
use refmark_store::remote::{Address, Location, Mark, Remote, Settings};
use refmark_types::digest::Digest;
use refmark_types::error::Code;

/// A server of S3's protocol that ends with the test.
struct Server {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start(mut command: Command, port: u16, folder: tempfile::TempDir) -> Server {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Server { child: quiet.spawn().expect("the server starts"), port, _folder: folder };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// moto with an empty bucket `models`.
    fn moto() -> Option<Server> {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let mut command = Command::new(program("REFMARK_MOTO", "target/hub/bin/moto_server")?);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let server = Server::start(command, port, folder);
        server.request("PUT /models HTTP/1.1");
        Some(server)
    }

    /// s3rver, which does not know conditional writes.
    fn s3rver() -> Option<Server> {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let mut command = Command::new(program("REFMARK_S3RVER", "target/servers/node_modules/.bin/s3rver")?);
        command
            .args(["-a", "127.0.0.1", "-p", &port.to_string(), "--configure-bucket", "models", "-d"])
            .arg(folder.path());
        Some(Server::start(command, port, folder))
    }

    fn request(&self, line: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "{line}\r\nHost: 127.0.0.1:{}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", self.port)
            .unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    fn settings(&self) -> Settings {
        let set = [
            ("AWS_ACCESS_KEY_ID", "S3RVER"),
            ("AWS_SECRET_ACCESS_KEY", "S3RVER"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", &format!("http://127.0.0.1:{}", self.port)),
        ];
        let variables = set.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Settings { variables, home: None, jobs: None }
    }

    fn open(&self, address: &str, mark: Option<&Mark>, memory: Option<&Path>) -> Arc<dyn Remote> {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let location = Location::Address(Address::parse(address).unwrap());
        location.open(mark, &self.settings(), &disk, memory).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn program(variable: &str, default: &str) -> Option<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = std::env::var_os(variable).filter(|it| !it.is_empty()).map(PathBuf::from);
    assert!(named.as_ref().is_none_or(|it| it.exists()), "{variable} names nothing");
    named.or_else(|| Some(top.join(default))).filter(|it| it.exists())
}

fn mark() -> Mark {
    Mark { id: "0123".to_owned(), text: "files of a test\n".to_owned() }
}

fn ingest(dir: &Path, bytes: &[u8]) -> (Store, Digest) {
    let path = dir.join("file");
    std::fs::write(&path, bytes).unwrap();
    let store = Store::open(&dir.join("refmark"));
    let done = store.ingest(vec![Source { path, observer: None }], &Silent, &Cancel::default()).unwrap();
    (store, done[0].digest)
}

#[test]
fn s3_is_a_remote_as_every_other_kind() {
    let Some(server) = Server::moto() else { return };
    let dir = tempfile::tempdir().unwrap();
    refmark_store::testing::blob_remote::conforms(&*server.open("s3://models/team/a", None, None), dir.path());
    // Without a prefix too; what lies under another one is not seen.
    let dir = tempfile::tempdir().unwrap();
    refmark_store::testing::blob_remote::conforms(&*server.open("s3://models", None, None), dir.path());
}

#[test]
fn a_large_file_goes_and_comes_in_parts_and_is_the_same() {
    let Some(server) = Server::moto() else { return };
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..50_000_003_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (store, digest) = ingest(dir.path(), &bytes);
    let remote = server.open("s3://models/large", None, Some(&dir.path().join("uploads")));
    let pushed = store.push(&[digest], &*remote, &Silent, &Cancel::default()).unwrap();
    assert_eq!((pushed.blobs, pushed.bytes), (1, bytes.len() as u64));
    assert_eq!(std::fs::read_dir(dir.path().join("uploads")).unwrap().count(), 0, "nothing is left to go on from");
    assert_eq!(store.push(&[digest], &*remote, &Silent, &Cancel::default()).unwrap().were_there, 1);
    let empty = Store::open(&dir.path().join("other"));
    let fetched = empty.fetch_absent(&[digest], &[remote], &Silent, &Cancel::default()).unwrap();
    assert_eq!(fetched.bytes, bytes.len() as u64);
    assert!(empty.read(&digest, u64::MAX).unwrap() == bytes);
}

#[test]
fn a_place_is_adopted_once_it_keeps_what_is_there_and_is_known_again_by_its_mark() {
    let Some(server) = Server::moto() else { return };
    let remote = server.open("s3://models/marked", None, None);
    let adopted = remote.adopt(&mark()).unwrap();
    assert!(adopted.marked && adopted.warnings.is_empty(), "{adopted:?}");
    assert!(remote.adopt(&mark()).unwrap().marked, "a second time it is there already");
    assert_eq!(remote.marks().unwrap(), ["0123"]);
    let mut blobs = 0;
    remote
        .list(&mut |_| {
            blobs += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(blobs, 0, "neither the mark nor the probe is a blob");
    server.open("s3://models/marked", Some(&mark()), None).ready().unwrap();
    // A bucket that was made again, or another prefix: nothing in it reads as absent, and nothing is sent there.
    let other = server.open("s3://models/elsewhere", Some(&mark()), None);
    assert_eq!(other.ready().unwrap_err().code, Code::Io);
    assert_eq!(other.has(&Digest::of(b"x")).unwrap_err().code, Code::Io);
    let gone = server.open("s3://no-such-bucket/p", None, None);
    let error = gone.adopt(&mark()).unwrap_err();
    assert!(
        error.message.contains("s3://no-such-bucket/p") && error.message.contains("NoSuchBucket"),
        "{}",
        error.message
    );
}

#[test]
fn a_server_that_overwrites_without_a_word_is_refused_by_name() {
    let Some(server) = Server::s3rver() else { return };
    let error = server.open("s3://models/p", None, None).adopt(&mark()).unwrap_err();
    assert_eq!(error.code, Code::Unsupported);
    assert!(error.message.contains("s3://models/p does not keep what is there"), "{}", error.message);
    let mut blobs = 0;
    server
        .open("s3://models", None, None)
        .list(&mut |_| {
            blobs += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(blobs, 0, "and nothing is left there");
}

#[test]
fn a_server_that_is_not_there_is_unreachable_and_no_secret_is_told() {
    let port = free_port();
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIDTOLD"),
        ("AWS_SECRET_ACCESS_KEY", "SECRETTOLD"),
        ("AWS_SESSION_TOKEN", "TOKENTOLD"),
    ];
    let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let settings = Settings { variables, home: None, jobs: None };
    assert!(!format!("{settings:?}").contains("TOLD"));
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let address = format!("s3://models/p?endpoint=http://127.0.0.1:{port}&region=x");
    let remote = Location::Address(Address::parse(&address).unwrap()).open(None, &settings, &disk, None).unwrap();
    let cancel = Cancel::default();
    let stopped = cancel.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        stopped.stop();
    });
    // Tried again for a while, until somebody wishes to stop.
    let mut arrived = refmark_store::testing::blob_remote::Arrived::default();
    let error = remote.fetch(&Digest::of(b"x"), &mut arrived, 10, &cancel).unwrap_err();
    assert!(matches!(error.code, Code::Cancelled | Code::Unreachable), "{error:?}");
    assert!(!format!("{error:?}").contains("TOLD"), "{error:?}");
}

/// A web server of the simplest kind, over a copied store: whole files, no parts, no listings.
fn simple_web_server(folder: PathBuf) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let mut words = head.split(' ');
            let (verb, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let found = std::fs::read(folder.join(path.trim_start_matches("/files/"))).ok();
            let (status, body) = match (verb, found) {
                ("GET" | "HEAD", Some(body)) => ("200 OK", body),
                ("GET" | "HEAD", None) => ("404 Not Found", Vec::new()),
                _ => ("405 Method Not Allowed", Vec::new()),
            };
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            if verb == "GET" {
                let _ = stream.write_all(&body);
            }
        }
    });
    port
}

#[test]
fn a_store_that_was_copied_behind_a_web_server_is_a_remote_for_reading() {
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..20_000_001_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (store, digest) = ingest(dir.path(), &bytes);
    let port = simple_web_server(store.blobs().to_owned());
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let address = Address::parse(&format!("http://127.0.0.1:{port}/files")).unwrap();
    let remote = Location::Address(address).open(None, &Settings::default(), &disk, None).unwrap();
    let adopted = remote.adopt(&mark()).unwrap();
    assert!(!adopted.marked && adopted.warnings[0].contains("for reading"), "{adopted:?}");
    assert_eq!(remote.has(&digest).unwrap(), Some(bytes.len() as u64));
    assert_eq!(remote.has(&Digest::of(b"other")).unwrap(), None);
    let as_blobs: Arc<dyn refmark_engine::ports::blob::BlobRemote> = remote.clone();
    for size in [Some(bytes.len() as u64), None] {
        let empty = Store::open(&dir.path().join(format!("to-{}", size.is_some())));
        let fetched =
            empty.fetch_absent_sized(&[(digest, size)], std::slice::from_ref(&as_blobs), &Silent, &Cancel::default());
        assert_eq!(fetched.unwrap().bytes, bytes.len() as u64);
        assert!(empty.read(&digest, u64::MAX).unwrap() == bytes);
    }
    let refused = remote.store(&digest, &store.place_of(&digest), &Silent, &Cancel::default());
    assert_eq!(refused.unwrap_err().code, Code::ReadOnly);
}
