//! Functions, what they are told by their environment, and where they log.

use std::cell::RefCell;
use std::collections::BTreeSet;

use flusso_aws::config::{Config, ConfigError};
use serde_json::{Value, json};

use crate::{Template, after_stage, arn, assert_caught, assert_none, listed, reference, root};

/// What the program reads of its environment.
struct Read {
    required: BTreeSet<String>,
    all: BTreeSet<String>,
}

#[test]
fn every_function_is_built_packaged_and_deployed() {
    assert_none(&built(&Template::of_the_repository()));
}

#[test]
fn a_function_too_many_or_too_few_is_caught() {
    let function = |name: &str| {
        json!({ "Type": "AWS::Serverless::Function", "Properties": {
            "FunctionName": { "Fn::Sub": format!("flusso-${{Stage}}-{name}") },
            "CodeUri": format!("../target/lambda/{name}/"),
        } })
    };
    assert_caught(
        built,
        &[
            ("Resources.Wake", Value::Null, "functions/wake"),
            ("Resources.Other", function("other"), "`other`"),
            ("Resources.Wake.Properties.CodeUri", json!("../target/lambda/steps/"), "wake: its code is"),
        ],
    );
}

#[test]
fn the_environment_is_what_the_program_reads() {
    assert_none(&environment(&Template::of_the_repository()));
}

#[test]
fn a_variable_too_many_or_too_few_is_caught() {
    let variables = "Globals.Function.Environment.Variables";
    let at = |name: &str| format!("{variables}.{name}");
    assert_caught(
        environment,
        &[
            (&at("FLUSSO_TABLE"), Value::Null, "FLUSSO_TABLE, which"),
            (&at("FLUSSO_MAIL_RATE"), Value::Null, "FLUSSO_MAIL_RATE, which"),
            (&at("FLUSSO_TABEL"), json!("x"), "FLUSSO_TABEL, which nothing reads"),
            (&at("FLUSSO_TABLE"), json!(""), "FLUSSO_TABLE may be empty"),
            (&at("FLUSSO_PUBLIC_URL"), reference("PublicUrl"), "FLUSSO_PUBLIC_URL may be empty"),
            (
                &at("FLUSSO_PUBLIC_URL"),
                json!({ "Fn::If": ["HasMailIdentity", reference("PublicUrl"), "x"] }),
                "FLUSSO_PUBLIC_URL may be empty",
            ),
            ("Parameters.MailFrom.Default", json!(""), "FLUSSO_MAIL_FROM may be empty"),
            (
                "Resources.Wake.Properties.Environment",
                json!({ "Variables": { "FLUSSO_STAGE": "other" } }),
                "wake has variables of its own",
            ),
        ],
    );
}

#[test]
fn every_function_logs_where_logs_end() {
    assert_none(&logs(&Template::of_the_repository()));
}

#[test]
fn a_log_for_ever_is_caught() {
    assert_caught(
        logs,
        &[
            ("Resources.WakeLogGroup.Properties.RetentionInDays", Value::Null, "WakeLogGroup: nothing says"),
            (
                "Resources.AccessLogGroup.Properties.RetentionInDays",
                Value::Null,
                "AccessLogGroup: nothing says",
            ),
            ("Resources.Wake.Properties.LoggingConfig", Value::Null, "wake: it logs"),
            ("Resources.Wake.Properties.LoggingConfig.LogGroup", reference("StepsLogGroup"), "wake: it logs"),
            (
                "Resources.WakeRole.Properties.Policies.0.PolicyDocument.Statement.0.Resource",
                arn("StepsLogGroup"),
                "wake: its role",
            ),
        ],
    );
}

#[test]
fn the_scheduler_calls_wake() {
    assert_none(&timer(&Template::of_the_repository()));
}

#[test]
fn a_schedule_that_calls_nobody_is_caught() {
    let variables = "Globals.Function.Environment.Variables";
    let statement = "Resources.ScheduleRole.Properties.Policies.0.PolicyDocument.Statement.0";
    assert_caught(
        timer,
        &[
            (&format!("{variables}.FLUSSO_SCHEDULE_TARGET_ARN"), arn("Steps"), "FLUSSO_SCHEDULE_TARGET_ARN"),
            (&format!("{variables}.FLUSSO_SCHEDULE_DLQ_ARN"), arn("StatsDlq"), "FLUSSO_SCHEDULE_DLQ_ARN"),
            (&format!("{variables}.FLUSSO_SCHEDULE_ROLE_ARN"), arn("WakeRole"), "FLUSSO_SCHEDULE_ROLE_ARN"),
            (&format!("{variables}.FLUSSO_SCHEDULE_GROUP"), json!("default"), "FLUSSO_SCHEDULE_GROUP"),
            (&format!("{statement}.Resource"), arn("Steps"), "ScheduleRole"),
            ("Resources.Sweep.Properties.Target.Arn", arn("Steps"), "the sweep"),
            ("Resources.Sweep.Properties.Target.Input", json!("{}"), "the sweep"),
        ],
    );
}

/// Functions by their folders, their place in the template, and the list of what is packaged.
fn built(template: &Template) -> Vec<String> {
    let folders = std::fs::read_dir(root().join("functions")).unwrap();
    let folders = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    let folders: BTreeSet<String> = folders.filter(|name| name != "local").collect();
    let script = std::fs::read_to_string(root().join("infra/package.sh")).unwrap();
    let packaged = script.lines().find_map(|line| line.strip_prefix("functions=(")?.strip_suffix(')'));
    let packaged: BTreeSet<String> = packaged.unwrap().split(' ').map(str::to_owned).collect();
    let deployed: BTreeSet<String> = template.functions().map(|(name, ..)| name.to_owned()).collect();

    let mut complaints = Vec::new();
    for folder in folders.difference(&deployed) {
        complaints.push(format!("functions/{folder} is not in the template"));
    }
    for name in deployed.difference(&folders) {
        complaints.push(format!("the template has a function `{name}`, and functions/ has none"));
    }
    if packaged != folders {
        complaints.push(format!("infra/package.sh builds {packaged:?}, functions/ has {folders:?}"));
    }
    for (name, _, properties) in template.functions() {
        if properties["CodeUri"] != format!("../target/lambda/{name}/") {
            complaints.push(format!("{name}: its code is {}", properties["CodeUri"]));
        }
    }
    complaints
}

fn environment(template: &Template) -> Vec<String> {
    let Read { required, all } = read();
    let given = template.at("Globals.Function.Environment.Variables").as_object().unwrap();
    let names: BTreeSet<String> = given.keys().cloned().collect();
    let mut complaints = Vec::new();
    for name in all.difference(&names) {
        complaints.push(format!("the template does not give {name}, which shared/aws/src/config.rs reads"));
    }
    for name in names.difference(&all) {
        complaints.push(format!("the template gives {name}, which nothing reads"));
    }
    for name in required.intersection(&names).filter(|name| may_be_empty(template, &given[*name])) {
        complaints.push(format!("{name} may be empty, and a function does not start without it"));
    }
    for (name, _, properties) in template.functions() {
        if !properties["Environment"].is_null() {
            complaints.push(format!("{name} has variables of its own; each function has all of them"));
        }
    }
    complaints
}

/// By having the configuration read from an environment that watches.
fn read() -> Read {
    let required = match Config::read(|_| None) {
        Err(ConfigError::Missing(names)) => names.into_iter().map(str::to_owned).collect(),
        other => panic!("an empty environment lacks something: {other:?}"),
    };
    let all = RefCell::new(BTreeSet::new());
    let watched = |name: &str| {
        all.borrow_mut().insert(name.to_owned());
        BTreeSet::contains(&required, name).then(|| "x".to_owned())
    };
    Config::read(watched).unwrap();
    Read { required, all: all.into_inner() }
}

/// Whether a value can be the empty text, by a parameter whose default that is.
fn may_be_empty(template: &Template, value: &Value) -> bool {
    if let Some(branches) = value["Fn::If"].as_array() {
        let [condition, then, otherwise] = &branches[..] else { return true };
        let condition = template.at("Conditions").get(condition.as_str().unwrap()).unwrap_or(&Value::Null);
        let says_it_is_not = json!({ "Fn::Not": [{ "Fn::Equals": [then, ""] }] });
        let then = *condition != says_it_is_not && may_be_empty(template, then);
        return then || may_be_empty(template, otherwise);
    }
    let parameter = value["Ref"].as_str().map(|name| &template.at("Parameters")[name]["Default"]);
    value == "" || parameter.is_some_and(|default| default == "")
}

fn logs(template: &Template) -> Vec<String> {
    let mut complaints = Vec::new();
    for (group, properties) in template.all("AWS::Logs::LogGroup") {
        if properties["RetentionInDays"] != reference("LogRetentionDays") {
            complaints.push(format!("{group}: nothing says how long its lines are kept"));
        }
    }
    for (name, _, properties) in template.functions() {
        let group = properties["LoggingConfig"]["LogGroup"]["Ref"].as_str().unwrap_or_default();
        let called = &template.properties(group)["LogGroupName"]["Fn::Sub"];
        if *called != format!("/aws/lambda/flusso-${{Stage}}-{name}") {
            complaints.push(format!("{name}: it logs to `{group}`, which is called {called}"));
            continue;
        }
        let may_write = allowed(template, properties, "logs:PutLogEvents");
        if !may_write.contains(&&arn(group)) {
            complaints.push(format!("{name}: its role may not write to {group}"));
        }
    }
    complaints
}

/// Schedules that are made at run time, and the one that sweeps.
fn timer(template: &Template) -> Vec<String> {
    let name = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:flusso-${Stage}-wake";
    let wake = json!({ "Fn::Sub": name });
    let mut complaints = Vec::new();
    for (variable, expected) in [
        ("FLUSSO_SCHEDULE_TARGET_ARN", &wake),
        ("FLUSSO_SCHEDULE_DLQ_ARN", &arn("ScheduleDlq")),
        ("FLUSSO_SCHEDULE_ROLE_ARN", &arn("ScheduleRole")),
        ("FLUSSO_SCHEDULE_GROUP", &reference("ScheduleGroup")),
    ] {
        let given = &template.at("Globals.Function.Environment.Variables")[variable];
        if given != expected {
            complaints.push(format!("{variable} is {given}, not {expected}"));
        }
    }
    let role = &template.properties("ScheduleRole")["Policies"][0]["PolicyDocument"]["Statement"];
    let may_call = |one: &&Value| one["Action"] == "lambda:InvokeFunction" && one["Resource"] == wake;
    if !listed(role).iter().any(may_call) {
        complaints.push("ScheduleRole may not call wake".to_owned());
    }
    let sweep = &template.properties("Sweep")["Target"];
    let input: Value = serde_json::from_str(sweep["Input"].as_str().unwrap_or_default()).unwrap_or_default();
    if sweep["Arn"] != arn("Wake") || input != json!({ "sweep": true }) {
        complaints.push(format!("the sweep is {input} to {}", sweep["Arn"]));
    }
    complaints
}

/// What the role of a function lets it do that with, by its own policies.
pub fn allowed<'t>(template: &'t Template, function: &Value, action: &str) -> Vec<&'t Value> {
    let role = function["Role"]["Fn::GetAtt"].as_str().unwrap_or_default();
    let role = template.properties(role.trim_end_matches(".Arn"));
    let policies = role["Policies"].as_array().into_iter().flatten();
    let statements = policies.flat_map(|policy| listed(&policy["PolicyDocument"]["Statement"]));
    let those = statements.filter(|statement| listed(&statement["Action"]).iter().any(|one| *one == action));
    those.flat_map(|statement| listed(&statement["Resource"])).collect()
}

#[test]
fn names_carry_the_stage() {
    assert_eq!(after_stage(&json!({ "Fn::Sub": "flusso-${Stage}-steps" })), Some("steps"));
    assert_eq!(after_stage(&json!("flusso-steps")), None);
}
