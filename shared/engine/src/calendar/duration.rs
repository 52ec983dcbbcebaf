//! A length of time as its author writes it: one amount and one unit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::{Unreadable, stored_as_text};
use crate::time::Millis;

/// An amount of one unit, such as `1 day` or `30 minutes`; at most 10 years, and 0 is allowed.
///
/// Not ordered and not comparable across units: a month is no number of days, and `7 days` is not `1 week`
/// to its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Duration {
    amount: u32,
    unit: Unit,
}

/// A unit of time. The first three elapse; the others are read off a wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Elapsed seconds.
    Seconds,
    /// Elapsed minutes.
    Minutes,
    /// Elapsed hours.
    Hours,
    /// Calendar days.
    Days,
    /// Calendar weeks.
    Weeks,
    /// Calendar months, clamped to the end of a shorter one.
    Months,
    /// Calendar years, clamped where 29 February does not exist.
    Years,
}

impl Unit {
    /// All units, shortest first.
    pub const ALL: [Self; 7] =
        [Self::Seconds, Self::Minutes, Self::Hours, Self::Days, Self::Weeks, Self::Months, Self::Years];

    /// The word for one.
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Seconds => "second",
            Self::Minutes => "minute",
            Self::Hours => "hour",
            Self::Days => "day",
            Self::Weeks => "week",
            Self::Months => "month",
            Self::Years => "year",
        }
    }

    /// How many of this unit 10 years have.
    const fn most(self) -> u32 {
        match self {
            Self::Seconds => 3653 * 86_400,
            Self::Minutes => 3653 * 1440,
            Self::Hours => 3653 * 24,
            Self::Days => 3653,
            Self::Weeks => 522,
            Self::Months => 120,
            Self::Years => 10,
        }
    }

    fn parse(word: &str) -> Option<Self> {
        let singular = word.strip_suffix('s').unwrap_or(word);
        Self::ALL.into_iter().find(|unit| unit.singular() == singular)
    }
}

impl Duration {
    /// An amount of a unit.
    ///
    /// # Errors
    /// If it is longer than 10 years.
    pub fn new(amount: u32, unit: Unit) -> Result<Self, Unreadable> {
        if amount > unit.most() {
            return Err(Unreadable(format!("{amount} {}s is longer than 10 years", unit.singular())));
        }
        Ok(Self { amount, unit })
    }

    /// How many.
    pub const fn amount(self) -> u32 {
        self.amount
    }

    /// Of what.
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// The elapsed time, if the unit is one that elapses.
    pub const fn elapsed(self) -> Option<Millis> {
        let amount = self.amount as i64;
        match self.unit {
            Unit::Seconds => Some(Millis::seconds(amount)),
            Unit::Minutes => Some(Millis::minutes(amount)),
            Unit::Hours => Some(Millis::hours(amount)),
            _ => None,
        }
    }

    /// The calendar's span of this length; the amount is far inside every limit of a span.
    pub(super) fn span(self) -> jiff::Span {
        let (span, amount) = (jiff::Span::new(), i64::from(self.amount));
        match self.unit {
            Unit::Seconds => span.seconds(amount),
            Unit::Minutes => span.minutes(amount),
            Unit::Hours => span.hours(amount),
            Unit::Days => span.days(amount),
            Unit::Weeks => span.weeks(amount),
            Unit::Months => span.months(amount),
            Unit::Years => span.years(amount),
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.amount, self.unit.singular(), if self.amount == 1 { "" } else { "s" })
    }
}

impl FromStr for Duration {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let problem = |what: &str| {
            let units = "seconds, minutes, hours, days, weeks, months or years";
            Unreadable(format!(
                "\"{text}\" {what}; write one whole number and one of {units}, such as \"3 days\""
            ))
        };
        let mut words = text.split_whitespace();
        let (Some(amount), Some(unit), None) = (words.next(), words.next(), words.next()) else {
            return Err(problem("is no duration"));
        };
        if !amount.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(problem("has no whole number in front"));
        }
        let unit = Unit::parse(unit).ok_or_else(|| problem("has a unit that is not known"))?;
        // All digits, so the only thing that can go wrong is that there are too many of them.
        let amount = amount.parse().map_err(|_| Unreadable(format!("{text} is longer than 10 years")))?;
        Self::new(amount, unit)
    }
}

stored_as_text!(Duration);
