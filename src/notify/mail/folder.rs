//! Without a mail server: one file a mail, for nobody but the owner to read.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::notify::Failure;

/// Where they go.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Make it if it is not there. One that others may look into is not used.
    pub fn prepare(&self) -> Result<(), Error> {
        match DirBuilder::new().mode(0o700).create(&self.0) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let metadata = std::fs::metadata(&self.0)?;
        if !metadata.is_dir() {
            return Err(Error::new(ErrorKind::NotADirectory, "it is no folder"));
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                "it is open to others than its owner; close it with chmod 700",
            ));
        }
        Ok(())
    }

    /// Why it cannot be used, in one sentence.
    pub fn complaint(&self, error: &Error) -> String {
        format!(
            "the folder for mails {} (mail.folder, HOLDFAST_MAIL_FOLDER) cannot be used: {error}",
            self.0.display()
        )
    }

    /// Write one, whole or not at all. The same mail has the same name, so written twice it is one file.
    pub async fn write(&self, id: Uuid, at: Timestamp, bytes: Vec<u8>) -> Result<PathBuf, Failure> {
        let folder = self.clone();
        let seconds = at.to_date_time().unix_timestamp();
        let time = Timestamp(seconds * 1000).to_rfc3339().replace(':', "");
        let name = format!("{time}-{}.eml", id.simple());
        let written = tokio::task::spawn_blocking(move || {
            folder.prepare().and_then(|()| folder.put(&name, &bytes)).map_err(|error| folder.complaint(&error))
        });
        match written.await {
            Ok(Ok(path)) => Ok(path),
            Ok(Err(complaint)) => {
                tracing::warn!("{complaint}");
                Err(Failure::again("folder"))
            }
            Err(_) => Err(Failure::again("stopped")),
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
        let path = self.0.join(name);
        let draft = self.0.join(format!(".{name}.{:016x}", rand::random::<u64>()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        let outcome =
            file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(&draft, &path));
        if outcome.is_err() {
            let _ = std::fs::remove_file(&draft);
        }
        outcome?;
        // After a power cut the folder must still know the file: its row will say that it was delivered.
        File::open(&self.0)?.sync_all()?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn a_mail_is_one_file_for_its_owner_alone_however_often_it_is_written() {
        let place = tempfile::tempdir().expect("folder");
        let folder = Folder::new(place.path().join("mail"));
        let mut paths = Vec::new();
        for _ in 0..2 {
            let path = folder.write(Uuid::from_u128(7), Timestamp(1_795_376_096_500), b"mail".to_vec()).await;
            paths.push(path.expect("written"));
        }
        assert_eq!(paths[0], paths[1]);
        let name = paths[0].file_name().expect("a name").to_string_lossy().into_owned();
        assert_eq!(name, "2026-11-22T193456Z-00000000000000000000000000000007.eml");
        assert_eq!(std::fs::read(&paths[0]).expect("there"), b"mail");
        assert_eq!(std::fs::metadata(&paths[0]).expect("there").mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(folder.path()).expect("there").mode() & 0o777, 0o700);
        assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 1, "no drafts");
    }

    #[tokio::test]
    async fn a_folder_that_others_may_look_into_is_not_used() {
        let place = tempfile::tempdir().expect("folder");
        let folder = Folder::new(place.path().to_owned());
        std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o755)).expect("mine");
        assert!(folder.prepare().expect_err("open").to_string().contains("chmod 700"));
        assert!(folder.write(Uuid::nil(), Timestamp(0), Vec::new()).await.is_err());
        assert_eq!(std::fs::read_dir(place.path()).expect("folder").count(), 0);
    }
}
