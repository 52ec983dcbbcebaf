//! Secrets in a file of the data folder that only its owner can read.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flusso_app::ports::secrets::{KEY_BYTES, Keyring, Keyrings, Secret, SecretName, Secrets};

/// Every secret, read once.
pub struct FileSecrets(Keyrings);

/// Why the secrets can't be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The file can't be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody besides its owner can read the file.
    #[error("{path} can be read by others (mode {mode:o}); run: chmod 600 {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file is not what this program writes.
    #[error("{path} is damaged: {reason}; restore it from a backup")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it; no secret in it.
        reason: String,
    },
    /// The system gives no random bytes.
    #[error("no randomness: {0}")]
    Random(getrandom::Error),
}

type Stored = BTreeMap<String, Keyring>;

impl FileSecrets {
    /// Reads `secrets.json` in `folder`. What is not in it yet is drawn and written.
    pub fn open(folder: &Path) -> Result<Self, SecretsError> {
        let path = folder.join("secrets.json");
        let mut stored = read(&path)?;
        let mut drawn = false;
        for name in SecretName::ALL {
            if !stored.contains_key(name.as_str()) {
                let mut bytes = [0; KEY_BYTES];
                getrandom::fill(&mut bytes).map_err(SecretsError::Random)?;
                stored.insert(name.as_str().to_owned(), Keyring::new(bytes));
                drawn = true;
            }
        }
        if drawn {
            write(folder, &path, &stored)
                .map_err(|source| SecretsError::Io { path: path.clone(), source })?;
        }
        let damaged = |name: SecretName| SecretsError::Damaged { path, reason: name.as_str().to_owned() };
        Ok(Self(Keyrings::new(&stored).map_err(damaged)?))
    }
}

impl Secrets for FileSecrets {
    fn current(&self, name: SecretName) -> Secret {
        self.0.current(name)
    }

    fn by_id(&self, name: SecretName, key_id: &str) -> Option<Secret> {
        self.0.by_id(name, key_id)
    }
}

fn read(path: &Path) -> Result<Stored, SecretsError> {
    let fail = |source| SecretsError::Io { path: path.to_owned(), source };
    let text = match File::open(path) {
        Ok(file) => {
            check_mode(path, &file)?;
            io::read_to_string(file).map_err(fail)?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Stored::new()),
        Err(error) => return Err(fail(error)),
    };
    // The parser's own words might quote a secret.
    serde_json::from_str(&text).map_err(|error| SecretsError::Damaged {
        path: path.to_owned(),
        reason: format!("line {}, column {}", error.line(), error.column()),
    })
}

#[cfg(unix)]
fn check_mode(path: &Path, file: &File) -> Result<(), SecretsError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = file.metadata().map_err(|source| SecretsError::Io { path: path.to_owned(), source })?;
    let mode = metadata.permissions().mode() & 0o777;
    let of_others = mode & 0o077;
    if of_others == 0 { Ok(()) } else { Err(SecretsError::Exposed { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &File) -> Result<(), SecretsError> {
    Ok(())
}

/// Whole or not at all: half a file of secrets would be none.
fn write(folder: &Path, path: &Path, stored: &Stored) -> io::Result<()> {
    let text = serde_json::to_string_pretty(stored)?;
    let partial = folder.join("secrets.json.new");
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&partial)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}
