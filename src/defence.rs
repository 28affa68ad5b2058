//! Defences that a test build can be told to do without, one at a time, so that it can be shown that the drill notices.
//!
//! Every build but that one is told at compile time that all of them are up: `is_up` is a constant there, and what would happen
//! otherwise is compiled away. The feature `broken-defences` makes the other one, and does not compile without debug assertions.

#[cfg(all(feature = "broken-defences", not(debug_assertions)))]
compile_error!("the feature broken-defences is for tests of the drill: it must never be in a release");

macro_rules! defences {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $attack:literal;)*) => {
        /// One of them. Where it is asked for stands what it does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Defence { $($(#[$doc])* $variant,)* }

        #[cfg(feature = "broken-defences")]
        impl Defence {
            const ALL: &[(Self, &str, &str)] = &[$((Self::$variant, $name, $attack),)*];
        }
    };
}

defences! {
    /// A challenge works once.
    ChallengeOnce, "challenge_once", "replayed_assertion";
    /// It works in the browser that asked for it.
    ChallengeInItsBrowser, "challenge_in_its_browser", "challenge_of_another_browser";
    /// It works for what it was asked for.
    ChallengeForItsKind, "challenge_for_its_kind", "cross_used_challenge";
    /// The signature holds.
    Signature, "signature", "tampered_signature";
    /// The answer was made on our pages.
    Origin, "origin", "wrong_origin";
    /// The person was verified.
    UserVerification, "user_verification", "unverified_user";
    /// A copy of a passkey is refused.
    Counter, "counter", "counter_on_one_device";
    /// A synced passkey that counts backwards is recorded.
    CounterNoted, "counter_noted", "counter_on_synced_passkey";
    /// A touch takes a passkey of the account.
    OwnPasskey, "own_passkey", "foreign_passkey";
    /// A change takes a touch.
    Touch, "touch", "weak_method";
    /// A touch is for its own action.
    TouchForItsAction, "touch_for_its_action", "swapped_action";
    /// What a session is locked to must be proven.
    DeviceKey, "device_key", "stolen_bound_cookie";
    /// A proof works once.
    ProofOnce, "proof_once", "replayed_proof";
    /// Another device and another network are noticed.
    Binding, "binding", "stolen_cookie";
    /// A token that was replaced ends its family.
    TokenReuse, "token_reuse", "stale_token";
    /// A session's token is made here.
    FreshToken, "fresh_token", "session_fixation";
    /// Requests of other sites' pages change nothing.
    CrossSite, "cross_site", "cross_site";
    /// Only proxies that are trusted say where somebody is.
    ForwardedFor, "forwarded_for", "forged_forwarded_for";
    /// Failures are counted.
    Throttle, "throttle", "spray_from_one_network";
    /// And against the account that they name.
    ThrottleOfAccounts, "throttle_of_accounts", "guessing_one_person";
    /// No answer says who has an account.
    SameAnswer, "same_answer", "enumeration_by_status";
    /// Nor does its time.
    SameTime, "same_time", "enumeration_by_time";
    /// No more is read than fits.
    BodyLimit, "body_limit", "oversized_body";
    /// What is said to be JSON is.
    ContentType, "content_type", "malformed_body";
    /// A refusal is in the trail.
    AuditOfRefusals, "audit_of_refusals", "replayed_assertion";
    /// What rules find is told.
    Alerts, "alerts", "spray_from_many_networks";
}

#[cfg(not(feature = "broken-defences"))]
impl Defence {
    /// Always.
    #[inline]
    pub const fn is_up(self) -> bool {
        let _ = self;
        true
    }
}

#[cfg(feature = "broken-defences")]
mod broken {
    use std::sync::OnceLock;

    use super::Defence;

    /// Names the one to do without.
    const VARIABLE: &str = "HOLDFAST_BROKEN_DEFENCE";
    /// By this a build with the feature is known, whatever else was stripped from it. `scripts/drill.sh` looks for it.
    const MARK: &str = "this build of Holdfast can be told to do without a defence";

    impl Defence {
        /// Unless the environment says otherwise.
        pub fn is_up(self) -> bool {
            static BROKEN: OnceLock<Option<Defence>> = OnceLock::new();
            *BROKEN.get_or_init(read) != Some(self)
        }
    }

    fn read() -> Option<Defence> {
        let wanted = std::env::var(VARIABLE).ok()?;
        let found = Defence::ALL.iter().find(|(_, name, _)| *name == wanted);
        tracing::warn!(defence = wanted, known = found.is_some(), "{MARK}");
        Some(found?.0)
    }

    /// What can be broken, and which attack must notice: a line each.
    pub fn list() -> Vec<String> {
        Defence::ALL.iter().map(|(_, name, attack)| format!("{name} {attack}")).collect()
    }
}

#[cfg(feature = "broken-defences")]
pub use broken::list;

#[cfg(test)]
mod tests {
    use super::*;

    /// In every build that ships the answer is a constant: this does not compile if it is not.
    #[cfg(not(feature = "broken-defences"))]
    const _: () = assert!(Defence::Touch.is_up() && Defence::Signature.is_up());

    #[test]
    fn every_defence_is_asked_for_somewhere_and_names_an_attack() {
        let source = include_str!("defence.rs");
        let (_, table) = source.split_once("\ndefences! {\n").expect("the table");
        let (table, _) = table.split_once("\n}\n").expect("its end");
        let rows: Vec<&str> = table.lines().filter(|line| !line.trim_start().starts_with("///")).collect();
        assert!(rows.len() >= 12, "{rows:?}");
        let mut all = String::new();
        read(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut all);
        for row in rows {
            let mut parts = row.trim().trim_end_matches(';').split(", ");
            let (variant, _, attack) = (parts.next(), parts.next(), parts.next());
            let (variant, attack) = (variant.expect("a variant"), attack.expect("an attack").trim_matches('"'));
            assert!(all.contains(&format!("Defence::{variant}")), "nobody asks for {variant}");
            let file = format!("{}/src/drill/attacks/{attack}.rs", env!("CARGO_MANIFEST_DIR"));
            assert!(std::path::Path::new(&file).exists(), "{variant} names no attack");
        }
    }

    fn read(folder: &std::path::Path, all: &mut String) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                read(&path, all);
            } else if !path.ends_with("defence.rs") {
                all.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
}
