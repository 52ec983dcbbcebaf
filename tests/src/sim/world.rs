//! The world: takes what happens next off the agenda, polls tasks one at a time, kills some, and goes on until nothing
//! is left to happen.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};

use flusso_app::accept::{Accepted, Submitted};
use flusso_app::ports::queue::{Delivery, QueueName};
use flusso_app::{App, AppError};
use flusso_store::keys::alarm;
use flusso_store::keys::watermark::{self, Watermark, WatermarkRow};
use flusso_store::model::Memory;
use flusso_store::table::{Table, When, Write};

use super::anything;
use super::core::{Core, Item, MINUTE, Notes, SECOND, Shared, at_once};
use super::instance::Instance;
use super::jobs::Command;
use super::plan::Plan;
use super::plant::Plant;
use super::timer::{SKEW, TrueClock};
use super::workflows;

/// How long a function may run: all of them, and the one that performs sends.
const FUNCTION_TIMEOUT: i64 = 5 * MINUTE;
const STEPS_TIMEOUT: i64 = 60 * SECOND;
pub(super) const DOOR_TIMEOUT: i64 = 30 * SECOND;
const CONCURRENCY: usize = 12;
const POLLS: u64 = 600_000;

type Outcomes = Vec<(String, Result<(), String>)>;

/// What a task does.
#[derive(Debug)]
pub(super) enum Job {
    Messages,
    Ring { minute: i64, failed: u32 },
    Sweep,
    Changes(usize),
    Post(usize),
    Define(usize),
    Command(usize),
}

pub(super) enum Done {
    Messages(Outcomes),
    Unit(Result<(), String>),
    Through(Result<u128, AppError>),
    Event(Result<Vec<Accepted>, AppError>),
    Form(Result<Submitted, AppError>),
    Left(Result<(), AppError>),
}

struct Task {
    job: Job,
    instance: usize,
    deadline: i64,
    future: Pin<Box<dyn Future<Output = Done>>>,
}

/// An event that the door answered as accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Its source.
    pub source: String,
    /// Its id.
    pub id: String,
    /// What it says.
    pub number: String,
    /// By what it names somebody.
    pub names: Vec<String>,
    /// The browser, if it names nothing else.
    pub visitor: Option<String>,
}

/// A world.
pub struct World {
    /// What is shared with the ports.
    pub core: Arc<Core>,
    /// The table itself.
    pub memory: Arc<Memory>,
    /// The instances.
    pub instances: Vec<Instance>,
    /// What the door answered as accepted.
    pub answered: Vec<Answered>,
    /// How often a task was polled.
    pub polls: u64,
    true_now: Arc<AtomicI64>,
    pub(super) commands: Vec<Command>,
    changes: Vec<(String, String)>,
    tasks: BTreeMap<u64, Task>,
    next_task: u64,
}

impl World {
    /// A world in which nothing has happened yet but that its definitions were put.
    pub fn new(plan: &Plan, mut shared: Shared) -> Self {
        shared.trace.began = plan.begins_at;
        shared.trace.now = plan.begins_at;
        shared.ledger.fences = plan.fences;
        let true_now = Arc::new(AtomicI64::new(plan.begins_at));
        let memory = Arc::new(Memory::new(Arc::new(TrueClock(true_now.clone()))));
        let core = Arc::new(Core::new(plan.begins_at, shared));
        let instances: Vec<Instance> =
            plan.skews.iter().map(|skew| Instance::new(&core, &memory, *skew)).collect();
        let changes = plan.changes.iter().map(|(_, id, text)| (id.clone(), text.clone())).collect();
        let mut world = Self {
            core,
            memory,
            instances,
            answered: Vec::new(),
            commands: plan.commands.iter().map(|(_, command)| command.clone()).collect(),
            polls: 0,
            true_now,
            changes,
            tasks: BTreeMap::new(),
            next_task: 1,
        };
        world.set_up(plan);
        world
    }

    fn set_up(&mut self, plan: &Plan) {
        let app = self.instances[0].app.clone();
        at_once(async {
            app.put_form("guide", &workflows::form()).await?;
            app.put_template("follow-up", &workflows::template()).await?;
            app.put_team("sales", &["laura@shop.example".to_owned(), "paolo@shop.example".to_owned()])
                .await?;
            anything::set_up(&app, &plan.segments).await?;
            for (id, text) in &plan.workflows {
                app.put_workflow(id, text).await?;
                app.activate(id).await?;
            }
            Ok::<(), AppError>(())
        })
        .expect("the definitions are good");
        self.core.with(|shared| {
            shared.quiet = false;
            let begins_at = plan.begins_at;
            for (at, post) in &plan.posts {
                shared.posts.push(post.clone());
                let index = shared.posts.len() - 1;
                shared.at(begins_at + at, Item::Post(index));
            }
            for (index, (at, ..)) in plan.changes.iter().enumerate() {
                shared.at(begins_at + at, Item::Define(index));
            }
            for (index, (at, _)) in plan.commands.iter().enumerate() {
                shared.at(begins_at + at, Item::Command(index));
            }
            plan.restarts.iter().for_each(|at| shared.at(begins_at + at, Item::Restart));
            plan.clocks.iter().for_each(|at| shared.at(begins_at + at, Item::SetClock));
            shared.at(begins_at + plan.calm_at, Item::Calm);
            shared.at(begins_at, Item::Sweep);
        });
    }

    /// Lets everything happen.
    pub fn run(&mut self) {
        while let Some((at, item)) = self.core.with(Shared::next) {
            let now = at.max(self.core.now());
            self.core.set_now(now);
            self.true_now.store(now, Ordering::Relaxed);
            self.core.with(|shared| {
                shared.trace.now = now;
                shared.trace.task = 0;
            });
            match item {
                Item::Task(id) => self.poll(id),
                Item::Poll(queue) => self.deliver(queue, now),
                Item::Post(index) => self.post(index),
                Item::Define(index) => self.define(index),
                Item::Command(index) => self.command(index),
                Item::Ring { minute, failed } => self.ring(minute, failed),
                Item::Sweep => self.sweep(now),
                Item::Changes(shard) => self.hand_on(shard),
                Item::Restart => self.restart(),
                Item::SetClock => self.set_clock(),
                Item::Calm => self.core.with(|shared| {
                    shared.trace.say(|| "everything gets calm".to_owned());
                    shared.weather = super::weather::Weather::default();
                }),
            }
            let broken = self.core.with(|shared| !shared.watch.violations.is_empty());
            if broken {
                break;
            }
            if self.polls > POLLS {
                self.core.with(|shared| {
                    let rows = shared.watch.alarms.clone();
                    shared
                        .violated("END", || format!("still at it after {POLLS} polls; alarm rows {rows:?}"));
                });
                break;
            }
        }
        self.tasks.clear();
        self.core.with(|shared| {
            shared.quiet = true;
            shared.plant = None;
        });
    }

    pub(super) fn spawn(
        &mut self,
        instance: usize,
        job: Job,
        notes: Notes,
        timeout: i64,
        future: impl Future<Output = Done> + 'static,
    ) {
        let id = self.next_task;
        self.next_task += 1;
        let now = self.core.now();
        self.core.with(|shared| {
            shared.trace.say(|| format!("task #{id} on instance {instance}: {job:?}"));
            let head_at_begin = shared.watch.head;
            shared.notes.insert(id, Notes { head_at_begin, begun_at: now, ..notes });
            shared.at(now, Item::Task(id));
        });
        self.tasks.insert(id, Task { job, instance, deadline: now + timeout, future: Box::pin(future) });
    }

    fn poll(&mut self, id: u64) {
        let Some(mut task) = self.tasks.remove(&id) else { return };
        if self.core.now() >= task.deadline {
            return self.die(id, task, "timed out");
        }
        self.polls += 1;
        let believes = self.core.with(|shared| {
            shared.task = id;
            shared.trace.task = id;
            shared.resume_at = i64::MAX;
            shared.dies = false;
            shared.own_notes().believes
        });
        self.core.believe(believes);
        let polled = task.future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        self.core.believe(0);
        match polled {
            Poll::Ready(done) => {
                self.core.with(|shared| shared.notes.remove(&id));
                self.finish(task, done);
            }
            Poll::Pending => {
                let (dies, resume_at) = self.core.with(|shared| (shared.dies, shared.resume_at));
                if dies {
                    self.core.with(|shared| *shared.trace.faults.entry("task died").or_default() += 1);
                    return self.die(id, task, "dies");
                }
                let resume_at = resume_at.min(task.deadline);
                self.core.with(|shared| shared.at(resume_at, Item::Task(id)));
                self.tasks.insert(id, task);
            }
        }
    }

    fn die(&mut self, id: u64, task: Task, how: &str) {
        let now = self.core.now();
        let Task { job, future, .. } = task;
        drop(future);
        self.core.with(|shared| {
            shared.trace.say(|| format!("task #{id} {how}"));
            shared.notes.remove(&id);
            match job {
                // Messages get visible again by themselves.
                Job::Messages | Job::Sweep => {}
                Job::Ring { minute, failed } => {
                    if failed < 2 {
                        shared.at(now + MINUTE, Item::Ring { minute, failed: failed + 1 });
                    }
                }
                Job::Changes(shard) => shared.at(now + SECOND, Item::Changes(shard)),
                Job::Post(index) => {
                    if shared.orderly || shared.rng.chance(7_000) {
                        shared.at(now + 2 * SECOND, Item::Post(index));
                    }
                }
                Job::Define(index) => shared.at(now + 5 * SECOND, Item::Define(index)),
                Job::Command(index) => shared.at(now + 5 * SECOND, Item::Command(index)),
            }
        });
    }

    fn finish(&mut self, task: Task, done: Done) {
        let now = self.core.now();
        match (task.job, done) {
            (Job::Messages, Done::Messages(outcomes)) => self.core.with(|shared| {
                for (id, outcome) in outcomes {
                    let Ok(id) = id.parse::<u64>() else { continue };
                    match outcome {
                        Ok(()) => shared.bag.delete(id),
                        Err(why) => {
                            shared.trace.say(|| format!("  m{id} comes again: {why}"));
                            let after =
                                if shared.orderly { MINUTE } else { shared.rng.between(SECOND, 2 * MINUTE) };
                            let Some(message) = shared.bag.get_mut(id) else { continue };
                            message.visible_at = now + after;
                            let queue = message.queue;
                            shared.at(now + after, Item::Poll(queue));
                        }
                    }
                }
            }),
            (Job::Ring { minute, failed }, Done::Unit(Err(why))) => self.core.with(|shared| {
                shared.trace.say(|| format!("  minute {minute} could not be rung: {why}"));
                if failed < 2 {
                    shared.at(now + MINUTE, Item::Ring { minute, failed: failed + 1 });
                }
            }),
            (Job::Changes(shard), Done::Through(through)) => self.core.with(|shared| {
                let stream = shared.streams.shard(shard);
                match through {
                    Ok(through) => stream.counted(through),
                    Err(_) => return shared.at(now + SECOND, Item::Changes(shard)),
                }
                if stream.has_more() {
                    shared.at(now + 200, Item::Changes(shard));
                } else {
                    stream.busy = false;
                }
            }),
            (Job::Post(index), Done::Event(answer)) => {
                let accepted = answer.map(|accepted| accepted[0].id.clone());
                self.answer(index, accepted, now);
            }
            (Job::Post(index), Done::Form(answer)) => {
                self.answer(index, answer.map(|submitted| submitted.id), now);
            }
            (Job::Post(index), Done::Left(answer)) => self.has_left(index, answer, now),
            (Job::Command(index), Done::Unit(Err(_))) => self.command_again(index),
            (Job::Define(index), Done::Unit(Err(why))) => self.core.with(|shared| {
                shared.trace.say(|| format!("  not activated: {why}"));
                shared.at(now + 20 * SECOND, Item::Define(index));
            }),
            _ => {}
        }
    }

    pub(super) fn any_instance(&self) -> usize {
        let many = self.instances.len();
        self.core.with(|shared| if shared.orderly { 0 } else { shared.rng.index(many) })
    }

    fn deliver(&mut self, queue: QueueName, now: i64) {
        let running = self.tasks.values().filter(|task| matches!(task.job, Job::Messages)).count();
        let steps = matches!(queue, QueueName::Steps(_));
        let timeout = if steps { STEPS_TIMEOUT } else { FUNCTION_TIMEOUT };
        let batch = self.core.with(|shared| {
            let mut visible = shared.bag.visible(queue, now);
            if visible.is_empty() {
                return Vec::new();
            }
            if running >= CONCURRENCY {
                shared.at(now + 50, Item::Poll(queue));
                return Vec::new();
            }
            let many = if shared.orderly {
                1
            } else if shared.rng.chance(3_000) {
                1 + shared.rng.index(10)
            } else {
                1 + shared.rng.index(2)
            };
            let mut batch = Vec::new();
            while batch.len() < many && !visible.is_empty() {
                let at = if shared.orderly { 0 } else { shared.rng.index(visible.len()) };
                batch.push(visible.remove(at));
            }
            if !visible.is_empty() {
                shared.at(now + 1, Item::Poll(queue));
            }
            let hidden_until = now + timeout + MINUTE / 2;
            let mut deliveries = Vec::new();
            for id in batch {
                let Some(message) = shared.bag.get_mut(id) else { continue };
                message.receives += 1;
                message.visible_at = hidden_until;
                let (receives, body) = (message.receives, message.body.clone());
                deliveries.push(Delivery { id: id.to_string(), body, receives });
            }
            shared.at(hidden_until, Item::Poll(queue));
            deliveries
        });
        if batch.is_empty() {
            return;
        }
        let instance = self.any_instance();
        let app = self.instances[instance].app.clone();
        let mut notes = Notes { kind: if steps { "steps" } else { "events" }, ..Notes::default() };
        notes.looks =
            batch.iter().map(|one| one.body.clone()).filter(|body| body.contains("\"look\"")).collect();
        self.wrong_look(&mut notes);
        self.spawn(instance, Job::Messages, notes, timeout, async move {
            Done::Messages(match queue {
                QueueName::Events(lane) => app.handle_events(lane, batch).await,
                QueueName::Steps(lane) => app.handle_steps(lane, batch).await,
                QueueName::Jobs => app.handle_jobs(batch).await,
            })
        });
    }

    /// What planted bugs do to a look.
    fn wrong_look(&mut self, notes: &mut Notes) {
        let plant = self.core.with(|shared| shared.plant);
        for look in &notes.looks {
            let Ok(look) = serde_json::from_str::<serde_json::Value>(look) else { continue };
            let (Some(at), Some(contact)) = (look["at"].as_i64(), look["contact"].as_str()) else { continue };
            match plant {
                Some(Plant::EarlyLook) => notes.believes = notes.believes.max(at),
                Some(Plant::LookRemovesAlarm) => {
                    let key = alarm::key(at / MINUTE, &flusso_engine::ids::ContactId::new(contact));
                    self.core.with(|shared| shared.watch.alarm_removed(&key));
                    let _ = at_once(self.memory.remove_all(vec![(key, When::Any)]));
                }
                _ => {}
            }
        }
    }

    fn define(&mut self, index: usize) {
        let instance = self.any_instance();
        let app = self.instances[instance].app.clone();
        let (id, text) = self.changes[index].clone();
        let notes = Notes { kind: "define", ..Notes::default() };
        self.spawn(instance, Job::Define(index), notes, DOOR_TIMEOUT, async move {
            Done::Unit(put_and_activate(&app, &id, &text).await.map_err(|error| error.to_string()))
        });
    }

    fn ring(&mut self, minute: i64, failed: u32) {
        let instance = self.any_instance();
        let app = self.instances[instance].app.clone();
        let notes = Notes { kind: "ring", ..Notes::default() };
        self.spawn(instance, Job::Ring { minute, failed }, notes, FUNCTION_TIMEOUT, async move {
            Done::Unit(app.ring_minute(minute).await.map_err(|error| error.to_string()))
        });
    }

    fn hand_on(&mut self, shard: usize) {
        let instance = self.any_instance();
        let app = self.instances[instance].app.clone();
        let batch = self.core.with(|shared| {
            let repeats = shared.weather.changes_repeat;
            let back = if shared.fault("changes repeated", repeats) { shared.rng.index(20) } else { 0 };
            let most = 1 + shared.rng.index(60);
            shared.streams.shard(shard).batch(back, most)
        });
        let name = super::changes::Streams::name(shard);
        let notes = Notes { kind: "changes", ..Notes::default() };
        self.spawn(instance, Job::Changes(shard), notes, FUNCTION_TIMEOUT, async move {
            Done::Through(app.handle_changes(&name, &batch).await)
        });
    }

    fn restart(&mut self) {
        let instance = self.any_instance();
        self.core.with(|shared| {
            *shared.trace.faults.entry("instance replaced").or_default() += 1;
            shared.trace.say(|| format!("instance {instance} is replaced"));
        });
        let its: Vec<u64> =
            self.tasks.iter().filter(|(_, task)| task.instance == instance).map(|(id, _)| *id).collect();
        for id in its {
            if let Some(task) = self.tasks.remove(&id) {
                self.die(id, task, "goes with its instance");
            }
        }
        self.instances[instance].restart(&self.core, &self.memory);
    }

    fn set_clock(&mut self) {
        let instance = self.any_instance();
        let skew = self.core.with(|shared| {
            *shared.trace.faults.entry("clock set").or_default() += 1;
            shared.rng.between(-SKEW, SKEW)
        });
        self.instances[instance].skew.store(skew, Ordering::Relaxed);
    }

    /// Sweeps; a sweep that would only move its watermark is made short. Nothing to do for a long time: the time jumps.
    fn sweep(&mut self, now: i64) {
        let minute = now / MINUTE - 16;
        let (work, jobs) = self.core.with(|shared| {
            shared.check_alarms();
            let jobs = !shared.watch.open_jobs.is_empty();
            let never = shared.watch.verified.iter().any(Option::is_none);
            let due = shared.watch.first_alarm(None).is_some_and(|first| first <= minute + 1);
            let skips = shared.weather.sweep_skips;
            if shared.fault("sweep skipped", skips) {
                return (None, jobs);
            }
            (Some(never || due || jobs || (!shared.orderly && shared.rng.chance(300))), jobs)
        });
        match work {
            Some(true) => {
                let instance = self.any_instance();
                let app = self.instances[instance].app.clone();
                let notes = Notes { kind: "sweep", ..Notes::default() };
                self.spawn(instance, Job::Sweep, notes, FUNCTION_TIMEOUT, async move {
                    Done::Unit(app.sweep().await.map_err(|error| error.to_string()))
                });
            }
            Some(false) => self.move_watermarks(minute),
            None => {}
        }
        let busy = !self.tasks.is_empty();
        self.core.with(|shared| {
            let soon = now + MINUTE;
            let first_alarm = shared.watch.first_alarm(None).map(|minute| (minute + 17) * MINUTE);
            let next = shared.next_but_sweep().into_iter().chain(first_alarm).min();
            match next {
                // A job that has lost its message waits for nothing else.
                _ if busy || jobs => shared.at(soon, Item::Sweep),
                Some(next) => shared.at(soon.max(next), Item::Sweep),
                None => {}
            }
        });
        if !busy && !jobs {
            let next = self.core.with(|shared| shared.next_but_sweep()).unwrap_or(now);
            self.move_watermarks(next / MINUTE - 17);
        }
    }

    /// What sweeps do that find nothing.
    fn move_watermarks(&mut self, to: i64) {
        for shard in 0..alarm::SHARDS {
            let (stored, first) = self.core.with(|shared| {
                (shared.watch.verified[usize::from(shard)], shared.watch.first_alarm(Some(shard)))
            });
            let Some((verified, revision)) = stored else { continue };
            let minute = first.map_or(to, |first| to.min(first - 1));
            if minute <= verified {
                continue;
            }
            let next = flusso_store::codec::row::<WatermarkRow>(
                watermark::key(shard),
                revision + 1,
                &Watermark { minute },
            );
            let Ok(row) = next else { continue };
            let moved = at_once(self.memory.commit(vec![Write::put(row, When::Revision(revision))]));
            if moved.is_ok() {
                self.core
                    .with(|shared| shared.watch.verified[usize::from(shard)] = Some((minute, revision + 1)));
            }
        }
    }
}

async fn put_and_activate(app: &App, id: &str, text: &str) -> Result<(), AppError> {
    app.put_workflow(id, text).await?;
    app.activate(id).await.map(|_| ())
}
