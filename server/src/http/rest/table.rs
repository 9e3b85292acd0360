//! A router that remembers its routes, so that tests can walk all of them and none is forgotten in document or matrix.

use crate::portal::Portal;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::Method,
    routing::{MethodRouter, on},
};

/// Routes below `/api/v1`, each with what it needs in the OpenAPI document.
#[derive(Default)]
pub struct Table {
    router: Router<Portal>,
    routes: Vec<(Method, &'static str)>,
}

impl Table {
    /// Adds a route. `path` is whole, with parameters as `{id}`.
    #[must_use]
    pub fn add<H, T>(self, method: Method, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Portal>,
        T: 'static,
    {
        self.add_sized(method, path, handler, 64 << 10)
    }

    /// Adds a route that takes bodies of up to `limit` bytes.
    #[must_use]
    pub fn add_sized<H, T>(mut self, method: Method, path: &'static str, handler: H, limit: usize) -> Self
    where
        H: Handler<T, Portal>,
        T: 'static,
    {
        let filter = axum::routing::MethodFilter::try_from(method.clone()).unwrap_or(axum::routing::MethodFilter::GET);
        let route: MethodRouter<Portal> = on(filter, handler).layer(DefaultBodyLimit::max(limit));
        self.router = self.router.route(path, route);
        self.routes.push((method, path));
        self
    }

    /// Adds another table.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.routes.extend(other.routes);
        self
    }

    /// Method and path of each route.
    pub fn listed(&self) -> &[(Method, &'static str)] {
        &self.routes
    }

    /// The router.
    pub fn into_router(self) -> Router<Portal> {
        self.router
    }
}
