//! The server under test, and what can be seen of it from the inside: its clock and its rows.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use holdfast::clock::{Clock, ManualClock, Timestamp};
use holdfast::server::config::Config;
use holdfast::server::{self, AppState};
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, FromQueryResult, Statement};
use uuid::Uuid;

use super::{Browser, database};

/// When every test begins: 2026-11-22T19:34:56Z.
pub const START: Timestamp = Timestamp(1_795_376_096_000);

/// One process of the server.
pub struct App {
    pub state: AppState,
    pub clock: Arc<ManualClock>,
    pub router: Router,
    /// A connection of our own, past everything that is under test.
    pub db: DatabaseConnection,
    url: String,
}

/// Everything a refused ceremony must leave as it was.
#[derive(Debug, PartialEq, Eq)]
pub struct Stored {
    pub users: Vec<UserRow>,
    pub credentials: Vec<CredentialRow>,
    pub sessions: Vec<SessionRow>,
}

/// A row of `users`.
#[derive(Debug, PartialEq, Eq, FromQueryResult)]
pub struct UserRow {
    pub id: Uuid,
    pub email: String,
    pub email_verified_at: Option<i64>,
    pub display_name: Option<String>,
    pub created_at: i64,
}

/// A row of `credentials`.
#[derive(Debug, PartialEq, Eq, FromQueryResult)]
pub struct CredentialRow {
    pub id: Uuid,
    pub credential_id: Vec<u8>,
    pub user_id: Uuid,
    pub passkey: String,
    pub label: String,
    pub aaguid: Uuid,
    pub transports: String,
    pub backup_eligible: bool,
    pub backup_state: bool,
    pub sign_count: i64,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
}

/// A row of `sessions`.
#[derive(Debug, PartialEq, Eq, FromQueryResult)]
pub struct SessionRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub credential_id: Option<Uuid>,
    pub token_hash: Vec<u8>,
    pub created_at: i64,
    pub expires_at: i64,
    pub last_seen_at: i64,
    pub ended_at: Option<i64>,
}

/// A row of `auth_events`.
#[derive(Debug, PartialEq, Eq, FromQueryResult)]
pub struct EventRow {
    pub id: i64,
    pub created_at: i64,
    pub event_type: String,
    pub outcome: String,
    pub reason: Option<String>,
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub credential_id: Option<Uuid>,
    pub request_id: String,
    pub ip_prefix: Option<String>,
    pub user_agent: Option<String>,
    pub risk_score: i32,
}

impl App {
    pub async fn start(url: String) -> Self {
        Self::open(url, Arc::new(ManualClock::at(START)), &[]).await
    }

    /// One more process over the same database and clock, with other settings.
    pub async fn beside(&self, settings: &[(&str, &str)]) -> Self {
        Self::open(self.url.clone(), self.clock.clone(), settings).await
    }

    async fn open(url: String, clock: Arc<ManualClock>, settings: &[(&str, &str)]) -> Self {
        let fixed = [("HOLDFAST_DATABASE_URL", url.as_str()), ("HOLDFAST_DATABASE_MAX_CONNECTIONS", "5")];
        let env = fixed.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = Config::parse("test", "", env).unwrap();
        let state = server::open(config, clock.clone()).await.unwrap();
        let db = database::connect(&url).await;
        Self { router: server::router(state.clone()), state, clock, db, url }
    }

    /// A browser that has never been here.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone(), &self.state.config.origin)
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub fn now(&self) -> i64 {
        self.clock.now().0
    }

    async fn rows<T: FromQueryResult>(&self, table: &str) -> Vec<T> {
        let all = format!("SELECT * FROM {table} ORDER BY id");
        let statement = Statement::from_string(self.db.get_database_backend(), all);
        T::find_by_statement(statement).all(&self.db).await.unwrap()
    }

    pub async fn stored(&self) -> Stored {
        Stored {
            users: self.rows("users").await,
            credentials: self.rows("credentials").await,
            sessions: self.rows("sessions").await,
        }
    }

    /// All events, oldest first.
    pub async fn events(&self) -> Vec<EventRow> {
        self.rows("auth_events").await
    }

    /// How many events of this type there are.
    pub async fn count_events(&self, event_type: &str) -> usize {
        self.events().await.iter().filter(|event| event.event_type == event_type).count()
    }

    pub async fn count_ceremonies(&self) -> usize {
        self.query("SELECT created_at FROM ceremonies").await.len()
    }

    /// The bytes of every value of every row of every table, with the name of its column.
    pub async fn every_value(&self) -> Vec<(String, Vec<u8>)> {
        let backend = self.db.get_database_backend();
        let columns = match backend {
            DatabaseBackend::Sqlite => {
                "SELECT m.name AS t, c.name AS c, c.type AS k FROM sqlite_master m, pragma_table_info(m.name) c \
                 WHERE m.type = 'table'"
            }
            _ => {
                "SELECT table_name::text AS t, column_name::text AS c, data_type::text AS k \
                 FROM information_schema.columns WHERE table_schema = 'public'"
            }
        };
        let mut values = Vec::new();
        for row in self.query(columns).await {
            let text = |name| row.try_get::<String>("", name).unwrap();
            let (table, column, kind) = (text("t"), text("c"), text("k"));
            let hex = match (backend, kind.as_str()) {
                (DatabaseBackend::Sqlite, _) => format!("hex(CAST(\"{column}\" AS BLOB))"),
                (_, "bytea") => format!("encode(\"{column}\", 'hex')"),
                _ => format!("encode(convert_to(\"{column}\"::text, 'UTF8'), 'hex')"),
            };
            let query = format!("SELECT {hex} AS v FROM \"{table}\" WHERE \"{column}\" IS NOT NULL");
            for value in self.query(&query).await {
                let hex: String = value.try_get("", "v").unwrap();
                values.push((format!("{table}.{column}"), from_hex(&hex)));
            }
        }
        values
    }

    async fn query(&self, sql: &str) -> Vec<sea_orm::QueryResult> {
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        self.db.query_all_raw(statement).await.unwrap()
    }
}

fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap();
    text.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}
