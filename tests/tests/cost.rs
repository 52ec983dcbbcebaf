//! What 100,000 people cost: counted where the platform is asked, priced by the catalogue, held below a ceiling. A change
//! of these figures is a change of the bill: `UPDATE=1` rewrites what was counted and the table of the README.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flusso_app::cost::{Counted, Item, Load, Prices, Usage};
use flusso_app::simulate::Reactions;
use flusso_tests::metered::{ALONE, CROWD, Shape, WORKFLOW, idle_usage, kinds};

const PEOPLE: f64 = 100_000.0;
/// One sign-up, two mails, one wait: what `WORKFLOW` makes of a person.
const REACTIONS: Reactions = Reactions { events: 1, looks: 1, messages: 2 };

static KNOWN: LazyLock<Counted> = LazyLock::new(|| Counted {
    alone: kinds(Shape::Known, ALONE),
    crowd: kinds(Shape::Known, CROWD),
    idle_sweep: idle_usage(),
});

fn path(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of)
}

/// The file has this text; or it gets it.
fn is_kept(of: &str, made: &str, place: impl Fn(&str) -> String) {
    let kept = std::fs::read_to_string(path(of)).unwrap();
    let wanted = place(&kept);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path(of), wanted).unwrap();
    } else {
        assert!(
            kept == wanted,
            "{of} is behind what was counted; run: UPDATE=1 cargo test -p flusso-tests --test cost\n{made}"
        );
    }
}

fn bill(usage: Usage) -> Vec<Item> {
    usage.bill(&Prices::of("us-east-1").unwrap().0, None)
}

fn sum(items: &[Item]) -> f64 {
    items.iter().map(|item| item.usd).sum()
}

fn for_all(counted: &Counted, load: Load) -> Usage {
    counted.of_person(&REACTIONS, load).times(PEOPLE)
}

#[test]
fn the_counted_work_is_what_is_kept() {
    let made = serde_json::to_string_pretty(&*KNOWN).unwrap() + "\n";
    is_kept("shared/catalog/counted/work.json", &made, |_| made.clone());
}

#[test]
fn the_counted_workflow_makes_these_reactions() {
    let from = flusso_engine::time::Instant::parse("2026-03-02T09:00:00Z").unwrap();
    let simulation = flusso_app::simulate::Simulation {
        source: WORKFLOW.to_owned(),
        fields: serde_json::json!({ "email": "anna@example.com", "first_name": "Anna" })
            .as_object()
            .unwrap()
            .clone(),
        consent: true,
        from,
        until: from + flusso_engine::time::Millis::hours(48),
        events: Vec::new(),
    };
    assert_eq!(flusso_app::simulate::count(&simulation).unwrap(), REACTIONS);
}

#[test]
fn a_hundred_thousand_people_stay_below_the_ceiling() {
    let usd = sum(&bill(for_all(&KNOWN, Load::Crowd)));
    assert!(usd <= 3.00, "{usd:.2} USD for 100,000 people");
}

#[test]
fn a_month_in_which_nothing_happens_stays_below_the_ceiling() {
    let usd = sum(&bill(KNOWN.idle_month()));
    assert!(usd <= 0.80, "{usd:.2} USD for an idle month");
}

#[test]
fn the_table_of_the_readme_is_what_was_counted() {
    let of = |shape| Counted { crowd: kinds(shape, CROWD), ..Counted::default() };
    let (new, grown) = (of(Shape::New), of(Shape::Grown));
    let columns = [
        bill(for_all(&KNOWN, Load::Crowd)),
        bill(for_all(&KNOWN, Load::Alone)),
        bill(for_all(&new, Load::Crowd)),
        bill(for_all(&grown, Load::Crowd)),
        bill(KNOWN.idle_month()),
    ];
    let mut table = String::from(
        "| USD | used, in a crowd | in a crowd | one at a time | new contacts | grown contacts | idle month |\n\
         |---|---|---:|---:|---:|---:|---:|\n",
    );
    let services: BTreeMap<usize, (&str, &str)> =
        columns[0].iter().map(|item| (item.service, &*item.used)).enumerate().collect();
    for (at, (service, used)) in services {
        let figures = columns.each_ref().map(|column| format!(" {:.2} |", column[at].usd));
        writeln!(table, "| {service} | {used} |{}", figures.concat()).unwrap();
    }
    let sums = columns.each_ref().map(|column| format!(" **{:.2}** |", sum(column)));
    writeln!(table, "| **together** | |{}", sums.concat()).unwrap();
    is_kept("README.md", &table, |readme| {
        let (before, rest) = readme.split_once("<!-- cost -->\n").unwrap();
        let (_, after) = rest.split_once("<!-- /cost -->\n").unwrap();
        format!("{before}<!-- cost -->\n{table}<!-- /cost -->\n{after}")
    });
}
