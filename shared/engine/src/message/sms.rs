//! How many segments a text message takes (3GPP TS 23.038 and 23.040).

/// The characters of the GSM 7-bit alphabet besides ASCII letters and digits.
const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// Those that take the room of two.
const GSM_TWICE: &str = "^{}\\[~]|€\u{c}";

/// The segments of a text: 160 characters of the GSM alphabet or 70 others in one, 153 or 67 in each of several.
pub fn segments(text: &str) -> usize {
    let septets = text.chars().try_fold(0, |sum, c| {
        if c.is_ascii_alphanumeric() || GSM.contains(c) {
            Some(sum + 1)
        } else if GSM_TWICE.contains(c) {
            Some(sum + 2)
        } else {
            None
        }
    });
    let (units, alone, each) =
        septets.map_or_else(|| (text.encode_utf16().count(), 70, 67), |n| (n, 160, 153));
    if units <= alone { 1 } else { usize::div_ceil(units, each) }
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn a_text_takes_as_many_segments_as_its_alphabet_needs_sh_28() {
        for (text, expected) in [
            ("", 1),
            ("Ciao, perché no? 5 € @ casa", 1),
            (&"à".repeat(160), 1),
            (&"a".repeat(161), 2),
            (&"a".repeat(306), 2),
            (&"a".repeat(307), 3),
            (&"€".repeat(80), 1),
            (&"€".repeat(81), 2),
            (&"ç".repeat(70), 1),
            (&"ç".repeat(71), 2),
            (&"😀".repeat(36), 2),
        ] {
            assert_eq!(segments(text), expected, "{text}");
        }
    }
}
