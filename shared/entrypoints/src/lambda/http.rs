//! HTTP requests by API Gateway, payload format 2.0.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use lambda_http::request::RequestContext;
use lambda_http::tower::Service;
use lambda_http::{Request, RequestExt as _};

use super::summary;
use crate::Problem;
use crate::app::App;
use crate::auth::SignedIn;
use crate::input::NetworkAddress;

/// The router, with the summary line behind each request.
#[derive(Clone)]
pub(super) struct Summed {
    pub(super) router: Router,
    pub(super) app: Arc<App>,
    pub(super) stage: Arc<str>,
}

impl Service<Request> for Summed {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if let Some(person) = signed_in(&request) {
            request.extensions_mut().insert(person);
        }
        if let Some(address) = network_address(&request) {
            request.extensions_mut().insert(address);
        }
        let (mut router, app, stage) = (self.router.clone(), self.app.clone(), self.stage.clone());
        Box::pin(async move {
            let answer = match app.refresh_clock().await {
                Ok(()) => router.call(request).await,
                Err(error) => Ok(Problem::from(error).into_response()),
            };
            summary::print(&app, &stage);
            answer
        })
    }
}

/// From where the gateway was called.
fn network_address(request: &Request) -> Option<NetworkAddress> {
    let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else { return None };
    context.http.source_ip.clone().map(NetworkAddress)
}

/// The person whom the gateway's authorizer let through; it stands before the routes of people and no others.
fn signed_in(request: &Request) -> Option<SignedIn> {
    let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else { return None };
    Some(person(&context.authorizer.as_ref()?.jwt.as_ref()?.claims))
}

/// Who the claims of a token speak of: by an address only if the pool has verified it.
fn person(claims: &HashMap<String, String>) -> SignedIn {
    let verified = claims.get("email_verified").is_some_and(|verified| verified == "true");
    SignedIn { email: claims.get("email").filter(|_| verified).cloned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_was_verified_says_who_somebody_is() {
        let claims = |verified: Option<&str>| {
            let email = ("email".to_owned(), "anna@shop.example".to_owned());
            let verified = verified.map(|verified| ("email_verified".to_owned(), verified.to_owned()));
            person(&[email].into_iter().chain(verified).collect()).email
        };
        assert_eq!(claims(Some("true")).as_deref(), Some("anna@shop.example"));
        for not in [None, Some("false"), Some(""), Some("True "), Some("1")] {
            assert_eq!(claims(not), None, "{not:?}");
        }
    }
}
