//! Scenario texts through the pure engine: definitions, what happens to whom, and below a line `----` the transcript
//! that must come of it. The format is told in tests/scenarios/README.md.

mod account;
mod life;
mod objects;
mod script;
mod transcript;
mod world;

use std::path::Path;

pub use account::Account;
pub use script::{Definition, FEEDBACK, Happening, Script, Stage, Words};
pub use world::{Handed, Person, World};

/// What parts the script from its transcript.
const RULE: &str = "\n----\n";

/// The upper part of a scenario file.
pub fn script_of(text: &str) -> &str {
    text.split(RULE).next().unwrap_or_default().trim_end()
}

/// A scenario file with its transcript made new; `catalog` is the folder that `use` reads from.
///
/// # Errors
/// Where the file can't be understood, or the engine broke one of its promises.
pub fn play(text: &str, catalog: &Path) -> Result<String, String> {
    let script = script_of(text);
    let read = Script::read(script, catalog)?;
    let mut world = World::of(&read)?;
    for line in &read.lines {
        line.play(&mut world).map_err(|why| format!("line {}: {why}", line.number))?;
    }
    Ok(format!("{script}\n{RULE}{}", world.finish()?))
}
