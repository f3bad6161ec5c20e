//! Reading ahead of a long walk: while commits are judged one after the other, the next ones' files are read, parsed and
//! their signatures verified on the other cores. Nothing of what is found rests on what was judged.

use std::sync::Mutex;

use crate::registry::Registry;
use refmark_engine::landing::Verdict;
use refmark_engine::parsed_object::{Keys, ParsedObject, keys_of};
use refmark_engine::snapshot::{Change, History, Mode};
use refmark_engine::verify::Verifier;
use refmark_records::layout::{Place, number_in_name};
use refmark_records::policy::{POLICY_LIMIT, Policy};
use refmark_store::fs::parallel::{cores, for_each, locked};
use refmark_types::canonical::MANIFEST_LIMIT;
use refmark_types::error::Result;
use refmark_types::oid::Oid;

/// A walk of fewer commits is not worth threads.
const WORTH_IT: usize = 64;
/// So many commits, or files, are read ahead at a time.
const COMMITS: usize = 256;
const FILES: usize = 4096;

/// What was read of the next commits.
#[derive(Default)]
struct Read {
    /// What each changed.
    changes: Vec<Vec<Change>>,
    known: Vec<(Oid, ParsedObject)>,
}

impl Registry {
    /// Walks to the end, and tells of each commit before the next is judged.
    pub(crate) fn walk_ahead(
        &self,
        verifier: &mut Verifier<'_>,
        mut each: impl FnMut(&mut Verifier<'_>, Verdict) -> Result<()>,
    ) -> Result<()> {
        if verifier.remaining() < WORTH_IT || cores() < 2 {
            while let Some(verdict) = verifier.step()? {
                each(verifier, verdict)?;
            }
            return Ok(());
        }
        let keys = self.hinted_keys(verifier.remaining_commits().last());
        let commits: Vec<Oid> = verifier.remaining_commits().collect();
        let mut rest = commits.as_slice();
        std::thread::scope(|scope| {
            let mut reading = Some(scope.spawn(|| self.read_ahead(rest, &keys)));
            while let Some(thread) = reading.take() {
                // An error of the thread is not ours to tell: the walk meets it itself, in its turn.
                let read = thread.join().ok().and_then(Result::ok).unwrap_or_default();
                rest = rest.get(read.changes.len()..).unwrap_or_default();
                if !rest.is_empty() && !read.changes.is_empty() {
                    let next = rest;
                    let keys = &keys;
                    reading = Some(scope.spawn(move || self.read_ahead(next, keys)));
                }
                for (oid, known) in read.known {
                    verifier.objects().add_parsed(oid, known);
                }
                for changes in &read.changes {
                    if let Some(verdict) = verifier.step_with(changes)? {
                        each(verifier, verdict)?;
                    }
                }
            }
            while let Some(verdict) = verifier.step()? {
                each(verifier, verdict)?;
            }
            Ok(())
        })
    }

    fn read_ahead(&self, commits: &[Oid], keys: &Keys) -> Result<Read> {
        let mut read = Read::default();
        let mut files = Vec::new();
        for commit in commits.iter().take(COMMITS) {
            // What cannot be judged the walk itself passes over, or tells of.
            let Ok(changes) = self.repo.changes(*commit) else { break };
            let new =
                changes.iter().filter_map(|it| it.new.filter(|(mode, _)| *mode == Mode::File).zip(Some(&it.path)));
            files.extend(new.map(|((_, oid), path)| (path.clone(), oid)));
            read.changes.push(changes);
            if files.len() >= FILES {
                break;
            }
        }
        let known = Mutex::new(Vec::with_capacity(files.len()));
        for_each(cores(), &files, |(path, oid)| {
            // What cannot be loaded is told by the walk.
            let found =
                self.repo.load(*oid, MANIFEST_LIMIT).ok().and_then(|bytes| ParsedObject::of(path, &bytes, keys));
            locked(&known).extend(found.map(|known| (*oid, known)));
            Ok(())
        })?;
        read.known = known.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(read)
    }

    /// The keys of the newest policy in a commit's tree, whatever it is worth: a signature that one of them made is one.
    fn hinted_keys(&self, commit: Option<Oid>) -> Keys {
        let policy = || -> Option<Policy> {
            let snapshot = self.repo.snapshot(commit?).ok()?;
            let names = snapshot.list("policy").ok()?;
            let newest = names.iter().filter_map(|entry| number_in_name(&entry.name, "")).max()?;
            let entry = snapshot.find(&Place::PolicyText(newest).path()).ok()??;
            Policy::parse(std::str::from_utf8(&snapshot.load(entry.oid, POLICY_LIMIT).ok()?).ok()?).ok()
        };
        policy().map(|policy| keys_of(&policy)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Package;
    use crate::tests::{key, model, registry};
    use crate::write::transaction::identity;
    use refmark_engine::plan::PromoteRequest;
    use refmark_engine::ports::store::{NewCommit, RecordStore};
    use refmark_types::name::{AliasName, PrincipalId};
    use refmark_types::time::Timestamp;

    /// Lands a root that the founder did not sign as it stands.
    fn forge(registry: &Registry) {
        let head = registry.head().unwrap();
        let snapshot = registry.repo.snapshot(head).unwrap();
        let root = snapshot.find("trust/0001.json").unwrap().unwrap();
        let text = String::from_utf8(snapshot.load(root.oid, MANIFEST_LIMIT).unwrap()).unwrap();
        let who = identity(&PrincipalId::parse("eve").unwrap());
        let change = NewCommit {
            parents: vec![head],
            files: vec![("trust/0002.json".to_owned(), text.replacen("ada", "eve", 1).into_bytes())],
            removals: Vec::new(),
            message: "a root of somebody else".to_owned(),
            author: who.clone(),
            committer: who,
            time: Timestamp::from_unix(1_800_000_000),
            sign: None,
        };
        let commit = registry.repo.write(&change).unwrap();
        registry.repo.move_branch(registry.branch(), Some(head), commit).unwrap();
    }

    #[test]
    fn a_walk_that_reads_ahead_finds_what_a_walk_commit_by_commit_finds() {
        let home = tempfile::tempdir().unwrap();
        let key = key(1);
        let writer = &key;
        let registry = registry(home.path(), &key);
        for n in 1..=2 {
            let file = home.path().join(format!("{n}.json"));
            std::fs::write(&file, format!("{{\"n\": {n}}}")).unwrap();
            registry.write(writer).register(&Package::new(model("line"), vec![file]).unwrap()).unwrap();
        }
        for n in 0..WORTH_IT as u64 + 6 {
            if n == 40 {
                forge(&registry);
            }
            let request = PromoteRequest {
                model: model("line"),
                alias: AliasName::parse("champion").unwrap(),
                version: n % 2 + 1,
                reason: "better".to_owned(),
                expect: None,
                evidence: Vec::new(),
            };
            registry.write(writer).promote(&request).unwrap();
        }
        let head = registry.head().unwrap();
        let start = || Verifier::from_the_start(&registry.repo, head, None).unwrap();
        let mut alone = start();
        while alone.step().unwrap().is_some() {}
        let mut ahead = start();
        let mut seen = 0;
        registry
            .walk_ahead(&mut ahead, |_, _| {
                seen += 1;
                Ok(())
            })
            .unwrap();
        let kept = |verifier: Verifier<'_>| serde_json::to_value(verifier.finish().unwrap().remember()).unwrap();
        let (alone, ahead) = (kept(alone), kept(ahead));
        assert_eq!(alone, ahead);
        assert_eq!((seen, alone["inert"].as_array().map(Vec::len)), (WORTH_IT + 10, Some(1)));
    }
}
