//! Whether a worker called Partnero while Partnero had asked it to wait.
//!
//! From the moment at which a process hears a 429 until `Retry-After` is over,
//!
//! - no call leaves that process, and
//! - no call leaves any other process once the pause is on record in the database, except within
//!   [`PAUSE_LAG`], for which a worker relies on the database's last answer.
//!
//! Neither rule has a tolerance. A call leaves when every gate has let it pass. A pause is on record
//! when the database has confirmed the write. Both are written down at that moment, by the clock of
//! the machine.
//!
//! Two things cannot be prevented and are counted. A call that left before the pause arrives during
//! it (it is counted for each pause). And a pause gets lost if its process is killed before the pause
//! is on record, or if the database cannot be reached until the wait is over.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use tower_partnero::sandbox::SandboxRequest;

use crate::Failure;
use crate::database::DATABASE_TIMEOUT;
use crate::witness::{NAME, micros};
use crate::worker::PAUSE_LAG;

/// The wait that the sandbox asks for.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A stretch of time in which the database did not answer.
pub(crate) struct Away {
    pub(crate) from: SystemTime,
    pub(crate) to: SystemTime,
}

/// What the workers have written down. Times are microseconds since 1970.
#[derive(Default)]
struct Told {
    /// The time of each call that left, and its process.
    left: Vec<(u128, u32)>,
    /// The time of each 429, by the process that got it and the number of its call.
    heard: HashMap<(u32, u64), u128>,
    /// For each process: when a pause was asked for, and when it was on record.
    recorded: HashMap<u32, Vec<(u128, u128)>>,
}

impl Told {
    fn read(directory: &Path) -> Result<Self, Failure> {
        let mut told = Self::default();
        for entry in std::fs::read_dir(directory)? {
            let entry = entry?;
            let process: u32 = entry.file_name().to_string_lossy().parse()?;
            for line in std::fs::read_to_string(entry.path())?.lines() {
                let words: Vec<&str> = line.split(' ').collect();
                let [what, number, at] = words[..] else {
                    return Err(format!("a witness says {line:?}").into());
                };
                let (number, at): (u64, u128) = (number.parse()?, at.parse()?);
                match what {
                    "left" => told.left.push((at, process)),
                    "heard" => drop(told.heard.insert((process, number), at)),
                    _ => {
                        let recorded = told.recorded.entry(process).or_default();
                        recorded.push((number.into(), at));
                    }
                }
            }
        }
        told.left.sort_unstable();
        Ok(told)
    }

    /// When the pause was on record that this process was asked for at `heard`.
    fn on_record(&self, process: u32, heard: u128) -> Option<u128> {
        let recorded = self.recorded.get(&process)?;
        let later = recorded.iter().filter(|(asked, _)| *asked >= heard);
        later.map(|(_, at)| *at).min()
    }
}

/// The process that sent a call, and the number of the call.
fn sender(request: &SandboxRequest) -> Option<(u32, u64)> {
    let (_, name) = request.path.rsplit_once(&format!("{NAME}="))?;
    let (process, number) = name.split_once('-')?;
    Some((process.parse().ok()?, number.parse().ok()?))
}

/// Whether this process was killed while the database could still keep it waiting.
fn died(killed: &[(u32, SystemTime)], process: u32, heard: u128) -> bool {
    let latest = heard + DATABASE_TIMEOUT.as_micros();
    let mut killed = killed.iter();
    killed.any(|(by, at)| *by == process && micros(*at) < latest)
}

/// Checks every call that left during a wait.
pub(crate) fn before_retry_after(
    requests: &[SandboxRequest],
    directory: &Path,
    killed: &[(u32, SystemTime)],
    away: &[Away],
) -> Result<String, Failure> {
    let told = Told::read(directory)?;
    let (mut waits, mut unheard, mut lost, mut late, mut slowest) = (0, 0, 0, 0, 0);
    let mut latest = 0;
    for asked in requests {
        if asked.status != Some(StatusCode::TOO_MANY_REQUESTS) {
            continue;
        }
        waits += 1;
        let Some((process, number)) = sender(asked) else {
            return Err("a call of nobody's".into());
        };
        let Some(&heard) = told.heard.get(&(process, number)) else {
            unheard += 1;
            continue;
        };
        let over = heard + RETRY_AFTER.as_micros();
        let on_record = told.on_record(process, heard);
        match on_record {
            Some(at) => slowest = slowest.max(at - heard),
            None if died(killed, process, heard) => lost += 1,
            None if away.iter().any(|away| away.overlaps(heard, over)) => lost += 1,
            None => return Err("a 429 was heard and never put on record".into()),
        }
        let first = told.left.partition_point(|(at, _)| *at <= heard);
        for (at, by) in told.left[first..].iter().take_while(|(at, _)| *at < over) {
            if *by == process {
                let after = (at - heard) / 1_000;
                return Err(format!("a call left {after} ms after its process heard a 429").into());
            }
            let Some(on_record) = on_record.filter(|on_record| at > on_record) else {
                late += 1;
                continue;
            };
            let after = at - on_record;
            if after > PAUSE_LAG.as_micros() {
                let after = after / 1_000;
                return Err(format!("a call left {after} ms after a pause was on record").into());
            }
            late += 1;
            latest = latest.max(after);
        }
    }
    if waits > 0 && told.recorded.is_empty() {
        return Err(
            "no worker has told of a pause on record: is the event's text another one?".into(),
        );
    }
    Ok(format!(
        "{waits} waits: 0 calls before their end; on record after {} ms at most, by when {late} calls of \
         others had left, {} ms after it at most; {unheard} answers reached nobody, {lost} died with \
         who heard them",
        slowest / 1_000,
        latest / 1_000,
    ))
}

impl Away {
    fn overlaps(&self, from: u128, to: u128) -> bool {
        micros(self.from) < to && from < micros(self.to)
    }
}
