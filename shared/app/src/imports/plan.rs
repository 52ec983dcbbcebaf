//! Whether a plan can be followed: said before anything is tried.

use std::collections::BTreeSet;

use flusso_engine::calendar::country;
use flusso_engine::contact::fields;
use flusso_engine::contact::fields::Kind;
use flusso_engine::definitions::Definitions;
use flusso_engine::limits;
use flusso_store::keys::import::{Plan, Shape, Target};

use super::column;
use crate::AppError;
use crate::fields::check_field;

/// Most tags, and most lists, for all rows.
const LABELS: usize = 20;

/// Refuses a name that is none.
pub(super) fn check_name(field: &str, name: &str) -> Result<(), AppError> {
    let fits =
        !name.trim().is_empty() && name.trim() == name && limits::json_bytes(name) <= limits::NAME_BYTES;
    if fits && !name.contains(char::is_control) {
        return Ok(());
    }
    let message = format!("a name is a line of 1 to {} bytes", limits::NAME_BYTES);
    Err(AppError::invalid(field, "import.name", message))
}

/// Refuses a plan that does not fit the file, or the account.
pub(super) fn check(plan: &Plan, shape: &Shape, definitions: &Definitions) -> Result<(), AppError> {
    if plan.columns.len() != shape.columns.len() {
        let message = format!("the file has {} columns; say of each what it is", shape.columns.len());
        return Err(AppError::invalid("columns", "import.columns", message));
    }
    for (key, field) in &plan.fields {
        check_field(key, field)?;
        if let Some(known) = definitions.catalogue.fields.get(key)
            && known.kind != field.kind
        {
            let message = format!("there is a field `{key}` of another kind; give this one another key");
            return Err(AppError::invalid(format!("fields.{key}"), "field.kind", message));
        }
    }
    check_columns(plan)?;
    for (name, labels) in [("tags", &plan.tags), ("lists", &plan.lists)] {
        if labels.len() > LABELS {
            return Err(AppError::invalid(
                name,
                "import.labels",
                format!("at most {LABELS} {name} for all rows"),
            ));
        }
        for (at, label) in labels.iter().enumerate() {
            check_name(&format!("{name}[{at}]"), label)?;
        }
    }
    if let Some(owner) = &plan.owner {
        check_name("owner", owner)?;
    }
    if !plan.country.is_empty() && !country::is_country(&plan.country) {
        let message = "a country is a code of two letters, such as IT";
        return Err(AppError::invalid("country", "import.country", message));
    }
    for (at, grant) in plan.grants.iter().enumerate() {
        for (name, text) in
            [("purpose", &*grant.purpose), ("basis", &grant.basis), ("version", &grant.version)]
        {
            check_name(&format!("consent.{name}[{at}]"), text)?;
        }
        if grant.text.trim().is_empty() || limits::json_bytes(&grant.text) > limits::FIELD_BYTES {
            let message = format!(
                "say what they agreed to, or where that came from, in 1 to {} bytes",
                limits::FIELD_BYTES
            );
            return Err(AppError::invalid("consent.text", "import.consent_text", message));
        }
    }
    Ok(())
}

fn check_columns(plan: &Plan) -> Result<(), AppError> {
    let mut seen = BTreeSet::new();
    let mut identity = false;
    for (at, target) in plan.columns.iter().enumerate() {
        let place = column(at);
        let name = match target {
            Target::Nothing => continue,
            Target::Field(name) => {
                if !fields::is_name(name) {
                    let message = format!("`{name}` is no field name: a-z, digits and _ only");
                    return Err(AppError::invalid(&*place, "field.name", message));
                }
                identity |= matches!(fields::kind(name), Kind::Email) || &**name == "phone";
                format!("field {name}")
            }
            Target::External(system) => {
                let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
                if system.is_empty() || system.len() > 50 || !system.chars().all(fits) {
                    let message = "the name of a system has a-z, 0-9, _ and -";
                    return Err(AppError::invalid(&*place, "contact.external", message));
                }
                identity = true;
                format!("external {system}")
            }
            Target::Tags => "tags".to_owned(),
        };
        if !seen.insert(name.clone()) {
            let message = format!("two columns are the {name}; one of them is nothing");
            return Err(AppError::invalid(&*place, "import.column_twice", message));
        }
    }
    if identity {
        return Ok(());
    }
    let message = "no column tells who a row is about: one is `email`, `phone` or the id in another system";
    Err(AppError::invalid("columns", "import.no_identity", message))
}
