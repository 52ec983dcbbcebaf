//! Offers and courses: what the contact has access to, perhaps for a time. The offer's name is the id.

use super::record::{Is, Record, Sort, Spec};
use crate::limits;
use crate::time::Instant;

/// What a grant of an offer has.
pub const SPEC: Spec = Spec {
    word: "offer",
    most: limits::OFFERS,
    attributes: &[("until", Is::Instant), ("state", Is::OneOf(&["granted", "revoked"]))],
    standing: ("state", "granted"),
    ended: &["revoked"],
    verbs: &[("granted", Some("granted")), ("revoked", Some("revoked"))],
    watched: &["state"],
};

/// The value of `until` for an offer that was granted for ever.
pub const FOR_EVER: i64 = Instant::MAX.millis();

/// Whether the contact has access at an instant, and when that ends by itself.
pub fn held(offer: &Record, at: Instant) -> (bool, Option<Instant>) {
    if offer.has_ended(Sort::Offer) {
        return (false, None);
    }
    match offer.instant("until").filter(|until| until.millis() < FOR_EVER) {
        Some(until) => (at < until, Some(until).filter(|until| at < *until)),
        None => (true, None),
    }
}
