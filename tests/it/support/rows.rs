//! What can be seen of the server from the inside: its rows.

use std::collections::HashMap;

use holdfast::audit::{Details, Recorded};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Statement};
use uuid::Uuid;

use super::App;

/// Everything a refused ceremony must leave as it was.
#[derive(Debug, PartialEq, Eq)]
pub struct Stored {
    pub users: Vec<UserRow>,
    pub credentials: Vec<CredentialRow>,
    pub sessions: Vec<SessionRow>,
    /// The hashes of all session tokens.
    pub tokens: Vec<Vec<u8>>,
}

/// A row of `users`.
#[derive(Debug, PartialEq, Eq, FromQueryResult)]
pub struct UserRow {
    pub id: Uuid,
    pub email: String,
    pub email_verified_at: Option<i64>,
    pub display_name: Option<String>,
    pub created_at: i64,
    pub sign_ins: i64,
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
    pub created_at: i64,
    pub expires_at: i64,
    pub last_seen_at: i64,
    pub ended_at: Option<i64>,
}

/// A row of `session_tokens`.
#[derive(Debug, PartialEq, Eq, FromQueryResult)]
pub struct TokenRow {
    pub hash: Vec<u8>,
    pub session_id: Uuid,
    pub generation: i64,
    pub issued_at: i64,
    pub seen_at: Option<i64>,
    pub successor: Option<Vec<u8>>,
}

/// A row of `risk_decisions`.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct DecisionRow {
    pub id: Uuid,
    pub created_at: i64,
    pub user_id: Uuid,
    pub session_id: Option<Uuid>,
    pub request_id: String,
    pub moment: String,
    pub decision: String,
    pub score: i64,
    pub threshold: i64,
    pub signals: String,
    pub policy: String,
    pub model: String,
    pub geo: String,
    pub input: Vec<u8>,
}

impl DecisionRow {
    /// The names of what spoke against it.
    pub fn names(&self) -> Vec<String> {
        let signals: Vec<serde_json::Value> = serde_json::from_str(&self.signals).unwrap();
        signals.iter().map(|signal| signal["name"].as_str().unwrap().to_owned()).collect()
    }

    /// At what moment, and what followed.
    pub fn what(&self) -> (&str, &str) {
        (&self.moment, &self.decision)
    }
}

/// A row of `sign_ins`.
#[derive(Debug, PartialEq, Eq, FromQueryResult)]
pub struct SignInRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub session_id: Uuid,
    pub at: i64,
    pub place: String,
}

/// A row of `sign_in_counts`.
#[derive(Debug, PartialEq, Eq, FromQueryResult)]
pub struct CountRow {
    pub feature: i32,
    pub value: i64,
    pub count: i64,
    pub last_at: i64,
}

/// An event, opened.
#[derive(Debug, PartialEq, Eq)]
pub struct EventRow {
    pub created_at: i64,
    pub event_type: String,
    pub outcome: String,
    pub reason: Option<String>,
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub credential_id: Option<Uuid>,
    pub request_id: String,
    pub network: Option<String>,
    pub risk_score: i32,
    pub trace_id: Option<String>,
    pub details: Details,
}

impl From<Recorded> for EventRow {
    fn from(event: Recorded) -> Self {
        let details = event.details.unwrap_or_default();
        Self {
            created_at: event.at.0,
            event_type: event.kind,
            outcome: event.outcome,
            reason: event.reason,
            user_id: details.user,
            session_id: details.session,
            credential_id: details.credential,
            request_id: event.request_id,
            network: details.network.clone(),
            risk_score: event.score,
            trace_id: event.trace_id,
            details,
        }
    }
}

impl App {
    pub(super) async fn rows<T: FromQueryResult>(&self, table: &str, order: &str) -> Vec<T> {
        let all = format!("SELECT * FROM {table} ORDER BY {order}");
        let statement = Statement::from_string(self.db.get_database_backend(), all);
        T::find_by_statement(statement).all(&self.db).await.unwrap()
    }

    pub async fn stored(&self) -> Stored {
        Stored {
            users: self.rows("users", "id").await,
            credentials: self.rows("credentials", "id").await,
            sessions: self.rows("sessions", "id").await,
            tokens: self.rows("session_tokens", "hash").await.into_iter().map(|row: TokenRow| row.hash).collect(),
        }
    }

    /// All events, oldest first.
    pub async fn events(&self) -> Vec<EventRow> {
        let mut opened = HashMap::new();
        for head in self.query("SELECT chain FROM chain_heads").await {
            let chain: i16 = head.try_get("", "chain").unwrap();
            for event in self.state.trail.page_of_chain(chain, 0, 1_000_000).await.unwrap() {
                opened.insert((chain, event.seq), EventRow::from(event));
            }
        }
        let order = self.query("SELECT chain, seq FROM auth_events ORDER BY id").await;
        let place =
            |row: &sea_orm::QueryResult| (row.try_get("", "chain").unwrap(), row.try_get("", "seq").unwrap());
        // A server that runs may have written more meanwhile.
        order.iter().filter_map(|row| opened.remove(&place(row))).collect()
    }

    /// All session tokens, each family in its order.
    pub async fn tokens(&self) -> Vec<TokenRow> {
        self.rows("session_tokens", "session_id, generation").await
    }

    /// The events of this type, oldest first.
    pub async fn events_of(&self, event_type: &str) -> Vec<EventRow> {
        self.events().await.into_iter().filter(|event| event.event_type == event_type).collect()
    }

    /// How many events of this type there are.
    pub async fn count_events(&self, event_type: &str) -> usize {
        self.events_of(event_type).await.len()
    }

    pub async fn count_ceremonies(&self) -> usize {
        self.query("SELECT created_at FROM ceremonies").await.len()
    }

    /// What the risk engine has decided, oldest first.
    pub async fn decisions(&self) -> Vec<DecisionRow> {
        self.rows("risk_decisions", "created_at, id").await
    }

    /// What it has decided since.
    pub async fn decisions_since(&self, before: &[DecisionRow]) -> Vec<DecisionRow> {
        let mut new = self.decisions().await;
        new.retain(|row| !before.contains(row));
        new
    }

    /// What is remembered of sign-ins, oldest first.
    pub async fn sign_ins(&self) -> Vec<SignInRow> {
        self.rows("sign_ins", "at, id").await
    }

    /// What is counted of them.
    pub async fn sign_in_counts(&self) -> Vec<CountRow> {
        self.rows("sign_in_counts", "feature, value").await
    }

    /// Why sessions ended, in the order in which they did.
    pub async fn end_reasons(&self) -> Vec<String> {
        let ended = self.events_of("session_revoked").await;
        ended.into_iter().map(|event| event.reason.expect("a reason")).collect()
    }

    /// How many rows there are.
    pub async fn count(&self, table: &str) -> usize {
        self.query(&format!("SELECT 1 AS one FROM {table}")).await.len()
    }

    /// Change the database behind the server's back.
    pub async fn sql(&self, sql: &str) {
        self.db.execute_unprepared(sql).await.unwrap();
    }

    /// Drop a table with everything that hangs on it.
    pub async fn drop_table(&self, table: &str) {
        let cascade = if self.db.get_database_backend() == DatabaseBackend::Sqlite { "" } else { " CASCADE" };
        self.sql(&format!("DROP TABLE {table}{cascade}")).await;
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

    pub async fn query(&self, sql: &str) -> Vec<sea_orm::QueryResult> {
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        self.db.query_all_raw(statement).await.unwrap()
    }
}

fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap();
    text.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}
