//! Random definitions and histories beside the written ones: whatever the language has, with everything that it names.

use flusso_app::accept::is_own;
use flusso_app::{App, AppError};
use flusso_engine::definitions::User;
use flusso_engine::time::Instant;
use serde_json::{Value, json};

use super::core::{DAY, HOUR, SECOND};
use super::plan::{PEOPLE, Post, What};
use super::rng::Rng;
use crate::drawn::{self, Chance, POOLS, TEAM, TEMPLATE, USERS};

/// What was drawn.
#[derive(Clone, Debug, Default)]
pub struct Anything {
    /// Smart lists: name and document.
    pub segments: Vec<(String, String)>,
    /// Workflows: id and document.
    pub workflows: Vec<(String, String)>,
    /// What happens to people, and when.
    pub posts: Vec<(i64, Post)>,
    /// Workflows that become others, and when.
    pub changes: Vec<(i64, String, String)>,
}

impl Chance for Rng {
    fn below(&mut self, n: usize) -> usize {
        self.index(n)
    }
}

/// Draws for a world that begins then, with that many people and so long a history.
pub fn draw(rng: &mut Rng, begins_at: i64, span: i64) -> Anything {
    let segments = drawn::segments(rng);
    let names: Vec<&str> = segments.iter().map(|(name, _)| *name).collect();
    let ends_at = Instant::from_millis(begins_at + span + rng.between(HOUR, DAY));
    let documents = |rng: &mut Rng| -> Vec<(String, String)> {
        let drawn = drawn::workflows(rng, &names).into_iter();
        drawn.map(|document| (word(&document["workflow"]), finite(document, ends_at))).collect()
    };
    let workflows = documents(rng);
    let mut changes = Vec::new();
    if rng.chance(3_000) {
        let changed =
            documents(rng).into_iter().filter(|(id, _)| workflows.iter().any(|(known, _)| known == id));
        changes.extend(changed.map(|(id, text)| (rng.between(SECOND, span), id, text)));
    }
    let posts = (0..4 + rng.below(30)).map(|number| {
        let at = rng.between(0, span);
        let (kind, data, mut fields) = drawn::happening(rng, Instant::from_millis(begins_at + at));
        fields.insert("email".to_owned(), format!("p{}{PEOPLE}", rng.index(4)).into());
        (at, Post::event(kind, &format!("any{number}"), fields.into(), data.into()))
    });
    // What is done by hand does not come in by the door for events.
    let by_door = |post: &Post| !matches!(&post.what, What::Event { draft, .. } if is_own(&draft.kind));
    let mut posts: Vec<(i64, Post)> = posts.filter(|(_, post)| by_door(post)).collect();
    posts.extend(draw_visits(rng, span));
    Anything {
        posts,
        segments: segments
            .into_iter()
            .map(|(name, segment)| (name.to_owned(), segment.to_string()))
            .collect(),
        workflows,
        changes,
    }
}

/// Visits of a few browsers, and now and then somebody says whose they are: about then, or much later.
fn draw_visits(rng: &mut Rng, span: i64) -> Vec<(i64, Post)> {
    let mut posts = Vec::new();
    for browser in 0..rng.below(4) {
        let visitor = format!("browser-{browser}");
        let known_at = rng.between(0, span);
        for number in 0..=rng.below(6) {
            let near = rng.between(-2 * SECOND, 2 * SECOND).saturating_add(known_at).max(0);
            let at = if rng.chance(5_000) { near } else { rng.between(0, span) };
            let url = json!({ "url": "https://shop.example/prices" });
            let id = format!("visit-{browser}-{number}");
            let post = Post::event("page.visited", &id, json!({}), url).in_browser(&visitor);
            if rng.chance(2_000) {
                posts.push((at + rng.between(0, HOUR), post.clone()));
            }
            posts.push((at, post));
        }
        for number in 0..rng.below(3) {
            let at = known_at + i64::try_from(number).unwrap_or_default() * HOUR;
            let who = json!({ "email": format!("p{}{PEOPLE}", rng.index(4)) });
            let post = Post::event("page.visited", &format!("known-{browser}-{number}"), who, json!({}));
            posts.push((at, post.in_browser(&visitor)));
        }
    }
    posts
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The same workflow for a world that must come to an end: nobody stays inside for ever, no date comes round each year,
/// and nothing takes weeks.
fn finite(mut document: Value, ends_at: Instant) -> String {
    document["settings"]["ends at"] = ends_at.to_string().into();
    for trigger in document["triggers"].as_array_mut().into_iter().flatten() {
        if let Some(date) = trigger.get_mut("date") {
            (date["field"], date["every"]) = ("appointment_at".into(), "once".into());
        }
    }
    let text = document.to_string();
    // Whole texts only: `3 days before` a date has no hours.
    let shorter = [("1 month", "2 days"), ("1 week", "30 hours"), ("3 days", "20 hours")];
    shorter
        .into_iter()
        .fold(text, |text, (long, short)| text.replace(&format!("\"{long}\""), &format!("\"{short}\"")))
}

/// Puts what random workflows name.
///
/// # Errors
/// Whatever keeps it from being put.
pub async fn set_up(app: &App, segments: &[(String, String)]) -> Result<(), AppError> {
    app.put_team(TEAM, &["laura@shop.example".to_owned()]).await?;
    app.put_template(TEMPLATE, &super::workflows::template()).await?;
    for name in USERS {
        let user = User::new(name, &format!("{name}@shop.example"));
        app.put_user(name, &user).await?;
    }
    for pool in POOLS {
        let codes: Vec<String> = (0..3).map(|number| format!("{pool}-{number}")).collect();
        app.put_coupons(pool, &codes).await?;
    }
    for (name, segment) in segments {
        app.put_segment(name, segment).await?;
    }
    Ok(())
}
