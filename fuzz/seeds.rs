//! What inputs are made of, to begin with: files of tests/corpus. Those that were found later lie beside them.

use std::path::PathBuf;

/// A registration for the challenge of 32 zero bytes, by the key whose private half is 1.
pub const REGISTRATION: &str = include_str!("../tests/corpus/fuzz/registration/good.json");
/// A public key of checkpoints. Nobody has the private one.
pub const VERIFIER: &str = include_str!("../tests/corpus/fuzz/checkpoints/verifier.txt");

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// The seeds of a target.
pub fn of(name: &str) -> Vec<Vec<u8>> {
    let mut folders = vec![corpus().join("fuzz").join(name)];
    if name == "geo" {
        folders.push(corpus().join("geo"));
    }
    let mut files: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())))
        .filter(|path| path.is_file())
        .collect();
    // In one order everywhere, so that a run can be repeated.
    files.sort();
    files.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}
