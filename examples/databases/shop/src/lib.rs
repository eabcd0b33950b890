//! What the programs of this folder share: a local Partnero with a customer, a schema of its own in
//! PostgreSQL, and the proof that no sign-up is lost.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_partnero::client::{Amount, Money};
use tower_partnero::delivery::Sale;
use tower_partnero::{ApiKey, Client, NewCustomer, Outbox, Sandbox};

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Any error of a handler. The visitor gets a 500.
pub struct AppError(Failure);

impl<E: Into<Failure>> From<E> for AppError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        eprintln!("a page failed: {}", self.0);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// A local Partnero in which Anna is a customer. A real app makes its client with
/// `Client::from_env()?`.
pub async fn partnero() -> Result<(Sandbox, Client), Failure> {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .init();
    let sandbox = Sandbox::start().await?;
    let key = ApiKey::new(sandbox.api_key())?;
    let client = Client::builder(key).base_url(sandbox.base_url()).build()?;
    let anna = NewCustomer::new("anna").key("anna-7");
    client.customers().create(&anna).await?;
    Ok((sandbox, client))
}

/// The URL of an empty schema in the database that `DATABASE_URL` names. A real app uses
/// `DATABASE_URL` itself.
pub async fn empty_schema(name: &str) -> Result<String, Failure> {
    let url = std::env::var("DATABASE_URL")
        .map_err(|_| "set DATABASE_URL to postgres://USER:PASSWORD@HOST/DATABASE")?;
    let schema = format!("shop_{name}");
    let statements = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
    let database = sqlx::PgPool::connect(&url).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements))
        .execute(&database)
        .await?;
    database.close().await;
    let mark = if url.contains('?') { '&' } else { '?' };
    Ok(format!("{url}{mark}options=-csearch_path%3D{schema}"))
}

const SIGN_UPS: usize = 400;
const PACE: Duration = Duration::from_millis(10);

/// Signs 400 visitors up who came by Anna's link, one every 10 ms, and waits until Partnero knows all
/// of them.
///
/// # Errors
///
/// A sign-up failed or was lost.
pub async fn prove(
    driver: &str,
    app: Router,
    sandbox: &Sandbox,
    outbox: &Outbox,
) -> Result<(), Failure> {
    let landing = Request::get("/?ref=anna-7").header(HOST, "shop.example");
    let landing = app.clone().oneshot(landing.body(Body::empty())?).await?;
    let cookie = set_cookie(&landing).ok_or("the link was not captured")?;
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();

    let ben = sign_up(&app, &cookie, "ben@shop.example").await?;
    assert_eq!(ben.status(), StatusCode::SEE_OTHER);
    assert!(set_cookie(&ben).is_some_and(|cookie| cookie.contains("Max-Age=0")));
    wait_for(sandbox, 1).await?;
    let price = Money::currency(Amount::major("19.90")?, "EUR");
    outbox.enqueue(Sale::new("order-1", 1, price)).await?;

    // The e-mail address is taken: the user's row fails, and the report with it.
    let second = sign_up(&app, &cookie, "ben@shop.example").await?;
    assert_eq!(second.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(set_cookie(&second).is_none());

    let mut pace = tokio::time::interval(PACE);
    let mut running = Vec::new();
    for number in 0..SIGN_UPS {
        pace.tick().await;
        let (app, cookie) = (app.clone(), cookie.clone());
        running.push(tokio::spawn(async move {
            let begun = Instant::now();
            let email = format!("visitor-{number}@shop.example");
            let response = sign_up(&app, &cookie, &email).await?;
            Ok::<_, Failure>((response.status(), begun.elapsed()))
        }));
    }
    let (mut failed, mut slowest) = (0, Duration::ZERO);
    for visitor in running {
        let (status, took) = visitor.await??;
        failed += usize::from(status != StatusCode::SEE_OTHER);
        slowest = slowest.max(took);
    }
    if failed > 0 {
        return Err(format!("{driver}: {failed} of {SIGN_UPS} sign-ups failed").into());
    }
    wait_for(sandbox, SIGN_UPS + 1).await?;
    // Partnero knows a customer before the worker has written it down.
    while !outbox.status().await?.is_drained() {
        tokio::time::sleep(PACE).await;
    }
    assert_eq!(outbox.status().await?.dead, 0);
    assert_eq!(sandbox.transactions().len(), 1);
    println!(
        "{driver}: all {} sign-ups are credited to Anna; the slowest took {} ms",
        SIGN_UPS + 1,
        slowest.as_millis()
    );
    Ok(())
}

async fn sign_up(app: &Router, cookie: &str, email: &str) -> Result<Response, Failure> {
    let form = Request::post("/signup")
        .header(HOST, "shop.example")
        .header(COOKIE, cookie)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("email={email}")))?;
    Ok(app.clone().oneshot(form).await?)
}

fn set_cookie(response: &Response) -> Option<&str> {
    let lines = response.headers().get_all(SET_COOKIE);
    let mut lines = lines.iter().filter_map(|line| line.to_str().ok());
    lines.find(|line| line.starts_with("partnero_referral="))
}

/// Waits until Partnero has credited so many customers to Anna.
async fn wait_for(sandbox: &Sandbox, credited: usize) -> Result<(), Failure> {
    let begun = Instant::now();
    loop {
        let customers = sandbox.customers();
        let by_anna = customers
            .iter()
            .filter(|customer| customer.referred_by.as_deref() == Some("anna"));
        let count = by_anna.count();
        if count == credited && customers.len() == credited + 1 {
            return Ok(());
        }
        if begun.elapsed() > Duration::from_secs(60) {
            return Err(format!("Partnero has credited {count} of {credited} customers").into());
        }
        tokio::time::sleep(PACE).await;
    }
}
