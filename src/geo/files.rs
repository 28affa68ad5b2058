//! Where geo data lie when nobody says.

use std::env;
use std::path::{Path, PathBuf};

/// The file of countries or cities, and the file of networks, that are used when none is configured.
///
/// Looked for in `geo/` where the server was started, in `geo/` beside its binary, and where `scripts/geo.sh` keeps
/// them. The first folder that has either is taken; a `city.mmdb` in it goes before a `country.mmdb`.
pub fn default_files() -> (Option<PathBuf>, Option<PathBuf>) {
    let beside = env::current_exe().ok().and_then(|binary| Some(binary.parent()?.join("geo")));
    let cache = env::var_os("HOLDFAST_CACHE")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache/holdfast")))
        .map(|cache| cache.join("geo"));
    [Some(PathBuf::from("geo")), beside, cache]
        .into_iter()
        .flatten()
        .map(|folder| files_in(&folder))
        .find(|(places, networks)| places.is_some() || networks.is_some())
        .unwrap_or_default()
}

fn files_in(folder: &Path) -> (Option<PathBuf>, Option<PathBuf>) {
    let file = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
    (file("city.mmdb").or_else(|| file("country.mmdb")), file("asn.mmdb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_file_goes_before_a_country_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        assert_eq!(files_in(folder.path()), (None, None));
        std::fs::write(path("country.mmdb"), "").expect("written");
        assert_eq!(files_in(folder.path()), (Some(path("country.mmdb")), None));
        std::fs::write(path("city.mmdb"), "").expect("written");
        std::fs::write(path("asn.mmdb"), "").expect("written");
        assert_eq!(files_in(folder.path()), (Some(path("city.mmdb")), Some(path("asn.mmdb"))));
    }
}
