//! The first API key: made once, and kept where only its owner can read it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use flusso_entrypoints::app::App;

/// The name under which it is known: the source of what is posted with it.
const NAME: &str = "local";
/// The file that it is kept in.
const FILE: &str = "api-key";

/// Where the key is, and the key itself if it was made just now.
pub(crate) struct FirstKey {
    pub(crate) path: PathBuf,
    pub(crate) made: Option<String>,
}

/// Whether a program was ever started on the data folder: it has left its key.
pub(crate) fn was_started(folder: &Path) -> bool {
    folder.join(FILE).exists()
}

/// Makes the key, if the data folder has none.
pub(crate) async fn first_key(app: &App, folder: &Path) -> anyhow::Result<FirstKey> {
    let path = folder.join(FILE);
    if path.exists() {
        return Ok(FirstKey { path, made: None });
    }
    let key = app.create_api_key(NAME).await?;
    write(folder, &path, &key).with_context(|| format!("can't write {}", path.display()))?;
    Ok(FirstKey { path, made: Some(key) })
}

/// Whole or not at all, readable by its owner alone from the first moment.
fn write(folder: &Path, path: &Path, key: &str) -> io::Result<()> {
    let partial = folder.join("api-key.new");
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&partial)?;
    writeln!(file, "{key}")?;
    file.sync_all()?;
    fs::rename(&partial, path)
}
