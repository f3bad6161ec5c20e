//! Waiting for another program: until it ends, or until somebody asks to stop. Then it is asked to end, too, and is not waited
//! for longer than it takes to put its things away.

use std::io::{self, Read, Write};
use std::process::{Child, ExitStatus, Output};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use refmark_engine::ports::Cancel;
use refmark_types::error::{Code, Error, Result};
use rustix::process::{Pid, Signal, kill_process};

/// How often it is asked whether to stop.
const EVERY: Duration = Duration::from_millis(50);
/// How long a program that was asked to end may take to put its things away, such as Git its lock files.
const GRACE: Duration = Duration::from_secs(2);

/// What a program came to.
#[derive(Debug)]
pub struct Ended {
    /// Its status, and what it printed to those of its outputs that are pipes.
    pub output: Output,
    /// Whether it took all of its input.
    pub was_fed: bool,
}

/// Feeds a program, reads what it prints, and waits for its end.
///
/// # Errors
///
/// `cancelled` where somebody asked to stop: it was ended. `io` where it cannot be waited for.
pub fn wait(mut child: Child, input: Vec<u8>, cancel: &Cancel) -> Result<Ended> {
    // Its pipes close when it ends, which wakes who waits for them.
    let (sender, woken) = channel();
    let fed = child.stdin.take().map(|mut stdin| std::thread::spawn(move || stdin.write_all(&input).is_ok()));
    let printed = child.stdout.take().map(|pipe| reader(pipe, sender.clone()));
    let said = child.stderr.take().map(|pipe| reader(pipe, sender));
    let status = end_of(&mut child, &woken, cancel)?;
    let joined = |reader: Option<JoinHandle<Vec<u8>>>| reader.and_then(|it| it.join().ok()).unwrap_or_default();
    let output = Output { status, stdout: joined(printed), stderr: joined(said) };
    let was_fed = fed.is_none_or(|fed| fed.join().unwrap_or(false));
    Ok(Ended { output, was_fed })
}

/// Reads a pipe to its end. The sender goes with it.
fn reader(mut pipe: impl Read + Send + 'static, sender: Sender<()>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until it failed is what there is.
        let _ = pipe.read_to_end(&mut bytes);
        drop(sender);
        bytes
    })
}

fn end_of(child: &mut Child, woken: &Receiver<()>, cancel: &Cancel) -> Result<ExitStatus> {
    let failed = |error: io::Error| Error::new(Code::Io, format!("a program cannot be waited for: {error}"));
    let mut pause = Duration::from_millis(1);
    loop {
        if let Err(stopped) = cancel.check() {
            stop(child);
            return Err(stopped);
        }
        match woken.recv_timeout(EVERY) {
            Err(RecvTimeoutError::Timeout) => {}
            // It has closed its pipes, and is about to end.
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                if let Some(status) = child.try_wait().map_err(failed)? {
                    return Ok(status);
                }
                std::thread::sleep(pause);
                pause = (pause * 2).min(EVERY);
            }
        }
    }
}

/// Asks a program to end, and ends it where it does not.
fn stop(child: &mut Child) {
    let _ = kill_process(Pid::from_child(child), Signal::TERM);
    let asked = Instant::now();
    while asked.elapsed() < GRACE {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    fn shell(script: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    #[test]
    fn a_program_is_fed_and_heard_to_its_end() {
        let input = vec![b'x'; 1 << 20];
        let ended = wait(shell("wc -c; echo why >&2; exit 3"), input, &Cancel::default()).unwrap();
        assert_eq!((ended.output.status.code(), ended.was_fed), (Some(3), true));
        assert_eq!(String::from_utf8_lossy(&ended.output.stdout).trim(), "1048576");
        assert_eq!(ended.output.stderr, b"why\n");
        // One that does not read is not waited for with what it was to read.
        let ended = wait(shell("exec <&-; exit 0"), vec![b'x'; 1 << 20], &Cancel::default()).unwrap();
        assert!(ended.output.status.success() && !ended.was_fed);
    }

    #[test]
    fn a_program_that_hangs_is_ended_by_a_stop_also_where_it_will_not_hear() {
        for script in ["exec sleep 600", "trap '' TERM; while :; do sleep 0.1; done", "exec >&- 2>&-; exec sleep 600"] {
            let (child, cancel) = (shell(script), Cancel::default());
            let stopper = cancel.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(200));
                stopper.stop();
            });
            let begun = Instant::now();
            assert_eq!(wait(child, Vec::new(), &cancel).unwrap_err().code, Code::Cancelled, "{script}");
            assert!(begun.elapsed() < Duration::from_secs(10), "{script}: {:?}", begun.elapsed());
        }
    }
}
