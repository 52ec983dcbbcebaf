//! The API for programs and tools, under `/v1`; one file a group of routes.

mod account;
mod activate;
mod audience;
mod clock;
mod code;
mod contacts;
mod coupons;
mod doctor;
mod enroll;
mod erasure;
mod events;
mod fields;
mod folders;
mod form;
mod health;
mod jobs;
mod keys;
mod life;
mod mailbox;
mod operations;
mod page;
mod people;
mod pipelines;
mod programme;
mod ready;
mod rehearsal;
mod restore;
mod schema;
mod sign_in;
mod statistics;
mod teams;
mod templates;
mod users;
mod versions;
mod webhook;
mod workflows;
mod zone;

use flusso_app::engine::calendar;
use flusso_app::engine::definitions::Definitions;
use flusso_app::engine::time::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::input::Limit;
use crate::routes::Routes;

pub(crate) use clock::advance;
pub(crate) use mailbox::mail;
pub(crate) use page::{Page, PageQuery};

/// The routes that need no key.
pub(crate) fn open_routes() -> Routes {
    health::routes()
}

/// The routes that need a key, but for those of people.
pub(crate) fn routes() -> Routes {
    let routes = Routes::new()
        .merge(events::routes())
        .merge(ready::routes())
        .merge(rehearsal::routes())
        .merge(form::routes())
        .merge(teams::routes())
        .merge(templates::routes())
        .merge(code::routes())
        .merge(users::routes())
        .merge(fields::routes())
        .merge(folders::routes())
        .merge(pipelines::routes())
        .merge(coupons::routes())
        .merge(enroll::routes())
        .merge(activate::routes())
        .merge(life::routes())
        .merge(versions::routes())
        .merge(people::routes())
        .merge(jobs::routes())
        .merge(erasure::routes())
        .merge(account::routes())
        .merge(zone::routes())
        .merge(operations::routes())
        .merge(doctor::routes())
        .merge(restore::routes())
        .merge(schema::routes())
        .merge(keys::routes())
        .merge(sign_in::routes())
        .merge(clock::routes())
        .merge(mailbox::routes())
        .merge(webhook::routes());
    Limit::API.on(routes).merge(workflows::routes())
}

/// The routes that need a key, of one person or two: a function of its own serves them.
pub(crate) fn contact_routes() -> Routes {
    Limit::API.on(contacts::routes())
}

/// The routes that need a key, of many people: another function serves them.
pub(crate) fn audience_routes() -> Routes {
    Limit::API.on(audience::routes().merge(statistics::routes()))
}

/// A point in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Moment {
    /// In UTC (RFC 3339).
    #[schema(format = DateTime, example = "2026-11-22T09:00:00Z")]
    utc: String,
    /// By the clocks of the account's time zone.
    #[schema(example = "2026-11-22 10:00:00 Europe/Rome")]
    local: String,
}

impl Moment {
    pub(crate) fn of(instant: Instant, definitions: &Definitions) -> Self {
        Self { utc: instant.to_string(), local: calendar::local_text(instant, &definitions.zone) }
    }
}
