//! How people sign in on AWS: nobody signs up alone, a page in a browser keeps no secret, and nobody makes another of
//! themselves.

use serde_json::{Value, json};

use crate::{Template, assert_caught, assert_none, listed, reference};

#[test]
fn people_sign_in_as_who_they_are() {
    assert_none(&people(&Template::of_the_repository()));
}

#[test]
fn a_pool_that_believes_too_much_is_caught() {
    let client = |property: &str| format!("Resources.UserPoolClient.Properties.{property}");
    let pool = |property: &str| format!("Resources.UserPool.Properties.{property}");
    assert_caught(
        people,
        &[
            (&client("GenerateSecret"), json!(true), "a secret"),
            (&client("AllowedOAuthFlows"), json!(["implicit"]), "implicit"),
            (&client("AllowedOAuthFlows"), json!(["code", "client_credentials"]), "client_credentials"),
            (&client("AllowedOAuthScopes"), json!(["openid"]), "email"),
            (&client("WriteAttributes"), json!(["name", "email"]), "may write `email`"),
            (&client("WriteAttributes"), Value::Null, "may write everything"),
            (&client("ReadAttributes"), json!(["email"]), "email_verified"),
            (&client("ExplicitAuthFlows"), json!(["ALLOW_USER_PASSWORD_AUTH"]), "ALLOW_USER_PASSWORD_AUTH"),
            (&pool("AdminCreateUserConfig.AllowAdminCreateUserOnly"), json!(false), "signs up alone"),
            (&pool("UserAttributeUpdateSettings"), Value::Null, "before it is verified"),
            ("Resources.UserPoolDomain", Value::Null, "nowhere to sign in"),
            ("Resources.Authorizer.Properties.JwtConfiguration.Audience", json!(["any"]), "the audience"),
            ("Parameters.OwnerEmail.Default", json!("hello@example.com"), "OwnerEmail"),
        ],
    );
}

fn people(template: &Template) -> Vec<String> {
    let (pool, client) = (template.properties("UserPool"), template.properties("UserPoolClient"));
    let mut complaints = Vec::new();
    let mut wrong = |is_wrong: bool, complaint: String| complaints.extend(is_wrong.then_some(complaint));
    let has = |property: &str, one: &str| listed(&client[property]).iter().any(|value| **value == one);

    wrong(client["GenerateSecret"] != false, "the client has a secret, which a page can't keep".to_owned());
    for flow in listed(&client["AllowedOAuthFlows"]) {
        wrong(flow != "code", format!("the client may sign in by {flow}"));
    }
    for scope in ["openid", "email"] {
        wrong(!has("AllowedOAuthScopes", scope), format!("the token says nothing of `{scope}`"));
    }
    for attribute in ["email", "email_verified"] {
        wrong(!has("ReadAttributes", attribute), format!("the token has no `{attribute}`"));
    }
    wrong(client["WriteAttributes"].is_null(), "a person may write everything of themselves".to_owned());
    for attribute in ["email", "email_verified"] {
        wrong(has("WriteAttributes", attribute), format!("a person may write `{attribute}`"));
    }
    // A password goes to the pool's own page, or to whoever may administer the pool; never through a page of ours.
    let flow = "ALLOW_USER_PASSWORD_AUTH";
    wrong(has("ExplicitAuthFlows", flow), format!("the client takes passwords: {flow}"));
    let alone = pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] != true;
    wrong(alone, "anybody signs up alone".to_owned());
    let updates = &pool["UserAttributeUpdateSettings"]["AttributesRequireVerificationBeforeUpdate"];
    wrong(*updates != json!(["email"]), "another address counts before it is verified".to_owned());
    let domains = template.all("AWS::Cognito::UserPoolDomain");
    let here = domains.filter(|(_, domain)| domain["UserPoolId"] == reference("UserPool")).count();
    wrong(here != 1, "there is nowhere to sign in".to_owned());
    let audience = &template.properties("Authorizer")["JwtConfiguration"]["Audience"];
    wrong(*audience != json!([reference("UserPoolClient")]), format!("the audience of tokens is {audience}"));
    let first = &template.at("Parameters")["OwnerEmail"]["Default"];
    wrong(first != "", format!("OwnerEmail: {first} is owner unless somebody says so"));
    complaints
}
