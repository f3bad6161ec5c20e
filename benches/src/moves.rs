//! Long histories: signed moves, written as one stream for `git fast-import`, so that a hundred thousand commits take a
//! minute and one pack.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Command, Stdio};

use refmark_core::engine::ports::signer::sign_statement;
use refmark_core::engine::snapshot::History;
use refmark_core::records::alias::{AliasMove, Target};
use refmark_core::records::layout::Place;
use refmark_core::records::statement::{Record, Statement};
use refmark_core::types::digest::{ArtifactId, Digest};
use refmark_core::types::name::{AliasName, PrincipalId};
use refmark_core::types::oid::Oid;
use refmark_core::types::time::Timestamp;
use refmark_core::{Registry, grown};

/// Over so many aliases the moves are spread, in turn: `line@moved-00` and on.
pub const MOVED_ALIASES: usize = 100;

/// After so many commits the signer has seen the newest one: a statement's `base` is that close to it, as it is with people.
const SEEN_EVERY: usize = 16;

/// Adds so many commits, each with one move between `line/1` and `line/2`.
pub fn many_moves(registry: &Registry, commits: usize) {
    let mut git = Command::new("git");
    git.arg("-C").arg(registry.git_dir()).args(["fast-import", "--quiet", "--done", "--force"]);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = git.spawn().expect("git is installed");
    let mut out = BufWriter::new(child.stdin.take().expect("it is piped"));
    let mut told = BufReader::new(child.stdout.take().expect("it is piped"));
    write_moves(registry, commits, &mut out, &mut told).expect("git reads");
    out.write_all(b"done\n").and_then(|()| out.flush()).expect("git reads");
    drop(out);
    assert!(child.wait().expect("git ends").success());
}

fn write_moves(
    registry: &Registry,
    commits: usize,
    out: &mut impl Write,
    told: &mut impl BufRead,
) -> std::io::Result<()> {
    let key = super::key();
    let mut base = registry.read().head().expect("it has a head");
    let targets = [1, 2].map(|version| Target { version, artifact: artifact_of(registry, version) });
    let mut before: Vec<Option<Digest>> = vec![None; MOVED_ALIASES];
    for n in 0..commits {
        let (alias, sequence) = (n % MOVED_ALIASES, (n / MOVED_ALIASES) as u64 + 1);
        let name = AliasName::parse(&format!("moved-{alias:02}")).expect("it is a name");
        let line = grown::line().expect("it is a name");
        let path = Place::Alias(line.clone(), name.clone(), sequence).path();
        let time = 1_800_100_000 + n as i64;
        let statement = Statement::new(AliasMove {
            model: line,
            alias: name,
            sequence,
            from: (sequence > 1).then(|| targets[sequence as usize % 2]),
            to: Some(targets[(sequence as usize + 1) % 2]),
            reason: "a move of a benchmark".to_owned(),
            by: PrincipalId::parse("ada").expect("it is a name"),
            time: Timestamp::from_unix(time),
            evidence: Vec::new(),
            bytes_present: false,
            previous: before[alias],
            base: Some(base),
            path: path.clone(),
            registry: registry.id(),
        });
        let signature = sign_statement(&key, &statement.canonical().expect("it prints")).expect("it signs");
        let record = Record::new(statement, vec![signature]).expect("it is a record");
        before[alias] = Some(record.digest());
        let text = record.print().expect("it prints");
        write!(out, "commit refs/heads/main\nmark :1\ncommitter ada <> {time} +0000\ndata 8\npromote\n")?;
        if n == 0 {
            writeln!(out, "from {base}")?;
        }
        write!(out, "M 100644 inline {path}\ndata {}\n{text}\n", text.len())?;
        if n % SEEN_EVERY == SEEN_EVERY - 1 {
            out.write_all(b"get-mark :1\n")?;
            out.flush()?;
            let mut id = String::new();
            told.read_line(&mut id)?;
            base = Oid::parse(id.trim()).expect("git says an id");
        }
    }
    Ok(())
}

fn artifact_of(registry: &Registry, version: u64) -> ArtifactId {
    let line = grown::line().expect("it is a name");
    let view = registry.read().view().expect("it is good");
    let found = view.facts().and_then(|facts| facts.version(&line, version)).expect("it can be read");
    let _ = registry.repo().commit(view.head).expect("the head is here");
    found.expect("the line has it").artifact
}
