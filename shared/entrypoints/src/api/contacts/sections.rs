//! The first column of a contact's card: its fields, by section and folder.

use flusso_app::engine::contact::Profile;
use flusso_app::engine::contact::catalogue::{Folder, Section};
use flusso_app::engine::contact::fields::Kind;
use flusso_app::engine::definitions::Definitions;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A section of the card.
#[derive(Serialize, ToSchema)]
pub(super) struct CardSection {
    /// `general`, `privacy`, `additional` or `analytics`.
    #[schema(value_type = String, example = "general")]
    section: Section,
    /// Its folders, in the account's order.
    folders: Vec<CardFolder>,
}

/// A folder of fields, with what stands in them.
#[derive(Serialize, ToSchema)]
struct CardFolder {
    /// Its id.
    #[schema(example = "sales")]
    id: String,
    /// The name for people.
    #[schema(example = "Sales")]
    label: String,
    /// Its fields, in the account's order.
    fields: Vec<CardField>,
}

/// A field, with what stands in it.
#[derive(Serialize, ToSchema)]
struct CardField {
    /// Its name in documents and events.
    #[schema(example = "budget")]
    key: String,
    /// The name for people; a standard field has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Budget")]
    label: Option<String>,
    /// What can stand in it.
    #[schema(value_type = String, example = "money")]
    kind: Kind,
    /// What stands in it; null if nothing does.
    #[schema(example = "1200.00 EUR")]
    value: Value,
}

/// All sections in order, also those without a folder.
pub(super) fn sections_of(profile: &Profile, definitions: &Definitions) -> Vec<CardSection> {
    let catalogue = &definitions.catalogue;
    let field = |key: &str| CardField {
        key: key.to_owned(),
        label: catalogue.fields.get(key).map(|field| field.label.to_string()),
        kind: catalogue.kind(key),
        value: profile.field(key).cloned().unwrap_or_default(),
    };
    let folder = |folder: &Folder| CardFolder {
        id: folder.id.to_string(),
        label: folder.label.to_string(),
        fields: folder.fields.iter().map(|key| field(key)).collect(),
    };
    let sections = Section::ALL.into_iter().map(|section| {
        let own = catalogue.folders.iter().filter(|folder| folder.section == section);
        CardSection { section, folders: own.map(folder).collect() }
    });
    sections.collect()
}
