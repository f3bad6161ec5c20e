//! The index answers what the records themselves answer, whatever happened to the branch.

mod by_records;
mod steps;

use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::read::list::{models_of, versions_of};
use crate::tests::{key, model, world};
use crate::write::transition::{artifacts, holders};
use crate::{DetailRequest, InitRequest, ModelDetail, Package};
use refmark_engine::plan::{self, AboutRequest, EvidenceRequest, PromoteRequest, RollbackRequest, StageRequest};
use refmark_engine::plan::{Author, Plan};
use refmark_engine::policy::one_person_policy;
use refmark_engine::ports::signer::{Signer, sign_statement};
use refmark_engine::ports::store::{Identity, NewCommit, RecordStore};
use refmark_engine::state_reader::StateReader;
use refmark_query::answer::detail::{model_details, version_details};
use refmark_query::answer::search::Corpus;
use refmark_query::index::{Comparison, MetricBound, MoveRow, SearchRequest, TagFilter};
use refmark_records::evidence::Verdict;
use refmark_records::layout::Place;
use refmark_records::statement::{Record, Statement};
use refmark_records::trust::TrustState;
use refmark_records::version::{Label, Stage};
use refmark_store::git::Format;
use refmark_store::key::HeldKey;
use refmark_store::testing::disk::FaultyDisk;
use refmark_types::canonical::{FreeJson, FreeMap};
use refmark_types::name::{AliasName, EntryId, PrincipalId};

use steps::{Bench, Step, steps};

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_index_answers_what_the_records_do_whatever_happens_to_the_branch(steps in steps()) {
        let mut bench = Bench::new();
        for step in &steps {
            bench.take(step);
        }
        bench.compare();
        // An index that was made at once says the same as one that followed.
        bench.registry.maintain().index_rebuild().unwrap();
        bench.compare();
    }
}

fn some() -> Bench {
    let mut bench = Bench::new();
    for n in 0..3 {
        bench.take(&Step::Register { model: 0, text: n });
    }
    bench.take(&Step::Promote { model: 0, alias: 0, version: 0 });
    bench.take(&Step::Promote { model: 0, alias: 0, version: 1 });
    bench.take(&Step::Describe { model: 0, text: 1, hidden: false });
    bench
}

#[test]
fn a_move_that_waited_is_dated_by_the_commit_in_which_it_took_effect() {
    let mut bench = some();
    bench.take(&Step::Pend { model: 0, version: 0 });
    let brought = bench.registry.head().unwrap();
    bench.take(&Step::Junk(1));
    bench.take(&Step::Attach { model: 0, version: 0, value: 1 });
    let evidence = bench.registry.head().unwrap();
    bench.take(&Step::Junk(2));
    let view = bench.registry.view().unwrap();
    let guarded = AliasName::parse("guarded").unwrap();
    let moves = bench.registry.read().log(&view, Some(&model("sentiment")), Some(&guarded)).unwrap().moves;
    assert_eq!(moves.len(), 1);
    assert_ne!(moves[0].commit, Some(brought));
    assert_eq!(moves[0].commit, Some(evidence));
    // Where the commit is found by halving the chain, it is the same one: it was the one that brought the record.
    drop(view);
    bench.compare();
}

#[test]
fn a_damaged_index_is_made_again_without_a_word() {
    let bench = some();
    bench.compare();
    let path = bench.registry.index_path();
    let wal = format!("{}-wal", path.display());
    for damage in
        [b"not a database at all, and long enough to be looked at as one".repeat(200), Vec::new(), vec![0; 100]]
    {
        // As another process finds it.
        let registry = Registry::open(bench.registry.path(), bench.registry.world().clone()).unwrap();
        *bench.registry.index.held() = Held::Closed;
        std::fs::write(&path, damage).unwrap();
        let _ = std::fs::remove_file(&wal);
        let view = registry.view().unwrap();
        assert_eq!(registry.read().list_versions(&view, &model("sentiment")).unwrap().len(), 3);
        assert!(registry.maintain().index_status().unwrap().current);
    }
    // Damage in the middle, which only a question meets.
    bench.compare();
    *bench.registry.index.held() = Held::Closed;
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in bytes.iter_mut().skip(8192) {
        *byte ^= 0x5a;
    }
    std::fs::write(&path, bytes).unwrap();
    let _ = std::fs::remove_file(&wal);
    bench.compare();
}

#[test]
fn an_index_of_another_schema_is_dropped() {
    let bench = some();
    bench.compare();
    *bench.registry.index.held() = Held::Closed;
    let other = rusqlite::Connection::open(bench.registry.index_path()).unwrap();
    other.execute_batch("PRAGMA user_version = 999; DROP TABLE versions").unwrap();
    drop(other);
    bench.compare();
}

#[test]
fn a_view_of_an_older_head_is_not_answered_from_a_newer_index() {
    let mut bench = some();
    let old = bench.registry.head().unwrap();
    bench.compare();
    bench.take(&Step::Register { model: 0, text: 9 });
    bench.compare();
    let champion = AliasName::parse("champion").unwrap();
    // The reader remembers the newer head; then it remembers none.
    for forgets in [false, true] {
        if forgets {
            std::fs::remove_dir_all(bench.registry.own_folder()).unwrap();
        }
        let view = bench.registry.view_of(old).unwrap();
        assert_eq!(bench.registry.read().list_versions(&view, &model("sentiment")).unwrap().len(), 3);
        assert_eq!(
            bench.registry.read().log(&view, Some(&model("sentiment")), Some(&champion)).unwrap().moves.len(),
            2
        );
    }
}

#[test]
fn several_readers_catch_up_at_once() {
    let mut bench = some();
    for n in 10..16 {
        bench.take(&Step::Register { model: 1, text: n });
    }
    let path = bench.registry.path().to_owned();
    let world = bench.registry.world().clone();
    let counts: Vec<usize> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let registry = Registry::open(&path, world.clone()).unwrap();
                    let view = registry.view().unwrap();
                    registry.read().search(&view, &SearchRequest::default()).unwrap().found.len()
                })
            })
            .collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(counts, [9; 6]);
    bench.compare();
}

#[test]
fn a_reader_of_an_older_head_leaves_the_index_of_the_newer_one_alone() {
    let mut bench = some();
    let old = bench.registry.head().unwrap();
    bench.take(&Step::Register { model: 0, text: 9 });
    bench.compare();
    let path = bench.registry.index_path();
    let mut index = Index::open(&path).unwrap();
    let before = index.walked().unwrap();
    bench.registry.catch_up(&mut index, old, None).unwrap();
    assert_eq!((index.walked().unwrap(), before), (before, Some(bench.registry.head().unwrap())));
}

#[test]
fn where_no_index_can_be_made_the_records_answer() {
    let bench = some();
    // A folder in the index's place: nobody can write there, root included.
    std::fs::create_dir_all(bench.registry.index_path()).unwrap();
    let view = bench.registry.view().unwrap();
    assert_eq!(bench.registry.indexed(&view, |_| Ok(())).unwrap(), None);
    assert_eq!(bench.registry.read().list_versions(&view, &model("sentiment")).unwrap().len(), 3);
    let request = SearchRequest { text: Some("reviews".to_owned()), ..SearchRequest::default() };
    assert_eq!(bench.registry.read().search(&view, &request).unwrap().found.len(), 3);
}

#[test]
fn an_index_that_somebody_else_could_have_written_is_not_asked() {
    use std::os::unix::fs::PermissionsExt;
    let bench = some();
    bench.compare();
    let own = bench.registry.own_folder();
    assert!(own.join("index.sqlite").is_file() && !own.starts_with(bench.registry.git_dir()));
    *bench.registry.index.held() = Held::Closed;
    let liar = rusqlite::Connection::open(bench.registry.index_path()).unwrap();
    liar.execute_batch("DELETE FROM versions WHERE version > 1").unwrap();
    drop(liar);
    // What lies in the registry's own folder is nobody's word.
    let planted = bench.registry.work_folder().join("index.sqlite");
    std::fs::copy(own.join("index.sqlite"), planted).unwrap();
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert_ne!(bench.registry.own_folder(), own, "a folder that others can write is not this reader's own");
    bench.compare();
    let view = bench.registry.view().unwrap();
    assert_eq!(bench.registry.read().list_versions(&view, &model("sentiment")).unwrap().len(), 3);
}
