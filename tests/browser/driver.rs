//! The program `chromedriver`, which starts and controls a browser.

use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

const REQUIRED: &str = "TOWER_PARTNERO_REQUIRE_BROWSER";

const PATIENCE: Duration = Duration::from_secs(5);

/// chromedriver takes a free port on IPv4 and wants the same number on IPv6. It ends if another
/// program has that port there, and is then started again.
const STARTS: u32 = 5;

pub(crate) struct Driver {
    pub(crate) port: u16,
    pub(crate) chromium: PathBuf,
    child: Child,
    /// The folder for all files of the browser. It is deleted in the end.
    folder: PathBuf,
    /// Kept open, because writing to a closed pipe would end the program.
    _output: BufReader<ChildStdout>,
}

impl Driver {
    /// `None` if there is no browser, and none is required.
    pub(crate) fn start() -> Option<Self> {
        let (Some(chromium), Some(driver)) = (program("chromium"), program("chromedriver")) else {
            leave_out(
                "no chromium and chromedriver on the PATH: `apt-get install chromium chromium-driver`",
            );
            return None;
        };
        let folder = new_folder();
        let mut said = String::new();
        for _ in 0..STARTS {
            let mut child = Command::new(&driver)
                .arg("--port=0")
                .env("TMPDIR", &folder)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut output = BufReader::new(child.stdout.take().unwrap());
            if let Some(port) = port(&mut output, &mut said) {
                return Some(Self {
                    port,
                    chromium,
                    child,
                    folder,
                    _output: output,
                });
            }
            child.wait().unwrap();
        }
        panic!("chromedriver ended {STARTS} times without naming its port: {said}");
    }
}

/// The port that the driver prints; `None` if the driver ended before.
fn port(output: &mut impl BufRead, said: &mut String) -> Option<u16> {
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        said.push_str(&line);
        let line = line.trim_end().strip_suffix('.').unwrap_or_default();
        if let Some((_, port)) = line.split_once("successfully on port ") {
            return Some(port.parse().unwrap());
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // This may fail: the last processes of the browser may still write to the folder.
        let start = Instant::now();
        while fs::remove_dir_all(&self.folder).is_err() && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Each test of each run has a folder of its own.
fn new_folder() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("tower-partnero-{}-{number}", process::id());
    let folder = env::temp_dir().join(name);
    fs::create_dir(&folder).unwrap();
    folder
}

fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| Path::is_file(file))
}

/// Says that this test is left out, and why. If the browser is required, the test fails.
pub(crate) fn leave_out(advice: &str) {
    let test = thread::current().name().unwrap_or("a test").to_owned();
    assert!(env::var_os(REQUIRED).is_none(), "{advice}");
    // Written directly to stderr, because the test harness hides the output of tests that pass.
    let _ = writeln!(io::stderr(), "left out: {test} ({advice})");
}
