//! Counts instructions: this program runs itself once more for each arm, under callgrind.
//!
//! Callgrind counts while [`partnero_bench_request`] runs and at no other time, so set-up and
//! the making of requests cost nothing. No second tool of a matching version is needed, as the
//! ready-made harnesses do. Each arm has a process of its own, because what the allocator does
//! for one arm depends on the heap that another one left behind.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::work::{ROUNDS, Work};

/// The word by which our own processes are told which arm to serve.
const SERVE: &str = "--serve-counted=";

pub(crate) fn arm_to_serve(arguments: &[String]) -> Option<usize> {
    let arm = arguments.iter().find_map(|word| word.strip_prefix(SERVE))?;
    arm.parse().ok()
}

/// What runs under callgrind.
pub(crate) fn serve_counted(work: &mut dyn Work) {
    // Buffers grow and lazy statics are made before anything is counted.
    for _ in 0..ROUNDS {
        work.prepare();
        work.serve();
    }
    for _ in 0..ROUNDS {
        work.prepare();
        partnero_bench_request(work);
    }
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "Rust" fn partnero_bench_request(work: &mut dyn Work) {
    work.serve();
}

/// Instructions per request of each arm, in the arms' order.
pub(crate) fn count(arms: usize) -> Result<Vec<f64>, String> {
    let directory = std::env::temp_dir().join(format!("partnero-bench-{}", std::process::id()));
    std::fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    let next = AtomicUsize::new(0);
    let count_some = || {
        let mut counted = Vec::new();
        loop {
            let arm = next.fetch_add(1, Ordering::Relaxed);
            if arm >= arms {
                return Ok(counted);
            }
            counted.push((arm, count_one(arm, &directory.join(arm.to_string()))?));
        }
    };
    let counted: Result<Vec<Vec<_>>, String> = std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(count_some)).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| thread.join().expect("no panic");
        threads.into_iter().map(join).collect()
    });
    // A report that stays in the temporary directory harms nobody.
    let _ = std::fs::remove_dir_all(&directory);
    let mut counted = counted?.concat();
    counted.sort_by_key(|&(arm, _)| arm);
    Ok(counted.into_iter().map(|(_, count)| count).collect())
}

fn count_one(arm: usize, report: &Path) -> Result<f64, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut out_file = OsString::from("--callgrind-out-file=");
    out_file.push(report);
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg("--toggle-collect=partnero_bench_request")
        .arg(out_file)
        .arg(program)
        .arg(format!("{SERVE}{arm}"))
        .stdout(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                "valgrind is not installed; on Debian, `apt-get install valgrind` does it"
                    .to_owned()
            }
            _ => format!("valgrind did not start: {error}"),
        })?;
    if !output.status.success() {
        let log = String::from_utf8_lossy(&output.stderr);
        return Err(format!("valgrind ended with {}:\n{log}", output.status));
    }
    let report = std::fs::read_to_string(report).map_err(|error| error.to_string())?;
    let total = report
        .lines()
        .find_map(|line| line.strip_prefix("totals: "));
    let total: u32 = total
        .and_then(|total| total.trim().parse().ok())
        .ok_or("callgrind's report has no total")?;
    Ok(f64::from(total) / f64::from(ROUNDS))
}
