//! All that is kept of a person, for themselves (GDPR, articles 15 and 20). What only proves something to us is left out: hashes,
//! digests, keys, the inputs that decisions replay from.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Vault;
use super::payout::{HOLDER, IBAN};
use crate::audit::{Event, EventType, Recorded};
use crate::auth::{Action, Caller, CurrentSession, Error, Renewed};
use crate::clock::Timestamp;
use crate::risk::Anchor;
use crate::store::{account_deletions, addresses, of_person, payouts, recovery, users};

/// As many events are read at once.
const PAGE: u64 = 200;

/// What was asked for.
#[derive(Debug)]
pub struct Export {
    /// The session's next token.
    pub renewed: Renewed,
    /// Everything but the events: an object.
    pub kept: Value,
    /// Whose it is, to ask for the events.
    pub person: Uuid,
}

/// Where the next part of the events begins.
pub type Place = (i64, i64);

impl Vault {
    /// All but the events, which may be many. Needs a touch for exactly that.
    pub async fn export(&self, caller: &Caller, current: &CurrentSession) -> Result<Export, Error> {
        let person = current.account.id;
        let change = self.auth.begin_change(caller, current, &Action::AccountExport).await?;
        let event = Event::success(EventType::SensitiveRead).because(Action::AccountExport.name());
        self.record(&change.tx, caller, current, event);
        let renewed = self.auth.commit_change(change).await?;
        Ok(Export { renewed, kept: self.kept(person).await?, person })
    }

    async fn kept(&self, person: Uuid) -> Result<Value, Error> {
        let db = self.store.reader();
        let user = users::find(db, person).await?.ok_or_else(|| Error::Broken("an account is gone".to_owned()))?;
        let payout = payouts::of_user(db, person).await?;
        let payout = payout.map(|row| {
            Ok::<Value, Error>(json!({
                "accountHolder": self.opened(HOLDER, person, &row.account_holder)?,
                "iban": self.opened(IBAN, person, &row.iban)?,
                "updatedAt": time(row.updated_at),
            }))
        });
        Ok(json!({
            "exportedAt": self.clock.now().to_rfc3339(),
            "account": {
                "id": user.id,
                "email": user.email,
                "emailVerifiedAt": user.email_verified_at.map(time),
                "displayName": user.display_name,
                "createdAt": time(user.created_at),
                "signIns": user.sign_ins,
                "recoveredAt": user.recovered_at.map(time),
            },
            "deletion": account_deletions::of_user(db, person).await?.map(|row| json!({
                "askedAt": time(row.asked_at),
                "dueAt": time(row.due_at),
            })),
            "addresses": list(addresses::of_user(db, person).await?, |row| json!({
                "address": row.address,
                "addedAt": time(row.added_at),
                "verifiedAt": row.verified_at.map(time),
                "removedAt": row.removed_at.map(time),
            })),
            "passkeys": list(of_person::credentials(db, person).await?, |row| json!({
                "id": row.id,
                "label": row.label,
                "aaguid": row.aaguid,
                "transports": row.transports,
                "backupEligible": row.backup_eligible,
                "backupState": row.backup_state,
                "signCount": row.sign_count,
                "createdAt": time(row.created_at),
                "lastUsedAt": row.last_used_at.map(time),
                "lastUsedOn": row.last_used_device.as_deref().map(parsed),
                "lastUsedFrom": row.last_used_network,
                "suspendedAt": row.suspended_at.map(time),
            })),
            "recoveryCodes": list(of_person::recovery_codes(db, person).await?, |row| json!({
                "createdAt": time(row.created_at),
                "usedAt": row.used_at.map(time),
            })),
            "recoveries": list(of_person::recoveries(db, person).await?, shown_recovery),
            "sessions": list(of_person::sessions(db, person).await?, |row| json!({
                "id": row.id,
                "passkey": row.credential_id,
                "createdAt": time(row.created_at),
                "expiresAt": time(row.expires_at),
                "lastSeenAt": time(row.last_seen_at),
                "endedAt": row.ended_at.map(time),
                "endReason": row.end_reason,
                "lastNetwork": row.last_network,
                "devices": parsed(&row.devices),
                "networks": parsed(&row.networks),
                "operators": parsed(&row.asns),
                "place": row.anchor.as_deref().and_then(|text| serde_json::from_str::<Anchor>(text).ok()).map(|it| it.place),
            })),
            "browsers": list(of_person::known_devices(db, person).await?, |row| json!({
                "firstSeenAt": time(row.first_seen_at),
                "lastSeenAt": time(row.last_seen_at),
            })),
            "signIns": list(of_person::sign_ins(db, person).await?, |row| json!({
                "at": time(row.at),
                "session": row.session_id,
                "operator": row.asn,
                "place": parsed(&row.place),
            })),
            "decisions": list(of_person::decisions(db, person).await?, |row| json!({
                "at": time(row.created_at),
                "session": row.session_id,
                "requestId": row.request_id,
                "moment": row.moment,
                "decision": row.decision,
                "score": row.score,
                "threshold": row.threshold,
                "signals": parsed(&row.signals),
            })),
            "apiKeys": list(of_person::api_keys(db, person).await?, |row| json!({
                "id": row.id,
                "name": row.name,
                "hint": row.hint,
                "createdAt": time(row.created_at),
                "lastUsedAt": row.last_used_at.map(time),
                "revokedAt": row.revoked_at.map(time),
            })),
            "payout": payout.transpose()?,
        }))
    }

    /// A part of the events, newest first, and where the next begins.
    pub async fn export_events(
        &self,
        person: Uuid,
        before: Option<Place>,
    ) -> Result<(Vec<Value>, Option<Place>), Error> {
        let rows = self.auth.trail().page_of_person(person, &[], before, PAGE).await?;
        let next = rows.last().filter(|_| rows.len() as u64 == PAGE).map(|row| (row.at.0, row.number()));
        Ok((rows.into_iter().map(event).collect(), next))
    }
}

fn shown_recovery(row: recovery::Model) -> Value {
    json!({
        "begunAt": time(row.begun_at),
        "mailCodeShownAt": row.mail_at.map(time),
        "savedCodeShownAt": row.saved_at.map(time),
        "tier": row.tier,
        "dueAt": row.due_at.map(time),
        "endsAt": time(row.ends_at),
        "ended": row.ended,
        "endedAt": row.ended_at.map(time),
    })
}

fn event(row: Recorded) -> Value {
    json!({
        "at": row.at.to_rfc3339(),
        "kind": row.kind,
        "outcome": row.outcome,
        "reason": row.reason,
        "requestId": row.request_id,
        "traceId": row.trace_id,
        "score": row.score,
        "details": row.details,
    })
}

fn time(at: i64) -> String {
    Timestamp(at).to_rfc3339()
}

fn parsed(column: &str) -> Value {
    serde_json::from_str(column).unwrap_or_default()
}

fn list<T>(rows: Vec<T>, shown: impl FnMut(T) -> Value) -> Value {
    rows.into_iter().map(shown).collect()
}
