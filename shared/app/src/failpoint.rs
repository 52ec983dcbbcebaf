//! Places at which a test can have the process die, as a machine does: at once, with nothing finished. Without the
//! feature `failpoints` there is nothing here.

/// Dies if the file of this name lies in the folder `$FLUSSO_FAILPOINTS`. The file goes first: one file, one death.
#[cfg(feature = "failpoints")]
pub(crate) fn failpoint(name: &str) {
    let Some(folder) = std::env::var_os("FLUSSO_FAILPOINTS") else { return };
    if std::fs::remove_file(std::path::Path::new(&folder).join(name)).is_ok() {
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(feature = "failpoints"))]
pub(crate) const fn failpoint(_: &str) {}
