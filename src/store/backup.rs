//! A copy of the whole database in a file.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::{Error, Store, failed};

impl Store {
    /// Copy everything that is committed into a new file, for its owner alone. Under its name there is either all of it, checked and
    /// on the disk, or nothing; a file that is there stays as it is. Answers how many bytes it has. SQLite alone can.
    pub async fn copy_into(&self, file: &Path) -> Result<u64, Error> {
        if file.symlink_metadata().is_ok() {
            return Err(failed(format!("{} is there already, and is not overwritten", file.display())));
        }
        let partial = Partial::create(file).map_err(|(path, error)| named(&path, &error))?;
        self.reader().copy_into(&partial.0).await?;
        partial.finish(file).map_err(|error| named(file, &error))
    }
}

fn named(path: &Path, error: &io::Error) -> Error {
    failed(format!("{} cannot be written: {error}", path.display()))
}

/// A copy that is not complete. Gone when dropped.
struct Partial(PathBuf);

impl Partial {
    fn create(file: &Path) -> Result<Self, (PathBuf, io::Error)> {
        let mut path = file.to_owned();
        path.as_mut_os_string().push(format!(".{}.partial", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(_) => Ok(Self(path)),
            Err(error) => Err((path, error)),
        }
    }

    fn finish(&self, file: &Path) -> io::Result<u64> {
        let written = File::open(&self.0)?;
        written.sync_all()?;
        // Unlike a rename it never replaces a file.
        std::fs::hard_link(&self.0, file)?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
        Ok(written.metadata()?.len())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
