//! Workbooks (XLSX). When somebody looks at one, a sheet of it is made into text with commas, once; from then on it is read
//! as any other file. A workbook is packed, so what it unpacks to is measured before anything of it is read.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, Sheet, SheetType, SheetVisible, Xlsx, XlsxError};
use flusso_engine::limits;

use crate::AppError;

/// Most bytes of a workbook as it comes.
const PACKED: usize = 16 << 20;
/// Most bytes of the texts that its cells share: they are kept in memory.
const SHARED: u64 = 32 << 20;
/// Most bytes of all of it when it is unpacked.
const UNPACKED: u64 = 512 << 20;
/// Most bytes of the text that it is made into.
const TEXT: usize = 64 << 20;

/// A sheet of a workbook as text.
#[derive(Debug)]
pub(super) struct SheetText {
    /// The name of the sheet.
    pub name: String,
    /// Its rows, cells with commas between them, in UTF-8. A row in which nothing stands has one empty cell, so that every
    /// other keeps its number.
    pub text: Vec<u8>,
}

/// Whether a file that begins so is a workbook.
pub(super) fn is_workbook(beginning: &[u8]) -> bool {
    beginning.starts_with(b"PK\x03\x04")
}

/// Whether a file that begins so is a workbook as they were written before 2007, or one with a password.
pub(super) fn is_old_workbook(beginning: &[u8]) -> bool {
    beginning.starts_with(b"\xd0\xcf\x11\xe0")
}

/// What is said of a workbook that can't be read.
pub(super) fn refused(why: &str) -> AppError {
    AppError::invalid("file", "import.workbook", format!("{why}; save it as CSV (UTF-8) and send that"))
}

/// Refuses a workbook that is too large to be read at once, before it is put together.
pub(super) fn check_size(bytes: u64) -> Result<(), AppError> {
    if bytes <= PACKED as u64 {
        return Ok(());
    }
    Err(refused(&format!(
        "a workbook has at most {} MB; this one has {}",
        PACKED >> 20,
        bytes.div_ceil(1 << 20)
    )))
}

/// The text of a sheet: the one of this name, or else the first that is shown.
///
/// # Errors
///
/// What is no workbook, unpacks to too much, or has no such sheet.
pub(super) fn sheet(bytes: Vec<u8>, wanted: Option<&str>) -> Result<SheetText, AppError> {
    check_unpacked(&bytes)?;
    let unreadable = |error: XlsxError| refused(&format!("this workbook can't be read ({error})"));
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let is_table = |sheet: &&Sheet| sheet.typ == SheetType::WorkSheet;
    let sheets: Vec<&Sheet> = book.sheets_metadata().iter().filter(is_table).collect();
    let found = match wanted {
        Some(wanted) => sheets.iter().find(|sheet| sheet.name == wanted),
        None => sheets.iter().find(|sheet| sheet.visible == SheetVisible::Visible),
    };
    let Some(name) = found.map(|sheet| sheet.name.clone()) else {
        let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
        let message = format!("the workbook has no such sheet; it has {}", names.join(", "));
        return Err(AppError::invalid("sheet", "import.sheet", message));
    };
    let mut cells = book.worksheet_cells_reader(&name).map_err(unreadable)?;
    let mut rows = Rows::default();
    while let Some(cell) = cells.next_cell().map_err(unreadable)? {
        let (row, column) = cell.get_position();
        rows.put(row, column as usize, written(cell.get_value()))?;
    }
    Ok(SheetText { name, text: rows.end()? })
}

/// Unpacks everything once, to nowhere: what a file says of its own sizes may be a lie.
fn check_unpacked(bytes: &[u8]) -> Result<(), AppError> {
    let unreadable =
        |error: &dyn std::fmt::Display| refused(&format!("this workbook can't be read ({error})"));
    let mut files = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let mut left = UNPACKED;
    for at in 0..files.len() {
        let file = files.by_index(at).map_err(|error| unreadable(&error))?;
        let shared = file.name().is_ok_and(|name| name.eq_ignore_ascii_case("xl/sharedStrings.xml"));
        let most = if shared { left.min(SHARED) } else { left };
        let unpacked = std::io::copy(&mut file.take(most + 1), &mut std::io::sink());
        let unpacked = unpacked.map_err(|error| unreadable(&error))?;
        if unpacked > most {
            return Err(refused("this workbook is too large when it is unpacked"));
        }
        left -= unpacked;
    }
    Ok(())
}

/// Rows that are being written.
#[derive(Default)]
struct Rows {
    text: Vec<u8>,
    /// How many are written.
    done: u32,
    /// The one that is not.
    row: Vec<String>,
}

impl Rows {
    fn put(&mut self, row: u32, column: usize, value: String) -> Result<(), AppError> {
        // Beyond the columns that a file may have, one is enough to see that there are too many.
        let column = column.min(limits::FIELDS);
        while self.done < row {
            self.write()?;
        }
        if value.is_empty() || row < self.done {
            return Ok(());
        }
        if self.row.len() <= column {
            self.row.resize(column + 1, String::new());
        }
        self.row[column] = value;
        Ok(())
    }

    fn write(&mut self) -> Result<(), AppError> {
        if self.row.is_empty() {
            self.row.push(String::new());
        }
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(&mut self.text);
        // Writing to memory can't fail.
        let _ = writer.write_record(&self.row);
        drop(writer);
        self.row.clear();
        self.done += 1;
        if self.text.len() > TEXT {
            return Err(refused(&format!("a sheet has at most {} MB of text", TEXT >> 20)));
        }
        Ok(())
    }

    fn end(mut self) -> Result<Vec<u8>, AppError> {
        if !self.row.is_empty() {
            self.write()?;
        }
        Ok(self.text)
    }
}

/// What stands in a cell, as a file of text would have it: dates with the year first, numbers with a point.
fn written(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.trim().to_owned()
        }
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(time) => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            let (date, clock) =
                (format!("{year:04}-{month:02}-{day:02}"), format!("{hour:02}:{minute:02}:{second:02}"));
            match (time.as_f64() < 1.0, clock.as_str()) {
                (true, _) => clock,
                (false, "00:00:00") => date,
                (false, _) => format!("{date}T{clock}"),
            }
        }
        // `#DIV/0!` says nothing of a person.
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}
