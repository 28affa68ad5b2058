//! One file a table, columns as the migrations make them. All times are UTC milliseconds since 1970.

pub mod account_deletion;
pub mod address;
pub mod address_code;
pub mod alert;
pub mod alert_cursor;
pub mod api_key;
pub mod app_code;
pub mod app_session;
pub mod audit_checkpoint;
pub mod audit_key;
pub mod auth_event;
pub mod ceremony;
pub mod chain_head;
pub mod credential;
pub mod dbsc_challenge;
pub mod dbsc_session;
pub mod job_lease;
pub mod known_device;
pub mod mail_link;
pub mod outbox;
pub mod payout;
pub mod proof_seen;
pub mod recovery;
pub mod recovery_code;
pub mod risk_decision;
pub mod risk_policy;
pub mod role;
pub mod session;
pub mod session_token;
pub mod sign_in;
pub mod sign_in_count;
pub mod step_up_grant;
pub mod user;

use sea_orm::sea_query::ColumnType;
use sea_orm::{ColumnTrait, EntityTrait, IdenStatic, Iterable};

/// Every entity's columns: table, name, type.
pub fn columns() -> Vec<(String, String, ColumnType)> {
    let mut all = Vec::new();
    macro_rules! of {
        ($($entity:ident)*) => {$( all.extend(of_entity::<$entity::Entity>()); )*};
    }
    of! {
        account_deletion address address_code alert alert_cursor api_key app_code app_session audit_checkpoint audit_key auth_event ceremony chain_head credential dbsc_challenge dbsc_session job_lease known_device mail_link outbox payout proof_seen recovery recovery_code risk_decision risk_policy role session session_token sign_in sign_in_count step_up_grant user
    }
    all
}

fn of_entity<E: EntityTrait>() -> impl Iterator<Item = (String, String, ColumnType)> {
    E::Column::iter().map(|column| {
        let kind = column.def().get_column_type().clone();
        (E::default().table_name().to_owned(), column.as_str().to_owned(), kind)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    /// One that were missing would be read as SQLite stores it: a UUID as bytes, and where it may be absent, as absent.
    #[test]
    fn no_entity_is_missing_from_the_columns() {
        let tables: HashSet<String> = super::columns().into_iter().map(|(table, ..)| table).collect();
        let entities = include_str!("mod.rs").lines().filter(|line| line.starts_with("pub mod ")).count();
        assert_eq!(tables.len(), entities);
    }
}
