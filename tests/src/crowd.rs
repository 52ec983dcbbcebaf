//! Files of contacts as businesses have them, made from a seed: Italian and Spanish names with their accents, numbers that are
//! none, people who stand there twice, notes with line breaks, and whatever programs for tables do to a file.

use std::collections::BTreeSet;
use std::fmt::Write as _;

const FIRST: &[&str] = &[
    "Anna",
    "Bruno",
    "Chiara",
    "Dario",
    "Elena",
    "Fabio",
    "Giulia",
    "Nicolò",
    "Letizia",
    "Matteo",
    "Noè",
    "Zoë",
    "José",
    "Lucía",
    "Íñigo",
    "Begoña",
    "Ángel",
    "María del Mar",
    "Martín",
    "Gianna",
];
const LAST: &[&str] = &[
    "Rossi",
    "D’Amico",
    "Esposito",
    "De Luca",
    "Forlì",
    "Scarpa",
    "Nuñez",
    "García",
    "Muñoz",
    "Peña",
    "López",
    "Ibáñez",
    "Bianchi",
    "Lo Presti",
    "Sordì",
];
const CITIES: &[&str] = &["Roma", "Forlì", "Cantù", "Málaga", "Córdoba", "A Coruña", "Milano", "Cefalù"];
const NO_PHONES: &[&str] = &["chiamare dopo le 18", "n.d.", "333", "vedi nota"];
const NO_MAILS: &[&str] = &["non ce l’ha", "anna@", "@example.com", "anna.example.com"];

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// UTF-8, commas, line feeds.
    Plain,
    /// UTF-8 with its mark, semicolons, and carriage returns.
    Excel,
    /// Windows-1252, semicolons, and carriage returns.
    Latin,
}

/// A file, and what is to come of it.
#[derive(Debug)]
pub struct Crowd {
    /// The file.
    pub bytes: Vec<u8>,
    /// The addresses of those who are to be there afterwards, in lower case.
    pub people: BTreeSet<String>,
    /// The numbers of the rows that can't be taken in.
    pub bad: BTreeSet<u64>,
    /// The numbers of the rows of those who stood there before.
    pub doubles: BTreeSet<u64>,
}

/// Numbers from a seed, one after another.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        // Splitmix.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut next = self.0;
        next = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        next = (next ^ (next >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((next ^ (next >> 31)) % (most as u64)).unwrap_or(0)
    }

    fn pick<'c>(&mut self, some: &[&'c str]) -> &'c str {
        some[self.below(some.len())]
    }
}

/// A file of so many rows, besides the one that names the columns: first name, last name, address, number, birthday, city,
/// note.
pub fn crowd(seed: u64, rows: usize, style: Style) -> Crowd {
    let mut chance = Chance(seed);
    let (comma, end) = match style {
        Style::Plain => (',', "\n"),
        Style::Excel | Style::Latin => (';', "\r\n"),
    };
    let names = ["Nome", "Cognome", "E-mail", "Telefono", "Data di nascita", "Città", "Note"];
    let mut text = names.join(&comma.to_string()) + end;
    let (mut people, mut bad, mut doubles) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut last_known = None;
    for at in 0..rows {
        let row = at as u64 + 2;
        let (first, last) = (chance.pick(FIRST), chance.pick(LAST));
        let mut mail = format!("p{at}@example.com");
        let mut phone = match chance.below(3) {
            0 => String::new(),
            1 => format!("+39 3{:02} {:07}", at % 90, at),
            _ => format!("+34 6{at:08}"),
        };
        match (chance.below(60), &last_known) {
            (0, _) => {
                bad.insert(row);
                chance.pick(NO_MAILS).clone_into(&mut mail);
            }
            (1, _) => {
                bad.insert(row);
                chance.pick(NO_PHONES).clone_into(&mut phone);
            }
            (2, Some(known)) => {
                doubles.insert(row);
                mail = String::clone(known).to_uppercase();
                phone.clear();
            }
            _ => {
                people.insert(mail.clone());
                last_known = Some(mail.clone());
            }
        }
        let birth = match chance.below(2) {
            0 => String::new(),
            _ => {
                format!("{:02}/{:02}/{}", 1 + chance.below(28), 1 + chance.below(12), 1940 + chance.below(65))
            }
        };
        let note = match chance.below(8) {
            0 => format!("\"Dice \"\"ciao\"\"{comma} poi{end}richiamare\""),
            1 => "=cmd|' /C calc'!A0".to_owned(),
            _ => String::new(),
        };
        let city = chance.pick(CITIES);
        // Writing to a string can't fail.
        let _ = write!(
            text,
            "{first}{comma}{last}{comma}{mail}{comma}{phone}{comma}{birth}{comma}{city}{comma}{note}{end}"
        );
    }
    Crowd { bytes: written(&text, style), people, bad, doubles }
}

fn written(text: &str, style: Style) -> Vec<u8> {
    match style {
        Style::Plain => text.as_bytes().to_vec(),
        Style::Excel => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        Style::Latin => {
            let letter = |letter: char| match letter {
                '’' => 0x92,
                letter => u8::try_from(u32::from(letter)).unwrap_or(b'?'),
            };
            text.chars().map(letter).collect()
        }
    }
}

/// What is to be done with such a file, as the API takes it.
pub const PLAN: &str = r#"{"columns":[{"field":"first_name"},{"field":"last_name"},{"field":"email"},{"field":"phone"},
    {"field":"birth_date"},{"field":"city"},{"field":"note"}],"mode":"both","dates":"day_first","tags":["fiera"],
    "list":"Novità","consent":{"basis":"consent","text":"Modulo alla fiera di Rimini","channels":["email"]}}"#;
