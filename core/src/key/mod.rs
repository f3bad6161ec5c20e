//! Floor 4: signing keys from files, agents and the environment.
