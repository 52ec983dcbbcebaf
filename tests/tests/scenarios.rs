//! Every file of tests/scenarios, played again: what it expects must be what comes. `UPDATE_EXPECT=1` writes what
//! came into the files instead.

use std::fs;
use std::path::{Path, PathBuf};

use flusso_tests::scenario;

#[test]
fn every_scenario_comes_out_as_written() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let catalog = tests.join("../shared/catalog");
    let mut files: Vec<PathBuf> = fs::read_dir(tests.join("scenarios"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    assert!(files.len() >= 35, "only {} scenarios were found", files.len());
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let failures: Vec<String> = files
        .iter()
        .filter(|path| path.to_string_lossy().contains(&only))
        .filter_map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            play(path, &catalog).err().map(|why| format!("\n{name}: {why}"))
        })
        .collect();
    assert!(failures.is_empty(), "{} scenarios failed{}", failures.len(), failures.concat());
}

fn play(path: &Path, catalog: &Path) -> Result<(), String> {
    let expected = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let came = scenario::play(&expected, catalog)?;
    if came == expected {
        return Ok(());
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        return fs::write(path, came).map_err(|error| error.to_string());
    }
    let differs = expected.lines().zip(came.lines()).take_while(|(expected, came)| expected == came).count();
    let around =
        |text: &str| text.lines().skip(differs.saturating_sub(2)).take(8).collect::<Vec<_>>().join("\n    ");
    let (expected, came) = (around(&expected), around(&came));
    Err(format!("differs at line {}\n  expected\n    {expected}\n  came\n    {came}", differs + 1))
}
