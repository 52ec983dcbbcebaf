//! The licence of every dependency, against the list in deny.toml.

use std::collections::BTreeSet;

use crate::{arrows, assert_caught, assert_none, root};

/// A package and the licence expression of its manifest.
struct Licensed {
    package: String,
    expression: Option<String>,
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let deny = std::fs::read_to_string(root().join("deny.toml")).unwrap_or_default();
    let packages = arrows::resolved().packages.into_iter();
    let packages: Vec<_> = packages
        .map(|package| Licensed {
            package: format!("{} {}", package.name, package.version),
            expression: package.license,
        })
        .collect();
    assert_none(&refused(&packages, &allowed(&deny)));
}

#[test]
fn a_licence_outside_the_list_is_caught() {
    let allowed =
        allowed("[bans]\nallow = [\"GPL-3.0\"]\n[licenses]\nallow = [\n  \"MIT\", # why\n  \"ISC\",\n]\n");
    assert_eq!(allowed, BTreeSet::from(["MIT".to_owned(), "ISC".to_owned()]));

    let licensed = |package: &str, expression: &str| Licensed {
        package: package.to_owned(),
        expression: (!expression.is_empty()).then(|| expression.to_owned()),
    };
    let planted = [
        licensed("plain", "MIT"),
        licensed("choice", "GPL-3.0 OR MIT"),
        licensed("old-choice", "GPL-3.0/MIT"),
        licensed("nested", "(GPL-3.0 OR MIT) AND ISC"),
        licensed("binds", "GPL-3.0 AND ISC OR MIT"),
        licensed("copyleft", "GPL-3.0"),
        licensed("both", "MIT AND GPL-3.0"),
        licensed("exception", "MIT WITH some-exception"),
        licensed("silent", ""),
        licensed("garbled", "MIT OR"),
    ];
    assert_caught(&refused(&planted, &allowed), &["copyleft", "both", "exception", "silent", "garbled"]);
}

/// The strings of `licenses.allow`.
fn allowed(deny: &str) -> BTreeSet<String> {
    let section = deny.split_once("[licenses]").map_or("", |(_, section)| section);
    let list = section.split_once("\nallow = [").map_or("", |(_, list)| list);
    let lines = list.lines().take_while(|line| line.trim() != "]");
    lines.filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect()
}

fn refused(packages: &[Licensed], allowed: &BTreeSet<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for Licensed { package, expression } in packages {
        let expression = expression.as_deref().unwrap_or_default();
        if !Expression::new(expression).satisfied(allowed) {
            complaints.push(format!(
                "{package}: its licence is `{expression}`, which deny.toml does not allow. Do without the crate, \
                 or extend the list there and say in the commit why the licence is acceptable."
            ));
        }
    }
    complaints
}

/// The part of SPDX expressions that manifests use: OR, AND (which binds tighter), WITH, parentheses; and the
/// slash that meant OR before.
struct Expression {
    tokens: Vec<String>,
    next: usize,
}

impl Expression {
    fn new(text: &str) -> Self {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        Self { tokens: spaced.split_whitespace().map(str::to_owned).collect(), next: 0 }
    }

    /// Whether the list allows it; what cannot be read is not allowed.
    fn satisfied(mut self, allowed: &BTreeSet<String>) -> bool {
        let verdict = self.choice(allowed);
        verdict == Some(true) && self.next == self.tokens.len()
    }

    fn choice(&mut self, allowed: &BTreeSet<String>) -> Option<bool> {
        let mut verdict = self.all(allowed)?;
        while self.skip("OR") {
            verdict |= self.all(allowed)?;
        }
        Some(verdict)
    }

    fn all(&mut self, allowed: &BTreeSet<String>) -> Option<bool> {
        let mut verdict = self.one(allowed)?;
        while self.skip("AND") {
            verdict &= self.one(allowed)?;
        }
        Some(verdict)
    }

    fn one(&mut self, allowed: &BTreeSet<String>) -> Option<bool> {
        if self.skip("(") {
            let verdict = self.choice(allowed)?;
            return self.skip(")").then_some(verdict);
        }
        let mut name = self.take()?;
        if self.skip("WITH") {
            name = format!("{name} WITH {}", self.take()?);
        }
        Some(allowed.contains(&name))
    }

    fn skip(&mut self, token: &str) -> bool {
        let is_next = self.tokens.get(self.next).is_some_and(|next| next == token);
        self.next += usize::from(is_next);
        is_next
    }

    fn take(&mut self) -> Option<String> {
        let token = self.tokens.get(self.next)?.clone();
        self.next += 1;
        Some(token)
    }
}
