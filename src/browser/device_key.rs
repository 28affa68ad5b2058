//! The key that holds a session to this browser: P-256, made by WebCrypto so that no script can read its private
//! half, kept in IndexedDB.
//!
//! Two slots. A new key waits in `next` until the server has accepted it; then it becomes `current`. If the page goes
//! in between, `next` is still there to be tried.
//!
//! Everything here may fail, in private windows or when a browser cleans up. Then there is no key, and no harm.

use js_sys::{Array, Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{
    CryptoKey, IdbDatabase, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransactionMode, SubtleCrypto,
};

use super::{js, page};

const DATABASE: &str = "holdfast";
const STORE: &str = "keys";

/// Where a key is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// Accepted by the server.
    Current,
    /// Handed in, the answer not seen yet.
    Next,
}

impl Slot {
    fn name(self) -> JsValue {
        JsValue::from_str(match self {
            Self::Current => "current",
            Self::Next => "next",
        })
    }
}

/// A `CryptoKeyPair`.
pub(super) struct DeviceKey(JsValue);

impl DeviceKey {
    /// The public half, as RFC 7517 writes it.
    pub(super) async fn jwk(&self) -> Option<JsValue> {
        let public: CryptoKey = js::get(&self.0, "publicKey").dyn_into().ok()?;
        let all = js::settle(subtle()?.export_key("jwk", &public)).await?;
        let [kty, crv, x, y] = ["kty", "crv", "x", "y"].map(|name| js::get(&all, name));
        Some(js::object(&[("kty", &kty), ("crv", &crv), ("x", &x), ("y", &y)]))
    }

    /// ES256: r and s, 64 bytes.
    pub(super) async fn sign(&self, text: &str) -> Option<Vec<u8>> {
        let private: CryptoKey = js::get(&self.0, "privateKey").dyn_into().ok()?;
        let how: Object = js::object(&[("name", &"ECDSA".into()), ("hash", &"SHA-256".into())]).unchecked_into();
        let signed = subtle()?.sign_with_object_and_u8_array(&how, &private, text.as_bytes());
        Some(Uint8Array::new(&js::settle(signed).await?).to_vec())
    }
}

/// Make a key and keep it as the next.
pub(super) async fn make() -> Option<DeviceKey> {
    let kind: Object = js::object(&[("name", &"ECDSA".into()), ("namedCurve", &"P-256".into())]).unchecked_into();
    let uses = Array::of1(&"sign".into());
    let pair = js::settle(subtle()?.generate_key_with_object(&kind, false, &uses)).await?;
    with_store(IdbTransactionMode::Readwrite, &|store| store.put_with_key(&pair, &Slot::Next.name())).await?;
    Some(DeviceKey(pair))
}

/// The server has accepted it: from now on this is the key.
pub(super) async fn accept(key: &DeviceKey) {
    with_store(IdbTransactionMode::Readwrite, &|store| {
        store.put_with_key(&key.0, &Slot::Current.name())?;
        store.delete(&Slot::Next.name())
    })
    .await;
}

/// What is kept there.
pub(super) async fn find(slot: Slot) -> Option<DeviceKey> {
    let found = with_store(IdbTransactionMode::Readonly, &|store| store.get(&slot.name())).await?;
    found.is_object().then_some(DeviceKey(found))
}

/// Forget one.
pub(super) async fn forget(slot: Slot) {
    with_store(IdbTransactionMode::Readwrite, &|store| store.delete(&slot.name())).await;
}

fn subtle() -> Option<SubtleCrypto> {
    let subtle = page::window()?.crypto().ok()?.subtle();
    subtle.is_object().then_some(subtle)
}

/// Do something in one transaction, and bring what its last request found once all of it is done.
async fn with_store(
    mode: IdbTransactionMode,
    act: &dyn Fn(&IdbObjectStore) -> Result<IdbRequest, JsValue>,
) -> Option<JsValue> {
    let database = open().await?;
    let found = async {
        let transaction = database.transaction_with_str_and_mode(STORE, mode).ok()?;
        let request = act(&transaction.object_store(STORE).ok()?).ok()?;
        let done = Promise::new(&mut |resolve, reject| {
            transaction.set_oncomplete(Some(&resolve));
            transaction.set_onabort(Some(&reject));
        });
        js::soon(&done).await?;
        request.result().ok()
    };
    let found = found.await;
    database.close();
    found
}

async fn open() -> Option<IdbDatabase> {
    let request: IdbOpenDbRequest = page::window()?.indexed_db().ok()??.open_with_u32(DATABASE, 1).ok()?;
    let to_fill = request.clone();
    let fill = Closure::once(move || {
        if let Some(database) = to_fill.result().ok().and_then(|found| found.dyn_into::<IdbDatabase>().ok()) {
            let _ = database.create_object_store(STORE);
        }
    });
    request.set_onupgradeneeded(Some(fill.as_ref().unchecked_ref()));
    let opened = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    js::soon(&opened).await?;
    request.result().ok()?.dyn_into().ok()
}
