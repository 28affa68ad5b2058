//! 1Password's passkey-rs as the browser and its passkey manager: an implementation that knows nothing of ours.

use std::sync::{Arc, Mutex};

use passkey::authenticator::{
    Authenticator, CredentialStore, DiscoverabilitySupport, StoreInfo, UiHint, UserCheck, UserValidationMethod,
};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::make_credential::{
    Options, PublicKeyCredentialRpEntity, PublicKeyCredentialUserEntity,
};
use passkey::types::ctap2::{Aaguid, Ctap2Error, StatusCode};
use passkey::types::webauthn::{
    CredentialCreationOptions, CredentialRequestOptions, PublicKeyCredentialDescriptor,
};
use serde_json::{Value, json};
use url::Url;

use super::ORIGIN;

/// Holds passkeys of several accounts; a person picks one when asked without a name.
#[derive(Clone, Default)]
pub struct Wallet {
    pub keys: Arc<Mutex<Vec<Passkey>>>,
    /// The account (its `user.name`) that the person picks; the newest if none.
    pub picked: Option<String>,
    /// Whether new passkeys count their signatures.
    pub counts: bool,
}

impl Wallet {
    /// `navigator.credentials.create()`, in JSON.
    pub async fn create(&self, options: &Value) -> Value {
        let options: CredentialCreationOptions = serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let mut authenticator = Authenticator::new(Aaguid::new_empty(), self.clone(), Person, RustCryptoBackend);
        authenticator.set_make_credentials_with_signature_counter(self.counts);
        let mut client = Client::new(authenticator).allows_insecure_localhost(true);
        let origin: Url = ORIGIN.parse().unwrap();
        let made = client.register(&origin, options, DefaultClientData).await.expect("a passkey");
        serde_json::to_value(made).unwrap()
    }

    /// `navigator.credentials.get()`, in JSON.
    pub async fn get(&self, options: &Value) -> Value {
        let options: CredentialRequestOptions = serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let authenticator = Authenticator::new(Aaguid::new_empty(), self.clone(), Person, RustCryptoBackend);
        let mut client = Client::new(authenticator).allows_insecure_localhost(true);
        let origin: Url = ORIGIN.parse().unwrap();
        let used = client.authenticate(&origin, options, DefaultClientData).await.expect("an assertion");
        serde_json::to_value(used).unwrap()
    }
}

#[async_trait::async_trait]
impl CredentialStore for Wallet {
    type PasskeyItem = Passkey;

    async fn find_credentials(
        &self,
        ids: Option<&[PublicKeyCredentialDescriptor]>,
        rp_id: &str,
        user_handle: Option<&[u8]>,
    ) -> Result<Vec<Passkey>, StatusCode> {
        let is_asked_for = |key: &&Passkey| {
            key.rp_id == rp_id
                && ids.is_none_or(|ids| ids.iter().any(|id| id.id == key.credential_id))
                && user_handle.is_none_or(|handle| key.user_handle.as_deref().is_some_and(|own| **own == *handle))
                && self.picked.as_ref().is_none_or(|name| key.username.as_ref() == Some(name))
        };
        // Newest first: the authenticator takes the first.
        let found: Vec<Passkey> = self.keys.lock().unwrap().iter().rev().filter(is_asked_for).cloned().collect();
        if found.is_empty() { Err(Ctap2Error::NoCredentials.into()) } else { Ok(found) }
    }

    async fn save_credential(
        &mut self,
        key: Passkey,
        _user: PublicKeyCredentialUserEntity,
        _rp: PublicKeyCredentialRpEntity,
        _options: Options,
    ) -> Result<(), StatusCode> {
        self.keys.lock().unwrap().push(key);
        Ok(())
    }

    async fn update_credential(&mut self, key: &Passkey) -> Result<(), StatusCode> {
        for own in self.keys.lock().unwrap().iter_mut().filter(|own| own.credential_id == key.credential_id) {
            own.clone_from(key);
        }
        Ok(())
    }

    async fn get_info(&self) -> StoreInfo {
        StoreInfo { discoverability: DiscoverabilitySupport::ForcedDiscoverable }
    }
}

/// Always there, always themselves.
struct Person;

#[async_trait::async_trait]
impl UserValidationMethod for Person {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _hint: UiHint<'a, Passkey>,
        _presence: bool,
        _verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence: true, verification: true })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}
