//! What is missing before this installation can do its work.

use axum::Json;
use axum::extract::State;
use flusso_app::ports::checkup;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Door;
use crate::routes::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(doctor))
}

/// What was found.
#[derive(Serialize, ToSchema)]
struct Checkup {
    /// The worst level among the findings.
    level: Level,
    /// What came of each check, the worst first.
    findings: Vec<Finding>,
}

/// How much a finding matters: `ok`, it is as it should be; `advice`, somebody should know it, or look; `problem`,
/// something of the program's work is not done because of it.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    Advice,
    Problem,
}

/// What came of one check.
#[derive(Serialize, ToSchema)]
struct Finding {
    /// The check: stable, whatever came of it.
    #[schema(example = "ses.access")]
    code: &'static str,
    level: Level,
    /// What was found; it begins with `can't tell` where the check could not be made.
    #[schema(example = "SES is in its sandbox: mail reaches only verified addresses")]
    what: String,
    /// Where that is: an address of the API, a setting, a service.
    #[schema(example = "SES in eu-west-1")]
    r#where: String,
    /// What to do about it; absent where there is nothing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ask for production access in SES")]
    remedy: Option<String>,
}

/// What is missing before this installation can do its work
///
/// A check that can't be made is a finding, too.
#[utoipa::path(
    get, path = "/v1/doctor", tag = "operations",
    responses((status = 200, body = Checkup)),
)]
async fn doctor(State(door): State<Door>) -> Json<Checkup> {
    let findings: Vec<Finding> = door.app.doctor().await.into_iter().map(Finding::of).collect();
    let level = findings.first().map_or(Level::Ok, |worst| worst.level);
    Json(Checkup { level, findings })
}

impl Finding {
    fn of(finding: checkup::Finding) -> Self {
        let level = match finding.level {
            checkup::Level::Ok => Level::Ok,
            checkup::Level::Advice => Level::Advice,
            checkup::Level::Problem => Level::Problem,
        };
        let checkup::Finding { code, what, place, remedy, .. } = finding;
        Self { code, level, what, r#where: place, remedy }
    }
}
