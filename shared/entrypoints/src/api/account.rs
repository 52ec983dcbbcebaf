//! The account's settings.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use flusso_app::engine::calendar::Duration;
use flusso_app::engine::contact::identity::MATCH_ORDER;
use flusso_app::engine::contact::test::TestRules;
use flusso_app::engine::conversions;
use flusso_app::engine::definitions;
use flusso_app::engine::limits;
use flusso_app::engine::workflow::problem::Problem as Wrong;
use flusso_app::engine::workflow::settings::{self, Cap};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::programme::Programme;
use crate::auth::Caller;
use crate::input::JsonBody;
use crate::routes::{Routes, routes};
use crate::words::Language;
use crate::{Door, Problem};

/// To how many places messages of test contacts may go.
const MOST_ADDRESSES: usize = 50;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(get_account, put_account))
}

/// The account's settings.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Bottega", "zone": "Europe/Rome", "from": "Bottega <ciao@bottega.example>", "language": "it", "country": "IT", "currency": "EUR", "lifecycle_stages": ["subscriber", "lead", "customer", "former"], "quiet_hours": { "between": ["08:00-21:00"] }, "at_most": [{ "email": 3, "per": "7 days" }] }))]
struct Account {
    /// The name of the business.
    name: String,
    /// The IANA time zone in which days are counted where nothing nearer is known.
    #[schema(example = "Europe/Rome")]
    zone: String,
    /// The sender of messages that name none.
    #[schema(example = "Flusso <hello@flusso.example>")]
    from: String,
    /// The language (ISO 639-1) of what is said to contacts whose own is not known; it stays as it is, if not given.
    #[serde(default)]
    #[schema(example = "it")]
    language: Option<String>,
    /// The country (ISO 3166-1 alpha-2) whose numbers are meant where a phone number names none; it stays as it is, if
    /// not given, as do the next two.
    #[serde(default)]
    #[schema(example = "IT")]
    country: Option<String>,
    /// The currency (ISO 4217) of fields that hold money and name none.
    #[serde(default)]
    #[schema(example = "EUR")]
    currency: Option<String>,
    /// The stages of a contact's life with the business, in order: what the field `lifecycle` may be.
    #[serde(default)]
    #[schema(example = json!(["subscriber", "lead", "customer", "former"]))]
    lifecycle_stages: Option<Vec<String>>,
    /// Whether the balance of a loyalty card may fall below zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    loyalty_below_zero: Option<bool>,
    /// Whether do-not-disturb of SMS and of WhatsApp are two things; else each brings the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sms_and_whatsapp_apart: Option<bool>,
    /// Whether two contacts may have one e-mail address or phone number: an event that states one finds nobody by it.
    /// Leave it off unless you must: who opts out by one of them has still opted out by address, but nothing else is
    /// joined. Who changes it is on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duplicates: Option<bool>,
    /// By which identities an event finds its contact, the first that is known: `external`, `email`, `phone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["external", "email", "phone"]))]
    match_order: Option<Vec<String>>,
    /// When messages to contacts may go at all, as in `send window:` of a workflow, which it narrows; `null` is always.
    /// It stays as it is, if not given.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Object>, example = json!({ "between": ["08:00-21:00"] }))]
    quiet_hours: Option<Value>,
    /// How many marketing messages a contact gets of all workflows together, as in `at most:` of a workflow's settings.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>, example = json!([{ "email": 3, "per": "7 days" }]))]
    at_most: Option<Value>,
    /// How contacts are treated with whom workflows are tried out. It stays as it is, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tests: Option<Tests>,
    /// What is counted as a conversion by itself: by `page visited`, `purchase`, `order completed` or `payment completed`,
    /// written as a trigger of a workflow; worth nothing, always the same, or the event's `amount`; `within` is how long
    /// before it a message may have led to it, 30 days if nothing is said. It stays as it is, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>, example = json!([
        { "conversion": "corso-venduto", "order completed": { "product": "corso" }, "value": "amount", "within": "7 days" },
        { "conversion": "prezzi-visti", "page visited": { "url starts with": "https://shop.example/prezzi" }, "value": 100 },
    ]))]
    conversions: Option<Vec<Value>>,
    /// How points are earned, and what they buy. It stays as it is, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    loyalty: Option<Programme>,
    /// What is noted of what people do with their mail: opens and clicks `of` those who agreed to it (`with_consent`: the
    /// consent `tracking`), `always` or `never`; by `utm`, links say from which workflow and step they come. It stays as it
    /// is, if not given.
    #[serde(default)]
    #[schema(value_type = Option<Object>, example = json!({ "of": "with_consent", "utm": true }))]
    tracking: Option<definitions::Tracking>,
    /// By another `zone`, what becomes of waits that were counted by the old one; if nothing is said, they stay. Only said,
    /// never told.
    #[serde(default, skip_serializing)]
    waits: Option<Waits>,
}

/// What becomes of waits when the account's zone changes.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Waits {
    /// They end when they would have.
    Stay,
    /// They are counted anew, from when they began.
    Move,
}

/// How contacts are treated with whom workflows are tried out.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Tests {
    /// How long their waits last at most; `0 minutes` skips them. A minute, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "1 minute")]
    wait: Option<String>,
    /// Where their messages may go, and nowhere else: addresses, numbers, `@` and a domain, how the address of a webhook
    /// begins, names of audiences.
    #[serde(default)]
    #[schema(required = false, example = json!(["@bottega.example", "+393331234567"]))]
    to: Vec<String>,
}

impl Tests {
    fn of(rules: &TestRules) -> Self {
        let to = rules.to.iter().map(ToString::to_string).collect();
        Self { wait: rules.wait.map(|wait| wait.to_string()), to }
    }

    fn rules(self) -> Result<TestRules, Problem> {
        let wait = self.wait.map(|wait| wait.parse::<Duration>()).transpose();
        let wait =
            wait.map_err(|error| Problem::invalid("tests.wait", "duration.unreadable", error.to_string()))?;
        let long = self.to.iter().any(|to| to.is_empty() || to.len() > limits::NAME_BYTES);
        if long || self.to.len() > MOST_ADDRESSES {
            let message = format!("at most {MOST_ADDRESSES}, each of 1 to {} bytes", limits::NAME_BYTES);
            return Err(Problem::invalid("tests.to", "tests.to", message));
        }
        Ok(TestRules { wait, to: self.to.into_iter().map(Into::into).collect() })
    }
}

/// The account's settings
#[utoipa::path(
    get, path = "/v1/account", tag = "definitions",
    responses((status = 200, body = Account)),
)]
async fn get_account(State(door): State<Door>) -> Result<Json<Account>, Problem> {
    let stored = door.app.account().await?;
    let at_most = stored.caps.iter().map(Cap::written).collect();
    let quiet_hours = serde_json::to_value(&stored.quiet).unwrap_or_default();
    let definitions::Account {
        name,
        zone,
        from,
        language,
        country,
        currency,
        lifecycle_stages,
        loyalty_below_zero,
        sms_and_whatsapp_apart,
        duplicates,
        match_order,
        tests,
        conversions,
        loyalty,
        tracking,
        ..
    } = stored;
    Ok(Json(Account {
        name: name.to_string(),
        zone: zone.to_string(),
        from: from.to_string(),
        language: Some(language.to_string()),
        country: Some(country.to_string()),
        currency: Some(currency.to_string()),
        lifecycle_stages: Some(lifecycle_stages.iter().map(ToString::to_string).collect()),
        loyalty_below_zero: Some(loyalty_below_zero),
        sms_and_whatsapp_apart: Some(sms_and_whatsapp_apart),
        duplicates: Some(duplicates),
        match_order: Some(shown_order(&match_order)),
        quiet_hours: Some(quiet_hours),
        at_most: Some(Value::Array(at_most)),
        tests: Some(Tests::of(&tests)),
        conversions: Some(conversions).filter(|all| !all.is_empty()),
        loyalty: Some(Programme::of(&loyalty)).filter(|_| !loyalty.is_empty()),
        tracking: Some(tracking),
        waits: None,
    }))
}

/// Change the account's settings
#[utoipa::path(
    put, path = "/v1/account", tag = "definitions", request_body = Account,
    responses((status = 200, body = Account)),
)]
async fn put_account(
    state: State<Door>,
    Extension(Caller(caller)): Extension<Caller>,
    JsonBody(sent): JsonBody<Account>,
) -> Result<Json<Account>, Problem> {
    let stored = state.app.account().await?;
    let language = match sent.language {
        Some(code) if Language::parse(&code).is_none() => {
            let message = format!("`{code}` is none of the languages here: en, it, es");
            return Err(Problem::invalid("language", "language.unknown", message));
        }
        Some(code) => code.to_ascii_lowercase().into(),
        None => stored.language,
    };
    let quiet = match sent.quiet_hours {
        None => stored.quiet,
        Some(Value::Null) => None,
        Some(window) => Some(settings::parse_window(&window.to_string()).map_err(wrong("quiet_hours"))?),
    };
    let caps = match sent.at_most {
        None => stored.caps,
        Some(caps) => settings::parse_caps(&caps.to_string()).map_err(wrong("at_most"))?,
    };
    if let Some(written) = &sent.conversions {
        conversions::parse(&Value::from(written.clone()).to_string()).map_err(wrong("conversions"))?;
    }
    let account = definitions::Account {
        name: sent.name.into(),
        zone: sent.zone.into(),
        from: sent.from.into(),
        language,
        country: sent.country.map_or(stored.country, |code| code.to_ascii_uppercase().into()),
        currency: sent.currency.map_or(stored.currency, |code| code.to_ascii_uppercase().into()),
        lifecycle_stages: sent
            .lifecycle_stages
            .map_or(stored.lifecycle_stages, |stages| stages.into_iter().map(Into::into).collect()),
        loyalty_below_zero: sent.loyalty_below_zero.unwrap_or(stored.loyalty_below_zero),
        sms_and_whatsapp_apart: sent.sms_and_whatsapp_apart.unwrap_or(stored.sms_and_whatsapp_apart),
        duplicates: sent.duplicates.unwrap_or(stored.duplicates),
        match_order: sent.match_order.map_or(Ok(stored.match_order), read_order)?,
        conversions: sent.conversions.unwrap_or(stored.conversions),
        loyalty: sent.loyalty.map_or(Ok(stored.loyalty), Programme::stored)?,
        quiet,
        caps,
        tests: sent.tests.map_or(Ok(stored.tests), Tests::rules)?,
        tracking: sent.tracking.unwrap_or(stored.tracking),
    };
    state.app.put_account(account, sent.waits == Some(Waits::Move), &caller).await?;
    get_account(state).await
}

fn shown_order(order: &[Arc<str>]) -> Vec<String> {
    if order.is_empty() {
        return MATCH_ORDER.map(str::to_owned).into();
    }
    order.iter().map(ToString::to_string).collect()
}

fn read_order(order: Vec<String>) -> Result<Vec<Arc<str>>, Problem> {
    let mut sorted: Vec<&str> = order.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let mut known = MATCH_ORDER;
    known.sort_unstable();
    if sorted != known {
        let message = format!("name each of {} once", MATCH_ORDER.join(", "));
        return Err(Problem::invalid("match_order", "account.match_order", message));
    }
    Ok(order.into_iter().map(Into::into).collect())
}

/// Tells `null` from what is not there.
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

/// What is wrong with a field that is written as in a workflow.
pub(super) fn wrong(field: &'static str) -> impl Fn(Vec<Wrong>) -> Problem {
    move |problems| {
        let first = problems.into_iter().next();
        let (code, message) =
            first.map_or(("unreadable", String::new()), |first| (first.code, first.message));
        Problem::invalid(field, code, message)
    }
}
