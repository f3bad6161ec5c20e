//! `doctor`: what may go wrong here some day, at one look, each with what to do.

use std::path::Path;

use serde::Serialize;

use crate::registry::{Maintenance, Registry};
use crate::view::View;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::verify::Outcome;
use refmark_store::fs::host::Life;
use refmark_store::fs::lock::holder;
use refmark_store::fs::probe::probe;
use refmark_store::git::program::GitProgram;
use refmark_store::key::KeySearch;
use refmark_types::error::{Code, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::text::{counted, size};

/// Clocks differ by so many seconds without anything being wrong.
const SKEW: i64 = 600;
/// Less room than this on a disk is short, in bytes; less than a twentieth of it nothing fits any more.
const ROOM: u64 = 1 << 30;
/// So many loose objects make Git slow.
const LOOSE: u64 = 20_000;
/// Days after which a backup, and a drill, are old.
const BACKUP_DAYS: i64 = 7;
const DRILL_DAYS: i64 = 90;
const DAY: i64 = 86_400;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// As it should be.
    Good,
    /// To be looked at some day.
    Doubtful,
    /// Wrong now.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// What: `history`, `root`, `key`, `clock`, `disk`, `git`, `files`, `writer`, `index`, `hook`, `origin`, `remotes`, `webhooks`,
    /// `backup` or `drill`.
    pub what: &'static str,
    /// How it is.
    pub health: Health,
    /// How it is, in a line.
    pub said: String,
    /// What to do about it.
    pub hint: Option<Hint>,
}

/// What was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct DoctorAnswer {
    /// The registry.
    #[serde(serialize_with = "crate::paths::shown")]
    pub registry: std::path::PathBuf,
    /// The worst of all.
    pub health: Health,
    /// Each thing, always in the same order.
    pub checks: Vec<Checked>,
}

type Found = (Health, String, Option<Hint>);

fn good(said: impl Into<String>) -> Found {
    (Health::Good, said.into(), None)
}

fn doubtful(said: impl Into<String>, next: Next) -> Found {
    (Health::Doubtful, said.into(), Some(next.into()))
}

fn bad(said: impl Into<String>, next: Next) -> Found {
    (Health::Bad, said.into(), Some(next.into()))
}

impl Maintenance<'_> {
    /// Looks at everything that a registry rests on: history, root, key, clock, disk, Git, files, index, hook, places, webhooks and
    /// backups. It asks no network and changes nothing but for the probe of the disk, whose files go. What cannot be looked at is
    /// a finding, and no error.
    pub fn doctor(&self, keys: &KeySearch<'_>, git: &dyn GitProgram) -> DoctorAnswer {
        let registry = self.registry;
        let view = registry.view();
        let view = view.as_ref().map_err(|error| (**error).clone());
        type Look<'a> = Box<dyn Fn() -> Result<Found> + 'a>;
        let view = &view;
        let with_view = |look: fn(&Registry, &View<'_>) -> Result<Found>| -> Look<'_> {
            Box::new(move || match view {
                Ok(view) => look(registry, view),
                Err(error) => Err(Box::new(error.clone())),
            })
        };
        let looks: Vec<(&'static str, Look<'_>)> = vec![
            ("history", with_view(history)),
            ("root", with_view(root)),
            ("key", Box::new(|| key(registry, keys))),
            ("clock", with_view(clock)),
            ("disk", Box::new(|| disk(registry))),
            ("git", Box::new(|| settings(registry, git))),
            ("files", with_view(files)),
            ("writer", Box::new(|| writer(registry))),
            ("index", Box::new(|| index(registry))),
            ("hook", Box::new(|| hook(registry))),
            ("origin", with_view(origin)),
            ("remotes", Box::new(|| remotes(registry))),
            ("webhooks", Box::new(|| webhooks(registry))),
            ("backup", with_view(backup)),
            ("drill", Box::new(|| drill(registry))),
        ];
        let checks: Vec<Checked> = looks
            .iter()
            .map(|(what, look)| {
                let (health, said, hint) =
                    look().unwrap_or_else(|error| (Health::Bad, error.message.clone(), error.hint.clone()));
                Checked { what, health, said, hint }
            })
            .collect();
        let health = checks.iter().map(|it| it.health).max().unwrap_or(Health::Good);
        DoctorAnswer { registry: registry.path().to_owned(), health, checks }
    }
}

fn history(_: &Registry, view: &View<'_>) -> Result<Found> {
    view.check_tip()?;
    let Some(verified) = view.verified() else { return Ok(bad("it is not whole", Next::Verify)) };
    let commits = counted(verified.walk.commits() as usize, "commit");
    Ok(match verified.outcome() {
        Outcome::Ok => good(format!("{commits}, all as signed")),
        Outcome::Pending => good(format!("{commits}; something waits for approvals or evidence")),
        _ => doubtful(format!("{commits}; something lies there refused or tainted"), Next::Status),
    })
}

fn root(_: &Registry, view: &View<'_>) -> Result<Found> {
    Ok(match (view.pin, view.is_vouched_for()) {
        (Some(pin), true) => good(format!("pinned: {}", pin.prefixed())),
        (Some(_), false) => bad("the pinned root does not hold", Next::TrustShow),
        (None, _) => {
            doubtful("none is pinned here, so nothing vouches for the registry", Next::TrustPin { root: None })
        }
    })
}

fn key(registry: &Registry, keys: &KeySearch<'_>) -> Result<Found> {
    let found = match registry.read().find_key(keys) {
        Ok(found) => found,
        // Reading needs none.
        Err(error) if error.code == Code::NoKey => {
            return Ok((Health::Doubtful, "there is none to sign with".to_owned(), error.hint.clone()));
        }
        Err(error) => return Err(error),
    };
    let public = found.signer.public();
    Ok(match registry.read().member_keys()?.contains(&public) {
        true => good(format!("{}, of a member", public.id())),
        false => doubtful(format!("{} is no member's: what it signs has no effect", public.id()), Next::MembersAdd),
    })
}

fn clock(registry: &Registry, view: &View<'_>) -> Result<Found> {
    let (now, made) = (registry.world.clock.now(), view.as_of()?.time);
    Ok(match made.since(now) > SKEW {
        false => good(format!("{now}; the newest commit is of {made}")),
        true => (
            Health::Bad,
            format!("{now} here, and the newest commit is dated {made}"),
            Some("one of the two clocks is wrong; set this machine's by the network".into()),
        ),
    })
}

/// The bytes that this user can still write to a folder's disk.
fn room(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

fn disk(registry: &Registry) -> Result<Found> {
    let weak = probe(&*registry.world.disk, &registry.work_folder())?;
    let places = [registry.git_dir(), registry.store().area()];
    let Some(left) = places.iter().filter_map(|it| room(it)).min() else {
        return Ok((Health::Doubtful, "its room cannot be told".to_owned(), None));
    };
    let said = format!("{} left", size(left));
    Ok(match (left, weak.first()) {
        (..ROOM, _) if left < ROOM / 20 => bad(said, Next::Gc),
        (..ROOM, _) => doubtful(said, Next::Gc),
        (_, Some(weak)) => (Health::Doubtful, format!("{said}; {weak}"), None),
        _ => good(said),
    })
}

fn settings(registry: &Registry, git: &dyn GitProgram) -> Result<Found> {
    let condition = registry.repo.integrity()?;
    let said = format!("git {}", git.version()?);
    if condition.shallow || condition.partial {
        return Ok(doubtful(format!("{said}; history was cut off when it was fetched"), Next::Fetch));
    }
    if !condition.is_sound() {
        let why = "grafts, replaced objects or other object folders make git see another history than refmark";
        return Ok((Health::Doubtful, format!("{said}; {why}"), Some("remove them".into())));
    }
    let counted = git.run(registry.git_dir(), false, &["count-objects", "-v"])?;
    let number = |name: &str| -> u64 {
        let line = counted.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    };
    let (loose, bytes) = (number("count"), (number("size") + number("size-pack")) * 1024);
    let said = format!("{said}; {} of records, {loose} objects not packed", size(bytes));
    Ok(if loose > LOOSE { doubtful(said, Next::Gc) } else { good(said) })
}

fn files(registry: &Registry, view: &View<'_>) -> Result<Found> {
    let (here, absent) = registry.needed(view)?;
    let bytes = here.iter().map(|it| it.size).sum();
    let damaged = absent.iter().filter(|it| registry.store.moved_away(it).is_some()).count();
    let said = format!("{} ({})", counted(here.len(), "file"), size(bytes));
    let left = registry.leftovers()?;
    Ok(match (damaged, absent.len(), left.files) {
        (1.., _, _) => bad(format!("{said}; {} damaged", counted(damaged, "file")), Next::Verify),
        (_, 1.., _) => doubtful(format!("{said}; {} not on this machine", counted(absent.len(), "file")), Next::Sync),
        (_, _, 1..) => {
            doubtful(format!("{said}; {} of killed processes", counted(left.files as usize, "file")), Next::Gc)
        }
        _ => good(said),
    })
}

fn writer(registry: &Registry) -> Result<Found> {
    match holder(&registry.lock_path()) {
        Ok(None) => Ok(good("nobody writes right now")),
        Ok(Some(it)) => {
            let said = format!("process {} on {} holds the lock since {}", it.identity.pid, it.identity.host, it.since);
            let is_old = registry.world.clock.now().since(it.since) > DAY;
            Ok(match it.identity.life() {
                Life::Dead => good(format!("{said}; it is dead, and the next writer clears the lock")),
                _ if is_old => doubtful(said, Next::Unlock),
                _ => good(said),
            })
        }
        Err(error) if error.code == Code::Locked => Ok(bad(error.message.clone(), Next::Unlock)),
        Err(error) => Err(error),
    }
}

fn index(registry: &Registry) -> Result<Found> {
    let status = registry.maintain().index_status()?;
    Ok(match status.current {
        true => good(format!("up to date, {}", size(status.bytes))),
        false => good("it is behind, and goes on when it is asked"),
    })
}

fn hook(registry: &Registry) -> Result<Found> {
    Ok(match (registry.repo.is_bare(), registry.share().has_hook()?) {
        (_, true) => good("pushes are judged before they are taken"),
        (false, false) => good("none: nobody pushes to a worktree"),
        (true, false) => (
            Health::Good,
            "none: needed where others push here".to_owned(),
            Some(Hint::of("where they do: ").then(Next::HookInstall)),
        ),
    })
}

fn origin(registry: &Registry, view: &View<'_>) -> Result<Found> {
    let Some(url) = registry.share().origin_url()? else { return Ok(good("none: this is no clone")) };
    let Some(theirs) = registry.tracked_head() else {
        return Ok(doubtful(format!("{url} was never fetched from"), Next::Fetch));
    };
    let ahead = match registry.repo.merge_base(view.head, theirs)? {
        Some(base) => registry.chain_length(view.head, base)?,
        None => 0,
    };
    Ok(match ahead {
        0 => good(format!("{url} has all of it, as of the last fetch")),
        _ => doubtful(format!("{url} lacks {}", counted(ahead as usize, "commit")), Next::Push),
    })
}

fn remotes(registry: &Registry) -> Result<Found> {
    let rows = registry.share().list_remotes()?;
    for row in &rows {
        if let Err(error) = registry.open_remote(row).ready() {
            return Ok((Health::Doubtful, format!("{}: {}", row.name, error.message), error.hint.clone()));
        }
    }
    Ok(good(match rows.len() {
        0 => "none".to_owned(),
        many => format!("{}, all there", counted(many, "remote")),
    }))
}

fn webhooks(registry: &Registry) -> Result<Found> {
    let rows = registry.share().list_webhooks()?;
    let failing = rows.iter().find(|it| it.off || it.failures > 0);
    Ok(match (failing, rows.len()) {
        (Some(it), _) if it.off => doubtful(format!("{} says that it is gone", it.name), Next::WebhookList),
        (Some(it), _) => {
            let why = it.last_error.as_deref().unwrap_or_default();
            doubtful(format!("{} does not take events: {why}", it.name), Next::WebhookList)
        }
        (None, 0) => good("none"),
        (None, many) => good(format!("{}, all told", counted(many, "webhook"))),
    })
}

fn backup(registry: &Registry, view: &View<'_>) -> Result<Found> {
    let Some(last) = registry.share().last_backup() else {
        return Ok(doubtful("none was made from here", Next::Backup));
    };
    let days = registry.world.clock.now().since(last.time) / DAY;
    let said = format!("{} to {}, up to {}", last.time, last.backup, last.head.short());
    Ok(match last.head == view.head || days < BACKUP_DAYS {
        true => good(said),
        false => doubtful(format!("{said}: {days} days ago"), Next::Backup),
    })
}

fn drill(registry: &Registry) -> Result<Found> {
    let Some(last) = registry.share().last_drill() else {
        return Ok(doubtful("no backup was restored to prove it", Next::BackupDrill));
    };
    let days = registry.world.clock.now().since(last.time) / DAY;
    let said = format!("passed {}, up to {}", last.time, last.head.short());
    Ok(if days < DRILL_DAYS { good(said) } else { doubtful(format!("{said}: {days} days ago"), Next::BackupDrill) })
}
