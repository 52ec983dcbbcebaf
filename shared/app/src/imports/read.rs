//! Reading the rows of a file that lies in parts: from a place on, in as much memory as two parts need.

use flusso_engine::limits;
use flusso_store::keys::import::{Encoding, Import, Shape};

use crate::{App, AppError};

/// Most bytes of a part.
pub const PART: usize = 4 << 20;
/// Most bytes of a row.
const ROW: u64 = 256 * 1024;
/// What stands between two cells, in files that there are.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];
/// Rows by which a file is judged.
const JUDGED: usize = 50;

/// A row of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its number, as programs for tables count: the first one is 1.
    pub number: u64,
    /// What stands in it; none if it is longer than any row is.
    pub cells: Option<Vec<String>>,
}

impl Row {
    /// Whether nothing stands in it: a line of separators, as programs for tables leave them at the end.
    pub(crate) fn is_blank(&self) -> bool {
        self.cells.as_ref().is_some_and(|cells| cells.iter().all(String::is_empty))
    }
}

/// A place in a file: how many bytes, and how many rows, come before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub bytes: u64,
    pub rows: u64,
}

impl Place {
    /// As a job keeps it.
    pub(crate) fn written(self) -> String {
        format!("{}.{}", self.bytes, self.rows)
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let (bytes, rows) = text.split_once('.')?;
        Some(Self { bytes: bytes.parse().ok()?, rows: rows.parse().ok()? })
    }
}

/// Where a part of an import's file lies.
pub(crate) fn part_blob(id: &str, part: u32) -> String {
    format!("imports/{id}/part-{part:04}")
}

/// Where a part of the text lies that a file was made into.
pub(crate) fn text_blob(id: &str, part: usize) -> String {
    format!("imports/{id}/text-{part:04}")
}

/// A stretch of a file in memory, and what is left of its rows.
pub(crate) struct Stretch {
    bytes: Vec<u8>,
    /// Where in the file it begins.
    from: u64,
    /// Rows that begin from here on belong to the next stretch.
    end: usize,
}

/// The names of a file's parts, with their lengths.
pub(crate) fn parts(id: &str, import: &Import) -> Vec<(String, u64)> {
    match &import.shape {
        Some(shape) if !shape.text.is_empty() => {
            let parts = shape.text.iter().enumerate();
            parts.map(|(at, bytes)| (text_blob(id, at), *bytes)).collect()
        }
        _ => import.parts.iter().map(|(at, bytes)| (part_blob(id, *at), *bytes)).collect(),
    }
}

impl App {
    /// The stretch of a file that begins at a place; none at its end.
    pub(crate) async fn stretch(
        &self,
        parts: &[(String, u64)],
        from: u64,
    ) -> Result<Option<Stretch>, AppError> {
        let mut before = 0;
        for (at, (name, length)) in parts.iter().enumerate() {
            if before + length <= from {
                before += length;
                continue;
            }
            let mut bytes = self.part(name).await?;
            bytes.drain(..usize::try_from(from - before).unwrap_or(usize::MAX).min(bytes.len()));
            let end = bytes.len();
            // A row may go on in the next part.
            if let Some((next, _)) = parts.get(at + 1) {
                bytes.extend(self.part(next).await?);
            }
            return Ok(Some(Stretch { bytes, from, end }));
        }
        Ok(None)
    }

    async fn part(&self, name: &str) -> Result<Vec<u8>, AppError> {
        let message = || AppError::Conflict {
            code: "import.cleared",
            message: "the file is not there any more; send it again".to_owned(),
        };
        self.ports.blobs.get(name).await?.ok_or_else(message)
    }
}

impl Stretch {
    /// Whether a place lies in it.
    pub(crate) fn has(&self, place: Place) -> bool {
        (self.from..self.from + self.end as u64).contains(&place.bytes)
    }

    /// Some of its rows from a place on, and the place after them.
    pub(crate) fn rows(&self, shape: &Shape, from: Place, most: usize) -> (Vec<Row>, Place) {
        let inside = from.bytes.saturating_sub(self.from);
        let mut start = usize::try_from(inside).unwrap_or(usize::MAX).min(self.bytes.len());
        if from.bytes == 0 && self.bytes.starts_with(b"\xef\xbb\xbf") {
            start = 3;
        }
        let mut reader = reader(&self.bytes[start..], shape.delimiter);
        let mut record = csv::ByteRecord::new();
        let (mut rows, mut place) = (Vec::new(), from);
        let base = start as u64;
        while rows.len() < most {
            let at = base + reader.position().byte();
            if at >= self.end as u64 {
                place.bytes = self.from + at;
                break;
            }
            // Reading bytes of whatever length can't fail.
            if !reader.read_byte_record(&mut record).unwrap_or(false) {
                place.bytes = self.from + self.bytes.len() as u64;
                break;
            }
            let after = base + reader.position().byte();
            place = Place { bytes: self.from + after, rows: place.rows + 1 };
            let fits = after - at <= ROW;
            let cells = fits.then(|| record.iter().map(|cell| letters(cell, shape.encoding)).collect());
            rows.push(Row { number: place.rows, cells });
        }
        (rows, place)
    }
}

fn reader(bytes: &[u8], delimiter: char) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .from_reader(bytes)
}

/// What the bytes of a cell say. In a file that says to be UTF-8, a cell that is not is read as Windows-1252: pieces of
/// several files may have been put together.
fn letters(cell: &[u8], encoding: Encoding) -> String {
    let text = match (encoding, std::str::from_utf8(cell)) {
        (Encoding::Utf8 | Encoding::Utf16, Ok(text)) => text.to_owned(),
        _ => encoding_rs::WINDOWS_1252.decode_without_bom_handling(cell).0.into_owned(),
    };
    text.trim().to_owned()
}

/// How the letters of a file are written, by its beginning.
pub(crate) fn encoding(beginning: &[u8]) -> Encoding {
    if beginning.starts_with(b"\xff\xfe") || beginning.starts_with(b"\xfe\xff") {
        return Encoding::Utf16;
    }
    match std::str::from_utf8(beginning) {
        Ok(_) => Encoding::Utf8,
        // A letter that is cut off at the end of what was looked at.
        Err(error) if error.error_len().is_none() => Encoding::Utf8,
        Err(_) => Encoding::Windows1252,
    }
}

/// What stands between two cells: whatever gives most rows the same number of cells, and more than one.
pub(crate) fn delimiter(beginning: &[u8]) -> char {
    let judged = DELIMITERS.into_iter().map(|delimiter| {
        let mut reader = reader(beginning, delimiter);
        let lengths: Vec<usize> =
            reader.byte_records().filter_map(Result::ok).take(JUDGED).map(|record| record.len()).collect();
        let first = lengths.first().copied().unwrap_or(0);
        let same = lengths.iter().filter(|length| **length == first).count();
        let steady = if first > 1 { same * 1_000 / lengths.len().max(1) } else { 0 };
        (steady, first, delimiter)
    });
    // Of two that are as good, the one that comes first.
    let best = judged.reduce(|best, next| if (next.0, next.1) > (best.0, best.1) { next } else { best });
    best.map_or(',', |(.., delimiter)| delimiter)
}

/// The first rows of a file.
pub(crate) fn first_rows(beginning: &[u8], shape: &Shape, most: usize) -> Vec<Row> {
    let stretch = Stretch { bytes: beginning.to_vec(), from: 0, end: beginning.len() };
    stretch.rows(shape, Place::default(), most).0
}

/// Whether the first row names the columns: each of its cells says something of its own, and none is a value.
pub(crate) fn has_header(rows: &[Row]) -> bool {
    let Some(first) = rows.first().and_then(|row| row.cells.as_ref()) else { return false };
    let is_value = |cell: &String| {
        cell.contains('@') || cell.chars().filter(char::is_ascii_digit).count() * 2 > cell.chars().count()
    };
    let named = first.iter().filter(|cell| !cell.is_empty()).count();
    let mut known: Vec<String> = first.iter().map(|cell| cell.to_lowercase()).collect();
    known.sort();
    known.dedup();
    named > 0 && !first.iter().any(is_value) && known.len() == first.len()
}

/// The names of the columns: as they stand there, cut to what a name may have; the number where nothing does.
pub(crate) fn columns(rows: &[Row], header: bool) -> Vec<std::sync::Arc<str>> {
    let widest = rows.iter().filter_map(|row| row.cells.as_ref()).map(Vec::len).max().unwrap_or(0);
    let first = rows.first().and_then(|row| row.cells.clone()).filter(|_| header).unwrap_or_default();
    let name = |at: usize| {
        let said = first.get(at).map(|name| name.trim()).filter(|name| !name.is_empty());
        let mut name: String = said.map_or_else(|| (at + 1).to_string(), str::to_owned);
        while limits::json_bytes(&name) > limits::NAME_BYTES {
            name.pop();
        }
        name.into()
    };
    (0..widest).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(delimiter: char, encoding: Encoding) -> Shape {
        Shape { encoding, delimiter, header: true, columns: Vec::new(), text: Vec::new(), sheet: None }
    }

    /// KC-51: what stands between cells and how letters are written is found.
    #[test]
    fn a_file_says_how_it_is_written() {
        for (text, expected) in [
            ("nome,email\nAnna,a@x.it\n", ','),
            ("nome;email;note\n\"Rossi; Anna\";a@x.it;1,5\n", ';'),
            ("nome\temail\nAnna\ta@x.it\n", '\t'),
            ("nome|email\nAnna|a@x.it\n", '|'),
            ("email\na@x.it\n", ','),
        ] {
            assert_eq!(delimiter(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(encoding("città".as_bytes()), Encoding::Utf8);
        assert_eq!(encoding(&"città".as_bytes()[..5]), Encoding::Utf8, "cut within a letter");
        assert_eq!(encoding(b"citt\xe0,Roma"), Encoding::Windows1252);
        assert_eq!(encoding(b"\xff\xfea\0"), Encoding::Utf16);
        let rows = first_rows(b"\xef\xbb\xbfnome\r\nNicol\xf2\r\n", &shape(',', Encoding::Windows1252), 9);
        let cells: Vec<_> = rows.into_iter().map(|row| row.cells.unwrap_or_default()).collect();
        assert_eq!(cells, [["nome"], ["Nicolò"]]);
    }

    /// KC-53: rows are the same, wherever the file was cut into parts and the reading was broken off.
    #[test]
    fn rows_do_not_depend_on_where_the_file_is_cut() {
        let text = "nome,note\n\"Anna\nMaria\",\"a \"\"b\"\"\"\r\n\nBruno,x\nCittà,y";
        let shape = shape(',', Encoding::Utf8);
        let whole = first_rows(text.as_bytes(), &shape, 99);
        assert_eq!(whole.len(), 4);
        for cut in 1..text.len() {
            let mut rows = Vec::new();
            let mut from = Place::default();
            while from.bytes < text.len() as u64 {
                let at = usize::try_from(from.bytes).unwrap_or(0);
                let (start, end) = if at < cut { (0, cut) } else { (cut, text.len()) };
                let stretch = Stretch {
                    bytes: text.as_bytes()[at.max(start)..].to_vec(),
                    from: at as u64,
                    end: end - at.max(start),
                };
                let (some, next) = stretch.rows(&shape, from, 1);
                rows.extend(some);
                from = next;
            }
            assert_eq!(rows, whole, "cut at {cut}");
        }
    }
}
