//! From the rules' types to the wire's.

use super::{Reason, wire, wire_email, wire_passkey};
use crate::auth::{self, Account, ActivityPage, AddressInfo, LinkInfo, LinkKind, PasskeyInfo, SessionInfo};
use crate::clock::Timestamp;
use crate::geo;
use crate::risk::{Decision, Signal};
use crate::vault::{ApiKeyInfo, Introspection, PayoutInfo};

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

impl From<AddressInfo> for wire_email::Address {
    fn from(address: AddressInfo) -> Self {
        Self {
            id: address.id.to_string(),
            address: address.email,
            primary: address.is_primary,
            verified: address.verified_at.is_some(),
            added_at: address.added_at.to_rfc3339(),
            verified_at: address.verified_at.map(Timestamp::to_rfc3339),
            code_until: address.code_until.map(Timestamp::to_rfc3339),
        }
    }
}

impl From<LinkInfo> for wire_email::NotMe {
    fn from(link: LinkInfo) -> Self {
        Self {
            kind: match link.kind {
                LinkKind::SignIn => wire_email::NotMeKind::SignIn,
                LinkKind::Passkey => wire_email::NotMeKind::Passkey,
                LinkKind::PasskeyRemoved => wire_email::NotMeKind::PasskeyRemoved,
                LinkKind::PasskeyRenamed => wire_email::NotMeKind::PasskeyRenamed,
                LinkKind::ApiKey => wire_email::NotMeKind::ApiKey,
                LinkKind::EmailAdded => wire_email::NotMeKind::EmailAdded,
                LinkKind::EmailRemoved => wire_email::NotMeKind::EmailRemoved,
                LinkKind::EmailPrimary => wire_email::NotMeKind::EmailPrimary,
                LinkKind::AccountDeletion => wire_email::NotMeKind::AccountDeletion,
                LinkKind::Recovery => wire_email::NotMeKind::Recovery,
            },
            at: auth::day_and_time(link.at),
            until: auth::day_and_time(link.until),
            device: Some(link.device),
            place: link.country,
            network: link.network,
            live: link.is_live,
            used: link.is_used,
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

impl From<auth::PasskeyInFull> for wire_passkey::PasskeyInFull {
    fn from(it: auth::PasskeyInFull) -> Self {
        Self {
            passkey: it.passkey.into(),
            last_used_on: it.last_used_on.map(Into::into),
            last_used_from: it.last_used_from,
            sessions: it.sessions,
            opened_this: it.opened_this,
            is_last: it.is_last,
            blocked: it.blocked,
        }
    }
}

impl From<auth::Signal> for wire_passkey::Signals {
    fn from(signal: auth::Signal) -> Self {
        let none = Self::default();
        match signal {
            auth::Signal::Unknown { rp_id, credential_id } => {
                let signal = wire_passkey::UnknownCredential { rp_id, credential_id };
                Self { signal_unknown_credential: Some(signal), ..none }
            }
            auth::Signal::Accepted { rp_id, user_id, credential_ids: all_accepted_credential_ids } => {
                let signal = wire_passkey::AllAcceptedCredentials { rp_id, user_id, all_accepted_credential_ids };
                Self { signal_all_accepted_credentials: Some(signal), ..none }
            }
            auth::Signal::Details { rp_id, user_id, name, display_name } => {
                let signal = wire_passkey::CurrentUserDetails { rp_id, user_id, name, display_name };
                Self { signal_current_user_details: Some(signal), ..none }
            }
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

impl From<Decision> for wire::Decision {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Allow => Self::Allow,
            Decision::StepUp => Self::StepUp,
        }
    }
}

impl From<auth::Device> for wire::Device {
    fn from(device: auth::Device) -> Self {
        Self {
            browser: device.browser.name().to_owned(),
            os: device.os.name().to_owned(),
            class: device.class.name().to_owned(),
        }
    }
}

impl From<auth::RiskOfEvent> for wire::Risk {
    fn from(risk: auth::RiskOfEvent) -> Self {
        Self {
            score: risk.score,
            threshold: risk.threshold,
            decision: risk.decision.into(),
            signals: risk.signals.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<auth::ActivityEvent> for wire::ActivityEvent {
    fn from(event: auth::ActivityEvent) -> Self {
        Self {
            id: event.id.to_string(),
            at: event.at.to_rfc3339(),
            kind: event.kind,
            outcome: event.outcome,
            reason: event.reason,
            session: event.session.map(|session| wire::SessionOfEvent {
                id: session.id.to_string(),
                current: session.is_current,
                live: session.is_live,
            }),
            passkey: event.passkey,
            device: event.device.map(Into::into),
            network: event.network,
            place: event.country.map(str::to_owned),
            request_id: event.request_id,
            risk: event.risk.map(Into::into),
            disowned: event.is_disowned,
        }
    }
}

impl From<geo::Credit> for wire::Credit {
    fn from(credit: geo::Credit) -> Self {
        Self { text: credit.text.to_owned(), link: credit.link.to_owned() }
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

impl From<Introspection> for wire::Introspection {
    fn from(told: Introspection) -> Self {
        match told {
            Introspection::Inactive => Self::default(),
            Introspection::Session(session) => Self {
                active: true,
                sub: Some(session.account.id.to_string()),
                exp: Some(session.expires_at.0.div_euclid(1000)),
                session: Some(wire::IntrospectedSession {
                    id: session.id.to_string(),
                    binding: session.binding.into(),
                    created_at: session.created_at.to_rfc3339(),
                    expires_at: session.expires_at.to_rfc3339(),
                    stepped_up_until: session.stepped_up_until.map(Timestamp::to_rfc3339),
                }),
                user: Some(wire::IntrospectedUser::Known(session.account.into())),
                api_key: None,
            },
            Introspection::ApiKey { id, name, user_id } => Self {
                active: true,
                sub: Some(user_id.to_string()),
                user: Some(wire::IntrospectedUser::Id { id: user_id.to_string() }),
                api_key: Some(wire::IntrospectedKey { id: id.to_string(), name }),
                ..Self::default()
            },
        }
    }
}

impl From<SessionInfo> for wire::SessionEntry {
    fn from(session: SessionInfo) -> Self {
        let device = session.device.unwrap_or_else(|| auth::Device::of(None, None));
        Self {
            id: session.id.to_string(),
            current: session.is_current,
            device: device.into(),
            network: session.network,
            binding: session.binding.into(),
            created_at: session.created_at.to_rfc3339(),
            last_seen_at: session.last_seen_at.to_rfc3339(),
            expires_at: session.expires_at.to_rfc3339(),
        }
    }
}

/// The answer of `GET /auth/session`.
pub fn current_session(
    current: &auth::CurrentSession,
    threshold: u32,
    recovery_due_at: Option<Timestamp>,
) -> wire::CurrentSession {
    let assessment = current.assessment();
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
            decision: assessment.decision.into(),
            signals: assessment.signals.iter().cloned().map(Into::into).collect(),
        },
        recovery_due_at: recovery_due_at.map(Timestamp::to_rfc3339),
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

/// The answer of `GET /account/email`.
pub fn address_list(addresses: Vec<AddressInfo>, sends_mail: bool) -> wire_email::AddressList {
    wire_email::AddressList { addresses: addresses.into_iter().map(Into::into).collect(), sends_mail }
}

/// The answer of `GET /api-keys`.
pub fn api_key_list(keys: Vec<ApiKeyInfo>) -> wire::ApiKeyList {
    wire::ApiKeyList { api_keys: keys.into_iter().map(Into::into).collect() }
}

/// The answer of `GET /billing/payout`.
pub fn payout_answer(payout: Option<PayoutInfo>) -> wire::PayoutAnswer {
    wire::PayoutAnswer { payout: payout.map(Into::into) }
}

/// The answer of `GET /auth/events`. Whoever made the data of places is named where there is one.
pub fn activity(page: ActivityPage, credits: Vec<geo::Credit>) -> wire::Activity {
    let names_places = page.events.iter().any(|event| event.country.is_some());
    wire::Activity {
        events: page.events.into_iter().map(Into::into).collect(),
        next: page.next.map(|id| id.to_string()),
        credits: credits.into_iter().filter(|_| names_places).map(Into::into).collect(),
    }
}
