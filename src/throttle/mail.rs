//! Mails: no mailbox is flooded, whoever asks, and nobody floods mailboxes.

use super::keys::{Source, counter};
use super::limits::Layer;
use super::{Error, Kind, Throttle};

impl Throttle {
    /// Count one mail to this mailbox that was asked for from here. Both counters are decided and written in one transaction,
    /// so a refusal by one costs nothing in the other.
    ///
    /// For a mailbox that has no account call it just the same: what is refused must not tell whose mailbox is known.
    pub async fn mail(&self, target: &str, source: &Source) -> Result<(), Error> {
        let now = self.now();
        let target = target.trim().to_lowercase();
        let counters = [
            counter(&self.inner.keyring, Layer::MailTarget, target.as_bytes()),
            counter(&self.inner.keyring, Layer::MailSource, &source.tightest()),
        ];
        let tx = self.inner.store.begin().await?;
        for counter in counters {
            if let Some(refused) = self.take_in(&tx, counter, Kind::Change, false, now).await? {
                drop(tx);
                return Err(self.limited(refused.unpayable(), source, now).await);
            }
        }
        Ok(tx.commit().await?)
    }
}
