//! What other systems hear of sessions and credentials, in the words of OpenID CAEP 1.0: the claims of a Security Event Token (RFC 8417),
//! with subjects as in RFC 9493 and Shared Signals 1.0. The webhook that carries them is what is signed.

use serde_json::{Map, Value, json};

use crate::audit::{EventType, Recorded};

/// The name of the event, and its claims. `None` for what CAEP has no word for, and for what nobody can read any more.
pub fn caep(event: &Recorded, issuer: &str) -> Option<(&'static str, Value)> {
    let kind = EventType::parse(&event.kind)?;
    let uri = kind.caep()?;
    let details = event.details.as_ref()?;
    let user = details.user?;
    let seconds = event.at.0 / 1000;
    let mut told = Map::new();
    told.insert("event_timestamp".to_owned(), json!(seconds));
    told.insert("initiating_entity".to_owned(), json!(initiator(kind, event.reason.as_deref())));
    if let Some(reason) = &event.reason {
        told.insert("reason_admin".to_owned(), json!({ "en": reason }));
    }
    if let Some((credential, change)) = credential_change(kind) {
        told.insert("credential_type".to_owned(), json!(credential));
        told.insert("change_type".to_owned(), json!(change));
    }
    if let Some(change) = &details.level {
        told.insert("principal".to_owned(), json!(change.principal));
        told.insert("previous_level".to_owned(), json!(change.previous_level));
        told.insert("current_level".to_owned(), json!(change.current_level));
    }
    let opaque = |id: uuid::Uuid| json!({ "format": "opaque", "id": id });
    let mut subject = Map::new();
    subject.insert("format".to_owned(), json!("complex"));
    subject.insert("user".to_owned(), opaque(user));
    if let Some(session) = details.session {
        subject.insert("session".to_owned(), opaque(session));
    }
    // CAEP has no member for which of a person's credentials it is.
    let credential = details.credential.or(details.api_key);
    let mut claims = json!({
        "iss": issuer,
        "jti": format!("{}:{}:{}", event.chain, event.seq, event.request_id),
        "iat": seconds,
        "txn": event.request_id,
        "sub_id": subject,
        "events": { uri: told },
    });
    if let (Some(id), Some(claims)) = (credential, claims.as_object_mut()) {
        claims.insert("credential".to_owned(), json!(id));
    }
    Some((uri.rsplit('/').next().unwrap_or(uri), claims))
}

/// Who brought it about (CAEP 1.0 §2, `initiating_entity`).
fn initiator(kind: EventType, reason: Option<&str>) -> &'static str {
    match (kind, reason) {
        (_, Some("restored")) => "system",
        (EventType::SessionRevoked, Some("operator")) => "admin",
        (EventType::SessionRevoked, Some("limit" | "replayed" | "binding_violated" | "split"))
        | (EventType::CredentialDeleted, Some("suspended"))
        | (EventType::CredentialSuspended | EventType::RiskLevelChanged, _) => "policy",
        _ => "user",
    }
}

/// What became of which kind of credential (CAEP 1.0 §3.3.1). Its list names where a FIDO credential lives, which nobody can know of one
/// that is synced; it allows other words.
fn credential_change(kind: EventType) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        EventType::CredentialCreated => ("passkey", "create"),
        EventType::CredentialUpdated | EventType::CredentialRestored => ("passkey", "update"),
        EventType::CredentialDeleted => ("passkey", "delete"),
        EventType::CredentialSuspended => ("passkey", "revoke"),
        EventType::AuthnTokenCreated => ("api-key", "create"),
        EventType::AuthnTokenRevoked => ("api-key", "revoke"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::audit::Details;
    use crate::clock::Timestamp;

    fn event(kind: EventType, details: Option<Details>) -> Recorded {
        Recorded {
            chain: 3,
            seq: 7,
            at: Timestamp(1_795_376_096_789),
            kind: kind.as_str().to_owned(),
            outcome: "success".to_owned(),
            reason: None,
            score: 0,
            request_id: "r".to_owned(),
            trace_id: None,
            details,
        }
    }

    #[test]
    fn what_caep_demands_of_a_kind_is_there() {
        for kind in EventType::ALL {
            let details = Details { user: Some(Uuid::from_u128(1)), ..Details::default() };
            let told = caep(&event(*kind, Some(details)), "https://login.example.com");
            assert_eq!(told.is_some(), kind.caep().is_some(), "{kind:?}");
            let Some((name, claims)) = told else { continue };
            let uri = format!("https://schemas.openid.net/secevent/caep/event-type/{name}");
            let event = &claims["events"][&uri];
            assert_eq!(event["event_timestamp"], 1_795_376_096, "{kind:?}");
            let has_change = event["credential_type"].is_string() && event["change_type"].is_string();
            assert_eq!(has_change, name == "credential-change", "{kind:?}");
        }
    }

    #[test]
    fn what_is_about_nobody_or_cannot_be_read_is_not_told() {
        assert_eq!(caep(&event(EventType::SessionRevoked, None), "i"), None);
        assert_eq!(caep(&event(EventType::SessionRevoked, Some(Details::default())), "i"), None);
    }
}
