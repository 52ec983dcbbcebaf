//! The timer port on EventBridge Scheduler: one one-time schedule for each minute that somebody waits for, named after
//! the minute, gone once it has fired.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::{BuildError, DisplayErrorContext, ProvideErrorMetadata as _};
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target,
};
use flusso_app::ports::PortError;
use flusso_app::ports::timer::Timer;
use flusso_store::clock::Clock;
use flusso_store::time::{Instant, Millis};
use jiff::Timestamp;

use crate::config::Config;

/// A schedule in the past is undefined: a minute that is nearer than this is rung so long from now.
const AHEAD: Millis = Millis::minutes(2);
/// Tries of a ring; the sweep finds what they miss.
const TRIES: i32 = 10;
/// Minutes that this process has asked for and need not ask for again.
const REMEMBERED: usize = 2_000;

/// Schedules in a group of their own.
pub struct Schedules {
    client: Client,
    clock: Arc<dyn Clock>,
    stage: String,
    group: String,
    role: String,
    target: String,
    dead_letters: String,
    asked: Mutex<BTreeSet<i64>>,
}

impl Schedules {
    /// As the configuration names them.
    pub fn new(client: Client, clock: Arc<dyn Clock>, config: &Config) -> Self {
        Self {
            client,
            clock,
            stage: config.stage.clone(),
            group: config.schedule_group.clone(),
            role: config.schedule_role.clone(),
            target: config.schedule_target.clone(),
            dead_letters: config.schedule_dead_letters.clone(),
            asked: Mutex::default(),
        }
    }

    /// The name of a minute's schedule.
    fn name(&self, minute: i64) -> String {
        format!("{}-{minute}", self.stage)
    }

    fn target(&self, minute: i64) -> Result<Target, BuildError> {
        let input = format!("{{\"minute\":{minute}}}");
        let target = Target::builder().arn(&self.target).role_arn(&self.role).input(input);
        let target = target.retry_policy(RetryPolicy::builder().maximum_retry_attempts(TRIES).build());
        target.dead_letter_config(DeadLetterConfig::builder().arn(&self.dead_letters).build()).build()
    }
}

#[async_trait]
impl Timer for Schedules {
    async fn ring_at(&self, minute: i64) -> Result<(), PortError> {
        let lock = || self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        if lock().contains(&minute) && minute > now.minute() {
            return Ok(());
        }
        let at = Instant::from_minute(minute).max(now + AHEAD);
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build();
        let build = |error: BuildError| refused(error.to_string());
        let create = self
            .client
            .create_schedule()
            .name(self.name(minute))
            .group_name(&self.group)
            .schedule_expression(expression(at.millis()).ok_or_else(|| refused("no such date".to_owned()))?)
            .schedule_expression_timezone("UTC")
            .flexible_time_window(window.map_err(build)?)
            .target(self.target(minute).map_err(build)?)
            .action_after_completion(ActionAfterCompletion::Delete);
        if let Err(error) = create.send().await
            && !matches!(error.as_service_error(), Some(CreateScheduleError::ConflictException(_)))
        {
            let code = error.as_service_error().and_then(|error| error.code()).map(str::to_owned);
            return Err(refused(code.unwrap_or_else(|| DisplayErrorContext(&error).to_string())));
        }
        let mut asked = lock();
        asked.insert(minute);
        while asked.len() > REMEMBERED {
            asked.pop_first();
        }
        Ok(())
    }
}

/// `at(…)` in UTC, in whole seconds, rounded up.
fn expression(millis: i64) -> Option<String> {
    let at = Timestamp::from_second(millis.div_euclid(1000) + i64::from(millis.rem_euclid(1000) > 0)).ok()?;
    Some(format!("at({})", at.strftime("%Y-%m-%dT%H:%M:%S")))
}

fn refused(reason: String) -> PortError {
    PortError { port: "timer", reason }
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn a_schedule_is_in_utc_and_never_early() {
        assert_eq!(expression(0).as_deref(), Some("at(1970-01-01T00:00:00)"));
        assert_eq!(expression(1_795_309_554_800).as_deref(), Some("at(2026-11-22T01:05:55)"));
    }
}
