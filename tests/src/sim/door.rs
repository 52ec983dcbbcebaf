//! The door of a world: what people and providers post, and what they make of the answer.

use flusso_app::AppError;
use flusso_engine::ids::SendId;

use super::core::{Item, Notes, SECOND};
use super::plan::{PROVIDER, What};
use super::world::{Answered, DOOR_TIMEOUT, Done, Job, World};

impl World {
    pub(super) fn post(&mut self, index: usize) {
        let instance = self.any_instance();
        let app = self.instances[instance].app.clone();
        let now = app.now();
        let what = self.core.with(|shared| {
            let known: Vec<String> = shared.watch.seen.keys().map(ToString::to_string).collect();
            let post = &mut shared.posts[index];
            // What is said once stays said, however often it is posted.
            if let What::Event { draft, late_by, contact, .. } = &mut post.what {
                if *late_by > 0 && draft.occurred_at.is_none() {
                    let at = now - flusso_engine::time::Millis(*late_by);
                    draft.occurred_at = Some(at.to_string());
                }
                if let Some(nth) = contact.take().filter(|_| !known.is_empty()) {
                    draft.contact_id = Some(known[nth % known.len()].clone());
                }
            }
            let what = post.what.clone();
            shared.trace.mix(index as u64);
            shared.trace.say(|| format!("post {index}: {what:?}"));
            what
        });
        let notes = Notes { kind: "door", ..Notes::default() };
        match what {
            What::Event { key, draft, .. } => {
                self.spawn(instance, Job::Post(index), notes, DOOR_TIMEOUT, async move {
                    Done::Event(if key == PROVIDER {
                        app.accept_feedback(vec![draft]).await
                    } else {
                        app.accept_events(&format!("api:{key}"), vec![draft], None).await
                    })
                });
            }
            What::Leave { token, .. } => {
                self.spawn(instance, Job::Post(index), notes, DOOR_TIMEOUT, async move {
                    let leaves = async {
                        let leaving = app.leaving(&token)?;
                        app.unsubscribe(&leaving).await
                    };
                    Done::Left(leaves.await)
                });
            }
            What::Form(submission) => {
                self.spawn(instance, Job::Post(index), notes, DOOR_TIMEOUT, async move {
                    Done::Form(app.accept_form("guide", submission).await)
                });
            }
        }
    }

    /// What the client makes of the answer.
    pub(super) fn answer(&mut self, index: usize, answer: Result<String, AppError>, now: i64) {
        let (source, number, visitor, names, tries) = self.core.with(|shared| {
            let post = &mut shared.posts[index];
            post.tries += 1;
            let source = match &post.what {
                What::Event { key, .. } if *key == PROVIDER => "provider:email".to_owned(),
                What::Event { key, .. } => format!("api:{key}"),
                What::Form(_) => "form:guide".to_owned(),
                What::Leave { .. } => "unsubscribe".to_owned(),
            };
            let visitor = match &post.what {
                What::Event { draft, contact: None, .. } if draft.fields.is_empty() => draft.visitor.clone(),
                _ => None,
            };
            (source, post.number.clone(), visitor, names(&post.what), post.tries)
        });
        match answer {
            Ok(id) => self.answered.push(Answered { source, id, number, names, visitor }),
            Err(AppError::Unavailable(_)) if tries < 8 => self.core.with(|shared| {
                let after = if shared.orderly { SECOND } else { shared.rng.between(100, 30 * SECOND) };
                shared.at(now + after, Item::Post(index));
            }),
            Err(AppError::Conflict { code: "id_reused", .. }) => {
                self.core.with(|shared| shared.trace.mark("id_reused_refused_at_the_door"));
            }
            Err(AppError::Unavailable(_)) => {}
            Err(other) => self.core.with(|shared| shared.violated("DOOR", || format!("{number}: {other}"))),
        }
    }

    /// The answer to somebody who leaves by the address in a message.
    pub(super) fn has_left(&mut self, index: usize, answer: Result<(), AppError>, now: i64) {
        self.core.with(|shared| {
            let post = &mut shared.posts[index];
            post.tries += 1;
            let tries = post.tries;
            let What::Leave { address, .. } = &post.what else { return };
            let address = address.clone();
            match answer {
                Ok(()) => {
                    shared.trace.mark("left_by_link");
                    shared.watch.left.entry(address).or_insert(now);
                }
                Err(AppError::Unavailable(_)) if tries < 8 => {
                    let after = shared.rng.between(100, 30 * SECOND);
                    shared.at(now + after, Item::Post(index));
                }
                Err(AppError::Unavailable(_)) => {}
                Err(other) => shared.violated("DOOR", || format!("leaving: {other}")),
            }
        });
    }
}

/// By what a post names somebody.
fn names(what: &What) -> Vec<String> {
    match what {
        What::Event { draft, .. } => {
            let text =
                |name: &str| draft.fields.get(name).and_then(|value| value.as_str()).map(str::to_owned);
            let send = draft.data.get("send").and_then(|send| send.as_str());
            let of_send =
                send.and_then(|send| SendId::new(send).contact()).map(|contact| contact.to_string());
            let named =
                [text("email"), text("phone"), draft.contact_id.clone(), draft.visitor.clone(), of_send];
            named.into_iter().flatten().collect()
        }
        What::Form(submission) => submission.answers.iter().map(|(_, value)| value.clone()).collect(),
        What::Leave { token, address } => {
            let of_send = token.split('.').nth(1).and_then(|send| SendId::new(send).contact());
            of_send.map(|contact| contact.to_string()).into_iter().chain([address.clone()]).collect()
        }
    }
}
