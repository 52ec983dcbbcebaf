//! `/c/{token}`: confirming a form. Opening the address shows a button and changes nothing, for scanners open every link;
//! the button posts to the same address.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Html;
use serde_json::json;

pub(super) use flusso_app::confirm::PATH;

use super::page;
use crate::input::Id;
use crate::negotiate::language;
use crate::{Door, Problem};

pub(super) async fn show(
    State(door): State<Door>,
    Id(token): Id,
    headers: HeaderMap,
) -> Result<Html<String>, Problem> {
    door.app.confirming(&token)?;
    let account = door.app.account().await?.name;
    Ok(page("confirm.html", language(&headers), json!({ "confirmed": false, "account": &*account })))
}

pub(super) async fn confirm(
    State(door): State<Door>,
    Id(token): Id,
    headers: HeaderMap,
) -> Result<Html<String>, Problem> {
    let confirming = door.app.confirming(&token)?;
    door.app.confirm(&confirming).await?;
    Ok(page("confirm.html", language(&headers), json!({ "confirmed": true })))
}
