//! What the command says: on standard output for people and pipes, never through a log.

use std::io::{self, Write as _};
use std::process::ExitCode;

/// Says a line. A reader that has gone away is no failure.
pub(crate) fn say(line: &str) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Says on standard error why the command could not do what was asked, in one line.
pub(crate) fn failed(error: anyhow::Error) -> ExitCode {
    // With nobody to tell, the exit code has to do.
    let _ = writeln!(io::stderr().lock(), "flusso: {error:#}");
    ExitCode::FAILURE
}
