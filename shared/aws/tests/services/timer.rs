//! Schedules in EventBridge Scheduler.

use std::sync::Arc;

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::types::ActionAfterCompletion;
use flusso_app::ports::timer::Timer as _;
use flusso_aws::clock::SystemClock;
use flusso_aws::config::Config;
use flusso_aws::timer::Schedules;
use flusso_store::clock::Clock as _;

use crate::local_aws::{LocalAws, unique};

fn config(group: &str) -> Config {
    let variable = |name: &str| match name {
        "FLUSSO_STAGE" => Some("test".to_owned()),
        "FLUSSO_SCHEDULE_GROUP" => Some(group.to_owned()),
        "FLUSSO_SCHEDULE_ROLE_ARN" => Some("arn:aws:iam::000000000000:role/flusso-test".to_owned()),
        "FLUSSO_SCHEDULE_TARGET_ARN" => {
            Some("arn:aws:lambda:us-east-1:000000000000:function:flusso-test-wake".to_owned())
        }
        "FLUSSO_SCHEDULE_DLQ_ARN" => Some("arn:aws:sqs:us-east-1:000000000000:flusso-test-dlq".to_owned()),
        "FLUSSO_MAIL_RATE" | "FLUSSO_TEST_CLOCK" | "FLUSSO_SINGLE_SHARD" | "FLUSSO_TABLE_BEFORE" => None,
        other => Some(other.to_lowercase()),
    };
    Config::read(variable).unwrap()
}

fn schedules(client: &Client, group: &str) -> Schedules {
    Schedules::new(client.clone(), Arc::new(SystemClock), &config(group))
}

#[tokio::test]
async fn a_minute_has_one_schedule_however_often_it_is_asked_for() {
    let aws = LocalAws::start();
    let client = Client::new(&aws.sdk().await);
    let group = unique("flusso");
    client.create_schedule_group().name(&group).send().await.unwrap();
    let minute = SystemClock.now().minute() + 60 * 24;
    let (one, other) = (schedules(&client, &group), schedules(&client, &group));
    for timer in [&one, &one, &other] {
        timer.ring_at(minute).await.unwrap();
    }
    let listed = client.list_schedules().group_name(&group).send().await.unwrap();
    let names: Vec<_> = listed.schedules().iter().filter_map(|schedule| schedule.name()).collect();
    assert_eq!(names, [format!("test-{minute}")]);

    let made = client.get_schedule().group_name(&group).name(names[0]).send().await.unwrap();
    let at = flusso_store::time::Instant::from_minute(minute).to_string();
    assert_eq!(made.schedule_expression(), Some(&*format!("at({})", at.trim_end_matches('Z'))));
    assert_eq!(made.schedule_expression_timezone().unwrap_or("UTC"), "UTC");
    assert_eq!(made.action_after_completion(), Some(&ActionAfterCompletion::Delete));
    let target = made.target().unwrap();
    assert_eq!(target.input(), Some(&*format!("{{\"minute\":{minute}}}")));
    assert_eq!(target.arn(), "arn:aws:lambda:us-east-1:000000000000:function:flusso-test-wake");
}

#[tokio::test]
async fn a_schedule_never_lies_in_the_past() {
    let aws = LocalAws::start();
    let client = Client::new(&aws.sdk().await);
    let group = unique("flusso");
    client.create_schedule_group().name(&group).send().await.unwrap();
    let past = SystemClock.now().minute() - 5;
    schedules(&client, &group).ring_at(past).await.unwrap();
    let made = client.get_schedule().group_name(&group).name(format!("test-{past}")).send().await.unwrap();
    let at = made.schedule_expression().unwrap().trim_start_matches("at(").trim_end_matches(')').to_owned();
    let at = flusso_store::time::Instant::parse(&format!("{at}Z")).unwrap();
    assert!(at > SystemClock.now(), "{at}");
    let nowhere = schedules(&client, &unique("flusso-none"));
    assert!(nowhere.ring_at(past + 60).await.is_err(), "a failure is told");
}
