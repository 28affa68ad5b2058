//! What throttling says instead of letting through.

use super::limits::{Budget, Layer};
use super::work::Work;
use crate::secret::NoEntropy;
use crate::store;

/// Why something was not let through.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There was too much of it.
    #[error("refused by the layer {}", .0.layer.as_str())]
    Limited(Box<Limited>),
    /// It could not be counted, so it is not let through.
    #[error("throttling: {0}")]
    Store(#[from] store::Error),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

/// Too much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limited {
    /// Which layer refused; of several, the one that does so longest.
    pub layer: Layer,
    /// Of which budget there was none left.
    pub budget: Budget,
    /// Whole seconds after which this would have been let through.
    pub retry_after: u64,
    /// Whether it is the first refusal by this counter in a while, and so is to be recorded.
    pub is_first: bool,
    /// What to do instead of waiting, where there is something.
    pub work: Option<Work>,
}
