//! docs/requirements-map.md: which test names which requirement. Scenarios name them in their first comment; a test in the
//! comment above it, or in that of its file. `UPDATE_EXPECT=1` writes the page.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a test ends it")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use flusso_tests::documents;

/// The parts of the requirement list, and how many ids each has.
const PARTS: &[(&str, usize)] = &[("KW", 66), ("SH", 68), ("KC", 87), ("BL", 24), ("CL", 36), ("SEM", 19)];
const PAGE: &str = "docs/requirements-map.md";

#[test]
fn the_map_of_requirements_is_what_the_tests_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let came = page(&named(root));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(root.join(PAGE), came).unwrap();
        return;
    }
    let stored = fs::read_to_string(root.join(PAGE)).unwrap_or_default();
    assert!(
        came == stored,
        "{PAGE} is stale: UPDATE_EXPECT=1 cargo test -p flusso-tests --test requirements"
    );
}

#[test]
fn no_test_names_what_there_is_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let known: BTreeSet<String> = PARTS.iter().flat_map(|(part, count)| ids(part, *count)).collect();
    let of_ours = |id: &&String| PARTS.iter().any(|(part, _)| id.starts_with(&format!("{part}-")));
    let strange: Vec<String> =
        named(root).into_keys().filter(|id| of_ours(&id) && !known.contains(id)).collect();
    assert!(strange.is_empty(), "no such requirement: {strange:?}");
}

fn ids(part: &str, count: usize) -> impl Iterator<Item = String> {
    (1..=count).map(move |n| if part == "SEM" { format!("{part}-{n}") } else { format!("{part}-{n:02}") })
}

/// By id, the tests that name it.
fn named(root: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut note = |text: &str, test: String| {
        for id in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|word| is_id(word)) {
            named.entry(id.to_owned()).or_default().insert(test.clone());
        }
    };
    for path in documents::files("scenarios", "txt") {
        let text = documents::text(&path);
        let header: String = text.lines().take_while(|line| line.starts_with('#')).collect();
        note(&header, relative(root, &path));
    }
    for path in sources(root) {
        let text = documents::text(&path);
        let place = relative(root, &path);
        let of_file: String = text.lines().filter(|line| line.starts_with("//!")).collect();
        if text.contains("#[test]") || text.contains("proptest!") {
            note(&of_file, place.clone());
        }
        let mut above = String::new();
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            match line {
                line if line.starts_with("//") && !line.starts_with("//!") => above.push_str(line),
                line if line.starts_with("#[") => is_test |= line.ends_with("test]"),
                line => {
                    let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
                    if let Some(name) = name.filter(|_| is_test) {
                        note(&above, format!("{place}: {}", name.split('(').next().unwrap_or(name)));
                    }
                    (above, is_test) = (String::new(), false);
                }
            }
        }
    }
    named
}

fn is_id(word: &str) -> bool {
    word.split_once('-').is_some_and(|(part, number)| {
        (2..=3).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_uppercase())
            && (1..=2).contains(&number.len())
            && number.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Every file that may have tests in it.
fn sources(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> =
        ["shared", "functions", "tests"].iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn page(named: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut page = String::from(
        "# Which test shows which requirement\n\nWritten by `tests/tests/requirements.rs` from what scenarios and tests say of themselves (`UPDATE_EXPECT=1`).\n",
    );
    for (part, count) in PARTS {
        let _ = write!(page, "\n## {part}\n\n| id | tests |\n|---|---|\n");
        let mut without = Vec::new();
        for id in ids(part, *count) {
            match named.get(&id) {
                Some(tests) => {
                    let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
                    let _ = writeln!(page, "| {id} | {} |", tests.join(", "));
                }
                None => without.push(id),
            }
        }
        if !without.is_empty() {
            let _ = write!(page, "\nNamed by no test: {}.\n", without.join(", "));
        }
    }
    page
}
