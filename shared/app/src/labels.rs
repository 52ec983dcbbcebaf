//! The catalogue of tags, lists and fields: how many contacts have each, as it was counted last; what names it; and what it
//! may have been meant to be the same as. Nothing of a contact's commit pays for it: who wants to know has it counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flusso_engine::definitions::Definitions;
use flusso_engine::ids::JobId;
use flusso_engine::limits;
use flusso_engine::react::Label;
use flusso_engine::time::Instant;
use flusso_store::keys::job::{Over, Task};
use flusso_store::keys::labels::Counts;
use flusso_store::keys::word::digits;
use flusso_store::words::{fold, words};
use serde_json::{Map, json};

use crate::fields::{self, Use};
use crate::jobs::{Bulk, BulkAct};
use crate::{App, AppError};

/// Fewer letters are too few to say that two names differ by a slip.
const LONG: usize = 5;

/// What is catalogued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Tags.
    Tags,
    /// Lists.
    Lists,
    /// Fields, standard and custom.
    Fields,
}

/// The catalogue of one sort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// When it was counted, and how many contacts there were; none if it never was.
    pub counted: Option<(Instant, u64)>,
    /// The job that counts it now.
    pub counting: Option<JobId>,
    /// Everything that contacts have or something names, by name.
    pub entries: Vec<Entry>,
}

/// A tag, a list or a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: Arc<str>,
    /// How many contacts have it; none if it was never counted.
    pub contacts: Option<u64>,
    /// What names it.
    pub uses: Vec<Use>,
    /// Others that are written nearly alike.
    pub similar: Vec<Arc<str>>,
}

/// A tag or a list that is to be called otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming {
    /// Which of the two.
    pub label: Label,
    /// What it is called.
    pub from: String,
    /// What it is to be called; whoever has that too has it once then.
    pub to: String,
    /// Whether it is done although workflows and the like name the old one: they go on doing so.
    pub though_named: bool,
}

impl App {
    /// The catalogue of one sort.
    pub async fn labels(&self, of: Of) -> Result<Catalogue, AppError> {
        let definitions = self.definitions().await?;
        let counted = self.repository.labels().await?;
        let none = Counts::default();
        let counts = counted.as_ref().map_or(&none, |counted| &counted.counts);
        let (have, mut uses) = match of {
            Of::Tags => (&counts.tags, uses(&definitions, Label::Tag)),
            Of::Lists => (&counts.lists, uses(&definitions, Label::List)),
            Of::Fields => (&counts.fields, fields::uses(&definitions)),
        };
        let mut names: BTreeSet<Arc<str>> = have.keys().cloned().collect();
        names.extend(uses.keys().map(|name| Arc::from(name.as_str())));
        if of == Of::Fields {
            let folders = definitions.catalogue.folders.iter();
            names.extend(folders.flat_map(|folder| folder.fields.iter().cloned()));
        }
        let mut similar = if of == Of::Fields { BTreeMap::new() } else { similar(&names) };
        let entries = names.into_iter().map(|name| Entry {
            contacts: counted.as_ref().map(|_| have.get(&name).copied().unwrap_or_default()),
            uses: uses.remove(&*name).unwrap_or_default(),
            similar: similar.remove(&name).unwrap_or_default().into_iter().collect(),
            name,
        });
        Ok(Catalogue {
            entries: entries.collect(),
            counting: self.counting_labels().await?,
            counted: counted.map(|counted| (counted.at, counted.counts.contacts)),
        })
    }

    /// Has everything counted, by a job; if one is at it, that is the job.
    pub async fn count_labels(&self, caller: &str) -> Result<JobId, AppError> {
        if let Some(job) = self.counting_labels().await? {
            return Ok(job);
        }
        self.begin_job(Task::Count { counts: Counts::default() }, Over::All, caller, None).await
    }

    async fn counting_labels(&self) -> Result<Option<JobId>, AppError> {
        for id in self.repository.open_jobs().await? {
            let job = self.repository.job(&id).await?;
            if job.is_some_and(|(job, _)| matches!(job.task, Task::Count { .. }) && !job.state.is_over()) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Calls a tag or a list by another name, for all who have it, by a job, without triggers. Where workflows, segments and
    /// the like name it, that is refused, unless it is said that it is meant so.
    pub async fn rename_label(
        &self,
        renaming: Renaming,
        caller: &str,
        key: Option<&str>,
    ) -> Result<JobId, AppError> {
        let Renaming { label, from, to, though_named } = renaming;
        let (from, to) = (from.trim().to_owned(), to.trim().to_owned());
        for (field, name) in [("from", &from), ("to", &to)] {
            if name.is_empty() || name.len() > limits::NAME_BYTES || name.contains(char::is_control) {
                let message = format!("a name is a line of 1 to {} bytes", limits::NAME_BYTES);
                return Err(AppError::invalid(field, "label.length", message));
            }
        }
        if from == to {
            return Err(AppError::invalid("to", "label.same", "give it a name that it has not got"));
        }
        let definitions = self.definitions().await?;
        let used = uses(&definitions, label).remove(&from).unwrap_or_default();
        if !used.is_empty() && !though_named {
            let used: Vec<String> = used.iter().map(ToString::to_string).collect();
            let message = format!(
                "`{from}` is named by {}; change those first, or say `though_named`: then they go on naming `{from}`",
                used.join(", ")
            );
            return Err(AppError::Conflict { code: "label.in_use", message });
        }
        let over = match label {
            Label::Tag => {
                let who = json!({ "who": { "tag": from } }).to_string().into();
                Over::Chosen { choice: "".into(), who }
            }
            Label::List => Over::List { name: from.as_str().into() },
        };
        let kind = match label {
            Label::Tag => "tag.renamed",
            Label::List => "list.renamed",
        };
        let name = format!("{from} → {to}");
        let said = [(label.word(), from), ("to", to)];
        let data: Map<_, _> = said.into_iter().map(|(word, name)| (word.to_owned(), name.into())).collect();
        self.begin_bulk(Bulk { name, act: BulkAct::Happen(kind, data), over, quiet: true }, caller, key).await
    }
}

/// What names each tag, or each list: active workflows and segments.
fn uses(definitions: &Definitions, label: Label) -> BTreeMap<String, Vec<Use>> {
    let mut found: BTreeMap<(String, &'static str, String), BTreeSet<&'static str>> = BTreeMap::new();
    let mut note = |name: &str, what: &'static str, id: &str, by: &'static str| {
        found.entry((name.to_owned(), what, id.to_owned())).or_default().insert(by);
    };
    for (id, active) in &definitions.workflows {
        let named = active.program.labels().into_iter().filter(|(of, ..)| *of == label);
        named.for_each(|(_, name, by)| note(name, "workflow", id.as_str(), by));
    }
    for (id, segment) in &definitions.segments {
        let named = segment.condition.labels().into_iter().filter(|(of, _)| *of == label);
        named.for_each(|(_, name)| note(name, "segment", id, "condition"));
    }
    let mut uses: BTreeMap<String, Vec<Use>> = BTreeMap::new();
    for ((name, what, id), by) in found {
        uses.entry(name).or_default().push(Use { what, id, by });
    }
    uses
}

/// Names that differ only by case, accents, blanks and hyphens, or, where they are long enough, by one letter, as singular
/// and plural do: each with the others. Names with different digits, or in different groups, are different.
fn similar(names: &BTreeSet<Arc<str>>) -> BTreeMap<Arc<str>, BTreeSet<Arc<str>>> {
    let read: Vec<Read> = names.iter().map(|name| Read::of(name)).collect();
    // Two words that are a letter apart become the same when the right letter is left out of each.
    let mut alike: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
    for (at, name) in read.iter().enumerate() {
        for shorter in name.shorter() {
            alike.entry((&name.group, shorter)).or_default().push(at);
        }
    }
    let mut similar: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
    let all: Vec<&Arc<str>> = names.iter().collect();
    for together in alike.into_values() {
        for (place, one) in together.iter().enumerate() {
            for other in &together[place + 1..] {
                if one != other && read[*one].is_like(&read[*other]) {
                    similar.entry(all[*one].clone()).or_default().insert(all[*other].clone());
                    similar.entry(all[*other].clone()).or_default().insert(all[*one].clone());
                }
            }
        }
    }
    similar
}

/// A name as it is compared.
struct Read {
    group: String,
    own: String,
}

impl Read {
    fn of(name: &str) -> Self {
        let folded = fold(name);
        let plain = |text: &str| words(text).collect::<String>();
        let (group, own) = folded.rsplit_once(':').unwrap_or(("", &folded));
        Self { group: plain(group), own: plain(own) }
    }

    /// The name itself, and, of a long one, all that it is with a letter less.
    fn shorter(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::from([self.own.clone()]);
        if self.own.chars().nth(LONG - 1).is_some() {
            for (at, letter) in self.own.char_indices() {
                all.insert([&self.own[..at], &self.own[at + letter.len_utf8()..]].concat());
            }
        }
        all
    }

    fn is_like(&self, other: &Self) -> bool {
        let is_long = |name: &Self| name.own.chars().nth(LONG - 1).is_some();
        self.own == other.own && !self.own.is_empty()
            || is_long(self)
                && is_long(other)
                && digits(&self.own) == digits(&other.own)
                && strsim::osa_distance(&self.own, &other.own) == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(names: &[&str]) -> Vec<String> {
        let names: BTreeSet<Arc<str>> = names.iter().map(|name| Arc::from(*name)).collect();
        let told = similar(&names).into_iter();
        told.map(|(name, others)| {
            format!("{name}: {}", others.iter().map(|one| &**one).collect::<Vec<_>>().join(", "))
        })
        .collect()
    }

    #[test]
    fn names_that_are_nearly_the_same_are_told() {
        let names = ["VIP", "vip", "v.i.p.", "Novità", "novita", "clienti-attivi", "Clienti attivi", "nord"];
        assert_eq!(
            alike(&names),
            [
                "Clienti attivi: clienti-attivi",
                "Novità: novita",
                "VIP: v.i.p., vip",
                "clienti-attivi: Clienti attivi",
                "novita: Novità",
                "v.i.p.: VIP, vip",
                "vip: VIP, v.i.p."
            ]
        );
        assert_eq!(alike(&["cliente", "clienti"]).len(), 2, "one and many");
        assert_eq!(alike(&["customer", "customers"]).len(), 2);
        assert_eq!(alike(&["richeista", "richiesta"]).len(), 2, "a slip");
    }

    #[test]
    fn names_that_are_others_are_left_alone() {
        for names in [
            &["promo-2025", "promo-2026"][..],
            &["taglia:s", "taglia:m"],
            &["zona:nord", "reparto:nord"],
            &["caldo", "freddo"],
            &["nord", "nora"],
            &["!", "?"],
        ] {
            assert_eq!(alike(names), Vec::<String>::new(), "{names:?}");
        }
    }
}
