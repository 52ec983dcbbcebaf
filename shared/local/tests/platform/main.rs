//! The platform of one machine, part by part, on real files.
#![expect(clippy::unwrap_used, reason = "a test")]

mod blobs;
mod clock;
mod mailbox;
mod queue;
mod runtime;
mod secrets;
mod smtp;
mod table;
mod timer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use flusso_local::sqlite::Store;
use flusso_store::table::{Key, Row};
use flusso_store::time::Instant;

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("flusso-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn open(&self) -> Arc<Store> {
        Store::open(&self.0).unwrap()
    }

    /// A copy as a power cut would leave it: the files as they are, nothing closed.
    fn as_after_a_crash(&self) -> Self {
        let copy = Self::new();
        for name in ["flusso.db", "flusso.db-wal"] {
            std::fs::copy(self.0.join(name), copy.0.join(name)).unwrap();
        }
        copy
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn nine() -> Instant {
    Instant::parse("2026-11-21T09:00:00Z").unwrap()
}

fn row(partition: &str, sort: &str, revision: u64) -> Row {
    Row { key: Key::new(partition, sort), revision, expires_at: None, body: sort.as_bytes().to_vec() }
}

/// Lets everything else go on until `holds`; panics if it doesn't within a minute.
async fn until(holds: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed().as_secs() < 60, "it never held");
        tokio::task::yield_now().await;
    }
}

/// Whether `future` has to wait.
async fn waits(future: impl Future<Output = ()>) -> bool {
    tokio::select! {
        biased;
        () = future => false,
        () = std::future::ready(()) => true,
    }
}
