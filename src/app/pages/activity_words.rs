//! What an event is called: one plain sentence for each kind, and what it means where that is not plain.

use crate::api::ActivityEvent;

/// What is said of an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// What happened, without a full stop.
    pub(super) title: String,
    /// What it means, and what to do.
    pub(super) advice: Option<&'static str>,
    /// Whether whoever was in that session did it, so that it can be said that this was somebody else.
    pub(super) is_act: bool,
}

const ENDED: &str = "We cannot tell which of you was you, so we ended that session. Your passkeys are safe: a cookie cannot copy them.";

/// What nobody in that session did.
fn fact(title: &str) -> Said {
    Said { title: title.to_owned(), advice: None, is_act: false }
}

/// The same, with what it means.
fn with(title: &str, advice: &'static str) -> Said {
    Said { advice: Some(advice), ..fact(title) }
}

/// Why a session ended.
fn ended(reason: &str) -> Said {
    match reason {
        "sign_out" => fact("You signed out"),
        "replaced" => fact("The session before this sign-in ended"),
        "revoked" => fact("You ended a session"),
        "passkey_removed" => fact("A session ended with the passkey that opened it"),
        "operator" => with(
            "The people who run this service ended a session of yours",
            "They do that when something looks wrong. Nothing was lost, and your passkeys work as before.",
        ),
        "limit" => with(
            "Your oldest session ended",
            "An account can be open in a limited number of places, and you signed in somewhere else.",
        ),
        _ => fact("We ended a session to protect you"),
    }
}

/// The sentence.
pub(super) fn said(event: &ActivityEvent) -> Said {
    let reason = event.reason.as_deref().unwrap_or_default();
    let act = |what: &str| {
        let who = if event.disowned { "Somebody" } else { "You" };
        Said { title: format!("{who} {what}"), advice: None, is_act: true }
    };
    if reason == "restored"
        && let Some((title, advice)) = after_restore(&event.kind)
    {
        return with(title, advice);
    }
    match event.kind.as_str() {
        "user_create_fail" => Said { title: "A passkey was not added".to_owned(), ..act("") },
        "user_created" => fact("You created this account"),
        "authn_login_success" => act("signed in"),
        "authn_login_fail" => {
            with("Somebody tried to sign in with your passkey and was refused", after_refusal(reason))
        }
        "session_revoked" => ended(reason),
        "session_renewed" => fact("A session was renewed"),
        "authn_token_reuse" => with("Somebody used an old copy of a session", ENDED),
        "session_split" => with("A session was used in two browsers on two networks at once", ENDED),
        "session_binding_violated" => with(
            "Another device tried to go on with a session of yours",
            "It could not show the key that the session is locked to. It did not get in, and we ended that session.",
        ),
        "session_bind_fail" => fact("The browser could not lock its session to itself"),
        "authn_proof_fail" => with(
            "A request could not show the key of a session of yours",
            "It got nothing that matters. If it happens again and again, end that session.",
        ),
        "session_extended" => fact("You went on in an app"),
        "session_bound" => fact("The browser locked its session to itself"),
        "session_disowned" => fact("You said that a session was not yours"),
        "authn_step_up_required" if event.disowned => act(&format!("was asked for one more touch {}", to(reason))),
        "authn_step_up_required" => act(&format!("were asked for one more touch {}", to(reason))),
        "authn_step_up_success" => act(&format!("touched your passkey {}", to(reason))),
        "authn_step_up_fail" => Said { title: "A touch was refused".to_owned(), ..act("") },
        "credential_created" => act("added a passkey"),
        "credential_updated" => act("gave a passkey another name"),
        "credential_deleted" if reason == "suspended" => fact("A passkey of before your recovery was removed"),
        "credential_deleted" => act("removed a passkey"),
        "credential_suspended" => fact("A passkey was suspended, because your account was recovered"),
        "credential_restored" => fact("A suspended passkey was brought back"),
        "recovery_codes_created" => act("made new recovery codes"),
        "recovery_started" if reason == "restore" => fact("Somebody asked to bring a passkey back"),
        "recovery_started" => fact("Somebody asked to get back into your account"),
        "recovery_approved" if reason == "mail" => fact("The code from a recovery mail was typed in"),
        "recovery_approved" => fact("A recovery code of yours was used"),
        "recovery_waiting" => with(
            "A recovery of your account began",
            "If that is not you, stop it: the page “Getting back in” has a button for it.",
        ),
        "recovery_fail" => fact("A step of a recovery was refused"),
        "recovery_stopped" => fact("A recovery of your account was stopped"),
        "recovery_completed" => fact("Your account was recovered"),
        "credential_counter_regressed" => with(
            "A passkey counted backwards",
            "That happens when a passkey is synced or restored. If you did neither, look through your passkeys.",
        ),
        "credential_backup_eligibility_changed" => {
            with("A passkey can be synced now", "That happens when its maker adds syncing.")
        }
        "authn_token_created" => act("created an API key"),
        "authn_token_revoked" => act("revoked an API key"),
        "privilege_permissions_changed" => fact(match reason {
            "operator_revoked" => "You are no longer one of the people who run this service",
            _ => "You became one of the people who run this service",
        }),
        "sensitive_read" => act("downloaded your data"),
        "user_deletion_requested" => act("asked us to delete your account"),
        "user_deletion_cancelled" if reason == "mail_link" => {
            fact("Your account was kept, by the link in our mail")
        }
        "user_deletion_cancelled" => act("kept your account"),
        "payout_changed" => act("changed where your money is paid to"),
        "email_code_sent" => act("asked for a code by mail"),
        "email_code_fail" => Said { title: "A code from a mail was refused".to_owned(), ..act("") },
        "email_verified" => act("confirmed a mail address"),
        "email_removed" => act("removed a mail address"),
        "email_changed" if reason == "mail_link" => fact("A change of your mail addresses was taken back"),
        "email_changed" => act("changed your main mail address"),
        "excess_rate_limit_exceeded" => with(
            "Somebody kept failing to sign in with your passkey",
            "Nobody got in. Where you have not signed in before, it may take a moment longer for a while. You need do nothing.",
        ),
        _ => Said { title: UNNAMED.to_owned(), ..act("") },
    }
}

/// What the service did because it was put back to a backup.
fn after_restore(kind: &str) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        "session_revoked" => (
            "A session ended because this service was put back to an earlier state",
            "All sessions ended with that. What was done after that moment is gone: look through your passkeys and sessions.",
        ),
        "recovery_waiting" => (
            "A recovery of your account waits anew, because this service was put back to an earlier state",
            "If that is not you, stop it: the page “Getting back in” has a button for it.",
        ),
        "authn_token_revoked" => (
            "An API key ended, because this service was put back to an earlier state",
            "If a program of yours still needs one, make a new key for it.",
        ),
        "user_deletion_requested" => (
            "The deletion of your account waits anew, because this service was put back to an earlier state",
            "If you want to keep the account, the page “Delete your account” has a button for it.",
        ),
        _ => return None,
    })
}

const UNNAMED: &str = "Something changed on your account";

/// What a touch is for, by the name of the action.
fn to(action: &str) -> &'static str {
    match action {
        "session_continue" => "to go on",
        "passkey_add" => "to add a passkey",
        "passkey_remove" => "to remove a passkey",
        "session_revoke" => "to end a session",
        "session_disown" => "to say that a session was not yours",
        "api_key_create" => "to create an API key",
        "api_key_revoke" => "to revoke an API key",
        "account_export" => "to download your data",
        "account_delete" => "to delete your account",
        "payout_update" => "to change where your money is paid to",
        "email_add" => "to add a mail address",
        "email_remove" => "to remove a mail address",
        "email_primary" => "to change your main mail address",
        "recovery_codes_create" => "to make recovery codes",
        "admin_open" => "to look at the console",
        "app_open" => "to open a part of an app",
        "alert_acknowledge" => "to say that an alert was seen to",
        "admin_session_revoke" => "to end somebody’s session",
        _ => UNNAMED_ACTION,
    }
}

const UNNAMED_ACTION: &str = "for something that matters";

/// A sign-in with the person's passkey that did not work. It may have been them.
fn after_refusal(reason: &str) -> &'static str {
    match reason {
        "user_not_verified" => {
            "Nobody got in. The passkey was there, but not your fingerprint, face or PIN. If that was not you, see that \
             you still have the device it is on."
        }
        "passkey_locked" => {
            "Nobody got in. That passkey was refused a hundred times in a row, so it is locked. Sign in with another one, and \
             remove it if you do not know why."
        }
        "counter_regressed" | "passkey_changed" => {
            "Nobody got in. If that was not you, this passkey may have been copied: sign in with another one, and look \
             through your passkeys."
        }
        _ => {
            "Nobody got in. If that was you, try again. If not, you need do nothing: without your device your passkey \
             opens nothing."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::EventType;

    /// The words that a `match` in this source gives.
    fn words(source: &'static str) -> impl Iterator<Item = &'static str> {
        source.lines().filter_map(|line| {
            let (name, word) = line.trim().split_once(" => \"")?;
            name.starts_with("Self::").then(|| word.split('"').next())?
        })
    }

    fn event(kind: &str, reason: Option<&str>) -> ActivityEvent {
        ActivityEvent {
            id: "1-1".into(),
            at: "2026-11-22T19:34:56Z".into(),
            kind: kind.into(),
            outcome: "success".into(),
            reason: reason.map(str::to_owned),
            session: None,
            passkey: None,
            device: None,
            network: None,
            place: None,
            request_id: String::new(),
            risk: None,
            disowned: false,
        }
    }

    #[test]
    fn every_kind_of_event_and_every_action_has_words_of_its_own() {
        // Nobody is told of these: they belong to no account, or are no news (`auth/activity.rs`).
        let untold = [
            "authz_fail",
            "authz_admin",
            "user_deleted",
            "audit_retention_applied",
            "sys_monitor_disabled",
            "sys_restored",
            "risk_eval",
            "risk_level_changed",
        ];
        let kinds = EventType::ALL.iter().map(|kind| kind.as_str());
        for kind in kinds.filter(|kind| !untold.contains(kind)) {
            assert_ne!(said(&event(kind, None)).title, UNNAMED, "{kind}");
        }
        let actions: Vec<&str> = words(include_str!("../../auth/step_up/action.rs")).collect();
        assert!(actions.len() > 5, "{actions:?}");
        for action in actions {
            assert_ne!(to(action), UNNAMED_ACTION, "{action}");
        }
    }

    #[test]
    fn what_a_restore_did_is_nobodys_act() {
        for kind in ["session_revoked", "recovery_waiting", "authn_token_revoked", "user_deletion_requested"] {
            let said = said(&event(kind, Some("restored")));
            assert!(said.title.contains("earlier state") && !said.is_act, "{kind}: {said:?}");
        }
    }

    #[test]
    fn what_the_person_disowned_was_somebody_else() {
        let was = |kind, disowned| said(&ActivityEvent { disowned, ..event(kind, Some("api_key_create")) }).title;
        assert_eq!(was("authn_login_success", false), "You signed in");
        assert_eq!(was("authn_login_success", true), "Somebody signed in");
        let asked = "was asked for one more touch to create an API key";
        assert_eq!(was("authn_step_up_required", true), format!("Somebody {asked}"));
        // That was the person.
        assert_eq!(was("session_disowned", true), "You said that a session was not yours");
    }

    #[test]
    fn words_for_people_are_sentences() {
        for reason in ["user_not_verified", "passkey_locked", "counter_regressed", "signature_invalid"] {
            let Said { title, advice, is_act } = said(&event("authn_login_fail", Some(reason)));
            assert!(!title.ends_with('.') && !is_act);
            assert!(advice.is_some_and(|advice| advice.starts_with("Nobody got in. ") && advice.ends_with('.')));
        }
    }
}
