//! Traces of the machine a file was written on: its folders, and the registries it downloads from.

use std::path::Path;

use crate::{Source, assert_caught, assert_none, root, sources};

/// Folders every machine has: to be below one of them gives nothing away.
const EVERYWHERE: &[&str] = &["/", "/etc", "/home", "/opt", "/srv", "/tmp", "/usr", "/var"];

/// Hosts packages come from, in the halves around a dot. Which of them a machine asks is its own business.
const REGISTRIES: &[(&str, &str)] = &[
    ("index", "crates.io"),
    ("static", "crates.io"),
    ("registry", "npmjs.org"),
    ("registry", "yarnpkg.com"),
    ("pypi", "org/simple"),
    ("files", "pythonhosted.org"),
    ("proxy", "golang.org"),
    ("deb", "debian.org"),
];

#[test]
fn no_file_names_a_machine_or_a_registry() {
    assert_none(&traces(&sources(), &folders_of(&root())));
}

#[test]
fn a_trace_is_caught() {
    let folders = folders_of(Path::new("/builds/main"));
    assert_eq!(folders, ["/builds/main", "/builds"]);
    assert_eq!(folders_of(Path::new("/tmp/main")), ["/tmp/main"]);

    let host = ["https://registry", "npmjs.org/x"].join(".");
    let planted = [
        Source::planted("README.md", "see docs/builds/main and /buildsomething and https://crates.io\n"),
        Source::planted("Cargo.lock", &host),
        Source::planted("docs/a.md", "\nrun it in /builds/main\n"),
        Source::planted("docs/b.md", "look at \"/builds/other\"\n"),
        Source::planted(".npmrc", &format!("registry={host}\n")),
        Source::planted("shared/console/ui/package-lock.json", "{\n  \"resolved\": \"elsewhere\"\n}\n"),
    ];
    assert_caught(
        &traces(&planted, &folders),
        &["docs/a.md:2: `/builds/main`", "docs/b.md:1: `/builds`", ".npmrc:1", "package-lock.json:2"],
    );
}

/// The folder of the repository and the one above, unless every machine has that one.
fn folders_of(root: &Path) -> Vec<String> {
    let folders = [Some(root), root.parent()].into_iter().flatten();
    let folders = folders.map(|folder| folder.to_string_lossy().into_owned());
    folders.filter(|folder| !EVERYWHERE.contains(&folder.as_str())).collect()
}

fn traces(sources: &[Source], folders: &[String]) -> Vec<String> {
    let hosts: Vec<_> = REGISTRIES.iter().map(|(left, right)| format!("{left}.{right}")).collect();
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.path != "Cargo.lock") {
        let path = &source.path;
        let is_npm_lock = path.ends_with("package-lock.json");
        for (line, text) in (1..).zip(source.text.lines()) {
            if let Some(folder) = folders.iter().find(|folder| names_folder(text, folder)) {
                complaints.push(format!(
                    "{path}:{line}: `{folder}` is a folder of this machine. Write the path relative to the \
                     repository, or take it from a setting."
                ));
            }
            if let Some(host) = hosts.iter().find(|host| text.contains(host.as_str())) {
                complaints.push(format!(
                    "{path}:{line}: `{host}` is where this machine downloads from. Leave the registry to the \
                     settings of the machine that builds."
                ));
            }
            if is_npm_lock && text.contains("\"resolved\"") {
                complaints.push(format!(
                    "{path}:{line}: the lock file records where a package was downloaded. Write it with \
                     `npm install --omit-lockfile-registry-resolved`."
                ));
            }
        }
    }
    complaints
}

/// Whether the text contains the folder or something below it, as an absolute path.
fn names_folder(text: &str, folder: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    text.match_indices(folder).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + folder.len()..].chars().next();
        // The folder above may have an everyday name: alone it is no trace, only with something below it.
        !before.is_some_and(is_part)
            && (after == Some('/') || folder.matches('/').count() > 1 && !after.is_some_and(is_part))
    })
}
