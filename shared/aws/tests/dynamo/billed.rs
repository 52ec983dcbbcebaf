//! What DynamoDB reports as consumed is what the bill of the tests says.

use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use flusso_aws::clock::SystemClock;
use flusso_aws::table::DynamoTable;
use flusso_store::billed::{WRITE_UNIT, item_bytes};
use flusso_store::table::{Key, Row, Table as _, When};
use flusso_store::time::Instant;

use crate::stand_in::{StandIn, client, create, unique};

/// A body that looks like a row of ours, and one that can't be packed.
fn bodies() -> Vec<Vec<u8>> {
    let one = br#"{"enrollment":"enr_8w2c0h4m6y9s3k7p5d1f","workflow":"welcome","step":"wait-1","at":1772528460000},"#;
    let noise = |n: u32| (0..n).map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    let texts = [1, 9, 12, 40, 400].map(|n| one.repeat(n));
    texts.into_iter().chain([900, 1_000, 1_020, 3_000].map(noise)).collect()
}

#[tokio::test]
async fn an_item_costs_what_the_formula_says() {
    let stand_in = StandIn::start();
    let (client, name) = (client(stand_in.address, 3), unique("billed"));
    create(&client, &name).await;
    let table = DynamoTable::new(client.clone(), &name, Arc::new(SystemClock));
    for (n, body) in bodies().into_iter().enumerate() {
        let expires_at = (n % 2 == 0).then(|| Instant::parse("2099-11-21T09:00:00Z").unwrap());
        let key = Key::new("con/con_8w2c0h4m6y9s3k7p5d1f", format!("row-{n}"));
        let row = Row { key: key.clone(), revision: 40 + n as u64, expires_at, body };
        table.put_all(vec![(row.clone(), When::Any)]).await.unwrap();
        assert_eq!(
            table.get(std::slice::from_ref(&key)).await.unwrap(),
            [Some(row.clone())],
            "it comes back"
        );
        // The same item written as it lies there: what is consumed is what its size asks for.
        let [p, s] = [&key.partition, &key.sort].map(|part| AttributeValue::S(part.clone()));
        let get = client.get_item().table_name(&name).key("p", p).key("s", s);
        let stored = get.send().await.unwrap().item.unwrap();
        let put = client.put_item().table_name(&name).set_item(Some(stored));
        let answer = put.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
        let consumed = answer.consumed_capacity.unwrap().capacity_units.unwrap();
        #[expect(clippy::cast_precision_loss, reason = "a few units")]
        let counted = item_bytes(&row).div_ceil(WRITE_UNIT) as f64;
        assert!((consumed - counted).abs() < 0.01, "row {n}: {consumed} consumed, {counted} counted");
    }
}
