//! Secrets are drawn once and kept from others; tokens are never drawn twice.

use std::collections::BTreeSet;
use std::fs;

use flusso_app::ports::secrets::{SecretName, Secrets};
use flusso_app::ports::tokens::{RandomTokens, Tokens};
use flusso_local::secrets::{FileSecrets, SecretsError};

use crate::Folder;

#[test]
fn secrets_are_drawn_once() {
    let folder = Folder::new();
    let drawn = FileSecrets::open(folder.path()).unwrap().current(SecretName::Suppression);
    assert!(drawn.bytes.len() >= 32);
    let secrets = FileSecrets::open(folder.path()).unwrap();
    assert!(secrets.current(SecretName::Suppression) == drawn);
    assert!(secrets.by_id(SecretName::Suppression, &drawn.key_id) == Some(drawn));
    assert!(secrets.by_id(SecretName::Suppression, "k0").is_none());
    let elsewhere = Folder::new();
    let other = FileSecrets::open(elsewhere.path()).unwrap().current(SecretName::Suppression);
    assert!(other.bytes != secrets.current(SecretName::Suppression).bytes);
}

#[test]
fn a_rotated_key_keeps_its_predecessors() {
    let folder = Folder::new();
    let names = SecretName::ALL.map(SecretName::as_str);
    let ring = |name: &str| {
        let (old, new) = ("0a".repeat(32), "ff".repeat(32));
        format!("\"{name}\": {{\"current\": \"k2\", \"keys\": {{\"k1\": \"{old}\", \"k2\": \"{new}\"}}}}")
    };
    let text = format!("{{{}}}", names.map(ring).join(","));
    write_for_owner(&folder, &text);
    let secrets = FileSecrets::open(folder.path()).unwrap();
    assert_eq!(secrets.current(SecretName::Suppression).bytes, [255; 32]);
    assert_eq!(secrets.current(SecretName::Suppression).key_id, "k2");
    assert_eq!(secrets.by_id(SecretName::Suppression, "k1").unwrap().bytes, [10; 32]);
}

#[test]
fn a_damaged_file_is_not_replaced() {
    let folder = Folder::new();
    let short = "{\"suppression\": {\"current\": \"k1\", \"keys\": {\"k1\": \"0a\"}}}";
    for text in ["{", "{\"suppression\": {\"current\": \"k1\", \"keys\": {}}}", short] {
        write_for_owner(&folder, text);
        let opened = FileSecrets::open(folder.path());
        assert!(matches!(opened, Err(SecretsError::Damaged { .. })), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    drop(FileSecrets::open(folder.path()).unwrap());
    let path = folder.path().join("secrets.json");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let Err(error) = FileSecrets::open(folder.path()) else { panic!("it was read") };
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[test]
fn tokens_differ() {
    let tokens: BTreeSet<String> = (0..1000).map(|_| RandomTokens.token()).collect();
    assert_eq!(tokens.len(), 1000);
    let fits = |token: &String| {
        token.len() == 20 && token.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    assert!(tokens.iter().all(fits));
}

fn write_for_owner(folder: &Folder, text: &str) {
    let path = folder.path().join("secrets.json");
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}
