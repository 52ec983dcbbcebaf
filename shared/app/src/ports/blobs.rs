//! Blobs: files too large for rows, such as imports, exports and documents.

use async_trait::async_trait;

use super::PortError;

/// Keeps files by name, such as `imports/2026/contacts.csv`.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Stores a file under a name, in place of the one that was there. Durable once this returns.
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), PortError>;
    /// The file under a name; none if there is none.
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError>;
    /// Removes the file under a name. There need not be one.
    async fn remove(&self, name: &str) -> Result<(), PortError>;
}

/// Where a function has no files: it has no use for them.
#[derive(Clone, Copy, Debug)]
pub struct NoBlobs;

#[async_trait]
impl Blobs for NoBlobs {
    async fn put(&self, _: &str, _: Vec<u8>) -> Result<(), PortError> {
        Err(none())
    }
    async fn get(&self, _: &str) -> Result<Option<Vec<u8>>, PortError> {
        Err(none())
    }
    async fn remove(&self, _: &str) -> Result<(), PortError> {
        Err(none())
    }
}

fn none() -> PortError {
    PortError { port: "blobs", reason: "there are no files here".to_owned() }
}

/// Whether a text can be the name of a file on every platform: parts of `a-z A-Z 0-9 _ - .` with `/` between them, none
/// of which begins with a dot, at most 500 bytes.
pub fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(fits);
    name.len() <= 500 && name.split('/').all(part)
}

/// What every platform must do; panics where one does not.
#[cfg(feature = "conformance")]
#[expect(clippy::expect_used, reason = "this is a test, only it lives where every platform can reach it")]
pub async fn conforms(blobs: &dyn Blobs) {
    assert_eq!(blobs.get("imports/none.csv").await, Ok(None));
    blobs.remove("imports/none.csv").await.expect("what is not there may be removed");
    for bytes in [Vec::new(), b"name\nAnna\n".to_vec(), vec![0xff; 3_000_000]] {
        blobs.put("imports/2026/a.csv", bytes.clone()).await.expect("stored");
        assert!(blobs.get("imports/2026/a.csv").await == Ok(Some(bytes)), "it comes back as it was");
    }
    blobs.put("imports/2026/b.csv", b"b".to_vec()).await.expect("stored");
    blobs.remove("imports/2026/a.csv").await.expect("removed");
    assert_eq!(blobs.get("imports/2026/a.csv").await, Ok(None));
    assert_eq!(blobs.get("imports/2026/b.csv").await, Ok(Some(b"b".to_vec())));
    for wrong in
        ["", "/etc/passwd", "../secrets.json", "a/../b", "a//b", ".hidden", "a b", "ä", &"x".repeat(501)]
    {
        assert!(blobs.put(wrong, Vec::new()).await.is_err(), "`{wrong}` is no name");
        assert!(blobs.get(wrong).await.is_err(), "`{wrong}` is no name");
        assert!(blobs.remove(wrong).await.is_err(), "`{wrong}` is no name");
    }
}
