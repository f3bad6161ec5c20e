//! Who this process is, for lock files and temporary names: host, boot, process and its start.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use refmark_types::digest::Digest;

/// A process that can be recognised later, also by others on a shared disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The host's name.
    pub host: String,
    /// The boot, and the namespace in which `pid` counts: containers of one host share a boot but not their pids.
    pub boot: String,
    /// The process id.
    pub pid: u32,
    /// When the process started, in the system's own unit; empty where the system does not tell. A pid that was
    /// given out again has another start.
    pub start: String,
}

/// What is known of another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It runs, or may run.
    Alive,
    /// It is of this host and boot, and gone.
    Dead,
    /// It is of another host, boot or container: nothing can be known from here.
    Elsewhere,
}

impl Identity {
    /// This process.
    pub fn own() -> Identity {
        static FIRST: OnceLock<Identity> = OnceLock::new();
        let pid = std::process::id();
        let first = FIRST.get_or_init(|| {
            let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
            Identity { host, boot: boot(), pid, start: start_of(pid).unwrap_or_default() }
        });
        if first.pid == pid {
            return first.clone();
        }
        // A forked child is another process, with another start.
        Identity { pid, start: start_of(pid).unwrap_or_default(), ..first.clone() }
    }

    /// Whether that process still runs. `Dead` only where it is certain.
    pub fn life(&self) -> Life {
        let own = Identity::own();
        if self.host != own.host || self.boot != own.boot || self.boot.is_empty() {
            return Life::Elsewhere;
        }
        let Some(pid) = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw) else {
            return Life::Elsewhere;
        };
        if rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH) {
            return Life::Dead;
        }
        match start_of(self.pid) {
            Some(start) if !self.start.is_empty() && start != self.start => Life::Dead,
            _ => Life::Alive,
        }
    }

    /// `<host>.<boot>.<pid>.<start>`: short, safe in a file name, and the same for one process all its life.
    fn tag(&self) -> String {
        let host = Digest::of(format!("{}\n{}", self.host, self.boot).as_bytes());
        format!("{}.{}.{}", host.short(), self.pid, if self.start.is_empty() { "0" } else { &self.start })
    }
}

/// A file name that no other process and no other call uses, and that nobody can guess and take before:
/// `<host and boot>.<pid>.<start>.<n>.<random>`.
pub fn unique_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{}.{count}.{}", Identity::own().tag(), unguessable().unwrap_or_default())
}

/// 128 random bits in hex. None where the system has none to give.
pub fn unguessable() -> Option<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    Some(refmark_types::digest::encode_hex(&random))
}

/// Whether the process that made this [`unique_name`] still runs. None where the name is not of that form.
pub fn life_of_name(name: &str) -> Option<Life> {
    let mut parts = name.split('.');
    let (host, pid, start, count) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    count.parse::<u64>().ok()?;
    let own = Identity::own();
    let start = if start == "0" { "" } else { start };
    let other = Identity { pid: pid.parse().ok()?, start: start.to_owned(), ..own.clone() };
    if own.tag().split('.').next() != Some(host) {
        return Some(Life::Elsewhere);
    }
    Some(other.life())
}

/// Whether a file was last changed before this system was started, by more than clocks differ: whoever held it open is
/// gone. False where the system does not tell.
#[cfg(target_os = "linux")]
pub fn is_before_this_boot(path: &std::path::Path) -> bool {
    const CLOCKS_DIFFER: u64 = 600;
    let up = u64::try_from(rustix::system::sysinfo().uptime).unwrap_or_default();
    let age = std::fs::symlink_metadata(path).and_then(|found| found.modified()).map(|time| time.elapsed());
    matches!(age, Ok(Ok(age)) if age.as_secs() > up.saturating_add(CLOCKS_DIFFER))
}

/// Whether a file was last changed before this system was started. False: this system does not tell.
#[cfg(not(target_os = "linux"))]
pub fn is_before_this_boot(_: &std::path::Path) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn boot() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let pids = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    match id.trim() {
        "" => String::new(),
        id => format!("{id} {}", pids.display()),
    }
}

#[cfg(target_os = "linux")]
fn start_of(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses and may hold anything; the start is field 22.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

/// Without a boot id no lock is ever taken for dead.
#[cfg(not(target_os = "linux"))]
fn boot() -> String {
    String::new()
}

#[cfg(not(target_os = "linux"))]
fn start_of(_: u32) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_a_finished_child_is_dead() {
        assert_eq!(Identity::own().life(), Life::Alive);
        assert_eq!(life_of_name(&unique_name()), Some(Life::Alive));
        let random = |name: String| name.rsplit('.').next().map(str::to_owned).unwrap();
        assert_eq!(random(unique_name()).len(), 32, "nobody guesses it");
        assert_ne!(random(unique_name()), random(unique_name()));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let dead = Identity { pid: child.id(), start: "1".into(), ..Identity::own() };
        child.wait().unwrap();
        assert_eq!(dead.life(), Life::Dead);
        assert_eq!(life_of_name(&format!("{}.0", dead.tag())), Some(Life::Dead));
    }

    #[test]
    fn a_pid_that_was_given_out_again_is_another_process() {
        let earlier = Identity { start: "1".into(), ..Identity::own() };
        assert_eq!(earlier.life(), Life::Dead);
    }

    #[test]
    fn another_host_boot_or_container_cannot_be_judged_from_here() {
        let own = Identity::own();
        assert_eq!(Identity { host: "elsewhere.example".into(), ..own.clone() }.life(), Life::Elsewhere);
        assert_eq!(Identity { boot: "an earlier one".into(), ..own }.life(), Life::Elsewhere);
        assert_eq!(life_of_name("00000000.1.2.3"), Some(Life::Elsewhere));
        assert_eq!(life_of_name("people's own file"), None);
    }
}
