//! What is asked of a server, by how many, how fast; and what it took.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::json;
use tokio::sync::Mutex;

use crate::client::{Client, Cookies};
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

/// Somebody who has signed up.
pub struct Person {
    passkey: Passkey,
    /// Of the session that they keep.
    cookies: Cookies,
}

impl Person {
    pub async fn sign_up(client: &mut Client, number: usize) -> Self {
        client.cookies.clear();
        let email = format!("load-{number}@example.test");
        let (status, options) = client.post("/auth/passkey/register/options", &json!({"email": email})).await;
        assert_eq!(status, StatusCode::OK, "{options}");
        let (passkey, response) = Passkey::create(&options, client.origin());
        // The baseline asks for the address again.
        let body = json!({"email": email, "response": response});
        let (status, answer) = client.post("/auth/passkey/register/verify", &body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let mut person = Self { passkey, cookies: Cookies::new() };
        assert!(person.login(client).await, "{email} cannot sign in");
        person.cookies = client.cookies.clone();
        person
    }

    async fn act(&self, client: &mut Client, act: Act) -> bool {
        match act {
            Act::Login => self.login(client).await,
            Act::Session => {
                client.cookies.clone_from(&self.cookies);
                client.get("/auth/session").await.0 == StatusCode::OK
            }
        }
    }

    /// As in a browser that has never been here.
    async fn login(&self, client: &mut Client) -> bool {
        client.cookies.clear();
        let (status, options) = client.post("/auth/passkey/login/options", &json!({})).await;
        if status != StatusCode::OK {
            return false;
        }
        let body = json!({"response": self.passkey.get(&options)});
        client.post("/auth/passkey/login/verify", &body).await.0 == StatusCode::OK
    }
}

/// Everybody, and who is next.
pub struct People {
    pub all: Vec<Person>,
    next: AtomicUsize,
}

impl People {
    pub async fn sign_up(client: &mut Client, count: usize) -> Arc<Self> {
        let mut all = Vec::with_capacity(count);
        for number in 0..count {
            all.push(Person::sign_up(client, number).await);
        }
        Arc::new(Self { all, next: AtomicUsize::new(0) })
    }

    /// So many, one after the other.
    pub async fn each(&self, client: &mut Client, act: Act, count: u32) {
        for _ in 0..count {
            assert!(self.next().act(client, act).await, "{act:?} failed");
        }
    }

    /// Everybody keeps a new session: after a while the token of the one before is due to be replaced, and no page of ours is there to
    /// keep the next.
    pub async fn sign_in_again(&mut self, client: &mut Client) {
        for person in &mut self.all {
            assert!(person.login(client).await, "somebody cannot sign in again");
            person.cookies = client.cookies.clone();
        }
    }

    fn next(&self) -> &Person {
        &self.all[self.next.fetch_add(1, Ordering::Relaxed) % self.all.len()]
    }
}

/// The connections.
pub type Lines = [Arc<Mutex<Client>>];

/// Each one again as soon as they are answered.
pub async fn closed_loop(
    lines: &Lines,
    people: &Arc<People>,
    act: Act,
    lasting: Duration,
) -> (Vec<Duration>, usize, Duration) {
    let began = Instant::now();
    let is_over = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = lines
        .iter()
        .map(|line| {
            let (line, people, is_over) = (line.clone(), people.clone(), is_over.clone());
            tokio::spawn(async move {
                let mut line = line.lock().await;
                let (mut times, mut failed) = (Vec::new(), 0);
                while !is_over.load(Ordering::Relaxed) {
                    let at = Instant::now();
                    if !people.next().act(&mut line, act).await {
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
    lines: &Lines,
    people: &Arc<People>,
    act: Act,
    rate: f64,
    lasting: Duration,
) -> (Vec<Duration>, usize, Duration) {
    let began = Instant::now();
    let mut tasks = Vec::new();
    let step = Duration::from_secs_f64(1.0 / rate);
    let mut due = began;
    for line in lines.iter().cycle() {
        if due.duration_since(began) >= lasting {
            break;
        }
        tokio::time::sleep_until(due.into()).await;
        let (line, people, at) = (line.clone(), people.clone(), due);
        tasks.push(tokio::spawn(async move {
            let is_well = people.next().act(&mut *line.lock().await, act).await;
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
