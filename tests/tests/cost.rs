//! What the table bills for a person: a change of these figures is a change of the bill.
#![allow(clippy::needless_raw_string_hashes, reason = "the expectation rewrites itself")]

use flusso_tests::metered::{CROWD, Shape, count};

#[test]
fn the_write_units_of_a_person() {
    let mut told = String::new();
    for shape in [Shape::New, Shape::Known, Shape::Grown] {
        let mut sum = 0;
        for (what, total) in count(shape, CROWD) {
            sum += total.units.written;
            if total.units.written > 0 {
                told += &format!("{shape:?} {what}: {:?}\n", total.units.by_kind);
            }
        }
        told += &format!("{shape:?}: {sum} for {} people\n", CROWD.people);
    }
    expect_test::expect![[r#"
        New count: {"counters": 58}
        New email.delivered: {"state": 200}
        New email.opened: {"state": 100, "timeline": 100}
        New form.submitted: {"alarm": 100, "directory": 100, "identity": 200, "position": 100, "profile": 200, "receipt": 200, "state": 200}
        New look: {"alarm": 100, "position": 100, "state": 100}
        New perform: {"alarm": 300, "position": 200, "state": 400, "timeline": 200}
        New sweep: {"watermark": 8}
        New: 2966 for 100 people
        Known count: {"counters": 58}
        Known email.delivered: {"state": 200}
        Known email.opened: {"state": 100}
        Known form.submitted: {"alarm": 100, "position": 100, "profile": 200, "receipt": 200, "state": 200}
        Known look: {"alarm": 100, "position": 100, "state": 100, "timeline": 100}
        Known perform: {"alarm": 400, "position": 200, "state": 400, "timeline": 100}
        Known sweep: {"watermark": 8}
        Known: 2666 for 100 people
        Grown count: {"counters": 58}
        Grown email.delivered: {"state": 200}
        Grown email.opened: {"state": 100}
        Grown form.submitted: {"alarm": 100, "position": 100, "profile": 200, "receipt": 200, "state": 398, "timeline": 100}
        Grown look: {"alarm": 100, "position": 100, "state": 100, "timeline": 100}
        Grown perform: {"alarm": 400, "position": 200, "sent": 200, "state": 595, "timeline": 100}
        Grown sweep: {"watermark": 8}
        Grown: 3359 for 100 people
    "#]].assert_eq(&told);
}
