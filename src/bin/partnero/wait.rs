//! What a person sees while something takes longer than a second, and how it ends early.

use std::io;
use std::pin::pin;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::sleep;

/// Does the work, and shows on a terminal that it goes on if it takes longer than a second.
pub(crate) async fn watched<T>(what: &'static str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    tokio::select! {
        // Looks first whether the work is done, so that no spinner flashes up for it.
        biased;
        done = &mut work => return done,
        () = sleep(Duration::from_secs(1)) => {}
    }
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(100));
    let done = work.await;
    spinner.finish_and_clear();
    done
}

/// A bar that fills up to `total`. It is drawn on a terminal alone, on stderr, so that it does not
/// mix with the results.
pub(crate) fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}");
    // The template is a constant. If it ever had a mistake, the default style would be shown.
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Ends when a person presses Ctrl-C, or when the system asks the program to end. Both are noticed
/// from this call on, also before the future is awaited.
#[cfg(unix)]
pub(crate) fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    // The first process of a container gets no SIGTERM that it does not ask for.
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends when a person presses Ctrl-C.
#[cfg(windows)]
pub(crate) fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    let mut pressed = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        pressed.recv().await;
    })
}
