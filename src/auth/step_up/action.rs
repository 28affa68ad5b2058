//! What a touch can be for. A touch for one of these, with its parameters, is good for nothing else.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{Refusal, identity};
use super::payout::PayoutDetails;

/// An action that needs a fresh assertion, with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go on with a session that looks different than before.
    SessionContinue,
    /// Add a passkey to the account.
    PasskeyAdd,
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
            "session_revoke" => Some(Self::SessionRevoke(Which::parse(params.id, params.others)?)),
            "session_disown" => Some(Self::SessionDisown(params.id?)),
            "api_key_create" => Self::api_key_create(&params.name?).ok(),
            "api_key_revoke" => Some(Self::ApiKeyRevoke(params.id?)),
            "payout_update" => {
                Some(Self::PayoutUpdate(PayoutDetails::parse(&params.account_holder?, &params.iban?).ok()?))
            }
            _ => None,
        }
    }

    /// Making an API key of this name, if it can be one.
    pub fn api_key_create(name: &str) -> Result<Self, Refusal> {
        identity::parse_name(Some(name), Refusal::ApiKeyNameInvalid)?
            .map(Self::ApiKeyCreate)
            .ok_or(Refusal::ApiKeyNameInvalid)
    }

    /// Its name on the wire and in the audit trail.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SessionContinue => "session_continue",
            Self::PasskeyAdd => "passkey_add",
            Self::SessionRevoke(_) => "session_revoke",
            Self::SessionDisown(_) => "session_disown",
            Self::ApiKeyCreate(_) => "api_key_create",
            Self::ApiKeyRevoke(_) => "api_key_revoke",
            Self::PayoutUpdate(_) => "payout_update",
        }
    }

    /// Its parameters on the wire: their one spelling, whatever the spelling they came in.
    pub fn params(&self) -> Value {
        match self {
            Self::SessionContinue | Self::PasskeyAdd => json!({}),
            Self::SessionRevoke(Which::One(id)) | Self::SessionDisown(id) | Self::ApiKeyRevoke(id) => {
                json!({ "id": id.to_string() })
            }
            Self::SessionRevoke(Which::Others) => json!({ "others": true }),
            Self::ApiKeyCreate(name) => json!({ "name": name }),
            Self::PayoutUpdate(details) => {
                json!({ "accountHolder": details.account_holder(), "iban": details.iban() })
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
            Action::SessionRevoke(Which::One(id)),
            Action::SessionRevoke(Which::Others),
            Action::SessionDisown(id),
            Action::ApiKeyRevoke(id),
            Action::ApiKeyCreate("backup".into()),
            Action::ApiKeyCreate("Backup".into()),
            payout("Ada", "NO9386011117947"),
            payout("Ada Lovelace", "NO9386011117947"),
            payout("Ada", "GB29NWBK60161331926819"),
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
            ("session_disown", r#"{"others":true}"#),
            ("api_key_create", r#"{"name":""}"#),
            ("api_key_create", r#"{"name":7}"#),
            ("api_key_revoke", "[]"),
            ("payout_update", r#"{"accountHolder":"Ada"}"#),
            ("payout_update", r#"{"iban":"NO9386011117947"}"#),
            ("payout_update", r#"{"accountHolder":"Ada","iban":"NO9386011117948"}"#),
            ("payout_update", r#"{"accountHolder":" ","iban":"NO9386011117947"}"#),
            ("session_continue", "null"),
            ("session_continue", "[]"),
        ] {
            assert_eq!(Action::parse(name, params), None, "{name} {params}");
        }
    }
}
