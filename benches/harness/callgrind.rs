//! Counts instructions: this program runs itself once more for each arm, under callgrind.
//!
//! Callgrind counts only while [`partnero_bench_request`] runs, so set-up and the making of
//! requests are not counted. The ready-made harnesses need a second tool of a matching version,
//! and this one does not. Each arm has a process of its own, because the allocator's work for one
//! arm depends on the heap that another arm left behind.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Arm, Work};
use crate::Failure;

/// The argument that tells a process of our own which arm to serve.
const SERVE: &str = "--serve-counted=";

pub(super) fn arm_to_serve(task: &str) -> Option<usize> {
    task.strip_prefix(SERVE)?.parse().ok()
}

/// Serves the arm; this runs under callgrind.
pub(super) fn serve_counted(arm: &Arm) {
    let mut work = (arm.work)();
    // Buffers grow and lazy statics are made here, before anything is counted.
    for _ in 0..arm.repeats {
        work.prepare();
        work.serve();
    }
    for _ in 0..arm.repeats {
        work.prepare();
        partnero_bench_request(&mut *work);
    }
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "Rust" fn partnero_bench_request(work: &mut dyn Work) {
    work.serve();
}

/// How many instructions each arm takes each time that it is served, in the arms' order; `None`
/// for an arm that takes too long.
pub(super) fn count(plan: &str, arms: &[Arm]) -> Result<Vec<Option<f64>>, Failure> {
    let directory = std::env::temp_dir().join(format!("partnero-bench-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    // An arm cannot be shared by threads, and they need no more of it than this.
    let repeats: Vec<Option<u32>> = arms
        .iter()
        .map(|arm| (!arm.is_long).then_some(arm.repeats))
        .collect();
    let next = AtomicUsize::new(0);
    let count_some = || {
        let mut counted = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(repeats) = repeats.get(index) else {
                return Ok::<_, Failure>(counted);
            };
            let report = directory.join(index.to_string());
            let count = repeats.map(|repeats| count_one(plan, index, repeats, &report));
            counted.push((index, count.transpose()?));
        }
    };
    let counted: Result<Vec<Vec<_>>, _> = std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(count_some)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    // If this fails, a few reports stay in the temporary directory.
    let _ = std::fs::remove_dir_all(&directory);
    let mut counted = counted?.concat();
    counted.sort_by_key(|&(index, _)| index);
    Ok(counted.into_iter().map(|(_, count)| count).collect())
}

fn count_one(plan: &str, index: usize, repeats: u32, report: &Path) -> Result<f64, Failure> {
    let mut out_file = OsString::from("--callgrind-out-file=");
    out_file.push(report);
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg("--toggle-collect=partnero_bench_request")
        .arg(out_file)
        .arg(std::env::current_exe()?)
        // glibc's allocator tidies its heap once in a while, and when it does so depends even on the
        // length of the program's path. With a large cache for each thread it does not tidy here.
        .env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=4096")
        .args([plan, &format!("{SERVE}{index}")])
        .stdout(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                "valgrind is not installed; on Debian, `apt-get install valgrind` does it"
                    .to_owned()
            }
            _ => format!("valgrind did not start: {error}"),
        })?;
    if !output.status.success() {
        let log = String::from_utf8_lossy(&output.stderr);
        return Err(format!("valgrind ended with {}:\n{log}", output.status).into());
    }
    let report = std::fs::read_to_string(report)?;
    let total = report
        .lines()
        .find_map(|line| line.strip_prefix("totals: "));
    let total: u32 = total
        .ok_or("callgrind's report has no total")?
        .trim()
        .parse()?;
    Ok(f64::from(total) / f64::from(repeats))
}
