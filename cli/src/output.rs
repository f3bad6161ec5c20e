//! Printing. Standard output gets the answer; standard error everything else.

use std::io::Write;

/// Prints to standard output. A reader that has gone (`| head`) is no error: the rest is not wanted.
pub fn out(text: &str) {
    let mut stdout = anstream::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints to standard error.
pub fn err(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
