//! Conversions, by a step or told from outside.

use super::{Cause, Data, currency, text, whole};
use crate::limits;
use crate::react::Turn;
use crate::timeline::What;

impl Turn<'_> {
    /// What an event from outside says of a conversion.
    pub(super) fn apply_conversion(
        &mut self,
        cause: &Cause<'_>,
        verb: &str,
        mark: &str,
        data: Data,
    ) -> Option<Data> {
        let Some(name) = text(&data, "conversion").filter(|_| verb == "recorded") else { return Some(data) };
        let currency = currency(&data);
        let worth = whole(&data, "value").map(|value| (value, currency.as_str()));
        self.convert(cause, &name, mark, worth).then_some(data)
    }

    /// Counts a conversion once for what it is counted for. False if it was counted before, or has no room.
    pub fn convert(
        &mut self,
        cause: &Cause<'_>,
        name: &str,
        counted_for: &str,
        worth: Option<(i64, &str)>,
    ) -> bool {
        let conversions = &self.contact.profile.objects.conversions;
        if conversions.len() >= limits::CONVERSIONS && !conversions.contains_key(name) {
            self.tell(cause, What::LimitReached { limit: "conversions".to_owned() });
            return false;
        }
        let converted = self.profile().objects.conversions.entry(name.into()).or_default();
        if !converted.count(counted_for, worth, cause.at) {
            let kept = What::ObjectKept {
                object: "conversion".to_owned(),
                id: name.into(),
                reason: "already".to_owned(),
            };
            self.tell(cause, kept);
            return false;
        }
        let (value, currency) = worth.unzip();
        self.tell(
            cause,
            What::Converted { conversion: name.into(), value, currency: currency.map(Into::into) },
        );
        let mut data = Data::from_iter([("conversion".to_owned(), name.into())]);
        data.extend(value.map(|value| ("value".to_owned(), value.into())));
        data.extend(currency.map(|currency| ("currency".to_owned(), currency.into())));
        self.follows(cause, "conversion.recorded", data);
        true
    }
}
