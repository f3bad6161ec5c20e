//! Stories of the command: what people type, what they read, what programs get, and how it ends.

mod changes;
mod demo;
mod environment;
mod errors;
mod finding;
mod interrupts;
mod keeping;
mod main_job;
mod pages;
mod plain_git;
mod registering;
mod roots;
