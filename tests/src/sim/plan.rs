//! What happens in a world, and when: drawn from a seed, or written down for the fault sweep.

use flusso_app::accept::{EventDraft, SUBMISSION_ID, Submission};
use flusso_engine::time::Instant;
use serde_json::{Map, Value, json};

use super::anything;
use super::core::{DAY, HOUR, MINUTE, SECOND};
use super::jobs::Command;
use super::rng::Rng;
use super::timer::SKEW;
use super::weather::Weather;
use super::workflows::{self, HEAVY, SOURCES};

/// How the addresses of all people end.
pub const PEOPLE: &str = "@people.example";

/// Everything that is decided about a world before it begins.
#[derive(Clone, Debug)]
pub struct Plan {
    /// When it begins.
    pub begins_at: i64,
    /// The chances of faults.
    pub weather: Weather,
    /// By how much the clock of each instance is wrong.
    pub skews: Vec<i64>,
    /// Smart lists: name and document.
    pub segments: Vec<(String, String)>,
    /// Workflows that are active from the beginning: id and document.
    pub workflows: Vec<(String, String)>,
    /// What is posted, and when.
    pub posts: Vec<(i64, Post)>,
    /// Workflows that are changed and activated, and when.
    pub changes: Vec<(i64, String, String)>,
    /// What is asked for that makes jobs, and when.
    pub commands: Vec<(i64, Command)>,
    /// When instances are replaced.
    pub restarts: Vec<i64>,
    /// When clocks are set.
    pub clocks: Vec<i64>,
    /// When everything gets calm.
    pub calm_at: i64,
    /// The provider can tell what became of an attempt.
    pub fences: bool,
}

/// Something that somebody posts.
#[derive(Clone, Debug)]
pub struct Post {
    /// What.
    pub what: What,
    /// How often it was tried.
    pub tries: u32,
    /// What names it besides its id: two posts with the same number say the same.
    pub number: String,
}

/// What is posted.
#[derive(Clone, Debug)]
pub enum What {
    /// An event with an API key of this name.
    Event {
        /// The key's name.
        key: &'static str,
        /// The event.
        draft: EventDraft,
        /// Its time is so long before that of its posting.
        late_by: i64,
        /// It names a contact by its id: the nth of those that there are.
        contact: Option<usize>,
    },
    /// A submission of the form.
    Form(Submission),
    /// Somebody leaves by the address in a message.
    Leave {
        /// What stands in the address.
        token: String,
        /// To whom the message went.
        address: String,
    },
}

/// Who posts the notifications of the mail provider.
pub const PROVIDER: &str = "provider";

impl Post {
    fn new(what: What, number: String) -> Self {
        Self { what, tries: 0, number }
    }

    /// An event about the person with an address.
    pub fn event(kind: &str, id: &str, fields: Value, data: Value) -> Self {
        let map = |value: Value| if let Value::Object(map) = value { map } else { Map::new() };
        let mut data = map(data);
        let number = id.to_owned();
        data.entry("n").or_insert_with(|| number.as_str().into());
        let number = data.get("n").and_then(Value::as_str).unwrap_or_default().to_owned();
        let draft = EventDraft {
            id: Some(id.to_owned()),
            kind: kind.to_owned(),
            fields: map(fields),
            data,
            ..EventDraft::default()
        };
        Self::new(What::Event { key: "shop", draft, late_by: 0, contact: None }, number)
    }

    /// The same, and it happened in a browser.
    pub fn in_browser(mut self, visitor: &str) -> Self {
        if let What::Event { draft, .. } = &mut self.what {
            draft.visitor = Some(visitor.to_owned());
        }
        self
    }

    /// A submission of the form.
    pub fn form(id: Option<&str>, number: &str, answers: &[(&str, &str)]) -> Self {
        let mut all: Vec<(String, String)> =
            answers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        all.push(("n".to_owned(), number.to_owned()));
        all.extend(id.map(|id| (SUBMISSION_ID.to_owned(), id.to_owned())));
        Self::new(
            What::Form(Submission { answers: all, idempotency_key: None, ..Submission::default() }),
            number.to_owned(),
        )
    }

    /// The recipient of a message leaves by the address in it.
    pub fn leave(token: &str, address: &str) -> Self {
        let what = What::Leave { token: token.to_owned(), address: address.to_owned() };
        Self::new(what, format!("leave-{token}"))
    }

    /// A notification about a message.
    pub fn feedback(number: usize, kind: &str, send: &str, rng: &mut Rng) -> Self {
        let class = if rng.chance(7_500) { "human" } else { "machine" };
        let data = json!({ "send": send, "class": class });
        let mut post = Self::event(kind, &format!("fb-{number}"), json!({}), data);
        if let What::Event { key, .. } = &mut post.what {
            *key = PROVIDER;
        }
        post
    }
}

/// What a seed makes of the world.
pub fn draw(rng: &mut Rng, plain: bool) -> Plan {
    let starts =
        ["2026-03-28T21:00:00Z", "2026-10-24T22:00:00Z", "2026-01-31T08:00:00Z", "2026-06-15T12:00:30Z"];
    let begins_at = Instant::parse(starts[rng.index(starts.len())]).unwrap_or_default().millis();
    let span = match rng.below(5) {
        0 => 30 * MINUTE,
        1 | 2 => 3 * HOUR,
        3 => 14 * HOUR,
        _ => 2 * DAY + 5 * HOUR,
    };
    let instances = 2 + rng.index(3);
    let skewed = rng.chance(8_000);
    let skews = (0..instances).map(|_| if skewed { rng.between(-SKEW, SKEW) } else { 0 }).collect();
    let (mut workflows, groups) = draw_workflows(rng);
    let mut posts = draw_posts(rng, span, &groups);
    let mut changes = Vec::new();
    for source in SOURCES.iter().filter(|source| workflows.iter().any(|(id, _)| id == source.id)) {
        if rng.chance(2_500) {
            changes.push((rng.between(MINUTE, span), source.id.to_owned(), source.version(true)));
        }
    }
    // From a stream of its own: what else a seed draws stays what it was.
    let mut other = Rng::new(rng.clone().bits());
    let drawn = if !plain && other.chance(6_000) {
        anything::draw(&mut other, begins_at, span)
    } else {
        anything::Anything::default()
    };
    workflows.extend(drawn.workflows);
    posts.extend(drawn.posts);
    changes.extend(drawn.changes);
    let moments = |rng: &mut Rng, most: u64| (0..rng.below(most + 1)).map(|_| rng.between(0, span)).collect();
    Plan {
        begins_at,
        weather: if rng.chance(500) { Weather::default() } else { Weather::draw(rng) },
        skews,
        segments: drawn.segments,
        workflows,
        posts,
        changes,
        commands: Vec::new(),
        restarts: moments(rng, 3),
        clocks: if skewed { moments(rng, 2) } else { Vec::new() },
        calm_at: span + rng.between(0, 40 * MINUTE),
        fences: rng.chance(5_000),
    }
}

fn draw_workflows(rng: &mut Rng) -> (Vec<(String, String)>, Vec<u8>) {
    let mut groups = vec![0];
    for group in 1..8 {
        if rng.chance(4_500) {
            groups.push(group);
        }
    }
    groups.extend(HEAVY.iter().filter(|_| rng.chance(500)));
    let drawn = SOURCES.iter().filter(|source| groups.contains(&source.group));
    let mut workflows: Vec<(String, String)> =
        drawn.map(|source| (source.id.to_owned(), source.version(false))).collect();
    if groups.contains(&9) {
        workflows.push(("long".to_owned(), workflows::long()));
    }
    (workflows, groups)
}

fn draw_posts(rng: &mut Rng, span: i64, groups: &[u8]) -> Vec<(i64, Post)> {
    let people = 2 + rng.index(7);
    let mut posts: Vec<(i64, Post)> = Vec::new();
    let bursts = 3 + rng.below(7);
    for burst in 0..bursts {
        let at = if burst == 0 { rng.between(0, 10 * SECOND) } else { rng.between(0, span) };
        for _ in 0..=rng.below(3) {
            let person = rng.index(people);
            let mut moment = at + rng.between(0, 3 * SECOND);
            for _ in 0..=rng.below(4) {
                let number = format!("n{}", posts.len());
                let post = draw_post(rng, person, people, &number, groups);
                again(rng, &mut posts, moment, &post);
                posts.push((moment, post));
                moment += if rng.chance(7_000) { rng.between(0, 40) } else { rng.between(0, 3 * MINUTE) };
            }
        }
    }
    posts
}

/// Some things are posted twice, or something else under the same id.
fn again(rng: &mut Rng, posts: &mut Vec<(i64, Post)>, moment: i64, post: &Post) {
    let after = match rng.below(3) {
        0 => rng.between(0, 20),
        1 => rng.between(0, 10 * SECOND),
        _ => rng.between(0, 5 * HOUR),
    };
    if rng.chance(1_000) {
        posts.push((moment + after, post.clone()));
    } else if rng.chance(400)
        && let What::Event { draft, .. } = &post.what
    {
        let mut other = post.clone();
        let number = format!("{}-other", post.number);
        if let What::Event { draft: changed, .. } = &mut other.what {
            *changed = draft.clone();
            changed.data.insert("n".to_owned(), number.as_str().into());
        }
        other.number = number;
        posts.push((moment + after, other));
    }
}

fn draw_post(rng: &mut Rng, person: usize, people: usize, number: &str, groups: &[u8]) -> Post {
    let email = format!("p{person}{PEOPLE}");
    let phone = format!("+39333000{person:04}");
    let by_phone = rng.chance(1_200);
    let fields = if by_phone { json!({ "phone": phone }) } else { json!({ "email": email }) };
    let url = *rng.pick(&[
        "https://shop.example/prices",
        "https://shop.example/prices/2026",
        "https://shop.example/",
    ]);
    let asks: &[(&str, u8)] = &[
        ("order.completed", 1),
        ("order.completed", 5),
        ("page.visited", 2),
        ("page.visited", 4),
        ("ping.asked", 3),
        ("profile.asked", 5),
        ("receipt.asked", 6),
        ("news.asked", 7),
        ("long.asked", 9),
    ];
    let mut post = match rng.below(20) {
        0..=5 => {
            let newsletter = if rng.chance(8_500) { "on" } else { "" };
            let name = format!("Ann{}", rng.below(3));
            let mut answers =
                vec![("email", email.as_str()), ("first_name", &name), ("newsletter", newsletter)];
            if rng.chance(2_000) {
                answers.push(("phone", &phone));
            }
            let id = rng.chance(5_000).then(|| format!("sub-{number}"));
            Post::form(id.as_deref(), number, &answers)
        }
        6..=13 => {
            let asked: Vec<&str> =
                asks.iter().filter(|(_, group)| groups.contains(group)).map(|(kind, _)| *kind).collect();
            let kind = if asked.is_empty() { "page.visited" } else { rng.pick(&asked) };
            Post::event(kind, number, fields, json!({ "url": url, "order": number }))
        }
        14 | 15 => Post::event("page.visited", number, fields, json!({ "url": url })),
        16 => Post::event("email.replied", number, fields, json!({})),
        17 => {
            let kind =
                *rng.pick(&["consent.withdrawn", "email.unsubscribed", "email.complained", "email.bounced"]);
            Post::event(kind, number, fields, json!({}))
        }
        18 => {
            // Somebody's address becomes another: a new one, or one that somebody else has.
            let other = rng.index(people + 2);
            let fields =
                json!({ "phone": phone, "email": format!("p{other}{PEOPLE}"), "city": format!("C{number}") });
            Post::event("profile.changed", number, fields, json!({}))
        }
        _ => {
            let mut post = Post::event(
                "profile.changed",
                number,
                json!({ "city": format!("C{number}"), "email": email }),
                json!({}),
            );
            if let What::Event { contact, .. } = &mut post.what {
                *contact = Some(rng.index(people));
            }
            post
        }
    };
    if rng.chance(1_500)
        && let What::Event { late_by, .. } = &mut post.what
    {
        *late_by = match rng.below(3) {
            0 => rng.between(1, 10 * SECOND),
            1 => rng.between(MINUTE, HOUR),
            _ => rng.between(HOUR, 2 * DAY),
        };
    }
    post
}
