//! Forms as their owner defines them; what is posted to one comes in by `/f/{id}`.

use axum::Json;
use axum::extract::State;
use flusso_app::engine::contact::consent::{Channel, Grant};
use flusso_app::engine::definitions;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::page::cut;
use super::{Page, PageQuery};
use crate::input::{Asked, Id, JsonBody};
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_forms)).routes(routes!(get_form, put_form))
}

/// A form that a site posts to `/f/{id}`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Richiedi la guida", "fields": [{ "name": "first_name", "to": "first_name" }, { "name": "email", "to": "email", "required": true }], "consents": [{ "channel": "email", "purpose": "marketing", "basis": "consent", "text": "Sì, scrivetemi", "version": "1", "field": "newsletter" }] }))]
struct Form {
    /// Its name for people.
    name: String,
    /// Its fields. Answers without a field stay with the event only.
    fields: Vec<FormField>,
    /// Values that every submission carries, such as the address of a download.
    #[serde(default)]
    #[schema(value_type = Object)]
    values: Map<String, Value>,
    /// The consents that a submission gives.
    #[serde(default)]
    consents: Vec<FormConsent>,
    /// Where the browser goes after a submission; a page of ours, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redirect: Option<String>,
    /// A field that people don't see: whoever fills it is no person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    honeypot: Option<String>,
    /// A submission counts when its sender has confirmed it by a link in a mail, which a workflow with the trigger
    /// `form requested:` sends as `{{ confirm_url }}`; until then its consents are pending.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    double_opt_in: bool,
}

/// A field of a form.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FormField {
    /// The name under which the answer is posted.
    name: String,
    /// The contact's field that it fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// Whether a submission without it is refused.
    #[serde(default)]
    required: bool,
}

/// A consent that a form asks for.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FormConsent {
    /// For which channel.
    #[schema(value_type = String, example = "email")]
    channel: Channel,
    /// For which purpose.
    #[schema(example = "marketing")]
    purpose: String,
    /// The lawful basis.
    #[schema(example = "consent")]
    basis: String,
    /// The text that is shown.
    text: String,
    /// The version of that text.
    version: String,
    /// The box that must be ticked; every submission gives the consent, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// A form and its id.
#[derive(Serialize, ToSchema)]
struct NamedForm {
    /// Its id.
    id: String,
    /// The form.
    #[serde(flatten)]
    form: Form,
}

/// All forms
#[utoipa::path(
    get, path = "/v1/forms", tag = "definitions", params(PageQuery),
    responses((status = 200, body = Page<NamedForm>)),
)]
async fn list_forms(
    State(door): State<Door>,
    Asked(asked): Asked<PageQuery>,
) -> Result<Json<Page<NamedForm>>, Problem> {
    let forms = door.app.forms().await?;
    let items = forms.iter().map(|(id, form)| NamedForm { id: id.to_string(), form: Form::of(form) });
    cut(items, &asked, |one| &one.id)
}

/// A form
#[utoipa::path(
    get, path = "/v1/forms/{id}", tag = "definitions",
    params(("id" = String, Path, description = "The form's id")),
    responses((status = 200, body = Form)),
)]
async fn get_form(State(door): State<Door>, Id(id): Id) -> Result<Json<Form>, Problem> {
    Ok(Json(Form::of(&*door.app.form(&id).await?)))
}

/// Define a form
#[utoipa::path(
    put, path = "/v1/forms/{id}", tag = "definitions", request_body = Form,
    params(("id" = String, Path, description = "The form's id: it stands in the address to which it is posted")),
    responses((status = 200, body = Form)),
)]
async fn put_form(
    State(door): State<Door>,
    Id(id): Id,
    JsonBody(form): JsonBody<Form>,
) -> Result<Json<Form>, Problem> {
    let form = form.into_form();
    door.app.put_form(&id, &form).await?;
    Ok(Json(Form::of(&form)))
}

impl Form {
    fn of(form: &definitions::Form) -> Self {
        let text = |text: &std::sync::Arc<str>| text.to_string();
        let fields = form.fields.iter().map(|field| FormField {
            name: text(&field.name),
            to: field.to.as_ref().map(text),
            required: field.required,
        });
        let consents = form.consents.iter().map(|consent| FormConsent {
            channel: consent.grant.channel,
            purpose: text(&consent.grant.purpose),
            basis: text(&consent.grant.basis),
            text: text(&consent.grant.text),
            version: text(&consent.grant.version),
            field: consent.field.as_ref().map(text),
        });
        Self {
            name: text(&form.name),
            fields: fields.collect(),
            values: form.values.clone(),
            consents: consents.collect(),
            redirect: form.redirect.as_ref().map(text),
            honeypot: form.honeypot.as_ref().map(text),
            double_opt_in: form.double_opt_in,
        }
    }

    fn into_form(self) -> definitions::Form {
        let fields = self.fields.into_iter().map(|field| definitions::FormField {
            name: field.name.into(),
            to: field.to.map(Into::into),
            required: field.required,
        });
        let consents = self.consents.into_iter().map(|consent| definitions::FormConsent {
            grant: Grant {
                channel: consent.channel,
                purpose: consent.purpose.into(),
                basis: consent.basis.into(),
                text: consent.text.into(),
                version: consent.version.into(),
            },
            field: consent.field.map(Into::into),
        });
        definitions::Form {
            name: self.name.into(),
            fields: fields.collect(),
            values: self.values,
            consents: consents.collect(),
            redirect: self.redirect.map(Into::into),
            honeypot: self.honeypot.map(Into::into),
            double_opt_in: self.double_opt_in,
        }
    }
}
