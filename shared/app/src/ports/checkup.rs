//! What a platform can tell of itself: whether what it stands on lets the program do its work.

use async_trait::async_trait;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// The program works; somebody should know this, or look.
    Advice,
    /// Something of the program's work is not done because of it.
    Problem,
}

/// What came of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check: stable, whatever came of it.
    pub code: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What was found, in a sentence.
    pub what: String,
    /// Where that is: a setting, a service, a workflow.
    pub place: String,
    /// What to do about it; none where there is nothing to do.
    pub remedy: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(code: &'static str, place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { code, level: Level::Ok, what: what.into(), place: place.into(), remedy: None }
    }

    /// Worth knowing, with what to do.
    pub fn advice(
        code: &'static str,
        place: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { level: Level::Advice, remedy: Some(remedy.into()), ..Self::ok(code, place, what) }
    }

    /// In the way, with what to do.
    pub fn problem(
        code: &'static str,
        place: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { level: Level::Problem, ..Self::advice(code, place, what, remedy) }
    }

    /// The check could not be made: `why` is what came instead of an answer.
    pub fn unknown(
        code: &'static str,
        place: impl Into<String>,
        why: impl std::fmt::Display,
        remedy: impl Into<String>,
    ) -> Self {
        Self::advice(code, place, format!("can't tell: {why}"), remedy)
    }
}

/// Whom mail reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Nobody: it stays here, to be looked at.
    Nobody,
    /// Those that are allowed, while things are tried out.
    Some,
    /// Everybody.
    Everybody,
}

/// Looks after what the platform stands on.
#[async_trait]
pub trait Checkup: Send + Sync {
    /// Whom mail reaches.
    fn reach(&self) -> Reach;
    /// What the platform finds. `sender` is the bare address as which the account writes, where it can be told. A check
    /// that fails is a finding, too: see [`Finding::unknown`].
    async fn look(&self, sender: Option<&str>) -> Vec<Finding>;
}

/// A platform with nothing to tell, such as a test's: its mail stays where it is.
pub struct NothingToTell;

#[async_trait]
impl Checkup for NothingToTell {
    fn reach(&self) -> Reach {
        Reach::Nobody
    }

    async fn look(&self, _: Option<&str>) -> Vec<Finding> {
        Vec::new()
    }
}
