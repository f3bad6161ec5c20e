//! `export-site`: the registry as plain files, with the viewer.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use refmark_core::types::error::{Code, Error, Result};
use refmark_core::{ExportRequest, Viewer};

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::site::ExportSiteArgs;

/// The viewer's files that the build put into this command; none where it was built without.
static CARRIED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/viewer.rs"));

/// Runs the command.
pub fn run(app: &App, args: &ExportSiteArgs) -> Reply {
    let viewer = if args.data_only { None } else { Some(viewer(args.viewer.viewer.as_deref())?) };
    let registry = app.registry()?;
    if let (Some(file), Some(viewer)) = (&args.single_file, &viewer) {
        return reply(registry.share().export_single_page(&app.git(), file, viewer)?);
    }
    let request = ExportRequest { viewer: viewer.as_ref(), blobs: args.blobs, allow_unverified: args.allow_unverified };
    let dir = args.dir.clone().unwrap_or_else(|| PathBuf::from("."));
    reply(registry.share().export_site(&app.git(), &dir, &request)?)
}

/// The viewer: the one that is named, else the one that this command carries.
pub fn viewer(named: Option<&Path>) -> Result<Viewer<'static>> {
    match named {
        Some(folder) => {
            let mut files = Vec::new();
            read_below(folder, folder, &mut files)?;
            Viewer::new(files).map_err(|error| error.at(folder.display().to_string()))
        }
        None if CARRIED.is_empty() => Err(Error::new(Code::Unsupported, "this refmark was built without the viewer")
            .hint("build it with viewer/build.sh and name it with --viewer viewer/dist, or export with --data-only")),
        None => Viewer::new(CARRIED.iter().map(|(path, bytes)| ((*path).to_owned(), Cow::Borrowed(*bytes)))),
    }
}

fn read_below(top: &Path, folder: &Path, files: &mut Vec<(String, Cow<'static, [u8]>)>) -> Result<()> {
    let unreadable = |path: &Path, error: std::io::Error| {
        Error::new(Code::Io, format!("the viewer's {} cannot be read: {error}", path.display()))
            .at(path.display().to_string())
    };
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        if path.is_dir() {
            read_below(top, &path, files)?;
            continue;
        }
        let bytes = std::fs::read(&path).map_err(|error| unreadable(&path, error))?;
        let name = path.strip_prefix(top).unwrap_or(&path).display().to_string();
        files.push((name, Cow::Owned(bytes)));
    }
    Ok(())
}
