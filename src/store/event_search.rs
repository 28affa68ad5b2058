//! Queries on `auth_events` for people who look: by what, and how many of each kind. Each is bounded, and each has an index to go by.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Statement,
};

use super::Error;
use super::entity::auth_event::{Column, Entity, Model};

/// What is looked for. Nothing: whatever there is.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Any of these digests of a person.
    pub person: Option<Vec<Vec<u8>>>,
    /// Any of these digests of a network.
    pub network: Option<Vec<Vec<u8>>>,
    /// The id of a request.
    pub request: Option<String>,
    /// The kind.
    pub kind: Option<String>,
    /// Not before this.
    pub since: Option<i64>,
    /// Where the list goes on: time, chain and number of the last that was shown.
    pub before: Option<(i64, i16, i64)>,
}

/// The newest of them, newest first.
pub async fn find(db: &impl ConnectionTrait, wanted: Wanted, limit: u64) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find();
    for (column, digests) in [(Column::Person, wanted.person), (Column::Network, wanted.network)] {
        if let Some(digests) = digests {
            query = query.filter(column.is_in(digests));
        }
    }
    for (column, word) in [(Column::RequestId, wanted.request), (Column::EventType, wanted.kind)] {
        if let Some(word) = word {
            query = query.filter(column.eq(word));
        }
    }
    if let Some(since) = wanted.since {
        query = query.filter(Column::CreatedAt.gte(since));
    }
    if let Some((at, chain, seq)) = wanted.before {
        let in_chain = Condition::all().add(Column::Chain.eq(chain)).add(Column::Seq.lt(seq));
        let at_once = Condition::all()
            .add(Column::CreatedAt.eq(at))
            .add(Condition::any().add(Column::Chain.lt(chain)).add(in_chain));
        // Said twice, so that an index is used and partitions are left out.
        query = query
            .filter(Column::CreatedAt.lte(at))
            .filter(Condition::any().add(Column::CreatedAt.lt(at)).add(at_once));
    }
    query
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Chain)
        .order_by_desc(Column::Seq)
        .limit(limit)
        .all(db)
        .await
}

/// How many of a kind there were in a slot of time.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Count {
    /// The slot: how many of its width lie before it.
    pub slot: i64,
    /// The kind of event, or the level of a decision.
    pub kind: String,
    pub total: i64,
}

/// What `count` asks.
const COUNT: &str = "SELECT created_at / $1 AS slot, event_type AS kind, COUNT(*) AS total FROM auth_events
  WHERE created_at >= $2 AND created_at < $3 AND event_type IN (KINDS) GROUP BY created_at / $1, event_type";

/// What `count_decisions` asks. Those that let somebody through are told apart at 30 points.
const COUNT_DECISIONS: &str = "SELECT created_at / $1 AS slot,
    CASE WHEN decision <> 'allow' THEN 'asked' WHEN score >= 30 THEN 'raised' ELSE 'calm' END AS kind, COUNT(*) AS total
  FROM risk_decisions WHERE created_at >= $2 AND created_at < $3
  GROUP BY created_at / $1, CASE WHEN decision <> 'allow' THEN 'asked' WHEN score >= 30 THEN 'raised' ELSE 'calm' END";

/// How many of each of these kinds there were from `since` until `until`, by slots of that width. Kinds are our own words.
pub async fn count(
    db: &impl ConnectionTrait,
    kinds: &[&str],
    width: i64,
    since: i64,
    until: i64,
) -> Result<Vec<Count>, Error> {
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("'{kind}'")).collect();
    counted(db, &COUNT.replace("KINDS", &kinds.join(", ")), width, since, until).await
}

/// How many decisions of each level there were from `since` until `until`, by slots of that width.
pub async fn count_decisions(
    db: &impl ConnectionTrait,
    width: i64,
    since: i64,
    until: i64,
) -> Result<Vec<Count>, Error> {
    counted(db, COUNT_DECISIONS, width, since, until).await
}

async fn counted(
    db: &impl ConnectionTrait,
    sql: &str,
    width: i64,
    since: i64,
    until: i64,
) -> Result<Vec<Count>, Error> {
    let values = [width.into(), since.into(), until.into()];
    Count::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).all(db).await
}
