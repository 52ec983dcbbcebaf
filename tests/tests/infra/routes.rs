//! The routes of API Gateway against those of the router: nothing that is served is out of reach, nothing leads nowhere, and
//! what is not for everybody is refused to whoever is not known.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use flusso_entrypoints::Options;
use flusso_entrypoints::app::App;
use flusso_tests::world::World;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{Template, assert_caught, assert_none, reference};

/// Methods that a path is asked by.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
/// Served, and not in the OpenAPI document: it speaks to programs.
const PAGES: [&str; 8] = [
    "/u/{token}",
    "/c/{token}",
    "/d/{token}",
    "/l/{token}",
    "/o/{token}",
    "/style.css",
    "/icon.svg",
    "/openapi.json",
];
/// What the function of the API answers to everybody.
const OPEN: [(&str, &str); 2] = [("GET", "/v1/health"), ("GET", "/openapi.json")];
type MakesRouter = fn(Arc<App>, Options) -> Router;

/// What is behind the integrations, by the routers of the functions.
const ROUTERS: [(&str, MakesRouter); 4] = [
    ("Intake", flusso_entrypoints::visitors_router),
    ("Contacts", flusso_entrypoints::contacts_router),
    ("Audience", flusso_entrypoints::audience_router),
    ("Admin", flusso_entrypoints::admin_router),
];

/// What the router serves, and how it answers somebody who is not known.
struct Served {
    method: &'static str,
    path: String,
    /// The function whose router has it.
    by: &'static str,
    stranger: u16,
}

/// A route of the template.
struct Route<'t> {
    name: &'t str,
    method: &'t str,
    path: &'t str,
    properties: &'t Value,
}

#[test]
fn every_route_leads_to_what_is_served() {
    assert_none(&routes(&Template::of_the_repository(), &served()));
}

#[test]
fn a_route_that_is_wrong_is_caught() {
    let served = served();
    let at = |route: &str, property: &str| format!("Resources.{route}.Properties.{property}");
    let target = |integration: &str| json!({ "Fn::Sub": format!("integrations/${{{integration}}}") });
    assert_caught(
        |template| routes(template, &served),
        &[
            ("Resources.IconRoute", Value::Null, "GET /icon.svg is not reached"),
            (
                &at("FormOptionsRoute", "RouteKey"),
                json!("PATCH /f/{form}"),
                "FormOptionsRoute: nothing is served",
            ),
            (&at("StyleRoute", "RouteKey"), json!("GET /style.css/x"), "StyleRoute: nothing is served"),
            (&at("StyleRoute", "Target"), target("AdminIntegration"), "GET /style.css is answered by Admin"),
            ("Resources.TasksMachinesRoute", Value::Null, "GET /v1/tasks is answered by Admin"),
            ("Resources.AuditPeopleRoute", Value::Null, "GET /app/v1/audit/verify is answered by Admin"),
            (
                &at("OpenapiRoute", "Target"),
                target("IntakeIntegration"),
                "GET /openapi.json is answered by Intake",
            ),
            (
                &at("OpenapiRoute", "Target"),
                target("NoIntegration"),
                "GET /openapi.json is answered by nobody",
            ),
            (
                &at("UnsubscribePostRoute", "AuthorizationType"),
                json!("JWT"),
                "POST /u/{token} asks everybody",
            ),
            ("Resources.Authorizer.Properties.AuthorizerType", json!("REQUEST"), "the authorizer"),
            ("Resources.IntakePermission", Value::Null, "IntakeIntegration: API Gateway may not call"),
            (
                "Resources.AdminIntegration.Properties.PayloadFormatVersion",
                json!("1.0"),
                "AdminIntegration: the door",
            ),
            (&at("ApiStage", "RouteSettings.GET /f/{form}"), json!({}), "the settings of `GET /f/{form}`"),
            ("Resources.ApiStage.DependsOn.0", json!("Api"), "FormPostRoute"),
        ],
    );
    // These are wrong for every path below them.
    for (path, value, expected) in [
        (at("PeopleRoute", "AuthorizationType"), json!("NONE"), "is open to whoever says that he signed in"),
        (at("PeopleRoute", "AuthorizerId"), reference("Api"), "is open to whoever says that he signed in"),
        (at("MachinesRoute", "RouteKey"), json!("ANY /v2/{proxy+}"), "is not reached"),
        (at("MachinesRoute", "AuthorizationType"), json!("JWT"), "asks everybody"),
    ] {
        let complaints = routes(&Template::of_the_repository().with(&path, value), &served);
        let of_that_kind = complaints.iter().filter(|complaint| complaint.contains(expected)).count();
        assert!(of_that_kind > 10, "{path}: {complaints:#?}");
    }
    // A route of the router that refuses nobody.
    let unguarded = Served { method: "GET", path: "/v1/secrets".to_owned(), by: "Admin", stranger: 200 };
    let complaints =
        routes(&Template::of_the_repository(), &served.into_iter().chain([unguarded]).collect::<Vec<_>>());
    assert!(complaints.len() == 1 && complaints[0].contains("GET /v1/secrets answers"), "{complaints:#?}");
}

/// Every path of the router, by each method.
fn served() -> Vec<Served> {
    let document: Value = serde_json::from_str(&flusso_entrypoints::openapi()).unwrap();
    let documented = document["paths"].as_object().unwrap().keys().cloned();
    let mut paths: Vec<String> = documented.chain(PAGES.map(str::to_owned)).collect();
    let people = paths.iter().filter(|path| path.starts_with("/v1/") && *path != "/v1/health");
    paths.extend(people.map(|path| format!("/app{path}")).collect::<Vec<_>>());

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = World::at("2026-11-21T09:00:00Z").app;
    let routers = ROUTERS.map(|(by, router)| (by, router(app.clone(), Options::default())));
    let mut served = Vec::new();
    for path in paths {
        let mut there = 0;
        for (by, router) in &routers {
            let answers = METHODS.map(|method| (method, runtime.block_on(ask(router, method, &path))));
            let known = answers.into_iter().filter_map(|(method, stranger)| Some((method, stranger?)));
            let known: Vec<_> = known.collect();
            there += usize::from(!known.is_empty());
            let known = known.into_iter().filter(|(_, stranger)| *stranger != 405);
            served.extend(known.map(|(method, stranger)| Served {
                method,
                path: path.clone(),
                by,
                stranger,
            }));
        }
        assert_eq!(there, 1, "{path} is served by one function");
    }
    served
}

/// The status of the answer to somebody who brings nothing; none if the router does not know the path. Of what there is
/// not, a name like `{id}` is as good as another.
async fn ask(router: &Router, method: &str, path: &str) -> Option<u16> {
    let sample = path.replace('{', "%7B").replace('}', "%7D");
    let request = Request::builder().method(method).uri(sample).header("accept", "application/json");
    let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (!String::from_utf8_lossy(&body).contains("route.unknown")).then_some(status)
}

fn routes(template: &Template, served: &[Served]) -> Vec<String> {
    let routes: Vec<Route> = template
        .all("AWS::ApiGatewayV2::Route")
        .map(|(name, properties)| {
            let (method, path) = properties["RouteKey"].as_str().unwrap().split_once(' ').unwrap();
            Route { name, method, path, properties }
        })
        .collect();
    let mut complaints = Vec::new();
    for one in served {
        complaints.extend(
            match routes.iter().filter(|route| route.takes(one)).max_by_key(|route| route.rank()) {
                Some(route) => wrong(template, route, one),
                None => Some(format!("{} {} is not reached by any route", one.method, one.path)),
            },
        );
    }
    for route in &routes {
        if !served.iter().any(|one| route.takes(one)) {
            complaints.push(format!("{}: nothing is served at {} {}", route.name, route.method, route.path));
        }
    }
    complaints.extend(around(template, &routes));
    complaints
}

impl Route<'_> {
    /// Whether API Gateway can send a request there.
    fn takes(&self, served: &Served) -> bool {
        let mut given = served.path.split('/');
        for part in self.path.split('/') {
            let Some(given) = given.next() else { return false };
            if part.ends_with("+}") {
                return self.method == "ANY" || self.method == served.method;
            }
            let is_any = part.starts_with('{') && !given.is_empty();
            if part != given && !is_any {
                return false;
            }
        }
        given.next().is_none() && (self.method == "ANY" || self.method == served.method)
    }

    /// Of several, API Gateway takes the one that says most.
    fn rank(&self) -> (bool, bool, usize) {
        (!self.path.ends_with("+}"), self.method != "ANY", self.path.split('/').count())
    }

    /// The function that answers.
    fn function<'t>(&self, template: &'t Template) -> Option<&'t str> {
        let target = self.properties["Target"]["Fn::Sub"].as_str()?;
        let integration = target.strip_prefix("integrations/${")?.strip_suffix('}')?;
        let uri = template.properties(integration)["IntegrationUri"]["Fn::GetAtt"].as_str()?;
        uri.strip_suffix(".Arn")
    }

    fn is_signed_in(&self, template: &Template) -> bool {
        let is_jwt = template.properties("Authorizer")["AuthorizerType"] == "JWT";
        is_jwt
            && self.properties["AuthorizationType"] == "JWT"
            && self.properties["AuthorizerId"] == reference("Authorizer")
    }
}

/// What is wrong with how a path is reached.
fn wrong(template: &Template, route: &Route, served: &Served) -> Option<String> {
    let Served { method, path, by, stranger } = served;
    let function = route.function(template).unwrap_or("nobody");
    if function != *by {
        return Some(format!("{method} {path} is answered by {function}"));
    }
    if path.starts_with("/app/") {
        // The function itself believes the authorizer.
        return (!route.is_signed_in(template)).then(|| {
            format!(
                "{method} {path} is open to whoever says that he signed in: {} has no authorizer",
                route.name
            )
        });
    }
    if route.properties["AuthorizationType"] != "NONE" {
        return Some(format!("{method} {path} asks everybody to sign in"));
    }
    let is_open = *by == "Intake" || OPEN.contains(&(*method, path.as_str()));
    (!is_open && *stranger != 401)
        .then(|| format!("{method} {path} answers {stranger} to somebody without a key"))
}

/// What belongs to routes: settings, permissions, the form of the events.
fn around(template: &Template, routes: &[Route]) -> Vec<String> {
    let mut complaints = Vec::new();
    let stage = template.properties("ApiStage");
    for key in stage["RouteSettings"].as_object().into_iter().flat_map(|settings| settings.keys()) {
        if !routes.iter().any(|route| route.properties["RouteKey"] == **key) {
            complaints.push(format!("the settings of `{key}` are of no route: the deployment is refused"));
        }
    }
    let first = template.at("Resources.ApiStage.DependsOn").as_array().into_iter().flatten();
    let first: Vec<&Value> = first.collect();
    for route in routes.iter().filter(|route| !first.iter().any(|name| **name == route.name)) {
        complaints.push(format!("{}: the settings may come before the route, which is refused", route.name));
    }
    let authorizer = template.properties("Authorizer");
    if authorizer["AuthorizerType"] != "JWT" {
        complaints.push("the authorizer reads no token".to_owned());
    }
    for (name, integration) in template.all("AWS::ApiGatewayV2::Integration") {
        if integration["PayloadFormatVersion"] != "2.0" {
            complaints.push(format!("{name}: the door reads payload format 2.0"));
        }
        let function = integration["IntegrationUri"]["Fn::GetAtt"].as_str().unwrap_or_default();
        let function = reference(function.trim_end_matches(".Arn"));
        let mut permissions = template.all("AWS::Lambda::Permission");
        if !permissions.any(|(_, permission)| permission["FunctionName"] == function) {
            complaints.push(format!("{name}: API Gateway may not call its function"));
        }
    }
    complaints
}
