//! What a row of a file says of a person, by the plan: an event, or why it says nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::calendar::CalendarDate;
use flusso_engine::contact::fields::{self, Kind};
use flusso_engine::definitions::Definitions;
use flusso_engine::event::{Event, Trust};
use flusso_engine::limits;
use flusso_engine::react::{IMPORT, IMPORTED};
use flusso_engine::time::Instant;
use flusso_store::keys::import::{Dates, Plan, Target};
use serde_json::{Map, Value, json};

use super::read::Row;

/// Why a row is not taken in: a code, and the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bad {
    pub code: &'static str,
    pub column: Option<Arc<str>>,
}

impl Bad {
    const fn of(code: &'static str) -> Self {
        Self { code, column: None }
    }
}

/// The source of an import's events.
pub(crate) fn source(id: &str) -> Arc<str> {
    format!("{IMPORT}{id}").into()
}

/// The id of the event of a row.
pub(crate) fn event_id(row: u64) -> Arc<str> {
    format!("row-{row}").into()
}

/// What reads rows.
pub(crate) struct Reader<'r> {
    pub plan: &'r Plan,
    pub columns: &'r [Arc<str>],
    /// The account, with what the import defines and the country of its numbers.
    pub definitions: &'r Definitions,
    pub source: Arc<str>,
    /// When it all happens.
    pub at: Instant,
}

impl Reader<'_> {
    /// The event of a row.
    pub(crate) fn event(&self, row: &Row) -> Result<Event, Bad> {
        let Some(cells) = &row.cells else { return Err(Bad::of("row_too_long")) };
        if cells.len() > self.plan.columns.len()
            && cells[self.plan.columns.len()..].iter().any(|cell| !cell.is_empty())
        {
            return Err(Bad::of("too_many_cells"));
        }
        let mut fields = BTreeMap::new();
        let mut externals = Vec::new();
        let mut tags: Vec<String> = self.plan.tags.iter().map(ToString::to_string).collect();
        for (at, target) in self.plan.columns.iter().enumerate() {
            let cell = cells.get(at).map_or("", String::as_str);
            let bad = |code| Bad { code, column: self.columns.get(at).cloned() };
            match target {
                Target::Field(name) => match self.value(name, cell) {
                    Ok(Some(value)) => drop(fields.insert(name.to_string(), value)),
                    // An address that is empty is never taken away: it is what tells who this is.
                    Ok(None) if self.plan.clears && !["email", "phone"].contains(&&**name) => {
                        fields.insert(name.to_string(), Value::Null);
                    }
                    Ok(None) => {}
                    Err(code) => return Err(bad(code)),
                },
                Target::External(system) if !cell.is_empty() => {
                    let external = format!("{system}:{cell}");
                    if limits::json_bytes(&external) > limits::NAME_BYTES {
                        return Err(bad("bad_value"));
                    }
                    externals.push(external.into());
                }
                Target::Nothing | Target::External(_) => {}
                Target::Tags => {
                    let some = cell.split([',', ';']).map(str::trim).filter(|tag| !tag.is_empty());
                    for tag in some {
                        if limits::json_bytes(tag) > limits::NAME_BYTES {
                            return Err(bad("bad_value"));
                        }
                        tags.push(tag.to_owned());
                    }
                }
            }
        }
        if let Some(owner) = &self.plan.owner {
            fields.insert("owner".to_owned(), Value::from(&**owner));
        }
        let stated = ["email", "phone"].iter().any(|name| fields.contains_key(*name));
        if !stated && externals.is_empty() {
            return Err(Bad::of("no_identity"));
        }
        let event = self.made(row.number, fields, externals, &tags);
        // A row of a file can say more than an event may.
        if serde_json::to_string(&event).map_or(usize::MAX, |text| text.len()) > limits::EVENT_BYTES {
            return Err(Bad::of("row_too_long"));
        }
        Ok(event)
    }

    fn made(
        &self,
        row: u64,
        fields: BTreeMap<String, Value>,
        externals: Vec<Arc<str>>,
        tags: &[String],
    ) -> Event {
        let mut data = Map::new();
        if !tags.is_empty() {
            data.insert("tags".to_owned(), json!(tags));
        }
        if !self.plan.lists.is_empty() {
            data.insert("lists".to_owned(), json!(self.plan.lists));
        }
        Event {
            source: self.source.clone(),
            id: event_id(row),
            kind: IMPORTED.into(),
            occurred_at: self.at,
            received_at: self.at,
            data,
            fields,
            grants: self.plan.grants.clone(),
            trust: Trust::Trusted,
            externals,
            quiet: !self.plan.triggers,
            ..Event::default()
        }
    }

    /// The value of a cell for a field; none if it is empty.
    fn value(&self, name: &str, cell: &str) -> Result<Option<Value>, &'static str> {
        if cell.is_empty() {
            return Ok(None);
        }
        let kind = self.definitions.catalogue.kind(name);
        let written = match kind {
            Kind::Date => match date(cell, self.plan.dates).ok_or("bad_date")? {
                // What programs write that know no date says nothing, and is no reason to leave somebody out.
                none if none.parse().is_ok_and(|date: CalendarDate| date.is_placeholder()) => {
                    return Ok(None);
                }
                date => date,
            },
            Kind::Number => number(cell),
            Kind::Money => money(cell).ok_or("bad_value")?,
            Kind::MultiChoice => {
                let items: Vec<&str> = cell.split([',', ';']).map(str::trim).collect();
                return self.parsed(name, kind, &json!(items));
            }
            _ => cell.to_owned(),
        };
        self.parsed(name, kind, &Value::from(written))
    }

    fn parsed(&self, name: &str, kind: Kind, written: &Value) -> Result<Option<Value>, &'static str> {
        fields::parse(name, written, Some(self.definitions)).map_err(|_| match kind {
            Kind::Email => "bad_email",
            Kind::Phone => "bad_phone",
            Kind::Date => "bad_date",
            _ => "bad_value",
        })
    }
}

/// A date as it is kept, from how it is written in the file; `1980-05-17` is read in any case.
fn date(cell: &str, dates: Dates) -> Option<String> {
    let day = cell.split([' ', 'T']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['/', '-', '.']).collect();
    let whole = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() <= 4);
    let [first, second, third] = parts.as_slice() else {
        // Without its year, `--05-17`.
        return cell.starts_with("--").then(|| cell.to_owned());
    };
    let (year, month, day) = match (dates, first.len()) {
        (_, 4) | (Dates::YearFirst, _) => (*first, *second, *third),
        (Dates::DayFirst, _) => (*third, *second, *first),
        (Dates::MonthFirst, _) => (*third, *first, *second),
    };
    // Of which century it is, nobody says.
    let year = whole(year).filter(|_| year.len() == 4)?;
    Some(format!("{year:04}-{:02}-{:02}", whole(month)?, whole(day)?))
}

/// A number with a comma for its fraction, or with dots between its thousands, as programs write it.
fn number(cell: &str) -> String {
    let plain: String = cell.chars().filter(|c| !c.is_whitespace() && *c != '\u{a0}').collect();
    match (plain.rfind(','), plain.rfind('.')) {
        (Some(comma), Some(dot)) if comma > dot => plain.replace('.', "").replace(',', "."),
        (Some(_), Some(_)) => plain.replace(',', ""),
        (Some(_), None) => plain.replacen(',', ".", 1),
        (None, _) => plain,
    }
}

/// Money in minor units, from how people write it: `1.250,50 €`.
fn money(cell: &str) -> Option<String> {
    let plain: String = cell.chars().filter(|c| c.is_ascii_digit() || "-,.".contains(*c)).collect();
    let plain = number(&plain);
    let (whole, cents) = plain.split_once('.').unwrap_or((&plain, ""));
    if cents.len() > 2 || whole.is_empty() && cents.is_empty() {
        return None;
    }
    let minor: i64 = format!("{}{cents:0<2}", if whole.is_empty() { "0" } else { whole }).parse().ok()?;
    Some(minor.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// KC-52: dates are read as somebody says that they are written, and none is guessed.
    #[test]
    fn dates_are_read_as_they_are_said_to_be_written() {
        for (cell, dates, expected) in [
            ("17/05/1980", Dates::DayFirst, Some("1980-05-17")),
            ("5/7/1980", Dates::DayFirst, Some("1980-07-05")),
            ("5/7/1980", Dates::MonthFirst, Some("1980-05-07")),
            ("17.05.1980", Dates::DayFirst, Some("1980-05-17")),
            ("1980-05-17", Dates::DayFirst, Some("1980-05-17")),
            ("1980/05/17", Dates::YearFirst, Some("1980-05-17")),
            ("1980-05-17T10:00:00", Dates::MonthFirst, Some("1980-05-17")),
            ("17/05/1980 00:00", Dates::DayFirst, Some("1980-05-17")),
            ("--02-29", Dates::DayFirst, Some("--02-29")),
            ("17/05/80", Dates::DayFirst, None),
            ("ieri", Dates::DayFirst, None),
        ] {
            assert_eq!(date(cell, dates).as_deref(), expected, "{cell}");
        }
    }

    /// KC-52: numbers and money as people write them.
    #[test]
    fn numbers_and_money_are_read_as_people_write_them() {
        for (cell, expected) in
            [("1.250,5", "1250.5"), ("1,250.5", "1250.5"), ("3,5", "3.5"), ("42", "42"), ("1 000", "1000")]
        {
            assert_eq!(number(cell), expected, "{cell}");
        }
        for (cell, expected) in [
            ("12,50", Some("1250")),
            ("1.250,50 €", Some("125050")),
            ("€ 12", Some("1200")),
            ("-3.5", Some("-350")),
            ("12.345,678", None),
            ("gratis", None),
        ] {
            assert_eq!(money(cell).as_deref(), expected, "{cell}");
        }
    }
}
