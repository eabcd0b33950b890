//! Partnero, and the hand that kills.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::SqlitePool;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tower_partnero::Sandbox;
use tower_partnero::sandbox::WebhookDelivery;

use crate::{Failure, receiver, say};

/// Where the receiver is, and how it is started.
struct App {
    file: String,
    port: u16,
    secret: String,
}

impl App {
    fn start(&self, last: u32) -> Result<Child, Failure> {
        let child = Command::new(std::env::current_exe()?)
            .arg("receiver")
            .args([&self.file, &self.port.to_string(), &self.secret])
            .arg(last.to_string())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        Ok(child)
    }
}

pub(crate) async fn proof(events: u32, deaths: u32) -> Result<(), Failure> {
    let started = Instant::now();
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("shop.db");
    let file = file.to_str().ok_or("a path that is no text")?.to_owned();
    let pool = receiver::open(&file).await?;
    let delivery = WebhookDelivery::new()
        .backoff(Duration::from_millis(20))
        .attempts(16)
        .duplicate_every(3)
        .scatter(Duration::from_millis(300));
    let sandbox = Sandbox::builder()
        .webhook_delivery(delivery)
        .start()
        .await?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let secret = subscribe(&sandbox, port).await?;
    let app = App { file, port, secret };

    let mut happening = JoinSet::new();
    for part in 0..4 {
        let ids = (0..events).filter(move |id| id % 4 == part);
        happening.spawn(create(sandbox.clone(), ids.collect()));
    }
    let mut aborted = 0;
    for death in 1..=deaths {
        // Every second time it dies by itself, behind a commit; otherwise by our hand, wherever
        // it is.
        let share = events / (deaths + 1);
        let by_itself = death % 2 == 0;
        let mut child = app.start(if by_itself { share } else { u32::MAX })?;
        loop {
            if child.try_wait()?.is_some() {
                aborted += u32::from(by_itself);
                break;
            }
            if !by_itself && effects(&pool).await? >= i64::from(share * death) {
                child.kill().await?;
                break;
            }
            // Only so that looking takes no time from what is looked at.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let _last = app.start(u32::MAX)?;
    while let Some(created) = happening.join_next().await {
        created??;
    }
    sandbox.webhooks_settled().await;
    check(&sandbox, &pool, events, aborted).await?;
    say(&format!(
        "{deaths} deaths, {aborted} of them between effect and answer, {} s",
        started.elapsed().as_secs()
    ));
    Ok(())
}

async fn subscribe(sandbox: &Sandbox, port: u16) -> Result<String, Failure> {
    let url = format!("http://127.0.0.1:{port}/hook");
    let body = json!({ "name": "shop", "url": url, "events": ["customer.created"] });
    let made: serde_json::Value = post(sandbox, "/webhooks", &body).await?.json().await?;
    let secret = made["data"]["signature"].as_str();
    Ok(secret.ok_or("no secret")?.to_owned())
}

async fn create(sandbox: Sandbox, ids: Vec<u32>) -> Result<(), Failure> {
    for id in ids {
        post(&sandbox, "/customers", &json!({ "id": id.to_string() })).await?;
    }
    Ok(())
}

async fn post(
    sandbox: &Sandbox,
    path: &str,
    body: &serde_json::Value,
) -> Result<reqwest::Response, Failure> {
    thread_local! {
        static HTTP: reqwest::Client = reqwest::Client::new();
    }
    let url = format!("{}{path}", sandbox.base_url());
    let request = HTTP.with(|http| http.post(url));
    let request = request.bearer_auth(sandbox.api_key()).json(body);
    Ok(request.send().await?.error_for_status()?)
}

async fn effects(pool: &SqlitePool) -> Result<i64, Failure> {
    let count = sqlx::query_scalar("SELECT count(*) FROM effects");
    Ok(count.fetch_one(pool).await?)
}

async fn check(
    sandbox: &Sandbox,
    pool: &SqlitePool,
    events: u32,
    aborted: u32,
) -> Result<(), Failure> {
    let distinct = sqlx::query_scalar("SELECT count(DISTINCT customer) FROM effects");
    let distinct: i64 = distinct.fetch_one(pool).await?;
    let effects = effects(pool).await?;
    let attempts = sandbox.webhooks();
    let answered = attempts.iter().filter(|sent| sent.status.is_some()).count();
    let cut = attempts.len() - answered;
    say(&format!(
        "{events} events, {} attempts, {cut} of them unanswered: {effects} effects on {distinct} customers",
        attempts.len()
    ));
    let events = i64::from(events);
    if effects != events || distinct != events {
        return Err("an effect was lost, or happened twice".into());
    }
    if attempts.len() < usize::try_from(events)? * 4 / 3 || cut == 0 || aborted == 0 {
        return Err("nothing went wrong on the way, so nothing was proven".into());
    }
    Ok(())
}
