//! Ready workflows: every one of them in each language, filled by its own answers and by others.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;

use flusso_app::check::check_document;
use flusso_app::ready::{self, LANGUAGES, Ready};
use flusso_engine::workflow::Severity;
use flusso_engine::yaml::{self, Limits, Node, Value};
use flusso_tests::documents;

fn answers(all: &[(&str, &str)]) -> BTreeMap<String, String> {
    all.iter().map(|(key, answer)| ((*key).to_owned(), (*answer).to_owned())).collect()
}

fn sources(id: &str, language: &str, given: &BTreeMap<String, String>) -> Vec<String> {
    ready::fill(id, language, given).unwrap().into_iter().map(|document| document.source).collect()
}

/// The same document without its texts: what it does.
fn shape(node: &Node) -> String {
    match &node.value {
        Value::Text(_) => "text".to_owned(),
        Value::List(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", key.text, shape(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

fn shape_of(source: &str) -> String {
    yaml::parse(source, &Limits::default()).unwrap().iter().map(shape).collect()
}

/// KW-09: every ready workflow is there in three languages, asks something, and is without errors as it comes.
#[test]
fn every_one_is_valid_in_each_language() {
    let italian = ready::all("it").unwrap();
    assert!(italian.len() >= 20);
    for language in LANGUAGES {
        let all = ready::all(language).unwrap();
        assert_eq!(all.len(), italian.len());
        for (Ready { id, name, says, parameters, .. }, other) in all.into_iter().zip(&italian) {
            assert!(!name.is_empty() && says.ends_with('.'), "{id} in {language}");
            assert!(parameters.iter().all(|one| !one.label.is_empty()), "{id} in {language}");
            assert!((2..=5).contains(&parameters.len()), "{id} asks {}", parameters.len());
            assert!(language == "it" || says != other.says, "{id} is not translated");
            let filled = sources(id, language, &BTreeMap::new());
            for (source, known) in filled.iter().zip(sources(id, "it", &BTreeMap::new())) {
                let problems = check_document(source);
                let errors: Vec<_> = problems.iter().filter(|one| one.severity == Severity::Error).collect();
                assert!(errors.is_empty(), "{id} in {language}: {errors:?}\n{source}");
                assert_eq!(shape_of(source), shape_of(&known), "{id} in {language} does something else");
                assert!(!source.contains("<<"), "{source}");
            }
        }
    }
}

/// Whatever is asked for can be answered otherwise, and stands in the document then.
#[test]
fn every_question_has_a_place_in_the_document() {
    for language in LANGUAGES {
        for Ready { id, parameters, .. } in ready::all(language).unwrap() {
            let plain = sources(id, language, &BTreeMap::new()).concat();
            for parameter in parameters {
                let other = match parameter.kind.as_str() {
                    "duration" => "35 minutes",
                    "number" => "7",
                    "url" => "https://bottega.example",
                    "date" => "2027-05-06",
                    // A time of the day, and a day of the week, are words of the language.
                    _ if parameter.default.contains(':') => "08:15",
                    _ if parameter.key.starts_with("day") => continue,
                    _ => "altro-nome",
                };
                let filled = sources(id, language, &answers(&[(&parameter.key, other)]));
                let whole = filled.concat();
                assert!(
                    whole != plain && whole.contains(other),
                    "{id}: {} is nowhere\n{whole}",
                    parameter.key
                );
                for source in &filled {
                    let parsed = yaml::parse(source, &Limits::default());
                    assert!(parsed.is_ok(), "{id}: {}: {parsed:?}\n{source}", parameter.key);
                }
            }
        }
    }
}

#[test]
fn what_would_mean_something_in_a_document_is_no_answer() {
    for odd in ["\"quoted\"", "a: b", "{{ contact.email }}", "two\nlines", "- item", "# note", "", "x\\y"] {
        let filled = ready::fill("welcome", "it", &answers(&[("form", odd)]));
        assert!(filled.is_err(), "{odd:?} was taken: {filled:?}");
    }
    assert!(ready::fill("welcome", "it", &answers(&[("delay", "soon")])).is_err());
    assert!(ready::fill("welcome", "it", &answers(&[("colour", "red")])).is_err());
    assert!(ready::fill("welcome", "de", &BTreeMap::new()).is_err());
    assert!(ready::fill("nothing", "it", &BTreeMap::new()).is_err());
}

/// The document that comes out is one to be read and changed: no line of it is as a program would write it.
#[test]
fn what_comes_out_reads_as_if_written_by_hand() {
    let welcome = documents::filled("welcome");
    let expected = "  - id: welcome\n    send email:\n      subject: Benvenuto nella nostra Community!\n      body: |\n        Ciao {{ contact.first_name";
    assert!(welcome.contains(expected), "{welcome}");
}
