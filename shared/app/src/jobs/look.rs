//! Looking at each contact once: it keeps in mind what new definitions ask of it, such as when its birthday comes round
//! and whether it is a member of a segment. That is a baseline, and fires nothing.

use std::sync::Arc;

use flusso_engine::definitions::Definitions;
use flusso_engine::ids::ContactId;
use flusso_engine::react::Input;

use super::chunk::Worked;
use crate::ports::queue::Lane;
use crate::{App, AppError};

impl App {
    pub(super) async fn look_at(
        &self,
        definitions: &mut Arc<Definitions>,
        id: &ContactId,
    ) -> Result<Worked, AppError> {
        let contact = self.repository.contact_itself(id).await?;
        // Of one that is gone, only its row in the index was left.
        if contact.is_there() {
            self.drive_by(Lane::Bulk, definitions, contact, Input::Wake).await?;
        }
        Ok(Ok(Vec::new()))
    }
}
