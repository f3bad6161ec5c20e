//! The registry's verbs at a hundred thousand artifacts, in CPU time.

#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkGroup, Criterion, SamplingMode, criterion_group, criterion_main};
use refmark_benches::{CpuTime, big, init, key, moves_so_far, open, small};
use refmark_core::query::index::SearchRequest;
use refmark_core::types::reference::Reference;
use refmark_core::{Registry, ResolveOptions, grown};

fn slow<'c>(c: &'c mut Criterion<CpuTime>, name: &str) -> BenchmarkGroup<'c, CpuTime> {
    let mut group = c.benchmark_group(name);
    group.sample_size(10).sampling_mode(SamplingMode::Flat).warm_up_time(Duration::from_millis(100));
    group
}

/// Ten thousand packages at once, and one by one for a hundred.
fn register(c: &mut Criterion<CpuTime>) {
    let mut group = slow(c, "register");
    let key = key();
    let fresh = || {
        let home = tempfile::tempdir().expect("there is room");
        let registry = init(home.path(), false);
        let file = grown::one_file(&registry, &home.path().join("files")).expect("there is room");
        let make = |n: usize| grown::package(grown::model_name(n % 100).expect("a name"), &file, n).expect("a package");
        let packages: Vec<_> = (0..10_000).map(make).collect();
        (home, registry, packages)
    };
    group.bench_function("10k-at-once", |b| {
        b.iter_batched(
            fresh,
            |(home, registry, packages)| (registry.write(&key).register_all(&packages).expect("they are good"), home),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("100-one-by-one", |b| {
        b.iter_batched(
            fresh,
            |(home, registry, packages)| {
                for package in &packages[..100] {
                    black_box(registry.write(&key).register(package).expect("it is good"));
                }
                home
            },
            BatchSize::PerIteration,
        );
    });
}

fn champion() -> Reference {
    Reference::parse("line@champion").expect("it is a reference")
}

/// With an open handle: while the head stands, and after each move.
fn resolve(c: &mut Criterion<CpuTime>) {
    let mut group = c.benchmark_group("resolve");
    let home = big();
    let registry = open(&home);
    let ask = |registry: &Registry, reference: &Reference| {
        registry.read().resolve(black_box(reference), ResolveOptions::default()).expect("it is there")
    };
    group.bench_function("head-stands", |b| b.iter(|| ask(&registry, &champion())));
    let mut n = 0;
    group.bench_function("never-asked-before", |b| {
        b.iter_batched(
            || {
                n += 1;
                Reference::parse(&format!("line/{}", n % 9_999 + 1)).expect("it is a reference")
            },
            |reference| ask(&registry, &reference),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("opened-anew", |b| b.iter(|| ask(&open(&home), &champion())));
}

/// Moves of an alias, durable, in a big registry and in a small one.
fn promote(c: &mut Criterion<CpuTime>) {
    let mut group = slow(c, "promote");
    group.measurement_time(Duration::from_secs(3));
    let key = key();
    for (name, home) in [("100-artifacts", small()), ("100k-artifacts", big())] {
        let registry = open(&home);
        let mut n = moves_so_far(&registry);
        group.bench_function(name, |b| {
            b.iter(|| {
                n += 1;
                grown::promote_line(&registry, &key, n % 2 + 1).expect("it moves")
            });
        });
    }
}

/// Questions that the index answers, and how it catches up.
fn index(c: &mut Criterion<CpuTime>) {
    let mut group = slow(c, "index");
    let home = big();
    let registry = open(&home);
    let line = grown::line().expect("it is a name");
    let view = registry.read().view().expect("it is good");
    registry.read().list_versions(&view, &line).expect("the index is made");
    group.bench_function("list-10k-versions", |b| {
        b.iter(|| registry.read().list_versions(&view, &line).expect("it is there"))
    });
    for (name, text) in [
        ("search-rare-word", "rare-skill"),
        ("search-common-word", "classify"),
        ("search-words", "reviews month 17 region"),
        ("search-prefix", "summ"),
    ] {
        let request = SearchRequest { text: Some(text.to_owned()), limit: 50, ..SearchRequest::default() };
        group.bench_function(name, |b| {
            b.iter(|| registry.read().search(&view, black_box(&request)).expect("it is found"))
        });
    }
    drop(view);
    let key = key();
    group.bench_function("100-commits-behind", |b| {
        b.iter_batched(
            || {
                let so_far = moves_so_far(&registry);
                for n in so_far + 1..=so_far + 100 {
                    grown::promote_line(&registry, &key, n % 2 + 1).expect("it moves");
                }
                registry.read().view().expect("it is good")
            },
            |view| registry.read().log(&view, Some(&line), None).expect("it has moved").moves.len(),
            BatchSize::PerIteration,
        );
    });
}

criterion_group! {
    name = registry;
    config = Criterion::default().with_measurement(CpuTime);
    targets = register, resolve, promote, index
}
criterion_main!(registry);
