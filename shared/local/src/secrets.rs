//! Secrets in a file of the data folder that only its owner can read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flusso_app::ports::secrets::{Secret, SecretName, Secrets};
use serde::{Deserialize, Serialize};

const BYTES: usize = 32;

/// Every secret, read once. To rotate one, add a key to the file, name it `current`, and start again.
pub struct FileSecrets {
    rings: BTreeMap<SecretName, Ring>,
}

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

struct Ring {
    current: Secret,
    keys: BTreeMap<String, Secret>,
}

/// A ring as the file has it: bytes are in hexadecimal.
#[derive(Serialize, Deserialize)]
struct StoredRing {
    current: String,
    keys: BTreeMap<String, String>,
}

type Stored = BTreeMap<String, StoredRing>;

impl FileSecrets {
    /// Reads `secrets.json` in `folder`. What is not in it yet is drawn and written.
    pub fn open(folder: &Path) -> Result<Self, SecretsError> {
        let path = folder.join("secrets.json");
        let mut stored = read(&path)?;
        let mut drawn = false;
        for name in SecretName::ALL {
            if !stored.contains_key(name.as_str()) {
                stored.insert(name.as_str().to_owned(), StoredRing::draw()?);
                drawn = true;
            }
        }
        if drawn {
            write(folder, &path, &stored)
                .map_err(|source| SecretsError::Io { path: path.clone(), source })?;
        }
        let ring = |name: SecretName| {
            let ring = stored.get(name.as_str()).and_then(StoredRing::parse);
            ring.ok_or_else(|| SecretsError::Damaged { path: path.clone(), reason: name.as_str().to_owned() })
        };
        let rings = SecretName::ALL.into_iter().map(|name| Ok((name, ring(name)?)));
        Ok(Self { rings: rings.collect::<Result<_, SecretsError>>()? })
    }

    fn ring(&self, name: SecretName) -> &Ring {
        #[expect(clippy::expect_used, reason = "an empty key in its place would sign for everybody")]
        self.rings.get(&name).expect("`open` reads every name")
    }
}

impl Secrets for FileSecrets {
    fn current(&self, name: SecretName) -> Secret {
        self.ring(name).current.clone()
    }

    fn by_id(&self, name: SecretName, key_id: &str) -> Option<Secret> {
        self.ring(name).keys.get(key_id).cloned()
    }
}

impl StoredRing {
    fn draw() -> Result<Self, SecretsError> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(SecretsError::Random)?;
        let mut hex = String::new();
        for byte in bytes {
            // Writing to a string can't fail.
            let _ = write!(hex, "{byte:02x}");
        }
        Ok(Self { current: "k1".to_owned(), keys: BTreeMap::from([("k1".to_owned(), hex)]) })
    }

    fn parse(&self) -> Option<Ring> {
        let keys: Option<BTreeMap<String, Secret>> = self
            .keys
            .iter()
            .map(|(key_id, hex)| {
                Some((key_id.clone(), Secret { key_id: key_id.clone(), bytes: bytes_of(hex)? }))
            })
            .collect();
        let keys = keys?;
        Some(Ring { current: keys.get(&self.current)?.clone(), keys })
    }
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    // A short key would be a mistake of whoever rotated it.
    if !hex.is_ascii() || !hex.len().is_multiple_of(2) || hex.len() < 2 * BYTES {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
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
