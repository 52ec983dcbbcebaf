//! Somebody says that another contact is another person, although the two share something.

use serde_json::Value;

use super::super::Turn;
use crate::event::Event;
use crate::ids::ContactId;

impl Turn<'_> {
    pub(super) fn not_double(&mut self, event: &Event) {
        let other = event.data.get("contact").and_then(Value::as_str).map(ContactId::new);
        match other.filter(|other| self.contact.profile.doubles.contains_key(other)) {
            Some(other) => {
                if let Some(double) = self.profile().doubles.get_mut(&other) {
                    double.dismissed = true;
                }
            }
            None => self.refuse(None, "double_unknown"),
        }
    }
}
