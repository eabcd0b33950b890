//! Asks whether everything that Partnero knows about the app is right.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use console::style;
use http::Response;
use http::header::DATE;
use serde_json::json;
use tower::util::MapResponseLayer;
use tower_partnero::client::{Body, Webhook};
use tower_partnero::{Client, Error, ErrorKind, ProgramKind};

use crate::access::{Access, build};
use crate::failure::Failure;
use crate::print::{Printer, plain};
use crate::{EXIT_CODES, Ending, span, wait};

/// A clock that is further off than this is a problem. Signed cookies and tokens are checked by the
/// clock of this machine.
const OFF: Duration = Duration::from_secs(60);

/// Ask Partnero whether the API key, the program, the webhooks and the clock are right
///
/// It asks whether Partnero accepts the API key, which type its program is of and which webhooks
/// there are, and compares this machine's clock with Partnero's. It changes nothing.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    access: Access,
    /// The address of the app that Partnero must send webhooks to: its absence is a problem
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
}

/// How serious a finding is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grade {
    Right,
    Note,
    Problem,
}

struct Finding {
    about: &'static str,
    grade: Grade,
    text: String,
}

impl Finding {
    fn new(about: &'static str, grade: Grade, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { about, grade, text }
    }

    fn failed(about: &'static str, error: &Error) -> Self {
        Self::new(about, Grade::Problem, error.to_string())
    }

    fn print(&self, printer: Printer) -> std::io::Result<()> {
        let (word, shown) = match self.grade {
            Grade::Right => ("right", style("right").green()),
            Grade::Note => ("note", style("note").yellow()),
            Grade::Problem => ("problem", style("problem").red().bold()),
        };
        let text = format!("{shown:<8} {:<8} {}", self.about, plain(&self.text));
        let object = json!({ "check": self.about, "result": word, "text": self.text });
        printer.result(&text, &object)
    }
}

pub(crate) async fn run(arguments: Arguments, printer: Printer) -> Result<Ending, Failure> {
    let clock = Clock::default();
    let client = clock.watch(&arguments.access)?;
    let wanted = arguments.access.program_kind();
    let findings = find(&client, wanted, arguments.webhook.as_deref());
    let mut findings = wait::watched("asking Partnero", findings).await?;
    // Last, because the answers to the other questions tell Partnero's time.
    findings.push(clock.finding());
    for finding in &findings {
        finding.print(printer)?;
    }
    let problems = findings
        .iter()
        .any(|finding| finding.grade == Grade::Problem);
    Ok(if problems {
        Ending::Attention
    } else {
        Ending::Well
    })
}

async fn find(
    client: &Client,
    wanted: ProgramKind,
    webhook: Option<&str>,
) -> Result<Vec<Finding>, Failure> {
    let test = match client.program().test().await {
        Ok(test) => test,
        Err(error) if error.kind() == ErrorKind::Unauthorized => {
            let text = "Partnero does not accept this API key: copy it again from the program's \
                 page Integration > API";
            return Ok(vec![Finding::new("key", Grade::Problem, text)]);
        }
        // Nothing was found out: that is no answer about the set-up.
        Err(error) if error.is_retryable() => return Err(error.into()),
        Err(error) => return Ok(vec![Finding::failed("key", &error)]),
    };
    let program = test.pub_id.map_or_else(
        || "Partnero accepts the API key".to_owned(),
        |id| format!("Partnero accepts the API key, for the program {id}"),
    );
    Ok(vec![
        Finding::new("key", Grade::Right, program),
        program_type(client, wanted).await,
        webhooks(client, webhook).await,
    ])
}

async fn program_type(client: &Client, wanted: ProgramKind) -> Finding {
    const ABOUT: &str = "program";
    // Partnero does not document this endpoint: that it says nothing is no problem.
    let (kind, title) = match client.program().overview().await {
        Ok(overview) => (overview.kind(), overview.program_type_title),
        // An outage is not the same as an endpoint that is not there.
        Err(error) if error.is_retryable() => return Finding::failed(ABOUT, &error),
        Err(_) => (None, None),
    };
    let Some(title) = title else {
        let text = "Partnero does not say which type the program is of";
        return Finding::new(ABOUT, Grade::Note, text);
    };
    match kind {
        Some(kind) if kind == wanted => {
            Finding::new(ABOUT, Grade::Right, format!("its type is {title}"))
        }
        Some(_) => {
            let advice = match wanted {
                ProgramKind::Affiliate => "leave out --affiliate",
                _ => {
                    "if the app is made for that (`Referrals::builder().affiliate()`), write --affiliate"
                }
            };
            let text = format!("its type is {title}: {advice}");
            Finding::new(ABOUT, Grade::Problem, text)
        }
        None => {
            let text = format!("its type is {title}, which this program does not know");
            Finding::new(ABOUT, Grade::Note, text)
        }
    }
}

async fn webhooks(client: &Client, wanted: Option<&str>) -> Finding {
    const ABOUT: &str = "webhooks";
    let mut found = Vec::new();
    let mut stream = client.webhooks().list().stream();
    while let Some(webhook) = stream.next().await {
        match webhook {
            Ok(webhook) => found.push(webhook),
            Err(error) => return Finding::failed(ABOUT, &error),
        }
    }
    let Some(wanted) = wanted else {
        let list: Vec<_> = found.iter().map(describe).collect();
        return if list.is_empty() {
            let text = "Partnero sends no webhooks, so the app does not hear of rewards";
            Finding::new(ABOUT, Grade::Note, text)
        } else {
            Finding::new(ABOUT, Grade::Right, list.join("; "))
        };
    };
    let here = found
        .iter()
        .filter(|webhook| webhook.url.as_deref() == Some(wanted));
    let here: Vec<_> = here.collect();
    // No `is_active` in the answer counts as active, because an answer may lack the field.
    match here.iter().find(|webhook| webhook.is_active != Some(false)) {
        Some(webhook) => Finding::new(ABOUT, Grade::Right, describe(webhook)),
        None if here.is_empty() => {
            let text = format!(
                "no subscription leads to {}: call `ensure_subscription` when the app starts",
                without_query(wanted)
            );
            Finding::new(ABOUT, Grade::Problem, text)
        }
        None => {
            let text = format!(
                "the subscription to {} is switched off",
                without_query(wanted)
            );
            Finding::new(ABOUT, Grade::Problem, text)
        }
    }
}

fn describe(webhook: &Webhook) -> String {
    let off = if webhook.is_active == Some(false) {
        " (switched off)"
    } else {
        ""
    };
    let url = webhook
        .url
        .as_deref()
        .unwrap_or("an address that Partnero does not tell");
    format!(
        "{} to {}{off}",
        webhook.events.join(", "),
        without_query(url)
    )
}

/// A query may hold a token of the app's.
fn without_query(url: &str) -> String {
    match url.split_once('?') {
        Some((path, _)) => format!("{path}?..."),
        None => url.to_owned(),
    }
}

/// How far this machine's clock was behind Partnero's at each answer, in seconds.
#[derive(Clone, Default)]
struct Clock(Arc<Mutex<Option<f64>>>);

impl Clock {
    /// A client whose answers tell Partnero's time.
    fn watch(&self, access: &Access) -> Result<Client, Failure> {
        let clock = self.clone();
        let layer = MapResponseLayer::new(move |response: Response<Body>| {
            let date = response
                .headers()
                .get(DATE)
                .and_then(|date| date.to_str().ok());
            if let Some(date) = date.and_then(|date| httpdate::parse_http_date(date).ok()) {
                // `Date` has whole seconds: on average it is half a second old.
                let theirs = date + Duration::from_millis(500);
                let behind = theirs.duration_since(SystemTime::now());
                let behind = match behind {
                    Ok(behind) => behind.as_secs_f64(),
                    Err(ahead) => -ahead.duration().as_secs_f64(),
                };
                *clock.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(behind);
            }
            response
        });
        // As a layer, so that every answer counts and no request is made for the time alone.
        build(access.builder()?.layer(layer))
    }

    fn finding(&self) -> Finding {
        const ABOUT: &str = "clock";
        let behind = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(behind) = behind else {
            let text = "no answer came that tells Partnero's time";
            return Finding::new(ABOUT, Grade::Note, text);
        };
        let off = Duration::from_secs_f64(behind.abs());
        let side = if behind > 0.0 { "behind" } else { "ahead of" };
        if off <= OFF {
            let text = "this machine and Partnero agree on the time, within a minute";
            Finding::new(ABOUT, Grade::Right, text)
        } else {
            let text = format!(
                "this machine is {} {side} Partnero's time: set its clock by NTP",
                span::show(off)
            );
            Finding::new(ABOUT, Grade::Problem, text)
        }
    }
}
