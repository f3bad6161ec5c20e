//! Stories of people who change things at the same time, each in a clone, with the real `git` in between.

use std::path::{Path, PathBuf};

use crate::pins::tests::Stage1;
use crate::share::again::Made;
use crate::share::tests::git;
use crate::tests::{key, model, world};
use crate::*;
use refmark_engine::plan::PromoteRequest;
use refmark_engine::verify::Outcome;
use refmark_types::error::Code;
use refmark_types::hint::Next;
use refmark_types::name::AliasName;
use refmark_types::oid::Oid;
use refmark_types::reference::Reference;

impl Stage1 {
    /// Moves an alias, by the founder's key.
    fn moves(&self, registry: &Registry, alias: &str, version: u64) -> Oid {
        let request = PromoteRequest {
            model: model("sentiment"),
            alias: AliasName::parse(alias).unwrap(),
            version,
            reason: format!("{alias} to {version}"),
            expect: None,
            evidence: Vec::new(),
        };
        registry.write(self.writer()).allow_absent(true).promote(&request).unwrap().commit
    }

    /// An ordinary clone by `git`, with a worktree.
    fn worktree(&self, name: &str, more: &[&str]) -> (PathBuf, Registry) {
        let at = self.home().join(name);
        git(self.home(), &[&["clone", "-q"], more, &[&self.url(), name]].concat());
        let mut world = world(&self.home().join(format!("home-{name}")));
        world.pinning = Pinning::Root(self.registry().first_root());
        let registry = Registry::open(&at, world).unwrap();
        registry.view().unwrap();
        (at, registry)
    }
}

fn version(registry: &Registry, reference: &str) -> Option<u64> {
    registry.read().resolve(&Reference::parse(reference).unwrap(), ResolveOptions::default()).unwrap().version
}

/// Nobody who read the registry before is told that history was rewritten.
fn all_read(registries: &[&Registry]) {
    for registry in registries {
        let answer = registry.read().verify(None, VerifyOptions::default()).unwrap();
        assert!(matches!(answer.verdict, Outcome::Ok), "{}: {:?}", registry.path().display(), answer.problems);
    }
}

#[test]
fn two_who_moved_different_aliases_both_land_by_one_push_each() {
    let stage = Stage1::new();
    let (ann, ben) = (stage.copy("ann"), stage.copy("ben"));
    stage.moves(&ann, "blue", 1);
    let mine = stage.moves(&ben, "green", 2);
    let record = git(ben.git_dir(), &["ls-tree", "-r", &mine.to_string()]);
    let record = record.lines().find(|line| line.contains("aliases/green")).unwrap().to_owned();
    ann.share().push_commits(None).unwrap();
    // Nobody told her that somebody was first: the push finds out. Without a key, because nothing must be signed again.
    let pushed = ben.share().push_commits(None).unwrap();
    assert_eq!((pushed.commits, pushed.again.made.len(), pushed.again.left.len()), (1, 1, 0));
    assert_eq!((pushed.again.made[0].how, pushed.again.made[0].was), (Made::AsItWas, mine));
    let registry = stage.registry();
    assert_eq!((version(&registry, "sentiment@blue"), version(&registry, "sentiment@green")), (Some(1), Some(2)));
    assert!(git(registry.git_dir(), &["ls-tree", "-r", "main"]).contains(&record), "the record is as it was signed");
    ann.share().fetch_commits(None).unwrap();
    all_read(&[&registry, &ann, &ben]);
}

#[test]
fn a_merge_by_plain_git_is_pushed_without_rewriting_what_others_saw() {
    let stage = Stage1::new();
    let ann = stage.copy("ann");
    let (at, ben) = stage.worktree("ben", &[]);
    stage.moves(&ann, "blue", 1);
    stage.moves(&ben, "green", 2);
    git(&at, &["reset", "-q", "--hard"]);
    ann.share().push_commits(None).unwrap();
    let registry = stage.registry();
    registry.view().unwrap();
    git(&at, &["pull", "-q", "--no-rebase", "--no-edit"]);
    let pushed = ben.share().push_commits(None).unwrap();
    assert_eq!((pushed.commits, pushed.again.left.len()), (1, 0));
    assert_eq!(git(&at, &["status", "--porcelain"]), "", "the merged files are the files of the new head");
    ann.share().fetch_commits(None).unwrap();
    all_read(&[&registry, &ann, &ben]);
}

#[test]
fn after_a_rebase_or_a_reset_by_plain_git_ones_own_unpushed_commits_bind_nobody() {
    let stage = Stage1::new();
    let ann = stage.copy("ann");
    let (at, ben) = stage.worktree("ben", &[]);
    stage.moves(&ben, "green", 2);
    ben.view().unwrap();
    stage.moves(&ann, "blue", 1);
    ann.share().push_commits(None).unwrap();
    git(&at, &["reset", "-q", "--hard"]);
    git(&at, &["pull", "-q", "--rebase"]);
    assert_eq!(version(&ben, "sentiment@green"), Some(2));
    git(&at, &["reset", "-q", "--hard", "origin/main"]);
    assert_eq!(version(&ben, "sentiment@blue"), Some(1));
    // What the origin had is another matter.
    git(&at, &["reset", "-q", "--hard", "origin/main~1"]);
    assert_eq!(ben.view().err().unwrap().code, Code::HistoryRewritten);
}

#[test]
fn a_move_that_rests_on_a_merge_which_a_rebase_then_dropped_is_signed_again_by_the_next_push() {
    let stage = Stage1::new();
    let ann = stage.copy("ann");
    let (at, ben) = stage.worktree("ben", &[]);
    stage.moves(&ann, "blue", 1);
    ann.share().push_commits(None).unwrap();
    stage.moves(&ben, "green", 2);
    git(&at, &["reset", "-q", "--hard"]);
    git(&at, &["pull", "-q", "--no-rebase", "--no-edit"]);
    stage.moves(&ben, "champion", 2);
    git(&at, &["reset", "-q", "--hard"]);
    // The merge goes, and with it the commit that the last move was signed on.
    git(&at, &["pull", "-q", "--rebase"]);
    let error = ben.share().push_commits(None).unwrap_err();
    assert_eq!(error.code, Code::NoKey, "without effect it is not pushed: {error}");
    let pushed = ben.share().push_commits(Some(stage.writer())).unwrap();
    assert_eq!((pushed.again.made.len(), pushed.again.left.len()), (2, 0));
    assert_eq!(pushed.again.made[1].how, Made::SignedAgain);
    let registry = stage.registry();
    assert_eq!((version(&registry, "sentiment@green"), version(&registry, "sentiment@champion")), (Some(2), Some(2)));
    ann.share().fetch_commits(None).unwrap();
    all_read(&[&registry, &ann, &ben]);
}

#[test]
fn where_somebody_else_moved_the_same_alias_ones_own_move_stays_on_a_branch_with_the_reason() {
    let stage = Stage1::new();
    let (ann, ben) = (stage.copy("ann"), stage.copy("ben"));
    stage.moves(&ann, "champion", 2);
    let three = stage.register(&ben, "three").version;
    let mine = stage.moves(&ben, "champion", three);
    stage.moves(&ben, "blue", 1);
    ann.share().push_commits(None).unwrap();
    let fetched = ben.share().fetch_commits(Some(stage.writer())).unwrap();
    let left = &fetched.again.left;
    assert_eq!((left.len(), left[0].code, left[0].commit), (1, Code::AliasMoved, mine));
    assert!(left[0].reason.contains("holds 2, and 1 was expected: ada moved it"), "{}", left[0].reason);
    let branch = left[0].branch.clone();
    assert!(git(ben.git_dir(), &["log", "--format=%H", &branch]).contains(&mine.to_string()));
    assert_eq!((fetched.again.made.len(), fetched.ahead), (2, 2), "what did not rest on it was made again");
    assert_eq!((version(&ben, "sentiment@champion"), version(&ben, "sentiment@blue")), (Some(2), Some(1)));
    // She looks at it, and wants it all the same.
    stage.moves(&ben, "champion", three);
    ben.share().push_commits(None).unwrap();
    assert_eq!(version(&stage.registry(), "sentiment@champion"), Some(three));
    all_read(&[&stage.registry(), &ben]);
}

#[test]
fn two_versions_of_one_number_are_numbered_again_with_all_that_rests_on_them() {
    let stage = Stage1::new();
    let (ann, ben) = (stage.copy("ann"), stage.copy("ben"));
    assert_eq!(stage.register(&ann, "of ann").version, 3);
    let mine = stage.register(&ben, "of ben");
    assert_eq!(mine.version, 3);
    stage.moves(&ben, "green", 3);
    ann.share().push_commits(None).unwrap();
    let before = ben.head().unwrap();
    let error = ben.share().push_commits(None).unwrap_err();
    assert_eq!((error.code, ben.head().unwrap()), (Code::NoKey, before), "without a key nothing is done by halves");
    let pushed = ben.share().push_commits(Some(stage.writer())).unwrap();
    let said: Vec<&str> = pushed.again.made.iter().map(|it| it.subject.as_str()).collect();
    assert_eq!(said, ["register sentiment/4", "promote sentiment@green: (none) → 4"]);
    let registry = stage.registry();
    let green =
        registry.read().resolve(&Reference::parse("sentiment@green").unwrap(), ResolveOptions::default()).unwrap();
    assert_eq!((green.version, green.artifact), (Some(4), mine.artifact));
    all_read(&[&registry, &ben]);
}

#[test]
fn who_did_the_same_finds_it_done() {
    let stage = Stage1::new();
    let (ann, ben) = (stage.copy("ann"), stage.copy("ben"));
    stage.moves(&ann, "champion", 2);
    stage.register(&ann, "three");
    ann.share().push_commits(None).unwrap();
    stage.register(&ben, "three");
    stage.moves(&ben, "champion", 2);
    let fetched = ben.share().fetch_commits(Some(stage.writer())).unwrap();
    assert_eq!((fetched.ahead, fetched.again.left.len()), (0, 0));
    assert_eq!(ben.head().unwrap(), ann.head().unwrap());
}

#[test]
fn renew_without_a_branch_makes_own_changes_again_without_asking_the_origin() {
    let stage = Stage1::new();
    let (ann, ben) = (stage.copy("ann"), stage.copy("ben"));
    stage.moves(&ann, "blue", 1);
    stage.moves(&ben, "green", 2);
    ann.share().push_commits(None).unwrap();
    assert_eq!(ben.write(stage.writer()).renew_own().unwrap_err().code, Code::NothingToDo);
    git(ben.git_dir(), &["fetch", "-q", "origin"]);
    let renewed = ben.write(stage.writer()).renew_own().unwrap();
    assert_eq!((renewed.ahead, renewed.again.made.len()), (1, 1));
    ben.share().push_commits(None).unwrap();
    all_read(&[&stage.registry(), &ann, &ben]);
}

#[test]
fn a_fetch_that_was_killed_before_the_branch_moved_is_made_again() {
    let stage = Stage1::new();
    let (ann, ben) = (stage.copy("ann"), stage.copy("ben"));
    stage.moves(&ann, "blue", 1);
    let mine = stage.moves(&ben, "green", 2);
    ann.share().push_commits(None).unwrap();
    git(ben.git_dir(), &["fetch", "-q", "origin"]);
    let theirs = ben.tracked_head().unwrap();
    ben.again_on(Some(stage.writer()), mine, theirs).unwrap();
    ben.bind(theirs);
    // The process ended here.
    assert_eq!(ben.view().unwrap().head, mine);
    let fetched = ben.share().fetch_commits(None).unwrap();
    assert_eq!((fetched.ahead, fetched.again.made.len()), (1, 1));
}

#[test]
fn what_was_verified_of_the_origin_is_not_unseen_by_a_plain_git_fetch() {
    let stage = Stage1::new();
    let (ann, ben) = (stage.copy("ann"), stage.copy("ben"));
    stage.moves(&ann, "blue", 1);
    ann.share().push_commits(None).unwrap();
    ben.share().fetch_commits(None).unwrap();
    let models = stage.home().join("models");
    let before = git(&models, &["rev-parse", "main~1"]);
    git(&models, &["update-ref", "refs/heads/main", &before]);
    git(ben.git_dir(), &["fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*"]);
    let error = ben.share().fetch_commits(None).unwrap_err();
    assert_eq!(error.code, Code::HistoryRewritten);
    assert!(error.message.contains("was moved back"), "{error}");
    assert_eq!(ben.share().push_commits(None).unwrap_err().code, Code::HistoryRewritten);
    // Its owner says that it was put back from a backup, and she takes their word for it.
    let head = before.parse_oid();
    let older = ben.share().older_head(Some(&before)).unwrap();
    assert_eq!((older.head, older.of_origin, older.lost.len()), (head, true, 1));
    ben.share().accept_head(older).unwrap();
    let fetched = ben.share().fetch_commits(Some(stage.writer())).unwrap();
    assert_eq!((fetched.ahead, fetched.again.left.len()), (1, 0), "what the origin lost is this copy's to push");
    ben.share().push_commits(None).unwrap();
    assert_eq!(version(&stage.registry_anew(), "sentiment@blue"), Some(1));
}

#[test]
fn an_origin_whose_branch_is_gone_is_told_and_nothing_is_lost() {
    let stage = Stage1::new();
    let ben = stage.copy("ben");
    let seen = ben.tracked_head();
    let models = stage.home().join("models");
    git(&models, &["branch", "-m", "main", "other"]);
    let error = ben.share().fetch_commits(None).unwrap_err();
    assert_eq!(error.code, Code::NotFound);
    assert_eq!(ben.tracked_head(), seen);
}

#[test]
fn a_clone_by_git_with_another_remote_or_as_a_mirror_is_a_clone() {
    let stage = Stage1::new();
    let (_, upstream) = stage.worktree("upstream", &["-o", "upstream"]);
    let (_, mirror) = stage.worktree("mirror", &["--mirror"]);
    stage.moves(&mirror, "green", 2);
    stage.moves(&stage.registry(), "blue", 1);
    for copy in [&upstream, &mirror] {
        let fetched = copy.share().fetch_commits(None).unwrap();
        assert_eq!((fetched.commits, fetched.again.left.len()), (1, 0), "{}", copy.path().display());
    }
    mirror.share().push_commits(None).unwrap();
    assert_eq!(version(&stage.registry(), "sentiment@green"), Some(2), "a mirror's own commit was not fetched over");
    git(upstream.git_dir(), &["remote", "add", "second", "/nowhere"]);
    assert_eq!(upstream.origin().unwrap().unwrap().remote, "upstream", "branch.main.remote says which");
}

#[test]
fn a_registry_that_is_copied_over_cloned_again_or_put_back_begins_anew() {
    let stage = Stage1::new();
    let (models, backup) = (stage.home().join("models"), stage.home().join("backup"));
    let copied = |from: &Path, to: &Path| {
        assert!(std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
    };
    copied(&models, &backup);
    stage.moves(&stage.registry(), "blue", 1);
    std::fs::remove_dir_all(&models).unwrap();
    copied(&backup, &models);
    stage.registry().view().unwrap();
    stage.moves(&stage.registry(), "green", 1);
    // Files changed in place are the same copy: going back is a decision.
    std::fs::remove_file(models.join("refs/heads/main")).unwrap();
    copied(&backup.join("refs/heads/main"), &models.join("refs/heads/main"));
    let registry = stage.registry();
    let error = registry.view().err().unwrap();
    let head = registry.head().unwrap();
    assert_eq!(error.code, Code::HistoryRewritten);
    let accept = Next::TrustAcceptHead { head: head.to_string() };
    assert!(error.hint.as_ref().unwrap().steps().any(|step| *step == accept));
    let older = registry.share().older_head(None).unwrap();
    assert_eq!((older.lost.len(), older.lost[0].subject.as_str()), (1, "promote sentiment@green: (none) → 1"));
    assert!(registry.share().accept_head(older).unwrap().accepted);
    registry.view().unwrap();
    assert_eq!(registry.share().older_head(None).err().unwrap().code, Code::NothingToDo);
    let kept = std::fs::read_to_string(world(stage.home()).places.config.unwrap().join("trust.toml")).unwrap();
    assert!(kept.contains("[[accepted]]") && kept.contains(&head.to_string()));
}

#[test]
fn an_overwritten_or_removed_first_root_is_a_bad_commit_like_any_other() {
    let stage = Stage1::new();
    for (name, spoil) in [("edited", &["commit", "-qam", "an edit"][..]), ("removed", &["commit", "-qm", "clean up"])] {
        let (at, copy) = stage.worktree(name, &[]);
        match name {
            "edited" => std::fs::write(at.join("trust/0001.json"), "oops\n").unwrap(),
            _ => drop(git(&at, &["rm", "-q", "trust/0001.json"])),
        }
        git(&at, spoil);
        let copy = Registry::open(&at, copy.world().clone()).unwrap();
        assert_eq!(copy.id(), stage.registry().id());
        let error = copy.view().unwrap().check_tip().unwrap_err();
        assert!(error.code == Code::BadTip && error.message.contains("trust/0001.json"), "{error}");
        let options = ResolveOptions { last_good: true, ..ResolveOptions::default() };
        assert_eq!(
            copy.read().resolve(&Reference::parse("sentiment@champion").unwrap(), options).unwrap().version,
            Some(1)
        );
        assert_eq!(copy.read().status(None).unwrap().verdict, Outcome::Failed);
    }
}

#[test]
fn a_project_whose_registry_is_its_remotes_gets_no_second_one() {
    let temp = tempfile::tempdir().unwrap();
    let home = temp.path();
    git(home, &["init", "-q", "-b", "trunk", "project"]);
    git(&home.join("project"), &["commit", "-q", "--allow-empty", "-m", "first"]);
    let key = key(1);
    let request = || InitRequest {
        name: None,
        founder: refmark_types::name::PrincipalId::parse("ada").unwrap(),
        here: true,
        format: refmark_store::git::Format::Sha1,
        policy: None,
    };
    let (first, _) = Registry::init(&home.join("project"), world(home), &key, &request()).unwrap();
    git(home, &["clone", "-q", "project", "colleague"]);
    let at = home.join("colleague");
    let elsewhere = || world(&home.join("other"));
    for error in [
        Registry::open(&at, elsewhere()).err().unwrap(),
        Registry::init(&at, elsewhere(), &key, &request()).err().unwrap(),
    ] {
        assert!(error.message.contains("origin/refmark"), "{error}");
        assert!(!error.hint_text().unwrap().contains("refmark init"), "{error}");
    }
    assert_eq!(locate(None, &at, &elsewhere()).unwrap(), Located::Nearest(at.clone()));
    git(&at, &["branch", "-q", "refmark", "origin/refmark"]);
    assert_eq!(Registry::open(&at, elsewhere()).unwrap().id(), first.id());
}

trait ParseOid {
    fn parse_oid(&self) -> Oid;
}

impl ParseOid for String {
    fn parse_oid(&self) -> Oid {
        Oid::parse(self).unwrap()
    }
}

impl Stage1 {
    /// The registry as a reader meets it who never saw it.
    fn registry_anew(&self) -> Registry {
        let mut world = world(&self.home().join("somebody-new"));
        world.pinning = Pinning::Root(self.copy("one-more").first_root());
        Registry::open(&self.home().join("models"), world).unwrap()
    }
}
