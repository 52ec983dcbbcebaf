//! Files of contacts that come in and go out, and what columns were called before.

use flusso_engine::time::{Instant, Millis};

use super::{Listed, Repository};
use crate::codec::row;
use crate::keys::export::{self, Export, ExportRow};
use crate::keys::import::{self, Import, ImportRow};
use crate::keys::mapping::{self, Mapping, MappingRow};
use crate::table::{Direction, List, TableError, When, Write};

/// How long it is remembered that there was a file.
const KEPT: Millis = Millis::hours(400 * 24);

impl Repository {
    /// An import and its revision.
    pub async fn import(&self, id: &str) -> Result<Option<(Import, u64)>, TableError> {
        self.get::<ImportRow>(import::key(id)).await
    }

    /// Writes an import that was read at a revision; none for one that is new.
    pub async fn put_import(
        &self,
        id: &str,
        import: &Import,
        read_at: Option<u64>,
    ) -> Result<(), TableError> {
        let revision = read_at.map_or(1, |revision| revision + 1);
        let mut row = row::<ImportRow>(import::key(id), revision, import)?;
        row.expires_at = Some(import.created_at + KEPT);
        let when = read_at.map_or(When::Absent, When::Revision);
        self.table.commit(vec![Write::put(row, when)]).await
    }

    /// All imports, the newest first, one page.
    pub async fn imports(
        &self,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<(String, Import)>, TableError> {
        let list = List { cursor, direction: Direction::Backward, ..List::all(import::PARTITION, limit) };
        self.page::<ImportRow>(&list).await
    }

    /// An export and its revision.
    pub async fn export(&self, id: &str) -> Result<Option<(Export, u64)>, TableError> {
        self.get::<ExportRow>(export::key(id)).await
    }

    /// Writes an export that was read at a revision; none for one that is new.
    pub async fn put_export(
        &self,
        id: &str,
        export: &Export,
        read_at: Option<u64>,
    ) -> Result<(), TableError> {
        let revision = read_at.map_or(1, |revision| revision + 1);
        let mut row = row::<ExportRow>(export::key(id), revision, export)?;
        row.expires_at = Some(export.created_at + KEPT);
        let when = read_at.map_or(When::Absent, When::Revision);
        self.table.commit(vec![Write::put(row, when)]).await
    }

    /// All exports, the newest first, one page.
    pub async fn exports(
        &self,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<(String, Export)>, TableError> {
        let list = List { cursor, direction: Direction::Backward, ..List::all(export::PARTITION, limit) };
        self.page::<ExportRow>(&list).await
    }

    /// What columns are, by all names under which that is kept.
    pub async fn mappings(&self) -> Result<Vec<(String, Mapping)>, TableError> {
        Ok(self.page::<MappingRow>(&List::all(mapping::PARTITION, 1_000)).await?.items)
    }

    /// Keeps what columns are under a name, in place of what stood there.
    pub async fn put_mapping(&self, name: &str, mapping: &Mapping, now: Instant) -> Result<(), TableError> {
        let revision = now.millis().max(0).cast_unsigned();
        let row = row::<MappingRow>(mapping::key(name), revision, mapping)?;
        self.table.put_all(vec![(row, When::Any)]).await
    }

    /// Forgets what columns are under a name.
    pub async fn remove_mapping(&self, name: &str) -> Result<(), TableError> {
        self.table.remove_all(vec![(mapping::key(name), When::Any)]).await
    }
}
