//! Compresses the OpenAPI document that the program serves.

use std::fs::{File, read};
use std::io::{Error, Write as _};
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> Result<(), Error> {
    let document = "../../docs/openapi.json";
    println!("cargo::rerun-if-changed={document}");
    let target = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("openapi.json.gz");
    let mut compressed = GzEncoder::new(File::create(target)?, Compression::best());
    compressed.write_all(&read(document)?)?;
    compressed.finish()?;
    Ok(())
}
