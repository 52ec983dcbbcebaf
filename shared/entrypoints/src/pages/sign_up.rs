//! The first page: the demo form as a site would have it, and what happens once it is sent.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Html;
use flusso_app::accept::SUBMISSION_ID;
use flusso_app::engine::definitions::Form;
use flusso_app::{AppError, demo};
use serde_json::{Value, json};

use super::{foot, page};
use crate::negotiate::language;
use crate::words::Words;
use crate::{Door, Problem};

pub(super) async fn show(State(door): State<Door>, headers: HeaderMap) -> Result<Html<String>, Problem> {
    let language = language(&headers);
    let form = match door.app.form(demo::FORM).await {
        Ok(form) => form_parts(&form, &door.app.fresh_token(), language.words()),
        Err(AppError::NotFound { .. }) => Value::Null,
        Err(error) => return Err(error.into()),
    };
    let definitions = door.app.definitions().await?;
    let context = json!({ "form": form, "foot": foot(&door, language, &definitions) });
    Ok(page("sign_up.html", language, context))
}

fn form_parts(form: &Form, token: &str, words: &Words) -> Value {
    let fields = form.fields.iter().map(|field| {
        let to = field.to.as_deref().unwrap_or(&field.name);
        let (kind, fills) = match to {
            "email" => ("email", "email"),
            "phone" => ("tel", "tel"),
            "first_name" => ("text", "given-name"),
            "last_name" => ("text", "family-name"),
            _ => ("text", "off"),
        };
        let label = words.field(to);
        json!({ "name": &*field.name, "label": label, "kind": kind, "fills": fills, "required": field.required })
    });
    let consents = form.consents.iter().filter_map(|consent| {
        let field = consent.field.as_deref()?;
        Some(json!({ "name": field, "text": &*consent.grant.text }))
    });
    json!({
        "id": demo::FORM,
        "name": &*form.name,
        "fields": fields.collect::<Vec<_>>(),
        "consents": consents.collect::<Vec<_>>(),
        "honeypot": form.honeypot.as_deref(),
        "submission_id": { "name": SUBMISSION_ID, "value": token },
    })
}
