//! Which countries have one time zone, and which countries' telephone numbers tell where somebody lives.

/// Every country with its zone; `-` if its people live by several clocks. From `zone.tab` of the tz database,
/// which is in the public domain; zones that show the same time from 2026 on count as one.
const COUNTRIES: &str = "\
AD Europe/Andorra AE Asia/Dubai AF Asia/Kabul AG America/Antigua AI America/Anguilla \
AL Europe/Tirane AM Asia/Yerevan AO Africa/Luanda AQ - AR America/Argentina/Buenos_Aires \
AS Pacific/Pago_Pago AT Europe/Vienna AU - AW America/Aruba AX Europe/Mariehamn AZ Asia/Baku \
BA Europe/Sarajevo BB America/Barbados BD Asia/Dhaka BE Europe/Brussels BF Africa/Ouagadougou \
BG Europe/Sofia BH Asia/Bahrain BI Africa/Bujumbura BJ Africa/Porto-Novo BL America/St_Barthelemy \
BM Atlantic/Bermuda BN Asia/Brunei BO America/La_Paz BQ America/Kralendijk BR - BS America/Nassau \
BT Asia/Thimphu BV - BW Africa/Gaborone BY Europe/Minsk BZ America/Belize CA - CC Indian/Cocos CD - \
CF Africa/Bangui CG Africa/Brazzaville CH Europe/Zurich CI Africa/Abidjan CK Pacific/Rarotonga CL - \
CM Africa/Douala CN - CO America/Bogota CR America/Costa_Rica CU America/Havana \
CV Atlantic/Cape_Verde CW America/Curacao CX Indian/Christmas CY Asia/Nicosia CZ Europe/Prague \
DE Europe/Berlin DJ Africa/Djibouti DK Europe/Copenhagen DM America/Dominica \
DO America/Santo_Domingo DZ Africa/Algiers EC - EE Europe/Tallinn EG Africa/Cairo EH Africa/El_Aaiun \
ER Africa/Asmara ES - ET Africa/Addis_Ababa FI Europe/Helsinki FJ Pacific/Fiji FK Atlantic/Stanley \
FM - FO Atlantic/Faroe FR Europe/Paris GA Africa/Libreville GB Europe/London GD America/Grenada \
GE Asia/Tbilisi GF America/Cayenne GG Europe/Guernsey GH Africa/Accra GI Europe/Gibraltar GL - \
GM Africa/Banjul GN Africa/Conakry GP America/Guadeloupe GQ Africa/Malabo GR Europe/Athens \
GS Atlantic/South_Georgia GT America/Guatemala GU Pacific/Guam GW Africa/Bissau GY America/Guyana \
HK Asia/Hong_Kong HM - HN America/Tegucigalpa HR Europe/Zagreb HT America/Port-au-Prince \
HU Europe/Budapest ID - IE Europe/Dublin IL Asia/Jerusalem IM Europe/Isle_of_Man IN Asia/Kolkata \
IO Indian/Chagos IQ Asia/Baghdad IR Asia/Tehran IS Atlantic/Reykjavik IT Europe/Rome \
JE Europe/Jersey JM America/Jamaica JO Asia/Amman JP Asia/Tokyo KE Africa/Nairobi KG Asia/Bishkek \
KH Asia/Phnom_Penh KI - KM Indian/Comoro KN America/St_Kitts KP Asia/Pyongyang KR Asia/Seoul \
KW Asia/Kuwait KY America/Cayman KZ Asia/Almaty LA Asia/Vientiane LB Asia/Beirut LC America/St_Lucia \
LI Europe/Vaduz LK Asia/Colombo LR Africa/Monrovia LS Africa/Maseru LT Europe/Vilnius \
LU Europe/Luxembourg LV Europe/Riga LY Africa/Tripoli MA Africa/Casablanca MC Europe/Monaco \
MD Europe/Chisinau ME Europe/Podgorica MF America/Marigot MG Indian/Antananarivo MH Pacific/Majuro \
MK Europe/Skopje ML Africa/Bamako MM Asia/Yangon MN - MO Asia/Macau MP Pacific/Saipan \
MQ America/Martinique MR Africa/Nouakchott MS America/Montserrat MT Europe/Malta MU Indian/Mauritius \
MV Indian/Maldives MW Africa/Blantyre MX - MY Asia/Kuala_Lumpur MZ Africa/Maputo NA Africa/Windhoek \
NC Pacific/Noumea NE Africa/Niamey NF Pacific/Norfolk NG Africa/Lagos NI America/Managua \
NL Europe/Amsterdam NO Europe/Oslo NP Asia/Kathmandu NR Pacific/Nauru NU Pacific/Niue NZ - \
OM Asia/Muscat PA America/Panama PE America/Lima PF - PG - PH Asia/Manila PK Asia/Karachi \
PL Europe/Warsaw PM America/Miquelon PN Pacific/Pitcairn PR America/Puerto_Rico PS Asia/Gaza PT - \
PW Pacific/Palau PY America/Asuncion QA Asia/Qatar RE Indian/Reunion RO Europe/Bucharest \
RS Europe/Belgrade RU - RW Africa/Kigali SA Asia/Riyadh SB Pacific/Guadalcanal SC Indian/Mahe \
SD Africa/Khartoum SE Europe/Stockholm SG Asia/Singapore SH Atlantic/St_Helena SI Europe/Ljubljana \
SJ Arctic/Longyearbyen SK Europe/Bratislava SL Africa/Freetown SM Europe/San_Marino SN Africa/Dakar \
SO Africa/Mogadishu SR America/Paramaribo SS Africa/Juba ST Africa/Sao_Tome SV America/El_Salvador \
SX America/Lower_Princes SY Asia/Damascus SZ Africa/Mbabane TC America/Grand_Turk TD Africa/Ndjamena \
TF Indian/Kerguelen TG Africa/Lome TH Asia/Bangkok TJ Asia/Dushanbe TK Pacific/Fakaofo TL Asia/Dili \
TM Asia/Ashgabat TN Africa/Tunis TO Pacific/Tongatapu TR Europe/Istanbul TT America/Port_of_Spain \
TV Pacific/Funafuti TW Asia/Taipei TZ Africa/Dar_es_Salaam UA - UG Africa/Kampala UM - US - \
UY America/Montevideo UZ Asia/Samarkand VA Europe/Vatican VC America/St_Vincent VE America/Caracas \
VG America/Tortola VI America/St_Thomas VN Asia/Ho_Chi_Minh VU Pacific/Efate WF Pacific/Wallis \
WS Pacific/Apia YE Asia/Aden YT Indian/Mayotte ZA Africa/Johannesburg ZM Africa/Lusaka \
ZW Africa/Harare";

/// Calling codes of the countries that have one zone (ITU-T E.164; North American area codes where they are a
/// country's own). Missing are those of countries with several zones, and those that countries with different
/// zones share: +7, +61, +262.
const CALLING_CODES: &str = "\
1242 BS 1246 BB 1264 AI 1268 AG 1284 VG 1340 VI 1345 KY 1441 BM 1473 GD 1649 TC 1658 JM 1664 MS \
1670 MP 1671 GU 1684 AS 1721 SX 1758 LC 1767 DM 1784 VC 1787 PR 1809 DO 1829 DO 1849 DO 1868 TT \
1869 KN 1876 JM 1939 PR 20 EG 211 SS 212 MA 213 DZ 216 TN 218 LY 220 GM 221 SN 222 MR 223 ML 224 GN \
225 CI 226 BF 227 NE 228 TG 229 BJ 230 MU 231 LR 232 SL 233 GH 234 NG 235 TD 236 CF 237 CM 238 CV \
239 ST 240 GQ 241 GA 242 CG 244 AO 245 GW 246 IO 247 SH 248 SC 249 SD 250 RW 251 ET 252 SO 253 DJ \
254 KE 255 TZ 256 UG 257 BI 258 MZ 260 ZM 261 MG 263 ZW 264 NA 265 MW 266 LS 267 BW 268 SZ 269 KM \
27 ZA 290 SH 291 ER 297 AW 298 FO 30 GR 31 NL 32 BE 33 FR 350 GI 352 LU 353 IE 354 IS 355 AL 356 MT \
357 CY 358 FI 359 BG 36 HU 370 LT 371 LV 372 EE 373 MD 374 AM 375 BY 376 AD 377 MC 378 SM 379 VA \
381 RS 382 ME 385 HR 386 SI 387 BA 389 MK 39 IT 40 RO 41 CH 420 CZ 421 SK 423 LI 43 AT 44 GB 45 DK \
46 SE 47 NO 48 PL 49 DE 500 FK 501 BZ 502 GT 503 SV 504 HN 505 NI 506 CR 507 PA 508 PM 509 HT 51 PE \
53 CU 54 AR 57 CO 58 VE 590 GP 591 BO 592 GY 594 GF 595 PY 596 MQ 597 SR 598 UY 599 CW 60 MY 63 PH \
65 SG 66 TH 670 TL 6723 NF 673 BN 674 NR 676 TO 677 SB 678 VU 679 FJ 680 PW 681 WF 682 CK 683 NU \
685 WS 687 NC 688 TV 690 TK 692 MH 81 JP 82 KR 84 VN 850 KP 852 HK 853 MO 855 KH 856 LA 880 BD \
886 TW 90 TR 91 IN 92 PK 93 AF 94 LK 95 MM 960 MV 961 LB 962 JO 963 SY 964 IQ 965 KW 966 SA 967 YE \
968 OM 970 PS 971 AE 972 IL 973 BH 974 QA 975 BT 977 NP 98 IR 992 TJ 993 TM 994 AZ 995 GE 996 KG \
998 UZ";

/// Whether a country has this code (ISO 3166-1 alpha-2, upper case).
pub fn is_country(code: &str) -> bool {
    rows(COUNTRIES).any(|(country, _)| country == code)
}

/// The IANA name of a country's only zone; none if it has several, or there is no such country.
pub fn only_zone(code: &str) -> Option<&'static str> {
    rows(COUNTRIES).find(|(country, zone)| *country == code && *zone != "-").map(|(_, zone)| zone)
}

/// The country of an international number, `+39…`, if it tells one that has one zone.
pub fn of_phone(phone: &str) -> Option<&'static str> {
    let digits = phone.strip_prefix('+')?;
    // No code is the beginning of another.
    rows(CALLING_CODES).find(|(code, _)| digits.starts_with(code)).map(|(_, country)| country)
}

fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut words = table.split(' ');
    std::iter::from_fn(move || Some((words.next()?, words.next()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_country_and_a_zone() {
        let countries: Vec<&str> = rows(COUNTRIES).map(|(country, _)| country).collect();
        assert_eq!(countries.len(), 249);
        assert!(countries.is_sorted() && countries.iter().all(|code| code.len() == 2));
        for (country, zone) in rows(COUNTRIES).filter(|(_, zone)| *zone != "-") {
            assert!(crate::calendar::zone(zone).is_some(), "{country} {zone}");
        }
        assert_eq!(only_zone("IT"), Some("Europe/Rome"));
        assert_eq!((only_zone("US"), only_zone("XX"), only_zone("-")), (None, None, None));
        assert!(is_country("US") && !is_country("us") && !is_country("XX") && !is_country(""));
    }

    #[test]
    fn a_calling_code_tells_a_country_of_one_zone() {
        let codes: Vec<&str> = rows(CALLING_CODES).map(|(code, _)| code).collect();
        for (at, code) in codes.iter().enumerate() {
            assert!(
                codes.iter().enumerate().all(|(other, longer)| other == at || !longer.starts_with(code)),
                "{code}"
            );
        }
        assert!(
            rows(CALLING_CODES)
                .all(|(code, country)| code.parse::<u32>().is_ok() && only_zone(country).is_some())
        );
        for (phone, country) in [
            ("+393331234567", Some("IT")),
            ("+441481960000", Some("GB")),
            ("+41446681800", Some("CH")),
            ("+12425021234", Some("BS")),
            ("+12125551234", None),
            ("+79161234567", None),
            ("+34600000000", None),
            ("393331234567", None),
            ("+", None),
            ("", None),
        ] {
            assert_eq!(of_phone(phone), country, "{phone}");
        }
    }

    /// Countries of several zones that count as one, and countries that share a calling code.
    #[test]
    fn zones_that_count_as_one_show_the_same_time() {
        let same = [
            ("Europe/Berlin", "Europe/Busingen"),
            ("Asia/Nicosia", "Asia/Famagusta"),
            ("Asia/Kuala_Lumpur", "Asia/Kuching"),
            ("Pacific/Majuro", "Pacific/Kwajalein"),
            ("Asia/Gaza", "Asia/Hebron"),
            ("Asia/Samarkand", "Asia/Tashkent"),
            ("Asia/Almaty", "Asia/Qyzylorda"),
            ("Asia/Almaty", "Asia/Qostanay"),
            ("Asia/Almaty", "Asia/Aqtobe"),
            ("Asia/Almaty", "Asia/Aqtau"),
            ("Asia/Almaty", "Asia/Atyrau"),
            ("Asia/Almaty", "Asia/Oral"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/Cordoba"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/Salta"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/Jujuy"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/Tucuman"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/Catamarca"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/La_Rioja"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/San_Juan"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/Mendoza"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/San_Luis"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/Rio_Gallegos"),
            ("America/Argentina/Buenos_Aires", "America/Argentina/Ushuaia"),
            ("Europe/London", "Europe/Jersey"),
            ("Europe/London", "Europe/Guernsey"),
            ("Europe/London", "Europe/Isle_of_Man"),
            ("Europe/Oslo", "Arctic/Longyearbyen"),
            ("Europe/Helsinki", "Europe/Mariehamn"),
            ("Europe/Rome", "Europe/Vatican"),
            ("Africa/Casablanca", "Africa/El_Aaiun"),
            ("America/Guadeloupe", "America/Marigot"),
            ("America/Guadeloupe", "America/St_Barthelemy"),
            ("America/Curacao", "America/Kralendijk"),
        ];
        let from = "2026-01-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap();
        for (one, other) in same {
            let [one, other] = [one, other].map(|name| crate::calendar::zone(name).unwrap());
            for hours in (0..20 * 366 * 24).step_by(7) {
                let at = from + jiff::SignedDuration::from_hours(hours);
                assert_eq!(one.to_offset(at), other.to_offset(at), "{one:?} {other:?} {at}");
            }
        }
    }
}
