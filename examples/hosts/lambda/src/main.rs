//! A function on AWS Lambda behind API Gateway: the layer around one function, as with bare hyper.
//!
//! On Lambda nothing runs between two requests, so an outbox needs a worker elsewhere. This program
//! reports a sign-up at once.

use lambda_http::tower::ServiceBuilder;
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use tower_partnero::{Client, NewCustomer, Referrals, Signups};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = Client::from_env()?;
    let referrals = Referrals::builder().build()?;
    let signups = Signups::new(referrals.clone(), client);
    let service = ServiceBuilder::new()
        .layer(referrals.layer())
        .service(service_fn(move |request| answer(signups.clone(), request)));
    run(service).await
}

async fn answer(signups: Signups, request: Request) -> Result<Response<Body>, Error> {
    let (parts, body) = request.into_parts();
    let hook = signups.hook(&parts)?;
    match (parts.method.as_str(), parts.uri.path()) {
        ("GET", "/") => {
            let key = hook.referral().map(|referral| referral.key().to_string());
            let text = format!("{} sent you", key.as_deref().unwrap_or("nobody"));
            Ok(Response::new(Body::from(text)))
        }
        ("POST", "/signup") => {
            let email = form_urlencoded::parse(&body).find(|(field, _)| field == "email");
            let (_, email) = email.ok_or("the form has no e-mail address")?;
            let outcome = hook.sign_up(NewCustomer::new(&email).email(&*email)).await;
            let mut response = Response::new(Body::from("welcome"));
            outcome.apply(&mut response);
            Ok(response)
        }
        _ => {
            let response = Response::builder().status(404);
            Ok(response.body(Body::Empty)?)
        }
    }
}
