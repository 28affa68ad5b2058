//! The real program, as a process that can be killed.

use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use super::App;

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
    /// How long the log was when it started.
    begun: usize,
}

impl App {
    /// A command of the program over this database, in an empty folder of its own.
    pub fn command(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
        self.command_by(&[], arguments, settings)
    }

    /// The same, started by another program that is given ours and its arguments as its last ones.
    pub fn command_by(&self, by: &[&str], arguments: &[&str], settings: &[(&str, &str)]) -> Command {
        let folder = self.secrets.parent().unwrap();
        // Two checkouts that share a target folder overwrite each other's program; then the one to use can be named.
        let named = std::env::var_os("HOLDFAST_TEST_BINARY");
        let program = named.unwrap_or_else(|| env!("CARGO_BIN_EXE_holdfast").into());
        let mut command = match by {
            [] => Command::new(program),
            [first, rest @ ..] => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
        };
        command
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOLDFAST_DATABASE_URL", &self.url)
            .env("HOLDFAST_SECRETS", &self.secrets)
            .env("HOLDFAST_MAIL_FOLDER", self.mail_folder())
            .env("HOLDFAST_ORIGIN", "http://localhost:3000")
            .env("HOLDFAST_GEO_DB", "none")
            .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
            .envs(settings.iter().copied());
        command
    }

    /// Run it to its end.
    pub fn output(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
        self.command(arguments, settings).output().unwrap()
    }

    /// Start the server.
    pub fn serve(&self, settings: &[(&str, &str)]) -> Server {
        self.serve_by(&[], settings)
    }

    /// Have another program start the server.
    pub fn serve_by(&self, by: &[&str], settings: &[(&str, &str)]) -> Server {
        let log = self.secrets.with_file_name("log");
        let stderr = OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let begun = std::fs::read(&log).unwrap().len();
        let child =
            self.command_by(by, &["serve"], settings).stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
        Server { child, log, begun }
    }

    /// Where mails lie when there is no mail server.
    pub fn mail_folder(&self) -> PathBuf {
        self.secrets.with_file_name("mail")
    }

    /// The mails in it.
    pub fn mails(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.mail_folder()) else { return Vec::new() };
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect()
    }
}

impl Server {
    /// Its process.
    pub fn id(&self) -> String {
        self.child.id().to_string()
    }

    /// Gone at once, as when the power fails.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Told to stop. Answers whether it ended well.
    pub fn stop(mut self) -> bool {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        told.success() && self.child.wait().unwrap().success()
    }

    /// Where it listens, once it does.
    pub async fn address(&mut self) -> SocketAddr {
        for _ in 0..6000 {
            let log = self.log();
            let said =
                log[self.begun..].split_once("listening address=").and_then(|(_, rest)| rest.split_once('\n'));
            if let Some((address, _)) = said {
                return address.parse().unwrap();
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("it did not start ({status}): {}", &log[self.begun..]);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it does not listen: {}", &self.log()[self.begun..]);
    }

    /// What it has logged, and those before it.
    pub fn log(&self) -> String {
        std::io::read_to_string(File::open(&self.log).unwrap()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Wait until something is so that another process brings about.
pub async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    for _ in 0..3000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: it never came to be");
}
