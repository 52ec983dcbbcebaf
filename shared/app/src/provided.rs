//! Which of the ways out have no provider here: what goes by them is refused for good.

use flusso_engine::contact::send::Via;
use flusso_engine::message::Content;
use flusso_engine::workflow::{Problem, Problems, Program};

use crate::App;

impl App {
    /// A warning for each step whose messages nobody would take.
    pub(crate) fn without_provider(&self, program: &Program) -> Vec<Problem> {
        let mut problems = Problems::default();
        for def in program.steps.iter().filter(|_| !self.ports.outbox.has_provider()) {
            let via = match def.step.content() {
                Some(Content::Sms { .. }) => Via::Sms,
                Some(Content::Whatsapp { .. }) => Via::Whatsapp,
                Some(Content::Audience { .. }) => Via::Audience,
                Some(Content::Email { .. } | Content::Request(_)) | None => continue,
            };
            let message = format!(
                "`{}`: this installation has no provider for {via} yet; what goes by it is refused with the reason no_provider",
                def.id
            );
            problems.warning(def.place, "channel.no_provider", message);
        }
        problems.into_sorted()
    }
}
