//! The local clock: the machine's own, one that runs faster or was moved ahead, or one that stands still.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flusso_store::clock::Clock;
use flusso_store::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::sqlite::{Store, StoreError};

const SETTING: &str = "clock";

/// Virtual time: it passes `speed` times as fast as the machine's, counted from an anchor.
pub struct LocalClock {
    anchor: Mutex<Anchor>,
    store: Option<Arc<Store>>,
    moved: watch::Sender<()>,
    /// Held while the clock is being moved, for that waits for the disk.
    moving: tokio::sync::Mutex<()>,
}

/// At `machine` by the machine's clock it was `shown` by this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Anchor {
    shown: Instant,
    machine: Instant,
    /// 0 stands still.
    speed: u32,
}

impl LocalClock {
    /// The machine's clock, as it is.
    pub fn system() -> Arc<Self> {
        Arc::new(Self::new(Anchor::REAL, None))
    }

    /// A clock that stands at `now` until it is moved; for tests.
    pub fn standing_at(now: Instant) -> Arc<Self> {
        Arc::new(Self::new(Anchor { shown: now, machine: Instant::default(), speed: 0 }, None))
    }

    /// The clock of a data folder, from now on `speed` times as fast as the machine's (at least 1).
    ///
    /// A folder whose clock was ever sped up or moved goes on from there: it has rows from that time. Such a
    /// clock also runs on while no process does.
    pub async fn open(store: Arc<Store>, speed: u32) -> Result<Arc<Self>, StoreError> {
        let speed = speed.max(1);
        let stored: Option<Anchor> = match store.setting(SETTING)? {
            Some(text) => Some(serde_json::from_str(&text).map_err(|error| {
                StoreError::Unavailable(format!("the setting `{SETTING}` can't be read: {error}"))
            })?),
            None => None,
        };
        let before = stored.unwrap_or(Anchor::REAL);
        let clock = Self::new(before, Some(store));
        if before.speed != speed {
            let machine = machine_time();
            // Whatever the machine's clock did meanwhile, this one doesn't go back behind its anchor.
            let shown = before.at(machine).max(if stored.is_some() { before.shown } else { machine });
            clock.set(Anchor { shown, machine, speed }).await?;
        } else if stored.is_some() && before.at(machine_time()) < before.shown {
            clock.set(Anchor { machine: machine_time(), ..before }).await?;
        }
        Ok(Arc::new(clock))
    }

    /// Moves the clock ahead. It is durable before anybody sees the new time; on an error the clock is unmoved.
    pub async fn advance(&self, by: Millis) -> Result<(), StoreError> {
        let _moving = self.moving.lock().await;
        let Anchor { shown, machine, speed } = self.anchor();
        self.set(Anchor { shown: shown + by.max(Millis(0)), machine, speed }).await
    }

    /// Has time begin at `now`, be that in the past or far ahead. Only for a folder in which nothing has happened yet:
    /// elsewhere there may be rows from later on.
    pub async fn begin_at(&self, now: Instant) -> Result<(), StoreError> {
        let _moving = self.moving.lock().await;
        let speed = self.anchor().speed;
        self.set(Anchor { shown: now, machine: machine_time(), speed }).await
    }

    /// How long the machine has to wait until `instant` comes; zero if it is past, `Duration::MAX` if it never
    /// comes by itself.
    pub fn real_until(&self, instant: Instant) -> Duration {
        let left = u64::try_from(instant.since(self.now()).0).unwrap_or_default();
        match (left, self.anchor().speed) {
            (0, _) => Duration::ZERO,
            (_, 0) => Duration::MAX,
            (left, speed) => Duration::from_micros((left * 1000).div_ceil(u64::from(speed))),
        }
    }

    /// Waits until `instant` has come, be it that the clock was moved.
    pub async fn sleep_until(&self, instant: Instant) {
        // Before the clock is read, so that no move is missed.
        let mut moved = self.moved.subscribe();
        while self.now() < instant {
            let real = self.real_until(instant);
            tokio::select! {
                () = tokio::time::sleep(real), if real != Duration::MAX => {}
                // The sender is in `self`: it can't be gone.
                _ = moved.changed() => {}
            }
        }
    }

    fn new(anchor: Anchor, store: Option<Arc<Store>>) -> Self {
        Self {
            anchor: Mutex::new(anchor),
            store,
            moved: watch::Sender::new(()),
            moving: tokio::sync::Mutex::default(),
        }
    }

    fn anchor(&self) -> Anchor {
        *self.anchor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn set(&self, anchor: Anchor) -> Result<(), StoreError> {
        if let Some(store) = &self.store {
            let text =
                serde_json::to_string(&anchor).map_err(|error| StoreError::Unavailable(error.to_string()))?;
            store.set_setting(SETTING, &text).await?;
        }
        *self.anchor.lock().unwrap_or_else(PoisonError::into_inner) = anchor;
        self.moved.send_replace(());
        Ok(())
    }
}

impl Clock for LocalClock {
    fn now(&self) -> Instant {
        let anchor = self.anchor();
        if anchor.speed == 0 { anchor.shown } else { anchor.at(machine_time()) }
    }
}

impl Anchor {
    /// The machine's time as it is.
    const REAL: Self = Self { shown: Instant::from_millis(0), machine: Instant::from_millis(0), speed: 1 };

    fn at(self, machine: Instant) -> Instant {
        let passed = machine.since(self.machine).0.saturating_mul(i64::from(self.speed));
        self.shown + Millis(passed)
    }
}

pub(crate) fn machine_time() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
