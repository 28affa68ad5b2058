//! From the rules' types to the wire's.

use super::wire;
use crate::auth::{self, Account, PasskeyInfo};
use crate::clock::Timestamp;

/// The article's threshold: at this score a step-up is asked for.
const RISK_THRESHOLD: u32 = 60;

impl From<Account> for wire::User {
    fn from(account: Account) -> Self {
        Self {
            id: account.id.to_string(),
            email: account.email,
            email_verified: account.email_verified,
            display_name: account.display_name,
        }
    }
}

impl From<PasskeyInfo> for wire::Passkey {
    fn from(passkey: PasskeyInfo) -> Self {
        Self {
            id: passkey.id.to_string(),
            label: passkey.label,
            provider: passkey.provider.map(str::to_owned),
            aaguid: passkey.aaguid.to_string(),
            transports: passkey.transports,
            backup_eligible: passkey.backup_eligible,
            backup_state: passkey.backup_state,
            created_at: passkey.created_at.to_rfc3339(),
            last_used_at: passkey.last_used_at.map(Timestamp::to_rfc3339),
        }
    }
}

/// The answer of `GET /auth/session`.
pub fn current_session(current: auth::CurrentSession) -> wire::CurrentSession {
    wire::CurrentSession {
        user: current.account.into(),
        session: wire::Session {
            id: current.id.to_string(),
            binding: wire::Binding::Cookie,
            created_at: current.created_at.to_rfc3339(),
            expires_at: current.expires_at.to_rfc3339(),
            idle_expires_at: current.idle_expires_at.to_rfc3339(),
        },
        risk: wire::Risk {
            score: 0,
            threshold: RISK_THRESHOLD,
            decision: wire::Decision::Allow,
            signals: Vec::new(),
        },
    }
}

/// The answer of `GET /auth/passkeys`.
pub fn passkey_list(passkeys: Vec<PasskeyInfo>) -> wire::PasskeyList {
    wire::PasskeyList { passkeys: passkeys.into_iter().map(Into::into).collect() }
}
