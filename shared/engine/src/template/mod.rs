//! Merge fields: text with `{{ contact.first_name | default("friend") }}`, `{% if %}` and `{% for %}` in it.
//! Parsed once, rendered often. Knows no field names: the caller holds [`Template::names`] against its own.
//!
//! Less than minijinja can do, so that whoever writes a template can neither fill the memory nor hold up
//! the reaction: no own variables, macros or includes, no functions, and few filters ([`FILTERS`]). A null
//! is the same as an absent value everywhere.

mod filters;
mod scan;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::io;
use std::sync::{Arc, OnceLock};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use crate::message::html::escape;

pub use filters::FILTERS;

/// The longest source of a template, in bytes.
pub const MAX_SOURCE: usize = 256 * 1024;
/// The longest result of a rendering, in bytes.
pub const MAX_OUTPUT: usize = 512 * 1024;
/// The most instructions that one rendering may run.
pub const MAX_WORK: u64 = 50_000;

const NAME: &str = "template";
/// Where the rendering finds what to do with missing values: no name that a template can write.
const LENIENT: &str = "\0lenient";

/// The name under which values are escaped for addresses.
const URL_ESCAPE: &str = "url";

/// What to do with a missing value that has no `default`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// The rendering fails and names it.
    #[default]
    Fail,
    /// Nothing is written in its place.
    Empty,
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Escape {
    /// As they are.
    None,
    /// With the characters that mean something in HTML replaced. The text of the template is not touched.
    Html,
    /// As parts of a web address (RFC 3986): whatever could mean something there is escaped.
    Url,
}

/// Why a source is no template, for its author.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateProblem {
    /// The line within the source, from 1, where one can be named.
    pub line: Option<u32>,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// Why a template could not be rendered for this context.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A value is missing and has no default. Only under [`Missing::Fail`].
    #[error("{path} is missing and has no default")]
    Missing {
        /// What was read, such as `contact.first_name`.
        path: String,
        /// The line within the source, from 1.
        line: Option<u32>,
    },
    /// The result would be longer than [`MAX_OUTPUT`].
    #[error("the result is longer than {MAX_OUTPUT} bytes")]
    TooLong,
    /// It would take more than [`MAX_WORK`] instructions.
    #[error("the template takes too long: its loops run too often")]
    TooMuchWork,
    /// A value cannot be used in this way, such as a list printed as it is or a date that is none.
    #[error("{message}")]
    Unfit {
        /// What is wrong.
        message: String,
        /// The line within the source, from 1.
        line: Option<u32>,
    },
}

/// A text with merge fields, parsed and checked. Cheap to clone.
#[derive(Clone)]
pub struct Template {
    parsed: Arc<Parsed>,
}

struct Parsed {
    environment: Environment<'static>,
    source: String,
    names: BTreeSet<String>,
    required: BTreeSet<String>,
    /// The first parts of the names: all of a context that a rendering looks at.
    roots: BTreeSet<String>,
}

impl Template {
    /// Parses a source whose values are written as they are.
    ///
    /// # Errors
    /// If it is too long or no template; the first problem.
    pub fn compile(source: &str) -> Result<Self, TemplateProblem> {
        Self::compile_for(source, Escape::None)
    }

    /// Parses a source for a kind of text.
    ///
    /// # Errors
    /// As for [`Template::compile`].
    pub fn compile_for(source: &str, escape: Escape) -> Result<Self, TemplateProblem> {
        if source.len() > MAX_SOURCE {
            let message = format!("the text has {} bytes, at most {MAX_SOURCE} are read", source.len());
            return Err(TemplateProblem { line: None, message });
        }
        let uses = scan::scan(source)?;
        let mut environment = base(escape).clone();
        let problem = |error: Error| TemplateProblem { line: line(&error), message: words(&error) };
        environment.add_template_owned(NAME, source.to_owned()).map_err(problem)?;
        let names: BTreeSet<String> =
            environment.get_template(NAME).map_err(problem)?.undeclared_variables(true).into_iter().collect();
        let required = names.iter().filter(|name| uses.bare.contains(*name)).cloned().collect();
        let roots = names.iter().map(|name| name.split('.').next().unwrap_or(name).to_owned()).collect();
        let parsed = Parsed { environment, source: source.to_owned(), names, required, roots };
        Ok(Self { parsed: Arc::new(parsed) })
    }

    /// Every value that the template reads, as a dotted path: `contact.first_name`, `entity`. What a loop
    /// names is not among them. A path ends where brackets begin: `contact["x"]` reads `contact`.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.parsed.names
    }

    /// The fields of the contact that it shows: of `contact.city`, `city`.
    pub fn contact_fields(&self) -> impl Iterator<Item = &str> {
        let paths = self.names().iter().filter_map(|name| name.strip_prefix("contact."));
        paths.map(|path| path.split('.').next().unwrap_or(path))
    }

    /// Those of [`Template::names`] that are used at least once in a way that fails if they are missing:
    /// neither with a `default` behind them, nor only asked for in an `if`, nor only looped over.
    pub fn required(&self) -> &BTreeSet<String> {
        &self.parsed.required
    }

    /// The source it was compiled from.
    pub fn source(&self) -> &str {
        &self.parsed.source
    }

    /// Writes the text for one context, a map of values; `zone` in it is the IANA zone of `date`.
    ///
    /// # Errors
    /// If a value is missing (as `missing` says) or unfit, or a limit is reached.
    pub fn render(&self, context: &serde_json::Value, missing: Missing) -> Result<String, RenderError> {
        let failed = |error: Error| self.failed(&error);
        let template = self.parsed.environment.get_template(NAME).map_err(failed)?;
        let mut values: BTreeMap<String, Value> = BTreeMap::new();
        for root in self.parsed.roots.iter().map(String::as_str).chain([filters::ZONE]) {
            if let Some(value) = context.get(root) {
                values.insert(root.to_owned(), convert(value, 0));
            }
        }
        if missing == Missing::Empty {
            values.insert(LENIENT.to_owned(), Value::from(true));
        }
        let mut output = Capped(Vec::with_capacity(self.parsed.source.len().min(MAX_OUTPUT)));
        template.render_captured_to(values, &mut output).map_err(failed)?;
        // Whole texts were written, so this is UTF-8.
        Ok(String::from_utf8_lossy(&output.0).into_owned())
    }

    fn failed(&self, error: &Error) -> RenderError {
        match error.kind() {
            ErrorKind::OutOfFuel => RenderError::TooMuchWork,
            ErrorKind::WriteFailure => RenderError::TooLong,
            ErrorKind::UndefinedError => {
                // The place of the last filter is known; the path stands at the beginning of its tag.
                let until = error.range().and_then(|range| self.parsed.source.get(..range.end));
                let tag = until.and_then(|until| until.rfind("{{").and_then(|start| until.get(start..)));
                RenderError::Missing { path: tag.map_or("a value", scan::path).to_owned(), line: line(error) }
            }
            _ => RenderError::Unfit { message: words(error), line: line(error) },
        }
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.parsed.source).finish()
    }
}

impl PartialEq for Template {
    /// Whether the sources are the same.
    fn eq(&self, other: &Self) -> bool {
        self.parsed.source == other.parsed.source
    }
}

/// What all templates share; cloning it copies no filter.
fn base(escape: Escape) -> &'static Environment<'static> {
    static PLAIN: OnceLock<Environment<'static>> = OnceLock::new();
    static HTML: OnceLock<Environment<'static>> = OnceLock::new();
    static URL: OnceLock<Environment<'static>> = OnceLock::new();
    match escape {
        Escape::None => PLAIN.get_or_init(|| environment(AutoEscape::None)),
        Escape::Html => HTML.get_or_init(|| environment(AutoEscape::Html)),
        Escape::Url => URL.get_or_init(|| environment(AutoEscape::Custom(URL_ESCAPE.into()))),
    }
}

fn environment(escape: AutoEscape) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_debug(false);
    environment.set_fuel(Some(MAX_WORK));
    environment.set_recursion_limit(100);
    // Reading on from a missing value is fine as long as a default follows; writing one is not (`write`).
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        environment.set_syntax(syntax);
    }
    environment.set_auto_escape_callback(move |_| escape.clone());
    environment.set_formatter(write);
    filters::register(&mut environment);
    environment
}

fn write(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None if state.lookup(LENIENT).is_some() => Ok(()),
        ValueKind::Undefined | ValueKind::None => Err(ErrorKind::UndefinedError.into()),
        ValueKind::Bool => Ok(out.write_str(if value.is_true() { "true" } else { "false" })?),
        ValueKind::Number | ValueKind::String if matches!(state.auto_escape(), AutoEscape::Custom(name) if name == URL_ESCAPE) => {
            Ok(out.write_str(&url_part(&value.to_string()))?)
        }
        ValueKind::String if matches!(state.auto_escape(), AutoEscape::Html) => {
            // No value has signs in it that only the template may have, such as the marks of links.
            let text = value.as_str().unwrap_or_default().replace(is_control, "");
            let mut escaped = String::with_capacity(text.len());
            escape(&mut escaped, &text);
            Ok(out.write_str(&escaped)?)
        }
        ValueKind::Number | ValueKind::String => minijinja::escape_formatter(out, state, value),
        _ => Err(filters::unfit(
            "a list or a map cannot be written as it is; name a field of it, or join a list",
        )),
    }
}

fn is_control(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\t' | '\n' | '\r')
}

/// A value as a part of an address: only letters, digits and `-._~` stay as they are.
fn url_part(text: &str) -> String {
    let mut part = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            part.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(part, "%{byte:02X}");
        }
    }
    part
}

/// A context's value without its nulls, which count as absent; beyond any depth that is read from JSON
/// there is nothing.
fn convert(value: &serde_json::Value, depth: usize) -> Value {
    match value {
        serde_json::Value::Null => Value::UNDEFINED,
        _ if depth > 128 => Value::UNDEFINED,
        serde_json::Value::Bool(flag) => Value::from(*flag),
        serde_json::Value::Number(number) => {
            let whole = number.as_i64().map(Value::from).or_else(|| number.as_u64().map(Value::from));
            whole.or_else(|| number.as_f64().map(Value::from)).unwrap_or(Value::UNDEFINED)
        }
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => {
            Value::from(items.iter().map(|item| convert(item, depth + 1)).collect::<Vec<_>>())
        }
        serde_json::Value::Object(entries) => {
            let present = entries.iter().filter(|(_, value)| !value.is_null());
            Value::from(
                present
                    .map(|(key, value)| (key.clone(), convert(value, depth + 1)))
                    .collect::<BTreeMap<_, _>>(),
            )
        }
    }
}

fn line(error: &Error) -> Option<u32> {
    error.line().and_then(|line| u32::try_from(line).ok())
}

fn words(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}

struct Capped(Vec<u8>);

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
