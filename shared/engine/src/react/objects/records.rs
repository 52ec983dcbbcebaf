//! Deals, quotes, tasks, coupons, offers, appointments, plans and invoices: made by whichever event names them first, then
//! changed value by value, the newest winning.

use serde_json::{Map, Value};

use super::{Cause, Data, text};
use crate::contact::offer;
use crate::contact::record::{Record, Sort};
use crate::react::Turn;
use crate::timeline::What;

/// What came of something that was said of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is new.
    Made,
    /// Some of it changed.
    Changed,
    /// It is as it was.
    Same,
    /// There is no room for it.
    Refused,
}

impl Turn<'_> {
    /// What an event from outside says of a record.
    pub(super) fn apply_record(
        &mut self,
        cause: &Cause<'_>,
        sort: Sort,
        verb: &str,
        mark: &str,
        mut data: Data,
    ) -> Option<Data> {
        let spec = sort.spec();
        if !spec.verbs.iter().any(|(known, _)| *known == verb) {
            return Some(data);
        }
        let id = text(&data, spec.word).unwrap_or_else(|| format!("{}_{mark}", &spec.word[..3]));
        let told = spec.attributes.iter().filter_map(|(name, is)| {
            let value = is.read(data.get(*name)?).ok().flatten()?;
            Some((*name, value))
        });
        let put = self.say_of(cause, sort, &id, verb, told.collect());
        let record = self.contact.profile.objects.records.get(sort, &id);
        let stands = spec.verbs.iter().find(|(known, _)| *known == verb).and_then(|(_, standing)| *standing);
        let repeats =
            record.is_some_and(|record| stands.is_some_and(|stands| stands == record.standing(sort)));
        if put == Put::Same && repeats {
            let kept = What::ObjectKept {
                object: spec.word.to_owned(),
                id: id.into(),
                reason: "already".to_owned(),
            };
            self.tell(cause, kept);
            return None;
        }
        for (name, value) in record.map(|record| record.view(sort, &id)).unwrap_or_default() {
            data.entry(name).or_insert(value);
        }
        Some(data)
    }

    /// A step says something of a record; workflows see it if it is new.
    pub fn do_to(
        &mut self,
        cause: &Cause<'_>,
        sort: Sort,
        id: &str,
        verb: &str,
        values: Vec<(&'static str, Value)>,
    ) -> Put {
        let put = self.say_of(cause, sort, id, verb, values);
        if matches!(put, Put::Made | Put::Changed) {
            let view = self.view_of(sort, id);
            self.follows(cause, &format!("{}.{verb}", sort.spec().word), view);
        }
        put
    }

    pub(super) fn say_of(
        &mut self,
        cause: &Cause<'_>,
        sort: Sort,
        id: &str,
        verb: &str,
        mut values: Vec<(&'static str, Value)>,
    ) -> Put {
        let spec = sort.spec();
        let says = spec.verbs.iter().find(|(known, _)| *known == verb).and_then(|(_, standing)| *standing);
        if let Some(standing) = says {
            values.retain(|(name, _)| *name != spec.standing.0);
            values.push((spec.standing.0, standing.into()));
        }
        if sort == Sort::Offer && verb == "granted" && !values.iter().any(|(name, _)| *name == "until") {
            values.push(("until", offer::FOR_EVER.into()));
        }
        if sort == Sort::Invoice && verb == "paid" && !values.iter().any(|(name, _)| *name == "paid_at") {
            values.push(("paid_at", cause.at.millis().into()));
        }
        let known = self.contact.profile.objects.records.get(sort, id).is_some();
        let Some(record) = self.profile().objects.records.open(sort, id, cause.at) else {
            self.tell(cause, What::LimitReached { limit: format!("{}s", spec.word) });
            return Put::Refused;
        };
        let changes: Vec<_> =
            values.into_iter().filter_map(|(name, value)| record.take(name, value, cause.at)).collect();
        let name = record.text("title").map(str::to_owned);
        if !known {
            self.tell(cause, What::ObjectMade { object: spec.word.to_owned(), id: id.into(), name });
        }
        let any = !changes.is_empty();
        for change in changes.into_iter().filter(|change| known || change.from.is_some()) {
            let is = spec.attributes.iter().find(|(name, _)| *name == change.attribute);
            let shown = |value: &Value| is.map_or(Value::Null, |(_, is)| is.shown(value));
            // What stands for nothing is nothing.
            let from = change.from.as_ref().map(&shown).filter(|from| !from.is_null());
            let to = shown(&change.to);
            self.tell(
                cause,
                What::ObjectChanged {
                    object: spec.word.to_owned(),
                    id: id.into(),
                    attribute: change.attribute.to_owned(),
                    from: from.clone(),
                    to: to.clone(),
                },
            );
            if spec.watched.contains(&change.attribute) {
                let mut data = self.view_of(sort, id);
                data.extend(from.map(|from| ("from".to_owned(), from)));
                data.insert("to".to_owned(), to);
                let kind = format!("{}.{}_changed", spec.word, change.attribute);
                self.happen_at(&kind, cause.at, data, cause.chain.clone());
            }
        }
        self.plan_lapses(sort);
        match (known, any) {
            (false, _) => Put::Made,
            (true, true) => Put::Changed,
            (true, false) => Put::Same,
        }
    }

    pub(super) fn view_of(&self, sort: Sort, id: &str) -> Map<String, Value> {
        let record: Option<&Record> = self.contact.profile.objects.records.get(sort, id);
        record.map(|record| record.view(sort, id)).unwrap_or_default()
    }
}
