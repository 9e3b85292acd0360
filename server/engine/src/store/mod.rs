//! The store: one database, SQLite (embedded) or PostgreSQL, behind the same calls.
//!
//! SQLite has one writer connection, begun IMMEDIATE and synced in full, and several readers (WAL). PostgreSQL has one pool.
//! Callers write inside [`Store::begin`] and read through [`Store::reads`].

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use std::{path::PathBuf, time::Duration};

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
                let writes = Database::connect(sqlite(&url, 1)).await?;
                let reads = Database::connect(sqlite(&url, 4)).await?;
                Ok(Self { writes, reads, backend: DbBackend::Sqlite })
            }
            StoreUrl::Postgres(url) => {
                let mut options = ConnectOptions::new(url.clone());
                options.max_connections(24).min_connections(2).sqlx_logging(false).acquire_timeout(Duration::from_secs(20));
                let pool = Database::connect(options).await?;
                Ok(Self { writes: pool.clone(), reads: pool, backend: DbBackend::Postgres })
            }
        }
    }

    /// For queries that change nothing.
    pub fn reads(&self) -> &DatabaseConnection {
        &self.reads
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

    /// True when the database answers.
    pub async fn is_ready(&self) -> bool {
        self.reads.execute_unprepared("SELECT 1").await.is_ok()
    }
}

fn sqlite(url: &str, connections: u32) -> ConnectOptions {
    use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .sqlx_logging(false)
        .acquire_timeout(Duration::from_secs(20))
        .map_sqlx_sqlite_opts(|o| {
            o.journal_mode(SqliteJournalMode::Wal)
                // Acknowledged means durable: every commit is synced.
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .pragma("cache_size", "-65536")
                .pragma("temp_store", "memory")
                .statement_cache_capacity(256)
        });
    options
}
