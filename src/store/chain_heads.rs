//! Queries on `chain_heads`.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Error;
use super::entity::chain_head::{Column, Entity, Model};

/// How many chains there are.
pub async fn count(db: &impl ConnectionTrait) -> Result<u64, Error> {
    Entity::find().count(db).await
}

/// All of them, in order, as they stand at one moment.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, Error> {
    Entity::find().order_by_asc(Column::Chain).all(db).await
}

/// One, which nobody else moves until the transaction ends.
pub async fn lock(db: &impl ConnectionTrait, chain: i16) -> Result<Option<Model>, Error> {
    Entity::find_by_id(chain).lock_exclusive().one(db).await
}

/// It ends here now.
pub async fn advance(db: &impl ConnectionTrait, chain: i16, seq: i64, hash: Vec<u8>) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::Seq, Expr::value(seq))
        .col_expr(Column::Hash, Expr::value(hash))
        .filter(Column::Chain.eq(chain))
        .exec(db)
        .await?;
    Ok(())
}

/// It begins after this one now.
pub async fn cut(db: &impl ConnectionTrait, chain: i16, seq: i64, hash: Vec<u8>) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::RootSeq, Expr::value(seq))
        .col_expr(Column::RootHash, Expr::value(hash))
        .filter(Column::Chain.eq(chain))
        .exec(db)
        .await?;
    Ok(())
}
