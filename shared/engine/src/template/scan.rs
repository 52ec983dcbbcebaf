//! A look at a source before minijinja parses it: refuses the parts of its language that can take any
//! amount of memory or stack, and finds the values that are used without a `default`. Reads the text just
//! as minijinja's lexer does; braces inside a tag are refused, so that the two agree on where it ends.

use std::collections::BTreeSet;

use super::TemplateProblem;
use super::filters::{FILTERS, TESTS};

/// Enough for any field with its filters; a long chain of operators would be as deep as it is long.
const MAX_TOKENS: usize = 200;
/// `elif` after `elif` nests inside the parser.
const MAX_ELIF: usize = 50;

const KEYWORDS: [&str; 14] =
    ["if", "elif", "else", "for", "in", "not", "and", "or", "is", "true", "false", "True", "False", "none"];

/// What a source does with the values it reads.
#[derive(Default)]
pub(super) struct Uses {
    /// The paths that are used at least once with no `default` behind them.
    pub(super) bare: BTreeSet<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'s> {
    Name(&'s str),
    Literal,
    Sign(char),
}

pub(super) fn scan(source: &str) -> Result<Uses, TemplateProblem> {
    let mut scanner = Scanner { source, at: 0, line: 1, line_at: 0 };
    let (mut uses, mut elifs) = (Uses::default(), 0);
    while let Some(open) = scanner.next_tag() {
        if open == '#' {
            scanner.comment()?;
            continue;
        }
        let tokens = scanner.tokens(if open == '{' { "}}" } else { "%}" })?;
        let refuse = |message: String| scanner.problem(message);
        if open == '%' {
            elifs += usize::from(tokens.first() == Some(&Token::Name("elif")));
            if elifs > MAX_ELIF {
                return Err(refuse(format!("more than {MAX_ELIF} elif")));
            }
            statement(&tokens).map_err(refuse)?;
        }
        expression(&tokens).map_err(refuse)?;
        collect(&tokens, open == '%', &mut uses.bare);
    }
    Ok(uses)
}

/// The path that an expression begins with, for a message: `contact.first_name` of
/// `contact.first_name | upper`; the expression itself if it begins otherwise.
pub(super) fn path(expression: &str) -> &str {
    let expression =
        expression.trim_matches(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | '(' | '-' | '+'));
    let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    match expression.find(ends) {
        Some(0) | None => expression,
        Some(end) if expression[end..].starts_with('[') => expression,
        Some(end) => &expression[..end],
    }
}

struct Scanner<'s> {
    source: &'s str,
    at: usize,
    line: u32,
    line_at: usize,
}

impl<'s> Scanner<'s> {
    /// Steps behind the next `{{`, `{%` or `{#` and returns its second character.
    fn next_tag(&mut self) -> Option<char> {
        loop {
            let rest = &self.source[self.at..];
            let brace = rest.find('{')?;
            self.at += brace + 1;
            let open = rest[brace + 1..].chars().next()?;
            if matches!(open, '{' | '%' | '#') {
                self.at += 1;
                if self.source[self.at..].starts_with(['-', '+']) {
                    self.at += 1;
                }
                return Some(open);
            }
        }
    }

    fn comment(&mut self) -> Result<(), TemplateProblem> {
        match self.source[self.at..].find("#}") {
            Some(end) => {
                self.at += end + 2;
                Ok(())
            }
            None => Err(self.problem("a comment {# is not closed")),
        }
    }

    fn tokens(&mut self, close: &str) -> Result<Vec<Token<'s>>, TemplateProblem> {
        self.count_lines();
        let mut tokens = Vec::new();
        loop {
            let rest = self.source[self.at..].trim_start_matches(|c: char| c.is_ascii_whitespace());
            self.at = self.source.len() - rest.len();
            let signed = rest.strip_prefix(['-', '+']).unwrap_or(rest);
            for behind in [rest, signed] {
                if let Some(behind) = behind.strip_prefix(close) {
                    self.at = self.source.len() - behind.len();
                    return Ok(tokens);
                }
            }
            let Some(first) = rest.chars().next() else {
                return Err(self.problem(format!("a tag is not closed with {close}")));
            };
            let (token, bytes) = match first {
                '"' | '\'' => {
                    (Token::Literal, quoted(rest).ok_or_else(|| self.problem("a text is not closed"))?)
                }
                '0'..='9' => (Token::Literal, number(rest)),
                'a'..='z' | 'A'..='Z' | '_' => {
                    let end =
                        rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                    (Token::Name(&rest[..end]), end)
                }
                _ => (Token::Sign(first), first.len_utf8()),
            };
            tokens.push(token);
            self.at += bytes;
            if tokens.len() > MAX_TOKENS {
                return Err(self.problem("a tag is too long"));
            }
        }
    }

    fn count_lines(&mut self) {
        let breaks = self.source[self.line_at..self.at].matches('\n').count();
        self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.line_at = self.at;
    }

    fn problem(&self, message: impl Into<String>) -> TemplateProblem {
        TemplateProblem { line: Some(self.line), message: message.into() }
    }
}

fn quoted(rest: &str) -> Option<usize> {
    let delimiter = rest.as_bytes().first()?;
    let mut escaped = false;
    let end = rest.bytes().skip(1).position(|byte| {
        let ends = byte == *delimiter && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map(|end| end + 2)
}

fn number(rest: &str) -> usize {
    let word =
        |text: &str| text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    let whole = word(rest);
    match rest[whole..].strip_prefix('.') {
        Some(fraction) if fraction.starts_with(|c: char| c.is_ascii_digit()) => whole + 1 + word(fraction),
        _ => whole,
    }
}

fn statement(tokens: &[Token<'_>]) -> Result<(), String> {
    match tokens.first() {
        Some(Token::Name("for")) if tokens.contains(&Token::Name("recursive")) => {
            Err("a loop cannot be recursive".to_owned())
        }
        Some(Token::Name("if" | "elif" | "else" | "endif" | "for" | "endfor")) => Ok(()),
        Some(Token::Name(other)) => Err(format!("{{% {other} %}} is not available; there are if and for")),
        _ => Err("a tag {% %} begins with if or for".to_owned()),
    }
}

fn expression(tokens: &[Token<'_>]) -> Result<(), String> {
    for (index, token) in tokens.iter().enumerate() {
        let before = |n: usize| index.checked_sub(n).map(|index| tokens[index]);
        match *token {
            Token::Sign('~') => return Err("~ is not available; write {{ a }}{{ b }}".to_owned()),
            Token::Sign('*') => return Err("* is not available".to_owned()),
            Token::Sign(sign @ ('{' | '}' | ':')) => return Err(format!("{sign} cannot stand inside a tag")),
            Token::Sign(_) | Token::Literal => {}
            Token::Name(name) => word(name, before(1), before(2), tokens.get(index + 1))?,
        }
    }
    Ok(())
}

fn word(
    name: &str,
    before: Option<Token<'_>>,
    earlier: Option<Token<'_>>,
    behind: Option<&Token<'_>>,
) -> Result<(), String> {
    if before == Some(Token::Sign('|')) {
        if FILTERS.contains(&name) {
            return Ok(());
        }
        return Err(format!("there is no filter {name}; there are {}", FILTERS.join(", ")));
    }
    if is_test(before, earlier) && name != "not" {
        if TESTS.contains(&name) {
            return Ok(());
        }
        return Err(format!("there is no test {name}; there are {}", TESTS.join(", ")));
    }
    if behind == Some(&Token::Sign('(')) && !KEYWORDS.contains(&name) {
        return Err(format!("{name}() is not available; there are filters, such as | date"));
    }
    Ok(())
}

fn is_test(before: Option<Token<'_>>, earlier: Option<Token<'_>>) -> bool {
    let is = Some(Token::Name("is"));
    before == is || (before == Some(Token::Name("not")) && earlier == is)
}

/// Adds the paths of a tag that fail if they are missing.
fn collect(tokens: &[Token<'_>], statement: bool, bare: &mut BTreeSet<String>) {
    if statement {
        // Asking whether something is there, or looping over it, does not fail; it is no.
        return;
    }
    let mut index = 0;
    while index < tokens.len() {
        let before = index.checked_sub(1).map(|index| tokens[index]);
        let start = tokens[index];
        index += 1;
        let Token::Name(first) = start else { continue };
        let other = matches!(before, Some(Token::Sign('|' | '.') | Token::Name("is")));
        if other || KEYWORDS.contains(&first) {
            continue;
        }
        let mut path = first.to_owned();
        while let [Token::Sign('.'), Token::Name(name), ..] = tokens[index..] {
            path.push('.');
            path.push_str(name);
            index += 2;
        }
        if !has_default(&tokens[index..]) {
            bare.insert(path);
        }
    }
}

/// Whether a `default` follows, at once or behind filters without arguments, which pass a missing value on.
fn has_default(mut tokens: &[Token<'_>]) -> bool {
    while let [Token::Sign('|'), Token::Name(filter), rest @ ..] = tokens {
        if matches!(*filter, "default" | "d") {
            return true;
        }
        tokens = rest;
    }
    matches!(tokens, [Token::Name("is"), ..])
}
