//! What a function is told by its environment: read once at start, and every name that is missing is said at once.

use std::collections::BTreeMap;

use flusso_app::ports::queue::QueueName;

/// The environment of a function. Names and template are kept in step by a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The stage: a part of every name; mail goes to everybody only in `prod`.
    pub stage: String,
    /// The table's name.
    pub table: String,
    /// The address of each queue.
    pub queues: BTreeMap<QueueName, String>,
    /// The group that the schedules lie in.
    pub schedule_group: String,
    /// The role in which a schedule calls its target.
    pub schedule_role: String,
    /// The function that rings a minute.
    pub schedule_target: String,
    /// The queue for rings that could not be delivered.
    pub schedule_dead_letters: String,
    /// The SES configuration set that publishes what becomes of a message.
    pub configuration_set: String,
    /// The bucket of imports, exports and documents.
    pub bucket: String,
    /// The sender with which the account begins: one that SES lets us use.
    pub mail_from: String,
    /// The domain or address of SES that the functions may send as.
    pub mail_identity: String,
    /// The path below which the secrets lie.
    pub secrets_path: String,
    /// Messages a second that one process hands over at most.
    pub mail_rate: u32,
    /// Outside `prod`, only these addresses or domains (`@example.org`) get mail.
    pub allowed_recipients: Vec<String>,
    /// After a restore: the table as it was before, where it can be read.
    pub table_before: Option<String>,
    /// The address under which people reach the public pages.
    pub public_url: String,
    /// Who signs in with this address is owner while nobody else is.
    pub first_owner: Option<String>,
    /// Whether the clock may be moved: for tests of a deployed stack.
    pub test_clock: bool,
    /// Whether a stream event without a shard is taken as the only shard's: for a local AWS.
    pub single_shard: bool,
}

/// What is wrong with the environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// These are not set, or are empty.
    #[error("the environment lacks {}", .0.join(", "))]
    Missing(Vec<&'static str>),
    /// This one holds something that it can't.
    #[error("{name} is `{value}`; {expected}")]
    Wrong {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        expected: &'static str,
    },
}

/// The variable that holds the address of a queue.
pub const fn queue_variable(queue: QueueName) -> &'static str {
    use flusso_app::ports::queue::Lane::{Bulk, Fast};
    match queue {
        QueueName::Events(Fast) => "FLUSSO_QUEUE_EVENTS_FAST",
        QueueName::Events(Bulk) => "FLUSSO_QUEUE_EVENTS_BULK",
        QueueName::Steps(Fast) => "FLUSSO_QUEUE_STEPS_FAST",
        QueueName::Steps(Bulk) => "FLUSSO_QUEUE_STEPS_BULK",
        QueueName::Jobs => "FLUSSO_QUEUE_JOBS",
    }
}

impl Config {
    /// From the variables of this process.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// From variables by name.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut missing = Vec::new();
        let mut required = |name: &'static str| {
            let value = variable(name).filter(|value| !value.is_empty());
            if value.is_none() {
                missing.push(name);
            }
            value.unwrap_or_default()
        };
        let config = Self {
            stage: required("FLUSSO_STAGE"),
            table: required("FLUSSO_TABLE"),
            queues: QueueName::ALL.map(|queue| (queue, required(queue_variable(queue)))).into(),
            schedule_group: required("FLUSSO_SCHEDULE_GROUP"),
            schedule_role: required("FLUSSO_SCHEDULE_ROLE_ARN"),
            schedule_target: required("FLUSSO_SCHEDULE_TARGET_ARN"),
            schedule_dead_letters: required("FLUSSO_SCHEDULE_DLQ_ARN"),
            configuration_set: required("FLUSSO_CONFIGURATION_SET"),
            bucket: required("FLUSSO_BUCKET"),
            mail_from: required("FLUSSO_MAIL_FROM"),
            mail_identity: required("FLUSSO_MAIL_IDENTITY"),
            secrets_path: required("FLUSSO_SECRETS_PATH"),
            public_url: required("FLUSSO_PUBLIC_URL"),
            mail_rate: 0,
            table_before: None,
            first_owner: None,
            allowed_recipients: Vec::new(),
            test_clock: false,
            single_shard: false,
        };
        if !missing.is_empty() {
            return Err(ConfigError::Missing(missing));
        }
        let switch = |name| match variable(name).as_deref() {
            None | Some("" | "off") => Ok(false),
            Some("on") => Ok(true),
            Some(value) => {
                Err(ConfigError::Wrong { name, value: value.to_owned(), expected: "it is `on` or `off`" })
            }
        };
        Ok(Self {
            mail_rate: rate(variable("FLUSSO_MAIL_RATE"))?,
            first_owner: variable("FLUSSO_OWNER_EMAIL").filter(|email| !email.is_empty()),
            table_before: variable("FLUSSO_TABLE_BEFORE").filter(|name| !name.is_empty()),
            allowed_recipients: variable("FLUSSO_ALLOWED_RECIPIENTS")
                .unwrap_or_default()
                .split(',')
                .map(|one| one.trim().to_lowercase())
                .filter(|one| !one.is_empty())
                .collect(),
            test_clock: switch("FLUSSO_TEST_CLOCK")?,
            single_shard: switch("FLUSSO_SINGLE_SHARD")?,
            ..config
        })
    }

    /// Whether mail may go to this address: to everybody in `prod`, else to those that are allowed.
    pub fn may_mail(&self, address: &str) -> bool {
        let address = address.to_lowercase();
        let allowed = |one: &String| {
            if one.starts_with('@') { address.ends_with(one.as_str()) } else { address == *one }
        };
        self.stage == "prod" || self.allowed_recipients.iter().any(allowed)
    }
}

/// Messages a second; 10 where nothing is said.
fn rate(value: Option<String>) -> Result<u32, ConfigError> {
    let value = value.filter(|value| !value.is_empty()).unwrap_or_else(|| "10".to_owned());
    let rate = value.parse().ok().filter(|rate| (1..=10_000).contains(rate));
    rate.ok_or(ConfigError::Wrong {
        name: "FLUSSO_MAIL_RATE",
        value,
        expected: "it is a number from 1 to 10000",
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::{Config, ConfigError};

    fn whole(name: &str) -> Option<String> {
        let known = !matches!(
            name,
            "FLUSSO_MAIL_RATE"
                | "FLUSSO_ALLOWED_RECIPIENTS"
                | "FLUSSO_TEST_CLOCK"
                | "FLUSSO_SINGLE_SHARD"
                | "FLUSSO_TABLE_BEFORE"
                | "FLUSSO_OWNER_EMAIL"
        );
        known.then(|| name.to_lowercase())
    }

    #[test]
    fn everything_that_is_missing_is_named_at_once() {
        let error = Config::read(|name| whole(name).filter(|_| !name.contains("QUEUE_STEPS"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the environment lacks FLUSSO_QUEUE_STEPS_FAST, FLUSSO_QUEUE_STEPS_BULK"
        );
        let empty = Config::read(|name| {
            whole(name).map(|value| if name == "FLUSSO_TABLE" { String::new() } else { value })
        });
        assert_eq!(empty, Err(ConfigError::Missing(vec!["FLUSSO_TABLE"])));
    }

    #[test]
    fn what_is_not_said_has_a_safe_default() {
        let config = Config::read(whole).unwrap();
        assert_eq!((config.mail_rate, config.test_clock, config.single_shard), (10, false, false));
        assert!(!config.may_mail("anna@example.com"), "outside prod, nobody gets mail who is not named");
    }

    #[test]
    fn a_switch_is_on_or_off() {
        let with = |value: &'static str| {
            Config::read(
                move |name| {
                    if name == "FLUSSO_TEST_CLOCK" { Some(value.to_owned()) } else { whole(name) }
                },
            )
        };
        assert!(with("on").unwrap().test_clock);
        assert_eq!(with("yes").unwrap_err().to_string(), "FLUSSO_TEST_CLOCK is `yes`; it is `on` or `off`");
    }

    #[test]
    fn outside_prod_only_allowed_recipients_get_mail() {
        let at = |stage: &'static str| {
            Config::read(move |name| match name {
                "FLUSSO_STAGE" => Some(stage.to_owned()),
                "FLUSSO_ALLOWED_RECIPIENTS" => Some("me@shop.example, @Test.example".to_owned()),
                _ => whole(name),
            })
            .unwrap()
        };
        let may = |address| at("dev").may_mail(address);
        assert!(may("Me@shop.example") && may("you@test.example"));
        assert!(!may("you@shop.example") && !may("you@nottest.example") && !may("x@sub.test.example"));
        assert!(at("prod").may_mail("anybody@example.com"));
    }
}
