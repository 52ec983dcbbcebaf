//! What the compiler cannot see: which crate may know which, what a crate must not contain, how large a file may
//! grow. docs/ARCHITECTURE.md says why; these tests say where it stopped being true.
//!
//! Every check is a function from data to a list of complaints, so that a second test can show it a planted
//! violation: a check that never fails proves nothing.

mod arrows;
mod layout;
mod licences;
mod limits;
mod traces;
mod words;

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the repository, as the checks see it.
struct Source {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// A file that exists only in a test.
    fn planted(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    fn has_extension(&self, extensions: &[&str]) -> bool {
        let extension = Path::new(&self.path).extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| extensions.contains(&extension))
    }

    fn is_rust(&self) -> bool {
        self.has_extension(&["rs"])
    }

    /// The text that counts as code: in Rust, without the comments.
    fn code(&self) -> String {
        if self.is_rust() { words::without_comments(&self.text) } else { self.text.clone() }
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// Every file git tracks or would track, except what is not text.
fn sources() -> Vec<Source> {
    let root = root();
    paths()
        .into_iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(root.join(&path)).ok()?;
            Some(Source { path, text })
        })
        .collect()
}

/// The paths git tracks or would track, without those deleted from the work tree.
fn paths() -> Vec<String> {
    let root = root();
    let listing = Command::new("git")
        // The checkout may belong to another user than the one who runs the tests.
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(&root)
        .output()
        .unwrap_or_else(|error| panic!("git is needed to list the files of the repository: {error}"));
    assert!(
        listing.status.success(),
        "git could not list the files of the repository: {}",
        String::from_utf8_lossy(&listing.stderr)
    );
    String::from_utf8_lossy(&listing.stdout)
        .split('\0')
        .filter(|path| !path.is_empty() && root.join(path).exists())
        .map(str::to_owned)
        .collect()
}

/// Fails with every complaint at once.
#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n"));
}

/// Fails unless there is one complaint for each expected text, in order, containing it.
#[track_caller]
fn assert_caught(complaints: &[String], expected: &[&str]) {
    let all_named = complaints.iter().zip(expected).all(|(complaint, expected)| complaint.contains(expected));
    assert!(
        complaints.len() == expected.len() && all_named,
        "expected one complaint for each of {expected:#?}, got {complaints:#?}"
    );
}
