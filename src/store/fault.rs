//! What a database's error means for whoever asked.

use sea_orm::sqlx;
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{DbErr, RuntimeErr};

use super::Error;

/// SQLite's primary result codes for what passes by itself or when somebody makes room: locked (also by a shared cache), out of
/// memory, read-only, the disk, full, not to be opened, and too many at once.
const SQLITE: [u32; 8] = [5, 6, 7, 8, 10, 13, 14, 15];

/// Classes of SQLSTATE: lost connections, and what Postgres is short of (disk, memory, connections).
const POSTGRES_CLASSES: [&str; 2] = ["08", "53"];
/// Single ones: read-only, a deadlock, a lock that did not come, ended by an administrator or a crash, starting up, the disk.
const POSTGRES: [&str; 10] =
    ["25006", "25P03", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "57P05", "58030"];

/// Whether the database cannot do it now, as against: did not like what it was given. Worth another try.
pub fn is_unavailable(error: &Error) -> bool {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => of_driver(error),
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        _ => false,
    }
}

/// Whether it was refused because such a row is there already.
pub fn is_duplicate(error: &Error) -> bool {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            error.as_database_error().is_some_and(DatabaseError::is_unique_violation)
        }
        _ => false,
    }
}

fn of_driver(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error.code().is_some_and(|code| of_code(&code)),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

/// SQLite's are numbers, Postgres' have five characters.
fn of_code(code: &str) -> bool {
    let is_sqlstate = code.len() == 5 && code.is_ascii();
    if is_sqlstate {
        return POSTGRES.contains(&code) || POSTGRES_CLASSES.contains(&&code[..2]);
    }
    // The low byte is the primary code, the rest says more.
    code.parse::<u32>().is_ok_and(|code| SQLITE.contains(&(code & 0xff)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_is_our_fault() {
        // Full, read-only (because it was moved away), locked (by a snapshot), an input/output error while writing.
        for code in ["13", "8", "1032", "5", "517", "778", "14"] {
            assert!(of_code(code), "{code}");
        }
        // A disk that is full, too many connections, a server that shuts down or starts, a read-only one, a lock.
        for code in ["53100", "53300", "57P01", "57P03", "25006", "55P03", "08006"] {
            assert!(of_code(code), "{code}");
        }
        // Constraints, syntax, missing tables, damage.
        for code in ["1", "11", "19", "1555", "2067", "26", "23505", "42601", "42P01", "22001", ""] {
            assert!(!of_code(code), "{code}");
        }
        assert!(is_unavailable(&DbErr::Query(RuntimeErr::SqlxError(sqlx::Error::PoolTimedOut.into()))));
        assert!(!is_unavailable(&DbErr::Query(RuntimeErr::SqlxError(sqlx::Error::RowNotFound.into()))));
        assert!(!is_unavailable(&DbErr::Custom("database is locked".to_owned())));
    }
}
