//! A message of a bulk action.

use flusso_app::campaign::Campaign;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::Problem;
use crate::input::check_length;

/// A message to many: one of `email`, `sms` and `whatsapp`, as a step of a workflow writes it.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct BulkMessage {
    /// An e-mail: a `template`, or a `subject` and a `body`.
    #[schema(value_type = Option<Object>, example = json!({ "template": "natale" }))]
    email: Option<Map<String, Value>>,
    /// A text message.
    #[schema(value_type = Option<Object>)]
    sms: Option<Map<String, Value>>,
    /// A WhatsApp message.
    #[schema(value_type = Option<Object>)]
    whatsapp: Option<Map<String, Value>>,
    /// What it is for: `marketing`, if nothing is said, needs consent; `service` and `transactional` do not.
    #[schema(example = "marketing")]
    kind: Option<String>,
}

impl BulkMessage {
    pub(super) fn campaign(self) -> Result<Campaign, Problem> {
        check_length("send.kind", self.kind.as_deref().unwrap_or_default())?;
        let said = [("email", self.email), ("sms", self.sms), ("whatsapp", self.whatsapp)];
        let mut said = said.into_iter().filter_map(|(via, message)| Some((via, message?)));
        match (said.next(), said.next()) {
            (Some((via, message)), None) => Ok(Campaign { via, message, kind: self.kind }),
            _ => {
                let message = "say what is sent by one of `email`, `sms` and `whatsapp`";
                Err(Problem::invalid("send", "bulk.message", message))
            }
        }
    }
}
