//! The fields of contacts as the account defines them, in folders, and what uses them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use flusso_engine::contact::catalogue::{Catalogue, CustomField, Folder, GENERAL};
use flusso_engine::contact::fields::{self, Kind, STANDARD};
use flusso_engine::definitions::Definitions;
use flusso_engine::limits;
use flusso_engine::template::Template;

use crate::define::{TRIES, check_currency};
use crate::{App, AppError};

/// A field of contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its name in documents and events.
    pub key: Arc<str>,
    /// What stands in it.
    pub kind: Kind,
    /// How the account has defined it; none for a standard field.
    pub custom: Option<CustomField>,
    /// The folder in which it stands.
    pub folder: Arc<str>,
    /// What names it.
    pub uses: Vec<Use>,
}

/// Something that names a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// What it is: `workflow`, `segment`, `form` or `template`.
    pub what: &'static str,
    /// Its name.
    pub id: String,
    /// How it names the field, such as by a `condition` and a `text`.
    pub by: BTreeSet<&'static str>,
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by: Vec<&str> = self.by.iter().copied().collect();
        write!(f, "the {} `{}` ({})", self.what, self.id, by.join(", "))
    }
}

impl App {
    /// All fields, standard and custom, in the order of the folders.
    pub async fn fields(&self) -> Result<Vec<FieldInfo>, AppError> {
        let definitions = self.definitions().await?;
        let mut uses = uses(&definitions);
        let folders = definitions.catalogue.folders.iter();
        let placed = folders.flat_map(|folder| folder.fields.iter().map(move |key| (key, &folder.id)));
        let all = placed.map(|(key, folder)| FieldInfo {
            key: key.clone(),
            kind: definitions.catalogue.kind(key),
            custom: definitions.catalogue.fields.get(key).cloned(),
            folder: folder.clone(),
            uses: uses.remove(&**key).unwrap_or_default(),
        });
        Ok(all.collect())
    }

    /// A field by its key.
    pub async fn field(&self, key: &str) -> Result<FieldInfo, AppError> {
        let found = self.fields().await?.into_iter().find(|field| &*field.key == key);
        found.ok_or_else(|| no_field(key))
    }

    /// Defines a field, or defines it anew: then its kind stays. It goes to the end of the folder, if it is not there
    /// already; where none is named it stays where it is, and a new one goes to the general folder.
    pub async fn put_field(
        &self,
        key: &str,
        folder: Option<&str>,
        field: &CustomField,
    ) -> Result<(), AppError> {
        check_field(key, field)?;
        self.change_catalogue(|definitions| {
            let mut next = (*definitions.catalogue).clone();
            same_kind(key, field, &next)?;
            next.fields.insert(key.into(), field.clone());
            let Some(wanted) = folder else { return Ok(next) };
            if !next.folders.iter().any(|folder| &*folder.id == wanted) {
                let message = format!("there is no folder `{wanted}`; define it first");
                return Err(AppError::invalid("folder", "folder.unknown", message));
            }
            for folder in &mut next.folders {
                let here = folder.fields.iter().any(|own| &**own == key);
                match (&*folder.id == wanted, here) {
                    (true, false) => folder.fields.push(key.into()),
                    (false, true) => folder.fields.retain(|own| &**own != key),
                    _ => {}
                }
            }
            Ok(next)
        })
        .await
    }

    /// Drops a field that nothing names. What contacts have in it stays, as in a field that nobody defined.
    pub async fn delete_field(&self, key: &str) -> Result<(), AppError> {
        if is_standard(key) {
            let message = format!("`{key}` is a standard field; it is always there");
            return Err(AppError::Conflict { code: "field.standard", message });
        }
        self.change_catalogue(|definitions| {
            let mut next = (*definitions.catalogue).clone();
            next.fields.remove(key).ok_or_else(|| no_field(key))?;
            let uses = uses(definitions).remove(key).unwrap_or_default();
            if !uses.is_empty() {
                let uses: Vec<String> = uses.iter().map(ToString::to_string).collect();
                let message = format!("the field `{key}` is used by {}", uses.join(", "));
                return Err(AppError::Conflict { code: "field.in_use", message });
            }
            Ok(next)
        })
        .await
    }

    /// All folders, in order.
    pub async fn folders(&self) -> Result<Vec<Folder>, AppError> {
        Ok(self.definitions().await?.catalogue.folders.clone())
    }

    /// A folder by its id.
    pub async fn folder(&self, id: &str) -> Result<Folder, AppError> {
        let found = self.folders().await?.into_iter().find(|folder| &*folder.id == id);
        found.ok_or_else(|| no_folder(id))
    }

    /// Sets all folders at once: their order, and that of their fields. A field that is not named stays in its folder; the
    /// fields of a folder that is gone go to the general one.
    pub async fn put_folders(&self, folders: &[Folder]) -> Result<(), AppError> {
        self.change_catalogue(|definitions| {
            if !folders.iter().any(|folder| &*folder.id == GENERAL) {
                let message = format!("the folder `{GENERAL}` is always there; name it too");
                return Err(AppError::invalid("folders", "folder.general", message));
            }
            check_folders(folders, &definitions.catalogue)?;
            Ok(definitions.catalogue.arranged(folders.to_vec()))
        })
        .await
    }

    /// Defines a folder, or defines it anew; a new one is the last.
    pub async fn put_folder(&self, folder: &Folder) -> Result<(), AppError> {
        self.change_catalogue(|definitions| {
            let named = |key: &Arc<str>| folder.fields.contains(key);
            let mut folders = definitions.catalogue.folders.clone();
            folders.iter_mut().for_each(|other| other.fields.retain(|key| !named(key)));
            match folders.iter_mut().find(|own| own.id == folder.id) {
                Some(own) => *own = folder.clone(),
                None => folders.push(folder.clone()),
            }
            check_folders(&folders, &definitions.catalogue)?;
            Ok(definitions.catalogue.arranged(folders))
        })
        .await
    }

    /// Drops a folder; its fields go to the general one.
    pub async fn delete_folder(&self, id: &str) -> Result<(), AppError> {
        if id == GENERAL {
            let message = format!("the folder `{GENERAL}` has the base fields; it is always there");
            return Err(AppError::Conflict { code: "folder.general", message });
        }
        self.change_catalogue(|definitions| {
            let mut folders = definitions.catalogue.folders.clone();
            let before = folders.len();
            folders.retain(|folder| &*folder.id != id);
            if folders.len() == before {
                return Err(no_folder(id));
            }
            Ok(definitions.catalogue.arranged(folders))
        })
        .await
    }

    /// Changes the catalogue by one commit of the head, decided by the definitions that are replaced and no others.
    async fn change_catalogue(
        &self,
        change: impl Fn(&Definitions) -> Result<Catalogue, AppError>,
    ) -> Result<(), AppError> {
        for _ in 0..TRIES {
            let definitions = self.definitions().await?;
            let next = change(&definitions)?.settled();
            check_catalogue(&next)?;
            let hash = self.put_hashed(&next).await?;
            if self.change_head_at(definitions.number, |head| head.catalogue = Some(hash.clone())).await? {
                return Ok(());
            }
        }
        Err(AppError::Unavailable("the definitions change too fast".to_owned()))
    }
}

/// What names each field: active workflows, segments, forms and mail templates.
pub(crate) fn uses(definitions: &Definitions) -> BTreeMap<String, Vec<Use>> {
    let mut found: BTreeMap<(String, &'static str, String), BTreeSet<&'static str>> = BTreeMap::new();
    let mut note = |field: &str, what: &'static str, id: &str, by: &'static str| {
        found.entry((field.to_owned(), what, id.to_owned())).or_default().insert(by);
    };
    for (id, active) in &definitions.workflows {
        active.program.fields().into_iter().for_each(|(name, by)| note(name, "workflow", id.as_str(), by));
    }
    for (id, segment) in &definitions.segments {
        segment.condition.fields().into_iter().for_each(|name| note(name, "segment", id, "condition"));
    }
    for (id, form) in &definitions.forms {
        let filled = form.fields.iter().filter_map(|field| field.to.as_deref());
        filled.for_each(|name| note(name, "form", id, "answer"));
    }
    for (id, template) in &definitions.templates {
        let shown = template.texts().flat_map(Template::contact_fields);
        shown.for_each(|name| note(name, "template", id, "text"));
    }
    let mut uses: BTreeMap<String, Vec<Use>> = BTreeMap::new();
    for ((field, what, id), by) in found {
        uses.entry(field).or_default().push(Use { what, id, by });
    }
    uses
}

fn is_standard(key: &str) -> bool {
    STANDARD.iter().any(|(name, _)| *name == key)
}

fn no_field(key: &str) -> AppError {
    AppError::NotFound { what: "field", id: key.to_owned() }
}

fn no_folder(id: &str) -> AppError {
    AppError::NotFound { what: "folder", id: id.to_owned() }
}

/// Whether a field can be defined so.
pub(crate) fn check_field(key: &str, field: &CustomField) -> Result<(), AppError> {
    if !fields::is_name(key) {
        let message = format!("`{key}` is no field name: a-z, digits and _ only, beginning with a letter");
        return Err(AppError::invalid("key", "field.name", message));
    }
    if is_standard(key) {
        let message = format!("`{key}` is a standard field; give yours another key");
        return Err(AppError::invalid("key", "field.standard", message));
    }
    if !Kind::CUSTOM.contains(&field.kind) {
        let message =
            "a field is text, number, money, date, choice, multi_choice, yes_no, phone, url or file";
        return Err(AppError::invalid("kind", "field.kind", message));
    }
    check_label("label", &field.label)?;
    if let Some(currency) = &field.currency {
        if field.kind != Kind::Money {
            return Err(AppError::invalid("currency", "field.currency", "only money has a currency"));
        }
        check_currency("currency", currency)?;
    }
    let many = field.options.len();
    if field.kind.has_options() != (1..=limits::OPTIONS).contains(&many) {
        let message = format!("a choice has 1 to {} options, and nothing else has any", limits::OPTIONS);
        return Err(AppError::invalid("options", "field.options", message));
    }
    let mut seen = BTreeSet::new();
    for (at, option) in field.options.iter().enumerate() {
        check_label(&format!("options[{at}].value"), &option.value)?;
        check_label(&format!("options[{at}].label"), &option.label)?;
        if !seen.insert(&option.value) {
            let message = format!("`{}` stands twice among the options", option.value);
            return Err(AppError::invalid(format!("options[{at}].value"), "field.options", message));
        }
    }
    if field.description.as_ref().is_some_and(|text| text.len() > limits::FIELD_BYTES) {
        let message = format!("a description has at most {} bytes", limits::FIELD_BYTES);
        return Err(AppError::invalid("description", "label.length", message));
    }
    Ok(())
}

/// Whether a field keeps its kind: what contacts have in it was read by that.
pub(crate) fn same_kind(key: &str, field: &CustomField, known: &Catalogue) -> Result<(), AppError> {
    let Some(known) = known.fields.get(key).filter(|known| known.kind != field.kind) else { return Ok(()) };
    let kind = serde_json::to_value(known.kind).unwrap_or_default();
    let message = format!(
        "the field `{key}` is a {}, and that stays: define another field",
        kind.as_str().unwrap_or_default()
    );
    Err(AppError::Conflict { code: "field.kind", message })
}

/// Whether folders can be defined so.
pub(crate) fn check_folders(folders: &[Folder], catalogue: &Catalogue) -> Result<(), AppError> {
    let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for (at, folder) in folders.iter().enumerate() {
        let path = |field: &str| format!("folders[{at}].{field}");
        if !fields::is_name(&folder.id) || !ids.insert(&folder.id) {
            let message = format!(
                "`{}`: a folder's id is a-z, digits and _, beginning with a letter, and no other folder's",
                folder.id
            );
            return Err(AppError::invalid(path("id"), "folder.id", message));
        }
        check_label(&path("label"), &folder.label)?;
        for (place, key) in folder.fields.iter().enumerate() {
            let path = path(&format!("fields[{place}]"));
            if !is_standard(key) && !catalogue.fields.contains_key(key) {
                let message = format!("there is no field `{key}`; define it first");
                return Err(AppError::invalid(path, "field.unknown", message));
            }
            if !keys.insert(key) {
                let message = format!("`{key}` stands twice; a field is in one folder");
                return Err(AppError::invalid(path, "folder.twice", message));
            }
        }
    }
    Ok(())
}

/// Whether it is not too much.
pub(crate) fn check_catalogue(catalogue: &Catalogue) -> Result<(), AppError> {
    let bytes = serde_json::to_string(catalogue).map_or(0, |text| text.len());
    for (what, many, most) in [
        ("fields of its own", catalogue.fields.len(), limits::CUSTOM_FIELDS),
        ("folders of fields", catalogue.folders.len(), limits::FOLDERS),
        ("bytes of definitions of fields", bytes, limits::CATALOGUE_BYTES),
    ] {
        if many > most {
            let message = format!("an account has at most {most} {what}; with this it would have {many}");
            return Err(AppError::Conflict { code: "too_many", message });
        }
    }
    Ok(())
}

/// Whether a text can be something's name for people.
pub(crate) fn check_label(field: &str, label: &str) -> Result<(), AppError> {
    let fits = (1..=limits::NAME_BYTES).contains(&label.len()) && label.trim() == label;
    if fits && !label.contains(char::is_control) {
        return Ok(());
    }
    let message = format!("a line of 1 to {} bytes is expected", limits::NAME_BYTES);
    Err(AppError::invalid(field, "label.length", message))
}
