//! Steps: each kind of them, and blocks within blocks. After what always goes elsewhere nothing follows, or it could not
//! be reached.

use serde_json::{Value, json};

use super::conditions::{May, condition};
use super::triggers::About;
use super::{CITIES, Chance, EVENTS, LENGTHS, NAMES, POOLS, TEAM, TEMPLATE, USERS};
use super::{length, number, once_in, pick};

/// The blocks of a workflow in the making.
struct Maker<'m> {
    chance: &'m mut dyn Chance,
    workflows: &'m [String],
    segments: &'m [&'m str],
    about: About,
    /// So many steps were made.
    made: usize,
    /// The first step that sends a message or makes a call, with the key by which a condition asks for it.
    message: Option<(&'static str, String)>,
}

/// The steps of a workflow, and the id of the first one.
pub fn steps(
    chance: &mut dyn Chance,
    workflows: &[String],
    segments: &[&str],
    about: About,
) -> (Vec<Value>, String) {
    let mut maker = Maker { chance, workflows, segments, about, made: 0, message: None };
    let mut steps = Vec::new();
    maker.block(&mut steps, 5, 3);
    if steps.is_empty() {
        steps.push(json!({ "id": "s0", "add tag": "uno" }));
        maker.made = 1;
    }
    let first = steps[0]["id"].as_str().unwrap_or_default().to_owned();
    let made = maker.made;
    for step in &mut steps {
        lead(step, chance, made);
    }
    (steps, first)
}

/// Says where each `go to` leads, now that it is known which steps there are.
fn lead(value: &mut Value, chance: &mut dyn Chance, made: usize) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| lead(item, chance, made)),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if key == "go to" && value.is_null() {
                    *value = format!("s{}", chance.below(made)).into();
                } else {
                    lead(value, chance, made);
                }
            }
        }
        _ => {}
    }
}

impl Maker<'_> {
    /// A block of up to `most` steps; whether everybody leaves it for elsewhere.
    fn block(&mut self, steps: &mut Vec<Value>, most: usize, depth: usize) -> bool {
        for _ in 0..self.chance.below(most + 1) {
            let id = format!("s{}", self.made);
            self.made += 1;
            let (mut step, leaves) = self.step(&id, depth);
            step["id"] = id.into();
            if once_in(self.chance, 9) {
                step["after"] = pick(self.chance, LENGTHS).into();
            }
            steps.push(step);
            if leaves {
                return true;
            }
        }
        false
    }

    fn inner(&mut self, depth: usize) -> (Value, bool) {
        let mut steps = Vec::new();
        let leaves = self.block(&mut steps, 2, depth - 1);
        (steps.into(), leaves)
    }

    fn condition(&mut self) -> Value {
        let may = May {
            data: true,
            message: self.message.as_ref().map(|(key, step)| (*key, step.as_str())),
            segments: self.segments,
        };
        condition(self.chance, &may)
    }

    fn step(&mut self, id: &str, depth: usize) -> (Value, bool) {
        let kinds = if depth == 0 { 26 } else { 34 };
        match self.chance.below(kinds) {
            at @ 0..=9 => (self.marks(at), false),
            at @ 10..=21 => (self.sells(at), false),
            22 | 23 => (self.message(id), false),
            24 | 25 => (self.wait(), false),
            26 => self.other_workflow(),
            27 => {
                let step = if once_in(self.chance, 2) {
                    json!({ "go to": null })
                } else {
                    json!({ "exit": "basta" })
                };
                (step, true)
            }
            28 | 29 => self.decide(depth),
            30 | 31 => self.wait_until(depth),
            32 => self.split(id, depth),
            _ => (self.shared(depth), false),
        }
    }

    /// What is known of the contact.
    fn marks(&mut self, at: usize) -> Value {
        let chance = &mut *self.chance;
        match at {
            0 => json!({ "add tag": pick(chance, NAMES) }),
            1 => json!({ "remove tag": [pick(chance, NAMES)] }),
            2 => json!({ "add to list": pick(chance, NAMES) }),
            3 => json!({ "remove from list": pick(chance, NAMES) }),
            4 => {
                let mut score = json!({ "points": pick(chance, &[&3, &-4, &10]) });
                if once_in(chance, 2) {
                    score["valid for"] = length(chance).into();
                }
                if once_in(chance, 3) {
                    score["once per"] = "message".into();
                }
                json!({ "add score": score })
            }
            5 => match chance.below(5) {
                0 => json!({ "set field": { "city": pick(chance, CITIES), "note": null } }),
                1 => json!({ "set field": { "seen_at": "now", "visits": { "add": 1 } } }),
                2 => json!({ "set field": { "city": "{{ event.points | default(\"x\") }}" } }),
                3 => json!({ "set field": { "town": { "copy": "contact.city" } } }),
                _ => {
                    json!({ "set field": { "birth_date": pick(chance, &["1980-03-29", "--02-29", "1990-04-02"]) } })
                }
            },
            6 => json!({ "change status": pick(chance, &["cliente", "lead"]) }),
            7 => match chance.below(2) {
                0 => json!({ "set owner": pick(chance, USERS) }),
                _ => json!({ "set owner": { "to": pick(chance, USERS), "keep": "yes" } }),
            },
            8 => match chance.below(3) {
                0 => json!({ "do not disturb": { "email": "on" } }),
                1 => json!({ "do not disturb": { "email": "off", "proof": "modulo" } }),
                _ => json!({ "do not disturb": { "all": pick(chance, &["on", "on"]) } }),
            },
            _ => json!({ "add note": "{{ contact.name }}" }),
        }
    }

    /// What belongs to the contact.
    fn sells(&mut self, at: usize) -> Value {
        let which = self.which();
        let about_deals = self.about == About::Deals;
        let chance = &mut *self.chance;
        match at {
            10 => {
                json!({ "create deal": { "pipeline": "p", "stage": pick(chance, NAMES), "owner": "owner" } })
            }
            11 => {
                json!({ "update deal": { "which": which, "stage": pick(chance, NAMES), "create in": "p" } })
            }
            12 => json!({ "win deal": which }),
            13 => json!({ "lose deal": { "which": which, "reason": "prezzo" } }),
            14 => {
                json!({ "create task": { "title": pick(chance, NAMES), "assignee": "owner", "due": length(chance) } })
            }
            15 => match chance.below(2) {
                0 => json!({ "complete task": pick(chance, &["newest open", "all open"]) }),
                _ => json!({ "complete task": pick(chance, NAMES) }),
            },
            16 => match chance.below(2) {
                0 => json!({ "grant offer": { "offer": pick(chance, NAMES), "for": length(chance) } }),
                _ => json!({ "grant offer": pick(chance, NAMES) }),
            },
            17 => json!({ "revoke offer": pick(chance, NAMES) }),
            18 => json!({ pick(chance, &["add to group", "remove from group"]): pick(chance, NAMES) }),
            19 => match chance.below(3) {
                0 => json!({ "add loyalty": { "points": 7 } }),
                1 => {
                    json!({ "add loyalty": { "points": 5, "valid for": length(chance), "no card": "skip" } })
                }
                _ => json!({ "add loyalty": { "amount": 300, "valid for": length(chance) } }),
            },
            20 => json!({ "spend loyalty": { pick(chance, &["points", "amount"]): number(chance, 1, 9) } }),
            _ if about_deals => json!({ "convert": { "conversion": pick(chance, NAMES), "value": 100 } }),
            _ => json!({ "convert": pick(chance, NAMES) }),
        }
    }

    fn which(&mut self) -> &'static str {
        let among: &[&str] = match self.about {
            About::Deals => &["newest open", "all open", "trigger"],
            _ => &["newest open", "all open"],
        };
        pick(self.chance, among)
    }

    fn message(&mut self, id: &str) -> Value {
        let chance = &mut *self.chance;
        let class = pick(chance, &["marketing", "service", "transactional"]);
        let body = pick(chance, &["Ciao {{ contact.id }}", "Ciao {{ contact.first_name }}"]);
        let (key, step) = match chance.below(11) {
            0..=3 => ("email", json!({ "send email": { "subject": "x", "body": body, "kind": class } })),
            4 | 5 => ("email", json!({ "send email": { "template": TEMPLATE, "kind": class } })),
            6 => ("sms", json!({ "send sms": { "from": "SHOP", "text": body, "kind": class } })),
            7 => {
                let named = json!({ "template": "t", "language": "it", "with": [body], "kind": class });
                ("whatsapp", json!({ "send whatsapp": named }))
            }
            8 => ("answer", json!({ "webhook": { "url": "https://shop.example/hook" } })),
            9 => {
                let audience = json!({ "facebook": pick(chance, NAMES) });
                return json!({ pick(chance, &["add to audience", "remove from audience"]): audience });
            }
            _ => {
                let to = format!("team {TEAM}");
                return json!({ "notify": { "to": to, "by": "email", "text": "{{ contact.name }}" } });
            }
        };
        self.message.get_or_insert_with(|| (key, id.to_owned()));
        step
    }

    fn wait(&mut self) -> Value {
        let chance = &mut *self.chance;
        let past = pick(chance, &["skip", "go on", "exit"]);
        let until = match chance.below(9) {
            0..=3 => return json!({ "wait": pick(chance, LENGTHS) }),
            4 => json!("10:00"),
            5 => json!("friday at 10:00"),
            6 => json!("2026-04-03 09:00"),
            7 => json!({ "field": "appointment_at", "offset": "1 day before" }),
            _ => json!({ "field": "birth_date", "at": "09:00" }),
        };
        json!({ "wait": { "until": until, "if past": past } })
    }

    fn other_workflow(&mut self) -> (Value, bool) {
        let chance = &mut *self.chance;
        let workflow = &self.workflows[chance.below(self.workflows.len())];
        match chance.below(3) {
            0 => (json!({ "start workflow": workflow }), false),
            1 => (json!({ "remove from workflow": workflow }), false),
            // Whoever is handed over is not here any more.
            _ => (json!({ "start workflow": { "workflow": workflow, "and": "hand over" } }), true),
        }
    }

    fn decide(&mut self, depth: usize) -> (Value, bool) {
        let mut branches: Vec<Value> = Vec::new();
        let mut leaves = true;
        for _ in 0..=self.chance.below(2) {
            let when = self.condition();
            if branches.iter().any(|branch| branch["when"] == when) {
                continue;
            }
            let (steps, left) = self.inner(depth);
            leaves &= left;
            branches.push(json!({ "when": when, "do": steps }));
        }
        if once_in(self.chance, 2) {
            let (steps, left) = self.inner(depth);
            leaves &= left;
            branches.push(json!({ "unknown": steps }));
        }
        let (steps, left) = self.inner(depth);
        branches.push(json!({ "else": steps }));
        (json!({ "decide": branches }), leaves && left)
    }

    fn wait_until(&mut self, depth: usize) -> (Value, bool) {
        let mut until = match self.chance.below(3) {
            0 => json!({ "event": pick(self.chance, EVENTS) }),
            1 => json!({ "event": pick(self.chance, EVENTS), "where": self.condition() }),
            _ => match self.condition() {
                // Alone it would be what comes next, and not what was.
                Value::Object(map) if map.contains_key("event") => json!({ "any": [map] }),
                other => other,
            },
        };
        until["at most"] = length(self.chance).into();
        let mut step = json!({ "wait until": until });
        let mut leaves = true;
        for key in ["then", "else"] {
            if once_in(self.chance, 3) {
                leaves = false;
                continue;
            }
            let (steps, left) = self.inner(depth);
            leaves &= left;
            step[key] = steps;
        }
        (step, leaves)
    }

    fn split(&mut self, id: &str, depth: usize) -> (Value, bool) {
        let mut leaves = true;
        let mut arms = Vec::new();
        for share in [45, 45, 10] {
            let (steps, left) = self.inner(depth);
            leaves &= left;
            arms.push(json!({ format!("{share}%"): steps }));
        }
        let test = pick(self.chance, &[id, "prova"]);
        (json!({ "split": { "test": test, "arms": arms, "judge by": pick(self.chance, EVENTS) } }), leaves)
    }

    /// What several contacts share.
    fn shared(&mut self, depth: usize) -> Value {
        match self.chance.below(4) {
            0 => json!({ "assign owner": pick(self.chance, USERS) }),
            1 => json!({ "assign owner": { "among": USERS, "by": "round robin", "keep": true } }),
            2 => json!({ "assign owner": { "among": { "giulia": 2, "marco": 1 }, "by": "weight" } }),
            _ => {
                let (steps, _) = self.inner(depth);
                let pool = pick(self.chance, POOLS);
                json!({ "reserve coupon": { "pool": pool, "as": "code", "valid for": "3 days" }, "else": steps })
            }
        }
    }
}
