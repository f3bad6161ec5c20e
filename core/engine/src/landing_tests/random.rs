//! Random histories once more, for what the oracle's judge does not know: commits that nobody can judge, the taint of lost
//! keys, and hosts that show another order of the same commits.

use super::oracle::history;
use super::unjudgeable::Boundless;
use super::*;
use crate::snapshot::first_parents;
use crate::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_records::statement::{Predicate, Record};

/// A small number that follows from a seed.
fn pick(seed: u64, of: usize) -> usize {
    (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) as usize % of.max(1)
}

#[test]
fn with_commits_that_nobody_can_judge_the_judge_and_the_naive_one_agree() {
    let (mut passed, mut files) = (0, 0);
    for seed in 2000..2080 {
        let mut teller = history(seed);
        // The first commits found the registry; all others may be beyond every bound.
        let chain = teller.chain.clone();
        let wild = [chain[2 + pick(seed, chain.len() - 2)], chain[2 + pick(seed ^ 77, chain.len() - 2)]];
        let restored =
            teller.scene.git.put_tree_of(&[chain[chain.len() - 1]], chain[chain.len() - 1], teller.scene.tick());
        teller.chain.push(restored);
        let naive = naive::judge(&teller.scene.git, restored, &wild);
        let history = Boundless(&teller.scene.git, wild.to_vec());
        let mut verifier = Verifier::from_the_start(&history, restored, None).unwrap();
        let mut commits = Vec::new();
        verifier
            .run(|verdict| {
                commits.push((verdict.commit, verdict.bad.is_none()));
                Ok(())
            })
            .unwrap();
        let verified = verifier.finish().unwrap();
        assert_eq!(commits, naive.good, "seed {seed}: good and bad commits");
        let state = verified.state().added();
        for path in state.keys().chain(naive.state.keys()) {
            assert_eq!(state.get(path), naive.state.get(path), "seed {seed}: {path}");
        }
        passed += wild.len();
        files += state.len();
    }
    assert!(passed > 100 && files > 500, "{passed} commits passed over, {files} files in effect");
}

/// What took effect, and where on the chain, of a history from its start; and the paths that are tainted.
struct Landed {
    at: BTreeMap<String, usize>,
    records: BTreeMap<String, std::sync::Arc<Record>>,
    tainted: Vec<String>,
    /// The keys that the newest policy distrusts, each with the place of its `since`.
    lost: Vec<(String, usize)>,
    /// Whether any policy that took effect distrusts a key.
    distrusted: bool,
}

fn landed(git: &MemoryHistory, head: Oid) -> Landed {
    let mut verifier = Verifier::from_the_start(git, head, None).unwrap();
    let (mut at, mut places, mut oids) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    verifier
        .run(|verdict| {
            let n = places.len();
            places.insert(verdict.commit, n);
            for (path, oid) in verdict.effects.iter().flat_map(|effect| &effect.files) {
                at.insert(path.clone(), n);
                oids.insert(path.clone(), *oid);
            }
            Ok(())
        })
        .unwrap();
    let verified = verifier.finish().unwrap();
    let signed = |path: &str| !matches!(Place::parse(path), None | Some(Place::PolicyText(_) | Place::Document(..)));
    let records: BTreeMap<_, _> = oids
        .iter()
        .filter(|(path, _)| signed(path))
        .map(|(path, oid)| (path.clone(), verified.objects.record(*oid).unwrap()))
        .collect();
    let reader = StateReader(verified.state());
    let newest = reader.newest_policy().unwrap();
    let lost = newest.iter().flat_map(|(policy, _)| &policy.distrust);
    let lost = lost.map(|it| (it.key.to_string(), places[&it.since])).collect();
    let mut policies = oids.iter().filter(|(path, _)| matches!(Place::parse(path), Some(Place::PolicyText(_))));
    let distrusted = policies.any(|(_, oid)| !verified.objects.policy(*oid).unwrap().distrust.is_empty());
    let tainted = verified.walk.tainted().iter().filter(|path| at.contains_key(*path)).cloned().collect();
    Landed { at, records, tainted, lost, distrusted }
}

#[test]
fn on_random_histories_what_a_lost_key_signed_and_what_rests_on_it_is_tainted_and_nothing_before() {
    let (mut with, mut tainted, mut rested) = (0, 0, 0);
    for seed in 3000..3120 {
        let mut teller = history(seed);
        // Most histories end with a policy that distrusts a key; some have one of their own.
        if pick(seed, 8) > 0 {
            let since = teller.chain[1 + pick(seed ^ 3, teller.chain.len() / 4)];
            teller.distrust(["ada", "ada", "dan", "bot"][pick(seed ^ 9, 4)], since);
        }
        let seen = landed(&teller.scene.git, *teller.chain.last().unwrap());
        let is_tainted = |path: &str| seen.tainted.iter().any(|it| it == path);
        if !seen.distrusted {
            assert!(seen.tainted.is_empty(), "seed {seed}: nothing is distrusted, and {:?} is tainted", seen.tainted);
            continue;
        }
        with += 1;
        tainted += seen.tainted.len();
        for (path, record) in &seen.records {
            let lost = |key: &str| seen.lost.iter().any(|(id, since)| id == key && seen.at[path] > *since);
            if record.signatures.iter().any(|it| lost(&it.keyid.to_string())) {
                assert!(is_tainted(path), "seed {seed}: {path} was signed by a lost key");
            }
            // What an answer rests on: the version of an alias, and the change of an approval.
            if let Predicate::Alias(moved) = record.predicate()
                && let Some(to) = moved.to
            {
                let version = Place::Version(moved.model.clone(), to.version).path();
                rested += usize::from(is_tainted(&version));
                assert!(!is_tainted(&version) || is_tainted(path), "seed {seed}: {path} rests on {version}");
            }
            if let Predicate::Approval(approval) = record.predicate()
                && record.signatures.iter().any(|it| lost(&it.keyid.to_string()))
            {
                for (path, _) in seen.records.iter().filter(|(_, of)| of.digest() == approval.statement) {
                    assert!(is_tainted(path), "seed {seed}: {path} was approved by a lost key");
                }
            }
        }
        if let Some(first) = seen.lost.iter().map(|(_, since)| *since).min() {
            let newest_alone = seen.records.keys().filter(|path| path.starts_with("policy/")).count();
            let early = seen.tainted.iter().find(|path| seen.at[*path] <= first);
            // An earlier policy may have distrusted from further back: its taint stays.
            assert!(early.is_none() || newest_alone > 2, "seed {seed}: {early:?} stood at the since");
        }
    }
    eprintln!("{with} histories with a distrust, {tainted} records tainted, {rested} aliases rest on such");
    assert!(
        with > 25 && tainted > 50 && rested > 1,
        "{with} with a distrust, {tainted} tainted, {rested} rest on such"
    );
}

#[test]
fn on_random_histories_a_reader_takes_a_head_only_if_its_own_is_on_that_heads_first_parents() {
    let (mut taken, mut refused) = (0, 0);
    for seed in 4000..4030 {
        let teller = history(seed);
        let git = &teller.scene.git;
        let chain = &teller.chain;
        let at = chain[1 + pick(seed, chain.len() - 1)];
        let head = *chain.last().unwrap();
        let mut first = Verifier::from_the_start(git, at, None).unwrap();
        first.run(|_| Ok(())).unwrap();
        let Some(remembered) = first.finish().unwrap().remember() else { continue };
        // What a host may show: the branch, an older head, the same commits in another order, a merge that drops what was seen.
        let older = chain[pick(seed ^ 5, chain.len())];
        let reordered = git.put_tree_of(&[older, head], head, teller.scene.tick());
        let dropped = git.put_tree_of(&[older, head], older, teller.scene.tick());
        for shown in [head, older, reordered, dropped] {
            let behind = first_parents(git, shown, None).unwrap().unwrap();
            let resumed = Verifier::resume(git, shown, &remembered);
            let is_on = behind.contains(&remembered.head);
            match (&resumed, is_on) {
                (Ok(_), true) => taken += 1,
                (Err(error), false) => {
                    assert_eq!(error.code, Code::HistoryRewritten, "seed {seed}: {error}");
                    refused += 1;
                }
                (Ok(_), false) => panic!("seed {seed}: {shown} has not {at} on its first parents, and is taken"),
                (Err(error), true) => panic!("seed {seed}: {shown} goes on from {at}, and is refused: {error}"),
            }
        }
    }
    assert!(taken > 20 && refused > 20, "{taken} taken, {refused} refused");
}
