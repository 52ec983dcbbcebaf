//! Payments, orders and products that were bought.

use std::sync::Arc;

use serde_json::Value;

use super::{Cause, Data, currency, text, whole};
use crate::contact::loyalty::EarnedBy;
use crate::contact::purchase::{Payment, Purchases};
use crate::event::Event;
use crate::limits;
use crate::react::Turn;
use crate::timeline::What;

impl Turn<'_> {
    /// What an event from outside says of a purchase; it is told which one it is, the first or a later one.
    pub(super) fn apply_purchase(&mut self, cause: &Cause<'_>, event: &Event, data: &mut Data) {
        let kind = &*event.kind;
        let counter: fn(&mut Purchases) -> &mut u32 = match kind {
            "payment.completed" => |all| &mut all.payments,
            "order.completed" => |all| &mut all.orders,
            "product.purchased" => |all| &mut all.products,
            "payment.refunded" => return self.pay(cause, event, data, -1),
            _ => return,
        };
        let purchases = &mut self.profile().objects.purchases;
        *counter(purchases) += 1;
        let number = *counter(purchases);
        purchases.count(cause.at);
        for product in products(data) {
            purchases.count_product(&product, cause.at);
        }
        data.insert("number".to_owned(), number.into());
        if kind == "order.completed"
            && let Some(amount) = whole(data, "amount").filter(|amount| *amount > 0)
        {
            self.earn_points(cause, EarnedBy::Order, amount, &currency(data));
        }
        if kind == "payment.completed" {
            self.pay(cause, event, data, 1);
        }
    }

    fn pay(&mut self, cause: &Cause<'_>, event: &Event, data: &mut Data, sign: i64) {
        let currency = currency(data);
        data.entry("currency").or_insert_with(|| currency.as_str().into());
        let Some(amount) = whole(data, "amount").filter(|amount| *amount != 0) else { return };
        let amount = sign * amount.saturating_abs();
        if self.profile().objects.purchases.add(amount, &currency) {
            let currency: Arc<str> = currency.into();
            let id = format!("pay_{}", event.mark()).into();
            let product = text(data, "product").map(Into::into);
            let payment = Payment { id, at: cause.at, amount, currency: currency.clone(), product };
            self.profile().objects.purchases.remember(payment);
            self.tell(cause, What::Paid { amount, currency: currency.clone() });
            self.earn_points(cause, EarnedBy::Payment, amount, &currency);
        } else {
            self.tell(cause, What::LimitReached { limit: "currencies".to_owned() });
        }
    }
}

/// The products that an event names: by itself, and in its items.
fn products(data: &Data) -> Vec<String> {
    let items = data.get("items").and_then(Value::as_array).into_iter().flatten();
    let items = items.filter_map(Value::as_object).filter_map(|item| text(item, "product"));
    text(data, "product").into_iter().chain(items).take(limits::PRODUCTS).collect()
}
