//! Counts what the arms of a plan cost, and puts load on its servers.
//!
//! An arm does one thing many times. Most arms have a baseline: another arm of the same run that
//! does the same without the thing in question, so that the difference is that thing alone.
//! Instructions are counted by callgrind and allocations by our own allocator. Both counts repeat
//! from run to run. Times do not, so the arms take turns in many short rounds.

mod allocator;
mod budget;
mod callgrind;
mod http1;
mod http2;
mod load;
mod rounds;
mod server;
mod table;
mod times;
mod work;

use std::path::PathBuf;

pub(crate) use self::budget::Target;
use self::budget::{Cost, Costs};
pub(crate) use self::rounds::{Row, load};
pub(crate) use self::server::{Http, Served, Server};
pub(crate) use self::times::median;
pub(crate) use self::work::{Arm, Work, does};
use crate::Failure;

/// What the command line asks for.
#[derive(Default)]
pub(crate) struct Options {
    /// `cargo test --benches` comes without the word `--bench`, and asks only whether it runs.
    pub(crate) is_bench: bool,
    pub(crate) is_check: bool,
    /// Of the outbox, only the tables that show how costs grow.
    pub(crate) is_tables: bool,
    pub(crate) rounds: Option<usize>,
    pub(crate) seconds: Option<f64>,
    /// Where to put the plot of the servers under load.
    pub(crate) plot: Option<PathBuf>,
}

impl Options {
    /// Whether a short run is enough, because nobody wants to know how long things take.
    pub(crate) fn is_short(&self) -> bool {
        self.is_check || !self.is_bench
    }
}

/// Whether this process was started by the harness for one arm or one server; if so, it has done
/// its work when this returns.
pub(crate) fn is_child(words: &[String]) -> Result<bool, Failure> {
    let [plan, task, ..] = words else {
        return Ok(false);
    };
    if let Some(index) = callgrind::arm_to_serve(task) {
        callgrind::serve_counted(&crate::arms(plan)[index]);
        return Ok(true);
    }
    if let Some(index) = server::app_to_serve(task) {
        server::serve(&crate::served(plan)[index])?;
        return Ok(true);
    }
    Ok(false)
}

/// Counts the arms of a plan and shows them. Returns whether all keep to what `--check` holds.
pub(crate) fn count(plan: &str, options: &Options) -> Result<bool, Failure> {
    let arms = crate::arms(plan);
    if arms.is_empty() {
        return Ok(true);
    }
    let mut costs: Vec<Cost> = arms.iter().map(allocator::count).collect();
    if !options.is_bench {
        println!("all {} arms answer as they should\n", arms.len());
        return Ok(true);
    }
    let is_judged = |arm: &Arm| arm.target.as_ref().is_some_and(Target::is_of_instructions);
    if !options.is_check || arms.iter().any(is_judged) {
        match callgrind::count(plan, &arms) {
            Ok(counts) => {
                for (cost, count) in costs.iter_mut().zip(counts) {
                    cost.instructions = count;
                }
            }
            Err(why) if options.is_check => return Err(why),
            Err(why) => println!("instructions are not counted: {why}\n"),
        }
    }
    if !options.is_check {
        times::measure(&arms, &mut costs);
    }
    let costs = Costs::new(&arms, &costs);
    table::print(&arms, &costs);
    Ok(arms
        .iter()
        .all(|arm| costs.judge(arm).is_none_or(|verdict| verdict.is_kept)))
}
