//! `setup-git`: makes plain `git log -p` read well in one repository, by a text-conversion driver of its own.

use crate::registry::Sharing;
use serde::Serialize;

use refmark_store::fs::durable::replace;
use refmark_store::fs::read::read_text_bounded;
use refmark_types::error::Result;

/// What Git shows through the driver.
const ATTRIBUTES: [&str; 7] = [
    "trust/*.json diff=refmark",
    "policy/*.json diff=refmark",
    "models/**/*.json diff=refmark",
    "artifacts/**/*.json diff=refmark",
    "approvals/**/*.json diff=refmark",
    "consumers/**/*.json diff=refmark",
    "catalog/**/*.json diff=refmark",
];

/// What was set up.
#[derive(Debug, Clone, Serialize)]
pub struct SetupGitAnswer {
    /// The attributes' path.
    pub attributes: String,
    /// The configuration's path.
    pub config: String,
    /// Whether everything was there already.
    pub unchanged: bool,
}

impl Sharing<'_> {
    /// Writes the driver into the repository's own `info/attributes` and `config`; nothing of the user's and nothing that is
    /// committed. `program` is how Git calls refmark.
    pub fn setup_git(&self, program: &str) -> Result<SetupGitAnswer> {
        let attributes = self.registry.repo.git_dir().join("info/attributes");
        let config = self.registry.repo.git_dir().join("config");
        let wanted = |text: &str| -> String {
            ATTRIBUTES
                .iter()
                .filter(|line| !text.lines().any(|it| it == **line))
                .map(|line| format!("{line}\n"))
                .collect()
        };
        let one = self.append(&attributes, wanted)?;
        let section = |text: &str| match text.contains("[diff \"refmark\"]") {
            true => String::new(),
            false => {
                let program = program.replace('\\', "\\\\").replace('"', "\\\"");
                format!("[diff \"refmark\"]\n\ttextconv = \"'{program}' textconv\"\n\txfuncname = \"^[a-z].*\"\n")
            }
        };
        let other = self.append(&config, section)?;
        Ok(SetupGitAnswer {
            attributes: attributes.display().to_string(),
            config: config.display().to_string(),
            unchanged: !one && !other,
        })
    }

    /// Adds to a file what it lacks, in one step; whether anything was added.
    fn append(&self, path: &std::path::Path, lacks: impl Fn(&str) -> String) -> Result<bool> {
        let mut text = read_text_bounded(path, 4 << 20)?.unwrap_or_default();
        let more = lacks(&text);
        if more.is_empty() {
            return Ok(false);
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&more);
        let folder = path.parent().unwrap_or(path);
        self.registry.world.disk.make_dirs(folder)?;
        replace(&*self.registry.world.disk, path, text.as_bytes(), 0o644)?;
        Ok(true)
    }
}
