//! The data folder: its lock, the one file in it, and the connections that read it. Writing is `writer.rs`.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flusso_app::ports::PortError;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use tokio::sync::Notify;

use crate::writer::{Pending, Writer};

/// The format of the file that this program writes.
const FORMAT: i64 = 1;
const READERS: usize = 4;
const BUSY: Duration = Duration::from_secs(5);

/// What every connection is set to. Of the page cache, 32 MB in all, the writer has one half.
const WRITER_SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = OFF;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16000;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864;
";
const READER_SETTINGS: &str = "
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -4000;
";

// `rows` keeps its rowid: new rows then lie side by side at the end and whole on their pages. Ordered by their key,
// they dirty a page each and, over 1 KB, spill to another: measured, a half to a third of the commits a second.
const SCHEMA: &str = "
    CREATE TABLE rows (
        partition TEXT NOT NULL, sort TEXT NOT NULL, revision INTEGER NOT NULL, expires_at INTEGER,
        body BLOB NOT NULL, PRIMARY KEY (partition, sort)
    );
    CREATE INDEX rows_by_expiry ON rows (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE queue (
        id INTEGER PRIMARY KEY, queue TEXT NOT NULL, due INTEGER NOT NULL, receives INTEGER NOT NULL,
        body TEXT NOT NULL
    );
    CREATE TABLE dead_letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, died_at INTEGER NOT NULL,
        receives INTEGER NOT NULL, body TEXT NOT NULL
    );
    CREATE TABLE timer (minute INTEGER PRIMARY KEY);
    CREATE TABLE mailbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, send TEXT NOT NULL, attempt INTEGER NOT NULL, at INTEGER NOT NULL,
        recipient TEXT NOT NULL, sender TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, html TEXT,
        headers TEXT NOT NULL, via TEXT NOT NULL DEFAULT 'email', detail TEXT, UNIQUE (send, attempt)
    );
    CREATE TABLE mailbox_fences (
        send TEXT NOT NULL, attempt INTEGER NOT NULL, PRIMARY KEY (send, attempt)
    ) WITHOUT ROWID;
    CREATE TABLE changes (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, partition TEXT NOT NULL, sort TEXT NOT NULL,
        revision INTEGER NOT NULL, body BLOB NOT NULL
    );
    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
";

/// What files from before do not have: a column, its table, and how it is added.
const ADDED: &[(&str, &str, &str)] = &[
    ("mailbox", "via", "ALTER TABLE mailbox ADD COLUMN via TEXT NOT NULL DEFAULT 'email'"),
    ("mailbox", "detail", "ALTER TABLE mailbox ADD COLUMN detail TEXT"),
];

/// What can go wrong with the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process serves this folder.
    #[error(
        "the folder {0} is in use by another flusso process; stop that one first, or choose another folder"
    )]
    Locked(PathBuf),
    /// The folder or the file can't be opened.
    #[error("can't open {path}: {reason}")]
    Open {
        /// What was to be opened.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A newer program wrote the file.
    #[error("the file {path} has format {found}, this program knows {FORMAT}; start the newer program")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// Nothing was read or written; the same call may succeed later.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// Written or not, nobody knows.
    #[error("unknown outcome: {0}")]
    Unknown(String),
}

/// The open data folder. Whoever holds it keeps every other process out of it.
pub struct Store {
    folder: PathBuf,
    // Fields are dropped in this order: the writer closes last, for only it can tidy the log away.
    readers: Vec<Mutex<Connection>>,
    next_reader: AtomicUsize,
    writer: Writer,
    appended: Arc<Notify>,
    _lock: File,
}

impl Store {
    /// Opens `flusso.db` in `folder`, and makes both if they aren't there.
    ///
    /// Fails with `Locked` if another process (or another `Store` of this one) has the folder open.
    pub fn open(folder: &Path) -> Result<Arc<Self>, StoreError> {
        create_folder(folder)?;
        let lock = lock(folder)?;
        let path = folder.join("flusso.db");
        let connection = open_writer(&path)?;
        let readers =
            (0..READERS).map(|_| open_reader(&path).map(Mutex::new)).collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(Self {
            folder: folder.to_owned(),
            readers,
            next_reader: AtomicUsize::new(0),
            writer: Writer::start(connection).map_err(|error| cannot_open(&path, &error))?,
            appended: Arc::default(),
            _lock: lock,
        }))
    }

    /// The folder that is open.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many transactions were committed since the folder was opened. Many writes share one.
    pub fn transactions(&self) -> u64 {
        self.writer.transactions()
    }

    /// Returns once everything that was handed to the writer before is durable.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.submit(0, |_| Ok(())).answer().await
    }

    /// A stored setting.
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT value FROM settings WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()
        })
    }

    /// Stores a setting. Durable once this returns.
    pub async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.submit(value.len(), move |connection| {
            connection
                .prepare_cached("INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)")?
                .execute([&name, &value])?;
            Ok(())
        })
        .answer()
        .await
    }

    /// Moves the write-ahead log into the file and empties it, so that nothing deleted stays in the log.
    /// Blocks the calling thread; `Unavailable` if readers stood in the way.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        let connection = Connection::open(self.folder.join("flusso.db")).map_err(unavailable)?;
        connection.busy_timeout(BUSY).map_err(unavailable)?;
        let busy: i64 = connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(unavailable)?;
        if busy == 0 { Ok(()) } else { Err(StoreError::Unavailable("the log is being read".to_owned())) }
    }

    /// Notified after rows were appended to `changes`.
    pub(crate) fn appended(&self) -> &Arc<Notify> {
        &self.appended
    }

    /// Reads on the calling thread: it sees every write that was answered before.
    pub(crate) fn read<R>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<R>,
    ) -> Result<R, StoreError> {
        let free = self.readers.iter().find_map(|reader| reader.try_lock().ok());
        let connection = free.unwrap_or_else(|| {
            let turn = self.next_reader.fetch_add(1, Ordering::Relaxed) % self.readers.len();
            self.readers[turn].lock().unwrap_or_else(PoisonError::into_inner)
        });
        read(&connection).map_err(unavailable)
    }

    /// Hands `work` to the writer; see [`Writer::submit`].
    pub(crate) fn submit<R: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Pending<R> {
        self.writer.submit(bytes, work, |result| result)
    }

    /// Hands `work` to the writer, and once it is committed its result to `then`.
    pub(crate) fn submit_then<R: Send + 'static, A: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
        then: impl FnOnce(R) -> A + Send + 'static,
    ) -> Pending<A> {
        self.writer.submit(bytes, work, then)
    }
}

impl StoreError {
    /// The same, as the error of a port.
    pub(crate) fn of_port(&self, port: &'static str) -> PortError {
        PortError { port, reason: self.to_string() }
    }
}

/// Writes a copy of a file, as of one moment, to `to`, which must not be there. Whoever has the file open goes on.
/// Blocks the calling thread for as long as the copying takes.
pub(crate) fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    let connection = open_reader(from)?;
    let to = to.to_str().ok_or_else(|| StoreError::Unavailable("the path is not UTF-8".to_owned()))?;
    connection.execute("VACUUM INTO ?1", [to]).map_err(unavailable)?;
    Ok(())
}

fn create_folder(folder: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    // It holds people's addresses.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| cannot_open(folder, &error))
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join("flusso.lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = open.map_err(|error| cannot_open(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(cannot_open(&path, &error)),
    }
}

fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let open = || {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch(WRITER_SETTINGS)?;
        let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found == 0 {
            let create = format!("BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;");
            connection.execute_batch(&create)?;
        }
        if found == FORMAT {
            for (table, column, add) in ADDED {
                if !connection.column_exists(None, *table, *column)? {
                    connection.execute_batch(add)?;
                }
            }
        }
        Ok((connection, found))
    };
    match open() {
        Ok((_, found)) if found > FORMAT => Err(StoreError::Newer { path: path.to_owned(), found }),
        Ok((connection, _)) => Ok(connection),
        Err::<_, rusqlite::Error>(error) => Err(cannot_open(path, &error)),
    }
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch(READER_SETTINGS)?;
        Ok(connection)
    };
    open().map_err(|error: rusqlite::Error| cannot_open(path, &error))
}

fn cannot_open(path: &Path, error: &dyn std::error::Error) -> StoreError {
    StoreError::Open { path: path.to_owned(), reason: error.to_string() }
}

fn unavailable(error: rusqlite::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
