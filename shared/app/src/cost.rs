//! What it costs on AWS: what the functions were counted to ask of the platform, times the prices of a region. Arithmetic
//! only; what was counted and the prices are data of the catalogue.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::AppError;
use crate::simulate::Reactions;
use crate::stats::numbers::{StepNumbers, Whole};

const PRICES: &str = include_str!("../../catalog/prices/2026-11.json");
const COUNTED: &str = include_str!("../../catalog/counted/work.json");

/// Memory of a function, in GB.
const MEMORY_GB: f64 = 0.25;
/// Assumed milliseconds of an invocation: for itself, for each round trip to the table or a queue one after the other,
/// and for each message that a provider is handed.
const MILLIS: (f64, f64, f64) = (10.0, 5.0, 50.0);
/// Bytes of the line that an invocation writes to its log.
const LOG_BYTES: f64 = 500.0;
/// Of so many messages one is opened.
const MESSAGES_PER_OPEN: f64 = 2.0;
/// Queues that are polled: two lanes of events and of steps, jobs, and the provider's notifications.
const QUEUES: f64 = 6.0;
/// Who polls an idle queue asks once in twenty seconds; Lambda keeps two at it.
const IDLE_RECEIVES: f64 = 2.0 / 20.0;
/// Seconds of a month of 30 days.
const MONTH_SECONDS: f64 = 30.0 * 86_400.0;
/// Seconds from one sweep to the next.
const SWEEP_SECONDS: f64 = 300.0;

/// What is asked of the platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Write units of DynamoDB.
    pub write_units: f64,
    /// Read units of DynamoDB.
    pub read_units: f64,
    /// Requests to SQS: sent, received, deleted.
    pub queue_requests: f64,
    /// Invocations of functions.
    pub invocations: f64,
    /// Round trips of functions to the table and the queues.
    pub round_trips: f64,
    /// Requests to the HTTP API.
    pub door_requests: f64,
    /// Invocations by EventBridge Scheduler.
    pub rings: f64,
    /// Notifications published by SNS.
    pub notifications: f64,
    /// Messages handed to a provider.
    pub messages: f64,
}

/// How much comes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Each person alone: every message of a queue is a batch of its own.
    Alone,
    /// Many at once: batches of ten messages, and of a hundred images of the stream.
    Crowd,
}

/// By which plan SES is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SesPlan {
    /// By the message.
    ALaCarte,
    /// What new accounts begin with.
    Essentials,
}

/// The prices of a region, in USD.
#[derive(Clone, Debug, Deserialize)]
pub struct Prices {
    lambda_requests_per_million: f64,
    lambda_gb_seconds_per_million: f64,
    sqs_requests_per_million: f64,
    dynamodb_write_units_per_million: f64,
    dynamodb_read_units_per_million: f64,
    scheduler_invocations_per_million: f64,
    api_gateway_requests_per_million: f64,
    sns_publishes_per_million: f64,
    logs_per_gb: f64,
    ses_messages_per_thousand: BTreeMap<String, f64>,
}

/// What a service is paid, in USD.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// The service.
    pub service: &'static str,
    /// For what: amounts and their names.
    pub used: String,
    /// How much.
    pub usd: f64,
}

#[derive(Deserialize)]
struct PriceList {
    date: String,
    regions: BTreeMap<String, Prices>,
}

/// What was counted, by what it was done for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// For people who come one at a time: `entry`, `message`, `look`, `notification`.
    pub alone: BTreeMap<String, Usage>,
    /// For people who come in a crowd.
    pub crowd: BTreeMap<String, Usage>,
    /// A sweep with nobody to look at.
    pub idle_sweep: Usage,
}

impl Usage {
    /// This and that.
    #[must_use]
    pub fn plus(self, more: Self) -> Self {
        self.each(more, |one, other| one + other)
    }

    /// This without that.
    #[must_use]
    pub fn minus(self, less: Self) -> Self {
        self.each(less, |one, other| one - other)
    }

    /// So many times this.
    #[must_use]
    pub fn times(self, n: f64) -> Self {
        self.each(self, |one, _| one * n)
    }

    fn each(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            write_units: f(self.write_units, other.write_units),
            read_units: f(self.read_units, other.read_units),
            queue_requests: f(self.queue_requests, other.queue_requests),
            invocations: f(self.invocations, other.invocations),
            round_trips: f(self.round_trips, other.round_trips),
            door_requests: f(self.door_requests, other.door_requests),
            rings: f(self.rings, other.rings),
            notifications: f(self.notifications, other.notifications),
            messages: f(self.messages, other.messages),
        }
    }

    /// GB-seconds of the functions, by the assumed milliseconds.
    fn gb_seconds(&self) -> f64 {
        let (own, trip, message) = MILLIS;
        let millis = self.invocations * own + self.round_trips * trip + self.messages * message;
        millis / 1000.0 * MEMORY_GB
    }

    /// What is paid for it, by service; SES only under a plan.
    pub fn bill(&self, prices: &Prices, plan: Option<SesPlan>) -> Vec<Item> {
        let million = |n: f64, price: f64| n / 1e6 * price;
        let seconds = self.gb_seconds();
        let log_gb = self.invocations * LOG_BYTES / 1e9;
        let mut items = vec![
            Item {
                service: "DynamoDB",
                used: format!("{:.0} write units, {:.0} read units", self.write_units, self.read_units),
                usd: million(self.write_units, prices.dynamodb_write_units_per_million)
                    + million(self.read_units, prices.dynamodb_read_units_per_million),
            },
            Item {
                service: "SQS",
                used: format!("{:.0} requests", self.queue_requests),
                usd: million(self.queue_requests, prices.sqs_requests_per_million),
            },
            Item {
                service: "Lambda",
                used: format!("{:.0} requests, {seconds:.0} GB-s", self.invocations),
                usd: million(self.invocations, prices.lambda_requests_per_million)
                    + million(seconds, prices.lambda_gb_seconds_per_million),
            },
            Item {
                service: "SNS",
                used: format!("{:.0} notifications", self.notifications),
                usd: million(self.notifications, prices.sns_publishes_per_million),
            },
            Item {
                service: "API Gateway",
                used: format!("{:.0} requests", self.door_requests),
                usd: million(self.door_requests, prices.api_gateway_requests_per_million),
            },
            Item {
                service: "EventBridge Scheduler",
                used: format!("{:.0} invocations", self.rings),
                usd: million(self.rings, prices.scheduler_invocations_per_million),
            },
            Item {
                service: "CloudWatch Logs",
                used: format!("{:.0} MB", log_gb * 1e3),
                usd: log_gb * prices.logs_per_gb,
            },
        ];
        items.extend(plan.map(|plan| Item {
            service: "SES",
            used: format!("{:.0} messages, {}", self.messages, plan.as_str()),
            usd: self.messages / 1e3 * prices.ses(plan),
        }));
        items
    }
}

impl SesPlan {
    /// Its name in the list of prices.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ALaCarte => "a-la-carte",
            Self::Essentials => "essentials",
        }
    }
}

impl Prices {
    /// Those of a region, and their date.
    ///
    /// # Errors
    /// `Invalid`, with the regions that there are, if there are none of this one.
    pub fn of(region: &str) -> Result<(Self, String), AppError> {
        let list: PriceList = read(PRICES)?;
        let known: Vec<&str> = list.regions.keys().map(String::as_str).collect();
        let known = format!("no prices of `{region}`; there are those of {}", known.join(", "));
        let prices = list.regions.get(region).cloned();
        Ok((prices.ok_or_else(|| AppError::invalid("region", "region.unknown", known))?, list.date))
    }

    fn ses(&self, plan: SesPlan) -> f64 {
        self.ses_messages_per_thousand.get(plan.as_str()).copied().unwrap_or_default()
    }
}

impl Counted {
    /// What the tests counted.
    pub fn stored() -> Result<Self, AppError> {
        read(COUNTED)
    }

    /// What one person's reactions ask for, under a load. Every message is delivered, and every second one opened.
    pub fn of_person(&self, reactions: &Reactions, load: Load) -> Usage {
        let kinds = match load {
            Load::Alone => &self.alone,
            Load::Crowd => &self.crowd,
        };
        let messages = f64::from(reactions.messages);
        let times = [
            ("entry", f64::from(reactions.events)),
            ("message", messages),
            ("look", f64::from(reactions.looks)),
            ("notification", messages + messages / MESSAGES_PER_OPEN),
        ];
        let used = times.iter().filter_map(|(kind, n)| Some(kinds.get(*kind)?.times(*n)));
        used.fold(Usage::default(), Usage::plus)
    }

    /// What the people of a workflow asked for when they entered, each alone.
    pub fn of_entries(&self, numbers: &Whole) -> Usage {
        self.of_kinds(&[("entry", numbers.entered)])
    }

    /// What they asked for at a step, each alone: its messages, what the provider said of these, and the waits that ended.
    pub fn of_step(&self, numbers: &StepNumbers) -> Usage {
        let told = [
            numbers.delivered,
            numbers.opened,
            numbers.opened_by_machine,
            numbers.clicked,
            numbers.bounced,
            numbers.complained,
        ];
        // Who waited for a message to be sent was not looked at for it.
        let looks = if numbers.sent > 0 { 0 } else { numbers.waited };
        self.of_kinds(&[("message", numbers.sent), ("notification", told.iter().sum()), ("look", looks)])
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of people")]
    fn of_kinds(&self, kinds: &[(&str, i64)]) -> Usage {
        let used = kinds.iter().filter_map(|(kind, n)| Some(self.alone.get(*kind)?.times(*n as f64)));
        used.fold(Usage::default(), Usage::plus)
    }

    /// What a month asks for in which nothing happens.
    pub fn idle_month(&self) -> Usage {
        let polls = QUEUES * IDLE_RECEIVES * MONTH_SECONDS;
        let sweeps = self.idle_sweep.times(MONTH_SECONDS / SWEEP_SECONDS);
        sweeps.plus(Usage { queue_requests: polls, ..Usage::default() })
    }
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, AppError> {
    serde_json::from_str(text)
        .map_err(|error| AppError::Unavailable(format!("the catalogue can't be read: {error}")))
}
