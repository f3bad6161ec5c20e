//! Sites of a team's registry: exported, added to, stopped halfway, and read as a browser reads them.

use std::borrow::Cow;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::context::Pinning;
use crate::stories::team::{Team, alias, champion};
use crate::tests::{model, world};
use crate::write::transaction::identity;
use crate::{Context, ExportRequest, Registry, SiteAnswer, Viewer};
use refmark_engine::effective::{Objects, State};
use refmark_engine::ports::store::{NewCommit, RecordStore};
use refmark_engine::snapshot::History;
use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::{Outcome, Verifier};
use refmark_pack::Repository;
use refmark_query::site::{PackUse, Site};
use refmark_records::evidence::Verdict;
use refmark_records::layout::Place;
use refmark_store::git::program::{Git, GitProgram};
use refmark_store::testing::disk::{FaultyDisk, Then};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Result};
use refmark_types::name::PrincipalId;
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

fn viewer(script: &str) -> Viewer<'static> {
    let files = [
        ("index.html", "<script src=\"./assets/app.js\"></script>".to_owned()),
        ("assets/app.js", "start()".to_owned()),
        (&*format!("assets/{script}.js"), "work()".to_owned()),
        ("single.html", "<html><!--refmark-site--></html>".to_owned()),
    ]
    .map(|(path, text)| (path.to_owned(), Cow::Owned(text.into_bytes())));
    Viewer::new(files).unwrap()
}

fn export(registry: &Registry, dir: &Path) -> Result<SiteAnswer> {
    let viewer = viewer("worker");
    registry.share().export_site(
        &Git::default(),
        dir,
        &ExportRequest { viewer: Some(&viewer), ..ExportRequest::default() },
    )
}

/// Every file with its bytes.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![dir.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path().is_dir() {
                true => open.push(entry.path()),
                false => drop(
                    found.insert(entry.path().strip_prefix(dir).unwrap().into(), std::fs::read(entry.path()).unwrap()),
                ),
            }
        }
    }
    found
}

fn site(dir: &Path) -> Site {
    Site::parse(&std::fs::read(dir.join("registry/site.json")).unwrap()).unwrap()
}

/// The site as a page reads it: packs by use, with the branches that `site.json` names.
fn read(dir: &Path, uses: &[PackUse]) -> (Site, Repository) {
    let (site, repository) = (site(dir), Repository::new());
    let bytes = |name: &str| std::fs::read(dir.join("registry").join(name)).unwrap();
    for pack in site.packs.iter().filter(|it| uses.contains(&it.used_for)) {
        let held = bytes(&pack.pack);
        assert_eq!((held.len() as u64, &held[8..12]), (pack.bytes, &(pack.objects as u32).to_be_bytes()[..]));
        repository.add_pack(&pack.name, held, Some(bytes(&pack.idx))).unwrap();
    }
    assert_eq!(site.listing, format!("listing-{}.json", Digest::of(&bytes(&site.listing))), "named by its bytes");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&*bytes(&format!("{}.gz", site.listing))).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == bytes(&site.listing), "what lies compressed beside the listing is the listing");
    site.refs.iter().for_each(|(name, id)| repository.add_ref(name, *id));
    (site, repository)
}

/// A site shows its head with the state's packs alone, and verifies with all of them, open proposals included.
fn check(dir: &Path, root: Digest) -> Site {
    let (site, state) = read(dir, &[PackUse::State]);
    for change in state.between(None, site.head).unwrap() {
        state.load(change.new.unwrap().1, 1 << 20).unwrap();
    }
    let snapshot = state.snapshot(site.head).unwrap();
    let seen = State::of_tree(Objects::new(&state), snapshot, []);
    assert!(StateReader(&seen).newest_policy().unwrap().is_some());
    let (site, whole) = read(dir, &[PackUse::State, PackUse::History]);
    for tip in site.refs.values() {
        let mut verifier = Verifier::from_the_start(&whole, *tip, Some(root)).unwrap();
        while verifier.step().unwrap().is_some() {}
        let verified = verifier.finish().unwrap();
        assert!(verified.pinned);
        assert!(*tip != site.head || verified.outcome() == Outcome::Ok, "{:?}", verified.problems());
    }
    site
}

#[test]
fn an_export_of_an_unchanged_registry_changes_no_byte_and_a_new_commit_adds_packs_only() {
    let team = Team::new();
    let dir = team.path().join("site");
    let root = team.registry.first_root();
    let (version, _) = team.staged("a");
    let proposal = team.registry.write(team.as_("nora")).propose(None, |it| it.promote(&champion(version))).unwrap();
    let first = export(&team.registry, &dir).unwrap();
    assert_eq!((first.packs_added.len(), first.packs_kept, first.changed), (2, 0, true));
    assert_eq!((first.models, first.versions, first.refs.len()), (1, 1, 2));
    assert!(first.fragment.starts_with(&format!("#root={}&head=", root.prefixed())), "{}", first.fragment);
    check(&dir, root);
    let before = files(&dir);
    let again = export(&team.registry, &dir).unwrap();
    assert_eq!((again.changed, again.files_written, again.packs_kept), (false, 0, 2));
    assert_eq!(files(&dir), before);

    // The proposal's objects are there already, as history; landed, they are the state's.
    for who in ["ada", "bo"] {
        let request = crate::ApproveRequest { target: proposal.branch.clone(), ..Default::default() };
        team.registry.write(team.as_(who)).approve(&request).unwrap();
    }
    team.registry.write(team.as_("nora")).land(&proposal.branch).unwrap();
    let second = export(&team.registry, &dir).unwrap();
    assert_eq!((second.packs_added.len(), second.packs_kept, second.refs.len()), (2, 2, 1));
    let after = files(&dir);
    let moved: Vec<String> = before
        .iter()
        .filter(|(path, bytes)| after.get(*path) != Some(bytes))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(moved.iter().all(|it| it == "registry/site.json" || it.starts_with("registry/listing-")), "{moved:?}");
    assert_eq!(check(&dir, root).packs.len(), 4);
    let listings = after.keys().filter(|path| path.to_string_lossy().contains("listing-")).count();
    assert_eq!(listings, 2, "the listing of before is gone in both forms");
    let listing = std::fs::read_to_string(dir.join("registry").join(site(&dir).listing)).unwrap();
    assert!(listing.contains("\"aliases\":[[[\"champion\",1]]]") && listing.contains("\"production\""), "{listing}");
}

#[test]
fn the_same_registry_gives_the_same_bytes_however_its_repository_is_packed() {
    let team = Team::new();
    team.staged("a");
    export(&team.registry, &team.path().join("loose")).unwrap();
    team.registry.maintain().gc(&Git::default(), false).unwrap();
    export(&team.registry, &team.path().join("packed")).unwrap();
    assert_eq!(files(&team.path().join("loose")), files(&team.path().join("packed")));
}

/// A copy of the site, and an export to it by a process that may die; whether it came to its end.
fn die(team: &Team, from: &Path, to: &Path, steps: u64) -> bool {
    if from.exists() {
        assert!(std::process::Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
    }
    let calm = world(team.path());
    let dying = Context { disk: Arc::new(FaultyDisk::at(steps, Then::Die)), ..calm };
    let registry = Registry::open(&team.path().join("models"), dying).unwrap();
    export(&registry, to).is_ok()
}

#[test]
fn an_export_that_dies_at_any_step_leaves_the_old_site_whole_and_the_next_one_goes_on() {
    let team = Team::new();
    let root = team.registry.first_root();
    let (version, _) = team.staged("a");
    let (none, old) = (team.path().join("none"), team.path().join("old"));
    export(&team.registry, &old).unwrap();
    let head = team.registry.head().unwrap();
    team.live(version);
    for from in [&none, &old] {
        let (mut steps, mut died) = (1, 0);
        loop {
            let dir = team.path().join(format!("copy-{}-{steps}", from.ends_with("old")));
            let done = die(&team, from, &dir, steps);
            // The process that held the lock is this one, and lives on.
            for entry in std::fs::read_dir(dir.join("registry")).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().starts_with(".lock") {
                    std::fs::remove_file(entry.path()).unwrap();
                }
            }
            if dir.join("registry/site.json").exists() {
                let shown = check(&dir, root).head;
                assert!(shown == head || shown == team.registry.head().unwrap());
                assert!(!done || shown != head, "what was said to be done is done");
            }
            let next = export(&team.registry, &dir).unwrap();
            assert_eq!(check(&dir, root).head, next.head);
            let packs = std::fs::read_dir(dir.join("registry/packs")).unwrap().count();
            assert_eq!(packs, 2 * site(&dir).packs.len(), "nothing is left of the dead one");
            let hidden = files(&dir).keys().filter(|it| it.to_string_lossy().contains("/.")).count();
            assert_eq!(hidden, 0);
            std::fs::remove_dir_all(&dir).unwrap();
            if done {
                break;
            }
            (steps, died) = (steps + 1, died + 1);
        }
        assert!(died > 15, "{died}");
    }
}

#[test]
fn a_folder_of_somebody_elses_is_left_as_it_is() {
    let team = Team::new();
    let dir = team.path().join("site");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("notes.txt"), "mine").unwrap();
    assert_eq!(export(&team.registry, &dir).unwrap_err().code, Code::Exists);
    assert_eq!(files(&dir).len(), 1);
    // What a host wants beside a site is no reason.
    std::fs::rename(dir.join("notes.txt"), dir.join("CNAME")).unwrap();
    std::fs::write(dir.join(".nojekyll"), "").unwrap();
    export(&team.registry, &dir).unwrap();

    let other = Team::new();
    let error = export(&other.registry, &dir).unwrap_err();
    assert_eq!(error.code, Code::WrongRegistry, "{error}");
    // An older copy must not take the site back.
    let old = team.path().join("copy");
    Git::default().clone_into(team.registry.git_dir().to_str().unwrap(), &old, true).unwrap();
    team.staged("a");
    export(&team.registry, &dir).unwrap();
    let before = files(&dir);
    let behind = Registry::open(&old, world(team.path())).unwrap();
    assert_eq!(export(&behind, &dir).unwrap_err().code, Code::HistoryRewritten);
    assert_eq!(files(&dir), before);
}

#[test]
fn many_exports_come_to_a_few_packs_again_and_a_lost_pack_is_written_anew() {
    let team = Team::new();
    let (dir, root) = (team.path().join("site"), team.registry.first_root());
    let (version, artifact) = team.staged("a");
    let mut repacked = 0;
    for round in 0..12 {
        team.evidence("ci", artifact, "scan", Verdict::Pass, &format!("run of {round}"));
        let answer = export(&team.registry, &dir).unwrap();
        repacked += usize::from(answer.repacked);
        assert!(site(&dir).packs.len() <= 20);
        assert_eq!(std::fs::read_dir(dir.join("registry/packs")).unwrap().count(), 2 * site(&dir).packs.len());
    }
    assert_eq!(repacked, 1);
    check(&dir, root);
    team.live(version);
    export(&team.registry, &dir).unwrap();
    let lost = dir.join("registry").join(&site(&dir).packs[0].pack);
    std::fs::write(lost, "half").unwrap();
    let answer = export(&team.registry, &dir).unwrap();
    assert_eq!((answer.packs_added.len(), answer.packs_kept, answer.repacked), (2, 0, false));
    check(&dir, root);
}

#[test]
fn only_the_files_of_trusted_versions_go_along_and_a_revoked_one_leaves_at_the_next_export() {
    let team = Team::new();
    let dir = team.path().join("site");
    let (_, artifact) = team.staged("a");
    let blobs = ExportRequest { blobs: true, ..ExportRequest::default() };
    let mut quarantined = team.package("b");
    quarantined.contract = None;
    team.registry.write(team.as_("bo")).register(&quarantined).unwrap();
    let answer = team.registry.share().export_site(&Git::default(), &dir, &blobs).unwrap();
    let copied = answer.blobs.unwrap();
    assert_eq!((copied.files, copied.absent.len()), (1, 0));
    let (path, bytes) = files(&dir).into_iter().find(|(path, _)| path.starts_with("registry/blobs")).unwrap();
    let digest = Digest::of(&bytes).to_string();
    assert_eq!(path, Path::new("registry/blobs").join(&digest[..2]).join(&digest[2..4]).join(&digest));
    assert!(site(&dir).blobs);

    team.registry.write(team.as_("olu")).revoke(artifact, "it leaks").unwrap();
    let answer = team.registry.share().export_site(&Git::default(), &dir, &blobs).unwrap();
    assert_eq!(answer.blobs.unwrap().files, 0);
    assert!(!dir.join(path).exists());
    // Who was told no root hands nothing out.
    let nobody = team.path().join("nobody");
    let stranger = Registry::open(&team.path().join("models"), world(&nobody)).unwrap();
    let error = stranger.share().export_site(&Git::default(), &nobody.join("site"), &blobs).unwrap_err();
    assert_eq!(error.code, Code::Unverified);
}

#[test]
fn a_new_viewer_takes_the_old_ones_files_away_and_data_alone_leaves_it() {
    let team = Team::new();
    let dir = team.path().join("site");
    export(&team.registry, &dir).unwrap();
    assert!(dir.join("index.html").exists() && dir.join("assets/worker.js").exists());
    assert!(!dir.join("single.html").exists(), "a template is not served");
    let newer = viewer("worker-2");
    let request = ExportRequest { viewer: Some(&newer), ..ExportRequest::default() };
    team.registry.share().export_site(&Git::default(), &dir, &request).unwrap();
    assert!(!dir.join("assets/worker.js").exists() && dir.join("assets/worker-2.js").exists());
    team.registry.share().export_site(&Git::default(), &dir, &ExportRequest::default()).unwrap();
    assert!(dir.join("assets/worker-2.js").exists());
    for bad in ["../index.html", "registry/site.json", "/etc/passwd"] {
        let files = [(bad.to_owned(), Cow::Borrowed(&b""[..])), ("index.html".to_owned(), Cow::Borrowed(&b""[..]))];
        assert!(Viewer::new(files).is_err(), "{bad}");
    }
    assert_eq!(Viewer::new([]).map(drop).unwrap_err().code, Code::BadArgument);
}

#[test]
fn one_page_holds_the_whole_site_and_nothing_else_of_the_users_is_written_over() {
    let team = Team::new();
    team.staged("a");
    let (page, viewer) = (team.path().join("models.html"), viewer("worker"));
    let one = team.registry.share().export_single_page(&Git::default(), &page, &viewer).unwrap();
    let text = std::fs::read_to_string(&page).unwrap();
    assert_eq!((one.changed, one.bytes), (true, text.len() as u64));
    assert_eq!(text.matches("id=\"refmark-file:").count(), 5, "two packs, two indexes, a listing");
    let again = team.registry.share().export_single_page(&Git::default(), &page, &viewer).unwrap();
    assert!(!again.changed);
    let beside: Vec<_> = std::fs::read_dir(team.path()).unwrap().flatten().map(|it| it.file_name()).collect();
    assert!(!beside.iter().any(|it| it.to_string_lossy().contains("refmark-page")), "{beside:?}");
    std::fs::write(&page, "<html>mine</html>").unwrap();
    let error = team.registry.share().export_single_page(&Git::default(), &page, &viewer).unwrap_err();
    assert_eq!(error.code, Code::Exists);
}

#[test]
fn a_projects_own_branches_stay_at_home() {
    let team = Team::new();
    let (version, _) = team.staged("a");
    let git =
        |arguments: &[&str]| Git::default().run(team.registry.git_dir(), false, arguments).unwrap().trim().to_owned();
    let tree = git(&["hash-object", "-t", "tree", "-w", "/dev/null"]);
    let who = ["-c", "user.name=x", "-c", "user.email=x"];
    let secret = git(&[&who[..], &["commit-tree", &tree, "-m", "a secret project"]].concat());
    git(&["update-ref", "refs/heads/work", &secret]);
    let merged = team
        .registry
        .write(team.as_("nora"))
        .propose(Some("propose/landed"), |it| it.promote(&champion(version)))
        .unwrap();
    for who in ["ada", "bo"] {
        let request = crate::ApproveRequest { target: merged.branch.clone(), ..Default::default() };
        team.registry.write(team.as_(who)).approve(&request).unwrap();
    }
    team.registry.write(team.as_("nora")).land(&merged.branch).unwrap();
    let dir = team.path().join("site");
    let answer = export(&team.registry, &dir).unwrap();
    assert_eq!(answer.refs.keys().collect::<Vec<_>>(), ["refs/heads/main"]);
    let (_, whole) = read(&dir, &[PackUse::State, PackUse::History]);
    assert!(whole.commit(refmark_types::oid::Oid::parse(&secret).unwrap()).is_err());
    let facts = team.registry.view().unwrap();
    assert!(facts.facts().unwrap().alias(&model("sentiment"), &alias("champion")).unwrap().is_some());
}

#[test]
fn a_new_readers_export_makes_the_view_and_the_index_in_one_walk_and_a_bad_commit_leaves_no_trace_in_either() {
    let team = Team::new();
    let (version, _) = team.staged("a");
    let registry = &team.registry;
    let forget = || std::fs::remove_dir_all(registry.own_folder()).unwrap();
    let reader = || Registry::open(registry.path(), world(team.path())).unwrap();
    forget();
    let fresh = reader();
    export(&fresh, &team.path().join("site")).unwrap();
    let good = fresh.head().unwrap();
    assert_eq!(fresh.remembered().unwrap().head, good);
    assert!(fresh.maintain().index_status().unwrap().current);

    // Somebody takes a record away with plain Git.
    let path = Place::Version(model("sentiment"), version).path();
    let who = identity(&PrincipalId::parse("ada").unwrap());
    let change = NewCommit {
        parents: vec![good],
        files: Vec::new(),
        removals: vec![path],
        message: "tidy up".to_owned(),
        author: who.clone(),
        committer: who,
        time: Timestamp::from_unix(1_900_000_000),
        sign: None,
    };
    let bad = registry.repo.write(&change).unwrap();
    registry.repo.move_branch(registry.branch(), Some(good), bad).unwrap();
    forget();
    let fresh = reader();
    let answer = export(&fresh, &team.path().join("site")).unwrap();
    assert!(answer.warnings[0].contains("the listing is of the last good state"), "{:?}", answer.warnings);
    assert_eq!((answer.head, answer.versions), (bad, 1));
    assert!(fresh.remembered().is_none());
}

#[test]
fn a_registry_that_is_not_the_pinned_one_is_not_published() {
    let team = Team::new();
    let mut elsewhere = world(team.path());
    elsewhere.pinning = Pinning::Root(Digest::of(b"another root"));
    let registry = Registry::open(team.registry.path(), elsewhere).unwrap();
    let dir = team.path().join("site");
    assert_eq!(export(&registry, &dir).unwrap_err().code, Code::WrongRoot);
    assert!(!dir.exists());
}

#[test]
fn a_branch_of_a_name_that_is_not_taken_stops_no_export_and_a_strangers_branch_is_not_published() {
    let (team, ..) = crate::read::review::team::Team::with_a_champion();
    team.propose_champion("propose/two", "nora", 2);
    team.commit("propose/spam", "eve", vec![("models/spam.json".to_owned(), b"{}".to_vec())], "spam");
    let foreign = team.registry.git_dir().join("refs/heads/fix(parser)");
    std::fs::write(&foreign, format!("{}\n", team.main())).unwrap();
    let git = refmark_store::git::program::Git::default();
    let request = ExportRequest::default();
    let site = team.registry.share().export_site(&git, &team.home.path().join("site"), &request).unwrap();
    let refs: Vec<&str> = site.refs.keys().map(String::as_str).collect();
    assert!(refs.contains(&"refs/heads/propose/two") && !refs.contains(&"refs/heads/propose/spam"), "{refs:?}");
    assert!(site.warnings.iter().any(|it| it.contains("fix(parser)")), "{:?}", site.warnings);
}
