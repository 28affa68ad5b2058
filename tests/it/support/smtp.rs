//! A real mail server, started by the test that needs it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde_json::{Value, json};

/// A mail that the server took.
#[derive(Clone, Debug, Deserialize)]
pub struct Taken {
    pub to: String,
    pub secure: bool,
    pub user: Option<String>,
    pub raw: String,
}

/// The server. Gone when dropped.
pub struct SmtpServer {
    pub port: u16,
    taken: Arc<Mutex<Vec<Taken>>>,
    child: Child,
    _stdin: Option<ChildStdin>,
}

impl SmtpServer {
    /// One that takes mail from anybody, in the clear.
    pub fn start() -> Self {
        Self::with(&json!({}))
    }

    /// One with other options of `smtp-server`.
    pub fn with(options: &Value) -> Self {
        let cache = std::env::var_os("HOLDFAST_CACHE").map_or_else(
            || PathBuf::from(std::env::var_os("HOME").expect("HOME")).join(".cache/holdfast"),
            PathBuf::from,
        );
        let modules = cache.join("tools/node_modules");
        assert!(modules.join("smtp-server").exists(), "these tests need a mail server: scripts/setup.sh test");
        let mut child = Command::new("node")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/smtp.cjs"))
            .arg(options.to_string())
            .env("NODE_PATH", modules)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().expect("a port").unwrap().parse().unwrap();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let keep = taken.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                keep.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        let stdin = child.stdin.take();
        Self { port, taken, child, _stdin: stdin }
    }

    /// What it has taken so far. It prints a mail before it says that it has it, so after an attempt only the thread that
    /// reads has to be waited for.
    pub async fn taken(&self, at_least: usize) -> Vec<Taken> {
        for _ in 0..500 {
            let taken = self.taken.lock().unwrap().clone();
            if taken.len() >= at_least {
                return taken;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the mail server has not got {at_least} mails");
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
