//! Definitions as reactions need them: the head is read strongly by each invocation; everything below it is immutable,
//! addressed by its hash, and cached.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::templates::{StoredTemplate, compile_template};
use crate::{App, AppError};
use flusso_engine::condition::RingSince;
use flusso_engine::contact::catalogue::Catalogue;
use flusso_engine::definitions::{Active, Definitions, Form, Segment};
use flusso_engine::ids::VersionId;
use flusso_engine::pipeline::Pipeline;
use flusso_engine::segment;
use flusso_engine::workflow::{self, Compiled, Program};
use flusso_store::keys::head::{Head, RingOf};
use flusso_store::repository::Repository;

/// What one instance has loaded so far.
#[derive(Default)]
pub(crate) struct DefinitionsCache {
    present: Mutex<Option<Arc<Definitions>>>,
    programs: Mutex<BTreeMap<VersionId, Arc<Program>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl App {
    /// The definitions of this moment: the head read strongly, the rest from the cache.
    pub async fn definitions(&self) -> Result<Arc<Definitions>, AppError> {
        let head = self.repository.head().await?;
        if let Some(known) =
            lock(&self.definitions.present).as_ref().filter(|known| known.number == head.number)
        {
            return Ok(known.clone());
        }
        let loaded = Arc::new(self.build(&head).await?);
        let mut present = lock(&self.definitions.present);
        if present.as_ref().is_none_or(|known| known.number < loaded.number) {
            *present = Some(loaded.clone());
        }
        Ok(loaded)
    }

    /// The definitions that a head names.
    pub async fn build(&self, head: &Head) -> Result<Definitions, AppError> {
        let written_by = head.installation.as_ref();
        let mut definitions = Definitions {
            number: head.number,
            on_hold: written_by.is_some_and(|written_by| *written_by != self.ports.installation),
            account: head.account.clone(),
            ..Definitions::empty()
        };
        for (id, active) in &head.workflows {
            let program = self.program(&active.version).await?;
            let (version, since) = (active.version.clone(), active.since);
            let life = active.life.clone();
            let active = Active { version, since, since_number: active.number, life, program };
            definitions.workflows.insert(id.clone(), active);
        }
        for (name, hash) in &head.forms {
            let form: Form = read(&self.repository, hash).await?;
            definitions.forms.insert(name.as_str().into(), Arc::new(form));
        }
        for (name, hash) in &head.templates {
            let stored: StoredTemplate = read(&self.repository, hash).await?;
            definitions.templates.insert(name.as_str().into(), Arc::new(compile_template(&stored)?));
        }
        for (name, members) in &head.teams {
            let members = members.iter().map(|member| member.as_str().into()).collect();
            definitions.teams.insert(name.as_str().into(), members);
        }
        for (name, user) in &head.users {
            definitions.users.insert(name.as_str().into(), user.clone());
        }
        if let Some(hash) = &head.catalogue {
            let catalogue: Catalogue = read(&self.repository, hash).await?;
            definitions.catalogue = Arc::new(catalogue.settled());
        }
        for (name, hash) in &head.pipelines {
            let pipeline: Pipeline = read(&self.repository, hash).await?;
            definitions.pipelines.insert(name.as_str().into(), Arc::new(pipeline));
        }
        for (name, segment) in &head.segments {
            let source: String = read(&self.repository, &segment.hash).await?;
            let compiled = segment::compile(&source)
                .map_err(|_| AppError::Unavailable(format!("segment {name} can't be read")))?;
            let segment = Segment {
                name: compiled.name.unwrap_or_else(|| name.as_str().into()),
                condition: compiled.condition,
                version: compiled.version,
                since: segment.number,
            };
            definitions.segments.insert(name.as_str().into(), segment);
        }
        for (id, ring) in &head.rings {
            let specs = match &ring.by {
                RingOf::Version(version) => self.program(version).await?.rings(),
                RingOf::Segment(hash) => {
                    let source: String = read(&self.repository, hash).await?;
                    segment::compile(&source)
                        .map_or_else(|_| Vec::new(), |compiled| compiled.condition.rings())
                }
            };
            let spec = specs.into_iter().find(|spec| spec.id == *id);
            definitions.rings.extend(spec.map(|spec| (id.clone(), RingSince { spec, since: ring.since })));
        }
        Ok(definitions.indexed())
    }

    /// A version of a workflow, compiled once.
    pub(crate) async fn program(&self, version: &VersionId) -> Result<Arc<Program>, AppError> {
        if let Some(known) = lock(&self.definitions.programs).get(version) {
            return Ok(known.clone());
        }
        let compiled = self.compiled(version).await?;
        let program = compiled.program.ok_or_else(|| unknown_version(version))?;
        lock(&self.definitions.programs).insert(version.clone(), program.clone());
        Ok(program)
    }

    /// A version of a workflow, compiled from its stored source, with what its steps are called.
    pub(crate) async fn compiled(&self, version: &VersionId) -> Result<Compiled, AppError> {
        let missing = || unknown_version(version);
        let (source, names) = self.repository.version(version.as_str()).await?.ok_or_else(missing)?;
        let compiled = match names {
            Some(names) => workflow::compile_with(&source, &names),
            None => workflow::compile(&source),
        };
        compiled.into_iter().next().ok_or_else(missing)
    }

    /// The same definitions with one more version, to which somebody inside is pinned.
    pub async fn with_program(
        &self,
        definitions: &Arc<Definitions>,
        version: &VersionId,
    ) -> Result<Arc<Definitions>, AppError> {
        let program = self.program(version).await?;
        let mut more = (**definitions).clone();
        more.programs.insert(version.clone(), program);
        let more = Arc::new(more);
        let mut present = lock(&self.definitions.present);
        if present.as_ref().is_some_and(|known| known.number == more.number) {
            *present = Some(more.clone());
        }
        Ok(more)
    }
}

fn unknown_version(version: &VersionId) -> AppError {
    AppError::NotFound { what: "version", id: version.to_string() }
}

async fn read<T: serde::de::DeserializeOwned>(repository: &Repository, hash: &str) -> Result<T, AppError> {
    let missing = || AppError::NotFound { what: "definition", id: hash.to_owned() };
    let text = repository.definition(hash).await?.ok_or_else(missing)?;
    serde_json::from_str(&text).map_err(|error| AppError::Unavailable(format!("definition {hash}: {error}")))
}
