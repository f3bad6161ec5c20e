//! A hundred thousand commits: history, review, check, verify; in CPU time.

#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkGroup, Criterion, SamplingMode, criterion_group, criterion_main};
use refmark_benches::{CpuTime, grown, key, long, many_moves, moves_so_far, open};
use refmark_core::grown::{Shape, line};
use refmark_core::types::name::AliasName;
use refmark_core::{CheckOptions, Registry, VerifyOptions};

fn slow<'c>(c: &'c mut Criterion<CpuTime>, name: &str) -> BenchmarkGroup<'c, CpuTime> {
    let mut group = c.benchmark_group(name);
    group.sample_size(10).sampling_mode(SamplingMode::Flat).warm_up_time(Duration::from_millis(100));
    group
}

/// One alias's thousand moves among a hundred thousand commits, and the newest commit reviewed and checked.
fn long_history(c: &mut Criterion<CpuTime>) {
    let home = long();
    let mut group = slow(c, "100k-commits");
    let registry = open(&home);
    let view = registry.read().view().expect("it is good");
    let (line, alias) = (line().expect("a name"), AliasName::parse("moved-42").expect("a name"));
    let log =
        |registry: &Registry| registry.read().log(&view, Some(&line), Some(&alias)).expect("it moved").moves.len();
    assert_eq!(log(&registry), 1_000);
    group.bench_function("history-of-an-alias", |b| b.iter(|| log(black_box(&registry))));
    // The first review walks to where the range starts, and remembers it.
    registry.read().review("main~1..main").expect("it is good");
    group.bench_function("review-one-commit", |b| {
        b.iter(|| registry.read().review("main~1..main").expect("it is good"))
    });
    let check =
        |registry: &Registry| registry.read().check("main~1..main", CheckOptions::default()).expect("it is good");
    group.bench_function("check-one-commit", |b| b.iter(|| check(&registry)));
    group.bench_function("check-one-commit-opened-anew", |b| b.iter(|| check(&open(&home))));
}

/// Ten thousand promotions from the first commit, and one more from the remembered head.
fn verify(c: &mut Criterion<CpuTime>) {
    let shape = Shape { artifacts: 0, line: 2, moves: 0, ..Shape::default() };
    let home = grown("ten-thousand", &shape, |registry| many_moves(registry, 10_000));
    let mut group = slow(c, "verify-10k-promotions");
    let whole = VerifyOptions { history_only: true, ..VerifyOptions::default() };
    group.bench_function("from-the-start", |b| {
        b.iter(|| open(&home).read().verify(None, whole).expect("it is good"));
    });
    let registry = open(&home);
    registry.read().view().expect("it is good");
    let resumed = VerifyOptions { from_remembered: true, ..whole };
    let key = key();
    let mut n = moves_so_far(&registry);
    group.bench_function("from-the-remembered-head", |b| {
        b.iter_batched(
            || {
                n += 1;
                refmark_core::grown::promote_line(&registry, &key, n % 2 + 1).expect("it moves");
                open(&home)
            },
            |registry| registry.read().verify(None, resumed).expect("it is good"),
            BatchSize::PerIteration,
        );
    });
}

criterion_group! {
    name = scale;
    config = Criterion::default().with_measurement(CpuTime);
    targets = long_history, verify
}
criterion_main!(scale);
