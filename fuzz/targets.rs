//! Everything that reads a stranger's bytes, with what must hold whatever they are. `make test` runs each for a moment with
//! mutations of the seeds, `make soak` for ten minutes guided by coverage (fuzz/main.rs). A target panics when something does not
//! hold.

use std::net::IpAddr;

use holdfast::audit::checkpoint::{Checkpoint, Name, VerifierKey};
use holdfast::audit::export::Cursor;
use holdfast::fuzzing;

use super::service::Service;

/// One place where bytes are read.
pub struct Target {
    /// What it is called in the logs, and its folder in tests/corpus/fuzz.
    pub name: &'static str,
    /// Read them.
    pub read: fn(&[u8]),
    /// Longer inputs say nothing more.
    pub limit: usize,
    /// How often it is read in the short form: about as many as fit into two seconds.
    pub runs: u32,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "cookies", read: cookies, limit: 4096, runs: 20000 },
    Target { name: "headers", read: headers, limit: 4096, runs: 20000 },
    Target { name: "query", read: query, limit: 2048, runs: 20000 },
    Target { name: "back", read: back, limit: 2048, runs: 20000 },
    Target { name: "browser", read: browser, limit: 4096, runs: 20000 },
    Target { name: "text", read: text, limit: 2048, runs: 30000 },
    Target { name: "iban", read: iban, limit: 256, runs: 30000 },
    Target { name: "proof", read: proof, limit: 8192, runs: 6000 },
    Target { name: "registration", read: registration, limit: 16384, runs: 2000 },
    Target { name: "assertion", read: assertion, limit: 16384, runs: 1000 },
    Target { name: "geo", read: geo, limit: 65536, runs: 300 },
    Target { name: "checkpoints", read: checkpoints, limit: 8192, runs: 3000 },
    Target { name: "settings", read: settings, limit: 8192, runs: 300 },
    Target { name: "requests", read: requests, limit: 16384, runs: 250 },
];

/// What is understood once is understood again, as the same.
fn stays(read: impl Fn(&str) -> Option<String>, text: &str, limit: usize) {
    let Some(once) = read(text) else { return };
    assert_eq!(read(&once).as_deref(), Some(once.as_str()), "read again it is something else: {text:?}");
    assert!(once.len() <= limit, "it grew: {} bytes", once.len());
    assert!(!once.chars().any(char::is_control), "it drives a terminal: {once:?}");
}

fn cookies(bytes: &[u8]) {
    let mut line = b"cookie: ".to_vec();
    line.extend(bytes.iter().filter(|byte| **byte != b'\n'));
    let read = |line: &[u8]| fuzzing::cookie(&fuzzing::headers(line));
    if let Some(secret) = read(&line) {
        assert_eq!(secret.len(), 43, "a secret has 32 bytes");
        assert_eq!(read(format!("cookie: __Host-sid={secret}").as_bytes()), Some(secret.clone()));
        assert_eq!(read(format!("cookie: __host-sid={secret}").as_bytes()), None, "a name is a name");
    }
}

fn headers(bytes: &[u8]) {
    let headers = fuzzing::headers(bytes);
    let stranger = IpAddr::from([203, 0, 113, 7]);
    let edge = fuzzing::edge(&headers, stranger);
    assert_eq!(edge.address, stranger, "only a proxy of ours is believed");
    if let Some(trace) = &edge.trace {
        assert!(trace.len() == 32 && trace.bytes().all(|byte| byte.is_ascii_hexdigit()), "{trace:?}");
    }
    assert!(edge.dbsc.iter().all(|text| text.is_ascii()));
    let proxied = fuzzing::edge(&headers, [10, 0, 0, 1].into());
    assert_eq!(proxied.trace, edge.trace);
    assert_eq!(proxied.address, proxied.address.to_canonical());
}

fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some((before, limit)) = fuzzing::query(&format!("/auth/events?{text}")) {
        assert_ne!(limit, Some(0));
        stays(fuzzing::event_id, &before.unwrap_or_default(), 64);
    }
    stays(fuzzing::event_id, &text, 64);
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }
}

/// Where a person goes on is a path of this host, read again the same, and in an area however it is written.
fn back(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some((path, is_in_area)) = fuzzing::read_back(&text) else { return };
    assert!(path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'), "{path:?}");
    assert!(path.bytes().all(|byte| byte.is_ascii_graphic()), "{path:?}");
    assert_eq!(fuzzing::read_back(&path), Some((path.clone(), is_in_area)));
    assert!(is_in_area || !path.starts_with("/admin/"), "{path:?}");
}

fn browser(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (agent, languages) = text.split_once('\n').unwrap_or((&text, ""));
    let device = fuzzing::device(Some(agent), Some(languages));
    assert!(device.len() < 200 && device.is_ascii(), "words of ours only: {device}");
    let read: serde_json::Value = serde_json::from_str(&device).expect("JSON");
    assert!(read.is_object());
}

fn text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    stays(fuzzing::email, &text, 254);
    stays(fuzzing::name, &text, 64 * 4);
}

fn iban(bytes: &[u8]) {
    stays(fuzzing::iban, &String::from_utf8_lossy(bytes), 34);
}

fn proof(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    assert!(fuzzing::proof(&text).is_none_or(|jti| (1..=128).contains(&jti.len()) && text.len() <= 4096));
    assert!(fuzzing::dbsc_jwt(&text).is_none() || text.len() <= 4096, "an oversize statement was read");
    assert!(fuzzing::jwk(&text).is_none_or(|thumbprint| thumbprint.len() == 43));
}

fn registration(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(passkey) = fuzzing::registration(&text) {
        assert!((1..=1023).contains(&passkey.cred_id.len()));
        assert!(text.contains("clientDataJSON"));
    }
}

/// The first line is a registration, the second an assertion of its passkey.
fn assertion(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (registration, assertion) = text.split_once('\n').unwrap_or((super::seeds::REGISTRATION, &text));
    let Some(passkey) = fuzzing::registration(registration) else { return };
    fuzzing::assertion(assertion, &passkey);
}

fn geo(bytes: &[u8]) {
    let addresses: Vec<IpAddr> =
        ["0.0.0.0", "1.2.3.4", "255.255.255.255", "::", "::ffff:1.2.3.4", "2001:db8::1", "ffff::"]
            .iter()
            .map(|text| text.parse().expect("an address"))
            .collect();
    assert!(fuzzing::places(bytes, &addresses).is_none_or(|off| off == 0), "somewhere that is not on the earth");
    fuzzing::networks(bytes, &addresses);
}

/// Notes that somebody else has kept: without the key none of them is believed.
fn checkpoints(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    if let Ok(key) = VerifierKey::parse(first) {
        assert_eq!(VerifierKey::parse(&key.to_string()), Ok(key));
    }
    let _ = Name::of_origin(first);
    let ours = VerifierKey::parse(super::seeds::VERIFIER).expect("a key");
    assert!(Checkpoint::read_all(rest, &ours).is_ok_and(|read| read.is_empty()) || rest.contains('\u{2014}'));
}

fn settings(bytes: &[u8]) {
    if let Err(sentence) = fuzzing::settings(&String::from_utf8_lossy(bytes)) {
        assert!(!sentence.is_empty());
    }
}

/// Whole requests, through the real router.
fn requests(bytes: &[u8]) {
    Service::here(|service| service.ask(bytes));
}
