//! Sends one signed webhook to an app.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use http::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower_partnero::webhook::{SIGNATURE, WebhookSecret, sign};

use crate::access::secret;
use crate::failure::Failure;
use crate::print::{Printer, plain};
use crate::{EXIT_CODES, Ending, wait};

/// As long as Partnero waits (<https://docs.partnero.com/guides/webhooks/outgoing-webhooks>).
const PATIENCE: Duration = Duration::from_secs(5);
/// So much of the app's answer is shown.
const SHOWN: usize = 300;

/// Send one signed webhook to an app, as Partnero would
///
/// The secret is read from the environment variable `PARTNERO_WEBHOOK_SECRET`, or from a file. It
/// succeeds if the app answers with a 2xx within 5 seconds.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// The event, as `customer.rewarded`. For an event that this program has no example of, --data
    /// is needed
    event: String,
    /// The app's address
    #[arg(long, value_name = "URL")]
    to: String,
    /// A file with the event's data as JSON, or `-` for stdin; without it an example is sent
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// A file with the secret of the subscription in it and nothing else
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments, printer: Printer) -> Result<Ending, Failure> {
    let secret = secret(
        arguments.secret_file.as_deref(),
        "PARTNERO_WEBHOOK_SECRET",
        "the secret of the subscription",
        "--secret-file",
    )?;
    let secret = WebhookSecret::new(secret).map_err(|error| Failure::mistake(error.to_string()))?;
    let url = reqwest::Url::parse(&arguments.to)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| {
            Failure::mistake("--to is no address: write http://127.0.0.1:3000/webhooks")
        })?;
    let data = match &arguments.data {
        Some(file) => read(file)?,
        None => example(&arguments.event).ok_or_else(|| {
            Failure::mistake(format!(
                "there is no example of {:?}: write --data FILE, or one of {}",
                arguments.event,
                EXAMPLES.join(", ")
            ))
        })?,
    };
    // The envelope of the newer documentation. The older one has `timestamp` for `created_at`, and
    // neither `url` nor `webhook_key`.
    let body = json!({
        "event": arguments.event,
        "url": arguments.to,
        "webhook_key": "partnero-trigger",
        "created_at": now(),
        "data": data,
    })
    .to_string();
    let begun = Instant::now();
    // Signed as text: a receiver checks exactly these bytes, and JSON written again may differ.
    let sent = post(url, sign(&secret, &body), body);
    let (status, answer) = wait::watched("waiting for the app's answer", sent).await?;
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    if !(200..300).contains(&status) {
        let answer = if answer.is_empty() {
            String::new()
        } else {
            format!(": {answer}")
        };
        return Err(Failure::new(format!(
            "the app answered {status} after {millis} ms, which Partnero takes as a failure{answer}"
        )));
    }
    let text = format!("the app answered {status} after {millis} ms");
    let object = json!({ "status": status, "milliseconds": millis, "answer": answer });
    printer.result(&plain(&text), &object)?;
    Ok(Ending::Well)
}

/// Sends the body as Partnero does. The answer is the status and the beginning of the app's answer.
async fn post(
    url: reqwest::Url,
    signature: String,
    body: String,
) -> Result<(u16, String), Failure> {
    let http = reqwest::Client::builder()
        .timeout(PATIENCE)
        // No source says whether Partnero follows one, and a followed one would hide a wrong address.
        .redirect(Policy::none())
        // The app runs on this machine or near it.
        .no_proxy();
    let http = if url.scheme() == "https" {
        http
    } else {
        // Without this no client is made in a container that has no root certificates.
        http.tls_certs_only([])
    };
    let request = http.build()?.post(url);
    let request = request.header(CONTENT_TYPE, "application/json");
    let request = request.header(SIGNATURE, signature).body(body);
    let answer = request.send().await.map_err(|error| {
        if error.is_timeout() {
            Failure::new("the app did not answer within 5 seconds, as long as Partnero waits")
        } else {
            Failure::of("the app cannot be reached", &error.without_url())
        }
    })?;
    let status = answer.status().as_u16();
    // The status is what counts; an answer whose text breaks off still arrived.
    let text = answer.text().await.unwrap_or_default();
    Ok((status, text.trim().chars().take(SHOWN).collect()))
}

/// The time as Partnero writes it, as `2025-05-09T17:42:13.000000Z`.
fn now() -> String {
    let now = OffsetDateTime::now_utc();
    let (hour, minute, second, micros) = now.to_hms_micro();
    format!(
        "{}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z",
        now.date()
    )
}

fn read(file: &Path) -> Result<Value, Failure> {
    let name = file.display();
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    } else {
        std::fs::read_to_string(file)
            .map_err(|error| Failure::of(&format!("{name} cannot be read"), &error))?
    };
    serde_json::from_str(&text)
        .map_err(|error| Failure::mistake(format!("{name} holds no JSON: {error}")))
}

/// The events that a refer-a-friend program sends, and those about the partners of an affiliate
/// program (<https://github.com/partnero/n8n-nodes-partnero>).
const EXAMPLES: [&str; 13] = [
    "partner.created",
    "partner.updated",
    "partner.deleted",
    "partner.approved",
    "partner.rejected",
    "partner.archived",
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.rewarded",
    "customer.credited",
    "transaction.created",
    "transaction.deleted",
];

/// Invented data of the event, in the form that the sandbox sends by default.
fn example(event: &str) -> Option<Value> {
    let (subject, _) = EXAMPLES
        .iter()
        .find(|name| **name == event)?
        .split_once('.')?;
    Some(match subject {
        "customer" => json!({
            "id": "customer-1",
            "key": "anna-7",
            "name": "Anna",
            "email": "anna@shop.example",
            "status": "active",
        }),
        "partner" => json!({
            "id": "partner-1",
            "key": "paula-7",
            "name": "Paula",
            "email": "paula@partner.example",
            "status": "active",
            "approved": true,
        }),
        _ => json!({
            "key": "order-1",
            "action": "sale",
            "amount": 30,
            "amount_units": "USD",
            "is_currency": true,
            "customer": "customer-1",
            "referred_customer": "customer-2",
            "rewards": [],
        }),
    })
}
