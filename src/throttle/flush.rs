//! What was counted in memory reaches the database.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::memory::Owed;
use super::{Throttle, store};
use crate::store::throttles::{self, Tats};

/// What was counted in memory is written after so long.
const FLUSH_AFTER: Duration = Duration::from_millis(200);

impl Throttle {
    /// Write what was counted in memory. Done by itself a moment after something was.
    pub async fn flush(&self) -> Result<(), store::Error> {
        let _turn = self.inner.flushing.lock().await;
        let all = self.memory().take_owed();
        if all.is_empty() {
            return Ok(());
        }
        let written = self.write(&all).await;
        let now = self.now();
        let mut memory = self.memory();
        match written {
            Ok(said) => {
                for (owed, said) in all.iter().zip(said) {
                    memory.learn(owed.key, said, now);
                }
                Ok(())
            }
            Err(error) => {
                memory.owe_again(&all);
                Err(error)
            }
        }
    }

    async fn write(&self, all: &[Owed]) -> Result<Vec<Tats>, store::Error> {
        let tx = self.inner.store.begin().await?;
        let mut said = Vec::with_capacity(all.len());
        for owed in all {
            said.push(throttles::add(&*tx, &owed.key, owed.at, owed.add, i64::MAX, owed.horizon).await?);
        }
        tx.commit().await?;
        Ok(said)
    }

    pub(super) fn flush_soon(&self) {
        if self.inner.is_flush_due.swap(true, Ordering::SeqCst) {
            return;
        }
        let throttle = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(FLUSH_AFTER).await;
            throttle.inner.is_flush_due.store(false, Ordering::SeqCst);
            if let Err(error) = throttle.flush().await {
                tracing::warn!(%error, "what was counted could not be written; it stays counted here");
                throttle.flush_soon();
            }
        });
    }
}
