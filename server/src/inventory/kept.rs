//! What was read of the registry, kept for the next start: a line a commit, in the state folder. A cache of this service's own
//! reading: it may be deleted at any time, and what it lacks is read from the commits.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use refmark_core::records::registry_id::RegistryId;
use refmark_core::store::fs::disk::{Disk, RealDisk};
use refmark_core::types::digest::ArtifactId;
use refmark_core::types::error::Result;
use refmark_core::types::oid::Oid;
use serde::{Deserialize, Serialize};

use super::artifact::Artifact;
use super::contents::{Contents, Entry, Step};
use super::event::Action;

/// What one commit changed.
#[derive(Serialize, Deserialize)]
struct Line {
    head: Oid,
    steps: Vec<KeptStep>,
}

#[derive(Serialize, Deserialize)]
struct KeptStep {
    artifact: Artifact,
    id: ArtifactId,
    version: u64,
    revision: u64,
    action: String,
    time: String,
}

/// The file of one registry.
pub struct Kept {
    file: PathBuf,
}

impl Kept {
    /// In the state folder.
    pub fn at(state: &Path, id: RegistryId) -> Kept {
        Kept { file: state.join("read").join(format!("{id}.jsonl")) }
    }

    /// What was read before, as far as the file is whole. What a kill left behind the last whole line goes.
    pub fn load(&self) -> Contents {
        let mut contents = Contents::default();
        let Ok(bytes) = std::fs::read(&self.file) else { return contents };
        let mut whole = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let is_ended = line.ends_with(b"\n");
            let Some(read) = is_ended.then(|| serde_json::from_slice::<Line>(line).ok()).flatten() else { break };
            let steps: Option<Vec<Step>> = read.steps.into_iter().map(KeptStep::step).collect();
            let Some(steps) = steps else { break };
            steps.into_iter().for_each(|step| contents.apply(step));
            contents.head = Some(read.head);
            whole += line.len();
        }
        if whole < bytes.len() {
            let file = std::fs::OpenOptions::new().write(true).open(&self.file);
            let _ = file.and_then(|file| file.set_len(whole as u64));
        }
        contents
    }

    /// Adds what a commit changed. Where it cannot be written, the next start reads the commits.
    pub fn add(&self, head: Oid, steps: &[Step]) {
        let steps = steps.iter().map(KeptStep::of).collect();
        if let Ok(mut line) = serde_json::to_vec(&Line { head, steps }) {
            line.push(b'\n');
            let _ = self.append(&line);
        }
    }

    fn append(&self, line: &[u8]) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            RealDisk.make_dirs(folder)?;
        }
        RealDisk.append_cache(&self.file, line)
    }

    /// Forgets everything: it is of another history.
    pub fn forget(&self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

impl KeptStep {
    fn of(step: &Step) -> KeptStep {
        let Step { entry, action, time } = step;
        KeptStep {
            artifact: (*entry.artifact).clone(),
            id: entry.id,
            version: entry.version,
            revision: entry.revision,
            action: action.as_str().to_owned(),
            time: time.clone(),
        }
    }

    fn step(self) -> Option<Step> {
        let KeptStep { artifact, id, version, revision, action, time } = self;
        let entry = Entry { artifact: Arc::new(artifact), id, version, revision };
        Some(Step { entry, action: Action::parse(&action)?, time })
    }
}
