//! People with a past, in the places of the geo data that the tests have, and what the risk engine makes of them.

use std::path::{Path, PathBuf};

use holdfast::jobs::lease::Holder;
use holdfast::jobs::{self, JOBS};
use serde_json::Value;

use super::agents::CHROME_WINDOWS;
use super::calls::signals;
use super::{Answer, App, Browser, Key};

/// Telenor, in Oslo.
pub const OSLO: &str = "84.208.20.7";
/// The same, in another /16.
pub const OSLO_TOO: &str = "77.18.40.7";
/// The same, by IPv6.
pub const OSLO_IPV6: &str = "2001:db8:2::7";
/// Altibox, in Bergen.
pub const BERGEN: &str = "92.220.30.7";
/// Comcast, in New York.
pub const NEW_YORK: &str = "73.10.20.7";
/// AT&T, in San Francisco.
pub const SAN_FRANCISCO: &str = "99.40.50.7";
/// Orange, in Paris.
pub const PARIS: &str = "90.60.10.7";
/// A computer for rent, in Frankfurt.
pub const RENTED: &str = "88.198.10.7";

pub const MINUTE: u64 = 60;
pub const HOUR: u64 = 60 * MINUTE;
pub const DAY: u64 = 24 * HOUR;

pub const NETWORK: (&str, u64) = ("network_changed", 25);
pub const DEVICE: (&str, u64) = ("device_changed", 40);
pub const OPERATOR: (&str, u64) = ("new_asn", 10);

/// A signal and its points.
pub type Reason = (String, u64);

/// What the risk engine said of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Whether a touch was asked for.
    pub is_asked: bool,
    /// The sum of the points.
    pub score: u64,
    /// The signals with their points.
    pub reasons: Vec<Reason>,
    /// Their sentences.
    pub why: Vec<String>,
}

impl Looked {
    /// From the answer to a look at the session, or from a refusal that asks for a touch.
    #[track_caller]
    pub fn at(answer: &Answer) -> Self {
        let is_asked = answer.status == 403;
        let told = if is_asked {
            answer.refusal(403, "step_up_required")["reasons"].clone()
        } else {
            let risk = answer.success()["risk"].clone();
            assert_eq!(risk["decision"], "allow");
            risk["signals"].clone()
        };
        let sentence = |reason: &Value| reason["why"].as_str().unwrap().to_owned();
        let (reasons, why) = (signals(&told), told.as_array().unwrap().iter().map(sentence).collect());
        Self { is_asked, score: reasons.iter().map(|(_, points)| points).sum(), reasons, why }
    }

    /// The points of this signal; 0 if it is not there.
    pub fn points(&self, name: &str) -> u64 {
        self.reasons.iter().find(|(found, _)| found == name).map_or(0, |(_, points)| *points)
    }

    pub fn has(&self, name: &str) -> bool {
        self.points(name) > 0
    }

    /// These points, and no others but the model's, which looks at everything.
    #[track_caller]
    pub fn expect(&self, expected: &[(&str, u64)]) {
        let found: Vec<(&str, u64)> = self.reasons.iter().map(|(name, points)| (name.as_str(), *points)).collect();
        let found: Vec<_> = found.into_iter().filter(|(name, _)| *name != "unlikely").collect();
        assert_eq!(found, expected, "{self:?}");
    }
}

impl Browser {
    /// The same cookies elsewhere.
    pub fn moved(&self, address: &str) -> Self {
        let mut moved = self.clone();
        moved.address = Some(address.parse().unwrap());
        moved
    }

    /// The same cookies in another browser.
    pub fn disguised(&self, user_agent: &str) -> Self {
        let mut disguised = self.clone();
        user_agent.clone_into(&mut disguised.user_agent);
        disguised
    }

    /// What the engine says of an ordinary request, which is no use of the session.
    pub async fn look(&self) -> Looked {
        Looked::at(&self.clone().watch().await)
    }

    /// What it says of making new recovery codes, which nothing else stands in the way of: why a touch is asked for.
    pub async fn look_at_change(&self) -> Looked {
        Looked::at(&self.clone().post("/account/recovery-codes", &serde_json::json!({})).await)
    }

    /// Show that this is still the person.
    pub async fn go_on(&mut self, key: &Key) {
        self.step_up("session_continue", serde_json::json!({}), key).await.success();
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/geo").join(name)
}

impl App {
    /// One more process, which knows where addresses are.
    pub async fn located(&self, settings: &[(&str, &str)]) -> Self {
        self.located_by("city.mmdb", settings).await
    }

    /// The same, by this file.
    pub async fn located_by(&self, places: &str, settings: &[(&str, &str)]) -> Self {
        let (places, systems) = (fixture(places), fixture("asn.mmdb"));
        let geo =
            [("HOLDFAST_GEO_DB", places.to_str().unwrap()), ("HOLDFAST_GEO_ASN_DB", systems.to_str().unwrap())];
        self.beside(&[&geo, settings].concat()).await
    }

    /// A browser of an ordinary kind, at this address.
    pub fn browser_at(&self, address: &str) -> Browser {
        self.browser().disguised(CHROME_WINDOWS).moved(address)
    }

    /// Somebody whose habits are known: ten sign-ins over eighteen days with one browser, at this address; the last
    /// of them just now.
    pub async fn person_at(&self, address: &str) -> (Browser, Key) {
        let mut browser = self.browser_at(address);
        let key = browser.sign_up("ada@example.test").await;
        self.grow_old(&mut browser, &key).await;
        (browser, key)
    }

    /// Nine more sign-ins, one every other day.
    pub async fn grow_old(&self, browser: &mut Browser, key: &Key) {
        for _ in 0..9 {
            self.advance(2 * DAY);
            browser.sign_in(key).await.success();
        }
    }

    /// Do all background work now. So many processes try at once.
    pub async fn tidy(&self, processes: usize) {
        assert!(self.uncounted().await > 0, "nothing to tell by whether tidying up has been done");
        self.sql("UPDATE job_leases SET due_at = 0").await;
        let mut contexts = Vec::new();
        for _ in 0..processes {
            let state = self.beside(&[]).await.state;
            let context = state.jobs();
            contexts.push((Holder::new(&context).unwrap(), context));
        }
        // A test that jumps over months has put events where a partition should be, so those are left out.
        for job in JOBS.iter().filter(|job| job.name != "partitions") {
            let runs = contexts.iter().map(|(holder, context)| jobs::once(job, context, holder));
            futures::future::try_join_all(runs).await.unwrap();
        }
        assert_eq!(self.uncounted().await, 0);
    }

    /// Tell people how their recoveries go, and forget what is over. So many processes try at once.
    pub async fn tell(&self, processes: usize) {
        self.sql("UPDATE job_leases SET due_at = 0").await;
        let contexts: Vec<_> =
            futures::future::join_all((0..processes).map(|_| async { self.beside(&[]).await.state.jobs() })).await;
        let job = JOBS.iter().find(|job| job.name == "recovery").unwrap();
        let holders: Vec<_> = contexts.iter().map(|context| Holder::new(context).unwrap()).collect();
        let runs = holders.iter().zip(&contexts).map(|(holder, context)| jobs::once(job, context, holder));
        futures::future::try_join_all(runs).await.unwrap();
    }

    async fn uncounted(&self) -> usize {
        self.count("sign_ins WHERE NOT is_counted").await
    }
}
