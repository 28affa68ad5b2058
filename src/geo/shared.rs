//! Geo data that may still be on its way: reading them takes longer than a server may take to start.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::{Credit, Geo, GeoError};
use crate::risk::Place;

/// What is known of addresses by now. Until the data are there, every place is unknown, as without any.
#[derive(Clone, Default)]
pub struct SharedGeo(Arc<OnceLock<(Geo, String)>>);

impl std::fmt::Debug for SharedGeo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SharedGeo").field(&self.version()).finish()
    }
}

impl SharedGeo {
    /// The files that the operator named. What is wrong with them stops the start.
    pub fn open(places: Option<PathBuf>, asns: Option<PathBuf>) -> Result<Self, GeoError> {
        let shared = Self::default();
        shared.read(places, asns)?;
        Ok(shared)
    }

    /// The files that the set-up fetched, beside what else is to be done. Nobody has asked for them, so what is wrong with
    /// them is a line in the log.
    pub fn open_soon(places: Option<PathBuf>, asns: Option<PathBuf>) -> Self {
        let shared = Self::default();
        let later = shared.clone();
        std::thread::spawn(move || {
            if let Err(error) = later.read(places, asns) {
                tracing::warn!(%error, "places are unknown");
            }
        });
        shared
    }

    fn read(&self, places: Option<PathBuf>, asns: Option<PathBuf>) -> Result<(), GeoError> {
        if places.is_none() && asns.is_none() {
            return Ok(());
        }
        let geo = Geo::open(places.as_deref(), asns.as_deref())?;
        let version = geo.version();
        tracing::info!(geo = version, "places are known");
        let _ = self.0.set((geo, version));
        Ok(())
    }

    /// Where an address is, as far as is known by now.
    pub fn locate(&self, address: IpAddr) -> Place {
        self.0.get().map(|(geo, _)| geo.locate(address)).unwrap_or_default()
    }

    /// Which data that is said from.
    pub fn version(&self) -> &str {
        self.0.get().map_or("none", |(_, version)| version)
    }

    /// Whom to name wherever a place is shown.
    pub fn credits(&self) -> Vec<Credit> {
        self.0.get().map(|(geo, _)| geo.credits()).unwrap_or_default()
    }
}
