//! The file of keys: made where that is safe, demanded where it is not, and the same for all processes.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use holdfast::clock::SystemClock;
use holdfast::keyring::{Keyring, Place};
use holdfast::server::config::Config;
use holdfast::server::{self, AppState, StartError};

async fn open(folder: &Path, settings: &[(&str, &str)]) -> Result<AppState, StartError> {
    let url = format!("sqlite://{}/holdfast.db?mode=rwc", folder.display());
    let fixed = [("HOLDFAST_DATABASE_URL", url.as_str())];
    let env = fixed.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    server::open(Config::parse("test", "", env).unwrap(), Arc::new(SystemClock)).await
}

#[tokio::test]
async fn on_localhost_keys_are_made_beside_the_database_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path(), &[]).await.unwrap();
    let sealed = first.keyring.seal("test", b"", b"plain").unwrap();
    let file = folder.path().join("holdfast.db.secrets.toml");
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let again = open(folder.path(), &[("HOLDFAST_ORIGIN", "https://localhost:8443")]).await.unwrap();
    assert_eq!(again.keyring.open("test", b"", &sealed).unwrap(), b"plain");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_at_once_have_the_same_keys() {
    let folder = tempfile::tempdir().unwrap();
    // The schema is there, so that nothing makes them wait for each other.
    open(folder.path(), &[]).await.unwrap().store.close().await.unwrap();
    let file = folder.path().join("holdfast.db.secrets.toml");
    std::fs::remove_file(&file).unwrap();
    let starts = (0..4).map(|_| {
        let folder = folder.path().to_owned();
        tokio::spawn(async move { open(&folder, &[]).await.unwrap() })
    });
    let states: Vec<_> = futures::future::try_join_all(starts).await.unwrap();
    let digest = states[0].keyring.digest("test", b"data");
    assert!(states.iter().all(|state| state.keyring.digest("test", b"data") == digest));
}

#[tokio::test]
async fn anywhere_else_the_start_stops_and_names_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let origin = ("HOLDFAST_ORIGIN", "https://login.example.com");
    let sentence = open(folder.path(), &[origin]).await.err().unwrap().to_string();
    assert!(sentence.contains("secrets.file") && sentence.contains("HOLDFAST_SECRETS"), "{sentence}");
    let file = folder.path().join("named.toml");
    let named = ("HOLDFAST_SECRETS", file.to_str().unwrap());
    for origin in [origin, ("HOLDFAST_ORIGIN", "http://localhost:3000")] {
        let sentence = open(folder.path(), &[origin, named]).await.err().unwrap().to_string();
        assert!(sentence.contains("HOLDFAST_SECRETS") && sentence.contains("named.toml"), "{sentence}");
        assert!(!sentence.contains('\n'), "{sentence}");
    }
    std::fs::write(&file, holdfast::keyring::new_file().unwrap()).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let sentence = open(folder.path(), &[origin, named]).await.err().unwrap().to_string();
    assert!(sentence.contains("chmod 600"), "{sentence}");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    open(folder.path(), &[origin, named]).await.unwrap();
    assert!(
        !folder.path().join("holdfast.db.secrets.toml").exists(),
        "nothing was made beside the one that was named"
    );
}

#[test]
fn the_command_prints_a_file_that_can_be_used() {
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_holdfast")).arg("secrets").output().unwrap();
    assert!(printed.status.success());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets.toml");
    std::fs::write(&file, &printed.stdout).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    Keyring::load(&Place::Named(file)).unwrap();
}
