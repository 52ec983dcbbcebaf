//! Names of things. Those that the engine makes are derived from what caused them, never drawn: the same cause
//! gives the same id on every machine and at every retry.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::time::Instant;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id! {
    /// A person: `con_` and 20 characters, derived from the event that made the contact.
    ContactId
}
id! {
    /// One passage of a contact through a workflow: `enr_` and 20 characters.
    EnrollmentId
}
id! {
    /// One message to one recipient: `snd_`, the contact's 20 characters, `_` and 16 of its own, so that a
    /// notification which carries only this id still finds its contact.
    SendId
}
id! {
    /// A workflow, by the name that its author gave in `workflow:`.
    WorkflowId
}
id! {
    /// An immutable version of a workflow: `ver_` and the hash of its canonical source.
    VersionId
}
id! {
    /// A step within a workflow: the author's `id:`, or its kind and number, such as `wait-1`.
    StepId
}
id! {
    /// The last instants of one sort of event, kept for the conditions that count it.
    RingId
}

id! {
    /// What a step asks of something shared: `ask_` and 20 characters, derived from enrollment, step and visit.
    AskId
}
id! {
    /// Something that is done to many contacts: `job_`, 9 characters of its time, so that ids sort by it, and 12 that
    /// are derived from what asked for it.
    JobId
}
id! {
    /// A condition whose truth is kept: `seg:` and a segment's name, or `trg:` and a hash.
    StandingId
}

/// The name of a shard-independent hash of several parts; no two different lists of parts look alike.
pub fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().into()
}

/// The first `chars` characters (5 bits each, at most 51) of a digest in lower-case Crockford base 32.
pub fn base32(digest: &[u8; 32], chars: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut out = String::with_capacity(chars);
    let (mut buffer, mut bits) = (0_u32, 0);
    let mut bytes = digest.iter();
    while out.len() < chars {
        if bits < 5 {
            let Some(byte) = bytes.next() else { break };
            buffer = (buffer << 8) | u32::from(*byte);
            bits += 8;
        }
        bits -= 5;
        out.push(char::from(ALPHABET[((buffer >> bits) & 31) as usize]));
        buffer &= (1 << bits) - 1;
    }
    out
}

impl ContactId {
    /// The id of the contact that the event (source, id) makes.
    pub fn derive(source: &str, event: &str) -> Self {
        Self::new(format!("con_{}", base32(&digest(&["contact", source, event]), 20)))
    }

    /// Which of `shards` (at most 256) index shards the contact belongs to.
    pub fn shard(&self, shards: u8) -> u8 {
        digest(&["shard", self.as_str()])[0] % shards
    }
}

impl EnrollmentId {
    /// The id of the `number`th entry (from 1) of a contact in a workflow.
    pub fn derive(contact: &ContactId, workflow: &WorkflowId, number: u32) -> Self {
        let parts = ["enrollment", contact.as_str(), workflow.as_str(), &number.to_string()];
        Self::new(format!("enr_{}", base32(&digest(&parts), 20)))
    }
}

impl SendId {
    /// The id of the message of a step visit to its `recipient`th recipient.
    pub fn derive(
        contact: &ContactId,
        enrollment: &EnrollmentId,
        step: &StepId,
        visit: u32,
        recipient: usize,
    ) -> Self {
        let parts = ["send", enrollment.as_str(), step.as_str(), &visit.to_string(), &recipient.to_string()];
        let contact = contact.as_str().trim_start_matches("con_");
        Self::new(format!("snd_{contact}_{}", base32(&digest(&parts), 16)))
    }

    /// The contact whose message this is; none if the text is no send id.
    pub fn contact(&self) -> Option<ContactId> {
        let (contact, own) = self.as_str().strip_prefix("snd_")?.split_once('_')?;
        let fits =
            |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_alphanumeric());
        (fits(contact, 20) && fits(own, 16)).then(|| ContactId::new(format!("con_{contact}")))
    }
}

impl AskId {
    /// The id of what a step visit asks for.
    pub fn derive(enrollment: &EnrollmentId, step: &StepId, visit: u32) -> Self {
        let parts = ["ask", enrollment.as_str(), step.as_str(), &visit.to_string()];
        Self::new(format!("ask_{}", base32(&digest(&parts), 20)))
    }

    /// The id of giving back what this one got.
    pub fn giving_back(&self) -> Self {
        Self::new(format!("ask_{}", base32(&digest(&["give back", self.as_str()]), 20)))
    }
}

impl JobId {
    /// The id of a job that was asked for at an instant.
    pub fn derive(at: Instant, parts: &[&str]) -> Self {
        let mut time = [0; 32];
        // 45 bits of milliseconds are enough for a thousand years.
        time[..8].copy_from_slice(&(at.millis().max(0).cast_unsigned() << 19).to_be_bytes());
        let own = base32(&digest(&[&["job"], parts].concat()), 12);
        Self::new(format!("job_{}{own}", base32(&time, 9)))
    }
}

impl StandingId {
    /// The membership in a segment.
    pub fn segment(name: &str) -> Self {
        Self::new(format!("seg:{name}"))
    }

    /// What a trigger waits to become true, by its canonical text.
    pub fn trigger(written: &str) -> Self {
        Self::new(format!("trg:{}", base32(&digest(&["becomes", written]), 16)))
    }

    /// The segment whose membership it is.
    pub fn as_segment(&self) -> Option<&str> {
        self.as_str().strip_prefix("seg:")
    }
}

impl VersionId {
    /// The id of a version by the canonical form of its source.
    pub fn of(canonical: &str) -> Self {
        Self::new(format!("ver_{}", base32(&digest(&["version", canonical]), 26)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_send_tells_its_contact() {
        let contact = ContactId::derive("form:guide", "1");
        let enrollment = EnrollmentId::derive(&contact, &WorkflowId::new("w"), 1);
        let send = SendId::derive(&contact, &enrollment, &StepId::new("welcome"), 0, 0);
        assert_eq!(send.contact(), Some(contact));
        assert_eq!(SendId::new("snd_x").contact(), None);
        assert_eq!(SendId::new("snd_abc_def").contact(), None);
    }

    #[test]
    fn jobs_sort_by_their_time() {
        let at = |millis| JobId::derive(Instant::from_millis(millis), &["x"]);
        let ids: Vec<JobId> = [0, 1, 31, 32, 1_795_309_554_800, 1_795_309_554_801].map(at).into();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.as_str().len() == 25), "{ids:?}");
    }

    #[test]
    fn parts_are_told_apart() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_eq!(base32(&[0xff; 32], 20), "z".repeat(20));
    }
}
