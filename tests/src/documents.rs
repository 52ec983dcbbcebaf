//! The documents that the tree has: of the catalog, of the scenarios, and those with something wrong in them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use flusso_app::ready;

/// The files of a folder of this repository with an extension, in order; `folder` is seen from `tests/`.
pub fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = fs::read_dir(&folder).expect("there is such a folder");
    let mut files: Vec<PathBuf> = files
        .map(|file| file.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|own| own == extension))
        .collect();
    files.sort();
    files
}

/// The text of a file.
pub fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("it is a text")
}

/// The ready workflows, as they are in Italian if nothing is answered, and by which name: one or several a document.
pub fn catalog() -> Vec<(String, String)> {
    let all = ready::all("it").expect("the catalogue can be read");
    all.into_iter().map(|one| (one.id.to_owned(), filled(one.id))).collect()
}

/// A ready workflow, as it is in Italian if nothing is answered; several in a list.
pub fn filled(id: &str) -> String {
    let documents = ready::fill(id, "it", &BTreeMap::new()).expect("the catalogue can be read");
    if let [only] = documents.as_slice() {
        return only.source.clone();
    }
    let item = |source: &str| {
        let mut lines = source.lines();
        let first = lines.next().unwrap_or_default().to_owned();
        lines.fold(format!("- {first}\n"), |item, line| {
            item + &(if line.is_empty() { String::new() } else { format!("  {line}") }) + "\n"
        })
    };
    documents.iter().map(|document| item(&document.source)).collect::<Vec<_>>().join("\n")
}

/// Every workflow that a scenario defines, with the scenario's name.
pub fn scenarios() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for path in files("scenarios", "txt") {
        let script = text(&path);
        let mut lines = script.lines().peekable();
        while let Some(line) = lines.next() {
            let Some(id) = line.strip_prefix("workflow") else { continue };
            let id = id.trim();
            let mut document = if id.is_empty() { String::new() } else { format!("workflow: {id}\n") };
            while let Some(below) = lines.next_if(|line| line.starts_with("  ") || line.is_empty()) {
                document.push_str(below.strip_prefix("  ").unwrap_or_default());
                document.push('\n');
            }
            all.push((name(&path), document));
        }
    }
    all
}

/// The documents with something wrong in them, without what is said of them.
pub fn wrong() -> Vec<(String, String)> {
    let source = |path: &PathBuf| text(path).split("\n----\n").next().unwrap_or_default().to_owned();
    files("documents", "txt").iter().map(|path| (name(path), source(path))).collect()
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
