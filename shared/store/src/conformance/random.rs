//! Random operations on a backend and on the model, compared answer by answer.

use std::collections::BTreeSet;

use flusso_engine::time::Millis;

use super::{Subject, in_order};
use crate::clock::Clock;
use crate::model::Memory;
use crate::table::{Direction, Key, List, Reading, Row, Table, When, Write};

const PARTITIONS: u64 = 3;
// Few keys, so that operations meet; of several lengths and scripts, so that their order matters.
const SORTS: [&str; 12] =
    ["a", "aa", "ab", "b", "b/1", "b/10", "b/2", "B", "\u{e8}", "\u{ff21}", "\u{1f600}", "z"];

/// Does `steps` random operations on `subject` and on `model`, which must go by the subject's clock, and
/// compares every answer; panics at the first difference. Keeps to partitions named after `seed`, which must
/// be empty in both.
pub async fn random(seed: u64, steps: usize, subject: &Subject, model: &Memory) {
    let mut dice = Dice { state: seed, seed };
    for step in 0..steps {
        let place = format!("seed {seed}, step {step}");
        match dice.below(100) {
            0..45 => {
                let writes = dice.writes(subject);
                let expected = in_order(model.commit(writes.clone()).await);
                let answer = in_order(subject.table.commit(writes.clone()).await);
                assert_eq!(answer, expected, "{place}: commit {writes:?}");
            }
            45..55 => {
                let puts: Vec<(Row, When)> =
                    dice.keys(5).into_iter().map(|key| (dice.row(subject, key), dice.fence())).collect();
                assert_eq!(model.put_all(puts.clone()).await, Ok(()), "{place}");
                assert_eq!(subject.table.put_all(puts.clone()).await, Ok(()), "{place}: put_all {puts:?}");
            }
            55..65 => {
                let keys: Vec<(Key, When)> =
                    dice.keys(5).into_iter().map(|key| (key, dice.fence())).collect();
                assert_eq!(model.remove_all(keys.clone()).await, Ok(()), "{place}");
                assert_eq!(
                    subject.table.remove_all(keys.clone()).await,
                    Ok(()),
                    "{place}: remove_all {keys:?}"
                );
            }
            65..75 => {
                let keys: Vec<Key> = (0..dice.below(6)).map(|_| dice.key()).collect();
                let expected = model.get(&keys).await;
                assert_eq!(subject.table.get(&keys).await, expected, "{place}: get {keys:?}");
            }
            75..92 => {
                let list = dice.list();
                compare(subject, model, &list, &place).await;
            }
            _ => subject.clock.advance(Millis(i64::try_from(dice.below(40)).unwrap_or_default())),
        }
    }
    for n in 0..PARTITIONS {
        compare(subject, model, &List::all(dice.partition(n), 7), &format!("seed {seed}, at the end")).await;
    }
}

/// Where a backend cuts its pages is its own affair; what they hold together is not.
async fn compare(subject: &Subject, model: &Memory, list: &List, place: &str) {
    let mut expected = Vec::new();
    let mut next = list.clone();
    loop {
        let page = model.list(&next).await.expect("the model lists");
        expected.extend(page.rows);
        match page.cursor {
            Some(cursor) => next.cursor = Some(cursor),
            None => break,
        }
    }
    assert_eq!(subject.rows(list).await, expected, "{place}: {list:?}");
}

/// A small seeded generator (splitmix64) that draws operations.
struct Dice {
    state: u64,
    seed: u64,
}

impl Dice {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to but not including `n`.
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let index = self.below(from.len() as u64);
        from[usize::try_from(index).unwrap_or_default()]
    }

    fn partition(&self, n: u64) -> String {
        format!("random/{}/{n}", self.seed)
    }

    fn key(&mut self) -> Key {
        let partition = self.below(PARTITIONS);
        Key::new(self.partition(partition), self.pick(&SORTS))
    }

    /// One to `most` different keys.
    fn keys(&mut self, most: u64) -> BTreeSet<Key> {
        (0..=self.below(most)).map(|_| self.key()).collect()
    }

    fn row(&mut self, subject: &Subject, key: Key) -> Row {
        let expires_at = (self.below(3) == 0)
            .then(|| subject.clock.now() + Millis(i64::try_from(self.below(100)).unwrap_or_default()));
        let body = (0..self.below(20)).map(|_| self.next().to_le_bytes()[0]).collect();
        Row { key, revision: self.below(5), expires_at, body }
    }

    fn fence(&mut self) -> When {
        if self.below(3) == 0 { When::Any } else { When::Older(self.below(5)) }
    }

    fn when(&mut self) -> When {
        match self.below(7) {
            0 | 1 => When::Any,
            2 => When::Absent,
            3 | 4 => When::Revision(self.below(5)),
            _ => When::Older(self.below(5)),
        }
    }

    fn writes(&mut self, subject: &Subject) -> Vec<Write> {
        let keys = self.keys(4);
        keys.into_iter()
            .map(|key| {
                let when = self.when();
                match self.below(5) {
                    0 => Write::delete(key, when),
                    1 => Write::check(key, when),
                    _ => Write::put(self.row(subject, key), when),
                }
            })
            .collect()
    }

    fn list(&mut self) -> List {
        let partition = self.below(PARTITIONS);
        let mut list = List::all(self.partition(partition), 1);
        list.limit = 1 + usize::try_from(self.below(6)).unwrap_or_default();
        match self.below(4) {
            0 => list = list.with_prefix(self.pick(&["a", "b", "b/", "\u{e8}"])),
            1 => list.from = Some(self.pick(&SORTS).to_owned()),
            2 => {
                list.from = Some(self.pick(&SORTS).to_owned());
                list.to = Some(self.pick(&SORTS).to_owned());
            }
            _ => {}
        }
        if self.below(2) == 0 {
            list.direction = Direction::Backward;
        }
        if self.below(4) == 0 {
            list.reading = Reading::Eventual;
        }
        list
    }
}
