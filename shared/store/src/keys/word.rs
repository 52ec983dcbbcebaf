//! A word by which a contact is looked for: `wrd/<its first two letters>`, `<word> <contact>`. The words of its name, its
//! e-mail address and the digits of its number, folded. An index row: fenced by the contact's revision.

use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Unbounded};

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use crate::words::{cut, fold, words};
use flusso_engine::contact::Profile;
use flusso_engine::ids::ContactId;
use serde::{Deserialize, Serialize};

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "word", prefix: PREFIX, personal: Personal::Derived };

/// How its partitions begin.
pub const PREFIX: &str = "wrd/";

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct WordRow;

impl Kind for WordRow {
    type Value = Called;
    const FORMAT: u16 = 1;
}

/// Nothing but that it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {}

/// The fields whose values are looked for.
pub const FIELDS: [&str; 4] = ["first_name", "last_name", "email", "phone"];
/// Fewer letters than these are no word that somebody is looked for by.
pub const LEAST: usize = 2;
/// So many letters of a word count.
pub const MOST: usize = 40;
/// Words of a name that count.
const OF_A_NAME: usize = 8;

/// The words by which a contact is looked up: one that another one begins with is found by that, and costs no row.
pub fn of(profile: &Profile) -> BTreeSet<String> {
    let all = all(profile);
    // What begins with a word stands right behind it.
    let behind = |word: &String| all.range::<String, _>((Excluded(word), Unbounded)).next();
    let own = all.iter().filter(|word| behind(word).is_none_or(|next| !next.starts_with(*word)));
    own.filter(|word| word.chars().nth(LEAST - 1).is_some()).cloned().collect()
}

/// The same with those that need no row, or are too short for one.
pub fn all(profile: &Profile) -> BTreeSet<String> {
    let said = |field: &str| profile.text(field).map(|value| of_value(field, value)).unwrap_or_default();
    let names = said("first_name").into_iter().chain(said("last_name")).take(OF_A_NAME);
    names.chain(said("email")).chain(said("phone")).collect()
}

/// The words that a value of one of the [`FIELDS`] makes, the shortest too.
pub fn of_value(field: &str, value: &str) -> Vec<String> {
    let folded = fold(value);
    let made: Vec<String> = match field {
        "email" => vec![folded.replace(' ', "")],
        "phone" => vec![digits(&folded)],
        _ => words(&folded).map(str::to_owned).collect(),
    };
    made.into_iter().filter(|word| !word.is_empty()).map(|word| cut(&word, MOST).to_owned()).collect()
}

/// The digits of a text.
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Where the words lie that begin with this, of which there are [`LEAST`] letters.
pub fn partition(beginning: &str) -> String {
    format!("{PREFIX}{}", cut(beginning, LEAST))
}

/// Where it lives.
pub fn key(word: &str, contact: &ContactId) -> Key {
    Key::new(partition(word), format!("{word} {contact}"))
}

/// The word and the contact of a row.
pub fn of_sort(sort: &str) -> Option<(&str, ContactId)> {
    sort.rsplit_once(' ').map(|(word, contact)| (word, ContactId::new(contact)))
}
