//! Salvo: the layer by `compat()`, and the headers that a handler adds to its response by itself.

use std::process::ExitCode;

use http::request::Parts;
use salvo::affix_state;
use salvo::conn::tcp::TcpAcceptor;
use salvo::http::{ReqBody, StatusError};
use salvo::prelude::*;
use tokio::net::TcpListener;
use tower_partnero::{Client, NewCustomer, Referrals, Signups};
use visitor::Failure;

#[tokio::main]
async fn main() -> ExitCode {
    visitor::run("salvo-host", serve).await
}

async fn serve(listener: TcpListener, client: Client) -> Result<(), Failure> {
    let referrals = Referrals::builder().secure(false).build()?;
    let router = Router::new()
        .hoop(referrals.layer().compat::<ReqBody>())
        .hoop(affix_state::inject(Signups::new(referrals, client)))
        .get(landing)
        .push(Router::with_path("signup").post(sign_up));
    Server::new(TcpAcceptor::try_from(listener)?)
        .serve(router)
        .await;
    Ok(())
}

/// The parts of the request, by which the crate reads the referral.
fn parts_of(request: &Request) -> Parts {
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.method = request.method().clone();
    parts.uri = request.uri().clone();
    parts.headers = request.headers().clone();
    parts
}

fn signups(depot: &Depot) -> Result<&Signups, StatusError> {
    let signups = depot.get_typed::<Signups>();
    signups.map_err(|_| StatusError::internal_server_error())
}

#[handler]
async fn landing(request: &mut Request, depot: &mut Depot) -> Result<String, StatusError> {
    let hook = signups(depot)?.hook(&parts_of(request));
    let hook = hook.map_err(|_| StatusError::internal_server_error())?;
    let key = hook.referral().map(|referral| referral.key().to_string());
    Ok(format!("{} sent you", key.as_deref().unwrap_or("nobody")))
}

#[handler]
async fn sign_up(
    request: &mut Request,
    depot: &mut Depot,
    response: &mut Response,
) -> Result<&'static str, StatusError> {
    let hook = signups(depot)?.hook(&parts_of(request));
    let hook = hook.map_err(|_| StatusError::internal_server_error())?;
    let email: Option<String> = request.form("email").await;
    let email = email.ok_or_else(StatusError::bad_request)?;
    let outcome = hook.sign_up(NewCustomer::new(&email).email(&email)).await;
    for (name, value) in &outcome.into_headers() {
        response.headers_mut().append(name.clone(), value.clone());
    }
    Ok("welcome")
}

#[tokio::test]
async fn a_sign_up_is_credited() {
    visitor::check(serve).await;
}
