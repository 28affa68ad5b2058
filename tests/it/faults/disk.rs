//! The disk is full; SQLite's file was taken away; nobody may write it.

use std::process::Command;

use super::{STILL, Service};
use crate::support::{App, Backend, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f01_a_disk_that_is_full_by_a_limit_on_files() {
    run(Backend::Sqlite, full_by_limit).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f01_a_disk_that_is_full() {
    run(Backend::Sqlite, full_for_real).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f02_a_database_that_was_moved_away_and_back() {
    run(Backend::Sqlite, moved_away).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f02_a_database_that_nobody_may_write_is_said_so_at_the_start() {
    run(Backend::Sqlite, read_only_at_the_start).await;
}

/// Works everywhere: no file may grow beyond a limit that is set while the program runs. Its log is on that disk, too.
async fn full_by_limit(app: App) {
    app.close().await;
    let server = app.serve_by(&["bash", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""], &STILL);
    let mut service = Service::on(&app, server).await;
    let id = service.server.id();
    let limit = |bytes: &str| {
        let done = Command::new("prlimit").args(["--pid", &id, &format!("--fsize={bytes}:")]).status();
        assert!(done.unwrap().success(), "prlimit");
    };
    limit("512");
    service.is_unavailable().await;
    // What needs no writing goes on.
    service.browser.session().await.success();
    expect_whole_refusal(&service).await;
    limit("unlimited");
    service.recovers(&app).await;
    println!("disk full: RLIMIT_FSIZE");
}

/// A change that needs its event is refused with it: nothing of it is there afterwards.
async fn expect_whole_refusal(service: &Service) {
    let answer = service.browser.clone().sign_out().await;
    super::expect_unavailable(&answer);
    service.browser.clone().session().await.success();
}

/// A disk of its own that is full, where this machine lets us have one.
async fn full_for_real(app: App) {
    app.close().await;
    let folder = tempfile::tempdir().unwrap();
    let mount = "mount -t tmpfs -o size=6m none \"$DISK\" && exec \"$0\" \"$@\"";
    let disk = folder.path().to_str().unwrap().to_owned();
    let can_mount = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", &disk]).status();
    if !can_mount.is_ok_and(|status| status.success()) {
        println!("disk full: no disk of its own on this machine (unshare); see the limit on files");
        return;
    }
    let url = format!("sqlite://{disk}/holdfast.db?mode=rwc");
    let settings = [&STILL[..], &[("DISK", disk.as_str()), ("HOLDFAST_DATABASE_URL", &url)]].concat();
    let server = app.serve_by(&["unshare", "-rm", "bash", "-c", mount], &settings);
    let mut service = Service::on(&app, server).await;
    // As the program sees it.
    let inside = format!("/proc/{}/root{disk}/filler", service.server.id());
    let _ = std::fs::write(&inside, vec![0; 8 << 20]);
    assert!(std::fs::metadata(&inside).unwrap().len() > 0, "the disk is not there");
    let mut refused = 0;
    for _ in 0..200 {
        if service.change().await.status == 503 {
            refused += 1;
        }
        if refused == 3 {
            break;
        }
    }
    assert_eq!(refused, 3, "the disk was never full");
    service.is_unavailable().await;
    expect_whole_refusal(&service).await;
    std::fs::remove_file(&inside).unwrap();
    // Its database lies where only it can see it: the trail cannot be checked from here.
    service.change().await.success();
    service.browser.get("/readyz").await.ok();
    service.browser.session().await.success();
    assert!(!service.server.log().contains("panicked"), "{}", service.server.log());
    println!("disk full: tmpfs");
}

/// What is open goes on where the file is now; nobody makes an empty one in its place.
async fn moved_away(app: App) {
    let mut service = Service::start(&app, &[]).await;
    let file = app.secrets.with_file_name("holdfast.db");
    let away = file.with_extension("away");
    std::fs::rename(&file, &away).unwrap();
    let answers = futures::future::join_all((0..20).map(|_| service.change())).await;
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        super::expect_unavailable(answer);
    }
    service.browser.get("/healthz").await.ok();
    assert!(!file.exists(), "an empty database was made");
    std::fs::rename(&away, &file).unwrap();
    service.recovers(&app).await;
}

/// Root may write everything, so it goes without that.
async fn read_only_at_the_start(app: App) {
    app.close().await;
    let file = app.secrets.with_file_name("holdfast.db");
    let folder = file.parent().unwrap();
    let mode = |path: &std::path::Path, mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&file, 0o400);
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0);
    let by: &[&str] = if is_root { &["setpriv", "--bounding-set=-dac_override", "--"] } else { &["env"] };
    mode(folder, 0o500);
    let output = app.command_by(by, &["serve"], &STILL).output().unwrap();
    mode(folder, 0o700);
    mode(&file, 0o600);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    let last = said.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("holdfast: the database (database.url, HOLDFAST_DATABASE_URL) cannot be used: "),
        "{said}"
    );
    assert!(last.contains("readonly") || last.contains("unable to open"), "{said}");
    // And then it can.
    let mut service = Service::start(&app, &[]).await;
    service.recovers(&app).await;
}
