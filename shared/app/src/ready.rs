//! Ready workflows: documents with gaps, which somebody fills by answering a few questions, in their language. What comes
//! out is a document like any other, to be saved and changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use flusso_engine::calendar::Duration;
use flusso_engine::yaml::{self, Limits, Node};

use crate::AppError;

/// A ready workflow as it lies in the catalogue: its name, the document with gaps, its questions and texts.
struct File(&'static str, &'static str, &'static str);

macro_rules! file {
    ($name:literal) => {
        File(
            $name,
            include_str!(concat!("../../catalog/workflows/", $name, ".yaml")),
            include_str!(concat!("../../catalog/workflows/", $name, ".texts.yaml")),
        )
    };
}

const FILES: &[File] = &[
    file!("appointment-reminders"),
    file!("birthday"),
    file!("call-me"),
    file!("cart"),
    file!("cart-three-channels"),
    file!("course"),
    file!("launch"),
    file!("lead-scoring"),
    file!("lead-to-sales"),
    file!("loyalty"),
    file!("monday"),
    file!("newsletter"),
    file!("plan-cancelled"),
    file!("price-list"),
    file!("quote-accepted"),
    file!("re-engagement"),
    file!("review-request"),
    file!("trial-ending"),
    file!("tshirt"),
    file!("vip"),
    file!("webinar"),
    file!("welcome"),
    file!("welcome-sms"),
    file!("win-back"),
];

/// The languages in which there are all of them.
pub const LANGUAGES: [&str; 3] = ["en", "it", "es"];
/// Most letters of an answer.
const LETTERS: usize = 200;

/// A ready workflow, for whoever chooses one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// By which it is chosen.
    pub id: &'static str,
    /// What it is about: `welcome`, `sales`, `carts`, `customers`, `appointments`, `events`, `reactivation`, `leads`.
    pub category: String,
    /// Its name.
    pub name: String,
    /// What it does.
    pub says: String,
    /// What is asked.
    pub parameters: Vec<Parameter>,
}

/// A question of a ready workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name of the answer.
    pub key: String,
    /// What it is: `duration`, `number`, `url`, `form`, `list`, …
    pub kind: String,
    /// The question.
    pub label: String,
    /// The answer if none is given.
    pub default: String,
}

/// A document that came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The workflow's id.
    pub id: String,
    /// The document, YAML.
    pub source: String,
}

/// All of them in a language.
///
/// # Errors
/// `Invalid` for a language in which there are none.
pub fn all(language: &str) -> Result<Vec<Ready>, AppError> {
    FILES.iter().map(|file| Texts::read(file, language)?.described(file.0)).collect()
}

/// One of them, filled: its documents, one a workflow.
///
/// # Errors
/// `NotFound`; `Invalid` for a language in which there are none, an answer that nobody asked for, or one that is not of its
/// kind.
pub fn fill(id: &str, language: &str, answers: &BTreeMap<String, String>) -> Result<Vec<Document>, AppError> {
    let file = FILES.iter().find(|file| file.0 == id);
    let file = file.ok_or_else(|| AppError::NotFound { what: "ready workflow", id: id.to_owned() })?;
    let texts = Texts::read(file, language)?;
    let parameters = texts.parameters()?;
    if let Some(unknown) = answers.keys().find(|key| parameters.iter().all(|one| one.key != **key)) {
        let known: Vec<&str> = parameters.iter().map(|one| one.key.as_str()).collect();
        let message = format!("nothing is asked by that name; there are {}", known.join(", "));
        return Err(AppError::invalid(format!("parameters.{unknown}"), "parameter.unknown", message));
    }
    let mut values = BTreeMap::new();
    for parameter in parameters {
        let answer = answers.get(&parameter.key).unwrap_or(&parameter.default).trim().to_owned();
        check(&parameter, &answer)?;
        values.insert(parameter.key, answer);
    }
    let filled = Filler { texts: &texts, values: &values }.document(file.1)?;
    documents(&filled)
}

/// Whether an answer is of its kind. It may stand within a text, so whatever has a meaning there is refused.
fn check(parameter: &Parameter, answer: &str) -> Result<(), AppError> {
    let Parameter { key, kind, .. } = parameter;
    let wrong = |message: &str| {
        let message = format!("`{answer}` {message}");
        Err(AppError::invalid(format!("parameters.{key}"), "parameter.value", message))
    };
    if answer.is_empty() || answer.chars().count() > LETTERS {
        return Err(AppError::invalid(
            format!("parameters.{key}"),
            "parameter.length",
            format!("an answer has 1 to {LETTERS} letters"),
        ));
    }
    let meaning = |letter: char| letter.is_control() || "\"'`{}[]<>#|&*!%@\\".contains(letter);
    if answer.chars().any(meaning)
        || answer.contains(": ")
        || answer.ends_with(':')
        || answer.starts_with(['-', '?'])
    {
        return wrong("may hold no quotes, brackets or other signs that mean something in a document");
    }
    match kind.as_str() {
        "duration" if answer.parse::<Duration>().is_err() => wrong("is no length of time, such as 2 days"),
        "number" if answer.parse::<u32>().is_err() => wrong("is no whole number"),
        "url" if !answer.starts_with("https://") || answer.contains(char::is_whitespace) => {
            wrong("is no address on the web, such as https://shop.example")
        }
        _ => Ok(()),
    }
}

/// The questions and the texts of a file, in one language.
struct Texts {
    root: Node,
    language: String,
}

impl Texts {
    fn read(file: &File, language: &str) -> Result<Self, AppError> {
        if !LANGUAGES.contains(&language) {
            let message = format!("`{language}` is none of the languages here: {}", LANGUAGES.join(", "));
            return Err(AppError::invalid("language", "language.unknown", message));
        }
        let broken =
            |why: String| AppError::Unavailable(format!("the catalogue can't be read: {}: {why}", file.0));
        let parsed = yaml::parse(file.2, &Limits::default()).map_err(|error| broken(error.to_string()))?;
        let root = parsed.into_iter().next().ok_or_else(|| broken("it is empty".to_owned()))?;
        Ok(Self { root, language: language.to_owned() })
    }

    fn text(&self, key: &str) -> Option<String> {
        plain(self.root.get("texts")?.get(&self.language)?.get(key)?)
    }

    fn need(&self, key: &str) -> Result<String, AppError> {
        self.text(key).ok_or_else(|| {
            AppError::Unavailable(format!("the catalogue has no `{key}` in {}", self.language))
        })
    }

    fn parameters(&self) -> Result<Vec<Parameter>, AppError> {
        let list = self.root.get("parameters").and_then(Node::as_list).unwrap_or_default();
        let read = |node: &Node| {
            let of = |key: &str| node.get(key).and_then(plain);
            Some(Parameter {
                key: of("key")?,
                kind: of("kind")?,
                label: node.get("label")?.get(&self.language).and_then(plain)?,
                default: of("default")?,
            })
        };
        let all = list.iter().map(read).collect::<Option<Vec<_>>>();
        all.ok_or_else(|| AppError::Unavailable("a question of the catalogue can't be read".to_owned()))
    }

    fn described(&self, id: &'static str) -> Result<Ready, AppError> {
        let category = self.root.get("category").and_then(plain).unwrap_or_default();
        let (name, says) = (self.need("name")?, self.need("says")?);
        Ok(Ready { id, category, name, says, parameters: self.parameters()? })
    }
}

/// A scalar as text.
fn plain(node: &Node) -> Option<String> {
    let number = || node.as_int().map(|number| number.to_string());
    node.as_text().map(str::to_owned).or_else(number)
}

/// Puts texts and answers into the gaps of a document.
struct Filler<'f> {
    texts: &'f Texts,
    values: &'f BTreeMap<String, String>,
}

impl Filler<'_> {
    fn document(&self, template: &str) -> Result<String, AppError> {
        let mut filled = String::new();
        for line in template.lines() {
            filled.push_str(&self.line(line)?);
            filled.push('\n');
        }
        Ok(filled)
    }

    fn line(&self, line: &str) -> Result<String, AppError> {
        let mut filled = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("<<") {
            let (key, behind) = after.split_once(">>").unwrap_or((after, ""));
            filled.push_str(before);
            let whole = is_whole(&filled, behind);
            match (self.values.get(key), whole) {
                (Some(answer), false) => filled.push_str(answer),
                (Some(answer), true) => filled.push_str(&scalar(answer)),
                (None, _) => {
                    let text = self.answered(&self.texts.need(key)?);
                    // A text of several lines is a block where it stands at the end of its own.
                    if behind.is_empty() && text.contains('\n') && !line.contains('{') {
                        filled.push_str(&block(line, &text));
                    } else {
                        filled.push_str(&scalar(&text));
                    }
                }
            }
            rest = behind;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// A text with the answers that it names.
    fn answered(&self, text: &str) -> String {
        self.values
            .iter()
            .fold(text.to_owned(), |text, (key, answer)| text.replace(&format!("<<{key}>>"), answer))
    }
}

/// Whether a gap is a whole value, and not a part of one.
fn is_whole(before: &str, behind: &str) -> bool {
    let begins = before.ends_with(": ")
        || before.ends_with("- ")
        || before.ends_with(['[', '{'])
        || before.ends_with(", ") && before.contains('[');
    begins
        && (behind.is_empty()
            || behind.starts_with([',', '}', ']'])
            || behind.starts_with(" }")
            || behind.starts_with(" ]"))
}

/// A text as a value: plain where nobody can take it for something else, else quoted.
fn scalar(text: &str) -> String {
    let begins = text.starts_with(|first: char| first.is_alphanumeric());
    let simple = text.chars().all(|letter| letter.is_alphanumeric() || " .-_/?!'’€".contains(letter));
    let word =
        matches!(text.to_lowercase().as_str(), "null" | "true" | "false" | "yes" | "no" | "on" | "off");
    let digits = text.starts_with(|first: char| first.is_ascii_digit());
    let number = text.bytes().all(|letter| letter.is_ascii_digit()) && !text.is_empty();
    let address =
        text.starts_with("https://") && !text.contains(char::is_whitespace) && !text.contains([',', '#']);
    if number
        || address
        || begins && simple && !word && !text.ends_with(' ') && (!digits || text.contains(' '))
    {
        return text.to_owned();
    }
    serde_json::to_string(text).unwrap_or_default()
}

/// A text of several lines, below its key.
fn block(line: &str, text: &str) -> String {
    let key = line.trim_start_matches([' ', '-']);
    let indent = line.len() - key.len() + 2;
    let mut block = String::from(if text.ends_with('\n') { "|" } else { "|-" });
    for line in text.trim_end_matches('\n').lines() {
        let indent = if line.is_empty() { 0 } else { indent };
        let _ = write!(block, "\n{:indent$}{line}", "");
    }
    block
}

/// The workflows of a text, each for itself.
fn documents(text: &str) -> Result<Vec<Document>, AppError> {
    let mut parts: Vec<String> = Vec::new();
    let several = text.starts_with("- ");
    for line in text.lines() {
        match (line.strip_prefix("- ").filter(|_| several), parts.last_mut()) {
            (Some(first), _) => parts.push(format!("{first}\n")),
            (None, Some(part)) => {
                let line = if several { line.strip_prefix("  ").unwrap_or(line) } else { line };
                part.push_str(line);
                part.push('\n');
            }
            (None, None) => parts.push(format!("{line}\n")),
        }
    }
    let each = parts.into_iter().map(|part| {
        let source = format!("{}\n", part.trim_end());
        let id = source.lines().next().and_then(|line| line.strip_prefix("workflow: ")).unwrap_or_default();
        if id.is_empty() {
            return Err(AppError::Unavailable("a document of the catalogue has no name".to_owned()));
        }
        Ok(Document { id: id.to_owned(), source })
    });
    each.collect()
}
