//! Says what files are: `cargo run -p refmark-scan --example inspect -- FILE…`; `TENSORS=1` lists tensors and values too.

#![allow(clippy::disallowed_methods, reason = "an example reads the files that it is given")]

fn main() {
    let all = std::env::var_os("TENSORS").is_some();
    for path in std::env::args().skip(1) {
        let name = path.rsplit('/').next().unwrap_or(&path);
        let found = match std::fs::read(&path) {
            Ok(bytes) => refmark_scan::inspect(name, &bytes.as_slice()),
            Err(error) => {
                eprintln!("{path}: {error}");
                continue;
            }
        };
        match found {
            Ok(found) => show(&path, &found, all),
            Err(error) => eprintln!("{path}: {error}"),
        }
    }
}

fn show(path: &str, found: &refmark_scan::Inspection, all: bool) {
    println!("{path}\n   {}, {}, {} tensors", found.format, found.class, found.tensors.len());
    for problem in &found.problems {
        println!("   problem: {problem}");
    }
    for note in &found.notes {
        println!("   note: {note}");
    }
    for finding in &found.findings {
        println!("   found: {finding}");
    }
    if all {
        for tensor in &found.tensors {
            println!(
                "   tensor {} {} {:?}, {} bytes at {}",
                tensor.name, tensor.dtype, tensor.shape, tensor.bytes, tensor.offset
            );
        }
        for (key, value) in &found.metadata {
            println!("   value {key} = {value}");
        }
    }
}
