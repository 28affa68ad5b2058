//! Numbers for operators: how much was let through, and by what the rest was refused.

use std::sync::atomic::{AtomicU64, Ordering};

use super::limits::Layer;

/// Counters since the process began. Reading them costs nothing.
#[derive(Debug, Default)]
pub struct Counts {
    allowed: AtomicU64,
    by_device: AtomicU64,
    by_work: AtomicU64,
    failed: AtomicU64,
    refused: [AtomicU64; Layer::ALL.len()],
}

impl Counts {
    /// Let through in any way.
    pub fn allowed(&self) -> u64 {
        self.allowed.load(Ordering::Relaxed)
    }

    /// Of these, in the lane of a known device.
    pub fn by_device(&self) -> u64 {
        self.by_device.load(Ordering::Relaxed)
    }

    /// Proofs of work that were redeemed.
    pub fn by_work(&self) -> u64 {
        self.by_work.load(Ordering::Relaxed)
    }

    /// Counted as failures.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Refused by this layer.
    pub fn refused(&self, layer: Layer) -> u64 {
        self.of(layer).load(Ordering::Relaxed)
    }

    pub(super) fn count_allowed(&self, is_by_device: bool) {
        self.allowed.fetch_add(1, Ordering::Relaxed);
        self.by_device.fetch_add(u64::from(is_by_device), Ordering::Relaxed);
    }

    pub(super) fn count_work(&self) {
        self.by_work.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_refused(&self, layer: Layer) {
        self.of(layer).fetch_add(1, Ordering::Relaxed);
    }

    fn of(&self, layer: Layer) -> &AtomicU64 {
        // Layers are numbered in the order of their list, which a test sees to.
        &self.refused[layer as usize]
    }
}
