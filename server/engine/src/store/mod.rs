//! The store: one database, SQLite (embedded) or PostgreSQL, behind the same calls.
//!
//! SQLite has one writer connection, begun IMMEDIATE and synced in full, and several readers (WAL). PostgreSQL has a pool for either.
//! Callers write inside [`Store::begin`] and read through [`Store::reads`]. One file per noun; entities are private to the engine.
//! Commands check the actor's right, write their audit entry in the same transaction and answer `NotFound` outside the scope.

pub mod accounts;
pub mod alerts;
pub mod audit;
pub mod branding;
pub mod compliance;
pub mod connections;
mod days;
pub mod devices;
pub(crate) mod exclusions;
pub mod facts;
pub mod inbox;
pub mod inbox_rules;
pub mod job_log;
pub mod jobs;
pub mod keys;
pub mod mail_domains;
pub mod mail_keys;
pub mod mails;
pub mod maintenance;
pub mod organizations;
pub mod overview;
pub mod page;
pub mod partner_settings;
pub mod partners;
pub mod people;
pub mod platform;
pub mod policies;
pub mod report_delivery;
pub mod reports;
pub mod restore_tests;
pub mod runs;
pub mod saas;
pub mod saved_views;
pub mod search;
pub mod sessions;
pub mod sla;
pub mod weekly;

pub(crate) mod entity;
pub(crate) mod input;
mod scope;
pub(crate) mod sql;

use domain::{ids::PartnerId, time::Time};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// Ids count from here: 2025-01-01T00:00:00Z.
const FIRST_ID_AT: i64 = 1_735_689_600_000;
const ID_TIME_BITS: u32 = 41;
const ID_RANDOM_BITS: u32 = 21;

/// Where the data lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// `postgres://…`.
    Postgres(String),
}

/// An open store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    writes: DatabaseConnection,
    reads: DatabaseConnection,
    backend: DbBackend,
    last_id: Arc<AtomicI64>,
    short: Arc<Short>,
}

/// What is kept in memory for a short time; lost at a restart without harm.
#[derive(Debug, Default)]
pub(crate) struct Short {
    pub(crate) keys: keys::KeyCache,
    pub(crate) strangers: sessions::Strangers,
    pub(crate) seen: sessions::Seen,
    pub(crate) ancestors: maintenance::Ancestors,
}

impl Store {
    /// Opens the store and brings its schema up to date.
    ///
    /// # Errors
    /// The database can't be reached or migrated.
    pub async fn open(url: &StoreUrl) -> Result<Self, DbErr> {
        let store = Self::connect(url).await?;
        migrations::Migrator::up(&store.writes, None).await?;
        Ok(store)
    }

    async fn connect(url: &StoreUrl) -> Result<Self, DbErr> {
        match url {
            StoreUrl::Sqlite(path) => {
                let url = format!("sqlite://{}?mode=rwc", path.display());
                let writes = Database::connect(sqlite(&url, 1, WRITER_CACHE, WRITER_STATEMENTS)).await?;
                let reads = Database::connect(sqlite(&url, 4, READER_CACHE, READER_STATEMENTS)).await?;
                Ok(Self { writes, reads, backend: DbBackend::Sqlite, last_id: Arc::default(), short: Arc::default() })
            }
            StoreUrl::Postgres(url) => {
                let writes = Database::connect(by_key(postgres(url, 8))).await?;
                let reads = Database::connect(postgres(url, 16)).await?;
                Ok(Self { writes, reads, backend: DbBackend::Postgres, last_id: Arc::default(), short: Arc::default() })
            }
        }
    }

    /// For queries that change nothing.
    pub fn reads(&self) -> &DatabaseConnection {
        &self.reads
    }

    /// For what isn't done within [`Store::begin`]: settings of connections, bulk loading.
    pub(crate) fn writes(&self) -> &DatabaseConnection {
        &self.writes
    }

    /// Which database this is.
    pub fn backend(&self) -> DbBackend {
        self.backend
    }

    /// Begins a transaction that may write. Dropped without commit, it rolls back.
    ///
    /// # Errors
    /// The database can't be reached, or is locked by another process for longer than 10 s.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.writes
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..Default::default()
            })
            .await
    }

    /// Begins a transaction of commands in one partner: they follow one another, so that its audit chain has no forks
    /// and locks are taken in one order. Ingest doesn't come this way.
    pub(crate) async fn begin_for(&self, partner: PartnerId) -> Result<DatabaseTransaction, DbErr> {
        let tx = self.begin().await?;
        self.lock(&tx, partner).await?;
        Ok(tx)
    }

    pub(crate) async fn lock(&self, tx: &DatabaseTransaction, partner: PartnerId) -> Result<(), DbErr> {
        if self.backend == DbBackend::Postgres {
            // Foreign keys on the partner are still checked freely under this lock. On SQLite there is one writer anyway.
            let mut lock = sql::Sql::new("SELECT id FROM partners WHERE id = ");
            lock.bind(partner.0).push(" FOR NO KEY UPDATE");
            tx.query_one_raw(lock.build(self.backend)).await?;
        }
        Ok(())
    }

    pub(crate) fn short(&self) -> &Short {
        &self.short
    }

    /// The least id of a time: ids minted then or later are not below it.
    pub(crate) fn first_id(since: Time) -> i64 {
        since.0.saturating_sub(FIRST_ID_AT).clamp(0, (1 << ID_TIME_BITS) - 1) << ID_RANDOM_BITS
    }

    /// A new id: 41 bits of milliseconds since 2025, 21 random bits; positive and, in this process, greater than all before it.
    pub fn id(&self, now: Time) -> i64 {
        let since = now.0.saturating_sub(FIRST_ID_AT).clamp(0, (1 << ID_TIME_BITS) - 1);
        let fresh = (since << ID_RANDOM_BITS) | i64::from(rand::random_range(1..1u32 << ID_RANDOM_BITS));
        // In the same millisecond: a small random step, so that two processes rarely meet.
        let step = i64::from(rand::random_range(1..=16u8));
        let next = |last: i64| fresh.max(last + step);
        let before = self.last_id.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        // The closure always gives a value, so both arms hold the value before.
        next(before.unwrap_or_else(|last| last))
    }

    /// True when the database answers.
    pub async fn is_ready(&self) -> bool {
        self.reads.execute_unprepared("SELECT 1").await.is_ok()
    }
}

fn postgres(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .sqlx_logging(false)
        .acquire_timeout(Duration::from_secs(20))
        .test_before_acquire_if_idle_for(TRUSTED);
    options
}

/// A connection used so lately is not asked whether it lives before it is used again: that would be one more round trip a transaction.
const TRUSTED: Duration = Duration::from_millis(500);

/// Transactions find their rows by key, a few or some thousand at a time. The planner sees a prepared statement once, maybe while
/// a table is still empty or the group large, and would keep a plan that reads the whole table ever after.
fn by_key(mut options: ConnectOptions) -> ConnectOptions {
    options.map_sqlx_postgres_opts(|o| {
        o.options([
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
            ("jit", "off"),
        ])
    });
    options
}

/// Pages that a connection of SQLite keeps in memory of its own (KiB, by SQLite's sign). What readers don't keep is in the system's
/// cache all the same, once and not once a connection.
pub(crate) const WRITER_CACHE: &str = "-16384";
const READER_CACHE: &str = "-2048";

/// Statements that a connection of SQLite keeps prepared: some 20 KiB each, and a long list of ids makes one of its own.
const WRITER_STATEMENTS: usize = 128;
const READER_STATEMENTS: usize = 64;

fn sqlite(url: &str, connections: u32, cache: &'static str, statements: usize) -> ConnectOptions {
    use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .sqlx_logging(false)
        .acquire_timeout(Duration::from_secs(20))
        // A file doesn't hang up.
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(move |o| {
            o.journal_mode(SqliteJournalMode::Wal)
                // Acknowledged means durable: every commit is synced.
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .pragma("cache_size", cache)
                .pragma("temp_store", "memory")
                .statement_cache_capacity(statements)
        });
    options
}
