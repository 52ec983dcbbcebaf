//! An instance of the program: its own clock, its own tokens, its own memory of the definitions.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};

use flusso_app::ports::blobs::NoBlobs;
use flusso_app::ports::checkup::NothingToTell;
use flusso_app::ports::secrets::{Secret, SecretName, Secrets};
use flusso_app::{App, Ports};
use flusso_store::model::Memory;

use super::bag::SimQueue;
use super::channel::SimChannel;
use super::core::Core;
use super::plant::Plant;
use super::table::SimTable;
use super::timer::{SimClock, SimTimer, SimTokens};

/// An instance.
pub struct Instance {
    /// The program.
    pub app: Arc<App>,
    /// By how much its clock is wrong.
    pub skew: Arc<AtomicI64>,
    /// Those that were here before it: what they counted still counts.
    pub gone: Vec<Arc<App>>,
}

struct SimSecrets;

impl Secrets for SimSecrets {
    fn current(&self, _: SecretName) -> Secret {
        Secret { key_id: "k1".to_owned(), bytes: b"a secret of the simulation".to_vec() }
    }

    fn by_id(&self, name: SecretName, _: &str) -> Option<Secret> {
        Some(self.current(name))
    }
}

impl Instance {
    /// A fresh one.
    pub fn new(core: &Arc<Core>, memory: &Arc<Memory>, skew: i64) -> Self {
        let skew = Arc::new(AtomicI64::new(skew));
        Self { app: start(core, memory, &skew), skew, gone: Vec::new() }
    }

    /// Dies; another takes its place, with the same clock.
    pub fn restart(&mut self, core: &Arc<Core>, memory: &Arc<Memory>) {
        let app = start(core, memory, &self.skew);
        self.gone.push(std::mem::replace(&mut self.app, app));
    }
}

fn start(core: &Arc<Core>, memory: &Arc<Memory>, skew: &Arc<AtomicI64>) -> Arc<App> {
    let (seed, same) = core.with(|shared| (shared.rng.bits(), shared.planted(Plant::OneToken)));
    let channel = Arc::new(SimChannel { core: core.clone(), skew: skew.clone() });
    Arc::new(App::new(Ports {
        table: Arc::new(SimTable::new(core.clone(), memory.clone())),
        queue: Arc::new(SimQueue(core.clone())),
        timer: Arc::new(SimTimer(core.clone())),
        email: channel.clone(),
        outbox: channel.clone(),
        webhook: channel,
        blobs: Arc::new(NoBlobs),
        clock: Arc::new(SimClock { core: core.clone(), skew: skew.clone() }),
        tokens: Arc::new(SimTokens { seed: AtomicU64::new(seed), same }),
        secrets: Arc::new(SimSecrets),
        public_url: "https://flusso.example".into(),
        mail_from: None,
        metrics: Arc::default(),
        installation: "test".into(),
        before: None,
        traces: Arc::new(flusso_app::ports::traces::NoTraces),
        checkup: Arc::new(NothingToTell),
    }))
}
