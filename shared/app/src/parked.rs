//! Parked messages: what kept failing is kept, shown, and retried or dropped by one call.

use flusso_engine::ids::{base32, digest};
use flusso_engine::time::Millis;
use flusso_store::keys::parked::Parked;
use flusso_store::repository::Listed;

use crate::ports::queue::{Delivery, Outgoing, QueueName};
use crate::{App, AppError};

impl App {
    /// Parks a delivery of a queue; `Err` if it can't be parked, so that it is delivered again.
    pub(crate) async fn park_delivery(
        &self,
        queue: QueueName,
        delivery: &Delivery,
        code: &str,
    ) -> Result<(), String> {
        let id = base32(&digest(&["parked", &delivery.body]), 20);
        let parked = Parked {
            queue: queue.as_str().to_owned(),
            message: delivery.body.clone(),
            code: code.to_owned(),
            count: delivery.receives,
            at: self.now(),
        };
        self.metrics.parked.add();
        tracing::warn!(parked = id, code, "a message was parked");
        self.repository.park(&id, &parked).await.map_err(|error| error.to_string())
    }

    /// Parked messages with their ids, one page.
    pub async fn list_parked(
        &self,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<(String, Parked)>, AppError> {
        Ok(self.repository.all_parked(cursor, limit).await?)
    }

    /// Sends a parked message to its queue again.
    pub async fn retry_parked(&self, id: &str) -> Result<(), AppError> {
        let parked = self.repository.parked(id).await?.ok_or_else(|| not_found(id))?;
        let queue = QueueName::ALL
            .into_iter()
            .find(|queue| queue.as_str() == parked.queue)
            .ok_or_else(|| not_found(id))?;
        self.ports.queue.send(vec![Outgoing { queue, body: parked.message, delay: Millis(0) }]).await?;
        Ok(self.repository.unpark(id).await?)
    }

    /// Drops a parked message for good.
    pub async fn drop_parked(&self, id: &str) -> Result<(), AppError> {
        self.repository.parked(id).await?.ok_or_else(|| not_found(id))?;
        Ok(self.repository.unpark(id).await?)
    }
}

fn not_found(id: &str) -> AppError {
    AppError::NotFound { what: "parked message", id: id.to_owned() }
}
