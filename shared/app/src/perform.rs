//! The steps queue: performing one outside action and reporting its outcome. For a message: provider's token, claim,
//! hand-over, record. If the process dies in between, the outcome is unknown, and stays so until there is proof.

use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::contact::consent::Suppression;
use flusso_engine::contact::send::{Class, HAND_OVER_WITHIN, Phase, Send, Via};
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::{ContactId, SendId};
use flusso_engine::message::{Detail, Links, compose};
use flusso_engine::react::{Input, Outcome};
use flusso_engine::time::Instant;
use flusso_engine::triggers::form::REQUESTED;

use crate::apply::{Applied, CONFLICTS, Progress};
use crate::events::Outcomes;
use crate::failpoint::failpoint;
use crate::ports::channel::{Channel, HandedOver, Handover, Permit, Settled};
use crate::ports::queue::{Delivery, LONGEST_DELAY, Lane, QueueName};
use crate::queued::{Message, Unreadable};
use crate::{App, AppError, auth, request};

/// A delivery that fails this often is parked.
const TRIES: u32 = 10;

impl App {
    /// Performs a batch of the steps queue.
    pub async fn handle_steps(&self, lane: Lane, deliveries: Vec<Delivery>) -> Outcomes {
        let mut definitions = match self.definitions().await {
            Ok(definitions) => definitions,
            Err(error) => {
                return deliveries.into_iter().map(|one| (one.id, Err(error.to_string()))).collect();
            }
        };
        let mut results = Vec::new();
        for delivery in deliveries {
            let again = delivery.receives > 1;
            let done = match Message::decode(&delivery.body) {
                Ok(Message::Perform { contact, send, at }) => {
                    self.perform(&mut definitions, lane, &contact, &send, (at, again)).await
                }
                Ok(Message::Answer { contact, ask }) => {
                    self.answer(&mut definitions, &contact, &ask, again).await
                }
                Ok(_) | Err(Unreadable::Broken) => {
                    let parked = self.park_delivery(QueueName::Steps(lane), &delivery, "unreadable").await;
                    results.push((delivery.id, parked));
                    continue;
                }
                Err(Unreadable::Newer) => {
                    results.push((delivery.id, Err("a newer format".to_owned())));
                    continue;
                }
            };
            let result = match done {
                Err(_) if delivery.receives >= TRIES => {
                    self.park_delivery(QueueName::Steps(lane), &delivery, "step_failed").await
                }
                other => other.map_err(|error| error.to_string()),
            };
            results.push((delivery.id, result));
        }
        results
    }

    async fn perform(
        &self,
        definitions: &mut Arc<Definitions>,
        lane: Lane,
        id: &ContactId,
        send: &SendId,
        (at, again): (Instant, bool),
    ) -> Result<(), AppError> {
        let contact = self.repository.contact(id).await?;
        let Some(open) = contact.state.sends.get(send) else {
            // Over. If this was here before, what its record made due may have been lost on the way to its queue.
            return if again { self.act(&contact).await } else { Ok(()) };
        };
        let now = self.now();
        match &open.phase {
            // Planned anew since then: that has a message of its own, unless what brought it here was lost.
            Phase::Planned { not_before } if *not_before > now && *not_before != at && !again => Ok(()),
            Phase::Planned { not_before } if *not_before > now => {
                self.later(lane, id, send, *not_before).await
            }
            Phase::Planned { .. } => self.claim_and_hand_over(definitions, lane, contact, send).await,
            Phase::Claimed { .. } => match open.lease_ends() {
                Some(ends) if ends > now => self.later(lane, id, send, ends).await,
                _ => {
                    // The performer is dead. Time passes, the outcome becomes unknown, and can be asked for.
                    let contact = self.drive(definitions, contact, Input::Wake).await?;
                    self.settle(definitions, contact, send).await
                }
            },
            Phase::Unknown { .. } => self.settle(definitions, contact, send).await,
            // Its workflow is interrupted; or only a notification settles it now: after a restore, the provider's own
            // rows may be a copy as well.
            Phase::Interrupted { .. } | Phase::Unresolved { .. } => Ok(()),
        }
    }

    /// The same message, for an instant; one that is further off is the alarm's business.
    async fn later(
        &self,
        lane: Lane,
        contact: &ContactId,
        send: &SendId,
        at: Instant,
    ) -> Result<(), AppError> {
        let rest = at.since(self.now());
        if rest > LONGEST_DELAY {
            return Ok(());
        }
        let message = Message::Perform { contact: contact.clone(), send: send.clone(), at };
        Ok(self.ports.queue.send(vec![message.to(lane, rest)]).await?)
    }

    async fn claim_and_hand_over(
        &self,
        definitions: &mut Arc<Definitions>,
        lane: Lane,
        contact: Contact,
        send: &SendId,
    ) -> Result<(), AppError> {
        let Some(via) = contact.state.sends.get(send).map(|open| open.channel) else { return Ok(()) };
        if let Permit::After(rest) = self.channel(via).permit().await {
            return self.later(lane, &contact.id, send, self.now() + rest).await;
        }
        let by: Arc<str> = self.ports.tokens.token().into();
        let claimed = self.claim(definitions, contact, send, &by).await?;
        // Only what stands in the committed row counts: is the claim there, and is it ours?
        let Some(open) = claimed.state.sends.get(send) else { return Ok(()) };
        let Phase::Claimed { at, by: holder } = &open.phase else { return Ok(()) };
        if *holder != by {
            return Ok(());
        }
        let attempt = open.attempt;
        self.metrics.in_flight.add();
        failpoint("claimed");
        let outcome = self.hand_over(definitions, &claimed, send, *at).await;
        failpoint("handed-over");
        let outcome = Input::Outcome { send: send.clone(), attempt, outcome };
        let result = self.drive_by(lane, definitions, claimed, outcome).await;
        self.metrics.in_flight.subtract();
        result.map(|_| ())
    }

    /// What stands at the address to which a send goes; nothing where it goes to a colleague.
    pub(crate) async fn suppression_of(
        &self,
        contact: &Contact,
        send: &Send,
    ) -> Result<Option<Suppression>, AppError> {
        let channel = send.channel.channel().filter(|_| send.class != Class::Internal);
        match channel.and_then(|channel| contact.profile.address(channel)) {
            Some(address) => Ok(self.repository.suppression(&auth::address_hash(self, &address)).await?),
            None => Ok(None),
        }
    }

    /// Claims a send. What stands at the address is read after the contact, for each try anew: whatever this contact
    /// does to it in between makes the commit lose.
    async fn claim(
        &self,
        definitions: &mut Arc<Definitions>,
        mut contact: Contact,
        send: &SendId,
        by: &Arc<str>,
    ) -> Result<Contact, AppError> {
        let id = contact.id.clone();
        for _ in 0..CONFLICTS {
            let suppression = match contact.state.sends.get(send) {
                Some(open) => self.suppression_of(&contact, open).await?,
                None => None,
            };
            let input = Input::Claim { send: send.clone(), by: by.clone(), suppression };
            match self.apply(definitions, contact, vec![Applied { input, receipt: None }]).await? {
                Progress::Done(claimed) => return Ok(*claimed),
                Progress::Conflict => contact = self.repository.contact(&id).await?,
            }
        }
        Err(AppError::Unavailable("the contact changes too fast".to_owned()))
    }

    async fn hand_over(
        &self,
        definitions: &Definitions,
        claimed: &Contact,
        send: &SendId,
        at: Instant,
    ) -> Outcome {
        let message = match self.compose(definitions, claimed, send).await {
            Ok(message) => message,
            Err(reason) => return Outcome::Refused { permanent: true, reason },
        };
        if self.now().since(at) > HAND_OVER_WITHIN {
            self.metrics.given_back.add();
            return Outcome::GivenBack;
        }
        match self.channel(message.via).hand_over(&message).await {
            HandedOver::Answered { status, .. } if request::is_temporary(status) => {
                Outcome::Refused { permanent: false, reason: format!("status_{status}") }
            }
            HandedOver::Answered { status, body } => {
                self.metrics.sent.add();
                let body = self.kept_answer(definitions, claimed, send, &body).await;
                Outcome::Answered { at: self.now(), status, body }
            }
            HandedOver::Accepted { provider_id } => {
                self.metrics.sent.add();
                Outcome::Accepted { at: self.now(), provider_id: provider_id.into() }
            }
            HandedOver::Refused { permanent, reason } => Outcome::Refused { permanent, reason },
            HandedOver::Unknown { reason } => {
                self.metrics.unknown_sends.add();
                tracing::warn!(send = %send, reason, "the provider gave no answer");
                Outcome::Unknown
            }
        }
    }

    /// Renders the message of a claimed send again from the committed contact.
    async fn compose(
        &self,
        definitions: &Definitions,
        claimed: &Contact,
        send: &SendId,
    ) -> Result<Handover, String> {
        let open = claimed.state.sends.get(send).ok_or("send_gone")?;
        let program = self.program(&open.version).await.map_err(|_| "definitions_unavailable")?;
        let by_email = open.channel == Via::Email && open.class == Class::Marketing;
        let leave = claimed.profile.email().filter(|_| by_email);
        let leave = leave.and_then(|address| self.unsubscribe_url(send, address)).unwrap_or_default();
        let confirm = self.confirm_link(claimed, send, open)?;
        let links = Links { unsubscribe: leave, confirm };
        let message = compose(definitions, &program, claimed, open, claimed.state.last_now, &links)?;
        let headers = match &message.detail {
            Detail::Request { headers, .. } => self.signed(send, &message.text, headers.clone()),
            _ => one_click(&links.unsubscribe),
        };
        let own = [links.unsubscribe.as_str(), links.confirm.as_str()];
        Ok(Handover {
            send: send.to_string(),
            attempt: open.attempt,
            via: open.channel,
            class: open.class,
            to: message.to.to_string(),
            from: message.from.to_string(),
            subject: message.subject,
            text: message.text,
            html: message.html.map(|html| self.tracked(&html, definitions, claimed, (send, open), &own)),
            headers,
            detail: message.detail,
        })
    }

    /// Where the recipient of an e-mail confirms the form that had them enter; empty if it was no such form.
    fn confirm_link(&self, claimed: &Contact, id: &SendId, send: &Send) -> Result<String, String> {
        let asked = claimed.state.enrollments.get(&send.enrollment).filter(|one| &*one.trigger == REQUESTED);
        match (asked, claimed.profile.email()) {
            (Some(asked), Some(address)) if send.channel == Via::Email && send.fixed.is_none() => {
                let link = self.confirm_url(id, address, asked.entered_at);
                link.ok_or_else(|| "no_public_address".to_owned())
            }
            _ => Ok(String::new()),
        }
    }

    /// The way by which a send goes out.
    fn channel(&self, via: Via) -> &dyn Channel {
        match via {
            Via::Email => &*self.ports.email,
            Via::Sms | Via::Whatsapp | Via::Audience => &*self.ports.outbox,
            Via::Webhook => &*self.ports.webhook,
        }
    }

    /// Asks the provider what became of an attempt of which nobody knows.
    async fn settle(
        &self,
        definitions: &mut Arc<Definitions>,
        contact: Contact,
        send: &SendId,
    ) -> Result<(), AppError> {
        let Some(open) = contact.state.sends.get(send) else { return Ok(()) };
        if !matches!(open.phase, Phase::Unknown { .. } | Phase::Unresolved { .. }) {
            return Ok(());
        }
        let outcome = match self.channel(open.channel).settle(send.as_str(), open.attempt).await {
            Settled::Accepted { provider_id, at } => {
                Outcome::Accepted { at, provider_id: provider_id.into() }
            }
            Settled::NotAccepted => Outcome::Refused { permanent: false, reason: "not_accepted".to_owned() },
            Settled::Unknown => return Ok(()),
        };
        let outcome = Input::Outcome { send: send.clone(), attempt: open.attempt, outcome };
        self.drive(definitions, contact, outcome).await.map(|_| ())
    }
}

/// The headers by which a mail program lets its reader leave with one click (RFC 8058).
fn one_click(url: &str) -> Vec<(String, String)> {
    if url.is_empty() {
        return Vec::new();
    }
    vec![
        ("List-Unsubscribe".to_owned(), format!("<{url}>")),
        ("List-Unsubscribe-Post".to_owned(), "List-Unsubscribe=One-Click".to_owned()),
    ]
}
