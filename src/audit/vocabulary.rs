//! What our events are in the words of others: how grave they are, what OWASP's logging vocabulary calls them, and what OpenID CAEP.
//! Every table is an exhaustive `match`, so a new kind of event does not compile without its words.

use super::event::EventType;

/// How grave an event is. The numbers are OCSF's `severity_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing to do.
    Informational = 1,
    /// Worth a look where there are many.
    Low = 2,
    /// Worth a look.
    Medium = 3,
    /// Somebody else may have been in an account.
    High = 4,
}

impl Severity {
    /// OCSF's caption of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }
}

impl EventType {
    /// From the `event_type` column. `None`: another version has written it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }

    /// How grave it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::UserCreated
            | Self::AuthnLoginSuccess
            | Self::SessionRevoked
            | Self::SessionRenewed
            | Self::SessionBound
            | Self::SessionExtended
            | Self::AuthnStepUpRequired
            | Self::AuthnStepUpSuccess
            | Self::RiskEval
            | Self::EmailCodeSent
            | Self::RecoveryApproved
            | Self::AuthzAdmin
            | Self::AuditRetentionApplied => Severity::Informational,
            Self::UserCreateFail
            | Self::UserDeleted
            | Self::UserDeletionRequested
            | Self::UserDeletionCancelled
            | Self::AuthnLoginFail
            | Self::AuthnStepUpFail
            | Self::SessionBindFail
            | Self::AuthzFail
            | Self::ExcessRateLimitExceeded
            | Self::RiskLevelChanged
            | Self::CredentialCreated
            | Self::CredentialUpdated
            | Self::CredentialDeleted
            | Self::CredentialBackupEligibilityChanged
            | Self::AuthnTokenCreated
            | Self::AuthnTokenRevoked
            | Self::PayoutChanged
            | Self::SensitiveRead
            | Self::EmailCodeFail
            | Self::EmailVerified
            | Self::EmailRemoved
            | Self::EmailChanged
            | Self::RecoveryCodesCreated
            | Self::RecoveryStarted
            | Self::RecoveryFail
            | Self::RecoveryStopped => Severity::Low,
            Self::CredentialSuspended
            | Self::CredentialRestored
            | Self::RecoveryWaiting
            | Self::RecoveryCompleted
            | Self::AuthnProofFail
            | Self::CredentialCounterRegressed
            | Self::PrivilegePermissionsChanged => Severity::Medium,
            Self::AuthnTokenReuse
            | Self::SessionDisowned
            | Self::SessionSplit
            | Self::SessionBindingViolated
            | Self::SysMonitorDisabled
            | Self::SysRestored => Severity::High,
        }
    }

    /// The word of OWASP's logging vocabulary, where it has one of this meaning.
    pub const fn owasp(self) -> Option<&'static str> {
        match self {
            Self::UserCreated => Some("user_created"),
            Self::UserDeleted => Some("user_deleted"),
            Self::AuthnLoginSuccess => Some("authn_login_success"),
            Self::AuthnLoginFail => Some("authn_login_fail"),
            Self::SessionRenewed => Some("session_renewed"),
            Self::AuthnTokenReuse => Some("authn_token_reuse"),
            Self::AuthnTokenCreated => Some("authn_token_created"),
            Self::AuthnTokenRevoked => Some("authn_token_revoked"),
            Self::AuthzFail => Some("authz_fail"),
            Self::ExcessRateLimitExceeded => Some("excess_rate_limit_exceeded"),
            Self::PrivilegePermissionsChanged => Some("privilege_permissions_changed"),
            Self::AuthzAdmin => Some("authz_admin"),
            Self::SysMonitorDisabled => Some("sys_monitor_disabled"),
            Self::SensitiveRead => Some("sensitive_read"),
            Self::UserCreateFail
            | Self::UserDeletionRequested
            | Self::UserDeletionCancelled
            | Self::SessionRevoked
            | Self::SessionBound
            | Self::SessionExtended
            | Self::SessionBindFail
            | Self::SessionDisowned
            | Self::SessionSplit
            | Self::SessionBindingViolated
            | Self::AuthnProofFail
            | Self::AuthnStepUpRequired
            | Self::AuthnStepUpSuccess
            | Self::AuthnStepUpFail
            | Self::RiskEval
            | Self::RiskLevelChanged
            | Self::CredentialCreated
            | Self::CredentialUpdated
            | Self::CredentialDeleted
            | Self::CredentialCounterRegressed
            | Self::CredentialBackupEligibilityChanged
            | Self::PayoutChanged
            | Self::EmailCodeSent
            | Self::EmailCodeFail
            | Self::EmailVerified
            | Self::EmailRemoved
            | Self::EmailChanged
            | Self::CredentialSuspended
            | Self::CredentialRestored
            | Self::RecoveryCodesCreated
            | Self::RecoveryStarted
            | Self::RecoveryApproved
            | Self::RecoveryWaiting
            | Self::RecoveryFail
            | Self::RecoveryStopped
            | Self::RecoveryCompleted
            | Self::SysRestored
            | Self::AuditRetentionApplied => None,
        }
    }

    /// The event type of CAEP 1.0 that tells a receiver the same, where there is one. What only accompanies a `session_revoked` of its
    /// own has none: a receiver would hear of one end twice.
    pub const fn caep(self) -> Option<&'static str> {
        match self {
            Self::UserCreated | Self::AuthnLoginSuccess => {
                Some("https://schemas.openid.net/secevent/caep/event-type/session-established")
            }
            Self::SessionRevoked => Some("https://schemas.openid.net/secevent/caep/event-type/session-revoked"),
            Self::CredentialCreated
            | Self::CredentialUpdated
            | Self::CredentialDeleted
            | Self::CredentialSuspended
            | Self::CredentialRestored
            | Self::AuthnTokenCreated
            | Self::AuthnTokenRevoked => {
                Some("https://schemas.openid.net/secevent/caep/event-type/credential-change")
            }
            Self::RiskLevelChanged => {
                Some("https://schemas.openid.net/secevent/caep/event-type/risk-level-change")
            }
            Self::UserCreateFail
            | Self::UserDeleted
            | Self::UserDeletionRequested
            | Self::UserDeletionCancelled
            | Self::AuthnLoginFail
            | Self::SessionRenewed
            | Self::RiskEval
            | Self::AuthnTokenReuse
            | Self::SessionBound
            | Self::SessionExtended
            | Self::SessionBindFail
            | Self::SessionDisowned
            | Self::SessionSplit
            | Self::SessionBindingViolated
            | Self::AuthnProofFail
            | Self::AuthnStepUpRequired
            | Self::AuthnStepUpSuccess
            | Self::AuthnStepUpFail
            | Self::PayoutChanged
            | Self::SensitiveRead
            | Self::EmailCodeSent
            | Self::EmailCodeFail
            | Self::EmailVerified
            | Self::EmailRemoved
            | Self::EmailChanged
            | Self::RecoveryCodesCreated
            | Self::RecoveryStarted
            | Self::RecoveryApproved
            | Self::RecoveryWaiting
            | Self::RecoveryFail
            | Self::RecoveryStopped
            | Self::RecoveryCompleted
            | Self::CredentialCounterRegressed
            | Self::CredentialBackupEligibilityChanged
            | Self::AuthzFail
            | Self::ExcessRateLimitExceeded
            | Self::PrivilegePermissionsChanged
            | Self::AuthzAdmin
            | Self::SysMonitorDisabled
            | Self::SysRestored
            | Self::AuditRetentionApplied => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_as_its_kind_and_as_no_other() {
        for kind in EventType::ALL {
            assert_eq!(EventType::parse(kind.as_str()), Some(*kind));
        }
        assert_eq!(EventType::parse("user_created "), None);
    }

    #[test]
    fn owasps_words_are_ours_so_that_nobody_looks_for_them_in_vain() {
        for kind in EventType::ALL {
            assert!(kind.owasp().is_none_or(|word| word == kind.as_str()), "{kind:?}");
        }
    }
}
