//! Accounts whose owners want them gone, when the time to change one's mind is over.

use super::Context;
use crate::auth;
use crate::store;

pub async fn run(context: &Context) -> Result<(), store::Error> {
    let erased = auth::erase_due(&context.trail, &context.outbox).await.map_err(store::failed)?;
    if erased > 0 {
        tracing::info!(erased, "accounts were deleted because their owners wanted that");
    }
    Ok(())
}
