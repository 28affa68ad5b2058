//! Counting sign-ins over everybody, so that the risk engine knows how common things are.

use super::Context;
use crate::store::{self, Store, sign_ins};

/// Sign-ins are counted so many at once…
const AT_ONCE: u64 = 500;
/// …and so often in one go: 50,000 a minute.
const ROUNDS: u32 = 100;

pub async fn run(context: &Context) -> Result<(), store::Error> {
    count(&context.store).await
}

/// Count those that are new, a few at a time: each is a short transaction of its own.
pub(super) async fn count(store: &Store) -> Result<(), store::Error> {
    for _ in 0..ROUNDS {
        let tx = store.begin().await?;
        let counted = sign_ins::count_new(&*tx, AT_ONCE).await?;
        tx.commit().await?;
        if (counted as u64) < AT_ONCE {
            break;
        }
    }
    Ok(())
}
