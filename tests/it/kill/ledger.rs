//! What was answered, and whether it is there.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::audit::checkpoint::Checkpoint;
use holdfast::audit::{Keeper, Sink, verify};
use uuid::Uuid;

use crate::support::App;

/// Something that was answered with success.
#[derive(Debug, Default)]
pub struct Act {
    /// The id of the request.
    pub request: String,
    /// The events that tell of it.
    pub leaves: Vec<&'static str>,
    /// Whom it made.
    pub user: Option<Uuid>,
    /// With which passkey.
    pub credential: Option<Uuid>,
    /// Whether it opened a session.
    pub opens: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Ledger {
    acts: Vec<Act>,
    pub kills: usize,
    pub retired: usize,
    pub ended: usize,
    events: usize,
    counted: usize,
    checkpoints: usize,
}

impl std::fmt::Display for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} kills; {} acknowledged acts, all of them there; {} events, compared with {} checkpoints; {} tokens of \
             ended sessions and {} replaced ones, all refused",
            self.kills,
            self.acts(),
            self.events,
            self.checkpoints,
            self.ended,
            self.retired
        )
    }
}

impl Ledger {
    pub fn note(&mut self, act: Act) {
        self.acts.push(act);
    }

    /// What was answered last.
    pub fn last(&mut self) -> &mut Act {
        self.acts.last_mut().unwrap()
    }

    pub fn acts(&self) -> usize {
        self.acts.len() + self.counted
    }

    /// What another has.
    pub fn add(&mut self, other: Self) {
        self.acts.extend(other.acts);
        self.retired += other.retired;
        self.ended += other.ended;
        self.events += other.events;
        self.checkpoints += other.checkpoints;
        self.counted += other.counted;
    }

    /// All that was answered is in the database, whole, and the trail is as it was written.
    pub async fn compare(&mut self, app: &App, kill: usize) {
        let events = app.events().await;
        let stored = app.stored().await;
        let mut by_request: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for event in &events {
            by_request.entry(&event.request_id).or_default().push(event);
        }
        let users: BTreeSet<_> = stored.users.iter().map(|row| row.id).collect();
        let credentials: BTreeSet<_> = stored.credentials.iter().map(|row| (row.id, row.user_id)).collect();
        let sessions: BTreeSet<_> = stored.sessions.iter().map(|row| row.id).collect();
        for act in &self.acts {
            let found = by_request.get(act.request.as_str()).map(Vec::as_slice).unwrap_or_default();
            for kind in &act.leaves {
                let told = found.iter().find(|event| event.event_type == *kind);
                let told = told.unwrap_or_else(|| panic!("kill {kill}: no {kind} of {act:?}, only {found:?}"));
                if act.opens {
                    let session = told.session_id.expect("a session");
                    assert!(sessions.contains(&session), "kill {kill}: the session of {act:?} is missing");
                }
            }
            if let (Some(user), Some(credential)) = (act.user, act.credential) {
                assert!(users.contains(&user), "kill {kill}: the account of {act:?} is missing");
                assert!(
                    credentials.contains(&(credential, user)),
                    "kill {kill}: the passkey of {act:?} is missing"
                );
            }
        }

        // What was never answered is there or not, and either way whole: each row with its event, each event with its row.
        let of = |kinds: &'static [&'static str]| {
            events.iter().filter(move |event| kinds.contains(&event.event_type.as_str()))
        };
        let opened: BTreeSet<_> =
            of(&["user_created", "authn_login_success"]).map(|event| event.session_id.unwrap()).collect();
        assert_eq!(opened, sessions, "kill {kill}: sessions and events that tell of their beginning");
        let ends = of(&["session_revoked"]).map(|event| event.session_id.unwrap());
        let ended: BTreeSet<_> =
            stored.sessions.iter().filter(|row| row.ended_at.is_some()).map(|row| row.id).collect();
        assert_eq!(
            ends.collect::<BTreeSet<_>>(),
            ended,
            "kill {kill}: sessions and events that tell of their end"
        );
        let made = of(&["user_created"]).map(|event| (event.credential_id.unwrap(), event.user_id.unwrap()));
        assert_eq!(made.collect::<BTreeSet<_>>(), credentials, "kill {kill}: passkeys and events");
        assert_eq!(
            users,
            credentials.iter().map(|(_, user)| *user).collect(),
            "kill {kill}: nobody has no passkey"
        );
        let keys = of(&["authn_token_created"]).count();
        assert_eq!(app.count("api_keys").await, keys, "kill {kill}: API keys and events");
        let current = app.query("SELECT session_id FROM session_tokens WHERE state = 'current'").await;
        let current: Vec<Uuid> = current.iter().map(|row| row.try_get("", "session_id").unwrap()).collect();
        let living: BTreeSet<_> = current.iter().copied().collect();
        assert_eq!((living.len(), &living), (current.len(), &sessions), "kill {kill}: one current token each");

        // The trail from its beginning, compared with what was signed at every earlier kill.
        let file = app.secrets.with_extension("checkpoints");
        let keeper = Keeper::new(app.state.trail.clone(), "http://localhost:3000", Sink::File(file.clone()));
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let checkpoints = Checkpoint::read_all(&text, &keeper.verifier_key()).unwrap();
        assert!(checkpoints.len() >= kill - 1, "kill {kill}: a checkpoint is missing");
        let report = verify(&app.state.trail, &checkpoints).await.unwrap();
        assert_eq!(report.faults, Vec::<String>::new(), "kill {kill}");
        keeper.checkpoint().await.unwrap();
        (self.events, self.checkpoints) = (events.len(), report.checkpoints);
    }
}
