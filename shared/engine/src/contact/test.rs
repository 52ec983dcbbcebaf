//! Contacts with whom workflows are tried out: they wait little, are counted nowhere, and nothing goes to anybody who
//! was not named for it.

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::calendar::{self, Duration};
use crate::time::{Instant, Millis};

/// The event that makes a contact one.
pub const STARTED: &str = "contact.test_started";
/// The event that makes it one like all others again.
pub const ENDED: &str = "contact.test_ended";
/// How long their waits last where the account says nothing; and what waits for something waits at least so long, else
/// nobody could make it happen.
const MINUTE: Millis = Millis::minutes(1);

/// How they are treated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestRules {
    /// How long a wait lasts at most: a minute, if nothing is said; with 0 it is skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Duration>,
    /// Where their messages may go: addresses, numbers, `@` and a domain, how the address of a webhook begins, and names
    /// of audiences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Arc<str>>,
}

impl TestRules {
    /// When a wait that began then is over, if it was to be over at `at`.
    pub fn over(&self, from: Instant, at: Instant, zone: &TimeZone) -> Instant {
        at.min(self.wait.map_or(from + MINUTE, |wait| calendar::add(from, wait, zone)))
    }

    /// The same for one that something else may end.
    pub fn given_up(&self, from: Instant, at: Instant, zone: &TimeZone) -> Instant {
        self.over(from, at, zone).max(at.min(from + MINUTE))
    }

    /// Whether a message of a test contact may go there.
    pub fn reaches(&self, to: &str) -> bool {
        let to = to.to_lowercase();
        self.to.iter().map(|allowed| allowed.to_lowercase()).any(|allowed| {
            to == allowed
                || (allowed.starts_with('@') && to.ends_with(&allowed))
                || (allowed.starts_with("https://") && to.starts_with(&allowed))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::TestRules;

    #[test]
    fn messages_of_tests_reach_those_who_were_named_kw_55() {
        let to = ["@bottega.example", "anna@example.com", "+393331234567", "https://hooks.example/prove/"];
        let rules = TestRules { to: to.into_iter().map(Into::into).collect(), ..TestRules::default() };
        for reached in
            ["giulia@bottega.example", "Anna@Example.com", "+393331234567", "https://hooks.example/prove/1"]
        {
            assert!(rules.reaches(reached), "{reached}");
        }
        for other in
            ["a@altrabottega.example", "nanna@example.com", "+39333123456", "https://hooks.example/", ""]
        {
            assert!(!rules.reaches(other), "{other}");
        }
        assert!(!TestRules::default().reaches("anna@example.com"), "nobody unless somebody is named");
    }
}
