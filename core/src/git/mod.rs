//! Floor 4: records in Git, the only place that knows gix.
