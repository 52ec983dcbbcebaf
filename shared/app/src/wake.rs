//! Alarms: ringing the contacts of a minute, and the sweep that repairs whatever was lost.

use flusso_engine::ids::ContactId;
use flusso_engine::time::{Instant, Millis};
use flusso_store::keys::alarm::{self, Announced};
use flusso_store::table::TableError;

use crate::ports::queue::Lane;
use crate::queued::Message;
use crate::{App, AppError};

/// A minute with more alarms than this goes by the bulk lane.
const CROWD: usize = 100;
/// So long after its minute an alarm row is verified: longer than the longest function timeout and the skew of clocks.
pub const VERIFIED_AFTER: Millis = Millis::minutes(15);
/// Messages of one call to the queue.
const CHUNK: usize = 100;
/// Minutes that one sweep verifies at most, so that it ends in time; the next one goes on.
const MINUTES: i64 = 3_000;

impl App {
    /// Rings the alarms of a minute: each contact is looked at, in the second of its row, and each workflow that begins
    /// by itself.
    pub async fn ring_minute(&self, minute: i64) -> Result<(), AppError> {
        let mut alarms = Vec::new();
        for shard in 0..alarm::SHARDS {
            alarms.extend(self.repository.alarms(minute, shard).await?);
        }
        let lane = if alarms.len() > CROWD { Lane::Bulk } else { Lane::Fast };
        let now = self.now();
        let messages: Vec<_> = alarms
            .into_iter()
            .map(|(announced, at)| {
                let message = match announced {
                    Announced::Contact(contact) => Message::Look { contact, at },
                    Announced::Workflow(workflow) => Message::Schedule { workflow },
                };
                message.to(lane, Millis(at.since(now).0.max(0)))
            })
            .collect();
        for chunk in messages.chunks(CHUNK) {
            self.ports.queue.send(chunk.to_vec()).await?;
        }
        Ok(())
    }

    /// Has the sweep begin, if it has not: every alarm that will ever be put lies after this.
    pub(crate) async fn begin_sweeping(&self) -> Result<(), AppError> {
        Ok(self.repository.begin_sweeping((self.now() - VERIFIED_AFTER).minute() - 1).await?)
    }

    /// Verifies each minute once, behind a stored watermark: a row whose contact is still waiting for it is rung now. Then
    /// jobs that stand still go on.
    pub async fn sweep(&self) -> Result<(), AppError> {
        let verified = (self.now() - VERIFIED_AFTER).minute() - 1;
        for shard in 0..alarm::SHARDS {
            // Before anything was defined, nobody can be waiting.
            let Some((swept, revision)) = self.repository.watermark(shard).await? else { continue };
            let from = swept + 1;
            let to = verified.min(from + MINUTES);
            for minute in from..=to {
                self.verify(minute, shard).await?;
            }
            if from > to {
                continue;
            }
            match self.repository.move_watermark(shard, to, revision).await {
                // Another sweep is at it too: verifying twice is harmless.
                Ok(()) | Err(TableError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.sweep_files().await?;
        self.sweep_jobs().await
    }

    async fn verify(&self, minute: i64, shard: u8) -> Result<(), AppError> {
        let alarms = self.repository.alarms(minute, shard).await?;
        for (announced, _) in alarms {
            match announced {
                Announced::Contact(contact) => self.verify_contact(&contact, minute).await?,
                Announced::Workflow(workflow) => self.verify_schedules(&workflow, minute).await?,
            }
        }
        Ok(())
    }

    async fn verify_contact(&self, id: &ContactId, minute: i64) -> Result<(), AppError> {
        let waits = self.repository.waits_until(id).await?.filter(|at| at.minute() <= minute);
        if let Some(at) = waits {
            let now = self.now();
            self.metrics.rung_late.add();
            // Into the present bucket first, so that it is verified again should this look be lost.
            self.repository.put_alarm(id, at, now).await?;
            let look = Message::Look { contact: id.clone(), at };
            self.ports.queue.send(vec![look.to(Lane::Fast, Millis(0))]).await?;
        }
        Ok(())
    }

    /// The minute up to which every alarm was verified in every shard.
    pub async fn verified_through(&self) -> Result<Option<Instant>, AppError> {
        let mut least: Option<i64> = None;
        for shard in 0..alarm::SHARDS {
            let Some((minute, _)) = self.repository.watermark(shard).await? else { return Ok(None) };
            least = least.into_iter().chain([minute]).min();
        }
        Ok(least.map(Instant::from_minute))
    }
}
