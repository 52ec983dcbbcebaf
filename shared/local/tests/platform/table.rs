//! The table on the file: the contract, the shared transactions, what survives.

use std::sync::Arc;

use flusso_app::ports::blobs::Blobs as _;
use flusso_local::backup::{back_up, installation};
use flusso_local::blobs::FolderBlobs;
use flusso_local::changes::LocalChanges;
use flusso_local::sqlite::{Store, StoreError};
use flusso_local::table::SqliteTable;
use flusso_store::conformance::{CASES, Subject, TestClock, random};
use flusso_store::model::Memory;
use flusso_store::table::{List, Row, Table, TableError, When, Write};
use flusso_store::time::Millis;
use tokio::task::JoinSet;

use crate::{Folder, nine, row};

fn table(store: &Arc<Store>) -> Arc<SqliteTable> {
    Arc::new(SqliteTable::new(store.clone(), TestClock::at(nine()), |_| false))
}

fn subject(folder: &Folder) -> Subject {
    let clock = TestClock::at(nine());
    let table = SqliteTable::new(folder.open(), clock.clone(), |_| false);
    Subject { table: Arc::new(table), clock }
}

#[tokio::test]
async fn every_case() {
    let folder = Folder::new();
    let subject = subject(&folder);
    for (name, case) in CASES {
        println!("{name}");
        case(subject.clone()).await;
    }
}

#[tokio::test]
async fn random_operations_agree_with_the_model() {
    let folder = Folder::new();
    let subject = subject(&folder);
    let model = Memory::new(subject.clock.clone());
    for seed in 0..20 {
        random(seed, 200, &subject, &model).await;
    }
}

#[tokio::test]
async fn many_puts_share_a_transaction() {
    let folder = Folder::new();
    let store = folder.open();
    let table = table(&store);
    let before = store.transactions();
    let mut puts = JoinSet::new();
    for n in 0..1000 {
        let table = table.clone();
        puts.spawn(async move {
            let put = Write::put(row("p", &format!("{n:04}"), 1), When::Absent);
            table.commit(vec![put]).await
        });
    }
    assert!(puts.join_all().await.into_iter().all(|answer| answer.is_ok()));
    let transactions = store.transactions() - before;
    assert!(transactions < 300, "{transactions} transactions for 1000 puts");
    assert_eq!(table.list(&List::all("p", 2000)).await.unwrap().rows.len(), 1000);
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_crash() {
    let folder = Folder::new();
    let store = folder.open();
    table(&store).commit(vec![Write::put(row("p", "a", 1), When::Absent)]).await.unwrap();
    table(&store).put_all(vec![(row("p", "b", 2), When::Any)]).await.unwrap();
    let crashed = folder.as_after_a_crash();
    drop(store);
    for folder in [folder, crashed] {
        let table = table(&folder.open());
        let rows = table.list(&List::all("p", 10)).await.unwrap().rows;
        assert_eq!(rows, [row("p", "a", 1), row("p", "b", 2)]);
    }
}

#[tokio::test]
async fn changes_are_appended_with_the_put() {
    let folder = Folder::new();
    let store = folder.open();
    let clock = TestClock::at(nine());
    let table = SqliteTable::new(store.clone(), clock, |key| key.sort == "state");
    let changes = LocalChanges::new(store.clone());
    let sorts = |changes: &LocalChanges| -> Vec<(u64, u64)> {
        changes.after(0, 100).unwrap().into_iter().map(|(seq, row)| (seq, row.revision)).collect()
    };

    let writes = |revision| {
        vec![
            Write::put(row("c1", "state", revision), When::Older(revision)),
            Write::put(row("c1", "profile", revision), When::Any),
        ]
    };
    table.commit(writes(1)).await.unwrap();
    changes.appended().await;
    table.commit(writes(5)).await.unwrap();
    assert!(matches!(table.commit(writes(4)).await, Err(TableError::Conflict(_))));
    let puts: Vec<(Row, When)> = vec![
        (row("c2", "state", 7), When::Older(7)),
        (row("c1", "state", 4), When::Older(4)),
        (row("c3", "profile", 1), When::Any),
    ];
    table.put_all(puts).await.unwrap();
    assert_eq!(sorts(&changes), [(1, 1), (2, 5), (3, 7)], "what was not written is not appended either");
    assert_eq!(changes.after(2, 100).unwrap(), [(3, row("c2", "state", 7))]);
    assert_eq!(changes.after(0, 2).unwrap().len(), 2);

    changes.forget_through(3).await.unwrap();
    assert!(sorts(&changes).is_empty());
    drop((table, changes, store));
    let store = folder.open();
    let table = SqliteTable::new(store.clone(), TestClock::at(nine()), |_| true);
    table.put_all(vec![(row("c4", "state", 1), When::Any)]).await.unwrap();
    assert_eq!(sorts(&LocalChanges::new(store)), [(4, 1)], "a number is never given twice");
}

#[tokio::test]
async fn expired_rows_are_removed() {
    let folder = Folder::new();
    let store = folder.open();
    let clock = TestClock::at(nine());
    let table = SqliteTable::new(store, clock.clone(), |_| false);
    let soon = Some(nine() + Millis(10));
    let rows = (0..5).map(|n| Row { expires_at: soon, ..row("p", &n.to_string(), 1) });
    table.put_all(rows.map(|row| (row, When::Any)).collect()).await.unwrap();
    table.put_all(vec![(row("p", "stays", 1), When::Any)]).await.unwrap();
    assert_eq!(table.purge_expired(100).await, Ok(0));
    clock.advance(Millis(10));
    assert_eq!(table.purge_expired(3).await, Ok(3));
    assert_eq!(table.purge_expired(100).await, Ok(2));
    assert_eq!(table.list(&List::all("p", 10)).await.unwrap().rows, [row("p", "stays", 1)]);
}

#[tokio::test]
async fn a_folder_is_served_once() {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!(Store::open(folder.path()).err(), Some(StoreError::Locked(folder.path().to_owned())));
    drop(store);
    folder.open();
}

#[tokio::test]
async fn a_backup_is_a_whole_file() {
    let folder = Folder::new();
    let store = folder.open();
    table(&store).put_all(vec![(row("p", "a", 1), When::Any)]).await.unwrap();
    let (elsewhere, file) = (Folder::new(), "contacts/con_1/doc_1");
    FolderBlobs::new(folder.path()).put(file, b"the file".to_vec()).await.unwrap();
    let copy = elsewhere.path().join("copy");
    back_up(folder.path(), &copy).unwrap();
    assert!(back_up(folder.path(), &copy).is_err(), "an older backup stays as it is");
    store.checkpoint().unwrap();
    assert_eq!(std::fs::metadata(folder.path().join("flusso.db-wal")).unwrap().len(), 0);
    let copied = Store::open(&copy).unwrap();
    let rows = table(&copied).list(&List::all("p", 10)).await.unwrap().rows;
    assert_eq!(rows, [row("p", "a", 1)]);
    assert_eq!(FolderBlobs::new(&copy).get(file).await, Ok(Some(b"the file".to_vec())));
    assert_eq!(installation(&store).unwrap(), "local");
    assert!(installation(&copied).unwrap().starts_with("copy of 20"), "it says that it is a copy");
}
