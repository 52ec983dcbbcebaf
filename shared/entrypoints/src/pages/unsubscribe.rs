//! `/u/{token}`: leaving marketing mail. Opening the address shows a button and changes nothing, for scanners open every
//! link; the button, and the one click of a mail program (RFC 8058), post to the same address.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Html;
use serde_json::json;

pub(super) use flusso_app::unsubscribe::PATH;

use super::page;
use crate::input::Id;
use crate::negotiate::language;
use crate::{Door, Problem};

pub(super) async fn show(
    State(door): State<Door>,
    Id(token): Id,
    headers: HeaderMap,
) -> Result<Html<String>, Problem> {
    door.app.leaving(&token)?;
    let account = door.app.account().await?.name;
    Ok(page("unsubscribe.html", language(&headers), json!({ "left": false, "account": &*account })))
}

pub(super) async fn leave(
    State(door): State<Door>,
    Id(token): Id,
    headers: HeaderMap,
) -> Result<Html<String>, Problem> {
    let leaving = door.app.leaving(&token)?;
    door.app.unsubscribe(&leaving).await?;
    Ok(page("unsubscribe.html", language(&headers), json!({ "left": true })))
}
