//! The OpenAPI document. What is served was made before and lies in the program compressed; what makes it is no part of
//! a function (feature `openapi`).

#[cfg(feature = "openapi")]
mod examples;
#[cfg(feature = "openapi")]
mod failures;
#[cfg(feature = "openapi")]
mod made;

use std::io::Read as _;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use flate2::read::GzDecoder;

use crate::{Door, Problem};

#[cfg(feature = "openapi")]
pub use made::openapi;

const COMPRESSED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));

pub(crate) fn routes() -> Router<Door> {
    Router::new().route("/openapi.json", get(document))
}

async fn document() -> Result<impl IntoResponse, Problem> {
    let mut text = Vec::new();
    GzDecoder::new(COMPRESSED)
        .read_to_end(&mut text)
        .map_err(|error| Problem::unavailable(error.to_string()))?;
    Ok(([(CONTENT_TYPE, "application/json")], text))
}
