//! Fuzzing: what people and machines could send, made from what they should send, by seeds that repeat.

use crate::sim::rng::Rng;

/// What tends to break readers, put in at random.
const SPICE: &[&[u8]] = &[
    b"\0",
    b"\"",
    b"\\",
    b"'",
    b"{",
    b"}}",
    b"{{ ",
    b"[",
    b"]",
    b"&",
    b"*a",
    b"=",
    b"%",
    b"%zz",
    b"%00",
    b": ",
    b"- ",
    b"\n",
    b"\r\n",
    b"\t",
    b"#",
    b"\xff",
    b"\xc3\x28",
    "\u{202e}".as_bytes(),
    "\u{1f600}".as_bytes(),
    b"null",
    b"-1",
    b"1e999",
    b"99999999999999999999",
    b"0.0000001",
    b"9999-12-31",
    b"{% for i in range(999999) %}",
    b"<!--",
    b"!!binary",
];

/// How many cases a test tries: `FUZZ_CASES`, or a few.
pub fn cases() -> u64 {
    std::env::var("FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(500)
}

/// One of the `seeds`, with one to eight things done to it, the same for the same number.
pub fn mutated(case: u64, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut rng = Rng::new(case);
    let mut bytes = rng.pick(seeds).clone();
    for _ in 0..=rng.below(8) {
        let (from, to) = (rng.index(bytes.len() + 1), rng.index(bytes.len() + 1));
        let (from, to) = (from.min(to), from.max(to));
        match rng.below(6) {
            0 => drop(bytes.drain(from..to.min(from + 20))),
            1 => drop(bytes.splice(from..from, rng.pick(SPICE).iter().copied())),
            2 => {
                let twice = bytes[from..to].to_vec();
                drop(bytes.splice(from..from, twice));
            }
            3 => {
                let other = rng.pick(seeds);
                let (begin, length) = (rng.index(other.len() + 1), rng.index(80));
                drop(bytes.splice(from..to.min(from + 40), other[begin..].iter().take(length).copied()));
            }
            4 => bytes[from..to].iter_mut().take(1).for_each(|byte| *byte ^= 1 << rng.below(8)),
            _ => bytes.truncate(to.max(from + 1)),
        }
        bytes.truncate(100_000);
    }
    bytes
}
