//! The native half of the Python package `refmark`: thin over `refmark_core`, which has every rule.
//!
//! Answers cross as plain Python values, with the keys of the command's `--json`; `refmark._values` makes frozen classes
//! of them. The interpreter lock is released around all work.

#![allow(clippy::disallowed_methods, reason = "a face may read the environment")]

mod backup;
mod context;
mod convert;
mod errors;
mod evidence;
mod findings;
mod fork;
mod govern;
mod label;
mod pins;
mod progress;
mod registry;
mod rows;
mod served;
mod signatures;
mod team;
mod values;
mod voice;

use pyo3::prelude::*;

/// The native half of `refmark`.
#[pymodule]
mod _native {
    use pyo3::prelude::*;

    /// From here on hints are said as Python says them.
    #[pymodule_init]
    fn speak(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        refmark_core::types::hint::speak_as(super::voice::say);
        Ok(())
    }

    #[pymodule_export]
    use super::backup::{check_backup, restore};
    #[pymodule_export]
    use super::fork::{after_fork_in_child, after_fork_in_parent, before_fork};
    #[pymodule_export]
    use super::pins::{PyProject, find_lock};
    #[pymodule_export]
    use super::registry::PyRegistry;
    #[pymodule_export]
    use super::registry::{init, make_default, open};
    #[pymodule_export]
    use super::rows::PyRows;
    #[pymodule_export]
    use super::signatures::{check_dsse, check_ssh, public_key};
    #[pymodule_export]
    use super::team::clone;
    #[pymodule_export]
    use super::values::{codes, compare_contracts, inspect, is_name, parse_reference, version};
}
