//! Queues: who reads which, what becomes of what fails, and how long everything may take.

use flusso_app::VERIFIED_AFTER;
use flusso_app::ports::queue::{Lane, QueueName};
use flusso_aws::config::queue_variable;
use flusso_engine::contact::send::LEASE;
use flusso_tests::metered::CROWD;
use serde_json::{Value, json};

use crate::functions::allowed;
use crate::{Template, after_stage, arn, assert_caught, assert_none, reference};

/// The clocks of two functions differ by this at most, in seconds.
const SKEW: i64 = 60;
/// Lambda asks for this many timeouts of the function before a message is shown again
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>).
const TIMEOUTS: i64 = 6;
/// API Gateway waits so long for a function, in milliseconds
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>).
const GATEWAY_WAITS: i64 = 30_000;

/// A queue that a function works on.
struct Worked {
    /// What it is called after the stage.
    name: &'static str,
    function: &'static str,
    /// The variable that holds its address, if the program sends to it.
    variable: Option<&'static str>,
}

fn worked() -> Vec<Worked> {
    let ours = QueueName::ALL.map(|queue| Worked {
        name: queue.as_str(),
        function: match queue {
            QueueName::Events(_) => "triggers",
            QueueName::Steps(_) => "steps",
            QueueName::Jobs => "jobs",
        },
        variable: Some(queue_variable(queue)),
    });
    let feedback = Worked { name: "feedback", function: "feedback", variable: None };
    ours.into_iter().chain([feedback]).collect()
}

#[test]
fn every_queue_is_worked_on_and_keeps_what_fails() {
    assert_none(&queues(&Template::of_the_repository()));
}

#[test]
fn a_queue_that_loses_something_is_caught() {
    let lane = "Resources.Steps.Properties.Events.BulkLane";
    let queue = "Resources.StepsBulk.Properties";
    let at = |below: &str, path: &str| format!("{below}.{path}");
    assert_caught(
        queues,
        &[
            (
                &at(queue, "QueueName"),
                json!({ "Fn::Sub": "flusso-${Stage}-steps-slow" }),
                "no queue `steps-bulk`",
            ),
            (&at(queue, "RedrivePolicy.maxReceiveCount"), json!(3), "steps-bulk: it gives up"),
            (&at(queue, "RedrivePolicy"), Value::Null, "steps-bulk: it gives up"),
            (
                &at(queue, "RedrivePolicy.deadLetterTargetArn"),
                arn("StepsFastDlq"),
                "steps-bulk: its dead letters",
            ),
            (
                "Resources.StepsBulkDlq.Properties.MessageRetentionPeriod",
                json!(604_800),
                "steps-bulk: its dead letters",
            ),
            ("Resources.StepsBulkDlq", Value::Null, "steps-bulk: its dead letters"),
            (lane, Value::Null, "steps-bulk: 0 sources"),
            (&at(lane, "Properties.Queue"), arn("Feedback"), "steps-bulk: 0 sources"),
            (
                &at(lane, "Properties.FunctionResponseTypes"),
                Value::Null,
                "steps-bulk: one message that fails",
            ),
            (&at(lane, "Properties.BatchSize"), json!(1), "steps-bulk: its batches"),
            (&at(lane, "Properties.MaximumBatchingWindowInSeconds"), json!(5), "steps-bulk: a message waits"),
            ("Resources.Steps.Properties.RecursiveLoop", Value::Null, "steps: Lambda stops"),
            (
                "Globals.Function.Environment.Variables.FLUSSO_QUEUE_STEPS_BULK",
                reference("StepsFast"),
                "FLUSSO_QUEUE_STEPS_BULK",
            ),
            (
                "Resources.StepsRole.Properties.Policies.0.PolicyDocument.Statement.1.Resource",
                json!([arn("StepsFast")]),
                "steps-bulk: the role of steps",
            ),
        ],
    );
}

#[test]
fn everything_ends_before_somebody_takes_it_for_lost() {
    assert_none(&times(&Template::of_the_repository()));
}

#[test]
fn a_timeout_that_is_too_long_is_caught() {
    assert_caught(
        times,
        &[
            ("Resources.StepsFast.Properties.VisibilityTimeout", json!(359), "steps-fast: a message"),
            ("Resources.StepsFast.Properties.VisibilityTimeout", Value::Null, "steps-fast: a message"),
            ("Resources.Feedback.Properties.VisibilityTimeout", json!(60), "feedback: a message"),
            ("Resources.FeedbackFunction.Properties.Timeout", json!(31), "feedback: a message"),
            ("Resources.Wake.Properties.Timeout", json!(840), "wake: it may run"),
            ("Resources.Wake.Properties.Timeout", Value::Null, "wake: nothing says"),
            ("Resources.Steps.Properties.Timeout", json!(90), "steps: a claim"),
            ("Resources.AdminIntegration.Properties.TimeoutInMillis", json!(29_001), "AdminIntegration"),
            ("Resources.IntakeIntegration.Properties.TimeoutInMillis", json!(1_000), "IntakeIntegration"),
        ],
    );
}

/// The resource of the queue of that name.
fn queue<'t>(template: &'t Template, name: &str) -> Option<(&'t str, &'t Value)> {
    template.all("AWS::SQS::Queue").find(|(_, queue)| after_stage(&queue["QueueName"]) == Some(name))
}

fn function<'t>(template: &'t Template, name: &str) -> &'t Value {
    let mut functions = template.functions();
    functions.find(|(known, ..)| *known == name).map_or(&Value::Null, |(.., properties)| properties)
}

/// The event source mappings of a function.
fn sources<'t>(function: &'t Value, kind: &'t str) -> impl Iterator<Item = &'t Value> {
    let sources = function["Events"].as_object().into_iter().flat_map(|sources| sources.values());
    sources.filter(move |source| source["Type"] == kind).map(|source| &source["Properties"])
}

fn queues(template: &Template) -> Vec<String> {
    let mut complaints = Vec::new();
    for Worked { name, function: worker, variable } in worked() {
        let Some((resource, properties)) = queue(template, name) else {
            complaints.push(format!("there is no queue `{name}`"));
            continue;
        };
        complaints.extend(letters(template, name, properties));
        let worker_properties = function(template, worker);
        let mine: Vec<_> =
            sources(worker_properties, "SQS").filter(|source| source["Queue"] == arn(resource)).collect();
        let [source] = mine[..] else {
            complaints.push(format!("{name}: {} sources of {worker} read it, it needs one", mine.len()));
            continue;
        };
        complaints.extend(source_of(name, source));
        if !allowed(template, worker_properties, "sqs:ReceiveMessage").contains(&&arn(resource)) {
            complaints.push(format!("{name}: the role of {worker} may not read it"));
        }
        let given = |variable| &template.at("Globals.Function.Environment.Variables")[variable];
        if let Some(variable) = variable.filter(|variable| *given(*variable) != reference(resource)) {
            complaints.push(format!("{variable} is not the address of {resource}"));
        }
    }
    for (name, _, properties) in template.functions() {
        if sources(properties, "SQS").next().is_some() && properties["RecursiveLoop"] != "Allow" {
            complaints
                .push(format!("{name}: Lambda stops its chains through queues; budgets of our own do that"));
        }
    }
    complaints
}

/// What becomes of messages that keep failing.
fn letters(template: &Template, name: &str, queue_properties: &Value) -> Option<String> {
    let redrive = &queue_properties["RedrivePolicy"];
    if redrive["maxReceiveCount"] != 20 {
        return Some(format!("{name}: it gives up after {} receives, not 20", redrive["maxReceiveCount"]));
    }
    let kept = |properties: &Value| properties["MessageRetentionPeriod"].as_i64().unwrap_or(0);
    let holds = queue(template, &format!("{name}-dlq")).is_some_and(|(dead, properties)| {
        redrive["deadLetterTargetArn"] == arn(dead) && kept(properties) > kept(queue_properties)
    });
    (!holds).then(|| format!("{name}: its dead letters are not kept longer, in {name}-dlq"))
}

fn source_of(name: &str, source: &Value) -> Option<String> {
    if source["FunctionResponseTypes"] != json!(["ReportBatchItemFailures"]) {
        return Some(format!("{name}: one message that fails makes its whole batch come again"));
    }
    if source["BatchSize"] != CROWD.batch {
        return Some(format!("{name}: its batches are not of {} as the costs are counted", CROWD.batch));
    }
    let waits = !source["MaximumBatchingWindowInSeconds"].is_null();
    waits.then(|| format!("{name}: a message waits until others come"))
}

fn times(template: &Template) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, _, properties) in template.functions() {
        match properties["Timeout"].as_i64() {
            None => complaints.push(format!("{name}: nothing says how long it may run")),
            Some(timeout) if timeout + SKEW >= VERIFIED_AFTER.0 / 1000 => complaints.push(format!(
                "{name}: it may run {timeout} s, and the sweep takes an alarm of that age for lost"
            )),
            Some(_) => {}
        }
    }
    let timeout = |name: &str| function(template, name)["Timeout"].as_i64().unwrap_or(0);
    if timeout("steps") * 1000 >= LEASE.0 {
        complaints.push("steps: a claim ends before the one who holds it".to_owned());
    }
    for Worked { name, function, .. } in worked() {
        let Some((_, properties)) = queue(template, name) else { continue };
        let hidden = properties["VisibilityTimeout"].as_i64().unwrap_or(30);
        if hidden < TIMEOUTS * timeout(function) {
            complaints
                .push(format!("{name}: a message is shown again after {hidden} s, while {function} has it"));
        }
    }
    for (name, properties) in template.all("AWS::ApiGatewayV2::Integration") {
        let function = properties["IntegrationUri"]["Fn::GetAtt"].as_str().unwrap_or_default();
        let timeout = template.properties(function.trim_end_matches(".Arn"))["Timeout"].as_i64().unwrap_or(0);
        let waits = properties["TimeoutInMillis"].as_i64().unwrap_or(GATEWAY_WAITS);
        if waits != timeout * 1000 || waits >= GATEWAY_WAITS {
            complaints.push(format!("{name}: it waits {waits} ms for a function that may run {timeout} s"));
        }
    }
    complaints
}

/// The door tells the lane by the end of the queue's name.
#[test]
fn the_bulk_lane_is_told_by_its_name() {
    // What comes of jobs goes by the bulk lane; their own queue has no other.
    for queue in QueueName::ALL.into_iter().filter(|queue| *queue != QueueName::Jobs) {
        assert_eq!(queue.as_str().ends_with("-bulk"), queue.lane() == Lane::Bulk, "{queue:?}");
    }
}
