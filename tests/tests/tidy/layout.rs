//! Where files are, what they are called, and how long they may grow.

use crate::{Source, assert_caught, assert_none, paths, sources};

/// What the top level of the repository holds, besides dot files.
const TOP_LEVEL: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "docs",
    "functions",
    "infra",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "shared",
    "tests",
];

/// Names that say nothing about what is inside, and therefore take in everything.
const SAYS_NOTHING: &[&str] = &["common", "helper", "helpers", "misc", "util", "utils"];

/// Lines a source file may have.
const FILE_LINES: usize = 600;
/// Lines a file of shared/entrypoints may have: it only translates.
const HANDLER_LINES: usize = 300;
/// Lines a function's main.rs may have: configuration in, handler called.
const MAIN_LINES: usize = 40;

#[test]
fn the_top_level_holds_only_what_the_layout_names() {
    assert_none(&strangers(&paths()));
}

#[test]
fn a_stranger_at_the_top_level_is_caught() {
    let planted =
        ["README.md", ".ci/run", "shared/engine/Cargo.toml", "scripts/go.sh", "notes.txt", "scripts/b.sh"];
    assert_caught(&strangers(&planted.map(str::to_owned)), &["notes.txt", "scripts"]);
}

#[test]
fn file_names_say_what_is_inside() {
    assert_none(&empty_names(&paths()));
}

#[test]
fn a_name_that_says_nothing_is_caught() {
    let planted = [
        "shared/app/src/send.rs",
        "docs/common/a.md",
        "tests/src/utility_bill.rs",
        "tests/tests/common/mod.rs",
        "shared/app/src/utils.rs",
        "shared/console/ui/src/Helpers.tsx",
    ];
    assert_caught(
        &empty_names(&planted.map(str::to_owned)),
        &["tests/tests/common/mod.rs", "utils.rs", "Helpers.tsx"],
    );
}

#[test]
fn files_stay_short() {
    assert_none(&too_long(&sources()));
}

#[test]
fn a_file_that_grew_is_caught() {
    let lines = |path: &str, count: usize| Source::planted(path, &"x\n".repeat(count));
    let planted = [
        lines("shared/engine/src/react.rs", FILE_LINES),
        lines("shared/entrypoints/src/forms.rs", HANDLER_LINES),
        lines("functions/local/src/main.rs", MAIN_LINES),
        lines("docs/workflows.md", FILE_LINES + 1),
        Source::planted(
            "shared/console/ui/src/api.ts",
            &format!("// @generated\n{}", "x\n".repeat(FILE_LINES)),
        ),
        lines("shared/engine/src/react.rs", FILE_LINES + 1),
        lines("shared/console/ui/src/canvas.tsx", FILE_LINES + 1),
        lines("shared/entrypoints/src/forms.rs", HANDLER_LINES + 1),
        lines("functions/local/src/main.rs", MAIN_LINES + 1),
    ];
    assert_caught(&too_long(&planted), &["react.rs", "canvas.tsx", "forms.rs", "main.rs"]);
}

fn strangers(paths: &[String]) -> Vec<String> {
    let mut names: Vec<_> = paths.iter().filter_map(|path| path.split('/').next()).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| !name.starts_with('.') && !TOP_LEVEL.contains(name));
    names
        .iter()
        .map(|name| {
            format!(
                "{name}: the top level of the repository has no place for it. Put it under the folder that uses \
                 it, or add it to .gitignore if it is a product; docs/ARCHITECTURE.md has the layout."
            )
        })
        .collect()
}

fn empty_names(paths: &[String]) -> Vec<String> {
    let ours = paths.iter().filter(|path| path.starts_with("tests/") || path.starts_with("shared/"));
    let empty = ours.filter(|path| {
        path.split('/').any(|part| {
            let stem = part.split('.').next().unwrap_or(part).to_lowercase();
            SAYS_NOTHING.contains(&stem.as_str())
        })
    });
    empty
        .map(|path| {
            format!(
                "{path}: the name says nothing about what is inside. Name it after the one thing it knows."
            )
        })
        .collect()
}

fn too_long(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        let is_generated = source.text.lines().next().is_some_and(|first| first.contains("@generated"));
        let Some(limit) = limit_of(source).filter(|_| !is_generated) else {
            continue;
        };
        let lines = source.text.lines().count();
        if lines > limit {
            complaints.push(format!(
                "{}: {lines} lines, and {limit} are allowed. Cut it by what varies: one file for each step type, \
                 route or kind of row.",
                source.path
            ));
        }
    }
    complaints
}

fn limit_of(source: &Source) -> Option<usize> {
    if !source.has_extension(&["rs", "ts", "tsx", "mts"]) {
        None
    } else if source.path.starts_with("functions/") && source.path.ends_with("/src/main.rs") {
        Some(MAIN_LINES)
    } else if source.path.starts_with("shared/entrypoints/src/") {
        Some(HANDLER_LINES)
    } else {
        Some(FILE_LINES)
    }
}
