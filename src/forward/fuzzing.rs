//! For fuzz targets: where a person goes on who says so in an address.

use url::Url;

use super::{Area, Back, ForwardPolicy};

/// Where that leads on `http://localhost:3000`, and whether that path would be in the area `/admin`.
pub fn read_back(text: &str) -> Option<(String, bool)> {
    let origin: Url = "http://localhost:3000".parse().ok()?;
    let back = Back::parse(&origin, text)?;
    let policy = ForwardPolicy {
        sensitive: Vec::new(),
        step_up: Area::parse("/admin").into_iter().collect(),
        token: false,
        apps: Vec::new(),
    };
    let is_in_area = policy.area_to_open(&back.asked(&origin)).ok()?.is_some();
    Some((back.path().to_owned(), is_in_area))
}
