//! What happened at a step of a workflow.

use std::collections::BTreeMap;

use flusso_app::stats::numbers::{ArmNumbers, StepNumbers, Took};
use serde::Serialize;
use utoipa::ToSchema;

/// What happened at a step.
#[derive(Serialize, ToSchema)]
pub(super) struct StepStatistics {
    /// Which.
    step: String,
    /// Arrivals.
    reached: i64,
    /// Who stands there now.
    inside: i64,
    /// Arrivals more than a minute after they were due.
    late: i64,
    /// Messages that the provider took.
    sent: i64,
    /// That arrived.
    delivered: i64,
    /// That a person opened.
    opened: i64,
    /// That a machine opened, or nobody knows who.
    opened_by_machine: i64,
    /// Of which a person followed a link.
    clicked: i64,
    /// Of which a machine followed a link, or nobody knows who.
    clicked_by_machine: i64,
    /// That were answered.
    replied: i64,
    /// That did not arrive.
    bounced: i64,
    /// That were complained about.
    complained: i64,
    /// opened / delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_rate: Option<f64>,
    /// Opened by a machine, or by nobody knows whom / delivered: so much is not known about the opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_share: Option<f64>,
    /// clicked / delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    click_rate: Option<f64>,
    /// Messages that were not sent, by reason.
    skipped: BTreeMap<String, i64>,
    /// Messages that the provider refused for good.
    send_failed: i64,
    /// Messages of which nobody knows whether they went.
    unresolved: i64,
    /// Passages that ended here early.
    exited: i64,
    /// Passages that could not go on from here.
    failed: i64,
    /// Conversions that it led to.
    converted: i64,
    /// What these are worth, in minor units by currency.
    revenue: BTreeMap<String, i64>,
    /// How long people stood here.
    #[serde(skip_serializing_if = "Option::is_none")]
    took: Option<StepTook>,
    /// The arms of its test.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    arms: Vec<ArmStatistics>,
    /// What it costs on AWS, in USD.
    pub(super) cost_usd: f64,
}

/// How long it took from the arrival at a step to the next one, rounded up to one of twelve lengths.
#[derive(Serialize, ToSchema)]
struct StepTook {
    /// Half of them took at most so many seconds.
    half_seconds: i64,
    /// Nine in ten took at most so many seconds.
    most_seconds: i64,
}

/// An arm of a test.
#[derive(Serialize, ToSchema)]
struct ArmStatistics {
    /// Its number, from 1.
    arm: usize,
    /// Its share, in percent.
    share: f64,
    /// Whether it has no steps of its own: what the others are compared with.
    holdout: bool,
    /// How often it was drawn.
    drawn: i64,
    /// To how many of them what the test is judged by happened.
    judged: i64,
    /// Conversions of them within the window, whatever led to these.
    converted: i64,
    /// What these are worth, in minor units by currency.
    revenue: BTreeMap<String, i64>,
    /// How much more often than in the holdout it happened: 0.5 is half as often again. Absent without a holdout, or as
    /// long as it happened to nobody of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    lift: Option<f64>,
}

impl StepStatistics {
    pub(super) fn of(step: StepNumbers, cost_usd: f64) -> Self {
        Self {
            open_rate: step.open_rate(),
            unknown_share: step.unknown_share(),
            click_rate: step.click_rate(),
            reached: step.reached,
            inside: step.inside,
            late: step.late,
            sent: step.sent,
            delivered: step.delivered,
            opened: step.opened,
            opened_by_machine: step.opened_by_machine,
            clicked: step.clicked,
            clicked_by_machine: step.clicked_by_machine,
            replied: step.replied,
            bounced: step.bounced,
            complained: step.complained,
            skipped: step.skipped,
            send_failed: step.send_failed,
            unresolved: step.unresolved,
            exited: step.exited,
            failed: step.failed,
            converted: step.converted,
            revenue: step.revenue,
            took: step.took.map(|Took { half, most }| StepTook {
                half_seconds: half.0 / 1000,
                most_seconds: most.0 / 1000,
            }),
            arms: step.arms.into_iter().map(ArmStatistics::of).collect(),
            step: step.step,
            cost_usd,
        }
    }
}

impl ArmStatistics {
    fn of(arm: ArmNumbers) -> Self {
        let ArmNumbers { arm, share, holdout, drawn, judged, converted, revenue, lift } = arm;
        Self { arm, share, holdout, drawn, judged, converted, revenue, lift }
    }
}
