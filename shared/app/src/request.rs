//! What is particular to webhooks: how they are signed, and what is kept of their answers.

use std::fmt::Write as _;

use flusso_engine::contact::Contact;
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::SendId;
use flusso_engine::message::answer;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::App;
use crate::ports::secrets::SecretName;

/// The header that names the send: whoever is called twice with the same one acts once.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The header with the signature.
pub const SIGNATURE: &str = "flusso-signature";

/// Whether the same call may be answered otherwise a little later (RFC 9110, RFC 6585).
pub(crate) fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..)
}

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string can't fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

impl App {
    /// The headers of a webhook, with its idempotency key and its signature: `t=<seconds>,k=<key>,v1=<hex>`, where v1 is
    /// the HMAC-SHA256 of `<seconds>.<send>.<body>`.
    pub(crate) fn signed(
        &self,
        send: &SendId,
        body: &str,
        mut headers: Vec<(String, String)>,
    ) -> Vec<(String, String)> {
        let seconds = self.now().millis().div_euclid(1000);
        let secret = self.ports.secrets.current(SecretName::Webhook);
        headers.push((IDEMPOTENCY_KEY.to_owned(), send.to_string()));
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret.bytes) {
            mac.update(format!("{seconds}.{send}.{body}").as_bytes());
            let signature = hex(&mac.finalize().into_bytes());
            headers.push((SIGNATURE.to_owned(), format!("t={seconds},k={},v1={signature}", secret.key_id)));
        }
        headers
    }

    /// The key that signs webhooks, in hexadecimal, and its id: what whoever is called checks signatures with.
    pub fn webhook_key(&self) -> (String, String) {
        let secret = self.ports.secrets.current(SecretName::Webhook);
        (secret.key_id, hex(&secret.bytes))
    }

    /// What later steps read of an answer.
    pub(crate) async fn kept_answer(
        &self,
        definitions: &Definitions,
        claimed: &Contact,
        send: &SendId,
        body: &[u8],
    ) -> Value {
        let Some(open) = claimed.state.sends.get(send) else { return Value::Null };
        let Ok(program) = self.program(&open.version).await else { return Value::Null };
        answer::kept(definitions, &program, &open.step, body)
    }
}
