//! Which steps of a workflow an enrollment has done, in whatever version: what was done is not done again.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Six steps in a letter.
const LETTERS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// Steps by their numbers, six in a byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed(Vec<u8>);

impl Passed {
    /// Whether nothing was done.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a step was done.
    pub fn has(&self, number: u32) -> bool {
        let (at, bit) = place(number);
        self.0.get(at).is_some_and(|byte| byte & bit != 0)
    }

    /// A step was done.
    pub fn add(&mut self, number: u32) {
        let (at, bit) = place(number);
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= bit;
    }

    /// A step is to be done again.
    pub fn forget(&mut self, number: u32) {
        let (at, bit) = place(number);
        if let Some(byte) = self.0.get_mut(at) {
            *byte &= !bit;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

/// The byte and the bit of a step.
fn place(number: u32) -> (usize, u8) {
    (number as usize / 6, 1 << (number % 6))
}

impl Serialize for Passed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = self.0.iter().map(|six| char::from(LETTERS[usize::from(*six)])).collect();
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Passed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let six = |letter: u8| LETTERS.iter().position(|known| *known == letter);
        let bytes: Option<Vec<u8>> =
            text.bytes().map(|letter| six(letter).and_then(|six| u8::try_from(six).ok())).collect();
        bytes.map(Self).ok_or_else(|| serde::de::Error::custom("not the steps of an enrollment"))
    }
}

#[cfg(test)]
mod tests {
    use super::Passed;

    #[test]
    fn what_was_added_is_there_and_what_was_forgotten_is_not() {
        let mut passed = Passed::default();
        for number in [0, 9, 63] {
            passed.add(number);
        }
        let text = serde_json::to_string(&passed).unwrap();
        let read: Passed = serde_json::from_str(&text).unwrap();
        assert_eq!(read, passed);
        assert!([0, 9, 63].into_iter().all(|number| read.has(number)));
        assert!([1, 8, 64, 1_000].into_iter().all(|number| !read.has(number)));
        let mut less = read;
        less.forget(63);
        less.forget(9);
        less.forget(500);
        assert_eq!(serde_json::to_string(&less).unwrap(), "\"1\"");
    }
}
