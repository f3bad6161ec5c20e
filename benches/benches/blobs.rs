//! The blob store on a real disk, durable; wall time, because waiting for the disk is the work.

#![allow(missing_docs)]

use criterion::{BatchSize, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};

const MIB: usize = 1 << 20;

fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut out = Vec::with_capacity(bytes + 8);
    while out.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend_from_slice(&state.to_le_bytes());
    }
    out.truncate(bytes);
    out
}

fn ingest(c: &mut Criterion) {
    let mut group = c.benchmark_group("ingest");
    group.sample_size(10).sampling_mode(SamplingMode::Flat).throughput(Throughput::Bytes(256 * MIB as u64));
    let home = tempfile::tempdir().expect("there is room");
    let big = home.path().join("weights.bin");
    std::fs::write(&big, noise(256 * MIB, 3)).expect("there is room");
    let small = home.path().join("small");
    std::fs::create_dir(&small).expect("there is room");
    for n in 0..1_000u64 {
        std::fs::write(small.join(n.to_string()), noise(4096, n)).expect("there is room");
    }
    let small: Vec<_> = (0..1_000).map(|n: u64| small.join(n.to_string())).collect();
    let fresh = || tempfile::tempdir_in(home.path()).expect("there is room");
    let big = [big];
    group.bench_function("256-mib", |b| {
        b.iter_batched(fresh, |area| (store(area.path(), &big), area), BatchSize::PerIteration);
    });
    let area = fresh();
    store(area.path(), &big);
    group.bench_function("256-mib-again", |b| b.iter(|| store(area.path(), &big)));
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("1k-small-files", |b| {
        b.iter_batched(fresh, |area| (store(area.path(), &small), area), BatchSize::PerIteration);
    });
    group.throughput(Throughput::Bytes(256 * MIB as u64));
    group.bench_function("verify-256-mib", |b| {
        let store = refmark_core::store::blob::Store::open(area.path());
        b.iter(|| store.verify(None, &refmark_core::engine::ports::Silent, &Default::default()).expect("it is good"));
    });
    // On one core, to see what the second one gives: taskset -c 0 cargo bench -p refmark-benches --bench blobs -- 8-files
    let many: Vec<_> = (0..8).map(|n| home.path().join(format!("weights-{n}.bin"))).collect();
    for (n, path) in (100..).zip(&many) {
        std::fs::write(path, noise(32 * MIB, n)).expect("there is room");
    }
    let eight = fresh();
    store(eight.path(), &many);
    group.bench_function("verify-8-files-of-32-mib", |b| {
        let store = refmark_core::store::blob::Store::open(eight.path());
        b.iter(|| store.verify(None, &refmark_core::engine::ports::Silent, &Default::default()).expect("it is good"));
    });
    group.bench_function("hash-256-mib", |b| {
        let bytes = std::fs::read(&big[0]).expect("it is there");
        b.iter(|| refmark_core::types::digest::Digest::of(&bytes));
    });
}

fn store(area: &std::path::Path, files: &[std::path::PathBuf]) -> Vec<refmark_core::store::blob::Ingested> {
    let sources =
        files.iter().map(|path| refmark_core::store::blob::Source { path: path.clone(), observer: None }).collect();
    let store = refmark_core::store::blob::Store::open(area);
    store.ingest(sources, &refmark_core::engine::ports::Silent, &Default::default()).expect("they are good")
}

criterion_group!(blobs, ingest);
criterion_main!(blobs);
