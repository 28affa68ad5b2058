//! One attack on its way: the people it makes, the requests it sends, and what these must leave behind.

use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Mutex;

use super::authenticator::Passkey;
use super::client::{Answer, Browser, THIEF};
use super::device_key::random;
use super::person::Person;
use super::target::Target;

/// Why an attack did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It got through.
    Broken(String),
    /// Something honest did not work, so nothing can be said.
    Failed(String),
}

impl Stop {
    pub(super) fn broken(what: impl ToString) -> Self {
        Self::Broken(what.to_string())
    }

    pub(super) fn failed(what: impl ToString) -> Self {
        Self::Failed(what.to_string())
    }
}

/// What all attacks of a drill share.
pub(super) struct Shared {
    pub(super) target: Arc<Target>,
    /// What the addresses of this drill's people end with.
    pub(super) domain: String,
    /// Some people that several attacks fail with, made when they are needed.
    crowd: Mutex<Vec<Person>>,
}

impl Shared {
    pub(super) fn new(target: Arc<Target>, domain: String) -> Self {
        Self { target, domain, crowd: Mutex::default() }
    }
}

/// A row that a request must leave in the audit trail.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    pub(super) request_id: String,
    pub(super) event: &'static str,
    pub(super) reason: Option<String>,
    /// From which network it must say that the request came, where that is known.
    pub(super) network: Option<String>,
}

/// One attack under way.
pub(super) struct Trial {
    pub(super) target: Arc<Target>,
    shared: Arc<Shared>,
    /// Where this attack takes place: the two middle numbers of its addresses.
    place: [u8; 2],
    /// Its requests that were refused or noticed, in order.
    pub(super) requests: Vec<String>,
    pub(super) traces: Vec<Trace>,
    /// What there is to say beside that it held.
    pub(super) note: String,
}

/// How many people a crowd is.
const CROWD: usize = 10;

impl Trial {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self {
            target: shared.target.clone(),
            shared: shared.clone(),
            place: random(),
            requests: Vec::new(),
            traces: Vec::new(),
            note: String::new(),
        }
    }

    /// An address in a network of this attack alone. Two numbers are two networks, however wide one looks (/16).
    pub(super) fn network(&self, number: u8) -> Option<Ipv4Addr> {
        let [third, fourth] = self.place;
        let address = Ipv4Addr::new(127, 60 + 8 * number, third, fourth.clamp(1, 254));
        self.target.has_networks.then_some(address)
    }

    /// Where the owner is.
    pub(super) fn home(&self) -> Option<Ipv4Addr> {
        self.network(0)
    }

    /// Where the thief is.
    pub(super) fn elsewhere(&self) -> Option<Ipv4Addr> {
        self.network(1)
    }

    /// A browser that nobody has used yet, at home.
    pub(super) fn browser(&self) -> Browser {
        Browser::new(self.target.clone(), self.home())
    }

    /// A thief's own, elsewhere.
    pub(super) fn stranger(&self) -> Browser {
        Browser { agent: THIEF, ..Browser::new(self.target.clone(), self.elsewhere()) }
    }

    /// An address of mail that this drill may use.
    pub(super) fn email(&self) -> String {
        format!("{}@{}", crate::hex::encode(&random::<8>()), self.shared.domain)
    }

    /// Somebody whose session is held by the cookie alone.
    pub(super) async fn person(&self) -> Result<Person, Stop> {
        self.person_with(Passkey::synced(&self.target)?, false).await
    }

    /// Somebody whose session is locked to a key of the browser's.
    pub(super) async fn bound_person(&self) -> Result<Person, Stop> {
        self.person_with(Passkey::synced(&self.target)?, true).await
    }

    pub(super) async fn person_with(&self, passkey: Passkey, is_bound: bool) -> Result<Person, Stop> {
        Person::sign_up(self.browser(), passkey, self.email(), is_bound).await
    }

    /// Ten people, the same for every attack that asks.
    pub(super) async fn crowd(&self) -> Result<Vec<Person>, Stop> {
        let mut crowd = self.shared.crowd.lock().await;
        while crowd.len() < CROWD {
            crowd.push(self.person().await?);
        }
        Ok(crowd.clone())
    }

    /// It must be refused just so, and bring nothing.
    pub(super) fn refused(&mut self, answer: &Answer, status: u16, code: &str) -> Result<(), Stop> {
        self.requests.push(answer.request_id.clone());
        if answer.status != status || answer.code() != code {
            return Err(Stop::broken(format!("{}, and should have answered {status} {code}", answer.said())));
        }
        if answer.json["requestId"] != answer.request_id.as_str() || answer.request_id.is_empty() {
            return Err(Stop::broken(format!("{} and does not name its request id", answer.said())));
        }
        let cookies = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        if cookies.into_iter().any(|cookie| cookie.starts_with("__Host-sid=") && !cookie.contains("Max-Age=0")) {
            return Err(Stop::broken(format!("{}, and brought a session's token", answer.said())));
        }
        Ok(())
    }

    /// It must leave this row in the audit trail.
    pub(super) fn leaves(&mut self, answer: &Answer, event: &'static str, reason: Option<&str>) {
        let network = answer.from.map(|from| {
            let [a, b, c, _] = from.octets();
            format!("{a}.{b}.{c}.0/24")
        });
        let request_id = answer.request_id.clone();
        if !self.requests.contains(&request_id) {
            self.requests.push(request_id.clone());
        }
        self.traces.push(Trace { request_id, event, reason: reason.map(str::to_owned), network });
    }

    /// A sign-in that must fail for this.
    pub(super) fn sign_in_refused(&mut self, answer: &Answer, code: &str) -> Result<(), Stop> {
        self.refused(answer, 400, code)?;
        self.leaves(answer, "authn_login_fail", Some(code));
        Ok(())
    }

    /// A sign-up that must fail for this.
    pub(super) fn sign_up_refused(&mut self, answer: &Answer, code: &str) -> Result<(), Stop> {
        self.refused(answer, 400, code)?;
        self.leaves(answer, "user_create_fail", Some(code));
        Ok(())
    }

    /// A touch that must not count.
    pub(super) fn step_up_refused(&mut self, answer: &Answer, code: &str) -> Result<(), Stop> {
        self.refused(answer, 400, code)?;
        self.leaves(answer, "authn_step_up_fail", Some(code));
        Ok(())
    }

    /// One more touch must be asked for. Answers for what.
    pub(super) fn touch_asked(&mut self, answer: &Answer) -> Result<Value, Stop> {
        self.refused(answer, 403, "step_up_required")?;
        self.leaves(answer, "authn_step_up_required", None);
        Ok(answer.step_up())
    }

    /// A proof that must not hold.
    pub(super) fn proof_refused(&mut self, answer: &Answer) -> Result<(), Stop> {
        self.refused(answer, 401, "invalid_dpop_proof")?;
        self.leaves(answer, "authn_proof_fail", Some("invalid_dpop_proof"));
        Ok(())
    }
}
