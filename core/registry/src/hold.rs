//! Holding a settings file while it is changed: read, changed and written as one step, so that changes of several processes
//! all survive.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::context::Context;
use refmark_store::fs::disk::shown;
use refmark_store::fs::lock::{Guard, Wait, acquire, sweep};
use refmark_store::fs::sibling::Beside;
use refmark_types::error::{Code, Result};

/// A settings file is changed in milliseconds; who waits longer waits for a process that hangs.
const PATIENCE: Duration = Duration::from_secs(30);

impl Context {
    /// Holds a file until the guard is dropped. Its folder must be there; the file need not.
    pub(crate) fn hold(&self, file: &Path) -> Result<Guard> {
        let lock = beside(file);
        if let Some(left) = Beside::of(&lock) {
            left.sweep(&*self.disk);
        }
        sweep(&*self.disk, &lock)?;
        let wait = Wait { timeout: PATIENCE, cancel: &self.cancel, told: &mut |_| {} };
        acquire(&self.disk, &lock, wait).map_err(|error| match error.code {
            Code::Locked => {
                error.hint(format!("try again; if no refmark is at work on {}, remove {}", shown(file), shown(&lock)))
            }
            _ => error,
        })
    }
}

/// The lock beside a file.
fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!("{name}.held"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Context;
    use crate::context::{Places, SystemClock};
    use refmark_records::registry_id::RegistryId;
    use refmark_types::digest::Digest;

    #[test]
    fn pins_that_many_processes_store_at_once_are_all_there() {
        let home = tempfile::tempdir().unwrap();
        let places = Places { config: Some(home.path().join("config")), ..Places::default() };
        let world = || Context::at(places.clone(), Arc::new(SystemClock));
        let ids: Vec<RegistryId> = (0..24u8).map(|n| RegistryId::from_bytes([n; 16])).collect();
        std::thread::scope(|scope| {
            for id in &ids {
                scope.spawn(|| world().store_pin(*id, "models", Digest::of(id.to_string().as_bytes())).unwrap());
            }
        });
        for id in ids {
            assert_eq!(world().pin_of(id).unwrap(), Some(Digest::of(id.to_string().as_bytes())));
        }
    }
}
