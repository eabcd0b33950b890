//! What the programs of this folder share: a local Partnero with a customer, and a visitor who follows
//! the customer's link, comes back, and signs up.

// The examples of the package read their arguments in the same way.
#[path = "../../../common/arguments.rs"]
mod arguments;

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use reqwest::Url;
use reqwest::cookie::{CookieStore, Jar};
use tokio::net::TcpListener;
use tower_partnero::{ApiKey, Client, NewCustomer, Sandbox};

use self::arguments::Arguments;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs a program until it is stopped, with a local Partnero in which Anna is a customer.
pub async fn run<F>(name: &str, serve: impl FnOnce(TcpListener, Client) -> F) -> ExitCode
where
    F: Future<Output = Result<(), Failure>>,
{
    let help = format!(
        "usage: cargo run -p {name} [-- --port PORT]\n\n  \
         --port PORT  where the server listens on 127.0.0.1; 3000 if absent, 0 for any free port\n  \
         --help       prints this text"
    );
    let arguments = Arguments::read(&help, &["port"], &[]);
    let port = match arguments.and_then(|arguments| arguments.port(3000)) {
        Ok(port) => port,
        Err(code) => return code,
    };
    let served = async {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let (sandbox, client) = partnero().await?;
        println!("Anna's link: http://{}/?ref=anna-7", listener.local_addr()?);
        println!("what Partnero knows: {}", sandbox.page_url());
        serve(listener, client).await
    };
    match served.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Proves a program whose form is sent to `/signup`.
///
/// # Panics
///
/// If the program does not do what it should.
pub async fn check<F>(serve: impl FnOnce(TcpListener, Client) -> F)
where
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    check_with(serve, send_form).await;
}

/// Signs up by the form at `/signup`.
///
/// # Panics
///
/// If it is not accepted.
pub async fn send_form(visitor: &Visitor, email: &str) {
    visitor.post("/signup", email).await;
}

/// As [`check`], for a program in which visitors sign up by other means.
///
/// # Panics
///
/// If the program does not do what it should.
pub async fn check_with<F>(
    serve: impl FnOnce(TcpListener, Client) -> F,
    sign_up: impl AsyncFn(&Visitor, &str),
) where
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let (sandbox, client) = partnero().await.expect("the local Partnero starts");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let server = tokio::spawn(serve(listener, client));
    visit(&format!("http://{address}"), &sandbox, sign_up).await;
    server.abort();
}

/// Visits a server that is running: a link, the page without the link, and two sign-ups, of which
/// the first one is credited.
///
/// # Panics
///
/// If the server does not do what it should.
pub async fn visit(base: &str, sandbox: &Sandbox, sign_up: impl AsyncFn(&Visitor, &str)) {
    let visitor = Visitor::new(base);
    assert!(visitor.get("/").await.contains("nobody sent you"));
    assert!(
        visitor
            .get("/?ref=anna-7")
            .await
            .contains("anna-7 sent you")
    );
    assert_eq!(
        visitor.cookie().as_deref(),
        Some("partnero_referral=anna-7")
    );
    assert!(visitor.get("/").await.contains("anna-7 sent you"));
    sign_up(&visitor, "ben@shop.example").await;
    assert_eq!(visitor.cookie(), None, "the sign-up removes the cookie");
    assert!(visitor.get("/").await.contains("nobody sent you"));
    sign_up(&visitor, "cleo@shop.example").await;

    let referrer_of = |email: &str| {
        let mut customers = sandbox.customers().into_iter();
        let customer = customers.find(|customer| customer.email.as_deref() == Some(email));
        customer.expect("the sign-up was reported").referred_by
    };
    assert_eq!(referrer_of("ben@shop.example").as_deref(), Some("anna"));
    assert_eq!(referrer_of("cleo@shop.example"), None);
    assert_eq!(sandbox.customers().len(), 3, "Anna, Ben and Cleo");
}

/// A local Partnero that knows Anna, and a client of it.
///
/// # Errors
///
/// No port is free, or the local Partnero does not answer.
pub async fn partnero() -> Result<(Sandbox, Client), Failure> {
    let sandbox = Sandbox::start().await?;
    let client = Client::builder(ApiKey::new(sandbox.api_key())?)
        .base_url(sandbox.base_url())
        .build()?;
    let anna = NewCustomer::new("anna").key("anna-7").name("Anna");
    client.customers().create(&anna).await?;
    Ok((sandbox, client))
}

/// A browser with its cookies.
pub struct Visitor {
    base: Url,
    jar: Arc<Jar>,
    http: reqwest::Client,
}

impl Visitor {
    fn new(base: &str) -> Self {
        let jar = Arc::new(Jar::default());
        let http = reqwest::Client::builder().cookie_provider(Arc::clone(&jar));
        Self {
            base: base.parse().expect("it is a URL"),
            jar,
            http: http.no_proxy().build().expect("it needs no TLS"),
        }
    }

    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The `Cookie` header of the next request.
    pub fn cookie(&self) -> Option<String> {
        let header = self.jar.cookies(&self.base)?;
        Some(header.to_str().expect("the cookies are ASCII").to_owned())
    }

    /// Takes a `Set-Cookie` header that did not come through this browser.
    pub fn set_cookie(&self, line: &str) {
        self.jar.add_cookie_str(line, &self.base);
    }

    async fn get(&self, path: &str) -> String {
        let url = self.base.join(path).expect("it is a path");
        let page = self.http.get(url).send().await.expect("the server answers");
        let page = page.error_for_status().expect("the page is there");
        page.text().await.expect("the page is whole")
    }

    /// Sends the form of a sign-up.
    ///
    /// # Panics
    ///
    /// If it is not accepted.
    pub async fn post(&self, path: &str, email: &str) {
        let url = self.base.join(path).expect("it is a path");
        let sent = self.http.post(url).form(&[("email", email)]).send().await;
        let answer = sent.expect("the server answers");
        answer.error_for_status().expect("the sign-up is accepted");
    }
}
