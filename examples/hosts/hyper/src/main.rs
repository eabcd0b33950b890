//! A bare hyper server: the layer around one function, and no extractors.

use std::process::ExitCode;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{ServiceBuilder, service_fn};
use tower_partnero::{Client, NewCustomer, Referrals, Signups};
use visitor::Failure;

#[tokio::main]
async fn main() -> ExitCode {
    visitor::run("hyper-host", serve).await
}

async fn serve(listener: TcpListener, client: Client) -> Result<(), Failure> {
    let referrals = Referrals::builder().secure(false).build()?;
    let signups = Signups::new(referrals.clone(), client);
    let service = ServiceBuilder::new()
        .layer(referrals.layer())
        .service(service_fn(move |request| answer(signups.clone(), request)));
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(
    signups: Signups,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Failure> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, 64 * 1024).collect().await?.to_bytes();
    let hook = signups.hook(&parts)?;
    match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/") => {
            let key = hook.referral().map(|referral| referral.key().to_string());
            let text = format!("{} sent you", key.as_deref().unwrap_or("nobody"));
            Ok(Response::new(Full::from(text)))
        }
        (&Method::POST, "/signup") => {
            let email = form_urlencoded::parse(&body).find(|(field, _)| field == "email");
            let (_, email) = email.ok_or("the form has no e-mail address")?;
            let outcome = hook.sign_up(NewCustomer::new(&email).email(&*email)).await;
            let mut response = Response::new(Full::from("welcome"));
            outcome.apply(&mut response);
            Ok(response)
        }
        _ => {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::NOT_FOUND;
            Ok(response)
        }
    }
}

#[tokio::test]
async fn a_sign_up_is_credited() {
    visitor::check(serve).await;
}
