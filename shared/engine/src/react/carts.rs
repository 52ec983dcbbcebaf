//! Carts: filled, changed, paid, and left standing.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Turn;
use super::enroll::kept;
use crate::calendar;
use crate::contact::due::Cart;
use crate::contact::state::Work;
use crate::event::{Chain, Event, Occurrence};
use crate::limits;
use crate::time::Instant;
use crate::timeline::What;
use crate::triggers::cart_abandoned::ABANDONED;

const UPDATED: &str = "cart.updated";
const ORDERED: &str = "order.completed";

impl Turn<'_> {
    /// Takes note of what an event says of a cart.
    pub(super) fn read_cart(&mut self, event: &Event, at: Instant) {
        let Some(id) = event.data.get("cart_id").and_then(Value::as_str) else { return };
        match &*event.kind {
            UPDATED if !self.definitions.cart_delays.is_empty() => self.update_cart(id, event, at),
            ORDERED => drop(self.contact.state.carts.remove(id)),
            _ => return,
        }
        self.plan_carts();
    }

    fn update_cart(&mut self, id: &str, event: &Event, at: Instant) {
        let carts = &self.contact.state.carts;
        if carts.get(id).is_some_and(|known| known.updated_at > at) {
            return;
        }
        if carts.len() >= limits::CARTS && !carts.contains_key(id) {
            // The one that has stood longest has been told, or is nobody's concern any more.
            let oldest = carts.iter().min_by_key(|(_, cart)| cart.updated_at).map(|(id, _)| id.clone());
            oldest.map(|oldest| self.contact.state.carts.remove(&oldest));
        }
        let definitions = self.definitions;
        let listeners = definitions.listeners.get(ABANDONED).into_iter().flatten();
        let programs = listeners.filter_map(|id| definitions.workflows.get(id));
        let paths: BTreeSet<&str> =
            programs.flat_map(|active| definitions.event_paths(&active.program)).chain(["cart_id"]).collect();
        let Some(data) = kept(&paths, &event.data) else {
            return self.log(None, None, What::LimitReached { limit: "cart_values".to_owned() });
        };
        let cart = Cart { updated_at: at, data: Arc::new(data), told: BTreeSet::new() };
        self.contact.state.carts.insert(id.into(), cart);
    }

    /// Finds anew when the next cart counts as abandoned; carts of which everything was told are forgotten.
    pub(super) fn plan_carts(&mut self) {
        let delays = &self.definitions.cart_delays;
        let untold = |cart: &Cart| delays.keys().any(|delay| !cart.told.contains(delay));
        self.contact.state.carts.retain(|_, cart| untold(cart));
        let due = |cart: &Cart| {
            let open = delays.iter().filter(|(name, _)| !cart.told.contains(*name));
            open.map(|(_, delay)| calendar::add(cart.updated_at, *delay, &self.definitions.zone)).min()
        };
        self.contact.state.cart_at = self.contact.state.carts.values().filter_map(due).min();
    }

    /// Tells of every cart that has stood long enough.
    pub(super) fn tell_carts(&mut self, at: Instant) {
        let definitions = self.definitions;
        let mut told = Vec::new();
        for (id, cart) in &mut self.contact.state.carts {
            for (name, delay) in &definitions.cart_delays {
                let due = calendar::add(cart.updated_at, *delay, &definitions.zone);
                if due <= at && cart.told.insert(name.clone()) {
                    let mut data: Map<String, Value> = (*cart.data).clone();
                    data.insert("cart_id".to_owned(), Value::from(&**id));
                    data.insert("after".to_owned(), Value::from(&**name));
                    told.push((due, data));
                }
            }
        }
        for (at, data) in told {
            let occurrence = Occurrence::new(ABANDONED.into(), at, data, Chain::default());
            self.work.push_back(Work::Notice { occurrence, counted: false });
        }
        self.plan_carts();
    }
}
