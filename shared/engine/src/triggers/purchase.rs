//! `purchase: corso`: a product was bought, an order completed, a payment completed: three events. `number: 1` is the first
//! of its sort.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static PURCHASE_SPEC: Spec = Spec::new("purchase", "product.purchased")
    .asks("product", &["product", "amount", "currency", "number"])
    .carries(&["product", "number"]);

/// `purchase: …`
pub const PURCHASE: Kind = Kind {
    key: "purchase",
    says: "A product was bought.",
    shape: Shape::Happened(&PURCHASE_SPEC),
    read: |node, _, problems| PURCHASE_SPEC.read(node, problems),
};

static ORDER_SPEC: Spec = Spec::new("order completed", "order.completed")
    .asks("product", &["product", "amount", "currency", "number"])
    .carries(&["number"]);

/// `order completed: …`
pub const ORDER: Kind = Kind {
    key: "order completed",
    says: "An order was completed.",
    shape: Shape::Happened(&ORDER_SPEC),
    read: |node, _, problems| ORDER_SPEC.read(node, problems),
};

static PAYMENT_SPEC: Spec = Spec::new("payment completed", "payment.completed")
    .asks("product", &["product", "amount", "currency", "number"])
    .carries(&["amount", "currency", "number"]);

/// `payment completed: …`
pub const PAYMENT: Kind = Kind {
    key: "payment completed",
    says: "A payment was completed.",
    shape: Shape::Happened(&PAYMENT_SPEC),
    read: |node, _, problems| PAYMENT_SPEC.read(node, problems),
};

static REFUND_SPEC: Spec = Spec::new("payment refunded", "payment.refunded")
    .asks("product", &["product", "amount", "currency"])
    .carries(&["amount", "currency"]);

/// `payment refunded: …`
pub const REFUND: Kind = Kind {
    key: "payment refunded",
    says: "A payment was given back.",
    shape: Shape::Happened(&REFUND_SPEC),
    read: |node, _, problems| REFUND_SPEC.read(node, problems),
};
