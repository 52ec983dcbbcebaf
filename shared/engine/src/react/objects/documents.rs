//! Documents: added and removed. The file was stored before it is spoken of here.

use super::{Cause, Data, text, whole};
use crate::contact::document::Document;
use crate::limits;
use crate::react::Turn;
use crate::timeline::What;

const WORD: &str = "document";

impl Turn<'_> {
    /// What somebody says of a document.
    pub(super) fn apply_document(&mut self, cause: &Cause<'_>, verb: &str, data: Data) -> Option<Data> {
        let id = text(&data, WORD)?;
        match verb {
            "added" => self.add_document(cause, &id, &data).then_some(data),
            "removed" => self.remove_document(cause, &id).then_some(data),
            _ => Some(data),
        }
    }

    fn add_document(&mut self, cause: &Cause<'_>, id: &str, data: &Data) -> bool {
        let documents = &self.contact.profile.objects.documents;
        if documents.iter().any(|known| &*known.id == id) {
            return false;
        }
        if documents.len() >= limits::DOCUMENTS {
            self.tell(cause, What::LimitReached { limit: "documents".to_owned() });
            return false;
        }
        let said = |name| text(data, name).unwrap_or_default();
        let document = Document {
            id: id.into(),
            name: said("name").into(),
            kind: said("type").into(),
            bytes: whole(data, "bytes").and_then(|bytes| bytes.try_into().ok()).unwrap_or_default(),
            at: cause.at,
            by: limits::cut(cause.source.to_string(), limits::NAME_BYTES).into(),
            of: None,
        };
        let name = Some(document.name.clone());
        self.profile().objects.documents.push(document);
        self.tell(
            cause,
            What::ObjectMade {
                object: WORD.to_owned(),
                id: id.into(),
                name: name.map(|name| name.to_string()),
            },
        );
        true
    }

    fn remove_document(&mut self, cause: &Cause<'_>, id: &str) -> bool {
        let documents = &self.contact.profile.objects.documents;
        let Some(place) = documents.iter().position(|known| &*known.id == id) else { return false };
        let gone = self.profile().objects.documents.remove(place);
        self.tell(cause, What::ObjectRemoved { object: WORD.to_owned(), id: gone.id, name: Some(gone.name) });
        true
    }
}
