//! Everything behind HTTP: store, ingest, reconcile, live.
//!
//! Every query and command takes an [`domain::access::Actor`]: outside its scope nothing is found. Time is an argument;
//! nothing here reads the clock, except that the tasks of [`Engine::start`] ask the clock they are given.

pub mod check;
pub mod error;
pub mod fill;
pub mod ingest;
pub mod live;
pub mod password;
pub mod reconcile;
pub mod store;
#[cfg(feature = "test-support")]
pub mod testing;

pub mod vault;

pub use error::Error;

use domain::time::Time;
use std::sync::Arc;
use store::Store;
use tokio_util::sync::CancellationToken;

/// What time it is. Made by the server; tests give their own.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// One handle to everything. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    /// The database.
    pub store: Store,
    /// The way in for events.
    pub ingest: ingest::Ingest,
    /// The way out for changes.
    pub live: live::LiveHub,
    /// What time it is.
    pub clock: Clock,
    /// Time passing.
    pub reconciler: reconcile::Reconciler,
    /// How monthly reports are set up; whoever starts the engine says so before it hands it on.
    pub reports: store::reports::Settings,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts the writers, the reconciler and the fan-out of changes. They end when `cancel` is cancelled; what was
    /// accepted into the queue before is still written and answered.
    pub fn start(store: Store, clock: Clock, cancel: CancellationToken) -> Self {
        let engine = Self::start_driven(store, clock, cancel.clone());
        tokio::spawn(engine.reconciler.clone().run(engine.clock.clone(), cancel));
        engine
    }

    /// As [`Engine::start`] without a reconciler of its own: whoever drives the clock calls [`reconcile::Reconciler::tick`].
    pub fn start_driven(store: Store, clock: Clock, cancel: CancellationToken) -> Self {
        let live = live::LiveHub::new(clock.clone());
        let reconciler = reconcile::Reconciler::new(store.clone(), live.clone());
        let ingest = ingest::Ingest::start(store.clone(), live.clone(), reconciler.clone(), cancel.clone());
        live.connect(&store, cancel);
        Self { store, ingest, live, clock, reconciler, reports: store::reports::Settings::default() }
    }
}
