//! How long it takes to judge a whole taxonomy, and how that compares with the real package over the same files.
//!
//! With `SEEDBED_SCHEMA_PYTHON` naming a Python that has `instructlab-schema` and `yamllint`, the CPU seconds a file of both are
//! measured in one run and their ratio is printed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout
)]

#[path = "support/laying.rs"]
mod laying;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use seedbed::cores;
use seedbed::taxonomy::check::advise;
use seedbed::taxonomy::{LeafFile, NodePath, Profile, check_leaf, walk};

/// Of the peer, this many are enough: it needs a tenth of a second for each.
const PEER_FILES: usize = 20;

/// A seed file of 3 kB, with quotes, blocks and lists in brackets.
fn qna(number: usize) -> String {
    let mut text = String::from(
        "version: 3\ntask_description: |\n  Turn a short note of a tenant into a polite reply of the office.\ncreated_by: rosafield\nseed_examples:\n",
    );
    for example in 0..9 {
        let _ = write!(
            text,
            "  - question: \"Reply politely to note {example} of office {number}: the lift stands still again.\"\n    answer: |\n      \
             I am sorry that the lift stands still for the {example}th time. A mechanic will come before noon, and we will write to you\n      \
             when it runs.\n\n      Kind regards\n"
        );
    }
    text
}

fn lay(leaves: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..leaves {
        let leaf = format!(
            "compositional_skills/topic_{:03}/leaf_{:02}",
            number / 100,
            number % 100
        );
        let leaf = folder.path().join(leaf);
        fs::create_dir_all(&leaf).unwrap();
        fs::write(leaf.join("qna.yaml"), qna(number)).unwrap();
    }
    folder
}

fn leaves(root: &Path) -> Vec<NodePath> {
    let mut found = Vec::new();
    walk(root, &|| false, &mut |folder| {
        if folder.is_leaf {
            found.push(folder.path);
        }
    });
    found
}

/// As `seedbed check` does it: find, read, judge, all cores.
fn judge_all(root: &Path) -> usize {
    let leaves = leaves(root);
    let found = cores::gathered(&leaves, |node| check_leaf(root, node, Profile::Ilab).len());
    assert_eq!(found.iter().sum::<usize>(), 0);
    leaves.len()
}

fn judge_with_advice(root: &Path) {
    let leaves = leaves(root);
    cores::gathered(&leaves, |node| {
        let file = LeafFile::read(root, node).unwrap();
        let document = file.document.unwrap();
        let path = node.qna_relative();
        seedbed::taxonomy::check::check_document(&path, &Ok(document.clone()), Profile::Ilab).len()
            + advise(&path, &document, None).len()
    });
}

fn whole_taxonomies(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check a taxonomy");
    group.sample_size(10);
    for size in laying::sizes(&[1_000, 10_000]) {
        let folder = lay(size);
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(format!("{size} leaves of 3 kB"), |bench| {
            bench.iter(|| judge_all(folder.path()))
        });
        group.bench_function(format!("{size} leaves of 3 kB, with advice"), |bench| {
            bench.iter(|| judge_with_advice(folder.path()));
        });
    }
    group.finish();
}

/// CPU seconds of this process so far; the clock where the system does not tell.
fn cpu_seconds(began: Instant) -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|field| field.parse().ok())
        .collect();
    // User and system time in hundredths of a second; the state before them is a letter.
    match (fields.get(10), fields.get(11)) {
        (Some(user), Some(system)) => (user + system) / 100.0,
        _ => began.elapsed().as_secs_f64(),
    }
}

fn against_the_peer(_: &mut Criterion) {
    let Some(python) = std::env::var_os("SEEDBED_SCHEMA_PYTHON") else {
        println!("the peer is LEFT OUT: SEEDBED_SCHEMA_PYTHON names no Python");
        return;
    };
    let folder = lay(PEER_FILES);
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/pace.py");
    let done = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let theirs: f64 = String::from_utf8_lossy(&done.stdout).trim().parse().unwrap();
    let leaves = leaves(folder.path());
    let began = Instant::now();
    let before = cpu_seconds(began);
    let mut files = 0;
    // Long enough for hundredths of a second to be exact.
    while began.elapsed().as_secs_f64() < 2.0 {
        for node in &leaves {
            assert!(check_leaf(folder.path(), node, Profile::Ilab).is_empty());
        }
        files += leaves.len();
    }
    let ours = (cpu_seconds(began) - before) / files as f64;
    println!(
        "CPU seconds a file over the same {PEER_FILES} files: instructlab-schema {theirs:.4}, seedbed {ours:.7}: {:.0} times fewer",
        theirs / ours
    );
}

criterion_group!(benches, whole_taxonomies, against_the_peer);
criterion_main!(benches);
