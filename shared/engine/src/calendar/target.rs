//! What `wait until` a time means: which instant, and whether it has passed. What to do then is the step's
//! business.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::date_field::{read_name, years_around};
use super::{Every, LeapDay, Moment, Offset, Recurrence, TimeOfDay, Unreadable, at_wall};
use crate::time::Instant;
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::yaml::{Node, Value};

/// A time to wait until.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One date and time: `2026-12-24 09:00`.
    On(Date, TimeOfDay),
    /// The next time of a recurrence: `friday at 10:00`, `10:00`.
    Next(Recurrence),
    /// A time before, at or after one that a field of the contact holds.
    Field {
        /// The contact's field.
        field: String,
        /// How far from it.
        offset: Option<Offset>,
        /// The time of that day; if none, the field's own, which for a date is the beginning of the day.
        at: Option<TimeOfDay>,
    },
}

/// What a target is at some instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// It is now, or to come.
    At(Instant),
    /// It has passed.
    Past(Instant),
    /// The field has no value that says a time.
    Unknown,
}

impl Target {
    /// Reads the value of `until:`.
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        if !matches!(node.value, Value::Map(_)) {
            let example = "a time, such as friday at 10:00 or 2026-12-24 09:00, or { field: … },";
            return super::text::read(node, "until.unreadable", example, problems);
        }
        let mut map = MapReader::open(node, "`until:`", problems)?;
        let field = read_name(&mut map, problems);
        let offset = map.get("offset").map(|node| Offset::read(node, problems));
        let at = map.get("at").map(|node| TimeOfDay::read(node, problems));
        map.finish(&["field", "offset", "at"], problems);
        Some(Self::Field {
            field: field?,
            offset: offset.map_or(Some(None), |offset| offset.map(Some))?,
            at: at.map_or(Some(None), |at| at.map(Some))?,
        })
    }

    /// The field of the contact that it reads.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Field { field, .. } => Some(field),
            _ => None,
        }
    }

    /// What it is at `now` on a zone's wall clock; `value` is what stands in its field. What equals now is not
    /// past; a time of day or of the week is never past, since its next one counts. A date without a year is
    /// its next one.
    pub fn due(&self, now: Instant, value: Option<&str>, zone: &TimeZone) -> Due {
        let at = match self {
            Self::On(date, time) => at_wall(time.on(*date), zone),
            Self::Next(recurrence) => recurrence.next_from(now, zone).map(|next| next.at),
            Self::Field { offset, at, .. } => {
                value.and_then(Moment::parse).and_then(|moment| reach(moment, *offset, *at, now, zone))
            }
        };
        at.map_or(Due::Unknown, |at| if at >= now { Due::At(at) } else { Due::Past(at) })
    }
}

fn reach(
    moment: Moment,
    offset: Option<Offset>,
    at: Option<TimeOfDay>,
    now: Instant,
    zone: &TimeZone,
) -> Option<Instant> {
    let from_wall = |wall| offset.map_or_else(|| at_wall(wall, zone), |offset| offset.from_wall(wall, zone));
    let from_date = |date| from_wall(at.unwrap_or(TimeOfDay::MIDNIGHT).on(date));
    match (moment, at) {
        (Moment::Instant(instant), None) => {
            offset.map_or(Some(instant), |offset| offset.from_instant(instant, zone))
        }
        (Moment::Wall(wall), None) => from_wall(wall),
        _ => {
            let date = moment.date(zone);
            if let Some(date) = date.date() {
                return from_date(date);
            }
            let mut reached = years_around(now, zone)
                .filter_map(|year| date.in_year(year, LeapDay::Feb28))
                .filter_map(from_date);
            reached.find(|reached| *reached >= now)
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(date, time) => write!(f, "{date} {time}"),
            Self::Next(Recurrence { every: Every::Days(1), at, from: None }) => write!(f, "{at}"),
            Self::Next(recurrence) => write!(f, "{recurrence}"),
            Self::Field { field, offset, at } => {
                write!(f, "{{ field: {field}")?;
                offset.map_or(Ok(()), |offset| write!(f, ", offset: {offset}"))?;
                at.map_or(Ok(()), |at| write!(f, ", at: \"{at}\""))?;
                f.write_str(" }")
            }
        }
    }
}

/// Of the forms that are one text.
impl FromStr for Target {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let text = text.trim();
        if let Ok(at) = text.parse() {
            return Ok(Self::Next(Recurrence { every: Every::Days(1), at, from: None }));
        }
        let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
        let on = super::CalendarDate::from_str(date).ok().zip(TimeOfDay::from_str(time).ok());
        match on {
            Some((date, at)) => Ok(date.date().map_or_else(
                || Self::Next(Recurrence { every: Every::Years(1, date), at, from: None }),
                |date| Self::On(date, at),
            )),
            None => text.parse().map(Self::Next).map_err(|_| {
                Unreadable(format!(
                    "\"{text}\" is no time to wait until; write such as \"10:00\", \"friday at 10:00\", \"2026-12-24 \
                     09:00\" or {{ field: appointment_at, offset: 1 day before }}"
                ))
            }),
        }
    }
}
