//! `/d/{token}`: a file of a contact, for whoever has the link while it is good. It is handed over as something to keep,
//! never as a page.

use axum::extract::State;
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;
use flusso_app::documents::{disposition, media_type};

pub(super) use flusso_app::documents::PATH;

use crate::input::Id;
use crate::{Door, Problem};

/// Nothing in it may run or load, should somebody show it after all.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

pub(super) async fn show(State(door): State<Door>, Id(token): Id) -> Result<impl IntoResponse, Problem> {
    let (name, kind, bytes) = match door.app.linked_document(&token).await {
        Ok((document, bytes)) => (document.name, media_type(&document.kind), bytes),
        Err(_) => {
            let (name, format, bytes) = door.app.linked_export(&token).await?;
            (name.into(), flusso_app::imports::media_type(format), bytes)
        }
    };
    let charset = if kind.starts_with("text/") { "; charset=utf-8" } else { "" };
    let kind = format!("{kind}{charset}");
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_DISPOSITION, disposition(&name)),
        (CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    Ok((headers, bytes))
}
