//! What a touch can be for. A touch for one of these, with its parameters, is good for nothing else.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{Refusal, identity};
use super::payout::PayoutDetails;

/// A note to an alert is no report.
const NOTE_LIMIT: usize = 200;
/// A part of an app is named by its path.
const AREA_LIMIT: usize = 200;

/// An action that needs a fresh assertion, with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go on with a session that looks different than before.
    SessionContinue,
    /// Add a passkey to the account.
    PasskeyAdd,
    /// Remove one from it.
    PasskeyRemove(Uuid),
    /// End sessions other than the present one.
    SessionRevoke(Which),
    /// End a session that was somebody else's.
    SessionDisown(Uuid),
    /// Make an API key of this name.
    ApiKeyCreate(String),
    /// End an API key.
    ApiKeyRevoke(Uuid),
    /// Have money paid to this account from now on.
    PayoutUpdate(PayoutDetails),
    /// See all that is kept of the person.
    AccountExport,
    /// Have the account deleted.
    AccountDelete,
    /// Make new recovery codes.
    RecoveryCodesCreate,
    /// Add a mail address to the account.
    EmailAdd(String),
    /// Take a mail address off it.
    EmailRemove(Uuid),
    /// Make a mail address its main one.
    EmailPrimary(Uuid),
    /// Look at the console of operators for a while.
    AdminOpen,
    /// Use this part of an app for a while.
    AppOpen(String),
    /// Say that an alert was seen to, and what was found.
    AlertAcknowledge {
        /// Which.
        id: Uuid,
        /// A few words.
        note: Option<String>,
    },
    /// End sessions of somebody, as an operator.
    AdminSessionRevoke {
        /// Whose.
        user: Uuid,
        /// Which of them.
        which: WhoseSessions,
    },
}

/// Which of somebody's sessions an operator ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhoseSessions {
    /// This one.
    One(Uuid),
    /// All of them.
    All,
}

/// Which sessions to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// This one.
    One(Uuid),
    /// All but the present one.
    Others,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Params {
    id: Option<Uuid>,
    others: bool,
    name: Option<String>,
    account_holder: Option<String>,
    iban: Option<String>,
    address: Option<String>,
    note: Option<String>,
    user: Option<Uuid>,
    all: bool,
    area: Option<String>,
}

impl WhoseSessions {
    /// Exactly one of the two must be said.
    pub fn parse(id: Option<Uuid>, all: bool) -> Option<Self> {
        match (id, all) {
            (Some(id), false) => Some(Self::One(id)),
            (None, true) => Some(Self::All),
            _ => None,
        }
    }
}

impl Which {
    /// Exactly one of the two must be said.
    pub fn parse(id: Option<Uuid>, others: bool) -> Option<Self> {
        match (id, others) {
            (Some(id), false) => Some(Self::One(id)),
            (None, true) => Some(Self::Others),
            _ => None,
        }
    }
}

impl Action {
    /// From the wire. `None` if there is no such action, or its parameters are not those it takes.
    pub fn parse(name: &str, params: &str) -> Option<Self> {
        // serde would also take a list, by position.
        if !params.trim_ascii_start().starts_with('{') {
            return None;
        }
        let params: Params = serde_json::from_str(params).ok()?;
        match name {
            "session_continue" => Some(Self::SessionContinue),
            "passkey_add" => Some(Self::PasskeyAdd),
            "passkey_remove" => Some(Self::PasskeyRemove(params.id?)),
            "session_revoke" => Some(Self::SessionRevoke(Which::parse(params.id, params.others)?)),
            "session_disown" => Some(Self::SessionDisown(params.id?)),
            "account_export" => Some(Self::AccountExport),
            "account_delete" => Some(Self::AccountDelete),
            "recovery_codes_create" => Some(Self::RecoveryCodesCreate),
            "api_key_create" => Self::api_key_create(&params.name?).ok(),
            "api_key_revoke" => Some(Self::ApiKeyRevoke(params.id?)),
            "payout_update" => {
                Some(Self::PayoutUpdate(PayoutDetails::parse(&params.account_holder?, &params.iban?).ok()?))
            }
            "email_add" => identity::parse_email(&params.address?).ok().map(Self::EmailAdd),
            "email_remove" => Some(Self::EmailRemove(params.id?)),
            "email_primary" => Some(Self::EmailPrimary(params.id?)),
            "admin_open" => Some(Self::AdminOpen),
            "app_open" => {
                identity::parse_text(&params.area?, AREA_LIMIT, Refusal::NoteInvalid).ok()?.map(Self::AppOpen)
            }
            "alert_acknowledge" => Self::alert_acknowledge(params.id?, params.note.as_deref()).ok(),
            "admin_session_revoke" => Some(Self::AdminSessionRevoke {
                user: params.user?,
                which: WhoseSessions::parse(params.id, params.all)?,
            }),
            _ => None,
        }
    }

    /// Making an API key of this name, if it can be one.
    pub fn api_key_create(name: &str) -> Result<Self, Refusal> {
        identity::parse_name(Some(name), Refusal::ApiKeyNameInvalid)?
            .map(Self::ApiKeyCreate)
            .ok_or(Refusal::ApiKeyNameInvalid)
    }

    /// Saying that an alert was seen to, with a note that can be kept.
    pub fn alert_acknowledge(id: Uuid, note: Option<&str>) -> Result<Self, Refusal> {
        let note = identity::parse_text(note.unwrap_or_default(), NOTE_LIMIT, Refusal::NoteInvalid)?;
        Ok(Self::AlertAcknowledge { id, note })
    }

    /// Whether only operators know of it.
    pub(in crate::auth) fn is_operators(&self) -> bool {
        matches!(self, Self::AdminOpen | Self::AlertAcknowledge { .. } | Self::AdminSessionRevoke { .. })
    }

    /// Whether the touch opens something for a while, and is not spent.
    pub(in crate::auth) fn is_opening(&self) -> bool {
        matches!(self, Self::AdminOpen | Self::AppOpen(_))
    }

    /// Whether it has to wait after a recovery: it gives or takes something that could not be had back.
    pub(in crate::auth) fn is_held(&self) -> bool {
        match self {
            Self::PasskeyAdd
            | Self::ApiKeyCreate(_)
            | Self::PayoutUpdate(_)
            | Self::PasskeyRemove(_)
            | Self::AccountExport
            | Self::AccountDelete
            | Self::EmailAdd(_)
            | Self::EmailRemove(_)
            | Self::EmailPrimary(_)
            | Self::AdminOpen
            | Self::AppOpen(_)
            | Self::AlertAcknowledge { .. }
            | Self::AdminSessionRevoke { .. } => true,
            // Whoever was recovered needs new codes at once, and ending what is not theirs is never too early.
            Self::RecoveryCodesCreate
            | Self::SessionContinue
            | Self::SessionRevoke(_)
            | Self::SessionDisown(_)
            | Self::ApiKeyRevoke(_) => false,
        }
    }

    /// Its name on the wire and in the audit trail.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SessionContinue => "session_continue",
            Self::PasskeyAdd => "passkey_add",
            Self::PasskeyRemove(_) => "passkey_remove",
            Self::SessionRevoke(_) => "session_revoke",
            Self::SessionDisown(_) => "session_disown",
            Self::ApiKeyCreate(_) => "api_key_create",
            Self::ApiKeyRevoke(_) => "api_key_revoke",
            Self::PayoutUpdate(_) => "payout_update",
            Self::AccountExport => "account_export",
            Self::AccountDelete => "account_delete",
            Self::RecoveryCodesCreate => "recovery_codes_create",
            Self::EmailAdd(_) => "email_add",
            Self::EmailRemove(_) => "email_remove",
            Self::EmailPrimary(_) => "email_primary",
            Self::AdminOpen => "admin_open",
            Self::AppOpen(_) => "app_open",
            Self::AlertAcknowledge { .. } => "alert_acknowledge",
            Self::AdminSessionRevoke { .. } => "admin_session_revoke",
        }
    }

    /// Its parameters on the wire: their one spelling, whatever the spelling they came in.
    pub fn params(&self) -> Value {
        match self {
            Self::SessionContinue
            | Self::PasskeyAdd
            | Self::AccountExport
            | Self::AccountDelete
            | Self::RecoveryCodesCreate
            | Self::AdminOpen => json!({}),
            Self::SessionRevoke(Which::One(id))
            | Self::PasskeyRemove(id)
            | Self::SessionDisown(id)
            | Self::ApiKeyRevoke(id)
            | Self::EmailRemove(id)
            | Self::EmailPrimary(id)
            | Self::AlertAcknowledge { id, note: None } => json!({ "id": id.to_string() }),
            Self::EmailAdd(address) => json!({ "address": address }),
            Self::AppOpen(area) => json!({ "area": area }),
            Self::SessionRevoke(Which::Others) => json!({ "others": true }),
            Self::ApiKeyCreate(name) => json!({ "name": name }),
            Self::PayoutUpdate(details) => {
                json!({ "accountHolder": details.account_holder(), "iban": details.iban() })
            }
            Self::AlertAcknowledge { id, note: Some(note) } => json!({ "id": id.to_string(), "note": note }),
            Self::AdminSessionRevoke { user, which: WhoseSessions::One(id) } => {
                json!({ "user": user.to_string(), "id": id.to_string() })
            }
            Self::AdminSessionRevoke { user, which: WhoseSessions::All } => {
                json!({ "user": user.to_string(), "all": true })
            }
        }
    }

    /// Says this action with these parameters and no other.
    pub(in crate::auth) fn spelling(&self) -> String {
        // A name has no NUL in it, so name and parameters cannot run into each other.
        format!("{}\0{}", self.name(), self.params())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payout(account_holder: &str, iban: &str) -> Action {
        Action::PayoutUpdate(PayoutDetails::parse(account_holder, iban).expect("in order"))
    }

    #[test]
    fn an_action_has_one_spelling_and_no_two_have_the_same() {
        let id = Uuid::from_u128(7);
        let actions = [
            Action::SessionContinue,
            Action::PasskeyAdd,
            Action::AccountExport,
            Action::AccountDelete,
            Action::RecoveryCodesCreate,
            Action::SessionRevoke(Which::One(id)),
            Action::SessionRevoke(Which::Others),
            Action::PasskeyRemove(id),
            Action::SessionDisown(id),
            Action::ApiKeyRevoke(id),
            Action::ApiKeyCreate("backup".into()),
            Action::ApiKeyCreate("Backup".into()),
            Action::AdminOpen,
            Action::AppOpen("/admin".into()),
            Action::AppOpen("app.example/admin".into()),
            Action::AlertAcknowledge { id, note: None },
            Action::AlertAcknowledge { id, note: Some("was me".into()) },
            Action::AdminSessionRevoke { user: id, which: WhoseSessions::All },
            Action::AdminSessionRevoke { user: id, which: WhoseSessions::One(id) },
            Action::AdminSessionRevoke { user: Uuid::from_u128(8), which: WhoseSessions::One(id) },
            payout("Ada", "NO9386011117947"),
            payout("Ada Lovelace", "NO9386011117947"),
            payout("Ada", "GB29NWBK60161331926819"),
            Action::EmailAdd("ada@example.test".into()),
            Action::EmailAdd("ada@example.com".into()),
            Action::EmailRemove(id),
            Action::EmailPrimary(id),
        ];
        for (index, action) in actions.iter().enumerate() {
            let again = Action::parse(action.name(), &action.params().to_string());
            assert_eq!(again.as_ref(), Some(action));
            assert!(
                actions.iter().skip(index + 1).all(|other| other.spelling() != action.spelling()),
                "{action:?}"
            );
        }
        let spelt = Action::parse("api_key_create", r#"{ "name": "  backup ", "more": 1 }"#);
        assert_eq!(spelt, Some(Action::ApiKeyCreate("backup".into())));
        let spelt = Action::parse("email_add", r#"{ "address": " Ada@Example.TEST " }"#);
        assert_eq!(spelt, Some(Action::EmailAdd("ada@example.test".into())));
        let spelt =
            Action::parse("payout_update", r#"{ "iban": "no93 8601 1117 947", "accountHolder": " Ada " }"#);
        assert_eq!(spelt, Some(payout("Ada", "NO9386011117947")));
    }

    #[test]
    fn what_is_no_action_is_none() {
        for (name, params) in [
            ("", "{}"),
            ("account_burn", "{}"),
            ("session_revoke", "{}"),
            ("session_revoke", r#"{"id":"00000000-0000-0000-0000-000000000007","others":true}"#),
            ("session_revoke", r#"{"id":"seven"}"#),
            ("session_revoke", r#"{"others":false}"#),
            ("passkey_remove", "{}"),
            ("session_disown", r#"{"others":true}"#),
            ("api_key_create", r#"{"name":""}"#),
            ("api_key_create", r#"{"name":7}"#),
            ("api_key_revoke", "[]"),
            ("payout_update", r#"{"accountHolder":"Ada"}"#),
            ("payout_update", r#"{"iban":"NO9386011117947"}"#),
            ("payout_update", r#"{"accountHolder":"Ada","iban":"NO9386011117948"}"#),
            ("payout_update", r#"{"accountHolder":" ","iban":"NO9386011117947"}"#),
            ("email_add", r#"{"address":"ada"}"#),
            ("email_add", "{}"),
            ("app_open", "{}"),
            ("app_open", r#"{"area":" "}"#),
            ("email_remove", r#"{"address":"ada@example.test"}"#),
            ("alert_acknowledge", "{}"),
            ("admin_session_revoke", r#"{"all":true}"#),
            ("admin_session_revoke", r#"{"user":"00000000-0000-0000-0000-000000000007"}"#),
            ("session_continue", "null"),
            ("session_continue", "[]"),
        ] {
            assert_eq!(Action::parse(name, params), None, "{name} {params}");
        }
    }
}
