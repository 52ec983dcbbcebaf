//! Routes that can say what they are. What serves a request and what describes it for the OpenAPI document are kept
//! apart: a function serves a document that was made before, and carries nothing that makes one (feature `openapi`).

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, Route};
use tower::{Layer, Service};
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::Path;
use utoipa::openapi::HttpMethod;
#[cfg(feature = "openapi")]
use utoipa::openapi::{Components, OpenApi, path::Paths};

use crate::Door;

/// The handlers of one path, each with its `#[utoipa::path]`.
macro_rules! routes {
    ($($handler:ident),+ $(,)?) => {
        pastey::paste! {
            $crate::routes::Served::default()$(.on::<[<__path_ $handler>], _, _>($handler))+
        }
    };
}
pub(crate) use routes;

/// What serves one path.
#[derive(Default)]
pub(crate) struct Served {
    path: String,
    methods: MethodRouter<Door>,
    #[cfg(feature = "openapi")]
    described: Vec<fn(&mut OpenApi)>,
}

impl Served {
    /// With one more handler. All of them have the path of the last one; a test compares the document with the routes.
    pub(crate) fn on<P, H, T>(mut self, handler: H) -> Self
    where
        P: Path + Tags<'static> + SchemaReferences,
        H: Handler<T, Door>,
        T: 'static,
    {
        self.path = P::path();
        for method in P::methods() {
            self.methods = self.methods.on(filter(&method), handler.clone());
        }
        #[cfg(feature = "openapi")]
        self.described.push(describe::<P>);
        self
    }
}

fn filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
    }
}

#[cfg(feature = "openapi")]
fn describe<P: Path + Tags<'static> + SchemaReferences>(openapi: &mut OpenApi) {
    let mut paths = Paths::new();
    let mut operation = P::operation();
    operation.tags.get_or_insert_default().extend(P::tags().into_iter().map(ToOwned::to_owned));
    paths.add_path_operation(P::path(), P::methods(), operation);
    for (path, item) in paths.paths {
        match openapi.paths.paths.get_mut(&path) {
            Some(there) => there.merge_operations(item),
            None => drop(openapi.paths.paths.insert(path, item)),
        }
    }
    let mut schemas = Vec::new();
    P::schemas(&mut schemas);
    let known = &mut openapi.components.get_or_insert_with(Components::new).schemas;
    for (name, schema) in schemas {
        // Two types of one name: a test finds the second one by a name that no type has.
        let clashes = known.get(&name).is_some_and(|there| *there != schema);
        known.insert(if clashes { format!("{name} once more") } else { name }, schema);
    }
}

/// A group of routes.
#[derive(Default)]
pub(crate) struct Routes {
    router: Router<Door>,
    #[cfg(feature = "openapi")]
    described: Vec<fn(&mut OpenApi)>,
}

impl Routes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With one more path.
    pub(crate) fn routes(mut self, served: Served) -> Self {
        self.router = self.router.route(&served.path, served.methods);
        #[cfg(feature = "openapi")]
        self.described.extend(served.described);
        self
    }

    /// With those of another group.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        #[cfg(feature = "openapi")]
        self.described.extend(other.described);
        self
    }

    /// With something around each route.
    pub(crate) fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.router = self.router.layer(layer);
        self
    }

    /// What serves them.
    pub(crate) fn into_router(self) -> Router<Door> {
        self.router
    }

    /// What describes them.
    #[cfg(feature = "openapi")]
    pub(crate) fn describe(&self, mut openapi: OpenApi) -> OpenApi {
        for describe in &self.described {
            describe(&mut openapi);
        }
        openapi
    }
}
