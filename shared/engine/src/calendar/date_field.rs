//! Birthdays, anniversaries and other dates of a contact (SEM-6): when one comes round, in which year, and what
//! a field's value says. Whether it has fired already is for the caller to know, by that year.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{CalendarDate, LeapDay, Offset, TimeOfDay, ZoneChoice, at_wall};
use crate::contact::fields;
use crate::time::Instant;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, text};
use crate::yaml::Node;

/// When a date of a contact fires: `{ field: birth_date, every: year, at: "09:00" }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateField {
    /// The contact's field.
    pub field: String,
    /// How often.
    pub every: Often,
    /// The time of the day on which it fires.
    pub at: TimeOfDay,
    /// On whose wall clock.
    pub zone: ZoneChoice,
    /// When 29 February is kept in other years.
    pub leap_day: LeapDay,
    /// How far from the date it fires, in days or longer.
    pub offset: Option<Offset>,
}

/// How often a date fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Often {
    /// In the date's own year alone; a date without a year does not fire.
    Once,
    /// In every year from the date's own on.
    Year,
}

/// One firing of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Firing {
    /// The year in which the date comes round: with the workflow and the field, what makes a firing count once.
    /// With an offset, the firing itself may lie in another year.
    pub year: i16,
    /// When.
    pub at: Instant,
}

/// What stands in a field that holds a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A date, `1987-05-14` or `--05-14`.
    Date(CalendarDate),
    /// A wall clock without a zone, `2026-05-14T09:00`.
    Wall(DateTime),
    /// An instant, `2026-05-14T09:00:00Z`.
    Instant(Instant),
}

const KEYS: &[&str] = &["field", "every", "at", "zone", "leap day", "offset"];

impl DateField {
    /// Reads one from a document.
    pub fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut map = MapReader::open(node, "a date", problems)?;
        let field = read_name(&mut map, problems);
        let every = map.get("every").map_or(Some(Often::Year), |node| Often::read(node, problems));
        let at = map.need("at", problems).and_then(|node| TimeOfDay::read(node, problems));
        let zone = map.get("zone").map_or(Some(ZoneChoice::Contact), |node| ZoneChoice::read(node, problems));
        let leap_day = map.get("leap day").map_or(Some(LeapDay::Feb28), |node| LeapDay::read(node, problems));
        let offset = map.get("offset").map(|node| {
            let offset = Offset::read(node, problems)?;
            if offset.length().elapsed().is_some() {
                let message = format!("a date has no hours to count \"{offset}\" from; write days, weeks, months or years, and choose the hour with `at:`");
                problems.error(node.place, "offset.unit", message);
            }
            Some(offset)
        });
        map.finish(KEYS, problems);
        Some(Self {
            field: field?,
            every: every?,
            at: at?,
            zone: zone?,
            leap_day: leap_day?,
            offset: offset.map_or(Some(None), |offset| offset.map(Some))?,
        })
    }

    /// The first firing of a date, that of the field's [`Moment`], after `after`. To catch up with a date that came to be known late, ask from as
    /// long ago as it may be late.
    pub fn next(&self, date: CalendarDate, after: Instant, zone: &TimeZone) -> Option<Firing> {
        years_around(after, zone).find_map(|year| {
            let at = self.firing(date, year, zone).filter(|at| *at > after)?;
            Some(Firing { year, at })
        })
    }

    /// When a date fires for the year in which it comes round; none if it does not.
    pub fn firing(&self, date: CalendarDate, year: i16, zone: &TimeZone) -> Option<Instant> {
        let fires = match (self.every, date.year()) {
            (Often::Once, own) => own == Some(year),
            (Often::Year, own) => own.is_none_or(|own| own <= year),
        };
        let day = date.in_year(year, self.leap_day).filter(|_| fires)?;
        let wall = self.at.on(day);
        self.offset.map_or_else(|| at_wall(wall, zone), |offset| offset.from_wall(wall, zone))
    }
}

/// The years in which something may come round whose offset reaches an instant: an offset is at most 10 years,
/// and 29 February may be 8 years away.
pub(super) fn years_around(at: Instant, zone: &TimeZone) -> impl Iterator<Item = i16> {
    let year = zone.to_datetime(at.timestamp()).year();
    year.saturating_sub(11)..=year.saturating_add(20)
}

/// The name of a contact's field.
pub(super) fn read_name(map: &mut MapReader<'_>, problems: &mut Problems) -> Option<String> {
    let node = map.need("field", problems)?;
    let name = text(node, "field", problems)?;
    if !fields::is_name(name) {
        problems.error(node.place, "field.name", format!("`{name}` is no field's name: a-z, digits and _"));
        return None;
    }
    Some(name.to_owned())
}

impl Often {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match node.as_text() {
            Some("year") => Some(Self::Year),
            Some("once") => Some(Self::Once),
            _ => {
                problems.error(node.place, "date.every", "`every:` of a date is `year` or `once`");
                None
            }
        }
    }
}

impl Moment {
    /// Reads a field's value; none if it is no time at all, or a placeholder for one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let date = text.parse().ok().map(Self::Date);
        let instant = || Instant::parse(text).map(Self::Instant);
        // After the instant, whose zone it would drop.
        let moment = date.or_else(instant).or_else(|| text.parse().ok().map(Self::Wall));
        moment.filter(|moment| !moment.date(&TimeZone::UTC).is_placeholder())
    }

    /// The date that it is in a zone.
    pub fn date(self, zone: &TimeZone) -> CalendarDate {
        match self {
            Self::Date(date) => date,
            Self::Wall(wall) => CalendarDate::of(wall.date()),
            Self::Instant(instant) => CalendarDate::of(zone.to_datetime(instant.timestamp()).date()),
        }
    }
}
