//! From the rules' types to the wire's.

use super::{Reason, wire};
use crate::auth::{self, Account, PasskeyInfo, SessionInfo};
use crate::clock::Timestamp;
use crate::risk::Signal;
use crate::vault::{ApiKeyInfo, PayoutInfo};

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

impl From<auth::Binding> for wire::Binding {
    fn from(binding: auth::Binding) -> Self {
        match binding {
            auth::Binding::Cookie => Self::Cookie,
            auth::Binding::DeviceKey => Self::DeviceKey,
            auth::Binding::Dbsc => Self::Dbsc,
        }
    }
}

impl From<Signal> for Reason {
    fn from(signal: Signal) -> Self {
        Self { signal: signal.name.into_owned(), points: signal.points, why: signal.why.into_owned() }
    }
}

impl From<ApiKeyInfo> for wire::ApiKey {
    fn from(key: ApiKeyInfo) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            hint: key.hint,
            created_at: key.created_at.to_rfc3339(),
            last_used_at: key.last_used_at.map(Timestamp::to_rfc3339),
        }
    }
}

impl From<PayoutInfo> for wire::Payout {
    fn from(payout: PayoutInfo) -> Self {
        Self {
            account_holder: payout.account_holder,
            iban: payout.masked_iban,
            updated_at: payout.updated_at.to_rfc3339(),
        }
    }
}

impl From<SessionInfo> for wire::SessionEntry {
    fn from(session: SessionInfo) -> Self {
        let device = session.device.unwrap_or_else(|| auth::Device::of(None, None));
        Self {
            id: session.id.to_string(),
            current: session.is_current,
            device: wire::Device {
                browser: device.browser.name().to_owned(),
                os: device.os.name().to_owned(),
                class: device.class.name().to_owned(),
            },
            network: session.network,
            binding: session.binding.into(),
            created_at: session.created_at.to_rfc3339(),
            last_seen_at: session.last_seen_at.to_rfc3339(),
            expires_at: session.expires_at.to_rfc3339(),
        }
    }
}

/// The answer of `GET /auth/session`.
pub fn current_session(current: &auth::CurrentSession, threshold: u32) -> wire::CurrentSession {
    let assessment = current.assessment();
    let decision = if assessment.needs_step_up() { wire::Decision::StepUp } else { wire::Decision::Allow };
    wire::CurrentSession {
        user: current.account.clone().into(),
        session: wire::Session {
            id: current.id.to_string(),
            binding: current.binding.into(),
            created_at: current.created_at.to_rfc3339(),
            expires_at: current.expires_at.to_rfc3339(),
            idle_expires_at: current.idle_expires_at.to_rfc3339(),
            device_key: current.device_key.clone(),
            rotation_due_at: current.rotation_due_at.map(Timestamp::to_rfc3339),
            stepped_up_until: current.stepped_up_until.map(Timestamp::to_rfc3339),
        },
        risk: wire::Risk {
            score: assessment.score,
            threshold,
            decision,
            signals: assessment.signals.iter().cloned().map(Into::into).collect(),
        },
    }
}

/// The answer of `GET /auth/passkeys`.
pub fn passkey_list(passkeys: Vec<PasskeyInfo>) -> wire::PasskeyList {
    wire::PasskeyList { passkeys: passkeys.into_iter().map(Into::into).collect() }
}

/// The answer of `GET /auth/sessions`.
pub fn session_list(sessions: Vec<SessionInfo>) -> wire::SessionList {
    wire::SessionList { sessions: sessions.into_iter().map(Into::into).collect() }
}

/// The answer of `GET /api-keys`.
pub fn api_key_list(keys: Vec<ApiKeyInfo>) -> wire::ApiKeyList {
    wire::ApiKeyList { api_keys: keys.into_iter().map(Into::into).collect() }
}

/// The answer of `GET /billing/payout`.
pub fn payout_answer(payout: Option<PayoutInfo>) -> wire::PayoutAnswer {
    wire::PayoutAnswer { payout: payout.map(Into::into) }
}
