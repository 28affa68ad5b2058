//! Failures that name an account.
//!
//! Whoever knows an account's passkey by name can fail with it as often as they like. So an account's own counter never keeps
//! anybody out: it asks strangers for work. From one address it does refuse, and there others are let through. Neither is
//! looked at on a device that the person has signed in with before.

use uuid::Uuid;

use super::decide::Weight;
use super::keys::{Counter, Source, counter};
use super::limits::{Budget, Layer};
use super::{Admission, Error, Refused, Throttle, store};
use crate::defence::Defence;
use crate::store::known_devices;

impl Throttle {
    /// Whether somebody may go on to try this account. Counts nothing.
    pub async fn admit_to_account(&self, source: &Source, account: Uuid) -> Result<(), Error> {
        let now = self.now();
        let counters = self.of_account(source, account);
        self.refresh(&counters, now).await?;
        let refusals = counters.iter().filter_map(|counter| self.refusal(*counter, Budget::Failures, now));
        let Some(refused) = refusals.reduce(Refused::longer) else { return Ok(()) };
        if !Defence::ThrottleOfAccounts.is_up() || source.has_worked || self.is_known(source, account).await? {
            return Ok(());
        }
        Err(self.limited(refused, source, now).await)
    }

    /// Count a failure with a passkey of this account. A known device of somebody else loses its lane for a while: it is
    /// there for its own people, and must be no way to others.
    pub async fn account_failed(&self, source: &Source, account: Uuid) -> Result<(), Error> {
        let now = self.now();
        {
            let mut memory = self.memory();
            for counter in self.of_account(source, account) {
                if let Some(limit) = self.inner.policy.of(counter.layer).failures {
                    memory.charge(counter.key, Budget::Failures, limit, now);
                }
            }
        }
        self.flush_soon();
        if let Some(device) = source.device
            && !self.is_known(source, account).await?
            && known_devices::exists(self.inner.store.reader(), &device).await?
        {
            let lane = counter(&self.inner.keyring, Layer::Device, &device);
            self.add_failures(lane, Weight::Closing, now).await?;
        }
        Ok(())
    }

    fn of_account(&self, source: &Source, account: Uuid) -> [Counter; 2] {
        let keyring = &self.inner.keyring;
        [source.at_account(keyring, account), counter(keyring, Layer::Account, account.as_bytes())]
    }

    /// Whether this person has signed in on this device before.
    async fn is_known(&self, source: &Source, account: Uuid) -> Result<bool, store::Error> {
        let Some(device) = source.device else { return Ok(false) };
        let first_seen = known_devices::first_seen(self.inner.store.reader(), &device, account).await?;
        Ok(first_seen.is_some())
    }
}

impl Admission {
    /// Whether it went by the lane of a known device.
    pub fn is_by_device(&self) -> bool {
        self.lane.is_some()
    }
}
