//! A Postgres of the test's own, which can be stopped and started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Service;
use crate::support::{App, Backend, own_database};
use crate::support::{child::until, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f04_a_postgres_that_is_gone_for_a_while() {
    let postgres = OwnPostgres::start().await;
    own_database(&postgres.url, async |app| {
        // What it has answered is on its disk, whatever becomes of it.
        app.sql("ALTER SYSTEM SET synchronous_commit = on").await;
        app.sql("SELECT pg_reload_conf()").await;
        let is_on = async || {
            let row = app.query("SHOW synchronous_commit").await.remove(0);
            row.try_get::<String>("", "synchronous_commit").unwrap() == "on"
        };
        until("it writes through", is_on).await;
        let mut service = Service::start(&app, &[]).await;
        app.close().await;
        postgres.stop("immediate");
        service.is_unavailable().await;
        super::expect_unavailable(&service.browser.session().await);
        postgres.begin();
        service.recovers(&app).await;
        // Once more, while it is being told to stop in good order.
        postgres.stop("fast");
        service.is_unavailable().await;
        postgres.begin();
        service.recovers(&app).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f05_connections_that_were_ended() {
    run(Backend::Postgres, connections_that_were_ended).await;
}

async fn connections_that_were_ended(app: App) {
    let mut service = Service::start(&app, &[]).await;
    for _ in 0..3 {
        app.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await;
        service.recovers(&app).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f02_a_postgres_that_is_read_only() {
    let postgres = OwnPostgres::start().await;
    own_database(&postgres.url, async |app| {
        let mut service = Service::start(&app, &[]).await;
        let to = async |value: &str| {
            app.sql(&format!("ALTER SYSTEM SET default_transaction_read_only = {value}")).await;
            app.sql("SELECT pg_reload_conf()").await;
        };
        to("on").await;
        until("it is read-only", || async { service.change().await.status == 503 }).await;
        service.is_unavailable().await;
        super::expect_unavailable(&service.browser.clone().sign_out().await);
        // Reading goes on.
        service.browser.session().await.success();
        to("off").await;
        service.recovers(&app).await;
    })
    .await;
}

/// Gone when dropped.
struct OwnPostgres {
    script: Child,
    bin: PathBuf,
    url: String,
    data: String,
    port: String,
}

impl OwnPostgres {
    async fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let script = root.join("scripts/with-postgres.sh");
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("url");
        let command = "echo \"$HOLDFAST_TEST_POSTGRES_URL\" >\"$0.new\"; mv \"$0.new\" \"$0\"; exec sleep 600";
        let child = Command::new(&script)
            .args(["bash", "-c", command, told.to_str().unwrap()])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until("Postgres is there", || async { told.exists() }).await;
        let url = std::fs::read_to_string(&told).unwrap().trim().to_owned();
        let bin = Command::new(&script).arg("--find").output().unwrap();
        let bin = PathBuf::from(String::from_utf8(bin.stdout).unwrap().trim());
        let db = crate::support::connect(&url).await;
        let data = crate::support::value(&db, "SHOW data_directory", "data_directory").await;
        db.close().await.unwrap();
        let port = url.rsplit_once(':').unwrap().1.split('/').next().unwrap().to_owned();
        Self { script: child, bin, url, data, port }
    }

    fn control(&self, arguments: &[&str]) {
        // It refuses to run as root, so the one it belongs to does it.
        let owner = Command::new("stat").args(["-c", "%U", &self.data]).output().unwrap();
        let owner = String::from_utf8(owner.stdout).unwrap().trim().to_owned();
        let me = Command::new("id").arg("-un").output().unwrap();
        let is_mine = String::from_utf8(me.stdout).unwrap().trim() == owner;
        let program = self.bin.join("pg_ctl");
        let mut command = if is_mine {
            Command::new(program)
        } else {
            let mut command = Command::new("runuser");
            command.args(["-u", &owner, "--"]).arg(program);
            command
        };
        let log = format!("{}/../again.log", self.data);
        let done = command
            .args(["-D", &self.data, "-l", &log, "-w", "-t", "60"])
            .args(arguments)
            .current_dir("/")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(done.unwrap().success(), "pg_ctl {arguments:?}");
    }

    fn stop(&self, mode: &str) {
        self.control(&["-m", mode, "stop"]);
    }

    fn begin(&self) {
        self.control(&["-o", &format!("-p {}", self.port), "start"]);
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        // It cleans up when told to stop.
        let _ = Command::new("kill").arg(self.script.id().to_string()).status();
        let _ = self.script.wait();
    }
}
