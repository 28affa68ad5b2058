//! A release has the site inside, so it must be built again when the site has changed. rust-embed alone would not
//! notice a file that was not there before.

fn main() {
    let embeds = std::env::var_os("CARGO_FEATURE_SSR").is_some()
        && std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let watched = if embeds { "target/site" } else { "build.rs" };
    println!("cargo:rerun-if-changed={watched}");
}
