//! The OpenAPI document in docs/ is the one that the routes make. `UPDATE=1` rewrites it.

use std::path::Path;

#[test]
fn the_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let made = flusso_entrypoints::openapi();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, made).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "docs/openapi.json is behind the routes; run: make openapi, and read the difference"
    );
}
