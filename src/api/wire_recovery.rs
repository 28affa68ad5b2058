//! The JSON about recovery.

use serde::{Deserialize, Serialize};

/// Answer of `POST /auth/recovery/start` and `POST /auth/recovery/restore/verify`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecoveryBegun {
    /// Always true.
    pub ok: bool,
    /// Names the recovery in the other calls. Whoever holds it can go on with it, so keep it as you would a password.
    pub token: String,
}

/// Where a recovery stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryStatus {
    /// Always true.
    pub ok: bool,
    /// `begun`, `waiting`, `ready`, `completed`, `stopped` or `expired`.
    pub stage: String,
    /// Which methods were shown: `mail`, `saved_code`.
    pub shown: Vec<String>,
    /// Until when the code in the mail works.
    pub mail_until: String,
    /// Whether it brings a suspended passkey back, rather than making a new one.
    pub restores: bool,
    /// The wait, once both were shown.
    pub wait: Option<RecoveryWait>,
}

/// The wait of a recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryWait {
    /// `known_device` or `new_device`.
    pub tier: String,
    /// Since when.
    pub since: String,
    /// From when on it can be completed.
    pub due_at: String,
    /// Until when.
    pub ends_at: String,
}

/// Answer of `POST /account/recovery-codes`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecoveryCodes {
    /// Always true.
    pub ok: bool,
    /// The codes. They are not kept here, so nobody sees them again.
    pub codes: Vec<String>,
    /// The same, a line each.
    pub text: String,
}

#[cfg(feature = "ssr")]
impl From<crate::auth::RecoveryInfo> for RecoveryStatus {
    fn from(info: crate::auth::RecoveryInfo) -> Self {
        Self {
            ok: true,
            stage: info.stage.as_str().to_owned(),
            shown: info.shown.iter().map(|(method, _)| method.as_str().to_owned()).collect(),
            mail_until: info.mail_until.to_rfc3339(),
            restores: info.restores,
            wait: info.wait.map(|wait| RecoveryWait {
                tier: wait.tier.as_str().to_owned(),
                since: wait.since.to_rfc3339(),
                due_at: wait.due.to_rfc3339(),
                ends_at: wait.until.to_rfc3339(),
            }),
        }
    }
}
