use proptest::prelude::*;

use super::*;

const SAMPLE: &str = "workflow: benvenuto\nname: Benvenuto Iscritti\nsend window:\n  between: [\"09:00-12:30\", 15:00]\n  days: { mon: true }\nsteps:\n  - id: welcome\n    send email:\n      subject: \"Ciao {{ contact.first_name | default(\\\"amico\\\") }}\"\n      body: |\n        Ciao,\n        grazie.\n  - wait: 1 day\n  - split:\n      arms:\n        - 45%: []\n        - no: -3.5\n        - on: ~\n";

fn read(text: &str) -> Result<Vec<Node>, SyntaxError> {
    parse(text, &Limits::default())
}

fn one(text: &str) -> Node {
    read(text).unwrap().remove(0)
}

fn code(text: &str) -> (&'static str, u32, u32) {
    let error = read(text).unwrap_err();
    (error.code, error.place.line, error.place.column)
}

fn at(node: &Node) -> (u32, u32) {
    (node.place.line, node.place.column)
}

#[test]
fn plain_scalars_follow_the_core_schema() {
    let cases = [
        ("09:00", "\"09:00\""),
        ("45%", "\"45%\""),
        ("1 day", "\"1 day\""),
        ("no", "\"no\""),
        ("on", "\"on\""),
        ("2026-11-21", "\"2026-11-21\""),
        ("--02-29", "\"--02-29\""),
        ("1_000", "\"1_000\""),
        ("0b11", "\"0b11\""),
        ("1.2.3", "\"1.2.3\""),
        ("e5", "\"e5\""),
        (".", "\".\""),
        ("+39 333 1234567", "\"+39 333 1234567\""),
        ("'12'", "\"12\""),
        ("\"true\"", "\"true\""),
        ("12", "12"),
        ("-12", "-12"),
        ("+12", "12"),
        ("0x1F", "31"),
        ("0o17", "15"),
        ("1.50", "1.5"),
        (".5", "0.5"),
        ("1e3", "1000.0"),
        ("~", "null"),
        ("null", "null"),
        ("True", "true"),
    ];
    for (text, expected) in cases {
        assert_eq!(canonical(&one(text)), expected, "{text}");
    }
}

#[test]
fn places_are_the_author_s() {
    let node = one(SAMPLE);
    let steps = node.get("steps").unwrap().as_list().unwrap();
    assert_eq!(at(&node), (1, 1));
    assert_eq!(at(node.get("name").unwrap()), (2, 7));
    assert_eq!(at(&steps[0]), (7, 5));
    let (key, email) = steps[0].entry("send email").unwrap();
    assert_eq!((key.place.line, key.place.column), (8, 5));
    assert_eq!(at(email.get("subject").unwrap()), (9, 16));
    assert_eq!(email.get("body").unwrap().as_text(), Some("Ciao,\ngrazie.\n"));
    assert_eq!(steps[1].get("wait").unwrap().as_text(), Some("1 day"));
    let between = node.get("send window").unwrap().get("between").unwrap();
    assert_eq!((between.kind(), at(between)), ("a list", (4, 12)));
    assert_eq!(between.as_list().unwrap()[1].as_text(), Some("15:00"));
    let arms = steps[2].get("split").unwrap().get("arms").unwrap().as_list().unwrap();
    assert_eq!(arms[0].as_map().unwrap()[0].0.text, "45%");
    assert_eq!(arms[1].get("no").unwrap().as_float(), Some(-3.5));
    assert!(arms[2].get("on").unwrap().is_null());
}

#[test]
fn json_has_places_and_its_own_escapes() {
    let node = one("{\n\t\"a\": [1, \"\\ud83d\\ude00\\/\", 1.0],\n\t\"è\": {\"b\": null}}");
    assert_eq!(canonical(&node), "{\"a\":[1,\"😀/\",1.0],\"è\":{\"b\":null}}");
    assert_eq!(at(&node.get("a").unwrap().as_list().unwrap()[1]), (2, 11));
    assert_eq!(at(node.get("è").unwrap().get("b").unwrap()), (3, 13));
    assert_eq!(code("{\"a\": 1,\n \"a\": 2}"), ("duplicate_key", 2, 2));
    assert_eq!(code("[123456789012345678901234567890]"), ("number_range", 1, 2));
    assert_eq!(code("[1e999]").0, "number_range");
    assert_eq!(canonical(&one("{}")), "{}");
    assert_eq!(canonical(&one(" [ ] ")), "[]");
    assert_eq!(canonical(&one("[{}, [], \"\\\\\"]")), "[{},[],\"\\\\\"]");
}

#[test]
fn yaml_and_json_say_the_same() {
    let node = one(SAMPLE);
    let json = one(&to_json(&node).to_string());
    assert_eq!(canonical(&node), canonical(&json));
    assert_eq!(canonical(&one("b: 1\na: 2")), canonical(&one("{a: 2, b: 1}")));
}

#[test]
fn what_is_refused_says_where() {
    assert_eq!(code("a: 1\nb: 2\na: 3"), ("duplicate_key", 3, 1));
    assert_eq!(code("a: &x 1\nb: *x").0, "anchor");
    assert_eq!(code("a: 1\nb: *x"), ("syntax", 2, 4));
    assert_eq!(code("a: !!str 1").0, "tag");
    assert_eq!(code("a: !custom {b: 1}").0, "tag");
    assert_eq!(code("a: {{ entity }}").0, "key_not_text");
    assert_eq!(code("? [a]\n: 1").0, "key_not_text");
    assert_eq!(code("a: 99999999999999999999").0, "number_range");
    assert_eq!(code("a: .nan").0, "number_range");
    assert_eq!(code("a: [1, 2").0, "syntax");
    assert_eq!(code("a: b: c").0, "syntax");
    assert_eq!(code("a:\n\t- 1").0, "syntax");
    // The parser notices it in a line that is not there any more.
    assert_eq!(code("a: 1\nb\n"), ("syntax", 2, 2), "an end that comes too early is told at the end");
}

#[test]
fn documents_are_separate() {
    assert_eq!(read("").unwrap(), []);
    assert_eq!(read("# nothing but a comment\n").unwrap(), []);
    let documents = read("a: 1\n---\na: 2\n").unwrap();
    assert_eq!(documents.iter().map(canonical).collect::<Vec<_>>(), ["{\"a\":1}", "{\"a\":2}"]);
    assert_eq!(canonical(&one("\u{feff}a: 1")), "{\"a\":1}");
}

#[test]
fn limits_hold_before_memory_is_spent() {
    assert_eq!(code(&"x".repeat(1024 * 1024 + 1)).0, "too_large");
    assert_eq!(code(&format!("[{}", "1,".repeat(100_001))).0, "too_many_values");
    assert_eq!(code(&format!("[{}1]", "1,".repeat(100_001))).0, "too_many_values");
    assert_eq!(code(&"- ".repeat(400_000)).0, "too_deep");
    assert_eq!(code(&"a: {".repeat(100)).0, "too_deep");
    assert_eq!(code(&format!("{}{}", "[".repeat(65), "]".repeat(65))).0, "too_deep");
    assert_eq!(canonical(&one(&format!("{}{}", "[".repeat(64), "]".repeat(64)))).len(), 128);
    assert!(matches!(code(&"[".repeat(500_000)).0, "too_deep" | "syntax"));
    assert!(matches!(code(&"{\"a\":".repeat(150_000)).0, "too_deep" | "syntax"));
    let block: String = (0..200).fold(String::new(), |text, level| text + &" ".repeat(level) + "a:\n");
    assert_eq!(code(&block).0, "too_deep");
}

/// A sample with a few characters put in, taken out or doubled.
fn mutated() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0_u8..3, "[-:\\[\\]{}\"'&*!|>%@`#,?~ \n\tà]{1,3}");
    prop::collection::vec(edit, 1..8).prop_map(|edits| {
        let mut characters: Vec<char> = SAMPLE.chars().collect();
        for (index, kind, insert) in edits {
            let at = index.index(characters.len());
            match kind {
                0 => drop(characters.splice(at..at, insert.chars())),
                1 => drop(characters.remove(at)),
                _ => {
                    let tail = characters[at..].to_vec();
                    characters.extend(tail);
                }
            }
            characters.truncate(4_000);
        }
        characters.into_iter().collect()
    })
}

fn never_panics(text: &str) -> Result<(), TestCaseError> {
    for node in read(text).unwrap_or_default() {
        prop_assert_eq!(
            canonical(&node),
            canonical(&one(&format!("[{}]", canonical(&node))).as_list().unwrap()[0])
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        never_panics(&text)?;
    }

    #[test]
    fn any_yaml_like_text_is_read_or_refused(text in "[-:\\[\\]{}\"'&*!|>%@`#,?~ \n\r\ta0.+\u{85}\u{2028}\u{feff}\\\\]{0,60}") {
        never_panics(&text)?;
    }

    #[test]
    fn a_mutated_document_is_read_or_refused(text in mutated()) {
        never_panics(&text)?;
    }
}
