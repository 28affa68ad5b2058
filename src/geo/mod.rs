//! stub
#![allow(missing_docs)]
use crate::risk::Place;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
#[derive(Debug, thiserror::Error)]
#[error("geo")]
pub struct GeoError;
#[derive(Clone, Default, Debug)]
pub struct Geo;
impl Geo {
    pub fn open(_: Option<&Path>, _: Option<&Path>) -> Result<Self, GeoError> {
        Ok(Self)
    }
    pub fn version(&self) -> String {
        "none".into()
    }
    pub fn locate(&self, _: IpAddr) -> Place {
        Place::default()
    }
}
pub fn default_files() -> (Option<PathBuf>, Option<PathBuf>) {
    (None, None)
}
pub fn country_name(_: [u8; 2]) -> Option<&'static str> {
    None
}
