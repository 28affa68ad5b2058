//! What a request gives away of where and what it comes from: keyed digests, so that what is remembered names no network and
//! no browser to who has only the database.

use uuid::Uuid;

use super::super::device::Device;
use super::super::{Auth, Caller, CurrentSession, Error};
use super::Engine;
use crate::audit;
use crate::clock::Timestamp;
use crate::risk::Place;
use crate::risk::likelihood::Features;
use crate::secret::{Secret, random_bytes};
use crate::store::sign_in;
use crate::store::sign_ins::{self, Feature};

/// One request's.
#[derive(Clone, Debug, Default)]
pub(in crate::auth) struct Trace {
    pub(in crate::auth) place: Place,
    network: Option<i64>,
    agent: Option<i64>,
    browser: Option<i64>,
    os: Option<i64>,
    class: Option<i64>,
    pub(super) device: Option<i64>,
}

impl Engine {
    /// Where a request comes from.
    pub(in crate::auth) fn place(&self, caller: &Caller) -> Place {
        caller.address.map(|address| self.geo.locate(address)).unwrap_or_default()
    }

    /// `device`: the hash of the cookie by which the browser is known.
    pub(in crate::auth) fn trace(&self, caller: &Caller, device: Option<&[u8]>) -> Trace {
        let agent = caller.user_agent.as_deref().filter(|agent| !agent.is_empty());
        let parts = agent.map(Parts::of);
        let digest = |purpose, data: &[u8]| self.number(purpose, data);
        Trace {
            place: self.place(caller),
            network: caller.ip_prefix().map(|prefix| digest("risk network", prefix.as_bytes())),
            agent: agent.map(|agent| digest("risk agent", agent.as_bytes())),
            browser: parts.as_ref().map(|parts| digest("risk browser", parts.browser.as_bytes())),
            os: parts.as_ref().map(|parts| digest("risk system", parts.system.as_bytes())),
            class: agent.map(|_| class_number(&caller.device())),
            device: device.map(|hash| digest("risk device", hash)),
        }
    }

    fn number(&self, purpose: &'static str, data: &[u8]) -> i64 {
        let digest = self.keyring.digest(purpose, data);
        i64::from_be_bytes([
            digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
        ])
    }
}

impl Auth {
    /// A touch from a new browser or network is as good as a sign-in from there: it becomes part of the person's habits.
    pub(in crate::auth) async fn learn(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        current: &CurrentSession,
        now: Timestamp,
    ) -> Result<(), Error> {
        let device = caller.known_device.as_ref().map(Secret::hash);
        let trace = self.engine.trace(caller, device.as_ref().map(<[u8; 32]>::as_slice));
        let row = trace.row(Uuid::from_bytes(random_bytes()?), current.account.id, current.id, now.0);
        Ok(sign_ins::insert(&**tx, row).await?)
    }
}

impl Trace {
    fn asn(&self) -> Option<i64> {
        self.place.asn.map(i64::from)
    }

    fn country(&self) -> Option<i64> {
        self.place.country.map(|code| i64::from(u16::from_be_bytes(code)))
    }

    /// As the likelihood model wants it.
    pub(super) fn features(&self) -> Features {
        features([
            self.network,
            self.asn(),
            self.country(),
            self.agent,
            self.browser,
            self.os,
            self.class,
            self.device,
        ])
    }

    /// What there is to ask the counts about.
    pub(super) fn values(&self) -> Vec<(Feature, i64)> {
        let row = self.row(Uuid::nil(), Uuid::nil(), Uuid::nil(), 0);
        Feature::ALL.into_iter().filter_map(|feature| Some((feature, feature.of(&row)?))).collect()
    }

    /// What is remembered of a sign-in.
    pub(in crate::auth) fn row(&self, id: Uuid, user_id: Uuid, session_id: Uuid, at: i64) -> sign_in::Model {
        sign_in::Model {
            id,
            user_id,
            session_id,
            at,
            network: self.network,
            asn: self.asn(),
            country: self.country(),
            agent: self.agent,
            browser: self.browser,
            os: self.os,
            class: self.class,
            device: self.device,
            place: serde_json::to_string(&self.place).unwrap_or_default(),
            is_counted: false,
        }
    }
}

/// What was remembered, as the likelihood model wants it.
pub(super) fn features_of(row: &sign_in::Model) -> Features {
    features(Feature::ALL.map(|feature| feature.of(row)))
}

/// In the order of [`Feature::ALL`].
fn features(values: [Option<i64>; 8]) -> Features {
    let [network, asn, country, agent, browser, os, class, device] =
        values.map(|value| value.map(|value| u64::from_be_bytes(value.to_be_bytes())));
    Features { ip: [network, asn, country], agent: [agent, browser, os, class], device }
}

fn class_number(device: &Device) -> i64 {
    device.class as i64 + 1
}

/// A user agent, taken apart so far that an update of one part leaves the others the same.
struct Parts {
    /// Products with their major versions, as "Chrome/153".
    browser: String,
    /// The first comment, where systems are named.
    system: String,
}

impl Parts {
    /// User agents are read this far.
    const READ_LIMIT: usize = 1024;

    fn of(agent: &str) -> Self {
        let read = &agent[..agent.floor_char_boundary(Self::READ_LIMIT)];
        let (before, rest) = read.split_once('(').unwrap_or((read, ""));
        let (system, after) = rest.split_once(')').unwrap_or((rest, ""));
        // Firefox says its own version there.
        let system: Vec<&str> = system.split(';').map(str::trim).filter(|part| !part.starts_with("rv:")).collect();
        let major = |product: &str| match product.split_once('/') {
            Some((name, version)) => format!("{name}/{}", version.split('.').next().unwrap_or_default()),
            None => product.to_owned(),
        };
        let mut products: Vec<String> =
            before.split_whitespace().chain(after.split_whitespace()).map(major).collect();
        // Frozen, or said by all.
        products.retain(|product| {
            !["Mozilla/", "AppleWebKit/", "Safari/", "(KHTML,", "like", "Gecko)"]
                .iter()
                .any(|common| product.starts_with(common))
        });
        Self { browser: products.join(" "), system: system.join(";") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_changes_the_browser_and_not_the_system() {
        let chrome = |version: &str| {
            Parts::of(&format!(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version} Safari/537.36"
            ))
        };
        let (old, new) = (chrome("153.0.0.0"), chrome("154.0.0.0"));
        assert_eq!((old.browser.as_str(), old.system.as_str()), ("Chrome/153", "Windows NT 10.0;Win64;x64"));
        assert_eq!((new.browser.as_str(), &new.system), ("Chrome/154", &old.system));
        let firefox = Parts::of("Mozilla/5.0 (X11; Linux x86_64; rv:156.0) Gecko/20100101 Firefox/156.0");
        assert_eq!(
            (firefox.browser.as_str(), firefox.system.as_str()),
            ("Gecko/20100101 Firefox/156", "X11;Linux x86_64")
        );
    }

    #[test]
    fn nothing_a_stranger_sends_breaks_it() {
        for agent in ["", "(", ")", "((((", "a/b/c", "é(é)é", &"(é".repeat(2_000)] {
            let _ = Parts::of(agent);
        }
    }
}
