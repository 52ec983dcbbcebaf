//! `flusso serve`: the door and the platform's loops in one process.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use flusso_entrypoints::app::engine::time::Instant;
use flusso_entrypoints::app::ports::channel::Channel;
use flusso_entrypoints::app::ports::tokens::RandomTokens;
use flusso_entrypoints::app::table::Table;
use flusso_entrypoints::app::{App, Ports, keys};
use flusso_entrypoints::options::{ClockControl, LocalPages, MailboxView, Options, Sessions};
use flusso_local::backup::installation;
use flusso_local::blobs::FolderBlobs;
use flusso_local::changes::LocalChanges;
use flusso_local::checkup::LocalCheckup;
use flusso_local::clock::LocalClock;
use flusso_local::mailbox::Mailbox;
use flusso_local::queue::LocalQueue;
use flusso_local::runtime::Runtime;
use flusso_local::secrets::FileSecrets;
use flusso_local::smtp::Smtp;
use flusso_local::sqlite::Store;
use flusso_local::table::SqliteTable;
use flusso_local::timer::LocalTimer;
use flusso_local::traces::LocalTraces;
use flusso_local::webhook::{Reach, Webhook};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::glue::{Movable, Program, Shown};
use crate::key::{FirstKey, first_key, was_started};
use crate::output::say;

/// How many batches of each queue are worked on at once.
const WORKERS: usize = 48;
/// So long open connections may take to end once the program is told to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// How to serve.
#[derive(Args)]
pub(crate) struct Serve {
    /// The folder that keeps everything; it is made if it is not there
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// After a restore: the folder as it was before, to read the opt-outs of the time since the backup
    #[arg(long, value_name = "DIR")]
    before: Option<PathBuf>,
    /// The address to listen at
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Let time pass so many times as fast, and let it be moved ahead
    #[arg(long, value_name = "60x", value_parser = speed)]
    clock: Option<u32>,
    /// At the first start of a folder, let time begin there: 2026-12-20T09:00:00Z
    #[arg(long, value_name = "INSTANT", requires = "clock", value_parser = instant)]
    clock_from: Option<Instant>,
    /// Send mail by this server rather than keep it here: smtp://user:password@host:port?tls=required
    #[arg(long, value_name = "URL")]
    smtp: Option<String>,
    /// Where people reach this program: messages link to it for as long as they are kept. Without it, --smtp sends no
    /// marketing
    #[arg(long, value_name = "https://…", value_parser = public_url)]
    public_url: Option<String>,
    /// Outside prod, mail goes only to these addresses or domains (@example.org)
    #[arg(long, value_name = "ADDRESS", num_args = 1.., requires = "smtp")]
    allow: Vec<String>,
    /// Let webhooks go to this machine and its network too, and by http://; for trying things out
    #[arg(long)]
    local_webhooks: bool,
    /// What this installation is for
    #[arg(long, value_enum, default_value_t = Stage::Local)]
    stage: Stage,
}

/// What an installation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// Trying things out: local pages, mail to allowed addresses only
    Local,
    /// The real thing: no local pages, mail to everybody
    Prod,
}

/// The parts of the platform that the program is put together from.
struct Platform {
    store: Arc<Store>,
    runtime: Runtime,
    app: Arc<App>,
    mailbox: Arc<Mailbox>,
}

impl Serve {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        let colours = std::io::stderr().is_terminal();
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(colours)
            .init();
        anyhow::ensure!(
            self.clock.is_none() || self.stage == Stage::Local,
            "--clock is for trying things out; it does not go with --stage prod"
        );
        anyhow::ensure!(
            !self.local_webhooks || self.stage == Stage::Local,
            "--local-webhooks is for trying things out; it does not go with --stage prod"
        );
        tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(self.serve())?;
        Ok(ExitCode::SUCCESS)
    }

    async fn serve(self) -> anyhow::Result<()> {
        let listener = TcpListener::bind(self.listen)
            .await
            .with_context(|| format!("can't listen at {}; choose another --listen", self.listen))?;
        let public_url = self.public_url(listener.local_addr()?);
        let Platform { store, runtime, app, mailbox } = self.platform(public_url.as_deref()).await?;
        app.set_up_demo().await?;
        let key = first_key(&app, &self.data).await?;

        let clock = self.clock.map(|_| Arc::new(Movable(runtime.clock.clone())) as Arc<dyn ClockControl>);
        let mailbox = Some(Arc::new(Shown(mailbox)) as Arc<dyn MailboxView>);
        let local = (self.stage == Stage::Local).then(|| LocalPages { mail_goes_to: self.server() });
        let sessions = Arc::new(Sessions::default());
        let link = sessions.link(&app.secret_token());
        let sign_in = Some(sessions);
        let options = Options { clock, mailbox, local, sign_in, first_owner: None };
        let router = flusso_entrypoints::router(app.clone(), options);

        let (stop, stopped) = watch::channel(false);
        let loops = tokio::spawn(runtime.run(Arc::new(Program(app)), stopped.clone()));
        self.greet(listener.local_addr()?, &key, &link)?;

        let mut told = stopped.clone();
        let door = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(async move {
                drop(told.wait_for(|stop| *stop).await);
            });
        let door = tokio::spawn(door.into_future());
        signalled().await?;
        say("Stopping.")?;
        stop.send_replace(true);
        // A connection that never ends must not keep the program from ending; what was accepted is on the disk.
        let _ = tokio::time::timeout(PATIENCE, door).await;
        loops.await?;
        store.flush().await?;
        Ok(())
    }

    async fn platform(&self, public_url: Option<&str>) -> anyhow::Result<Platform> {
        let store = Store::open(&self.data)?;
        let clock = LocalClock::open(store.clone(), self.clock.unwrap_or(1)).await?;
        if let Some(from) = self.clock_from.filter(|_| !was_started(&self.data)) {
            clock.begin_at(from).await?;
        }
        let secrets = FileSecrets::open(&self.data)?;
        let table = Arc::new(SqliteTable::new(store.clone(), clock.clone(), keys::state::is));
        let queue = LocalQueue::open(store.clone(), clock.clone())?;
        let timer = LocalTimer::open(store.clone())?;
        let changes = Arc::new(LocalChanges::new(store.clone()));
        let mailbox = Arc::new(Mailbox::new(store.clone(), clock.clone()));
        let email: Arc<dyn Channel> = match &self.smtp {
            None => mailbox.clone(),
            Some(url) => Arc::new(Smtp::new(url, None, self.allowed())?),
        };
        let reach = if self.local_webhooks { Reach::Anywhere } else { Reach::Public };
        // Nothing is paid for a look here.
        let app = App::new(Ports {
            table: table.clone(),
            queue: queue.clone(),
            timer: timer.clone(),
            email,
            outbox: mailbox.clone(),
            webhook: Arc::new(Webhook::new(reach)),
            blobs: Arc::new(FolderBlobs::new(&self.data)),
            clock: clock.clone(),
            tokens: Arc::new(RandomTokens),
            secrets: Arc::new(secrets),
            public_url: public_url.unwrap_or_default().into(),
            mail_from: None,
            metrics: Arc::default(),
            installation: installation(&store)?.into(),
            before: self.before(&clock)?,
            traces: Arc::new(LocalTraces(store.clone())),
            checkup: Arc::new(LocalCheckup { server: self.server(), allowed: self.allowed() }),
        })
        .filtering_at_most(u64::MAX);
        let runtime = Runtime { queue, timer, changes, table, clock, workers: WORKERS };
        Ok(Platform { store, runtime, app: Arc::new(app), mailbox })
    }

    /// The rows of the folder as it was before a restore.
    fn before(&self, clock: &Arc<LocalClock>) -> anyhow::Result<Option<Arc<dyn Table>>> {
        let Some(folder) = &self.before else { return Ok(None) };
        anyhow::ensure!(folder.is_dir(), "--before: there is no folder {}", folder.display());
        let store = Store::open(folder)?;
        Ok(Some(Arc::new(SqliteTable::new(store, clock.clone(), keys::state::is))))
    }

    /// Where the links in messages lead. Those that stay here lead here; others need an address that lasts.
    fn public_url(&self, here: SocketAddr) -> Option<String> {
        self.public_url.clone().or_else(|| self.smtp.is_none().then(|| format!("http://{here}")))
    }

    /// Whom mail may go to; none is everybody.
    fn allowed(&self) -> Option<Vec<String>> {
        (self.stage == Stage::Local).then(|| self.allow.clone())
    }

    /// The mail server without its password, if there is one.
    fn server(&self) -> Option<String> {
        let url = self.smtp.as_deref()?;
        let (scheme, rest) = url.split_once("://").unwrap_or(("smtp", url));
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let host = host.split(['?', '/']).next().unwrap_or(host);
        Some(format!("{scheme}://{host}"))
    }

    fn greet(&self, address: SocketAddr, key: &FirstKey, link: &str) -> anyhow::Result<()> {
        say(&format!("Flusso is running. Everything is kept in {}.", self.data.display()))?;
        say("")?;
        if self.stage == Stage::Local {
            say(&format!("  Try it     http://{address}/ has a form to sign up with"))?;
        }
        match self.server() {
            Some(server) => {
                say(&format!("  Mail       goes to {server}, {}", self.recipients()))?;
                if self.public_url.is_none() {
                    say("             marketing does not: its unsubscribe links need --public-url")?;
                }
            }
            None if self.stage == Stage::Local => {
                say(&format!("  Mail       stays here: http://{address}/mailbox"))?;
            }
            None => say("  Mail       stays here: give --smtp to send it")?,
        }
        let here = self.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        say(&format!("  Sign in    {here}{link}"))?;
        say("             works once, for 15 minutes; `flusso sign-in` prints another")?;
        say(&format!("  API        http://{address}/openapi.json"))?;
        let path = key.path.display();
        match &key.made {
            Some(key) => say(&format!("  API key    {key} (shown only now; it is also in {path})"))?,
            None => say(&format!("  API key    in {path}"))?,
        }
        if let Some(speed) = self.clock {
            say(&format!("  Clock      {speed} times as fast as the real one; POST /v1/clock moves it"))?;
        }
        if self.stage == Stage::Local && !address.ip().is_loopback() {
            say("")?;
            say("  Whoever can reach this address can read the mailbox and the contacts.")?;
        }
        say("")?;
        say("Ctrl-C stops it.")?;
        Ok(())
    }

    fn recipients(&self) -> String {
        match self.allowed() {
            None => "to everybody".to_owned(),
            Some(allowed) if allowed.is_empty() => "but to nobody until --allow names addresses".to_owned(),
            Some(allowed) => format!("only to {}", allowed.join(", ")),
        }
    }
}

/// Reads the address that links begin with.
fn public_url(text: &str) -> Result<String, String> {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let is_plain = !text.contains(['?', '#', ' ', '<', '>']) && text.is_ascii();
    if !is_web || !is_plain || text.len() > 200 {
        return Err("an address begins with https://, such as https://mail.example.com".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Reads an instant.
fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).ok_or_else(|| "an instant is RFC 3339, such as 2026-12-20T09:00:00Z".to_owned())
}

/// Reads `60x`, or `60`.
fn speed(text: &str) -> Result<u32, String> {
    let speed = text.strip_suffix('x').unwrap_or(text).parse();
    let speed = speed.ok().filter(|speed| (1..=100_000).contains(speed));
    speed.ok_or_else(|| "a speed is 1x to 100000x, such as 60x: a minute in a second".to_owned())
}

/// Waits until the program is told to stop.
async fn signalled() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}
