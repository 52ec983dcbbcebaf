//! Rows with which something was wrong, as a file that can be corrected and taken in itself.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use flusso_app::documents::disposition;
use flusso_app::exports::csv_row;
use flusso_app::imports::Wrong;
use flusso_app::keys::import::Stage;
use serde_json::Value;

use crate::input::Three;
use crate::negotiate::language;
use crate::routes::{Routes, routes};
use crate::words::Words;
use crate::{Door, Problem};

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(get_rows))
}

/// The rows of an import with which something was wrong
///
/// As CSV: the row as it came, its number, a code, and a sentence in the reader's language (`Accept-Language`). Corrected, the
/// file can be imported itself. Of undoing, the contacts with which something was left.
#[utoipa::path(
    get, path = "/v1/imports/{id}/rows/{stage}/{file}", tag = "contacts",
    params(
        ("id" = String, Path, description = "`imp_…`"),
        ("stage" = String, Path, description = "`check`, `apply` or `undo`"),
        ("file" = usize, Path, description = "Which of the files that the import names, from 0"),
    ),
    responses((status = 200, body = String, content_type = "text/csv", description = "The rows")),
)]
async fn get_rows(
    State(door): State<Door>,
    Three(id, stage, file): Three,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let stages = [Stage::Check, Stage::Apply, Stage::Undo];
    let found = stages.into_iter().find(|known| known.as_str() == stage);
    let found = found
        .ok_or_else(|| Problem::invalid("stage", "import.stage", "a stage is `check`, `apply` or `undo`"))?;
    let file: usize =
        file.parse().map_err(|_| Problem::invalid("file", "import.file", "a file is a number from 0"))?;
    let (import, rows) = door.app.wrong_rows(&id, found, file).await?;
    let words = language(&headers).words();
    let columns = import.shape.map(|shape| shape.columns).unwrap_or_default();
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    let undo = found == Stage::Undo;
    let own = columns.iter().filter(|_| !undo).map(|name| Value::from(&**name));
    let more: &[&str] = if undo { &["row", "contact", "code", "reason"] } else { &["row", "code", "reason"] };
    csv_row(own.chain(more.iter().map(|name| Value::from(*name))), &mut bytes);
    for row in rows {
        let mut cells: Vec<Value> = Vec::new();
        if undo {
            cells.extend([row.row.into(), row.contact.clone().into()]);
        } else {
            let mut own = row.cells.clone().unwrap_or_default();
            own.resize(columns.len(), String::new());
            cells.extend(own.into_iter().map(Value::from));
            cells.push(row.row.into());
        }
        cells.extend([row.code.clone().into(), sentence(&row, words).into()]);
        csv_row(cells.into_iter(), &mut bytes);
    }
    let name = format!("{}-{stage}-{}.csv", import.name, file + 1).into();
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, disposition(&name))];
    Ok((headers, bytes))
}

fn sentence(row: &Wrong, words: &Words) -> String {
    let reason = words.reason(&row.code);
    match (&row.column, row.first) {
        (Some(column), _) => format!("{column}: {reason}"),
        (None, Some(first)) => format!("{reason} {first}"),
        (None, None) => reason,
    }
}
