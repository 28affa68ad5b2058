//! What is asked of a server, by how many, how fast; and what it took.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::json;
use tokio::sync::Mutex;

use crate::client::Client;
use crate::passkey::Passkey;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Options and verify: a whole sign-in.
    Login,
    /// `GET /auth/session` of somebody who is signed in.
    Session,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    /// Of the server's processor, for each.
    pub cpu: Duration,
    pub failed: usize,
    /// Of the server, afterwards.
    pub resident_kb: u64,
}

pub struct Person {
    client: Client,
    passkey: Passkey,
}

impl Person {
    pub async fn sign_up(port: u16, number: usize) -> Self {
        let mut client = Client::open(port).await;
        let email = format!("load-{number}@example.test");
        let (status, options) = client.post("/auth/passkey/register/options", &json!({"email": email})).await;
        assert_eq!(status, StatusCode::OK, "{options}");
        let (passkey, response) = Passkey::create(&options, client.origin());
        // The baseline asks for the address again.
        let body = json!({"email": email, "response": response});
        let (status, answer) = client.post("/auth/passkey/register/verify", &body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let mut person = Self { client, passkey };
        assert!(person.login().await, "{email} cannot sign in");
        person
    }

    async fn act(&mut self, act: Act) -> bool {
        match act {
            Act::Login => self.login().await,
            Act::Session => self.client.get("/auth/session").await.0 == StatusCode::OK,
        }
    }

    /// As in a browser that has never been here.
    async fn login(&mut self) -> bool {
        self.client.cookies.clear();
        let (status, options) = self.client.post("/auth/passkey/login/options", &json!({})).await;
        if status != StatusCode::OK {
            return false;
        }
        let body = json!({"response": self.passkey.get(&options)});
        self.client.post("/auth/passkey/login/verify", &body).await.0 == StatusCode::OK
    }
}

pub type People = [Arc<Mutex<Person>>];

/// Each one again as soon as they are answered.
pub async fn closed_loop(people: &People, act: Act, lasting: Duration) -> (Vec<Duration>, usize, Duration) {
    let began = Instant::now();
    let is_over = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = people
        .iter()
        .map(|person| {
            let (person, is_over) = (person.clone(), is_over.clone());
            tokio::spawn(async move {
                let mut person = person.lock().await;
                let (mut times, mut failed) = (Vec::new(), 0);
                while !is_over.load(Ordering::Relaxed) {
                    let at = Instant::now();
                    if !person.act(act).await {
                        failed += 1;
                    }
                    times.push(at.elapsed());
                }
                (times, failed)
            })
        })
        .collect();
    tokio::time::sleep(lasting).await;
    is_over.store(true, Ordering::Relaxed);
    let (mut times, mut failed) = (Vec::new(), 0);
    for task in tasks {
        let (some, lost) = task.await.unwrap();
        times.extend(some);
        failed += lost;
    }
    (times, failed, began.elapsed())
}

/// So many a second, whether or not those before have been answered: a time counts from when it should have begun.
pub async fn open_loop(
    people: &People,
    act: Act,
    rate: f64,
    lasting: Duration,
) -> (Vec<Duration>, usize, Duration) {
    let began = Instant::now();
    let mut tasks = Vec::new();
    let step = Duration::from_secs_f64(1.0 / rate);
    let mut due = began;
    for person in people.iter().cycle() {
        if due.duration_since(began) >= lasting {
            break;
        }
        tokio::time::sleep_until(due.into()).await;
        let (person, at) = (person.clone(), due);
        tasks.push(tokio::spawn(async move {
            let is_well = person.lock().await.act(act).await;
            (at.elapsed(), is_well)
        }));
        due += step;
    }
    let (mut times, mut failed) = (Vec::new(), 0);
    for task in tasks {
        let (time, is_well) = task.await.unwrap();
        times.push(time);
        failed += usize::from(!is_well);
    }
    (times, failed, began.elapsed())
}

/// The time below which this share of them is.
pub fn quantile(sorted: &[Duration], share: f64) -> Duration {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}
