//! Bodies of rows, packed: what DynamoDB bills by the kilobyte is deflated (RFC 1951) against a dictionary of the words
//! that our rows are made of. Which dictionary was used stands in front, so that it can be replaced by a better one.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// What is in most rows, the most frequent last. Never changed: a better one gets the next number.
const DICTIONARY: &[u8] = include_bytes!("packed/1.txt");
/// Its number, which stands in front of what was packed against it.
const NUMBER: u8 = 1;
/// Most bytes that anything unpacks to: more than the largest row has.
const UNPACKED_BYTES: usize = 4 * 1024 * 1024;

/// The body, packed; none if it can't be.
pub fn pack(body: &[u8]) -> Option<Vec<u8>> {
    let mut deflate = Compress::new(Compression::best(), false);
    deflate.set_dictionary(DICTIONARY).ok()?;
    // Deflate adds a few bytes to what it can't make smaller.
    let mut packed = Vec::with_capacity(body.len() + body.len() / 100 + 64);
    packed.push(NUMBER);
    match deflate.compress_vec(body, &mut packed, FlushCompress::Finish) {
        Ok(Status::StreamEnd) => Some(packed),
        _ => None,
    }
}

/// The body that was packed; none if this is nothing that was.
pub fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let (number, packed) = packed.split_first()?;
    if *number != NUMBER {
        return None;
    }
    let mut inflate = Decompress::new(false);
    inflate.set_dictionary(DICTIONARY).ok()?;
    let mut body = Vec::with_capacity(packed.len() * 4);
    loop {
        let from = usize::try_from(inflate.total_in()).ok()?;
        match inflate.decompress_vec(packed.get(from..)?, &mut body, FlushDecompress::Finish) {
            Ok(Status::StreamEnd) => return Some(body),
            Ok(_) if body.len() == body.capacity() && body.len() < UNPACKED_BYTES => {
                body.reserve(body.len().max(64));
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::{DICTIONARY, pack, unpack};

    #[test]
    fn what_is_packed_comes_back() {
        let long: Vec<u8> =
            (0..300_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
        let repeated = DICTIONARY.repeat(40);
        for body in [&b""[..], b"{}", DICTIONARY, &repeated, &long] {
            assert_eq!(unpack(&pack(body).unwrap()).unwrap(), body, "{} bytes", body.len());
        }
    }

    #[test]
    fn what_is_broken_is_told() {
        let packed = pack(&DICTIONARY.repeat(3)).unwrap();
        assert_eq!(unpack(&[]), None);
        assert_eq!(unpack(&packed[..packed.len() - 4]), None, "cut short");
        assert_eq!(unpack(&[&[9], &packed[1..]].concat()), None, "by a dictionary that is not known");
        assert_eq!(unpack(b"\x01no such thing"), None);
    }

    #[test]
    fn a_row_of_ours_gets_less_than_half_its_size() {
        let row = r#"{"f":1,"v":{"revision":7,"last_now":1772442060000,"profile_revision":5,"definitions":9,"alarm_at":1772528460000,"commit":"t000017","enrollments":{"enr_8w2c0h4m6y9s3k7p5d1f":{"workflow":"welcome","version":"ver_5kd82hs01m3xq7wz9c4b","entered_at":1772442000000,"step":"wait-1","waiting":{"for":"until","at":1772528460000},"anchor":1772442060000,"trigger":"form.submitted"}}}}"#;
        let packed = pack(row.as_bytes()).unwrap();
        assert!(packed.len() * 2 < row.len(), "{} of {}", packed.len(), row.len());
    }
}
