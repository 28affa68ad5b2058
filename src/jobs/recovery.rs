//! Telling people how their recovery goes, and forgetting passkeys whose time to come back is over.

use super::Context;
use crate::auth::Error;
use crate::store;

pub async fn run(context: &Context) -> Result<(), store::Error> {
    done(context.auth.tell_of_recoveries().await)?;
    done(context.auth.forget_suspended().await)?;
    Ok(())
}

fn done(outcome: Result<u64, Error>) -> Result<u64, store::Error> {
    outcome.map_err(|error| match error {
        Error::Store(error) => error,
        error => store::failed(error),
    })
}
