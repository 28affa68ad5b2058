//! An empty database for one test.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use holdfast::Database as Beside;
use sea_orm::{ConnectionTrait, Statement};
use tempfile::TempDir;

/// The databases that Holdfast runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// One of them, empty, gone when [`Database::drop`] has run.
pub struct Database {
    place: Place,
    /// What lies beside it: the file of keys, which every process over this database shares.
    folder: TempDir,
}

enum Place {
    Sqlite,
    Postgres { server: String, name: String },
}

impl Database {
    pub async fn create(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::at(Place::Sqlite),
            Backend::Postgres => {
                let server = std::env::var("HOLDFAST_TEST_POSTGRES_URL").unwrap_or_else(|_| {
                    panic!(
                        "these tests need a Postgres: run them as \
                         `scripts/with-postgres.sh cargo test --features ssr --test it`"
                    )
                });
                Self::on(&server).await
            }
        }
    }

    /// In this Postgres.
    pub async fn on(server: &str) -> Self {
        let name = format!("t_{:032x}", rand::random::<u128>());
        let admin = connect(server).await;
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        admin.close().await.unwrap();
        Self::at(Place::Postgres { server: server.to_owned(), name })
    }

    fn at(place: Place) -> Self {
        let database = Self { place, folder: tempfile::tempdir().unwrap() };
        let mut file = OpenOptions::new();
        let mut file = file.write(true).create_new(true).mode(0o600).open(database.secrets()).unwrap();
        file.write_all(holdfast::keyring::new_file().unwrap().as_bytes()).unwrap();
        database
    }

    pub fn url(&self) -> String {
        match &self.place {
            Place::Sqlite => format!("sqlite://{}?mode=rwc", self.folder.path().join("holdfast.db").display()),
            Place::Postgres { server, name } => {
                let (host, _) = server.rsplit_once('/').expect("HOLDFAST_TEST_POSTGRES_URL ends in /database");
                format!("{host}/{name}")
            }
        }
    }

    /// The file of keys.
    pub fn secrets(&self) -> PathBuf {
        self.folder.path().join("secrets.toml")
    }

    pub async fn drop(self) {
        if let Place::Postgres { server, name } = self.place {
            let admin = connect(&server).await;
            // The test's own connections may still be open.
            admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
            admin.close().await.unwrap();
        }
        self.folder.close().unwrap();
    }
}

/// Beside the server's.
pub async fn connect(url: &str) -> Beside {
    Beside::beside(url).await.unwrap()
}

/// One value of the first row.
pub async fn value(db: &impl ConnectionTrait, sql: &str, column: &str) -> String {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.query_one_raw(statement).await.unwrap().unwrap().try_get("", column).unwrap()
}
