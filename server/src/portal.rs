//! What every handler shares: the engine's handle, settings, limits, numbers, the end of all streams.

use crate::{
    config::Config,
    consent::Consents,
    http::{assets::Site, auth::SessionCookie, counts_feed::CountsFeeds, error::RequestIds, limits::Limits, metrics::Metrics},
    mail::Post,
};
use axum::extract::FromRef;
use domain::time::Time;
use engine::Engine;
use leptos::config::LeptosOptions;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Shared by all handlers; cheap to clone.
#[derive(Clone, Debug)]
pub struct Portal(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    engine: Handle,
    config: Config,
    consents: Consents,
    post: Post,
    public_url: String,
    cookie: SessionCookie,
    limits: Limits,
    metrics: Metrics,
    site: Site,
    feeds: CountsFeeds,
    request_ids: RequestIds,
    leptos: LeptosOptions,
    setup_code: Option<String>,
    stop: CancellationToken,
}

struct Handle(Engine);

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

impl Portal {
    /// Puts the parts together. `setup_code`: asked for at the first start when strangers can reach the server.
    pub fn new(
        engine: Engine,
        config: Config,
        consents: Consents,
        post: Post,
        setup_code: Option<String>,
        stop: CancellationToken,
    ) -> Self {
        let public_url = config.address();
        let cookie = SessionCookie::for_address(&public_url);
        let leptos = LeptosOptions::builder().output_name("holdfast").site_addr(config.listen).build();
        Self(Arc::new(Shared {
            engine: Handle(engine),
            cookie,
            limits: Limits::new(config.rates),
            metrics: Metrics::default(),
            site: Site::default(),
            feeds: CountsFeeds::default(),
            request_ids: RequestIds::default(),
            leptos,
            consents,
            post,
            setup_code,
            stop,
            public_url,
            config,
        }))
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.0.engine.0
    }

    /// Consent of SaaS connections.
    pub fn consents(&self) -> &Consents {
        &self.0.consents
    }

    /// Mail that goes out.
    pub fn post(&self) -> &Post {
        &self.0.post
    }

    /// The engine's store.
    pub fn store(&self) -> &engine::store::Store {
        &self.engine().store
    }

    /// The time: the only place above the engine where the clock is asked.
    pub fn now(&self) -> Time {
        (self.engine().clock)()
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Address people use, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.0.public_url
    }

    /// The same as browsers write it in `Origin`.
    pub fn public_origin(&self) -> &str {
        &self.0.public_url
    }

    /// True when people come by https.
    pub fn is_https(&self) -> bool {
        self.0.public_url.starts_with("https://")
    }

    /// The cookie of sessions.
    pub fn cookie(&self) -> &SessionCookie {
        &self.0.cookie
    }

    /// Rates.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Numbers.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The browser's files.
    pub fn site(&self) -> &Site {
        &self.0.site
    }

    /// Counts shared by the streams of a scope.
    pub fn feeds(&self) -> &CountsFeeds {
        &self.0.feeds
    }

    /// Makes request ids.
    pub fn request_ids(&self) -> &RequestIds {
        &self.0.request_ids
    }

    /// Set-up code of the first start, if one is asked for.
    pub fn setup_code(&self) -> Option<&str> {
        self.0.setup_code.as_deref()
    }

    /// Ends streams and tasks.
    pub fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }
}

impl FromRef<Portal> for LeptosOptions {
    fn from_ref(portal: &Portal) -> Self {
        portal.0.leptos.clone()
    }
}
