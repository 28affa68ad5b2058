//! `holdfast drill`: a running instance is attacked the way a thief would, and what held is told.
//!
//! The attacks are an HTTP client and nothing else. They share no code with what they attack but the words of the protocol, so a
//! fault there is no fault here. Only [`Inside`] looks at the database: for evidence afterwards, and to erase the drill's people.
//!
//! | file | what |
//! |---|---|
//! | `attacks/` | one file each, and their table |
//! | `target` | where the instance is, and which networks the drill can come from |
//! | `client`, `person` | a browser; somebody with an account |
//! | `authenticator`, `device_key` | a passkey and a browser's key that sign whatever they are told to |
//! | `work` | what a 429 asks for, done |
//! | `trial` | one attack under way, and what it must leave behind |
//! | `evidence` | whether it did; and the end of the accounts |
//! | `statistics` | whether two samples of times differ |
//! | `report` | the table |

mod arguments;
mod attacks;
mod authenticator;
mod client;
mod device_key;
mod evidence;
mod person;
mod report;
mod statistics;
mod target;
mod trial;
mod work;

use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

pub use arguments::Arguments;
pub use evidence::Inside;
pub use report::Report;

use attacks::{ATTACKS, Attack};
use report::{Row, Verdict};
use target::Target;
use trial::{Shared, Stop, Trace, Trial};

use crate::clock::Timestamp;

/// An attack that takes longer has gone astray.
const LONGEST: Duration = Duration::from_mins(2);
/// An alert is to be there within ten seconds; some more for a machine that is busy.
const ALERTS_WITHIN: Duration = Duration::from_secs(20);
/// Other drills may be under way. What is older than this was left by one that was killed.
const LEFT_BEHIND: Duration = Duration::from_mins(15);

/// Why there was no drill: one sentence.
#[derive(Debug)]
pub struct Sorry(pub String);

impl fmt::Display for Sorry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Sorry {}

/// What there is to try, a line each.
pub fn list() -> Vec<String> {
    ATTACKS.iter().map(|attack| format!("{:<28}  {}", attack.name, attack.tries)).collect()
}

/// Erase what drills have left behind that were killed. Answers how many people that were.
pub async fn clean(inside: &Inside) -> Result<usize, Sorry> {
    inside.erase(None, Duration::ZERO).await.map_err(|error| Sorry(error.to_string()))
}

/// Attack. `inside`: the instance's database, or why it cannot be looked at. `until`: when this is done, no further attack
/// begins; the accounts are erased all the same.
pub async fn run(
    arguments: &Arguments,
    inside: Result<Inside, String>,
    until: impl Future<Output = ()>,
) -> Result<Report, Sorry> {
    let Some(url) = &arguments.target else {
        return Err(Sorry("--target must say what to attack, such as http://localhost:3000".into()));
    };
    let chosen = choose(&arguments.only)?;
    let target = Arc::new(Target::find(url, arguments.origin.as_ref(), arguments.elsewhere).await?);
    let domain = evidence::domain(&crate::hex::encode(&device_key::random::<8>()));
    let shared = Arc::new(Shared::new(target, domain.clone()));
    let looks = !arguments.no_evidence;
    let mut drill = Drill { shared, inside, looks, began: Timestamp(0), attempts: Vec::new() };
    let is_interrupted = {
        let whole = drill.whole(&chosen);
        tokio::select! {
            outcome = whole => { outcome?; false }
            () = until => true,
        }
    };
    let accounts = drill.leave(&domain).await;
    let evidence = match &drill.inside {
        Ok(_) if is_interrupted => "The audit trail and the alerts were NOT looked at.".to_owned(),
        Ok(_) if !looks => {
            "The audit trail and the alerts were NOT looked at: --no-evidence was given.".to_owned()
        }
        Ok(_) => "The audit trail and the alerts were looked at.".to_owned(),
        Err(why) => format!("The audit trail and the alerts were NOT looked at: {why}."),
    };
    let attacks = drill.attempts.into_iter().map(Attempt::row).collect();
    Ok(Report { target: url.to_string(), attacks, evidence, accounts, is_interrupted })
}

fn choose(only: &[String]) -> Result<Vec<&'static Attack>, Sorry> {
    if let Some(unknown) = only.iter().find(|name| !ATTACKS.iter().any(|attack| attack.name == **name)) {
        return Err(Sorry(format!("there is no attack {unknown}; --list names them")));
    }
    let is_chosen = |attack: &&&Attack| only.is_empty() || only.iter().any(|name| attack.name == name);
    Ok(ATTACKS.iter().filter(is_chosen).copied().collect())
}

/// One attack, and what is known of how it went.
struct Attempt {
    attack: &'static Attack,
    verdict: Verdict,
    why: String,
    requests: Vec<String>,
    traces: Vec<Trace>,
}

impl Attempt {
    fn row(self) -> Row {
        let Attack { name, tries, must, .. } = self.attack;
        let (verdict, why, request_ids) = (self.verdict, self.why, self.requests);
        Row { attack: name, tries, must, verdict, why, request_ids }
    }

    fn fails(&mut self, why: String) {
        self.verdict = Verdict::DidNotHold;
        self.why = why;
    }
}

struct Drill {
    shared: Arc<Shared>,
    inside: Result<Inside, String>,
    /// Whether evidence is looked for.
    looks: bool,
    began: Timestamp,
    attempts: Vec<Attempt>,
}

impl Drill {
    async fn whole(&mut self, chosen: &[&'static Attack]) -> Result<(), Sorry> {
        self.meet().await?;
        for attack in chosen {
            let attempt = self.attempt(attack).await;
            self.attempts.push(attempt);
        }
        if self.looks
            && let Err(error) = self.look().await
        {
            self.inside = Err(format!("looking failed: {error}"));
            for attempt in self.attempts.iter_mut().filter(|attempt| attempt.verdict == Verdict::Held) {
                attempt.fails("its evidence could not be read".to_owned());
            }
        }
        Ok(())
    }

    /// Sign somebody up, and find out whether the database at hand is this instance's.
    async fn meet(&mut self) -> Result<(), Sorry> {
        let scout = Trial::new(&self.shared).person().await;
        let scout = scout.map_err(|stop| match stop {
            Stop::Broken(why) | Stop::Failed(why) => Sorry(format!("nobody can sign up there: {why}")),
        })?;
        let Ok(inside) = &self.inside else { return Ok(()) };
        match inside.knows(&scout.id).await {
            Ok(true) => {
                self.began = inside.now();
                let left = inside.erase(None, LEFT_BEHIND).await;
                left.map_err(|error| Sorry(format!("what an earlier drill left cannot be erased: {error}")))?;
            }
            Ok(false) => self.inside = Err("the settings here open another database than the target's".to_owned()),
            Err(error) => self.inside = Err(format!("the database cannot be read: {error}")),
        }
        Ok(())
    }

    async fn attempt(&self, attack: &'static Attack) -> Attempt {
        if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            let _ = writeln!(std::io::stderr(), "{} …", attack.name);
        }
        let mut trial = Trial::new(&self.shared);
        let outcome = if attack.needs_networks && !self.shared.target.has_networks {
            Err((
                Verdict::NotTried,
                "it takes two networks, and this machine has one on the way to there".to_owned(),
            ))
        } else {
            match tokio::time::timeout(LONGEST, (attack.run)(&mut trial)).await {
                Ok(Ok(())) => is_whole(attack, &trial.traces),
                Ok(Err(Stop::Broken(why))) => Err((Verdict::DidNotHold, why)),
                Ok(Err(Stop::Failed(why))) => Err((Verdict::Failed, why)),
                Err(_) => Err((Verdict::Failed, "it came to no end".to_owned())),
            }
        };
        let (verdict, why) = outcome.err().unwrap_or((Verdict::Held, trial.note));
        Attempt { attack, verdict, why, requests: trial.requests, traces: trial.traces }
    }

    /// Look for what the attacks must have left. Alerts come a few seconds later.
    async fn look(&mut self) -> Result<(), evidence::Error> {
        let Ok(inside) = &self.inside else { return Ok(()) };
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.verdict == Verdict::Held) {
            let missing = inside.missing(&attempt.traces).await?;
            if let Some(first) = missing.first() {
                let more = missing.len() - 1;
                let more = if more == 0 { String::new() } else { format!(", and {more} more are missing") };
                attempt.fails(format!("{first}{more}"));
            }
        }
        let deadline = tokio::time::Instant::now() + ALERTS_WITHIN;
        loop {
            let alerts = inside.alerts(self.began).await?;
            let is_missing = |attempt: &Attempt, rule: &str| {
                attempt.verdict == Verdict::Held
                    && !alerts.iter().any(|alert| evidence::is_about(alert, rule, &attempt.requests))
            };
            let mut is_complete = true;
            let is_over = tokio::time::Instant::now() >= deadline;
            for attempt in &mut self.attempts {
                let Some(rule) = attempt.attack.alerts.iter().find(|rule| is_missing(attempt, rule)) else {
                    continue;
                };
                is_complete = false;
                if is_over {
                    attempt.fails(format!("no alert {rule} came within {} seconds", ALERTS_WITHIN.as_secs()));
                }
            }
            if is_complete || is_over {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Erase this drill's people. Says what became of them.
    async fn leave(&self, domain: &str) -> String {
        let kept = |why: &str| {
            format!(
                "The accounts of this drill are still there, since {why}. Their addresses end with @{domain}; `holdfast drill --clean` erases them where the database is."
            )
        };
        let inside = match &self.inside {
            Ok(inside) => inside,
            Err(why) => return kept(why),
        };
        match inside.erase(Some(domain), Duration::ZERO).await {
            Ok(count) => format!("{count} throw-away accounts were made and erased."),
            Err(error) => kept(&error.to_string()),
        }
    }
}

/// An attack that held has looked at everything that its row promises.
fn is_whole(attack: &Attack, traces: &[Trace]) -> Result<(), (Verdict, String)> {
    match attack.events.iter().find(|event| !traces.iter().any(|trace| trace.event == **event)) {
        Some(event) => Err((Verdict::Failed, format!("it should have made a row {event}, and did not try"))),
        None => Ok(()),
    }
}
