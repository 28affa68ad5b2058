//! What a person's sign-ins say about a request: three reads, however many people and events there are.

use uuid::Uuid;

use super::super::{Auth, Error};
use super::trace::{Trace, features_of};
use super::{PROFILE_MEMORY, unreadable};
use crate::audit::EventType;
use crate::clock::Timestamp;
use crate::risk::likelihood::{self, Evidence, Past, Population};
use crate::risk::{Anchor, Place, Profile};
use crate::store::Connection;
use crate::store::sign_ins::{self, Counts, Feature};

/// As many sign-ins are compared with, the newest.
const REMEMBERED: u64 = 100;

/// What counts as a failed assertion.
const FAILED: [&str; 2] = [EventType::AuthnLoginFail.as_str(), EventType::AuthnStepUpFail.as_str()];

/// Everybody's sign-ins, as the likelihood model asks for them.
struct Everybody(Counts);

fn feature(feature: likelihood::Feature) -> Feature {
    use likelihood::Feature::{Agent, Device, Ip};
    match feature {
        Ip(0) => Feature::Network,
        Ip(1) => Feature::Asn,
        Ip(_) => Feature::Country,
        Agent(0) => Feature::Agent,
        Agent(1) => Feature::Browser,
        Agent(2) => Feature::Os,
        Agent(_) => Feature::Class,
        Device => Feature::Device,
    }
}

fn count(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Population for Everybody {
    fn count(&self, of: likelihood::Feature, value: u64) -> u32 {
        count(self.0.of(feature(of), i64::from_be_bytes(value.to_be_bytes())))
    }

    fn total(&self, of: likelihood::Feature) -> u32 {
        count(self.0.sign_ins(feature(of)))
    }

    fn distinct(&self, of: likelihood::Feature) -> u32 {
        count(self.0.values(feature(of)))
    }
}

impl Auth {
    /// What is known of the person about this request, and where they were last.
    pub(super) async fn profile(
        &self,
        db: &impl Connection,
        user_id: Uuid,
        trace: &Trace,
        now: Timestamp,
    ) -> Result<(Profile, Option<Anchor>), Error> {
        let past = sign_ins::of_user(db, user_id, now.minus(PROFILE_MEMORY).0, REMEMBERED).await?;
        let counts = sign_ins::counts(db, &trace.values()).await?;
        let policy = self.engine.policy();
        let since = now.0.saturating_sub(policy.burst_window);
        let failed_assertions =
            self.trail.count_of_person(db, user_id, &FAILED, Timestamp(since), u64::from(policy.burst)).await?;
        let mut anchor = None;
        for row in &past {
            let place: Place =
                serde_json::from_str(&row.place).map_err(|_| unreadable("the place of a sign-in"))?;
            if anchor.is_none() && place.point.is_some() && !place.is_hosting {
                anchor = Some(Anchor { at: row.at, place });
            }
        }
        let present = trace.row(Uuid::nil(), user_id, Uuid::nil(), now.0);
        let seen = |feature: Feature| {
            feature.of(&present).is_some_and(|value| past.iter().any(|row| feature.of(row) == Some(value)))
        };
        let history: Vec<Past> =
            past.iter().map(|row| Past { features: features_of(row), at_ms: row.at }).collect();
        let profile = Profile {
            country_seen: seen(Feature::Country),
            asn_seen: seen(Feature::Asn),
            network_seen: seen(Feature::Network),
            device_known: seen(Feature::Device),
            failed_assertions,
            evidence: Evidence::gather(&trace.features(), &history, &Everybody(counts), now.0),
        };
        Ok((profile, anchor))
    }
}
