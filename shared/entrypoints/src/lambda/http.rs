//! HTTP requests by API Gateway, payload format 2.0.

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
    let id = context.authorizer.as_ref()?.jwt.as_ref()?.claims.get("sub")?.clone();
    Some(SignedIn { id })
}
