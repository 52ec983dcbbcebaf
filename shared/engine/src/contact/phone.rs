//! Telephone numbers as they are compared: international, by their calling codes, wherever that can be told.

/// Countries: the calling code, the digit that is dialled before national numbers and dropped in international ones (`-`
/// where there is none: Italy keeps its 0), and how many digits a number has without both, at least and at most. From the
/// metadata of libphonenumber 9.0.33 (`countryCode`, `nationalPrefix`, `possibleLengths` of fixed lines and mobiles), which
/// follow the numbering plans that the ITU publishes (E.164). Italy's longest numbers, those of machines, are left out.
const COUNTRIES: &str = "\
AD 376 - 6 9 AE 971 0 8 9 AF 93 0 9 9 AG 1 1 10 10 AI 1 1 10 10 AL 355 0 8 9 AM 374 0 8 8 AO 244 - 9 9 \
AR 54 0 10 11 AS 1 1 10 10 AT 43 0 4 13 AU 61 0 9 9 AW 297 - 7 7 AX 358 0 6 10 AZ 994 0 9 9 BA 387 0 8 9 \
BB 1 1 10 10 BD 880 0 6 10 BE 32 0 8 9 BF 226 - 8 8 BG 359 0 6 9 BH 973 - 8 8 BI 257 - 8 8 BJ 229 - 10 10 \
BL 590 0 9 9 BM 1 1 10 10 BN 673 - 7 7 BO 591 0 8 8 BQ 599 - 7 7 BR 55 0 10 11 BS 1 1 10 10 BT 975 - 7 8 \
BW 267 - 7 8 BY 375 80 9 9 BZ 501 - 7 7 CA 1 1 10 10 CC 61 0 9 9 CD 243 0 7 10 CF 236 - 8 8 CG 242 - 9 9 \
CH 41 0 9 9 CI 225 - 10 10 CK 682 - 5 5 CL 56 - 9 9 CM 237 - 9 9 CN 86 0 7 11 CO 57 0 8 10 CR 506 - 8 8 \
CU 53 0 6 10 CV 238 - 7 7 CW 599 - 7 8 CX 61 0 9 9 CY 357 - 8 8 CZ 420 - 9 9 DE 49 0 5 15 DJ 253 - 8 8 \
DK 45 - 8 8 DM 1 1 10 10 DO 1 1 10 10 DZ 213 0 8 9 EC 593 0 8 9 EE 372 - 7 8 EG 20 0 8 10 EH 212 0 9 9 \
ER 291 0 7 7 ES 34 - 9 9 ET 251 0 9 9 FI 358 0 5 10 FJ 679 - 7 7 FK 500 - 5 5 FM 691 - 7 7 FO 298 - 6 6 \
FR 33 0 9 9 GA 241 - 7 8 GB 44 0 9 10 GD 1 1 10 10 GE 995 0 9 9 GF 594 0 9 9 GG 44 0 10 10 GH 233 0 9 9 \
GI 350 - 8 8 GL 299 - 6 6 GM 220 - 7 7 GN 224 - 8 9 GP 590 0 9 9 GQ 240 - 9 9 GR 30 - 10 10 GT 502 - 8 8 \
GU 1 1 10 10 GW 245 - 9 9 GY 592 - 7 7 HK 852 - 8 8 HN 504 - 8 8 HR 385 0 8 9 HT 509 - 8 8 HU 36 06 8 9 \
ID 62 0 7 12 IE 353 0 7 10 IL 972 0 8 12 IM 44 0 10 10 IN 91 0 10 10 IO 246 - 7 7 IQ 964 0 8 10 \
IR 98 0 6 10 IS 354 - 7 9 IT 39 - 6 11 JE 44 0 10 10 JM 1 1 10 10 JO 962 0 8 9 JP 81 0 9 10 KE 254 0 7 9 \
KG 996 0 9 9 KH 855 0 8 9 KI 686 0 5 8 KM 269 - 7 7 KN 1 1 10 10 KP 850 0 8 10 KR 82 0 5 10 KW 965 - 8 8 \
KY 1 1 10 10 KZ 7 8 10 10 LA 856 0 8 10 LB 961 0 7 8 LC 1 1 10 10 LI 423 0 7 9 LK 94 0 9 9 LR 231 0 7 9 \
LS 266 - 8 8 LT 370 0 8 8 LU 352 - 4 11 LV 371 - 8 8 LY 218 0 9 9 MA 212 0 9 9 MC 377 0 8 9 MD 373 0 8 8 \
ME 382 0 8 8 MF 590 0 9 9 MG 261 0 9 9 MH 692 1 7 7 MK 389 0 8 8 ML 223 - 8 8 MM 95 0 6 10 MN 976 0 8 10 \
MO 853 - 8 8 MP 1 1 10 10 MQ 596 0 9 9 MR 222 - 8 8 MS 1 1 10 10 MT 356 - 8 8 MU 230 - 7 8 MV 960 - 7 7 \
MW 265 0 7 9 MX 52 - 10 10 MY 60 0 8 10 MZ 258 - 8 9 NA 264 0 8 9 NC 687 - 6 6 NE 227 - 8 8 NF 672 - 6 6 \
NG 234 0 10 10 NI 505 - 8 8 NL 31 0 9 11 NO 47 - 8 8 NP 977 0 8 10 NR 674 - 7 7 NU 683 - 4 7 NZ 64 0 8 10 \
OM 968 - 8 8 PA 507 - 7 8 PE 51 0 8 9 PF 689 - 8 8 PG 675 - 7 8 PH 63 0 6 10 PK 92 0 9 10 PL 48 - 7 9 \
PM 508 0 6 9 PR 1 1 10 10 PS 970 0 8 9 PT 351 - 9 9 PW 680 - 7 7 PY 595 0 7 9 QA 974 - 8 8 RE 262 0 9 9 \
RO 40 0 6 9 RS 381 0 7 12 RU 7 8 10 10 RW 250 0 8 9 SA 966 0 9 9 SB 677 - 5 7 SC 248 - 7 7 SD 249 0 9 9 \
SE 46 0 7 9 SG 65 - 8 8 SH 290 - 4 5 SI 386 0 8 8 SJ 47 - 8 8 SK 421 0 6 9 SL 232 0 8 8 SM 378 - 8 10 \
SN 221 - 9 9 SO 252 0 6 9 SR 597 - 6 7 SS 211 0 9 9 ST 239 - 7 7 SV 503 - 8 8 SX 1 1 10 10 SY 963 0 8 9 \
SZ 268 - 8 8 TC 1 1 10 10 TD 235 - 8 8 TG 228 - 8 8 TH 66 0 8 9 TJ 992 - 9 9 TK 690 - 4 7 TL 670 - 7 8 \
TM 993 8 8 8 TN 216 - 8 8 TO 676 - 5 7 TR 90 0 10 10 TT 1 1 10 10 TV 688 - 5 7 TW 886 0 8 9 TZ 255 0 9 9 \
UA 380 0 9 9 UG 256 0 9 9 US 1 1 10 10 UY 598 0 8 8 UZ 998 - 9 9 VA 39 - 6 11 VC 1 1 10 10 VE 58 0 10 10 \
VG 1 1 10 10 VI 1 1 10 10 VN 84 0 9 10 VU 678 - 5 7 WF 681 - 6 6 WS 685 - 5 10 YE 967 0 7 9 YT 262 0 9 9 \
ZA 27 0 5 9 ZM 260 0 9 9 ZW 263 0 5 10";

/// How numbers of a country are made.
#[derive(Clone, Copy, Debug)]
struct Plan {
    country: &'static str,
    code: &'static str,
    trunk: &'static str,
    digits: (usize, usize),
}

/// Most digits of an international number (E.164).
const MOST: usize = 15;

fn plans() -> impl Iterator<Item = Plan> {
    let mut words = COUNTRIES.split(' ');
    std::iter::from_fn(move || {
        let (country, code, trunk) = (words.next()?, words.next()?, words.next()?);
        let digits = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Plan { country, code, trunk: trunk.trim_start_matches('-'), digits })
    })
}

impl Plan {
    fn has(&self, digits: &str) -> bool {
        (self.digits.0..=self.digits.1).contains(&digits.len()) && self.code.len() + digits.len() <= MOST
    }

    /// A number as it is dialled within the country; none if it is none of its numbers.
    fn international(&self, digits: &str) -> Option<String> {
        let stripped = digits.strip_prefix(self.trunk).filter(|_| !self.trunk.is_empty());
        // Where a 0 goes before every number, none begins with one.
        let as_it_is = Some(digits).filter(|digits| self.trunk != "0" || !digits.starts_with('0'));
        let own = [stripped, as_it_is].into_iter().flatten().find(|own| self.has(own));
        if let Some(own) = own {
            return Some(format!("+{}{own}", self.code));
        }
        // Written with its calling code, but without the plus.
        let rest = digits.strip_prefix(self.code)?;
        self.has(rest).then(|| format!("+{digits}"))
    }
}

/// A phone number without its punctuation: digits, perhaps with a leading plus; `00` before it is a plus. The 0 that some
/// write behind a calling code, `+44 (0)20 …`, is dropped where the country's numbers have none.
pub fn phone(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("00").map_or_else(|| text.to_owned(), |rest| format!("+{rest}"));
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '+' if at == 0 => out.push(c),
            '0'..='9' => out.push(c),
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' => {}
            _ => return None,
        }
    }
    if let Some(digits) = out.strip_prefix('+') {
        let plan = plans().find(|plan| plan.trunk == "0" && digits.starts_with(plan.code));
        let own = plan.and_then(|plan| Some((plan.code, digits[plan.code.len()..].strip_prefix('0')?)));
        if let Some((code, own)) = own {
            out = format!("+{code}{own}");
        }
    }
    let digits = out.trim_start_matches('+').len();
    (5..=MOST).contains(&digits).then_some(out)
}

/// A phone number, made international by a country (ISO 3166-1 alpha-2) if it is a national one that could be of there;
/// else it stays national.
pub fn phone_in(text: &str, country: &str) -> Option<String> {
    let phone = phone(text)?;
    if phone.starts_with('+') {
        return Some(phone);
    }
    let plan = plans().find(|plan| plan.country == country);
    Some(plan.and_then(|plan| plan.international(&phone)).unwrap_or(phone))
}

/// What the digits of a kept number may begin with, if somebody typed this beginning of it in a country (ISO 3166-1
/// alpha-2): the likelier one first.
pub fn beginnings(text: &str, country: &str) -> Vec<String> {
    let typed = text.trim();
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    if typed.starts_with('+') {
        return vec![digits];
    }
    if let Some(international) = digits.strip_prefix("00") {
        return vec![international.to_owned()];
    }
    let plan = plans().find(|plan| plan.country == country);
    let national =
        plan.map(|plan| format!("{}{}", plan.code, digits.strip_prefix(plan.trunk).unwrap_or(&digits)));
    national.into_iter().chain([digits]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::country;

    #[test]
    fn every_row_is_a_country_and_its_numbers() {
        let rows = COUNTRIES.split(' ').count();
        assert_eq!(plans().count() * 5, rows);
        for plan in plans() {
            assert!(country::is_country(plan.country), "{}", plan.country);
            assert!(plan.code.parse::<u16>().is_ok() && plan.digits.0 <= plan.digits.1, "{}", plan.country);
            assert!(plan.trunk.bytes().all(|b| b.is_ascii_digit()), "{}", plan.country);
        }
        let names: Vec<&str> = plans().map(|plan| plan.country).collect();
        assert!(names.is_sorted());
    }

    /// KC-54: national numbers, as people of these countries write them.
    #[test]
    fn national_numbers_become_international() {
        for (country, written, number) in [
            ("IT", "333 123 4567", "+393331234567"),
            ("IT", "06 6982 1234", "+390669821234"),
            ("IT", "02-1234567", "+39021234567"),
            ("IT", "39 333 1234567", "+393331234567"),
            ("VA", "06 698 12345", "+390669812345"),
            ("SM", "0549 882345", "+3780549882345"),
            ("ES", "600 123 456", "+34600123456"),
            ("FR", "06 12 34 56 78", "+33612345678"),
            ("DE", "030 1234567", "+49301234567"),
            ("GB", "020 7946 0958", "+442079460958"),
            ("GB", "7700 900123", "+447700900123"),
            ("CH", "044 668 18 00", "+41446681800"),
            ("AT", "0664 1234567", "+436641234567"),
            ("HU", "06 20 123 4567", "+36201234567"),
            ("US", "(212) 555-1234", "+12125551234"),
            ("CA", "1-416-555-0123", "+14165550123"),
            ("RU", "8 916 123-45-67", "+79161234567"),
            ("BY", "8 029 123-45-67", "+375291234567"),
            ("BR", "11 91234-5678", "+5511912345678"),
            ("MX", "55 1234 5678", "+525512345678"),
            ("IN", "098765 43210", "+919876543210"),
            ("JP", "03-1234-5678", "+81312345678"),
            ("PL", "601 234 567", "+48601234567"),
        ] {
            assert_eq!(phone_in(written, country).as_deref(), Some(number), "{country} {written}");
        }
    }

    /// KC-54: what can't be told stays as it is, and an international number is nobody's default.
    #[test]
    fn what_is_international_stays_and_what_is_no_number_of_there_too() {
        for (country, written, number) in [
            ("IT", "+34 600 123 456", Some("+34600123456")),
            ("US", "0039 02 1234", Some("+39021234")),
            ("IT", "+44 (0)20 7946 0958", Some("+442079460958")),
            ("US", "+39 06 6982 1234", Some("+390669821234")),
            ("US", "555-1234", Some("5551234")),
            ("IT", "12345", Some("12345")),
            ("", "333 1234567", Some("3331234567")),
            ("IT", "call me", None),
            ("IT", "112", None),
            ("IT", "+1234567890123456", None),
        ] {
            assert_eq!(phone_in(written, country).as_deref(), number, "{country} {written}");
        }
    }

    #[test]
    fn a_beginning_is_taken_as_it_may_be_meant() {
        assert_eq!(beginnings("333 12", "IT"), ["3933312", "33312"]);
        assert_eq!(beginnings("020 79", "GB"), ["442079", "02079"]);
        assert_eq!(beginnings("+39 333", "GB"), ["39333"]);
        assert_eq!(beginnings("0039 333", "GB"), ["39333"]);
        assert_eq!(beginnings("333", ""), ["333"]);
    }
}
