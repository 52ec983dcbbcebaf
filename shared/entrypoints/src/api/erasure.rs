//! What an erasure leaves: a signed report of the job.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::input::Id;
use crate::routes::{Routes, routes};
use crate::{Door, Problem};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(get_erasure_report))
}

/// What was erased; it names nobody.
#[derive(Serialize, ToSchema)]
struct ErasureReport {
    /// The report, which is what was signed.
    report: ErasureReported,
    /// The id of a key and the signature of the report by it (HMAC-SHA256).
    signature: String,
}

/// What was erased, and what is kept on purpose.
#[derive(Serialize, ToSchema)]
struct ErasureReported {
    /// The job that did it.
    job: String,
    /// The contact's id, and those of contacts that were merged into it.
    contacts: Vec<String>,
    /// Who asked for it.
    requested_by: String,
    /// When.
    requested_at: String,
    /// When everything was gone for the second time.
    finished_at: String,
    /// How many of each sort were removed.
    removed: BTreeMap<String, u64>,
    /// What is kept, and why.
    kept: Vec<String>,
    /// Until when copies of the table that its platform makes by itself may still have it.
    backups_until: String,
}

/// The signed report of an erasure
#[utoipa::path(
    get, path = "/v1/jobs/{id}/report", tag = "contacts",
    params(("id" = String, Path, description = "`job_…`")),
    responses(
        (status = 200, body = ErasureReport),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "`erasure.unfinished`"),
    ),
)]
async fn get_erasure_report(State(door): State<Door>, Id(id): Id) -> Result<Json<ErasureReport>, Problem> {
    let (report, signature) = door.app.erasure_report(&id).await?;
    let report = ErasureReported {
        job: report.job,
        contacts: report.contacts,
        requested_by: report.requested_by,
        requested_at: report.requested_at,
        finished_at: report.finished_at,
        removed: report.removed,
        kept: report.kept.iter().map(ToString::to_string).collect(),
        backups_until: report.backups_until,
    };
    Ok(Json(ErasureReport { report, signature }))
}
