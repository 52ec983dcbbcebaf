//! What the columns of a file probably are: by their names in three languages, by the account's own fields, by what stands
//! in them.

use std::sync::Arc;

use flusso_engine::contact::catalogue::Catalogue;
use flusso_engine::contact::fields;
use flusso_store::keys::import::{Dates, Target};

use super::read::Row;

/// What the standard fields are called in files, in plain letters.
const NAMES: &[(&str, &[&str])] = &[
    (
        "email",
        &[
            "email",
            "e mail",
            "mail",
            "email address",
            "indirizzo email",
            "posta elettronica",
            "correo",
            "correo electronico",
            "pec",
        ],
    ),
    (
        "phone",
        &[
            "phone",
            "phone number",
            "mobile",
            "mobile phone",
            "cell",
            "telefono",
            "tel",
            "cellulare",
            "numero di telefono",
            "numero",
            "movil",
            "telefono movil",
            "whatsapp",
        ],
    ),
    ("first_name", &["first name", "firstname", "name", "given name", "nome", "nombre"]),
    ("last_name", &["last name", "lastname", "surname", "family name", "cognome", "apellido", "apellidos"]),
    (
        "birth_date",
        &[
            "birth date",
            "birthdate",
            "birthday",
            "date of birth",
            "dob",
            "data di nascita",
            "nascita",
            "compleanno",
            "fecha de nacimiento",
            "cumpleanos",
            "nacimiento",
        ],
    ),
    (
        "company",
        &[
            "company",
            "organisation",
            "organization",
            "business",
            "azienda",
            "societa",
            "ragione sociale",
            "impresa",
            "empresa",
            "compania",
        ],
    ),
    ("country", &["country", "country code", "nation", "paese", "nazione", "stato", "pais"]),
    ("language", &["language", "lang", "lingua", "idioma", "lengua"]),
    ("time_zone", &["time zone", "timezone", "fuso orario", "zona horaria"]),
    ("lifecycle", &["lifecycle", "lifecycle stage", "stage", "fase", "ciclo di vita", "etapa"]),
    ("source", &["source", "lead source", "origin", "fonte", "origine", "provenienza", "origen", "fuente"]),
    (
        "owner",
        &["owner", "assignee", "proprietario", "responsabile", "assegnato a", "propietario", "responsable"],
    ),
];

/// What columns of tags are called.
const TAGS: &[&str] = &["tags", "tag", "labels", "etichette", "etichetta", "etiquetas", "etiqueta"];

/// What each column probably is.
pub(crate) fn suggest(columns: &[Arc<str>], rows: &[Row], catalogue: &Catalogue) -> Vec<Target> {
    let mut taken: Vec<Target> = Vec::new();
    for (at, name) in columns.iter().enumerate() {
        let target = by_name(name, catalogue).or_else(|| by_values(rows, at)).unwrap_or(Target::Nothing);
        // A field is filled by one column.
        let again = target != Target::Nothing && taken.contains(&target);
        taken.push(if again { Target::Nothing } else { target });
    }
    taken
}

fn by_name(name: &str, catalogue: &Catalogue) -> Option<Target> {
    let said = plain(name);
    let custom =
        catalogue.fields.iter().find(|(key, field)| plain(key) == said || plain(&field.label) == said);
    if let Some((key, _)) = custom {
        return Some(Target::Field(key.clone()));
    }
    if TAGS.contains(&&*said) {
        return Some(Target::Tags);
    }
    let known = NAMES.iter().find(|(field, names)| plain(field) == said || names.contains(&&*said));
    known.map(|(field, _)| Target::Field((*field).into()))
}

/// Most of what stands in the column is an address, or a number.
fn by_values(rows: &[Row], at: usize) -> Option<Target> {
    let cells = rows.iter().filter_map(|row| row.cells.as_ref()?.get(at)).filter(|cell| !cell.is_empty());
    let cells: Vec<&String> = cells.collect();
    let most = |fits: &dyn Fn(&str) -> bool| {
        let fitting = cells.iter().filter(|cell| fits(cell)).count();
        fitting * 3 > cells.len() * 2
    };
    let is_phone = |cell: &str| {
        let begins = cell.starts_with(['+', '0', '3', '6', '7']);
        let digits = cell.chars().filter(char::is_ascii_digit).count();
        begins && (8..=15).contains(&digits) && fields::phone_in(cell, "IT").is_some()
    };
    if cells.is_empty() {
        None
    } else if most(&|cell| fields::email(cell).is_some()) {
        Some(Target::Field("email".into()))
    } else if most(&is_phone) {
        Some(Target::Field("phone".into()))
    } else {
        None
    }
}

/// How dates are written in these rows: with the year first, or, if any first number can be no month, with the day first;
/// the other way round if any second one can't.
pub(crate) fn dates(rows: &[Row]) -> Dates {
    let mut found = Dates::DayFirst;
    for cell in rows.iter().filter_map(|row| row.cells.as_ref()).flatten() {
        let parts: Vec<&str> = cell.split(['/', '-', '.']).collect();
        let [first, second, third] = parts.as_slice() else { continue };
        let whole = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() <= 2);
        match (whole(first), whole(second), whole(third)) {
            (None, Some(_), Some(_)) if first.len() == 4 => found = Dates::YearFirst,
            (Some(first), Some(_), None) if third.len() == 4 && first > 12 => return Dates::DayFirst,
            (Some(_), Some(second), None) if third.len() == 4 && second > 12 => return Dates::MonthFirst,
            _ => {}
        }
    }
    found
}

/// A name in plain letters: without case, accents, and whatever is no letter or digit.
fn plain(name: &str) -> String {
    let mut plain = String::new();
    for c in name.to_lowercase().chars() {
        let c = match c {
            'à' | 'á' | 'â' | 'ä' => 'a',
            'è' | 'é' | 'ê' | 'ë' => 'e',
            'ì' | 'í' | 'î' | 'ï' => 'i',
            'ò' | 'ó' | 'ô' | 'ö' => 'o',
            'ù' | 'ú' | 'û' | 'ü' => 'u',
            'ñ' => 'n',
            'ç' => 'c',
            c if c.is_alphanumeric() => c,
            _ => ' ',
        };
        plain.push(c);
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use flusso_engine::contact::catalogue::CustomField;
    use flusso_engine::contact::fields::Kind;

    use super::*;

    fn rows(cells: &[&[&str]]) -> Vec<Row> {
        let row = |cells: &&[&str]| Some(cells.iter().map(|cell| (*cell).to_owned()).collect());
        cells.iter().enumerate().map(|(at, cells)| Row { number: at as u64 + 1, cells: row(cells) }).collect()
    }

    /// KC-52: columns are known by their names in three languages, by the account's fields, and by what stands in them.
    #[test]
    fn columns_are_known_by_name_and_by_what_stands_in_them() {
        let mut catalogue = Catalogue::default();
        let field = CustomField {
            label: "Taglia scarpe".into(),
            kind: Kind::Number,
            currency: None,
            options: Vec::new(),
            description: None,
        };
        catalogue.fields.insert("shoe_size".into(), field);
        let field = |name: &str| Target::Field(name.into());
        let names = [
            "Nome",
            "COGNOME",
            "E-Mail",
            "Teléfono",
            "Fecha de nacimiento",
            "taglia SCARPE",
            "etichette",
            "xyz",
        ];
        let columns = names.map(Arc::from);
        let expected = ["first_name", "last_name", "email", "phone", "birth_date", "shoe_size"].map(field);
        let found = suggest(&columns, &[], &catalogue);
        assert_eq!(found[..6], expected);
        assert_eq!(found[6..], [Target::Tags, Target::Nothing]);

        let columns = ["1", "2", "3", "4"].map(Arc::from);
        let values = rows(&[
            &["Anna", "anna@example.com", "+39 333 1234567", "b@example.com"],
            &["Bruno", "bruno@example.com", "", "c@example.com"],
        ]);
        let expected = [Target::Nothing, field("email"), field("phone"), Target::Nothing];
        assert_eq!(suggest(&columns, &values, &catalogue), expected, "a field is filled by one column");
        assert_eq!(dates(&rows(&[&["01/02/1980"], &["01/13/1980"]])), Dates::MonthFirst);
        assert_eq!(dates(&rows(&[&["01/02/1980"], &["13/01/1980"]])), Dates::DayFirst);
        assert_eq!(dates(&rows(&[&["1980-02-01"]])), Dates::YearFirst);
    }
}
