//! Contacts looked for by what somebody typed: a name, an e-mail address, a number, or their beginnings. Beginnings of words
//! are looked up in the index, which costs what is found; anything in the midst of them is looked for among the names of
//! everybody, which is some tenths of a read unit for each hundred contacts.

use std::collections::BTreeSet;

use flusso_engine::contact::Contact;
use flusso_engine::contact::phone;
use flusso_engine::ids::ContactId;
use flusso_engine::time::Millis;
use flusso_store::keys::directory::{self, SHARDS};
use flusso_store::keys::job::{Cursor, Over, Task};
use flusso_store::keys::word::{self, LEAST, MOST};
use flusso_store::repository::Listed;
use flusso_store::words::{cut, fold, words};
use futures_util::future::try_join_all;

use crate::directory::{read_cursor, written_cursor};
use crate::jobs::Worked;
use crate::{App, AppError};

/// Rows of the index that are read at once.
const AT_ONCE: usize = 100;
/// Rows of the index that one call looks at, at most: where few of those who are called by one word are called by the others.
const LOOKED_AT: usize = 2_000;
/// Shards of the directory that are read side by side, and rows of each at once.
const SIDE_BY_SIDE: u8 = 8;
const OF_A_SHARD: usize = 5_000;
/// A call that has lasted so long ends: far below the time that a function has for an answer.
const LASTS: Millis = Millis::seconds(8);
/// The job that has those found who were there before the index of words: its name among those that are begun once.
const INDEXING: (&str, &str) = ("search", "words-1");

/// Where in a word something is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// At its beginning.
    Beginning,
    /// Anywhere in it.
    Anywhere,
}

/// A part of what was typed; somebody is found who has all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    /// A word of a name or of an address.
    Word(String),
    /// A number, as it may be kept.
    Digits(Vec<String>),
}

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Typed(Vec<Term>);

impl Typed {
    fn read(text: &str, country: &str) -> Result<Self, AppError> {
        let folded = fold(text.trim());
        let is_number = |letter: char| letter.is_ascii_digit() || " +-()./".contains(letter);
        let digits = word::digits(&folded);
        let mut terms = Vec::new();
        if folded.chars().all(is_number) && digits.len() >= LEAST {
            terms.push(Term::Digits(phone::beginnings(&folded, country)));
        } else {
            for part in folded.split_whitespace() {
                // A part of an address is looked for as it stands there.
                let is_address = part.contains('@') || part.trim_matches(['.', '_']).contains(['.', '_']);
                let words: Vec<&str> = if is_address { vec![part] } else { words(part).collect() };
                terms.extend(words.into_iter().map(|word| Term::Word(cut(word, MOST).to_owned())));
            }
        }
        let typed = Self(terms);
        if typed.looked_up().iter().all(|beginning| beginning.chars().nth(LEAST - 1).is_none()) {
            let message = format!("type at least {LEAST} letters or digits that stand together");
            return Err(AppError::invalid("search", "search.short", message));
        }
        Ok(typed)
    }

    /// What is looked up in the index, one after the other: the longest of the terms, which the fewest have.
    fn looked_up(&self) -> Vec<String> {
        let longest = self.0.iter().max_by_key(|term| match term {
            Term::Word(word) => word.len(),
            Term::Digits(may_be) => may_be.iter().map(String::len).min().unwrap_or_default(),
        });
        match longest {
            Some(Term::Word(word)) => vec![word.clone()],
            Some(Term::Digits(may_be)) => may_be.clone(),
            None => Vec::new(),
        }
    }

    /// Whether somebody with these words is meant.
    fn begins(&self, words: &BTreeSet<String>) -> bool {
        self.0.iter().all(|term| match term {
            Term::Word(word) => begun(words, word).is_some(),
            Term::Digits(may_be) => may_be.iter().any(|digits| begun(words, digits).is_some()),
        })
    }

    /// Whether somebody who is listed so is meant.
    fn is_within(&self, listed: &directory::Listed) -> bool {
        let (name, email) = (fold(&listed.name), fold(listed.email.as_deref().unwrap_or_default()));
        let number = word::digits(listed.phone.as_deref().unwrap_or_default());
        self.0.iter().all(|term| match term {
            Term::Word(word) => name.contains(word) || email.contains(word) || number.contains(word),
            Term::Digits(may_be) => {
                may_be.iter().any(|digits| number.contains(digits) || email.contains(digits))
            }
        })
    }
}

/// The first of some words that begins so.
fn begun<'w>(words: &'w BTreeSet<String>, beginning: &str) -> Option<&'w String> {
    words.range(beginning.to_owned()..).next().filter(|word| word.starts_with(beginning))
}

impl App {
    /// The contacts that have everything in their names, addresses or numbers that was typed, one page; with beginnings of
    /// words in the order of the words, else in none that means anything. A page may be short, and still have a cursor.
    pub async fn search(
        &self,
        text: &str,
        within: Within,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Contact>, AppError> {
        let country = self.definitions().await?.account.country.clone();
        let typed = Typed::read(text, &country)?;
        match within {
            Within::Beginning => {
                self.have_words().await?;
                self.search_words(&typed, cursor, limit).await
            }
            Within::Anywhere => self.search_directory(&typed, cursor, limit).await,
        }
    }

    /// Those who were there before there was an index of words get theirs, by a job that the first search begins.
    async fn have_words(&self) -> Result<(), AppError> {
        let (caller, name) = INDEXING;
        if self.repository.job_named(caller, name).await?.is_none() {
            self.begin_job(Task::Index, Over::All, "account", Some(INDEXING)).await?;
        }
        Ok(())
    }

    pub(crate) async fn index_one(&self, id: &ContactId) -> Result<Worked, AppError> {
        let contact = self.repository.contact_itself(id).await?;
        let put = self.repository.put_missing(&contact).await?;
        Ok(Ok(vec![if put > 0 { "changed" } else { "unchanged" }]))
    }

    async fn search_words(
        &self,
        typed: &Typed,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Contact>, AppError> {
        let beginnings = typed.looked_up();
        let (mut at, mut after) = cursor.map_or(Ok((0, None)), read_place)?;
        let (mut items, mut looked_at) = (Vec::new(), 0);
        let place = |at: usize, after: Option<&str>| Some(format!("{at}.{}", after.unwrap_or_default()));
        while let Some(beginning) = beginnings.get(at) {
            if looked_at >= LOOKED_AT {
                return Ok(Listed { items, cursor: place(at, after.as_deref()) });
            }
            let page = self.repository.called(beginning, after.take(), AT_ONCE).await?;
            looked_at += page.items.len();
            let ids: Vec<ContactId> = page.items.iter().map(|(_, contact)| contact.clone()).collect();
            let contacts = self.repository.contacts_themselves(&ids).await?;
            let mut stale = Vec::new();
            for ((word, id), contact) in page.items.into_iter().zip(contacts) {
                let is_there = contact.is_shown();
                let words = if is_there { word::of(&contact.profile) } else { BTreeSet::new() };
                if !words.contains(&word) {
                    stale.push((word, id, contact.state.revision));
                    continue;
                }
                // Whoever has several words that begin so is shown under the first, and at the first of the beginnings.
                let shown_before = beginnings[..at].iter().any(|before| begun(&words, before).is_some());
                let is_shown = begun(&words, beginning) == Some(&word) && !shown_before;
                if !is_shown || !typed.begins(&word::all(&contact.profile)) {
                    continue;
                }
                items.push(contact);
                if items.len() == limit {
                    self.repository.drop_words(&stale).await?;
                    return Ok(Listed { items, cursor: place(at, Some(&format!("{word} {id}"))) });
                }
            }
            self.repository.drop_words(&stale).await?;
            after = page.cursor;
            at += usize::from(after.is_none());
        }
        Ok(Listed { items, cursor: None })
    }

    async fn search_directory(
        &self,
        typed: &Typed,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Contact>, AppError> {
        let began = self.now();
        let mut place = Some(cursor.map_or(Ok(Cursor::default()), read_cursor)?);
        let mut items = Vec::new();
        while let Some(from) = place.clone().filter(|from| from.shard < SHARDS) {
            if self.now().since(began) > LASTS {
                break;
            }
            let shards = from.shard..SHARDS.min(from.shard + SIDE_BY_SIDE);
            let after = |shard| from.after.clone().filter(|_| shard == from.shard);
            let reads = shards.map(|shard| self.of_shard(shard, after(shard)));
            let mut found = Vec::new();
            for (shard, listed) in try_join_all(reads).await? {
                let meant = listed.items.into_iter().filter(|(_, listed)| typed.is_within(listed));
                found.extend(meant.map(|(id, _)| (shard, id)));
                let is_whole = listed.cursor.is_none();
                place = Some(match listed.cursor {
                    Some(cursor) => Cursor { shard, after: Some(cursor) },
                    None => Cursor { shard: shard + 1, after: None },
                });
                if !is_whole {
                    break;
                }
            }
            for some in found.chunks(AT_ONCE) {
                let ids: Vec<ContactId> = some.iter().map(|(_, id)| id.clone()).collect();
                let contacts = self.repository.contacts_themselves(&ids).await?;
                for ((shard, id), contact) in some.iter().zip(contacts) {
                    if !contact.is_shown() || !typed.is_within(&listed(&contact)) {
                        continue;
                    }
                    items.push(contact);
                    if items.len() == limit {
                        let place = Cursor { shard: *shard, after: Some(id.to_string()) };
                        return Ok(Listed { items, cursor: Some(written_cursor(place)) });
                    }
                }
            }
        }
        let cursor = place.filter(|place| place.shard < SHARDS).map(written_cursor);
        Ok(Listed { items, cursor })
    }

    /// What a shard of the directory lists, as far as one look goes.
    async fn of_shard(
        &self,
        shard: u8,
        after: Option<String>,
    ) -> Result<(u8, Listed<(ContactId, directory::Listed)>), AppError> {
        let mut all = Listed { items: Vec::new(), cursor: after };
        loop {
            let page = self.repository.directory(shard, all.cursor.take(), OF_A_SHARD).await?;
            all.items.extend(page.items);
            all.cursor = page.cursor;
            if all.cursor.is_none() || all.items.len() >= OF_A_SHARD {
                return Ok((shard, all));
            }
        }
    }
}

/// What the directory says of a contact.
fn listed(contact: &Contact) -> directory::Listed {
    directory::Listed {
        name: contact.profile.display_name(),
        email: contact.profile.email().map(str::to_owned),
        phone: contact.profile.text("phone").map(str::to_owned),
        created_at: contact.profile.created_at,
    }
}

/// A place in a search: which of the beginnings, and the row of the index before.
fn read_place(cursor: &str) -> Result<(usize, Option<String>), AppError> {
    let place = cursor.split_once('.').and_then(|(at, after)| Some((at.parse().ok()?, after)));
    let (at, after) = place.ok_or_else(|| {
        AppError::invalid("cursor", "cursor.unreadable", "give the `cursor` of the page before")
    })?;
    Ok((at, Some(after.to_owned()).filter(|after| !after.is_empty())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn what_is_typed_becomes_terms() {
        let read = |text: &str| Typed::read(text, "IT").map(|typed| typed.0);
        let word = |word: &str| Term::Word(word.to_owned());
        assert_eq!(read(" Anna  D'Àngelo ").unwrap(), [word("anna"), word("d"), word("angelo")]);
        assert_eq!(read("anna.rossi").unwrap(), [word("anna.rossi")]);
        assert_eq!(read("J. Rossi").unwrap(), [word("j"), word("rossi")]);
        assert_eq!(read("r@ex").unwrap(), [word("r@ex")]);
        assert_eq!(read("333 12").unwrap(), [Term::Digits(vec!["3933312".to_owned(), "33312".to_owned()])]);
        for short in ["", " ", "a", "a b", "'", "+3", "😀 x"] {
            assert!(read(short).is_err(), "{short:?}");
        }
    }

    #[test]
    fn the_longest_term_is_looked_up() {
        let typed = Typed::read("al rossi m", "IT").unwrap();
        assert_eq!(typed.looked_up(), ["rossi"]);
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
        assert!(typed.begins(&words(&["alba", "maria", "rossini"])));
        assert!(!typed.begins(&words(&["maria", "rossini"])));
    }
}
