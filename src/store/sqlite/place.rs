//! Where the database file is, and how a connection to it begins.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{BUSY, failure, run};
use crate::store::{self, Error};

/// At so many pages of the log (32 MB) SQLite itself moves them to their places; [`super::log`] does it long before.
const WAL_PAGES: u32 = 8_000;

/// Where the file is, and how it is opened.
#[derive(Clone, Debug)]
pub(super) struct Place {
    file: PathBuf,
    flags: OpenFlags,
}

impl Place {
    pub(super) fn of(url: &str, is_there: bool) -> Result<Self, Error> {
        let (file, mode) = parse(url)?;
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        flags |= match mode {
            Mode::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Mode::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Mode::Create if is_there => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Mode::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        };
        Ok(Self { file, flags })
    }

    pub(super) fn connect(&self) -> Result<Connection, Error> {
        let connect = || {
            let connection = Connection::open_with_flags(&self.file, self.flags)?;
            connection.busy_timeout(BUSY)?;
            // In memory it stays "memory".
            connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
            // What was answered must outlive a power cut: a session that was ended stays ended.
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
            run::prepare(&connection);
            Ok(connection)
        };
        connect().map_err(failure::of)
    }
}

impl Place {
    /// Copy the database into this empty file, and see that the copy is whole.
    pub(super) fn copy_into(&self, file: &Path) -> Result<(), Error> {
        let connection = self.connect()?;
        let name = file.to_str().ok_or_else(|| store::failed("its name is no UTF-8"))?;
        connection.execute("VACUUM INTO ?1", [name]).map_err(failure::of)?;
        let copy = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failure::of)?;
        let said: String =
            copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failure::of)?;
        if said == "ok" { Ok(()) } else { Err(store::failed(format!("the copy is not whole: {said}"))) }
    }
}

/// What a URL's `mode` allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Mode {
    ReadOnly,
    ReadWrite,
    Create,
}

/// The file that a URL names (`sqlite://path?mode=rwc`), and what may be done with it.
pub(in crate::store) fn parse(url: &str) -> Result<(PathBuf, Mode), Error> {
    let rest = url.strip_prefix("sqlite:").ok_or_else(|| store::failed("no URL of SQLite's"))?;
    let (path, query) = rest.strip_prefix("//").unwrap_or(rest).split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path == ":memory:" {
        // Shared by the connections of this process, and each time another one.
        let name = format!("file:holdfast-{}?mode=memory&cache=shared", uuid::Uuid::new_v4());
        return Ok((name.into(), Mode::Create));
    }
    let path = percent_encoding::percent_decode_str(path).decode_utf8().map_err(store::failed)?;
    let mut mode = Mode::ReadWrite;
    for setting in query.split('&').filter(|setting| !setting.is_empty()) {
        mode = match setting {
            "mode=ro" => Mode::ReadOnly,
            "mode=rw" => Mode::ReadWrite,
            "mode=rwc" => Mode::Create,
            other => return Err(store::failed(format!("{other} is no setting of SQLite's here; mode=rwc is"))),
        };
    }
    Ok((path.into_owned().into(), mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_and_what_may_be_done_with_it() {
        let of = |url| parse(url).ok().map(|(file, mode)| (file.display().to_string(), mode));
        assert_eq!(of("sqlite://holdfast.db?mode=rwc"), Some(("holdfast.db".to_owned(), Mode::Create)));
        assert_eq!(of("sqlite:///var/lib/a%20b.db"), Some(("/var/lib/a b.db".to_owned(), Mode::ReadWrite)));
        assert_eq!(of("sqlite:a.db?mode=ro"), Some(("a.db".to_owned(), Mode::ReadOnly)));
        assert!(of("sqlite::memory:").is_some_and(|(file, _)| file.contains("mode=memory")));
        assert_eq!(of("sqlite://a.db?mode=x"), None);
        assert_eq!(of("postgres://a"), None);
    }

    #[test]
    fn a_file_that_has_gone_is_missed_and_no_empty_one_takes_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.db");
        let url = format!("sqlite://{}?mode=rwc", file.display());
        Place::of(&url, false).expect("a place").connect().expect("made");
        let place = Place::of(&url, true).expect("a place");
        std::fs::remove_file(&file).expect("removed");
        let missed = place.connect().expect_err("missed");
        assert!(missed.to_string().contains("unable to open"), "{missed}");
        assert!(store::is_unavailable(&missed) && !file.exists());
    }
}
