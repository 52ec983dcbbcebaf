//! Pictures that are made here: QR codes.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the code, without which it is not read (ISO/IEC 18004).
const BORDER: i32 = 4;

/// A text as a QR code, in SVG; none if it is too long for one.
pub(crate) fn qr_code(text: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let side = code.size() + 2 * BORDER;
    let mut dark = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            // Writing to a string can't fail.
            let _ = write!(dark, "M{} {}h1v1h-1z", x + BORDER, y + BORDER);
        }
    }
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{dark}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::qr_code;

    #[test]
    fn a_code_has_its_three_corners() {
        let code = qr_code("2001234567893").unwrap_or_default();
        // Version 1: 21 modules and the border on both sides.
        assert!(code.contains("viewBox=\"0 0 29 29\""), "{code}");
        for corner in ["M4 4h", "M24 4h", "M4 24h"] {
            assert!(code.contains(corner), "{corner}");
        }
        assert_eq!(qr_code(&"x".repeat(5_000)), None);
    }
}
