//! Inspection of any bytes under any name ends, within bounds, and never panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_scan::{TensorHasher, inspect};
use refmark_types::digest::Hasher;

fuzz_target!(|bytes: &[u8]| {
    for name in ["model.bin", "model.safetensors", "model.py", "config.json"] {
        let found = inspect(name, &bytes).expect("bytes in memory can be read");
        if let Ok(mut hasher) = TensorHasher::<Hasher>::new(&found.tensors) {
            hasher.update(bytes);
            let _ = hasher.finish();
        }
    }
});
