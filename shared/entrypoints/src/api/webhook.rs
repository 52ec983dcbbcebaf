//! `/v1/webhook-key`: with what whoever is called by webhooks checks that it was us.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Door;
use crate::routes::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(get_webhook_key))
}

/// The key that signs webhooks.
#[derive(Serialize, ToSchema)]
struct WebhookKey {
    /// Its id: the `k` of a signature.
    #[schema(example = "k1")]
    id: String,
    /// The key in hexadecimal. It is a secret: keep it where passwords are kept.
    key: String,
}

/// The key that signs webhooks
///
/// Each call has a header `Flusso-Signature: t=<seconds>,k=<key id>,v1=<signature>`. The signature is the HMAC-SHA256, in
/// hexadecimal, of `<seconds>.<Idempotency-Key>.<body>`. Refuse calls whose seconds lie more than five minutes back.
#[utoipa::path(get, path = "/v1/webhook-key", tag = "definitions", responses((status = 200, body = WebhookKey)))]
async fn get_webhook_key(State(door): State<Door>) -> Json<WebhookKey> {
    let (id, key) = door.app.webhook_key();
    Json(WebhookKey { id, key })
}
