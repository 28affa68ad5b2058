//! What fuzz targets call: every place where a stranger's bytes are read, past the walls that keep them from everybody else.
//! Each answers with what was understood, so that a target can read it again. Nothing else may use it.

pub use crate::auth::fuzzing::*;
pub use crate::forward::fuzzing::*;
pub use crate::geo::fuzzing::*;
pub use crate::server::fuzzing::*;
