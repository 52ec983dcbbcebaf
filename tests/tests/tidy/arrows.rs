//! Which crate may depend on which, from the manifests; and what the engine must not pull in, from the lock file.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};

use crate::{assert_caught, assert_none, root};

/// A crate of ours (by its folder) that names another one in its manifest.
struct Arrow {
    from: String,
    to: String,
    is_dev: bool,
}

/// What each folder may depend on; `*` stands for one name, and the first line that matches counts.
const ALLOWED: &[(&str, &[&str])] = &[
    ("functions/local", &["shared/entrypoints", "shared/local"]),
    ("functions/*", &["shared/entrypoints", "shared/aws"]),
    ("tests", &["functions/*", "shared/*"]),
    ("shared/entrypoints", &["shared/app", "shared/mail", "shared/console"]),
    ("shared/aws", &["shared/app", "shared/store", "shared/webhook"]),
    ("shared/local", &["shared/app", "shared/store", "shared/webhook"]),
    ("shared/webhook", &["shared/app"]),
    ("shared/app", &["shared/store", "shared/mail", "shared/engine"]),
    ("shared/mail", &["shared/engine"]),
    ("shared/store", &["shared/engine"]),
    ("shared/engine", &[]),
    ("shared/console", &[]),
];

/// Crates that wait, open sockets or draw chances. What decides does none of that.
const NOT_IN_ENGINE: &[&str] = &[
    "async-std",
    "async-trait",
    "futures",
    "futures-util",
    "hyper",
    "mio",
    "rand",
    "reqwest",
    "smol",
    "tokio",
    "tower",
    "uuid",
];

#[test]
fn crates_depend_only_along_the_arrows() {
    assert_none(&forbidden_arrows(&arrows(&manifests())));
}

#[test]
fn a_forbidden_arrow_is_caught() {
    let arrow = |from: &str, to: &str, is_dev| Arrow { from: from.into(), to: to.into(), is_dev };
    let planted = [
        arrow("functions/local", "shared/local", false),
        arrow("functions/intake", "shared/aws", false),
        arrow("shared/engine", "shared/engine", true),
        arrow("tests", "shared/engine", false),
        arrow("functions/intake", "shared/local", false),
        arrow("functions/local", "shared/aws", false),
        arrow("shared/engine", "shared/store", true),
        arrow("shared/store", "shared/app", false),
        arrow("shared/app", "tests", true),
        arrow("shared/misplaced", "shared/engine", false),
    ];
    assert_caught(
        &forbidden_arrows(&planted),
        &[
            "functions/intake -> shared/local",
            "functions/local -> shared/aws",
            "shared/engine -> shared/store",
            "shared/store -> shared/app",
            "shared/app -> tests",
            "shared/misplaced has no line",
        ],
    );
}

#[test]
fn the_engine_pulls_in_nothing_that_waits() {
    let metadata = resolved();
    assert_none(&waiting_crates(&linked_into(&metadata, "flusso-engine")));
}

#[test]
fn a_crate_that_waits_is_caught() {
    let planted = ["serde", "tokio", "tokio-but-not-quite"].map(str::to_owned);
    assert_caught(&waiting_crates(&BTreeSet::from(planted)), &["tokio"]);
}

#[test]
fn nothing_that_is_delivered_has_failpoints() {
    assert_none(&failpoints(&enabled_features(&manifests())));
}

#[test]
fn a_delivered_failpoint_is_caught() {
    let planted = [
        ("functions/steps", "failpoints"),
        ("functions/steps", "lambda"),
        ("functions/local", "flusso-app/failpoints"),
        ("shared/app", "default: failpoints"),
        ("tests", "flusso-app/failpoints"),
    ];
    assert_caught(
        &failpoints(&planted.map(|(folder, feature)| (folder.to_owned(), feature.to_owned()))),
        &["functions/steps/Cargo.toml", "functions/local/Cargo.toml", "shared/app/Cargo.toml"],
    );
}

/// Each feature that a manifest of ours switches on: for a dependency, by a feature of its own, or by default.
fn enabled_features(manifests: &Metadata) -> Vec<(String, String)> {
    let mut enabled = Vec::new();
    for package in &manifests.packages {
        let folder = folder(package);
        let of_dependencies = package.dependencies.iter().flat_map(|dependency| dependency.features.clone());
        enabled.extend(of_dependencies.map(|feature| (folder.clone(), feature)));
        for (name, switched) in &package.features {
            let shown = |feature: &String| {
                if name == "default" { format!("default: {feature}") } else { feature.clone() }
            };
            enabled.extend(switched.iter().map(|feature| (folder.clone(), shown(feature))));
        }
    }
    enabled
}

fn failpoints(enabled: &[(String, String)]) -> Vec<String> {
    let delivered =
        enabled.iter().filter(|(folder, feature)| feature.ends_with("failpoints") && folder != "tests");
    delivered
        .map(|(folder, feature)| {
            format!(
                "{folder}/Cargo.toml: `{feature}` is switched on. With it a file can end the process: only the tests \
                 have that."
            )
        })
        .collect()
}

/// The manifests of our crates, without resolving anything.
fn manifests() -> Metadata {
    read(MetadataCommand::new().no_deps(), Vec::new())
}

/// Our crates and everything they are built from on this machine.
pub(crate) fn resolved() -> Metadata {
    let rustc = Command::new("rustc").arg("-vV").output();
    let version =
        rustc.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.unwrap_or_else(|| panic!("rustc -vV named no host: {version}"));
    // Only what this machine builds with has surely been downloaded.
    read(&mut MetadataCommand::new(), vec!["--filter-platform".to_owned(), host.to_owned()])
}

fn read(command: &mut MetadataCommand, mut options: Vec<String>) -> Metadata {
    options.push("--offline".to_owned());
    command
        .manifest_path(root().join("Cargo.toml"))
        .other_options(options)
        .exec()
        .unwrap_or_else(|error| panic!("cargo metadata failed; `cargo fetch` may be missing: {error}"))
}

fn arrows(manifests: &Metadata) -> Vec<Arrow> {
    let mut arrows = Vec::new();
    for package in &manifests.packages {
        let from = folder(package);
        for dependency in &package.dependencies {
            if let Some(path) = &dependency.path {
                let is_dev = dependency.kind == DependencyKind::Development;
                arrows.push(Arrow { from: from.clone(), to: within_root(path.as_str()), is_dev });
            }
        }
    }
    arrows
}

/// The folder of a crate of ours, from the root.
fn folder(package: &Package) -> String {
    package.manifest_path.parent().map(|parent| within_root(parent.as_str())).unwrap_or_default()
}

fn within_root(path: &str) -> String {
    let root = root();
    path.strip_prefix(&*root.to_string_lossy()).unwrap_or(path).trim_start_matches('/').to_owned()
}

fn forbidden_arrows(arrows: &[Arrow]) -> Vec<String> {
    let mut complaints = Vec::new();
    for Arrow { from, to, is_dev } in arrows {
        let itself_in_tests = *is_dev && from == to;
        match ALLOWED.iter().find(|(folder, _)| matches(folder, from)) {
            _ if itself_in_tests => {}
            Some((_, targets)) if targets.iter().any(|target| matches(target, to)) => {}
            Some((_, targets)) => complaints.push(format!(
                "{from}/Cargo.toml: {from} -> {to} is not an arrow; {from} may depend on {targets:?}. \
                 docs/ARCHITECTURE.md explains the arrows: move the code to the side that may know both."
            )),
            None => complaints.push(format!(
                "{from}/Cargo.toml: {from} has no line in the list of arrows. Give the crate its place in \
                 docs/ARCHITECTURE.md, then in tests/tests/tidy/arrows.rs."
            )),
        }
    }
    complaints
}

fn matches(pattern: &str, folder: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => folder.strip_prefix(prefix).is_some_and(|name| !name.contains('/')),
        None => folder == pattern,
    }
}

/// The names of all crates linked into one of ours, tests and build scripts left out.
fn linked_into(metadata: &Metadata, name: &str) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().unwrap_or_else(|| panic!("cargo metadata resolved nothing"));
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let names: BTreeMap<&PackageId, &str> =
        metadata.packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
    let start = metadata.packages.iter().find(|package| package.name.as_str() == name);
    let start = start.unwrap_or_else(|| panic!("no package is called {name}"));

    let mut seen = BTreeSet::from([&start.id]);
    let mut open = vec![&start.id];
    while let Some(id) = open.pop() {
        for dependency in nodes.get(id).into_iter().flat_map(|node| &node.deps) {
            let is_linked = dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            if is_linked && seen.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    seen.into_iter().filter_map(|id| names.get(id)).map(|name| (*name).to_owned()).collect()
}

fn waiting_crates(linked: &BTreeSet<String>) -> Vec<String> {
    let waiting = NOT_IN_ENGINE.iter().filter(|name| linked.contains(**name));
    waiting
        .map(|name| {
            format!(
                "shared/engine/Cargo.toml: the engine is linked with `{name}`, directly or through another crate \
                 (`cargo tree -p flusso-engine -i {name}`). It only decides: time and chance are arguments, and \
                 waiting is the caller's. See docs/ARCHITECTURE.md."
            )
        })
        .collect()
}
