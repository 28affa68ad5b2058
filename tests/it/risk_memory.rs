//! What is remembered of sign-ins: for how long, how it is counted, and that it names no address and no browser.

use std::net::IpAddr;

use sea_orm::DatabaseBackend;

use sea_orm::ConnectionTrait as _;

use crate::support::agents::{CHROME_WINDOWS, FIREFOX_LINUX, SAFARI_PHONE};
use crate::support::habits::{BERGEN, DAY, NEW_YORK, OSLO, OSLO_IPV6, OSLO_TOO, PARIS, RENTED, SAN_FRANCISCO};
use crate::support::{App, contains, on_both_databases};

on_both_databases!(
    r13_habits_are_forgotten_after_180_days_and_decisions_after_90,
    r14_nothing_that_is_kept_names_an_address_or_a_browser,
    each_sign_in_is_counted_once,
    two_processes_count_each_sign_in_once,
);

/// Somebody signs in, so that there is something to count.
async fn somebody_signs_in(app: &App) {
    app.browser_at(BERGEN).sign_up("bob@example.test").await;
}

async fn r13_habits_are_forgotten_after_180_days_and_decisions_after_90(app: App) {
    let app = app.located(&[]).await;
    let mut browser = app.browser_at(OSLO);
    let key = browser.sign_up("ada@example.test").await;
    browser.sign_in(&key).await.success();
    browser.moved(NEW_YORK).session().await.success();
    let first = app.now();
    let left = async || {
        let sign_ins = app.sign_ins().await.iter().filter(|row| row.at == first).count();
        let decisions = app.decisions().await.iter().filter(|row| row.created_at == first).count();
        let counts = app.sign_in_counts().await;
        let (values, totals) = counts.iter().partition::<Vec<_>, _>(|row| row.feature > 0);
        (sign_ins, decisions, values.iter().filter(|row| row.last_at == first).count(), totals.len())
    };
    app.tidy(1).await;
    let (sign_ins, decisions, values, totals) = left().await;
    assert_eq!((sign_ins, decisions), (2, 2));
    assert!(values == 8 && totals == 16, "{values} values, {totals} totals");
    // Bob has her kind of browser and country, so those are counted again.
    for (advance, expected) in
        [(90 * DAY, (2, 2, true)), (1, (2, 0, true)), (90 * DAY - 1, (2, 0, true)), (1, (0, 0, false))]
    {
        app.advance(advance);
        somebody_signs_in(&app).await;
        app.tidy(1).await;
        let (sign_ins, decisions, values, totals) = left().await;
        assert_eq!((sign_ins, decisions, values > 0), expected, "after {advance} more seconds: {values}");
        assert_eq!(totals, 16, "totals stay");
    }
}

async fn r14_nothing_that_is_kept_names_an_address_or_a_browser(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, key) = app.rich_history().await;
    browser.get("/auth/sessions").await.success();
    app.browser_at(PARIS).sign_up("bob@example.test").await;
    app.browser_at("2001:db8:2::77").sign_in(&key).await.success();
    app.tidy(1).await;
    let values = app.every_value().await;
    let lies_in = |text: &str| -> Vec<&str> {
        let mut found: Vec<&str> = values
            .iter()
            .filter(|(_, value)| contains(&value.to_ascii_lowercase(), text.to_ascii_lowercase().as_bytes()))
            .map(|(column, _)| column.as_str())
            .collect();
        found.sort_unstable();
        found.dedup();
        // Postgres keeps a partitioned table's rows in its parts.
        found.retain(|column| !column.starts_with("auth_events_"));
        found
    };
    let addresses = [OSLO, OSLO_TOO, OSLO_IPV6, BERGEN, NEW_YORK, SAN_FRANCISCO, PARIS, RENTED, "2001:db8:2::77"];
    for address in addresses {
        assert_eq!(lies_in(address), Vec::<&str>::new(), "{address}");
        let in_hex: String = match address.parse().unwrap() {
            IpAddr::V4(address) => hex(&address.octets()),
            IpAddr::V6(address) => hex(&address.octets()),
        };
        assert_eq!(lies_in(&in_hex), Vec::<&str>::new(), "{address} in hexadecimal");
    }
    for text in [
        CHROME_WINDOWS,
        FIREFOX_LINUX,
        SAFARI_PHONE,
        "Mozilla/",
        "AppleWebKit",
        "Chrome/141",
        "Firefox/143",
        "Gecko/20100101",
        "Windows NT 10.0",
        "Linux x86_64",
        "iPhone OS",
        "curl/8",
    ] {
        assert_eq!(lies_in(text), Vec::<&str>::new(), "{text}");
    }
    // The networks that people are shown, and nowhere else. The wider one is what a session is compared with.
    for network in ["84.208.20.0", "73.10.20.0", "2001:db8:2::/48"] {
        let found = lies_in(network);
        let shown = ["sessions.last_network", "sessions.networks", "credentials.last_used_network"];
        let is_shown = |column: &&str| shown.contains(column);
        assert!(found.iter().all(is_shown), "{network}: {found:?}");
    }
    assert!(lies_in("84.208.20.0").contains(&"sessions.last_network"));
    assert!(!lies_in("84.208.20.0").contains(&"sessions.networks"), "an IPv4 /16 is compared, not a /24");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// The device cookie: every sign-in has one, so its total is how many were counted.
const DEVICE: i32 = 8;

async fn expect_counted(app: &App, sign_ins: i64) {
    assert_eq!(i64::try_from(app.count("sign_ins").await).unwrap(), sign_ins);
    let counts = app.sign_in_counts().await;
    let of = |feature: i32| counts.iter().filter(move |row| row.feature == feature);
    let total = |feature: i32, value: i64| of(-feature).find(|row| row.value == value).map_or(0, |row| row.count);
    assert_eq!(total(DEVICE, 0), sign_ins);
    for feature in 1..=DEVICE {
        assert_eq!(of(feature).map(|row| row.count).sum::<i64>(), total(feature, 0), "{feature}");
        assert_eq!(i64::try_from(of(feature).count()).unwrap(), total(feature, 1), "{feature}: values");
    }
}

async fn each_sign_in_is_counted_once(app: App) {
    let app = app.located(&[]).await;
    let mut browser = app.browser_at(OSLO);
    let key = browser.sign_up("ada@example.test").await;
    app.tidy(1).await;
    expect_counted(&app, 1).await;
    for address in [OSLO, BERGEN, OSLO, "198.19.0.7", "192.0.2.7"] {
        app.browser_at(address).sign_in(&key).await.success();
    }
    app.tidy(1).await;
    expect_counted(&app, 6).await;
    let counts = app.sign_in_counts().await;
    let mut operators: Vec<_> =
        counts.iter().filter(|row| row.feature == 2).map(|row| (row.value, row.count)).collect();
    operators.sort_unstable();
    assert_eq!(operators, [(2119, 3), (29_695, 1), (64_496, 1)], "and one whose operator nobody knows");
}

async fn two_processes_count_each_sign_in_once(app: App) {
    let app = app.located(&[]).await;
    let mut browser = app.browser_at(OSLO);
    let key = browser.sign_up("ada@example.test").await;
    for address in [BERGEN, PARIS] {
        app.browser_at(address).sign_in(&key).await.success();
    }
    app.tidy(2).await;
    expect_counted(&app, 3).await;
    // So many that neither counts all of them in one go.
    let id = match app.db.get_database_backend() {
        DatabaseBackend::Sqlite => "randomblob(16)",
        _ => "gen_random_uuid()",
    };
    let columns =
        "user_id, session_id, at, network, asn, country, agent, browser, os, class, device, place, is_counted";
    for _ in 0..10 {
        let new = columns.replace("is_counted", "FALSE");
        app.sql(&format!("INSERT INTO sign_ins (id, {columns}) SELECT {id}, {new} FROM sign_ins")).await;
    }
    app.tidy(2).await;
    expect_counted(&app, 3 * 1024).await;
}
