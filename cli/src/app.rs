//! What every command needs: the world, the registry that is meant, a view of it, and a key.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use refmark_core::engine::ports::Cancel;
use refmark_core::engine::ports::signer::Signer;
use refmark_core::store::git::program::Git;
use refmark_core::store::key::{Found, KeySearch};
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::{
    CheckedOut, Context, Located, Notices, Pinning, Registry, View, founders_key, locate, open_located,
};

use crate::args::Globals;
use crate::render::{safe, warning};
use crate::{interrupt, output, progress};

/// What every command needs.
pub struct App {
    globals: Globals,
    cancel: Cancel,
    /// What the search for a key passed over: shown where an error follows.
    key_notes: RefCell<Vec<String>>,
    /// Where the registry stood, if its branch is checked out somewhere.
    checked_out: RefCell<Option<CheckedOut>>,
    /// What people should know of a change that was made.
    notices: Notices,
    /// How many transfers are under way at a time, where the user said so.
    jobs: Cell<Option<u16>>,
}

impl App {
    /// With these options.
    pub fn new(globals: Globals) -> App {
        App {
            globals,
            cancel: Cancel::default(),
            key_notes: RefCell::default(),
            checked_out: RefCell::default(),
            notices: Notices::default(),
            jobs: Cell::default(),
        }
    }

    /// Worlds from here on move so many files at a time.
    pub fn set_jobs(&self, jobs: Option<u16>) {
        self.jobs.set(jobs);
    }

    /// The options.
    pub fn globals(&self) -> &Globals {
        &self.globals
    }

    /// Says something beside the answer.
    pub fn note(&self, text: &str) {
        if !self.globals.quiet {
            output::err(&format!("{}\n", safe(text)));
        }
    }

    /// Says something that people should know before they rely on the answer.
    pub fn warn(&self, text: &str) {
        if !self.globals.quiet {
            output::err(&format!("{}\n", warning(text)));
        }
    }

    /// The user's world, with the root that was named.
    pub fn world(&self) -> Result<Context> {
        let mut world = Context::from_env();
        if let Some(root) = &self.globals.trust_root {
            if root.is_empty() {
                return Err(Error::new(Code::BadArgument, "the trust root is empty").hint(
                    "a variable of a repository is empty in workflows of forks: write the root into the workflow",
                ));
            }
            world.pinning = Pinning::read(root)?;
        }
        self.equip(&mut world);
        world.remotes.jobs = self.jobs.get().map(usize::from);
        world.wait = Duration::from_secs(self.globals.wait);
        Ok(world)
    }

    /// Gives a world somebody who watches and who may stop it.
    pub fn equip(&self, world: &mut Context) {
        world.cancel = self.cancel.clone();
        world.notices = self.notices.clone();
        if progress::is_watched() && !self.globals.quiet && !self.globals.json {
            world.progress = Arc::new(progress::Bar::default());
        }
    }

    /// From here on Ctrl-C cancels the work.
    pub fn arm(&self) {
        interrupt::arm(&self.cancel);
    }

    /// What stops this command's work: Ctrl-C sets it.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// The `git` program, for as long as nobody interrupts.
    pub fn git(&self) -> Git {
        Git::default().until(&self.cancel)
    }

    /// The registry that is meant.
    pub fn registry(&self) -> Result<Registry> {
        let world = self.world()?;
        if self.globals.key.is_none() {
            self.arm();
        }
        let named = self.globals.registry.as_deref().filter(|path| !path.as_os_str().is_empty());
        let here = here()?;
        let located = locate(named, &here, &world)?;
        let registry = open_located(&located, &here, world)?;
        if let Located::Default(path) = &located {
            self.note(&format!("using your default registry, {}", path.display()));
        }
        if self.globals.tofu {
            self.trust_on_first_use(&registry)?;
        }
        self.checked_out.replace(registry.share().checked_out().unwrap_or_default());
        Ok(registry)
    }

    /// Says which worktrees the command left behind.
    pub fn tell_of_changes(&self) {
        self.notices.take().iter().for_each(|notice| self.warn(notice));
        let Some(before) = self.checked_out.take() else { return };
        let left = self.world().and_then(|world| before.left_behind(world)).unwrap_or_default();
        for (at, command) in left {
            self.warn(&format!(
                "the registry's branch is checked out at {}, and its files there are older now: an ordinary commit would \
                 take this change back. Before that: {command}",
                at.display()
            ));
        }
    }

    /// Pins the root that is there, where none is pinned, and says what was pinned.
    pub fn trust_on_first_use(&self, registry: &Registry) -> Result<()> {
        if registry.world().pin_of(registry.id())?.is_some() {
            return Ok(());
        }
        let answer = registry.govern().pin_root(registry.first_root())?;
        self.note(&format!("pinned on first use: the root of {} is {}", answer.name, answer.trust_root));
        for key in &answer.keys {
            self.note(&format!("  {} {}", key.keyid, key.principal));
        }
        self.note("compare these with the registry's owner");
        Ok(())
    }

    /// What has taken effect, for commands that show it whatever its condition; that is said beside the answer.
    pub fn view<'r>(&self, registry: &'r Registry) -> Result<View<'r>> {
        let view = match registry.read().view() {
            Err(error) if error.code == Code::Incomplete => {
                self.warn(&error.message);
                registry.read().view_incomplete()?
            }
            view => view?,
        };
        if let Err(error) = view.check_tip() {
            self.warn(&format!("{}; what follows is the last good state", error.message));
        }
        Ok(view)
    }

    /// The key to sign with, in this registry.
    pub fn signer(&self, registry: &Registry) -> Result<Box<dyn Signer>> {
        let prompt = |path: &Path| ask_passphrase(path);
        self.found(registry.read().find_key(&self.search(&prompt)))
    }

    /// The founder's key, and whether it was made just now.
    pub fn founders_key(&self) -> Result<(Box<dyn Signer>, bool)> {
        let prompt = |path: &Path| ask_passphrase(path);
        let (found, made) = founders_key(&self.search(&prompt))?;
        self.found(Ok(found)).map(|signer| (signer, made))
    }

    /// Where keys are looked for, without asking anybody anything.
    pub fn keys(&self) -> KeySearch<'static> {
        KeySearch { explicit: self.globals.key.clone(), ..KeySearch::from_env() }
    }

    fn search<'a>(&self, prompt: &'a dyn Fn(&Path) -> Option<String>) -> KeySearch<'a> {
        KeySearch { explicit: self.globals.key.clone(), passphrase: Some(prompt), ..KeySearch::from_env() }
    }

    fn found(&self, found: Result<Found>) -> Result<Box<dyn Signer>> {
        let found = found?;
        self.arm();
        self.key_notes.replace(found.notes);
        Ok(found.signer)
    }

    /// An error with what the search for a key passed over, where it is about who signed.
    pub fn explained(&self, error: Box<Error>) -> Box<Error> {
        let notes = self.key_notes.take();
        match error.fields.contains_key("keyid") && !notes.is_empty() {
            true => error.field("key_notes", notes),
            false => error,
        }
    }
}

/// The working directory.
pub fn here() -> Result<PathBuf> {
    std::env::current_dir()
        .map_err(|error| Error::new(Code::Io, format!("the working directory cannot be found: {error}")))
}

/// Asks for a passphrase, on a terminal only.
fn ask_passphrase(path: &Path) -> Option<String> {
    if !progress::is_watched() {
        return None;
    }
    rpassword::prompt_password(format!("passphrase of {}: ", safe(&path.display().to_string()))).ok()
}
