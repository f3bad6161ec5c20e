//! A request that comes again while it is being done is done once: MLflow's clients ask again when an answer takes longer than they
//! wait, and a version of a large model takes long. What comes after the first is done is a new request.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use refmark_core::types::digest::Digest;

use crate::sync::locked;

/// So many of what was made last are remembered.
const REMEMBERED: usize = 256;

/// What was made last, by the digest of what was asked.
#[derive(Default)]
pub struct Once(Mutex<HashMap<Digest, (u64, Instant)>>);

impl Once {
    /// The number that `make` gives, or gave to the same request that was being done when this one came. One is made at a time.
    pub fn made<E>(&self, asked: Digest, make: impl FnOnce() -> Result<u64, E>) -> Result<u64, E> {
        let came = Instant::now();
        let mut made = locked(&self.0);
        if let Some((number, done)) = made.get(&asked)
            && *done > came
        {
            return Ok(*number);
        }
        let number = make()?;
        if made.len() >= REMEMBERED {
            made.clear();
        }
        made.insert(asked, (number, Instant::now()));
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use refmark_core::types::digest::Digest;

    use super::Once;

    #[test]
    fn who_asks_again_while_it_is_made_gets_that_one_and_who_asks_later_a_new_one() {
        let (once, numbers) = (Once::default(), AtomicU64::new(0));
        let make = || {
            std::thread::sleep(Duration::from_millis(400));
            Ok::<_, ()>(numbers.fetch_add(1, Ordering::SeqCst) + 1)
        };
        let asked = Digest::of(b"the same");
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..4).map(|_| scope.spawn(|| once.made(asked, make).unwrap())).collect();
            assert!(all.into_iter().all(|one| one.join().unwrap() == 1));
        });
        assert_eq!(once.made(asked, make).unwrap(), 2);
    }
}
