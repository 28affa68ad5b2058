//! An empty database for one test.

use sea_orm::{ConnectOptions, ConnectionTrait, Database as Connector, DatabaseConnection};
use tempfile::TempDir;

/// The databases that Holdfast runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// One of them, empty, gone when [`Database::drop`] has run.
pub enum Database {
    Sqlite { folder: TempDir },
    Postgres { server: String, name: String },
}

impl Database {
    pub async fn create(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::Sqlite { folder: tempfile::tempdir().unwrap() },
            Backend::Postgres => {
                let server = std::env::var("HOLDFAST_TEST_POSTGRES_URL").unwrap_or_else(|_| {
                    panic!(
                        "these tests need a Postgres: run them as \
                         `scripts/with-postgres.sh cargo test --features ssr --test it`"
                    )
                });
                let name = format!("t_{:032x}", rand::random::<u128>());
                let admin = connect(&server).await;
                admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
                admin.close().await.unwrap();
                Self::Postgres { server, name }
            }
        }
    }

    pub fn url(&self) -> String {
        match self {
            Self::Sqlite { folder } => {
                format!("sqlite://{}?mode=rwc", folder.path().join("holdfast.db").display())
            }
            Self::Postgres { server, name } => {
                let (host, _) = server.rsplit_once('/').expect("HOLDFAST_TEST_POSTGRES_URL ends in /database");
                format!("{host}/{name}")
            }
        }
    }

    pub async fn drop(self) {
        match self {
            Self::Sqlite { folder } => folder.close().unwrap(),
            Self::Postgres { server, name } => {
                let admin = connect(&server).await;
                // The test's own connections may still be open.
                admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
                admin.close().await.unwrap();
            }
        }
    }
}

/// One connection.
pub async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Connector::connect(options).await.unwrap()
}
