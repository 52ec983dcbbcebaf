//! Alarm rows and the sweep's watermark.

use flusso_engine::ids::{ContactId, WorkflowId};
use flusso_engine::time::Instant;

use super::Repository;
use crate::codec::{row, value};
use crate::keys::alarm::{self, Alarm, AlarmRow, Announced};
use crate::keys::state::{self, StateRow};
use crate::keys::watermark::{self, Watermark, WatermarkRow};
use crate::table::{Key, List, TableError, When, Write};

impl Repository {
    /// Announces that a contact is to be looked at: in the minute of `at`, or in the present one if that has passed.
    pub async fn put_alarm(&self, contact: &ContactId, at: Instant, now: Instant) -> Result<(), TableError> {
        let minute = at.max(now).minute();
        self.put_alarm_row(alarm::key(minute, contact), minute, at).await
    }

    /// Announces that a workflow begins by itself: in the minute of `at`, or in the present one if that has passed.
    pub async fn put_workflow_alarm(
        &self,
        workflow: &WorkflowId,
        at: Instant,
        now: Instant,
    ) -> Result<(), TableError> {
        let minute = at.max(now).minute();
        self.put_alarm_row(alarm::of_workflow(minute, workflow), minute, at).await
    }

    async fn put_alarm_row(&self, key: Key, minute: i64, at: Instant) -> Result<(), TableError> {
        let mut row = row::<AlarmRow>(key, 0, &Alarm { at })?;
        row.expires_at = Some(Instant::from_minute(minute) + alarm::KEPT);
        self.table.put_all(vec![(row, When::Any)]).await
    }

    /// For when a contact is announced, strongly read; none if it waits for nothing.
    pub async fn waits_until(&self, contact: &ContactId) -> Result<Option<Instant>, TableError> {
        let state = self.get::<StateRow>(state::key(contact)).await?;
        Ok(state.and_then(|(state, _)| state.alarm_at))
    }

    /// The alarms of a minute in one shard.
    pub async fn alarms(&self, minute: i64, shard: u8) -> Result<Vec<(Announced, Instant)>, TableError> {
        let rows = self.all(List::all(alarm::partition(minute, shard), 200)).await?;
        rows.iter().map(|row| Ok((Announced::of(&row.key.sort), value::<AlarmRow>(row)?.at))).collect()
    }

    /// The last minute that the sweep verified in a shard, and the revision of that record.
    pub async fn watermark(&self, shard: u8) -> Result<Option<(i64, u64)>, TableError> {
        let found = self.get::<WatermarkRow>(watermark::key(shard)).await?;
        Ok(found.map(|(watermark, revision)| (watermark.minute, revision)))
    }

    /// Has the sweep begin after this minute, in every shard, unless it has begun before.
    pub async fn begin_sweeping(&self, minute: i64) -> Result<(), TableError> {
        let begin = |shard| {
            let row = row::<WatermarkRow>(watermark::key(shard), 1, &Watermark { minute })?;
            Ok(Write::put(row, When::Absent))
        };
        let writes = (0..alarm::SHARDS).map(begin).collect::<Result<_, TableError>>()?;
        match self.table.commit(writes).await {
            Err(TableError::Conflict(_)) => Ok(()),
            other => other,
        }
    }

    /// Moves a shard's watermark, if nobody else has since it was read at `revision`.
    pub async fn move_watermark(&self, shard: u8, minute: i64, revision: u64) -> Result<(), TableError> {
        let row = row::<WatermarkRow>(watermark::key(shard), revision + 1, &Watermark { minute })?;
        self.table.commit(vec![Write::put(row, When::Revision(revision))]).await
    }
}
