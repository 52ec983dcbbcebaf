//! The head, what it names, the workflows as their authors see them, and API keys.

use flusso_engine::ids::{JobId, VersionId, WorkflowId};
use flusso_engine::workflow::Naming;

use super::jobs::begins;
use super::{Listed, Repository};
use crate::codec::{row, value};
use crate::keys::api_key::{self, ApiKey, ApiKeyRow};
use crate::keys::definition::{self, DefinitionRow, PART_BYTES};
use crate::keys::draft::{self, Draft, DraftRow};
use crate::keys::head::{self, Head, HeadRow};
use crate::keys::job::Job;
use crate::keys::key_name::{self, KeyName, KeyNameRow};
use crate::keys::version::{self, Version, VersionRow};
use crate::table::{List, TableError, When, Write};

impl Repository {
    /// The head, strongly read; an empty one with number 0 if nothing was ever defined.
    pub async fn head(&self) -> Result<Head, TableError> {
        Ok(self.get::<HeadRow>(head::key()).await?.map_or_else(Head::default, |(head, _)| head))
    }

    /// The head as it was under a number.
    pub async fn head_at(&self, number: u64) -> Result<Option<Head>, TableError> {
        Ok(self.get::<HeadRow>(head::numbered(number)).await?.map(|(head, _)| head))
    }

    /// Makes `next` the head, if the head still has the number before it, and begins jobs with it.
    pub async fn change_head(&self, next: &Head, jobs: &[(JobId, Job)]) -> Result<(), TableError> {
        let when = match next.number {
            1 => When::Absent,
            number => When::Revision(number - 1),
        };
        let present = Write::put(row::<HeadRow>(head::key(), next.number, next)?, when);
        let numbered =
            Write::put(row::<HeadRow>(head::numbered(next.number), next.number, next)?, When::Absent);
        let mut writes = vec![present, numbered];
        for (id, job) in jobs {
            writes.extend(begins(id, job)?);
        }
        self.table.commit(writes).await
    }

    /// Stores an immutable text under its hash.
    pub async fn put_definition(&self, hash: &str, text: &str) -> Result<(), TableError> {
        let mut rows = Vec::new();
        let mut rest = text;
        while !rest.is_empty() || rows.is_empty() {
            let mut end = rest.len().min(PART_BYTES);
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            let (part, after) = rest.split_at(end);
            rows.push((
                row::<DefinitionRow>(definition::key(hash, rows.len()), 0, &part.to_owned())?,
                When::Any,
            ));
            rest = after;
        }
        self.table.put_all(rows).await
    }

    /// The text under a hash.
    pub async fn definition(&self, hash: &str) -> Result<Option<String>, TableError> {
        Ok(self.version(hash).await?.map(|(text, _)| text))
    }

    /// The source of a version, and what its steps are called, where that does not follow from the source alone.
    pub async fn version(&self, hash: &str) -> Result<Option<(String, Option<Naming>)>, TableError> {
        let rows = self.all(List::all(definition::partition(hash), 10)).await?;
        let (names, parts): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.key.sort == definition::NAMES);
        if parts.is_empty() {
            return Ok(None);
        }
        let text = parts.into_iter().map(value::<DefinitionRow>).collect::<Result<String, _>>()?;
        let names = names.first().map(|row| value::<DefinitionRow>(row)).transpose()?;
        let names = names.and_then(|names| serde_json::from_str(&names).ok());
        Ok(Some((text, names)))
    }

    /// Stores what the steps of a version are called.
    pub async fn put_names(&self, version: &VersionId, names: &Naming) -> Result<(), TableError> {
        let text = serde_json::to_string(names).map_err(|error| TableError::Limit(error.to_string()))?;
        let row = row::<DefinitionRow>(definition::names(version.as_str()), 0, &text)?;
        self.table.put_all(vec![(row, When::Any)]).await
    }

    /// The versions of a workflow that were ever saved, in no order.
    pub async fn versions(&self, workflow: &WorkflowId) -> Result<Vec<(VersionId, Version)>, TableError> {
        let rows = self.all(List::all(version::partition(workflow), 100)).await?;
        rows.iter()
            .map(|row| Ok((VersionId::new(row.key.sort.as_str()), value::<VersionRow>(row)?)))
            .collect()
    }

    /// What is remembered of a version, and the revision of that.
    pub async fn saved_version(
        &self,
        workflow: &WorkflowId,
        version: &VersionId,
    ) -> Result<Option<(Version, u64)>, TableError> {
        self.get::<VersionRow>(version::key(workflow, version)).await
    }

    /// Remembers a version, if nobody else has since it was read at `revision` (none if it was absent).
    pub async fn save_version(
        &self,
        workflow: &WorkflowId,
        id: &VersionId,
        version: &Version,
        revision: Option<u64>,
    ) -> Result<(), TableError> {
        let next = revision.map_or(1, |revision| revision + 1);
        let row = row::<VersionRow>(version::key(workflow, id), next, version)?;
        self.table.commit(vec![Write::put(row, revision.map_or(When::Absent, When::Revision))]).await
    }

    /// A workflow as its author sees it, and the revision of that record.
    pub async fn draft(&self, workflow: &WorkflowId) -> Result<Option<(Draft, u64)>, TableError> {
        self.get::<DraftRow>(draft::key(workflow)).await
    }

    /// Saves a workflow, if nobody else has since it was read at `revision` (none if it was absent).
    pub async fn save_draft(
        &self,
        workflow: &WorkflowId,
        draft: &Draft,
        revision: Option<u64>,
    ) -> Result<(), TableError> {
        let next = revision.map_or(1, |revision| revision + 1);
        let row = row::<DraftRow>(draft::key(workflow), next, draft)?;
        self.table.commit(vec![Write::put(row, revision.map_or(When::Absent, When::Revision))]).await
    }

    /// All workflows, one page.
    pub async fn drafts(
        &self,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<(WorkflowId, Draft)>, TableError> {
        let page = self.page::<DraftRow>(&List { cursor, ..List::all(draft::PARTITION, limit) }).await?;
        let items = page.items.into_iter().map(|(sort, draft)| (WorkflowId::new(sort), draft));
        Ok(Listed { items: items.collect(), cursor: page.cursor })
    }

    /// What an API key is called, and is good for; none if there is no such key.
    pub async fn api_key(&self, secret: &str) -> Result<Option<ApiKey>, TableError> {
        Ok(self.get::<ApiKeyRow>(api_key::key(&api_key::hash(secret))).await?.map(|(key, _)| key))
    }

    /// Makes an API key good, under a name that no other has. Only its hash is stored.
    pub async fn put_api_key(&self, secret: &str, key: &ApiKey) -> Result<(), TableError> {
        let hash = api_key::hash(secret);
        let good = Write::put(row::<ApiKeyRow>(api_key::key(&hash), 0, key)?, When::Absent);
        let named = KeyName { hash, created_at: key.created_at, scopes: key.scopes.clone() };
        let named = Write::put(row::<KeyNameRow>(key_name::key(&key.name), 0, &named)?, When::Absent);
        self.table.commit(vec![good, named]).await
    }

    /// The names of all API keys, since when each is good, and for what.
    pub async fn api_keys(&self) -> Result<Vec<(String, KeyName)>, TableError> {
        let rows = self.all(List::all(key_name::PARTITION, 100)).await?;
        rows.iter().map(|row| Ok((row.key.sort.clone(), value::<KeyNameRow>(row)?))).collect()
    }

    /// Ends an API key by its name; false if there is none.
    pub async fn drop_api_key(&self, name: &str) -> Result<bool, TableError> {
        let Some((named, _)) = self.get::<KeyNameRow>(key_name::key(name)).await? else { return Ok(false) };
        // The key itself first: a name without a key does no harm.
        for key in [api_key::key(&named.hash), key_name::key(name)] {
            self.table.remove_all(vec![(key, When::Any)]).await?;
        }
        Ok(true)
    }
}
