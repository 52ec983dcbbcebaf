//! Words that must not occur: what a crate must not know, what is unfinished, names that say nothing.

use crate::{Source, assert_caught, assert_none, sources};

/// Words that a part of the tree must not contain, comments aside.
struct Absence {
    words: &'static [&'static str],
    within: &'static [&'static str],
    except: &'static [&'static str],
    instead: &'static str,
}

// Words this file itself must not contain are written in two halves.
const ABSENCES: &[Absence] = &[
    Absence {
        words: &[
            "HashMap",
            "HashSet",
            "Instant::now",
            "SystemTime",
            "Timestamp::now",
            "Uuid",
            "Zoned::now",
            "async fn",
            "rand",
            "tokio",
        ],
        within: &["shared/engine/src/"],
        except: &[],
        instead: "The engine only decides: time, chance and ids are arguments, maps are ordered, nothing waits.",
    },
    Absence {
        words: &[concat!("rus", "qlite")],
        within: CRATES,
        except: &["shared/local/"],
        instead: "Only shared/local knows SQLite; everybody else speaks to the Table port.",
    },
    Absence {
        words: &[concat!("aws", "_sdk_"), concat!("aws", "-sdk-")],
        within: CRATES,
        except: &["shared/aws/", "tests/Cargo.toml", "tests/tests/aws/", "tests/tests/infra/"],
        instead: "Only shared/aws knows the provider; everybody else speaks to a port.",
    },
    Absence {
        words: &["axum", "lambda_http"],
        within: CRATES,
        except: &["shared/entrypoints/", "functions/", "tests/"],
        instead: "Only shared/entrypoints translates HTTP; a use case takes and returns its own types.",
    },
    Absence {
        words: &[concat!("sle", "ep(")],
        within: &["tests/"],
        except: &[],
        instead: "A test that waits is slow and still wrong on a slow machine: advance the clock of the World.",
    },
];

const CRATES: &[&str] = &["functions/", "shared/", "tests/"];

/// Unfinished work, in code and in comments.
const UNFINISHED: &[&str] = &[
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("#[ig", "nore"),
];

/// Ends of type names that say nothing about the type.
const SAYS_NOTHING: &[&str] = &["Manager", "Helper", "Util", "Utils"];

/// Files in which those words are looked for.
const CODE: &[&str] = &["rs", "ts", "tsx", "mts", "js", "mjs", "css", "html", "sh", "toml", "yaml", "yml"];

#[test]
fn crates_do_not_name_what_they_must_not_know() {
    assert_none(&misplaced_words(&sources()));
}

#[test]
fn a_misplaced_word_is_caught() {
    let sqlite = concat!("rus", "qlite");
    let planted = [
        Source::planted("shared/engine/src/a.rs", "// HashMap\n/// tokio\nlet operand = randomly(\"//\");\n"),
        Source::planted("shared/local/src/a.rs", &format!("use {sqlite}::Connection;\n")),
        Source::planted("shared/entrypoints/src/a.rs", "use axum::Router;\n"),
        Source::planted("tests/src/a.rs", concat!("let x = as", "le", "ep(1);\n")),
        Source::planted("shared/engine/src/b.rs", "use std::collections::HashMap;\n"),
        Source::planted("shared/engine/src/c.rs", "/* no */ let t = jiff::Zoned::now(); // now\n"),
        Source::planted("shared/engine/src/d.rs", "let url = \"http://x\"; async fn wait() {}\n"),
        Source::planted("shared/app/Cargo.toml", &format!("[dependencies]\n{sqlite}.workspace = true\n")),
        Source::planted("shared/local/Cargo.toml", &format!("{}dynamodb = \"1\"\n", concat!("aws", "-sdk-"))),
        Source::planted("shared/app/src/a.rs", "\nuse axum::Json;\n"),
        Source::planted("tests/tests/a.rs", concat!("fn f() { std::thread::sle", "ep(SECOND); }\n")),
    ];
    assert_caught(
        &misplaced_words(&planted),
        &[
            "shared/engine/src/b.rs:1: `HashMap`",
            "shared/engine/src/c.rs:1: `Zoned::now`",
            "shared/engine/src/d.rs:1: `async fn`",
            "shared/app/Cargo.toml:2: `rus",
            "shared/local/Cargo.toml:1: `aws",
            "shared/app/src/a.rs:2: `axum`",
            "tests/tests/a.rs:1: `sle",
        ],
    );
}

#[test]
fn nothing_is_left_unfinished() {
    assert_none(&unfinished(&sources()));
}

#[test]
fn unfinished_work_is_caught() {
    let planted = [
        Source::planted("shared/app/src/a.rs", concat!("let t = \"mktemp-X", "XXXXX\";\n")),
        Source::planted("shared/app/src/b.rs", concat!("\n    to", "do!()\n")),
        Source::planted("shared/app/src/c.rs", concat!("// FIX", "ME later\n")),
        Source::planted("tests/tests/d.rs", concat!("#[ig", "nore = \"slow\"]\n")),
        Source::planted("Makefile", concat!("# X", "XX\n")),
    ];
    assert_caught(&unfinished(&planted), &["b.rs:2", "c.rs:1", "d.rs:1", "Makefile:1"]);
}

#[test]
fn type_names_say_what_they_are() {
    assert_none(&empty_type_names(&sources()));
}

#[test]
fn a_type_name_that_says_nothing_is_caught() {
    let planted = [
        Source::planted("shared/app/src/a.rs", concat!("pub struct Utility; // struct Token", "Helper\n")),
        Source::planted("shared/app/src/b.rs", concat!("\npub(crate) struct Send", "Manager<T>(T);\n")),
        Source::planted("shared/app/src/c.rs", concat!("pub trait Date", "Utils {}\n")),
    ];
    assert_caught(&empty_type_names(&planted), &["b.rs:2: `SendManager`", "c.rs:1: `DateUtils`"]);
}

#[test]
fn comments_are_told_from_code() {
    let check = |text: &str, expected: &str| assert_eq!(without_comments(text), expected);
    check("a // b\nc", "a     \nc");
    check("a /* b /* c */ d\n */ e", "a               \n    e");
    check(r#"let s = "// \" no"; // yes"#, r#"let s = "// \" no";       "#);
    check(r##"let s = r#"// " no"#; // yes"##, r##"let s = r#"// " no"#;       "##);
    check("let c = '\"'; // x\nlet d: &'a str = '\\'';", "let c = '\"';     \nlet d: &'a str = '\\'';");
}

fn misplaced_words(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust() || source.path.ends_with("/Cargo.toml")) {
        let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| source.path.starts_with(prefix));
        let code = source.code();
        for absence in ABSENCES.iter().filter(|absence| starts(absence.within) && !starts(absence.except)) {
            for (line, word) in occurrences(&code, absence.words) {
                let Absence { instead, .. } = absence;
                let path = &source.path;
                complaints.push(format!(
                    "{path}:{line}: `{word}` has no place here. {instead} See docs/ARCHITECTURE.md."
                ));
            }
        }
    }
    complaints
}

fn unfinished(sources: &[Source]) -> Vec<String> {
    let code =
        sources.iter().filter(|source| source.has_extension(CODE) || source.path.ends_with("Makefile"));
    code.flat_map(|source| {
        occurrences(&source.text, UNFINISHED).into_iter().map(|(line, word)| {
            format!("{}:{line}: `{word}` marks unfinished work. Finish it, or take it out.", source.path)
        })
    })
    .collect()
}

fn empty_type_names(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.has_extension(&["rs", "ts", "tsx", "mts"])) {
        for (line, text) in (1..).zip(source.code().lines()) {
            let words: Vec<_> = text.split(|c: char| !is_word(c)).filter(|word| !word.is_empty()).collect();
            for pair in words.windows(2) {
                let [keyword, name] = pair else { continue };
                let declares = ["struct", "enum", "trait", "class", "interface"].contains(keyword);
                if declares && SAYS_NOTHING.iter().any(|end| name.ends_with(end)) {
                    let path = &source.path;
                    complaints.push(format!(
                        "{path}:{line}: `{name}` says nothing about the type. Name it after what it is or decides."
                    ));
                }
            }
        }
    }
    complaints
}

/// The lines (from 1) on which one of the words stands alone.
fn occurrences<'a>(text: &str, words: &[&'a str]) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        found.extend(words.iter().filter(|word| contains_word(line, word)).map(|word| (number, *word)));
    }
    found
}

/// Whether the line contains the text, and not as a part of a longer word. A text that ends in `_` or in
/// punctuation may be the beginning of something.
fn contains_word(line: &str, word: &str) -> bool {
    let is_open = !word.ends_with(char::is_alphanumeric);
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let free_before = !word.starts_with(is_word) || !before.is_some_and(is_word);
        free_before && (is_open || !after.is_some_and(is_word))
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Rust source with the comments blanked out; lines and columns stay where they are.
pub(crate) fn without_comments(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, is_comment) = token(rest, first);
        let (token, after) = rest.split_at(length);
        if is_comment {
            code.extend(token.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            code.push_str(token);
        }
        rest = after;
    }
    code
}

/// The length of the comment, literal, word or character at the start, and whether it is a comment.
fn token(rest: &str, first: char) -> (usize, bool) {
    if rest.starts_with("//") {
        (rest.find('\n').unwrap_or(rest.len()), true)
    } else if rest.starts_with("/*") {
        (block_comment(rest), true)
    } else if first == '"' {
        (quoted(rest, '"'), false)
    } else if rest.starts_with("r\"")
        || rest.starts_with("r#")
        || rest.starts_with("br\"")
        || rest.starts_with("br#")
    {
        (raw_string(rest), false)
    } else if first == '\'' {
        (character(rest), false)
    } else if is_word(first) {
        let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        (word, false)
    } else {
        (first.len_utf8(), false)
    }
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(step) = rest[at..].find(['/', '*']) {
        at += step;
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !is_escaped {
            return at + 1;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    rest.len()
}

/// A raw string, or only the `r#` of a raw identifier.
fn raw_string(rest: &str) -> usize {
    let start = rest.find(['"', '#']).unwrap_or(0);
    let hashes = rest[start..].chars().take_while(|c| *c == '#').count();
    let open = start + hashes;
    if !rest[open..].starts_with('"') {
        return open;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    rest[open + 1..].find(&close).map_or(rest.len(), |at| open + 1 + at + close.len())
}

/// A character literal, or only the tick of a lifetime.
fn character(rest: &str) -> usize {
    let mut inside = rest.chars().skip(1);
    match (inside.next(), inside.next()) {
        (Some('\\'), _) => quoted(rest, '\''),
        (Some(c), Some('\'')) => c.len_utf8() + 2,
        _ => 1,
    }
}
