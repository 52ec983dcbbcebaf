//! A copy of the data folder that another process may be serving. Whoever serves the copy finds that it is one.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use flusso_store::time::Instant;
use rusqlite::Connection;

use crate::blobs;
use crate::clock::machine_time;
use crate::sqlite::{Store, StoreError, copy_file};

/// The setting that names an installation; without it, it is [`FIRST`].
const SETTING: &str = "installation";
/// What an installation is called that is no copy.
const FIRST: &str = "local";

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder for the copy is there already, or can't be made.
    #[error("{path}: {source}; name a folder that is not there yet")]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file can't be copied.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The rows can't be copied.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies the data folder `from` to the new folder `to`; the moment of the copy. A program that serves `from` goes on.
pub fn back_up(from: &Path, to: &Path) -> Result<Instant, BackupError> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(to).map_err(|source| BackupError::Folder { path: to.to_owned(), source })?;
    // The secrets first: one that is made meanwhile is used by no row of the copy.
    for name in ["secrets.json", "api-key"] {
        let path = from.join(name);
        match fs::copy(&path, to.join(name)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(BackupError::File { path, source });
            }
            _ => {}
        }
    }
    let at = machine_time();
    let copy = to.join("flusso.db");
    copy_file(&from.join("flusso.db"), &copy)?;
    name_copy(&copy, at).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    // The files last: each was stored before its row was.
    blobs::copy_all(from, to).map_err(|source| BackupError::File { path: from.to_owned(), source })?;
    Ok(at)
}

fn name_copy(path: &Path, at: Instant) -> rusqlite::Result<()> {
    let connection = Connection::open(path)?;
    let sql = "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)";
    connection.execute(sql, [SETTING, &format!("copy of {at}")])?;
    Ok(())
}

/// What the installation in a folder is called.
pub fn installation(store: &Store) -> Result<String, StoreError> {
    Ok(store.setting(SETTING)?.unwrap_or_else(|| FIRST.to_owned()))
}
