//! The servers that are measured, each a process of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Linux counts a process's time in hundredths of a second (`sysconf(_SC_CLK_TCK)`).
const TICK: Duration = Duration::from_millis(10);

/// Which server.
#[derive(Clone, Debug)]
pub enum Kind {
    Baseline,
    Holdfast {
        database: Option<String>,
    },
    /// Holdfast on SQLite, each of its instructions counted.
    Counted,
}

pub struct Subject {
    pub name: String,
    child: Child,
    pub started_in: Duration,
    pub idle_kb: u64,
    pub folder: PathBuf,
}

impl Subject {
    pub async fn start(name: &str, kind: &Kind, port: u16) -> Self {
        // On the disk that the project is on: a folder for what is temporary may be in memory.
        let folder = std::env::current_dir().unwrap().join(format!("target/bench-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let began = Instant::now();
        let child = match kind {
            Kind::Baseline => baseline(&folder, port),
            Kind::Holdfast { database } => {
                // As an operator starts it again: the database is there already.
                let mut first = holdfast(&[], &folder, port, database.as_deref());
                ready(&mut first, port).await;
                end(&mut first);
                holdfast(&[], &folder, port, database.as_deref())
            }
            Kind::Counted => {
                let out = format!("--callgrind-out-file={}/callgrind.out", folder.display());
                holdfast(&["valgrind", "--tool=callgrind", &out], &folder, port, None)
            }
        };
        let mut subject = Self { name: name.to_owned(), child, started_in: Duration::ZERO, idle_kb: 0, folder };
        let began = if matches!(kind, Kind::Baseline) { began } else { Instant::now() };
        ready(&mut subject.child, port).await;
        subject.started_in = began.elapsed();
        tokio::time::sleep(Duration::from_secs(1)).await;
        subject.idle_kb = subject.resident_kb();
        subject
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it leaves lying.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it has used of the processor so far.
    pub fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // After the name, which may have spaces: utime and stime are the 12th and 13th.
        let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        TICK * (fields[11].parse::<u32>().unwrap() + fields[12].parse::<u32>().unwrap())
    }

    /// What it has had written to the disk so far. Postgres' own is not in it.
    pub fn written(&self) -> u64 {
        let io = fs::read_to_string(format!("/proc/{}/io", self.child.id())).unwrap();
        let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap();
        line.parse().unwrap()
    }

    /// End it, and leave its database for whoever wants to be alone with it.
    pub fn pause(&mut self) {
        end(&mut self.child);
    }

    /// Start it again, over the same database.
    pub async fn go_on(&mut self, port: u16, database: Option<&str>) {
        self.child = holdfast(&[], &self.folder, port, database);
        ready(&mut self.child, port).await;
    }

    pub fn resident_kb(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        end(&mut self.child);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn baseline(folder: &Path, port: u16) -> Child {
    Command::new("node")
        .arg("benches/baseline/server.mjs")
        .env("STORE", "sqlite")
        .env("DB", folder.join("baseline.db"))
        .env("PORT", port.to_string())
        .env("NODE_ENV", "production")
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.join("log")).unwrap())
        .spawn()
        .unwrap()
}

/// `by`: what it is run by, if anything.
fn holdfast(by: &[&str], folder: &Path, port: u16, database: Option<&str>) -> Child {
    let binary = std::env::var("HOLDFAST_BINARY").unwrap_or_else(|_| "target/release/holdfast".to_owned());
    let binary =
        fs::canonicalize(&binary).unwrap_or_else(|error| panic!("{binary}: {error}; `make build` makes it"));
    let log = fs::File::create(folder.join("log")).unwrap();
    let mut words: Vec<_> = by.iter().map(std::ffi::OsString::from).collect();
    words.push(binary.into());
    Command::new(&words[0])
        .args(&words[1..])
        .arg("serve")
        // Its keys are made where it starts.
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOLDFAST_DATABASE_URL", database.unwrap_or("sqlite://holdfast.db?mode=rwc"))
        .env("HOLDFAST_ORIGIN", format!("http://localhost:{port}"))
        .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"))
        .env("HOLDFAST_METRICS_ADDR", format!("127.0.0.1:{}", port + 100))
        // Everybody comes from one address.
        .env("HOLDFAST_THROTTLE_SCALE", "100000")
        .env("HOLDFAST_LOG", "json")
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

async fn ready(child: &mut Child, port: u16) {
    let began = Instant::now();
    loop {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return;
        }
        if let Some(status) = child.try_wait().unwrap() {
            panic!("a server ended: {status}");
        }
        assert!(began.elapsed() < Duration::from_secs(30), "a server does not listen");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
