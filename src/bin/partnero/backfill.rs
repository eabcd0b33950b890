//! Makes customers of the app's users.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_partnero::backfill::{Backfill, BackfillReport, RefusedReason, RefusedUser};

use crate::access::Access;
use crate::failure::Failure;
use crate::print::{Printer, plain};
use crate::users::{COLUMNS, Users, beside};
use crate::{EXIT_CODES, Ending, span, wait};

/// How often the progress is written to its file.
const WRITTEN: Duration = Duration::from_secs(1);

/// Make customers at Partnero of users who were there before
///
/// Who is a customer already stays as there, so nobody is created twice, and a run may be repeated at
/// any time. How far a run came is kept in a file, so that the next run goes on where a crash or
/// Ctrl-C has ended this one. At the end the file is deleted. The exit code is 3 if users were refused,
/// were created without their referrer, or have another referrer at Partnero.
#[derive(clap::Args)]
#[command(after_help = format!("{COLUMNS}\n\n{EXIT_CODES}"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    users: Users,
    #[command(flatten)]
    access: Access,
    /// How many users are begun in a second; 0 for as many as Partnero answers
    #[arg(long, value_name = "USERS", default_value_t = 10)]
    per_second: u32,
    /// How many users are under way at once
    #[arg(long, value_name = "USERS", default_value_t = 4)]
    concurrency: usize,
    /// How long Partnero may fail, without taking anybody, until the run stops
    #[arg(long, value_name = "TIME", value_parser = span::parse, default_value = "10m")]
    patience: Duration,
    /// Create a user whose e-mail address another customer has without the address, and do not
    /// refuse the user
    #[arg(long)]
    without_known_email: bool,
    /// Where it is kept how far the run came [default: FILE.progress]
    #[arg(long, value_name = "FILE")]
    progress: Option<PathBuf>,
}

/// How far a run came.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
struct Progress {
    /// So many users at the beginning of the file need no second look.
    finished: u64,
    /// The identifier of the last of them, to notice another file.
    finished_id: Option<String>,
}

pub(crate) async fn run(arguments: Arguments, printer: Printer) -> Result<Ending, Failure> {
    let client = arguments.access.client()?;
    let users = &arguments.users;
    let default = beside(&users.file, ".progress");
    let place = arguments.progress.as_deref().unwrap_or(&default);
    let before = Progress::read(place)?;
    // The whole list is read before anything is sent, so that a wrong line in it costs no half run.
    let (total, found) = users.check(before.finished)?;
    if found != before.finished_id {
        return Err(Failure::mistake(format!(
            "{} is of another list of users than {}: delete it to begin at the first user, which \
             creates nobody twice",
            place.display(),
            users.file.display()
        )));
    }

    let bar = wait::bar(total);
    bar.set_position(before.finished);
    let known = Arc::new(Mutex::new(before.clone()));
    let (seen, shown, kept) = (Arc::clone(&known), bar.clone(), place.to_owned());
    // On the same disk, renaming replaces the old file in one step.
    let mut written = Instant::now();
    let backfill = Backfill::new(client)
        .per_second(arguments.per_second)
        .concurrency(arguments.concurrency)
        .patience(arguments.patience)
        .skip(before.finished)
        .on_progress(move |report| {
            shown.set_position(report.finished);
            shown.set_message(format!("{} refused", report.refused_count));
            // Before the first of them is finished, the report has no name for those that were
            // skipped.
            let Some(id) = &report.finished_id else {
                return;
            };
            let progress = Progress {
                finished: report.finished,
                finished_id: Some(id.clone()),
            };
            if written.elapsed() >= WRITTEN {
                written = Instant::now();
                // If the disk is full now, the end of the run says so.
                let _ = progress.write(&kept);
            }
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = progress;
        });
    let without = arguments.without_known_email;
    // The file is read once more, one line at a time, so that a list of millions needs no memory.
    let list = users.list().map(move |user| {
        let user = user?;
        Ok::<_, crate::users::WrongLine>(user.without_known_email(without))
    });
    // Before the first user: a Ctrl-C from here on writes the progress down.
    let asked_to_end = wait::asked_to_end()?;
    let ended = tokio::select! {
        ended = backfill.run(stream::iter(list)) => Some(ended),
        () = asked_to_end => None,
    };
    // Before anything is printed: the bar would draw over the results.
    bar.finish_and_clear();
    let progress = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match ended {
        Some(Ok(report)) => {
            // The next run over a longer list must begin at its first user again.
            Progress::delete(place)?;
            print(&report, printer)
        }
        Some(Err(error)) => {
            // Even after an error: the next run skips those who are finished.
            progress.write(place)?;
            print(error.report(), printer)?;
            Err(error.into())
        }
        None => {
            progress.write(place)?;
            let finished = progress.finished;
            let text = format!("{finished} of {total} users are finished; run it again to go on");
            printer.result(&text, &json!({ "finished": finished, "total": total }))?;
            Ok(Ending::Unfinished)
        }
    }
}

impl Progress {
    /// Nothing is finished if there is no such file.
    fn read(place: &Path) -> Result<Self, Failure> {
        let tried = || format!("{} cannot be read", place.display());
        match std::fs::read(place) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| Failure::of(&tried(), &error))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Failure::of(&tried(), &error)),
        }
    }

    /// Writes the file whole or not at all: a crash in between leaves the one before.
    fn write(&self, place: &Path) -> Result<(), Failure> {
        let new = beside(place, ".new");
        let written = std::fs::write(&new, json!(self).to_string());
        written
            .and_then(|()| std::fs::rename(&new, place))
            .map_err(|error| Failure::of(&format!("{} cannot be written", place.display()), &error))
    }

    fn delete(place: &Path) -> Result<(), Failure> {
        match std::fs::remove_file(place) {
            // A short run may have written no progress at all.
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::of(
                &format!("{} cannot be deleted", place.display()),
                &error,
            )),
            _ => Ok(()),
        }
    }
}

/// Prints who was refused, and then the numbers.
fn print(report: &BackfillReport, printer: Printer) -> Result<Ending, Failure> {
    // First the names and then the sums, so that the sums stand at the end of a long output.
    for RefusedUser {
        id,
        reason,
        message,
        ..
    } in &report.refused
    {
        let reason = reason_name(*reason);
        let text = format!("{}\t{reason}\t{}", plain(id), plain(message));
        printer.result(
            &text,
            &json!({ "refused": id, "reason": reason, "message": message }),
        )?;
    }
    printer.result(&lines(report), &numbers(report))?;
    // A referrer cannot be set later, so a person should know at once.
    let is_incomplete = report.refused_count + report.without_referrer + report.other_referrer > 0;
    Ok(if is_incomplete {
        Ending::Attention
    } else {
        Ending::Well
    })
}

fn lines(report: &BackfillReport) -> String {
    let mut lines = vec![
        format!(
            "created      {}, {} of them with their referrer",
            report.created, report.referred
        ),
        format!("were there   {}", report.existing),
        format!("refused      {}", report.refused_count),
    ];
    for (number, text) in [
        (
            report.without_referrer,
            "created without their referrer, whom Partnero does not know",
        ),
        (
            report.without_a_field,
            "created without a field that Partnero refused",
        ),
        (
            report.other_referrer,
            "who were there have another referrer at Partnero, or none",
        ),
        (
            report.not_created,
            "have no partner, and an affiliate program does not take them",
        ),
    ] {
        if number > 0 {
            lines.push(format!("             {number} {text}"));
        }
    }
    lines.join("\n")
}

fn numbers(report: &BackfillReport) -> Value {
    json!({
        "finished": report.finished,
        "created": report.created,
        "referred": report.referred,
        "without_referrer": report.without_referrer,
        "without_a_field": report.without_a_field,
        "existing": report.existing,
        "other_referrer": report.other_referrer,
        "not_created": report.not_created,
        "refused_count": report.refused_count,
    })
}

fn reason_name(reason: RefusedReason) -> &'static str {
    match reason {
        RefusedReason::IdentifierTaken => "identifier_taken",
        RefusedReason::EmailKnown => "email_known",
        RefusedReason::Failed => "failed",
        // `RefusedReason` may get more variants.
        _ => "refused",
    }
}
