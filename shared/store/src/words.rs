//! Texts as they are compared when somebody looks for them: without case, without accents, word by word.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Letters that no accent can be taken off of, as people write them without.
const SPELT: &[(char, &str)] = &[
    ('ß', "ss"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('ø', "o"),
    ('đ', "d"),
    ('ð', "d"),
    ('ħ', "h"),
    ('ı', "i"),
    ('ł', "l"),
    ('þ', "th"),
];

/// The text in small letters without accents: `Nicolò` and `NICOLO` are both `nicolo`.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase) {
        match SPELT.iter().find(|(known, _)| *known == letter) {
            Some((_, spelt)) => folded.push_str(spelt),
            // What becomes of `İ` has a mark of its own.
            None if is_combining_mark(letter) => {}
            None => folded.push(letter),
        }
    }
    folded
}

/// The words of a folded text: runs of letters and digits.
pub fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The first so many letters of a text.
pub fn cut(text: &str, letters: usize) -> &str {
    text.char_indices().nth(letters).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_case_are_nothing() {
        for (text, folded) in [
            ("Nicolò", "nicolo"),
            ("NICOLO\u{300}", "nicolo"),
            ("Ñuñez", "nunez"),
            ("Straße", "strasse"),
            ("Łukasz Ørsted", "lukasz orsted"),
            ("İstanbul", "istanbul"),
            ("Ольга", "ольга"),
            ("Plain 42", "plain 42"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn words_are_letters_and_digits() {
        assert_eq!(words("d'angelo-rossi (srl) 2").collect::<Vec<_>>(), ["d", "angelo", "rossi", "srl", "2"]);
        assert_eq!(words(" ' ").count(), 0);
        assert_eq!((cut("àbc", 2), cut("ab", 2), cut("", 2)), ("àb", "ab", ""));
    }
}
