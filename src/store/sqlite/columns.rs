//! What type a column of a result has.
//!
//! SQLite's values have types, its columns hardly do: a UUID and a hash are both blobs, a flag and a time both integers. Which is
//! which, the entities know.

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::types::ValueRef;
use sea_orm::sea_query::ColumnType;
use sea_orm::{DbErr, Value};
use uuid::Uuid;

use crate::store::{Error, entity};

/// How a column's values are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    SmallInt,
    Int,
    BigInt,
    Uuid,
    Bytes,
    Text,
    /// Of no entity: a count, a sum, a name. As SQLite stores it, integers with 64 bits.
    AsStored,
}

/// Every entity's columns: of which table, and how they are read.
static OF_ENTITIES: LazyLock<HashMap<(String, String), Kind>> = LazyLock::new(|| {
    let known = entity::columns().into_iter();
    known.map(|(table, column, kind)| ((table, column), Kind::of(&kind))).collect()
});

impl Kind {
    fn of(column: &ColumnType) -> Self {
        match column {
            ColumnType::Boolean => Self::Bool,
            ColumnType::SmallInteger => Self::SmallInt,
            ColumnType::Integer => Self::Int,
            ColumnType::BigInteger => Self::BigInt,
            ColumnType::Uuid => Self::Uuid,
            ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => Self::Bytes,
            ColumnType::Char(_) | ColumnType::String(_) | ColumnType::Text | ColumnType::Enum { .. } => Self::Text,
            _ => Self::AsStored,
        }
    }

    /// Of a column of a table, or of none.
    pub(super) fn find(table: Option<&str>, column: Option<&str>) -> Self {
        let (Some(table), Some(column)) = (table, column) else { return Self::AsStored };
        OF_ENTITIES.get(&(table.to_owned(), column.to_owned())).copied().unwrap_or(Self::AsStored)
    }

    /// The value as sea-orm expects it. What does not fit is an error: taken for NULL, an ended session would be a live one.
    pub(super) fn read(self, stored: ValueRef<'_>) -> Result<Value, Error> {
        let misfit = || DbErr::Type(format!("{:?} where {self:?} was expected", stored.data_type()));
        Ok(match (self, stored) {
            (_, ValueRef::Null) => self.null(),
            (Self::Bool, ValueRef::Integer(value @ (0 | 1))) => (value == 1).into(),
            (Self::SmallInt, ValueRef::Integer(value)) => i16::try_from(value).map_err(|_| misfit())?.into(),
            (Self::Int, ValueRef::Integer(value)) => i32::try_from(value).map_err(|_| misfit())?.into(),
            (Self::BigInt | Self::AsStored, ValueRef::Integer(value)) => value.into(),
            (Self::Uuid, ValueRef::Blob(value)) => Uuid::from_slice(value).map_err(|_| misfit())?.into(),
            (Self::Bytes | Self::AsStored, ValueRef::Blob(value)) => value.to_vec().into(),
            (Self::Text | Self::AsStored, ValueRef::Text(value)) => {
                str::from_utf8(value).map_err(|_| misfit())?.into()
            }
            (Self::AsStored, ValueRef::Real(value)) => value.into(),
            _ => return Err(misfit()),
        })
    }

    fn null(self) -> Value {
        match self {
            Self::Bool => Value::Bool(None),
            Self::SmallInt => Value::SmallInt(None),
            Self::Int => Value::Int(None),
            Self::BigInt => Value::BigInt(None),
            Self::Uuid => Value::Uuid(None),
            Self::Bytes => Value::Bytes(None),
            Self::Text | Self::AsStored => Value::String(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_an_error_and_never_null() {
        let wrong = [
            (Kind::BigInt, ValueRef::Text(b"1")),
            (Kind::Int, ValueRef::Integer(i64::from(i32::MAX) + 1)),
            (Kind::SmallInt, ValueRef::Integer(40_000)),
            (Kind::Bool, ValueRef::Integer(2)),
            (Kind::Uuid, ValueRef::Blob(&[1; 15])),
            (Kind::Text, ValueRef::Text(&[0xff])),
            (Kind::Bytes, ValueRef::Integer(1)),
            (Kind::BigInt, ValueRef::Real(1.5)),
        ];
        for (kind, stored) in wrong {
            assert!(kind.read(stored).is_err(), "{kind:?} {stored:?}");
        }
    }

    #[test]
    fn a_column_is_read_as_its_entity_has_it() {
        assert_eq!(Kind::find(Some("sessions"), Some("ended_at")), Kind::BigInt);
        assert_eq!(Kind::find(Some("sessions"), Some("id")), Kind::Uuid);
        assert_eq!(Kind::find(Some("session_tokens"), Some("hash")), Kind::Bytes);
        assert_eq!(Kind::find(Some("session_tokens"), Some("state")), Kind::Text);
        assert_eq!(Kind::find(Some("auth_events"), Some("risk_score")), Kind::Int);
        assert_eq!(Kind::find(Some("auth_events"), Some("id")), Kind::BigInt);
        assert_eq!(Kind::find(None, None), Kind::AsStored);
    }
}
