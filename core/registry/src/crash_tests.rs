//! Every verb that writes, with a process that dies or a power cut at every step: the old state or the new one, sound, and
//! the next one works.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::pins::tests::{Stage1, request};
use crate::tests::{model, world};
use refmark_engine::plan::PromoteRequest;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::verify::Outcome;
use refmark_store::fs::host::unique_name;
use refmark_store::git::Format;
use refmark_store::git::program::Git;
use refmark_store::testing::disk::{FaultyDisk, Then};
use refmark_store::testing::power::Cut;
use refmark_types::error::{Code, Result};
use refmark_types::name::{AliasName, PrincipalId, RemoteName};
use refmark_types::reference::Reference;

/// A home that is put back to how it was before each death.
struct Home {
    stage: Stage1,
    kept: PathBuf,
    temp: tempfile::TempDir,
    /// After so many deaths of the old state one is followed by the verb in a living process.
    every: u64,
}

impl Home {
    /// Two versions, `champion` at the first, and what `prepare` adds. It lies at one path for ever, because paths are
    /// written down in it.
    fn new(prepare: impl FnOnce(&Stage1)) -> Home {
        let stage = Stage1::new();
        // One pack in place of a hundred files that would be copied for each death.
        stage.registry().maintain().gc(&Git::default(), false).unwrap();
        prepare(&stage);
        // What is changed in place would be changed in the copy: both are derived, and made again.
        for derived in ["stat-cache", "index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
            let _ = std::fs::remove_file(stage.home().join("models/refmark").join(derived));
        }
        let temp = tempfile::tempdir().unwrap();
        let home = Home { kept: temp.path().join("kept"), stage, temp, every: 1 };
        copy(home.stage.home(), &home.kept);
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.stage.home().join(name)
    }

    fn put_back(&self) -> PathBuf {
        for entry in std::fs::read_dir(self.stage.home()).unwrap().map(|it| it.unwrap().path()) {
            if entry.is_dir() { std::fs::remove_dir_all(entry).unwrap() } else { std::fs::remove_file(entry).unwrap() }
        }
        copy(&self.kept, self.stage.home());
        let graves = self.temp.path().join("graves");
        let _ = std::fs::remove_dir_all(&graves);
        graves
    }

    fn dying(&self, step: u64, graves: &Path) -> (Arc<FaultyDisk>, Context) {
        let disk = Arc::new(FaultyDisk::at(step, Then::Die).with_power(graves));
        (disk.clone(), Context { disk, ..world(self.stage.home()) })
    }

    /// Runs a verb with a death at each of its steps, by a kill and by a power cut. What is left must be sound, and `look`
    /// says whether the new state stands in it; then the verb is run again by a process that lives.
    fn every_death(&self, verb: impl Fn(Context) -> Result<()>, look: impl Fn(&str) -> bool, again: &[Code]) {
        let (mut deaths, mut landed, mut reached) = (0u64, 0, true);
        while reached {
            deaths += 1;
            for how in [None, Some([Cut::All, Cut::Some(deaths), Cut::Bytes][deaths as usize % 3])] {
                let graves = self.put_back();
                let (disk, world_of_the_dead) = self.dying(deaths, &graves);
                let done = verb(world_of_the_dead);
                reached = disk.is_reached();
                let story = format!("step {deaths}, {how:?}, said {done:?}");
                how.inspect(|how| disk.cut_power(self.stage.home(), *how));
                bury(self.stage.home(), how.is_some());
                for registry in self.registries() {
                    is_sound(&story, &registry, world(self.stage.home()));
                }
                let is_new = look(&story);
                assert!(is_new || done.is_err(), "{story}: what was said to be done is not there");
                landed += u32::from(is_new && done.is_err());
                if !is_new && deaths % self.every != 0 {
                    continue;
                }
                let next = verb(world(self.stage.home()));
                let fine = next.as_ref().map_or_else(|error| is_new && again.contains(&error.code), |()| true);
                assert!(fine, "{story}: the next one says {next:?}");
                assert!(look(&story), "{story}: the next one did not do it");
                self.is_swept(&story);
            }
        }
        assert!(deaths > 5, "only {deaths} steps");
        eprintln!("{deaths} steps, {landed} deaths after the new state was there");
    }

    /// A process that clears up leaves nothing of those that died.
    fn is_swept(&self, story: &str) {
        for registry in self.registries() {
            let registry = Registry::open(&registry, world(self.stage.home())).unwrap();
            let _lock = registry.lock().unwrap();
            registry.repo().recover().unwrap();
            registry.sweep().unwrap();
        }
        // A reader's memory is a cache of its own; a clone that got no name leaves one that nobody looks for.
        let cache = self.path(".cache");
        let all = everything(self.stage.home()).into_iter().filter(|it| is_of_the_dead(it));
        let left: Vec<PathBuf> =
            all.filter(|it| !it.starts_with(&cache) || it.parent().is_some_and(|it| it.ends_with("tmp"))).collect();
        assert!(left.is_empty(), "{story}: {left:?} is left");
        assert!(!self.path("models/refmark/lock").exists(), "{story}: the lock is left");
    }

    /// Where registries stand now.
    fn registries(&self) -> Vec<PathBuf> {
        let all = [self.path("models"), self.path("copy")].into_iter();
        all.filter(|it| Registry::open(it, world(self.stage.home())).is_ok()).collect()
    }
}

fn is_sound(story: &str, path: &Path, world: Context) {
    let registry = Registry::open(path, world).unwrap_or_else(|it| panic!("{story}: {it}"));
    let found = registry.read().verify(None, VerifyOptions::default()).unwrap_or_else(|it| panic!("{story}: {it}"));
    assert!(found.verdict == Outcome::Ok && found.damaged.is_empty(), "{story}: {:?}", found.problems);
}

/// The same files under other names: what is replaced in one place stays in the other.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|it| it.unwrap()) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => std::fs::hard_link(entry.path(), target).unwrap(),
        }
    }
}

fn everything(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap()) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(everything(&entry.path()));
        }
        found.push(entry.path());
    }
    found
}

/// This process in the names of files, and one of this host and boot that is gone: no system gives out so high a number.
fn living_and_dead() -> (String, String) {
    let own = unique_name();
    let parts: Vec<&str> = own.split('.').collect();
    (format!("{}.{}.{}.", parts[0], parts[1], parts[2]), format!("{}.4194304.1.", parts[0]))
}

fn is_of_the_dead(path: &Path) -> bool {
    path.file_name().unwrap().to_string_lossy().contains(".4194304.1.")
}

/// What this process left is from now on that of a dead one, and after a power cut that of an earlier boot. The innermost
/// first: a folder's new name changes all paths.
pub(crate) fn bury(folder: &Path, is_new_boot: bool) {
    let (living, dead) = living_and_dead();
    for path in everything(folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_lock = name.starts_with("lock") || name.starts_with(".lock") || name.ends_with(".held");
        if is_lock
            && let Ok(text) = std::fs::read_to_string(&path)
            && text.ends_with('}')
        {
            let mut holder: serde_json::Value = serde_json::from_str(&text).unwrap();
            holder["pid"] = 4_194_304.into();
            std::fs::write(&path, holder.to_string()).unwrap();
        }
        if is_new_boot && name.ends_with(".lock") {
            let file = std::fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        }
        if name.contains(&living) {
            std::fs::rename(&path, path.with_file_name(name.replace(&living, &dead))).unwrap();
        }
    }
}

fn open(world: Context) -> Result<Registry> {
    Registry::open(&world.places.home.clone().unwrap().join("models"), world)
}

fn champion(version: u64) -> PromoteRequest {
    PromoteRequest {
        model: model("sentiment"),
        alias: AliasName::parse("champion").unwrap(),
        version,
        reason: "better".to_owned(),
        expect: None,
        evidence: Vec::new(),
    }
}

/// Where `champion` is.
fn held(registry: &Registry) -> u64 {
    let reference = Reference::parse("sentiment@champion").unwrap();
    registry.read().resolve(&reference, ResolveOptions::default()).unwrap().version.unwrap()
}

#[test]
fn a_promote_may_die_at_any_step() {
    let home = Home::new(|_| ());
    home.every_death(
        |world| open(world)?.write(home.stage.writer()).promote(&champion(2)).map(drop),
        |_| held(&home.stage.registry()) == 2,
        &[Code::NothingToDo],
    );
}

#[test]
fn a_register_may_die_at_any_step() {
    let home = Home::new(|stage| {
        std::fs::create_dir(stage.home().join("new")).unwrap();
        std::fs::write(stage.home().join("new/config.json"), "{\"layers\": 3}").unwrap();
        std::fs::write(stage.home().join("new/large.bin"), vec![0; (1 << 20) + 1]).unwrap();
    });
    let package = Package::new(model("sentiment"), vec![home.path("new")]).unwrap();
    home.every_death(
        |world| open(world)?.write(home.stage.writer()).register(&package).map(drop),
        |_| {
            let registry = home.stage.registry();
            registry.read().resolve(&Reference::parse("sentiment/3").unwrap(), ResolveOptions::default()).is_ok()
        },
        &[],
    );
}

#[test]
fn an_init_may_die_at_any_step() {
    let mut home = Home::new(|stage| std::fs::remove_dir_all(stage.home().join("models")).unwrap());
    // Dozens of records, and nothing of them is seen before the last step.
    home.every = 16;
    let founding = InitRequest {
        name: None,
        founder: PrincipalId::parse("ada").unwrap(),
        here: false,
        format: Format::Sha1,
        policy: None,
    };
    home.every_death(
        |world| Registry::init(&home.path("models"), world, home.stage.writer(), &founding).map(drop),
        |story| {
            let stands = home.path("models").exists();
            if stands {
                let registry = home.stage.registry();
                let pin = registry.world().pin_of(registry.id()).unwrap();
                assert_eq!(pin, Some(registry.first_root()), "{story}: nobody vouches for the new registry");
            }
            stands
        },
        &[Code::Exists],
    );
}

#[test]
fn an_init_in_a_projects_repository_may_die_at_any_step() {
    let mut home = Home::new(|stage| {
        std::fs::remove_dir_all(stage.home().join("models")).unwrap();
        refmark_store::git::Repo::init(&stage.home().join("models"), false, Format::Sha1, "main").unwrap();
    });
    home.every = 16;
    let founding = InitRequest {
        name: Some("models".to_owned()),
        founder: PrincipalId::parse("ada").unwrap(),
        here: true,
        format: Format::Sha1,
        policy: None,
    };
    home.every_death(
        |world| Registry::init(&home.path("models"), world, home.stage.writer(), &founding).map(drop),
        |_| {
            let repo = refmark_store::git::Repo::open(&home.path("models")).unwrap();
            repo.head("refmark").unwrap().is_some()
        },
        &[Code::Exists],
    );
}

/// A remote that holds all blobs, and a store that holds none.
fn blobs_elsewhere(stage: &Stage1) {
    let registry = stage.registry();
    let origin = RemoteName::parse("mount").unwrap();
    registry.share().add_remote(&origin, stage.home().join("mount"), &crate::RemoteOptions::default()).unwrap();
    registry.share().sync(None).unwrap();
    std::fs::remove_dir_all(registry.store().blobs()).unwrap();
    std::fs::create_dir(registry.store().blobs()).unwrap();
}

#[test]
fn a_pull_may_die_at_any_step() {
    let home = Home::new(blobs_elsewhere);
    let reference = Reference::parse("sentiment@champion").unwrap();
    home.every_death(
        |world| open(world)?.read().pull(&reference, &home.path("out"), &PullRequest::default()).map(drop),
        |story| {
            let out = home.path("out");
            if out.exists() {
                let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
                assert_eq!(read("config.json"), "{\"text\": \"one\"}", "{story}");
                assert_eq!(read("sub/vocab.txt"), "the same in all\n", "{story}");
            }
            out.exists()
        },
        &[],
    );
}

#[test]
fn a_sync_may_die_at_any_step() {
    let home = Home::new(|stage| {
        blobs_elsewhere(stage);
        stage
            .registry()
            .share()
            .add_remote(
                &RemoteName::parse("other").unwrap(),
                stage.home().join("other"),
                &crate::RemoteOptions::default(),
            )
            .unwrap();
    });
    home.every_death(
        |world| open(world)?.share().sync(None).map(drop),
        |_| {
            let registry = home.stage.registry();
            let other = refmark_store::blob::Store::open(&home.path("other"));
            let mut held = 0;
            for store in [registry.store(), &other] {
                assert!(
                    store.verify(None, &refmark_engine::ports::Silent, &Default::default()).unwrap().damaged.is_empty()
                );
                store
                    .list(&mut |_, _| {
                        held += 1;
                        Ok(())
                    })
                    .unwrap();
            }
            let flat = everything(&home.path("other")).into_iter().filter(|it| it.is_file() && !is_of_the_dead(it));
            held + flat.filter(|it| it.file_name().unwrap().len() == 64).count() == 6
        },
        &[],
    );
}

#[test]
fn a_clone_may_die_at_any_step() {
    let home = Home::new(|_| ());
    let tofu = CloneRequest { tofu: true, ..CloneRequest::default() };
    let url = home.path("models").display().to_string();
    home.every_death(
        |world| Registry::clone_from(&url, Some(&home.path("copy")), world, tofu).map(drop),
        |_| home.path("copy").exists(),
        &[Code::Exists],
    );
}

#[test]
fn a_gc_may_die_at_any_step() {
    let home = Home::new(|stage| {
        let registry = stage.registry();
        let doomed = stage.register(&registry, "doomed").artifact;
        registry.write(stage.writer()).delete(doomed, "no longer").unwrap();
    });
    let trash = home.path("models/refmark/trash");
    let trashed = || std::fs::read_dir(&trash).unwrap().count();
    home.every_death(
        |mut world| {
            let later = crate::tests::Ticking::new();
            later.sleep_days(30);
            world.clock = later;
            open(world)?.maintain().gc(&Git::default(), false).map(drop)
        },
        |_| trashed() == 0,
        &[],
    );
}

#[test]
fn a_delete_may_die_at_any_step() {
    let home = Home::new(|stage| drop(stage.register(&stage.registry(), "doomed")));
    let third = Reference::parse("sentiment/3").unwrap();
    let doomed = home.stage.registry().read().resolve(&third, ResolveOptions::default()).unwrap().artifact;
    home.every_death(
        |world| {
            let registry = open(world)?;
            match registry.write(home.stage.writer()).delete(doomed, "no longer") {
                // Its bytes are `gc`'s to find.
                Err(error) if matches!(error.code, Code::Deleted | Code::NothingToDo) => registry.finish_deletes(),
                other => other.map(drop),
            }
        },
        |_| {
            let registry = home.stage.registry();
            let mut blobs = 0;
            let count = &mut |_, _| {
                blobs += 1;
                Ok(())
            };
            registry.store().list(count).unwrap();
            registry.read().resolve(&third, ResolveOptions::default()).is_err() && blobs == 3
        },
        &[],
    );
}

#[test]
fn a_pin_add_and_its_sync_may_die_at_any_step() {
    let home = Home::new(|_| ());
    let out = home.path("app/models");
    home.every_death(
        |world| {
            let registry = open(world.clone())?;
            let mut project = Project::at(&home.path("app"), world)?;
            project.add(&registry, &request(&["sentiment@champion"]))?;
            project.sync(&out, true).map(drop)
        },
        |story| {
            let project = Project::at(&home.path("app"), world(home.stage.home())).unwrap();
            let whole = std::fs::read_to_string(out.join("sentiment/config.json"));
            match project.path().exists() {
                true => assert_eq!(project.pin(&model("sentiment")).unwrap().version, 1, "{story}"),
                false => assert!(whole.is_err(), "{story}"),
            }
            assert!(!out.exists() || whole.is_ok_and(|it| it == "{\"text\": \"one\"}"), "{story}");
            out.exists()
        },
        &[Code::NothingToDo],
    );
}

#[test]
fn a_trust_pin_may_die_at_any_step() {
    let home = Home::new(|stage| std::fs::remove_file(stage.home().join("config/refmark/trust.toml")).unwrap());
    home.every_death(
        |world| {
            let registry = open(world)?;
            registry.govern().pin_root(registry.first_root()).map(drop)
        },
        |_| {
            let registry = home.stage.registry();
            registry.world().pin_of(registry.id()).unwrap() == Some(registry.first_root())
        },
        &[],
    );
}
