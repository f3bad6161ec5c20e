//! Model-file headers: what a file is, decided by its content.
