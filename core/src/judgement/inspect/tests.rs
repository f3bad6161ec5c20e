//! Inspection against the shared vectors, every prefix of them, and bits flipped at random.

use super::*;
