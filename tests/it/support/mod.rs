//! What the tests stand on.

pub mod agents;
mod app;
mod authenticator;
mod browser;
mod calls;
pub mod child;
mod database;
pub mod dbsc;
pub mod habits;
mod history;
pub mod mails;
pub mod notices;
mod operators;
mod page;
pub mod passkeys;
mod proof;
pub mod receiver;
pub mod recovery;
mod rows;
pub mod schema;
pub mod secrets;
pub mod seed;
pub mod smtp;
mod transport;
mod wallet;

pub use app::{App, START};
pub use authenticator::{BACKED_UP, BACKUP_ELIGIBLE, Key, USER_PRESENT, USER_VERIFIED, edit_bytes, flip_last_bit};
pub use browser::{Answer, Browser, ORIGIN};
pub use calls::{SIGN_IN, SIGN_UP, expect_ceremony_refused, expect_challenge, sensitive_calls, signals};
pub use database::{Backend, connect, value};
pub use page::{notice, tags};
pub use proof::{DeviceKey, Jwt, ath, encode};
pub use rows::{CredentialRow, DecisionRow};
pub use secrets::{assert_nowhere, contains};
pub use wallet::Wallet;

use futures::FutureExt;

/// Expands each test named into one on SQLite and one on Postgres. A test that is not listed is dead code, which
/// the lints refuse.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                crate::support::run(crate::support::Backend::Sqlite, super::$test).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                crate::support::run(crate::support::Backend::Postgres, super::$test).await;
            })+
        }
    };
}
pub(crate) use on_both_databases;

/// Give `test` an app on an empty database of this Postgres.
pub async fn own_database<F: Future<Output = ()>>(server: &str, test: impl FnOnce(App) -> F) {
    within(database::Database::on(server).await, test).await;
}

/// Give `test` an app on an empty database, and throw the database away afterwards, however it went.
pub async fn run<F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(App) -> F) {
    within(database::Database::create(backend).await, test).await;
}

async fn within<F: Future<Output = ()>>(database: database::Database, test: impl FnOnce(App) -> F) {
    let app = App::start(database.url(), database.secrets()).await;
    let outcome = std::panic::AssertUnwindSafe(test(app)).catch_unwind().await;
    database.drop().await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}
