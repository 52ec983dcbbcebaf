//! Documents of a contact. Their files lie among the blobs, below the contact's id; what is known of them belongs to the
//! contact. A file is not stored before the contact knows of it, and is gone before the contact forgets it, so that none is
//! left over that nobody knows of.

use std::fmt::Write as _;
use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::contact::document::Document;
use flusso_engine::ids::{ContactId, base32};
use flusso_engine::limits;
use flusso_engine::time::{Instant, Millis};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::hand::{ByHand, mark};
use crate::ports::secrets::SecretName;
use crate::unsubscribe::sign;
use crate::{App, AppError};

/// Where a file lies below the public address.
pub const PATH: &str = "/d";
/// Most bytes of a file.
pub const BYTES: usize = 4 << 20;
/// How long a link is good.
const GOOD_FOR: Millis = Millis::minutes(10);

/// The kinds of files: how their names end, and their media type.
const KINDS: &[(&str, &str)] = &[
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("txt", "text/plain"),
    ("csv", "text/csv"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
];

/// A link to a file, for whoever has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which file.
    pub document: Document,
    /// Where: below the public address, or, where none is known, below that of the API.
    pub url: String,
    /// Until when it is good.
    pub expires_at: Instant,
}

impl App {
    /// Stores a file of a contact. The same request again stores it again, as the same document.
    pub async fn add_document(
        &self,
        hand: &ByHand,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<Document, AppError> {
        let name = file_name(name)?;
        let kind = kind_of(&name, &bytes)?;
        let event = hand.id(self)?;
        let mut said = Sha256::new();
        said.update(mark(&hand.caller, &event).as_bytes());
        said.update(&bytes);
        let id = format!("doc_{}", base32(&said.finalize().into(), 20));
        let data = Map::from_iter([
            ("document".to_owned(), Value::from(id.as_str())),
            ("name".to_owned(), name.into()),
            ("type".to_owned(), kind.into()),
            ("bytes".to_owned(), bytes.len().into()),
        ]);
        let contact = self.happen(hand, &event, "document.added", data, |_| true).await?;
        let contact = contact.ok_or_else(|| unknown(&id))?;
        // Perhaps the request came again after somebody had removed it.
        let document = document(&contact, &id)?.clone();
        let blob = blob(&contact.id, &document);
        self.ports.blobs.put(&blob, bytes).await?;
        if document_is_gone(&self.repository.contact(&contact.id).await?, &id) {
            self.ports.blobs.remove(&blob).await?;
            return Err(unknown(&id));
        }
        Ok(document)
    }

    /// The documents of a contact, the newest first.
    pub async fn documents(&self, contact: &str) -> Result<Vec<Document>, AppError> {
        let mut documents = self.contact(contact).await?.profile.objects.documents.clone();
        documents.reverse();
        Ok(documents)
    }

    /// A link to a file of a contact, good for ten minutes for whoever has it.
    pub async fn document_link(&self, contact: &str, id: &str) -> Result<Link, AppError> {
        let contact = self.contact(contact).await?;
        let document = document(&contact, id)?.clone();
        let expires_at = self.now() + GOOD_FOR;
        let secret = self.ports.secrets.current(SecretName::Unsubscribe);
        let millis = expires_at.millis();
        let signature = sign(&secret, &signed(contact.id.as_str(), id, millis)).ok_or_else(|| unknown(id))?;
        let (public, key) = (self.ports.public_url.trim_end_matches('/'), secret.key_id);
        let url = format!("{public}{PATH}/{key}.{}.{id}.{millis}.{signature}", contact.id);
        Ok(Link { document, url, expires_at })
    }

    /// The file to which such a link leads.
    pub async fn linked_document(&self, token: &str) -> Result<(Document, Vec<u8>), AppError> {
        let read = || {
            let mut parts = token.split('.');
            let (key, contact, id) = (parts.next()?, parts.next()?, parts.next()?);
            let millis: i64 = parts.next()?.parse().ok()?;
            let (signature, None) = (parts.next()?, parts.next()) else { return None };
            let secret = self.ports.secrets.by_id(SecretName::Unsubscribe, key)?;
            let expected = sign(&secret, &signed(contact, id, millis))?;
            let is_ours = bool::from(expected.as_bytes().ct_eq(signature.as_bytes()));
            let is_good = self.now() < Instant::from_millis(millis);
            (is_ours && is_good).then(|| (ContactId::new(contact), id))
        };
        let (contact, id) = read().ok_or_else(|| unknown(""))?;
        let contact = self.repository.contact(&contact).await?;
        let document = document(&contact, id).map_err(|_| unknown(""))?.clone();
        let bytes = self.ports.blobs.get(&blob(&contact.id, &document)).await?.ok_or_else(|| unknown(""))?;
        Ok((document, bytes))
    }

    /// Removes a file of a contact for good.
    pub async fn remove_document(&self, hand: &ByHand, id: &str) -> Result<(), AppError> {
        let contact = self.contact(&hand.contact).await?;
        let lies = blob(&contact.id, document(&contact, id)?);
        self.ports.blobs.remove(&lies).await?;
        let data = Map::from_iter([("document".to_owned(), Value::from(id))]);
        let event = hand.id(self)?;
        self.happen(hand, &event, "document.removed", data, |_| true).await?;
        Ok(())
    }
}

/// Where the file of a contact's document lies among the blobs.
pub fn blob(contact: &ContactId, document: &Document) -> String {
    format!("contacts/{}/{}", document.of.as_ref().unwrap_or(contact), document.id)
}

fn document<'c>(contact: &'c Contact, id: &str) -> Result<&'c Document, AppError> {
    contact.profile.objects.documents.iter().find(|known| &*known.id == id).ok_or_else(|| unknown(id))
}

fn document_is_gone(contact: &Contact, id: &str) -> bool {
    document(contact, id).is_err()
}

fn unknown(id: &str) -> AppError {
    AppError::NotFound { what: "document", id: id.to_owned() }
}

/// What is signed: none of the three can have the separator in it.
fn signed(contact: &str, id: &str, millis: i64) -> String {
    format!("document.{contact}.{id}.{millis}")
}

/// The name of a file, without the folders in which it lay.
fn file_name(name: &str) -> Result<String, AppError> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let fits = !name.is_empty() && limits::json_bytes(name) <= limits::NAME_BYTES;
    if !fits || name.contains(char::is_control) {
        let message = format!("a file's name is a line of 1 to {} bytes", limits::NAME_BYTES);
        return Err(AppError::invalid("name", "document.name", message));
    }
    Ok(name.to_owned())
}

/// The media type of a kind of file.
pub fn media_type(kind: &str) -> &'static str {
    let known = KINDS.iter().find(|(ending, _)| *ending == kind);
    known.map_or("application/octet-stream", |(_, media)| media)
}

/// What a file is: as its name ends, if its bytes say the same.
fn kind_of(name: &str, bytes: &[u8]) -> Result<&'static str, AppError> {
    if bytes.is_empty() || bytes.len() > BYTES {
        let message = format!("a file has 1 byte to {} MB", BYTES >> 20);
        return Err(AppError::invalid("body", "document.size", message));
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let kind = KINDS.iter().find(|(known, _)| *known == ending);
    let Some((ending, _)) = kind else {
        let known: Vec<&str> = KINDS.iter().map(|(ending, _)| *ending).collect();
        let message = format!("the name of a file ends in one of: {}", known.join(", "));
        return Err(AppError::invalid("name", "document.type", message));
    };
    if !is_really(ending, bytes) {
        let message = format!("this is no {ending} file, whatever its name says");
        return Err(AppError::invalid("body", "document.content", message));
    }
    Ok(ending)
}

/// Whether a file begins as those of its kind do, and has in it what they have.
fn is_really(ending: &str, bytes: &[u8]) -> bool {
    let begins = |with: &[u8]| bytes.starts_with(with);
    let at = |place: usize, what: &[u8]| bytes.get(place..).is_some_and(|rest| rest.starts_with(what));
    let has = |what: &[u8]| bytes.windows(what.len()).any(|part| part == what);
    let zip = b"PK\x03\x04";
    match ending {
        "pdf" => begins(b"%PDF-"),
        "png" => begins(b"\x89PNG\r\n\x1a\n"),
        "jpg" | "jpeg" => begins(b"\xff\xd8\xff"),
        "webp" => begins(b"RIFF") && at(8, b"WEBP"),
        "docx" => begins(zip) && has(b"[Content_Types].xml") && has(b"word/"),
        "xlsx" => begins(zip) && has(b"[Content_Types].xml") && has(b"xl/"),
        // The first entry is its type, as it is (OpenDocument 1.3, part 2, 3.3).
        "odt" => begins(zip) && at(30, b"mimetypeapplication/vnd.oasis.opendocument.text"),
        _ => is_text(bytes),
    }
}

fn is_text(bytes: &[u8]) -> bool {
    let plain = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(plain))
}

/// The name of a file in the header of an answer: in plain letters, and as it is (RFC 6266, RFC 8187).
pub fn disposition(name: &Arc<str>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' };
    let fallback: String = name.chars().map(plain).collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, bytes: &[u8]) -> Result<&'static str, &'static str> {
        kind_of(name, bytes).map_err(|error| match error {
            AppError::Invalid { code, .. } => code,
            _ => "another",
        })
    }

    #[test]
    fn a_file_is_what_its_bytes_say_kc_42() {
        assert_eq!(kind("contratto.PDF", b"%PDF-1.7 ..."), Ok("pdf"));
        assert_eq!(kind("note.txt", "perché no\r\n".as_bytes()), Ok("txt"));
        assert_eq!(kind("a.csv", b"name;city\nAnna;Roma\n"), Ok("csv"));
        assert_eq!(kind("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 "), Ok("webp"));
        assert!(kind("a.docx", b"PK\x03\x04..[Content_Types].xml..word/document.xml").is_ok());
        assert_eq!((media_type("pdf"), media_type("exe")), ("application/pdf", "application/octet-stream"));
        assert_eq!(kind("a.pdf", b"<html><script>"), Err("document.content"));
        assert_eq!(kind("a.png", b"\xff\xd8\xff\xe0"), Err("document.content"));
        assert_eq!(kind("a.txt", b"MZ\x00\x01"), Err("document.content"));
        assert_eq!(kind("a.xlsx", b"PK\x03\x04 something else"), Err("document.content"));
        assert_eq!(kind("a.html", b"<html>"), Err("document.type"));
        assert_eq!(kind("pdf", b"%PDF-1.7"), Err("document.type"));
        assert_eq!(kind("a.pdf", b""), Err("document.size"));
    }

    #[test]
    fn a_name_is_a_name_and_no_path_kc_42() {
        assert_eq!(file_name("C:\\Users\\Anna\\contratto.pdf").ok().as_deref(), Some("contratto.pdf"));
        assert_eq!(file_name("../../etc/a.txt").ok().as_deref(), Some("a.txt"));
        for wrong in ["", "  ", "a/", "a\nb.txt", &"x".repeat(101)] {
            assert!(file_name(wrong).is_err(), "{wrong:?}");
        }
        let told = disposition(&"preventivo \"è\".pdf".into());
        let expected =
            "attachment; filename=\"preventivo ___.pdf\"; filename*=UTF-8''preventivo%20%22%C3%A8%22.pdf";
        assert_eq!(told, expected);
    }
}
