//! The timer and the clocks. A minute rings at least once, up to a minute late, and never sooner than two minutes after it
//! was asked for; a clock is wrong by up to 30 seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use flusso_app::ports::timer::Timer;
use flusso_app::ports::tokens::Tokens;
use flusso_app::ports::{Clock, PortError};
use flusso_engine::time::Instant;

use super::core::{Core, Item, MINUTE, SECOND};
use super::rng::Rng;

/// By how much a clock may be wrong, in milliseconds.
pub const SKEW: i64 = 30 * SECOND;

/// A schedule is made so long ahead: one in the past would never fire.
const AHEAD: i64 = 2 * MINUTE;

/// The timer as a port.
pub struct SimTimer(pub Arc<Core>);

#[async_trait]
impl Timer for SimTimer {
    async fn ring_at(&self, minute: i64) -> Result<(), PortError> {
        self.0.pause("timer").await;
        let now = self.0.now();
        let set = self.0.with(|shared| {
            let fails = shared.weather.timer_fails;
            if shared.fault("timer not set", fails) {
                return false;
            }
            if shared.quiet {
                return true;
            }
            let begins = (minute * MINUTE).max(now + AHEAD);
            let ring = Item::Ring { minute, failed: 0 };
            let late = if shared.orderly { 0 } else { shared.rng.between(0, MINUTE) };
            shared.trace.say(|| format!("  timer set for minute {minute}"));
            shared.at(begins + late, ring);
            let doubles = shared.weather.timer_doubles;
            if shared.fault("minute rings twice", doubles) {
                let late = shared.rng.between(0, MINUTE);
                shared.at(begins + late, ring);
            }
            true
        });
        self.0.pause("timer set").await;
        if set { Ok(()) } else { Err(PortError { port: "timer", reason: "not set".to_owned() }) }
    }
}

/// The clock of an instance.
pub struct SimClock {
    /// The true time.
    pub core: Arc<Core>,
    /// By how much it is wrong.
    pub skew: Arc<AtomicI64>,
}

impl Clock for SimClock {
    fn now(&self) -> Instant {
        let own = self.core.now() + self.skew.load(Ordering::Relaxed);
        Instant::from_millis(own.max(self.core.believed()))
    }
}

/// The clock of the table itself: right.
pub struct TrueClock(pub Arc<AtomicI64>);

impl Clock for TrueClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Tokens of an instance.
pub struct SimTokens {
    /// What they are drawn from.
    pub seed: AtomicU64,
    /// All are the same (planted).
    pub same: bool,
}

impl Tokens for SimTokens {
    fn token(&self) -> String {
        if self.same {
            return "same".to_owned();
        }
        let seed = self.seed.fetch_add(1, Ordering::Relaxed);
        format!("{:016x}", Rng::new(seed).bits())
    }
}
