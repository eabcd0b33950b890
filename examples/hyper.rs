//! A link and a sign-up without axum: a bare hyper server with the layer around one function.
//!
//! ```text
//! cargo run --example hyper
//! cargo run --example hyper -- --port 8080
//! ```
//!
//! It has no pages: `GET /?ref=KEY` is a landing and `POST /signup?name=NAME` a sign-up, for `curl`
//! with a cookie file. What it prints shows the whole way.

#[path = "common/arguments.rs"]
mod arguments;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{BoxError, ServiceBuilder, service_fn};
use tower_partnero::{ApiKey, Client, NewCustomer, Referrals, Sandbox, Signups};

use self::arguments::Arguments;

const HELP: &str = "\
usage: cargo run --example hyper [-- --port PORT]

  --port PORT  where the server listens on 127.0.0.1; 3000 if absent, 0 for any free port
  --help       prints this text";

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_target(false).init();
    let arguments = Arguments::read(HELP, &["port"], &[]);
    let port = match arguments.and_then(|arguments| arguments.port(3000)) {
        Ok(port) => port,
        Err(code) => return code,
    };
    match run(port).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a program tells its user what to do")]
async fn run(port: u16) -> Result<(), BoxError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await.map_err(|error| {
        format!("port {port} cannot be used ({error}): stop the other program, or choose another port with `--port`")
    })?;

    let sandbox = Sandbox::start().await?;
    let client = Client::builder(ApiKey::new(sandbox.api_key())?)
        .base_url(sandbox.base_url())
        .build()?;
    let anna = NewCustomer::new("anna").key("anna-7").name("Anna");
    client.customers().create(&anna).await?;

    let referrals = Referrals::builder().secure(false).build()?;
    let signups = Signups::new(referrals.clone(), client);
    let service = ServiceBuilder::new()
        .layer(referrals.layer())
        .service(service_fn(move |request| answer(signups.clone(), request)));

    let base = format!("http://{}", listener.local_addr()?);
    println!("curl -c jar -b jar '{base}/?ref=anna-7'");
    println!("curl -c jar -b jar -X POST '{base}/signup?name=Ben'");
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(
    signups: Signups,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, BoxError> {
    let (parts, body) = request.into_parts();
    // A connection that is kept alive goes on with the next request only after this body.
    Limited::new(body, 64 * 1024).collect().await?;
    let hook = signups.hook(&parts)?;

    match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/") => {
            let context = hook.context();
            let referrer = context
                .referral
                .as_ref()
                .map_or("nobody", |referral| referral.key().as_str());
            Ok(text(
                StatusCode::OK,
                format!("invited by {referrer} ({})\n", context.outcome.as_str()),
            ))
        }
        (&Method::POST, "/signup") => {
            let query = parts.uri.query().unwrap_or_default();
            let name = form_urlencoded::parse(query.as_bytes()).find(|(field, _)| field == "name");
            let Some((_, name)) = name.filter(|(_, name)| !name.is_empty()) else {
                return Ok(text(
                    StatusCode::BAD_REQUEST,
                    "who are you? add ?name=\n".to_owned(),
                ));
            };
            let outcome = hook.sign_up(NewCustomer::new(&name).name(&*name)).await;
            let registration = outcome
                .registration()
                .map_or("not reported", |known| known.as_str());
            let mut response = text(
                StatusCode::CREATED,
                format!("welcome, {name} ({registration})\n"),
            );
            outcome.apply(&mut response);
            Ok(response)
        }
        _ => Ok(text(StatusCode::NOT_FOUND, "nothing here\n".to_owned())),
    }
}

fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response
}
