//! What somebody wants done with a file.

use std::sync::Arc;

use flusso_app::engine::contact::catalogue::{Choice, CustomField};
use flusso_app::engine::contact::consent::{Channel, Grant};
use flusso_app::engine::contact::fields::Kind;
use flusso_app::keys::import::{Dates, Encoding, Mode, Plan, Target};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Problem;

/// How letters are written.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
pub(super) enum Letters {
    /// UTF-8, with a mark at its beginning or without.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, either way round.
    #[serde(rename = "utf-16")]
    Utf16,
    /// Windows-1252, which has Latin-1 in it.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl From<Letters> for Encoding {
    fn from(letters: Letters) -> Self {
        match letters {
            Letters::Utf8 => Self::Utf8,
            Letters::Utf16 => Self::Utf16,
            Letters::Windows1252 => Self::Windows1252,
        }
    }
}

/// How dates are written: `17/05/1980`, `05/17/1980`, `1980-05-17`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
pub(super) enum DateOrder {
    /// `17/05/1980`.
    #[serde(rename = "day_first")]
    Day,
    /// `05/17/1980`.
    #[serde(rename = "month_first")]
    Month,
    /// `1980-05-17`.
    #[serde(rename = "year_first")]
    Year,
}

impl DateOrder {
    pub(super) const fn of(dates: Dates) -> Self {
        match dates {
            Dates::DayFirst => Self::Day,
            Dates::MonthFirst => Self::Month,
            Dates::YearFirst => Self::Year,
        }
    }
}

/// Whom an import may make and change.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ImportMode {
    /// It only makes new contacts.
    Create,
    /// It only changes those that there are.
    Update,
    /// Both.
    Both,
}

/// What an empty cell does.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Blank {
    /// The field keeps its value.
    #[default]
    Keep,
    /// The field is cleared. An address or a number is not: it tells who this is.
    Clear,
}

/// What a column is: a `field`, the id in an `external` system, `tags`; or nothing, if none of them is given.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({ "field": "email" }))]
pub(super) struct ImportColumn {
    /// The key of a field, standard or custom.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The name of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "shopify")]
    external: Option<String>,
    /// Tags, with `,` or `;` between them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    tags: bool,
    /// Of a field that there is not: how it is defined when the import starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<NewField>,
}

/// A field that is defined for an import.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewField {
    /// The name for people.
    #[schema(example = "Shoe size")]
    label: String,
    /// What stands in it: `text`, `number`, `money`, `date`, `choice`, `multi_choice`, `yes_no`, `phone`, `url` or `file`.
    #[schema(value_type = String, example = "number")]
    kind: Kind,
    /// Of a choice: what can be chosen, in order.
    #[serde(default)]
    #[schema(required = false)]
    options: Vec<String>,
}

/// What the people in a file have agreed to.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportConsent {
    /// The lawful basis: `consent`, `contract`, `legitimate interest`, …
    #[schema(example = "consent", min_length = 1)]
    basis: String,
    /// The text that they agreed to, or where that came from.
    #[schema(example = "Modulo alla fiera di Rimini, 2026", min_length = 1)]
    text: String,
    /// The version of that text; `import`, if not given.
    version: Option<String>,
    /// For which channels: `email`, `sms`, `whatsapp`, `calls`, `voicemail`.
    #[schema(example = json!(["email"]), min_items = 1, max_items = 5)]
    channels: Vec<String>,
    /// For which purpose; `marketing`, if not given.
    purpose: Option<String>,
}

/// What is to be done with a file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "columns": [{ "field": "first_name" }, { "field": "email" }], "mode": "both", "dates": "day_first",
    "consent": { "basis": "consent", "text": "Modulo alla fiera di Rimini, 2026", "channels": ["email"] },
    "tags": ["fiera-rimini"], "list": "Newsletter"
}))]
pub(super) struct ImportPlan {
    /// What each column is, in the order of the file.
    columns: Vec<ImportColumn>,
    /// Whom it may make and change.
    mode: ImportMode,
    /// What an empty cell does.
    #[serde(default)]
    #[schema(required = false)]
    blank: Blank,
    /// How dates are written; with the day first, if not given.
    dates: Option<DateOrder>,
    /// The country of phone numbers that name none (ISO 3166-1 alpha-2); the account's, if not given.
    #[schema(example = "IT")]
    country: Option<String>,
    /// What they have agreed to. Either this or `no_consent`.
    consent: Option<ImportConsent>,
    /// They have agreed to nothing: only data is taken in.
    #[serde(default)]
    #[schema(required = false)]
    no_consent: bool,
    /// Tags for all of them.
    #[serde(default)]
    #[schema(required = false, max_items = 20)]
    tags: Vec<String>,
    /// The list on which they all are.
    list: Option<String>,
    /// Who looks after all of them: the id of a colleague.
    owner: Option<String>,
    /// Whether they enter workflows by it; no, if not said.
    #[serde(default)]
    #[schema(required = false)]
    triggers: bool,
    /// Keep what the columns are under this name: a file with the same columns is then mapped by itself.
    pub(super) save_as: Option<String>,
}

impl ImportColumn {
    pub(super) fn of(target: &Target) -> Self {
        let none = Self::default();
        match target {
            Target::Nothing => none,
            Target::Field(name) => Self { field: Some(name.to_string()), ..none },
            Target::External(system) => Self { external: Some(system.to_string()), ..none },
            Target::Tags => Self { tags: true, ..none },
        }
    }

    fn target(&self, at: usize) -> Result<Target, Problem> {
        match (&self.field, &self.external, self.tags) {
            (None, None, false) if self.new.is_none() => Ok(Target::Nothing),
            (Some(name), None, false) => Ok(Target::Field(name.as_str().into())),
            (None, Some(system), false) if self.new.is_none() => Ok(Target::External(system.as_str().into())),
            (None, None, true) if self.new.is_none() => Ok(Target::Tags),
            _ => {
                let message = "a column is one of `field`, `external` and `tags`; only a field may be `new`";
                Err(Problem::invalid(format!("columns[{at}]"), "import.column", message))
            }
        }
    }
}

impl ImportPlan {
    pub(super) fn plan(self) -> Result<Plan, Problem> {
        let columns = self.columns.iter().enumerate().map(|(at, column)| column.target(at));
        let columns = columns.collect::<Result<Vec<Target>, Problem>>()?;
        let new =
            self.columns.iter().filter_map(|column| Some((column.field.as_deref()?, column.new.as_ref()?)));
        let fields = new.map(|(key, field)| (Arc::from(key), field.defined())).collect();
        let grants = match (&self.consent, self.no_consent) {
            (Some(consent), false) => consent.grants()?,
            (None, true) => Vec::new(),
            _ => {
                let message = "say what they have agreed to and on which basis in `consent`, or say `no_consent`: only data";
                return Err(Problem::invalid("consent", "import.consent_required", message));
            }
        };
        Ok(Plan {
            columns,
            fields,
            mode: match self.mode {
                ImportMode::Create => Mode::Create,
                ImportMode::Update => Mode::Update,
                ImportMode::Both => Mode::Both,
            },
            clears: self.blank == Blank::Clear,
            dates: match self.dates {
                None | Some(DateOrder::Day) => Dates::DayFirst,
                Some(DateOrder::Month) => Dates::MonthFirst,
                Some(DateOrder::Year) => Dates::YearFirst,
            },
            country: self.country.unwrap_or_default().into(),
            grants,
            tags: self.tags.into_iter().map(Into::into).collect(),
            lists: self.list.into_iter().map(Into::into).collect(),
            owner: self.owner.map(Into::into),
            triggers: self.triggers,
        })
    }
}

impl NewField {
    fn defined(&self) -> CustomField {
        let option = |text: &String| Choice { value: text.as_str().into(), label: text.as_str().into() };
        CustomField {
            label: self.label.as_str().into(),
            kind: self.kind,
            currency: None,
            options: self.options.iter().map(option).collect(),
            description: None,
        }
    }
}

impl ImportConsent {
    fn grants(&self) -> Result<Vec<Grant>, Problem> {
        if self.channels.is_empty() {
            let message = "name the channels: email, sms, whatsapp, calls or voicemail";
            return Err(Problem::invalid("consent.channels", "import.channels", message));
        }
        let channels = self.channels.iter().enumerate().map(|(at, name)| {
            let channel = Channel::parse(name).ok_or_else(|| {
                let message =
                    format!("`{name}` is no channel: it is email, sms, whatsapp, calls or voicemail");
                Problem::invalid(format!("consent.channels[{at}]"), "import.channels", message)
            })?;
            Ok(Grant {
                channel,
                purpose: self.purpose.as_deref().unwrap_or("marketing").into(),
                basis: self.basis.as_str().into(),
                text: self.text.as_str().into(),
                version: self.version.as_deref().unwrap_or("import").into(),
            })
        });
        channels.collect()
    }
}
