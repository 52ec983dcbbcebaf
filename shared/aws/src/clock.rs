//! The clock: the system's; for tests of a deployed stack, one that a row moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use flusso_store::clock::Clock;
use flusso_store::codec::value;
use flusso_store::keys::test_clock::{self, TestClockRow};
use flusso_store::table::Table;
use flusso_store::time::{Instant, Millis};

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Instant::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The system's clock plus an offset that stands in the table, as it was at the last refresh. Only a deployment with
/// `TestClock=on` has it; every other one neither reads that row nor obeys it.
pub struct TestClock {
    table: Arc<dyn Table>,
    offset_millis: AtomicI64,
}

impl TestClock {
    /// Moved by a row of this table. Until the first refresh it is the system's.
    pub fn new(table: Arc<dyn Table>) -> Self {
        Self { table, offset_millis: AtomicI64::new(0) }
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Instant {
        SystemClock.now() + Millis(self.offset_millis.load(Ordering::Relaxed))
    }

    async fn refresh(&self) -> Result<(), String> {
        let rows = self.table.get(&[test_clock::key()]).await.map_err(|error| error.to_string())?;
        let offset = rows.iter().flatten().next().map(value::<TestClockRow>).transpose();
        let offset = offset.map_err(|error| error.to_string())?;
        self.offset_millis.store(offset.map_or(0, |offset| offset.millis), Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use std::sync::Arc;

    use flusso_store::clock::Clock as _;
    use flusso_store::codec::row;
    use flusso_store::keys::test_clock::{self, Offset, TestClockRow};
    use flusso_store::model::Memory;
    use flusso_store::table::{Table as _, When};
    use flusso_store::time::Millis;

    use super::{SystemClock, TestClock};

    #[tokio::test]
    async fn it_moves_when_it_is_looked_at() {
        let table = Arc::new(Memory::new(Arc::new(SystemClock)));
        let clock = TestClock::new(table.clone());
        let ahead = || clock.now().since(SystemClock.now()).0;
        clock.refresh().await.unwrap();
        assert!((-1_000..1_000).contains(&ahead()), "there is no row");

        let mut moved = row::<TestClockRow>(test_clock::key(), 1, &Offset { millis: 86_400_000 }).unwrap();
        table.put_all(vec![(moved.clone(), When::Any)]).await.unwrap();
        assert!(ahead() < Millis::minutes(1).0, "between two looks it goes as it went");
        clock.refresh().await.unwrap();
        assert!((86_399_000..86_401_000).contains(&ahead()), "{}", ahead());

        moved.body = b"no offset".to_vec();
        table.put_all(vec![(moved, When::Any)]).await.unwrap();
        clock.refresh().await.unwrap_err();
    }
}
