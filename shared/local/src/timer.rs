//! The timer: one row a minute that was asked for, kept until it has been rung.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use flusso_app::ports::PortError;
use flusso_app::ports::timer::Timer;
use flusso_store::time::Instant;
use rusqlite::Connection;
use tokio::sync::Notify;

use crate::sqlite::{Store, StoreError};

/// The minutes that were asked for.
pub struct LocalTimer {
    store: Arc<Store>,
    minutes: Arc<Mutex<Minutes>>,
    asked: Arc<Notify>,
}

type Minutes = BTreeMap<i64, State>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not rung yet.
    Asked,
    /// Being rung.
    Ringing,
    /// Asked for again while it was being rung: whoever rings may have looked already.
    AskedAgain,
}

impl LocalTimer {
    /// The timer in `store`, with the minutes that were asked for before.
    pub fn open(store: Arc<Store>) -> Result<Arc<Self>, StoreError> {
        let minutes = store.read(|connection| {
            connection
                .prepare_cached("SELECT minute FROM timer")?
                .query_map([], |row| Ok((row.get(0)?, State::Asked)))?
                .collect::<rusqlite::Result<Minutes>>()
        })?;
        Ok(Arc::new(Self { store, minutes: Arc::new(Mutex::new(minutes)), asked: Arc::default() }))
    }

    /// Takes the minutes that have begun, the earliest first. Each is to be reported by `done` or `again`; a
    /// minute that is not is due again after a restart.
    pub fn due(&self, now: Instant) -> Vec<i64> {
        let mut minutes = lock(&self.minutes);
        let begun = minutes.range_mut(..=now.minute()).filter(|(_, state)| **state == State::Asked);
        begun
            .map(|(minute, state)| {
                *state = State::Ringing;
                *minute
            })
            .collect()
    }

    /// Reports a minute as rung. If it was asked for meanwhile, it is due once more. Doesn't wait.
    pub fn done(&self, minute: i64) {
        let (minutes, asked) = (Arc::clone(&self.minutes), Arc::clone(&self.asked));
        // Decided by the writer, in the order of the jobs: a minute that is asked for behind this has a row.
        drop(self.store.submit(0, move |connection| {
            let mut minutes = lock(&minutes);
            match minutes.get_mut(&minute) {
                Some(State::Ringing) => {
                    minutes.remove(&minute);
                    connection.prepare_cached("DELETE FROM timer WHERE minute = ?1")?.execute([minute])?;
                }
                Some(state) => {
                    *state = State::Asked;
                    asked.notify_one();
                }
                None => {}
            }
            Ok(())
        }));
    }

    /// Reports that ringing a minute failed: it is due again.
    pub fn again(&self, minute: i64) {
        if let Some(state) = lock(&self.minutes).get_mut(&minute) {
            *state = State::Asked;
        }
    }

    /// The beginning of the earliest minute that is to be rung.
    pub fn next(&self) -> Option<Instant> {
        let minutes = lock(&self.minutes);
        minutes
            .iter()
            .find(|(_, state)| **state == State::Asked)
            .map(|(minute, _)| Instant::from_minute(*minute))
    }

    /// Waits until a minute was asked for that nobody had asked for.
    pub async fn asked(&self) {
        self.asked.notified().await;
    }
}

#[async_trait]
impl Timer for LocalTimer {
    async fn ring_at(&self, minute: i64) -> Result<(), PortError> {
        if is_known(&mut lock(&self.minutes), minute) {
            // A hundred thousand people wait for the same Monday; one row is enough. Should its transaction still
            // be under way, then whatever its alarms stand for is committed behind it.
            return Ok(());
        }
        let (minutes, asked) = (Arc::clone(&self.minutes), Arc::clone(&self.asked));
        let insert = move |connection: &Connection| {
            connection
                .prepare_cached("INSERT OR IGNORE INTO timer (minute) VALUES (?1)")?
                .execute([minute])?;
            let mut minutes = lock(&minutes);
            if !is_known(&mut minutes, minute) {
                minutes.insert(minute, State::Asked);
                asked.notify_one();
            }
            Ok(())
        };
        self.store.submit(0, insert).answer().await.map_err(|error| error.of_port("timer"))
    }
}

/// Whether the minute has a row; if it is being rung, it is noted that it was asked for again.
fn is_known(minutes: &mut Minutes, minute: i64) -> bool {
    match minutes.get_mut(&minute) {
        Some(state) => {
            if *state == State::Ringing {
                *state = State::AskedAgain;
            }
            true
        }
        None => false,
    }
}

fn lock(minutes: &Mutex<Minutes>) -> MutexGuard<'_, Minutes> {
    minutes.lock().unwrap_or_else(PoisonError::into_inner)
}
