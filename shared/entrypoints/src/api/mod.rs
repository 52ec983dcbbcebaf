//! The API for programs and tools, under `/v1`; one file a group of routes.

mod account;
mod activate;
mod audit;
mod card;
mod clock;
mod code;
mod contact;
mod contacts;
mod conversions;
mod coupons;
mod definitions;
mod doctor;
mod documents;
mod enroll;
mod events;
mod fields;
mod folders;
mod form;
mod health;
mod jobs;
mod keys;
mod labels;
mod life;
mod loyalty;
mod mailbox;
mod merge;
mod notes;
mod operations;
mod page;
mod people;
mod pipelines;
mod privacy;
mod purchases;
mod ready;
mod records;
mod rehearsal;
mod replay;
mod restore;
mod save;
mod schema;
mod sections;
mod segments;
mod sign_in;
mod timeline;
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

/// The routes that need a key.
pub(crate) fn routes() -> Routes {
    let routes = Routes::new()
        .merge(events::routes())
        .merge(contacts::routes())
        .merge(card::routes())
        .merge(save::routes())
        .merge(merge::routes())
        .merge(privacy::routes())
        .merge(audit::routes())
        .merge(records::routes())
        .merge(labels::routes())
        .merge(notes::routes())
        .merge(documents::routes())
        .merge(loyalty::routes())
        .merge(conversions::routes())
        .merge(purchases::routes())
        .merge(replay::routes())
        .merge(ready::routes())
        .merge(rehearsal::routes())
        .merge(form::routes())
        .merge(definitions::routes())
        .merge(code::routes())
        .merge(segments::routes())
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
