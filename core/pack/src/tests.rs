//! What Git itself wrote is read as Git reads it, and what no Git would write ends in an error.

#![allow(clippy::disallowed_methods)]

mod hostile;
mod real;
mod speed;
mod tools;
