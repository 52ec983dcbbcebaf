//! Files in the folder `blobs` of the data folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use flusso_app::ports::PortError;
use flusso_app::ports::blobs::{Blobs, is_name};

/// The folder.
pub struct FolderBlobs(PathBuf);

impl FolderBlobs {
    /// Below the data folder.
    pub fn new(data: &Path) -> Self {
        Self(data.join("blobs"))
    }

    fn path(&self, name: &str) -> Result<PathBuf, PortError> {
        // No other name leads out of the folder.
        if is_name(name) { Ok(self.0.join(name)) } else { Err(refused(&format!("`{name}` is no name"))) }
    }
}

/// Copies every file of one data folder into another. One that is removed meanwhile is left out.
pub(crate) fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    copy(&from.join("blobs"), &to.join("blobs"))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let Some(entries) = there(fs::read_dir(from))? else { return Ok(()) };
    fs::create_dir_all(to)?;
    for entry in entries {
        let entry = entry?;
        // What is being written is no file yet.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to)?;
        } else {
            there(fs::copy(&from, &to))?;
        }
    }
    Ok(())
}

#[async_trait]
impl Blobs for FolderBlobs {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        let path = self.path(name)?;
        blocking(move || write(&path, &bytes)).await
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        let path = self.path(name)?;
        blocking(move || there(fs::read(&path))).await
    }

    async fn remove(&self, name: &str) -> Result<(), PortError> {
        let path = self.path(name)?;
        blocking(move || there(fs::remove_file(&path)).map(|_| ())).await
    }
}

/// Whole or not at all: written beside its place, then moved there.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("no folder"))?;
    fs::create_dir_all(folder)?;
    // No name begins with a dot, so this is nobody's.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{:?}", std::thread::current().id()));
    fs::write(&beside, bytes)?;
    fs::File::open(&beside)?.sync_all()?;
    fs::rename(&beside, path)?;
    fs::File::open(folder)?.sync_all()
}

fn there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, PortError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| refused(&error.to_string()))?.map_err(|error| refused(&error.to_string()))
}

fn refused(reason: &str) -> PortError {
    PortError { port: "blobs", reason: reason.to_owned() }
}
