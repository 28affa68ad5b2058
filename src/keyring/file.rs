//! The file of keys: how it is read, whom it must be closed to, and how the first start makes one.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::secret::{NoEntropy, Secret, random_bytes};

/// More than any list of keys needs.
const SIZE_LIMIT: u64 = 64 * 1024;
/// What an earlier version's file is told.
const NO_CHECKPOINTS: &str = "needs checkpoints.key to be 32 bytes in base64url; `holdfast secrets` prints one";
/// A key's name may be this long.
const NAME_LIMIT: usize = 32;

/// Why the keys cannot be used: one sentence that names the file. None repeats anything that may be a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The system would not let us.
    #[error("the file of keys {} cannot be {verb}: {error}", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// What was tried.
        verb: &'static str,
        /// What the system says.
        error: std::io::Error,
    },
    /// Others may read or write it.
    #[error("the file of keys {} is open to others than its owner (mode {mode:03o}); close it with chmod 600", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is not what a file of keys looks like.
    #[error("the file of keys {} {complaint}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        complaint: String,
    },
    /// No random bytes for new keys.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

/// What the file holds.
#[derive(Debug)]
pub(super) struct Keys {
    /// By name; the first seals.
    pub(super) sealing: Vec<(String, Secret)>,
    pub(super) digests: Secret,
    /// The seed of an Ed25519 key.
    pub(super) checkpoints: Secret,
}

/// The text of a new file, with new keys in it.
pub fn new_file() -> Result<String, NoEntropy> {
    let name = u32::from_be_bytes(random_bytes()?);
    let (sealing, digests) = (Secret::generate()?.expose(), Secret::generate()?.expose());
    Ok(format!(
        "# Holdfast's keys. Who has this file and the database can read what is sealed there: keep them apart, and keep\n\
         # a copy of this file, for without it nobody can.\n\
         \n\
         [sealing]\n\
         # Each is \"name:32 bytes in base64url\". The first seals, all of them open. To change keys, put a new one first\n\
         # and leave the old one where it is.\n\
         keys = [\"{name:08x}:{sealing}\"]\n\
         \n\
         [digests]\n\
         # What was digested with another key is not recognised any more: leave it as it is.\n\
         key = \"{digests}\"\n\
         \n{}",
        checkpoints()?
    ))
}

/// The part of the file that came later than the rest.
fn checkpoints() -> Result<String, NoEntropy> {
    let key = Secret::generate()?.expose();
    Ok(format!(
        "[checkpoints]\n\
         # Signs where the audit trail stands. Whoever checks it needs the public key, which `holdfast audit key` prints.\n\
         key = \"{key}\"\n"
    ))
}

/// Read the file.
pub(super) fn read(path: &Path) -> Result<Keys, KeyringError> {
    let system = |error| KeyringError::System { path: path.to_owned(), verb: "read", error };
    let malformed = |complaint: String| KeyringError::Malformed { path: path.to_owned(), complaint };
    // Opening a pipe would wait for whoever writes to it.
    if !std::fs::metadata(path).map_err(system)?.is_file() {
        return Err(malformed("is not a file".to_owned()));
    }
    let file = File::open(path).map_err(system)?;
    let mode = file.metadata().map_err(system)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyringError::Exposed { path: path.to_owned(), mode });
    }
    let mut text = String::new();
    file.take(SIZE_LIMIT).read_to_string(&mut text).map_err(system)?;
    parse(&text).map_err(malformed)
}

/// Read the file; where there is none, make one. Of many processes that start at once, one makes it and all read that one.
pub(super) fn read_or_make(path: &Path) -> Result<Keys, KeyringError> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => make(path)?,
        // Whatever is the matter with it, reading says so.
        _ => {}
    }
    match read(path) {
        Err(KeyringError::Malformed { complaint, .. }) if complaint == NO_CHECKPOINTS => {
            complete(path)?;
            read(path)
        }
        outcome => outcome,
    }
}

/// A file that an earlier version made gets what it lacks, at its end. Of many processes that start at once one does it.
fn complete(path: &Path) -> Result<(), KeyringError> {
    let system = |error| KeyringError::System { path: path.to_owned(), verb: "completed", error };
    let mut file = OpenOptions::new().read(true).append(true).open(path).map_err(system)?;
    file.lock().map_err(system)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(system)?;
    if parse(&text).is_err_and(|complaint| complaint == NO_CHECKPOINTS) {
        let part = format!("{}\n{}", if text.ends_with('\n') { "" } else { "\n" }, checkpoints()?);
        file.write_all(part.as_bytes()).and_then(|()| file.sync_all()).map_err(system)?;
        tracing::warn!("added a key for checkpoints to {}", path.display());
    }
    Ok(())
}

fn make(path: &Path) -> Result<(), KeyringError> {
    let text = new_file()?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{:016x}", u64::from_be_bytes(random_bytes()?)));
    let draft = PathBuf::from(draft);
    let outcome = write(&draft, &text).and_then(|()| std::fs::hard_link(&draft, path));
    let tidied = std::fs::remove_file(&draft);
    match outcome {
        // A link, unlike a rename, replaces nothing: whoever comes second finds the first one's keys, whole.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        outcome => outcome.and(tidied).and_then(|()| keep(path)),
    }
    .map_err(|error| KeyringError::System { path: path.to_owned(), verb: "made", error })?;
    tracing::warn!("made new keys in {}; keep that file as safe as the database", path.display());
    Ok(())
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// After a power cut the folder must still know the file: what was sealed meanwhile can be opened with nothing else.
fn keep(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// `Err` says what is wrong, and repeats nothing of a value.
fn parse(text: &str) -> Result<Keys, String> {
    let root: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        format!("is not valid TOML in line {line}")
    })?;
    for (table_name, table) in &root {
        let known: &[&str] = match table_name.as_str() {
            "sealing" => &["keys"],
            "digests" | "checkpoints" => &["key"],
            _ => return Err(format!("has the unknown table [{}]", table_name.escape_debug())),
        };
        let table = table.as_table().ok_or_else(|| format!("needs {table_name} to be a table"))?;
        if let Some(key) = table.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(format!("has the unknown key {table_name}.{}", key.escape_debug()));
        }
    }
    let value = |table: &str, key: &str| root.get(table).and_then(|table| table.get(key));
    let digests = value("digests", "key").and_then(toml::Value::as_str).and_then(Secret::parse);
    let digests = digests.ok_or("needs digests.key to be 32 bytes in base64url")?;
    let list = value("sealing", "keys").and_then(toml::Value::as_array).filter(|list| !list.is_empty());
    let mut sealing: Vec<(String, Secret)> = Vec::new();
    for entry in list.ok_or("needs sealing.keys to be a list of at least one key")? {
        let (name, key) = parse_entry(entry).ok_or_else(|| {
            format!("needs entry {} of sealing.keys to be \"name:32 bytes in base64url\"", sealing.len() + 1)
        })?;
        if sealing.iter().any(|(other, _)| other == name) {
            return Err(format!("has two keys named {name} in sealing.keys"));
        }
        sealing.push((name.to_owned(), key));
    }
    let checkpoints = value("checkpoints", "key").and_then(toml::Value::as_str).and_then(Secret::parse);
    Ok(Keys { sealing, digests, checkpoints: checkpoints.ok_or(NO_CHECKPOINTS)? })
}

fn parse_entry(entry: &toml::Value) -> Option<(&str, Secret)> {
    let (name, key) = entry.as_str()?.split_once(':')?;
    let is_name = (1..=NAME_LIMIT).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    Some((name, is_name.then(|| Secret::parse(key))??))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Barrier;

    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    #[test]
    fn a_new_file_can_be_read_and_no_two_are_alike() {
        let text = new_file().expect("entropy");
        let keys = parse(&text).expect("a file of keys");
        assert_eq!(keys.sealing.len(), 1);
        assert_ne!(keys.sealing[0].1, keys.digests);
        assert_ne!(keys.digests, keys.checkpoints);
        assert_ne!(text, new_file().expect("entropy"));
    }

    #[test]
    fn keys_are_made_once_for_their_owner_alone_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("holdfast.db.secrets.toml");
        let made = read_or_make(&path).expect("made");
        assert_eq!(std::fs::metadata(&path).expect("made").mode() & 0o777, 0o600);
        let again = read_or_make(&path).expect("read");
        assert_eq!((made.sealing, made.digests), (again.sealing, again.digests));
        assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 1);
    }

    #[test]
    fn many_that_start_at_once_have_the_same_keys() {
        for _ in 0..50 {
            let folder = tempfile::tempdir().expect("folder");
            let path = folder.path().join("secrets.toml");
            let start = Barrier::new(8);
            let found: Vec<_> = std::thread::scope(|scope| {
                let each = || {
                    start.wait();
                    read_or_make(&path).expect("keys").digests
                };
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(each)).collect();
                threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
            });
            assert!(found.iter().all(|digests| *digests == found[0]));
            assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 1, "no drafts");
        }
    }

    #[test]
    fn a_file_of_an_earlier_version_is_completed_once_and_otherwise_left_as_it_is() {
        let earlier = format!("[sealing]\nkeys = ['a:{KEY}']\n[digests]\nkey = '{KEY}'");
        for _ in 0..20 {
            let folder = tempfile::tempdir().expect("folder");
            let path = folder.path().join("secrets.toml");
            write(&path, &earlier).expect("written");
            let start = Barrier::new(4);
            let found: Vec<_> = std::thread::scope(|scope| {
                let each = || {
                    start.wait();
                    read_or_make(&path).expect("keys").checkpoints
                };
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(each)).collect();
                threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
            });
            assert!(found.iter().all(|key| *key == found[0]));
            let text = std::fs::read_to_string(&path).expect("there");
            assert!(text.starts_with(&earlier) && text.matches("[checkpoints]").count() == 1, "{text}");
            assert!(text.ends_with('\n'), "{text}");
        }
    }

    #[test]
    fn a_file_that_others_may_read_or_write_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("secrets.toml");
        write(&path, &new_file().expect("entropy")).expect("written");
        for (mode, is_closed) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("mine");
            assert_eq!(read(&path).is_ok(), is_closed, "{mode:o}");
        }
        let sentence = read(&path).expect_err("open to its group").to_string();
        assert!(sentence.contains("mode 620") && sentence.contains("secrets.toml"), "{sentence}");
    }

    #[test]
    fn what_is_there_and_cannot_be_used_is_never_made_anew() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("secrets.toml");
        write(&path, "").expect("written");
        assert!(read_or_make(&path).is_err());
        assert_eq!(std::fs::read_to_string(&path).expect("there"), "");
        let dangling = folder.path().join("link");
        std::os::unix::fs::symlink("nowhere", &dangling).expect("made");
        assert!(read_or_make(&dangling).is_err());
        assert!(read(folder.path()).expect_err("a folder").to_string().contains("is not a file"));
    }

    #[test]
    fn a_mistake_is_named_and_no_key_is_repeated() {
        let digests = format!("[digests]\nkey = '{KEY}'\n[checkpoints]\nkey = '{KEY}'\n");
        let sealing = format!("[sealing]\nkeys = ['a:{KEY}']\n");
        parse(&format!("{sealing}{digests}")).expect("this one is fine");
        for (text, named) in [
            (sealing.clone(), "digests.key"),
            (digests.clone(), "sealing.keys"),
            (format!("{digests}[sealing]\nkeys = []"), "sealing.keys"),
            (format!("{digests}[sealing]\nkeys = 'a:{KEY}'"), "sealing.keys"),
            (format!("{digests}[sealing]\nkeys = ['a:{KEY}', '{KEY}']"), "entry 2"),
            (format!("{digests}[sealing]\nkeys = ['a:{KEY}', 'a:{KEY}']"), "named a"),
            (format!("{digests}[sealing]\nkeys = ['a b:{KEY}']"), "entry 1"),
            (format!("{digests}[sealing]\nkeys = [':{KEY}']"), "entry 1"),
            (format!("{digests}[sealing]\nkeys = ['a:{KEY}A']"), "entry 1"),
            (format!("{sealing}[digests]\nkey = '{KEY}='"), "digests.key"),
            (format!("{sealing}[digests]\nkey = '{KEY}'"), "checkpoints.key"),
            (format!("{sealing}{digests}[signing]\nkey = '{KEY}'"), "[signing]"),
            (format!("{sealing}{digests}keys = '{KEY}'"), "checkpoints.keys"),
            (format!("sealing = '{KEY}'"), "sealing"),
            (format!("{sealing}[digests]\nkey = {KEY}"), "line 4"),
        ] {
            let complaint = parse(&text).expect_err(named);
            assert!(complaint.contains(named), "{complaint}");
            assert!(!complaint.contains(KEY) && !complaint.contains('\n'), "{complaint}");
        }
    }
}
