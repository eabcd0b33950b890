//! An affiliate program from the link to the commission, against the sandbox over real HTTP.

mod check;
mod existing;
mod partners;
mod sign_up;
mod two_programs;
mod webhooks;
mod whole_way;

use axum::Router;
use axum::body::Body;
use http::header::{COOKIE, SET_COOKIE};
use http::{Request, Response, StatusCode};
use tower::{Layer, ServiceExt};
use tower_partnero::client::{ClientBuilder, NewPartner, Partner};
use tower_partnero::{ApiKey, Client, Referrals, Sandbox};

/// The key in the partner's links, and the partner's identifier.
const PIA: &str = "pia-7";
const PIA_ID: &str = "p-1";

/// The sandbox of an affiliate program with the partner Pia.
async fn sandbox() -> Sandbox {
    let sandbox = Sandbox::affiliate().await.unwrap();
    create_pia(&client(&sandbox)).await;
    sandbox
}

async fn create_pia(client: &Client) -> Partner {
    let pia = NewPartner::new("pia@partner.example").id(PIA_ID).key(PIA);
    client.partners().create(&pia).await.unwrap()
}

fn client(sandbox: &Sandbox) -> Client {
    builder(sandbox).affiliate().build().unwrap()
}

fn builder(sandbox: &Sandbox) -> ClientBuilder {
    Client::builder(ApiKey::new(sandbox.api_key()).unwrap())
        .base_url(sandbox.base_url())
        .retries(0)
}

/// A policy whose layer is in use.
fn referrals() -> Referrals {
    let referrals = Referrals::builder().affiliate().build().unwrap();
    let _service = referrals.layer().layer(());
    referrals
}

/// The paths of the calls of this method and path that the sandbox has had.
fn calls(sandbox: &Sandbox, call: &str) -> usize {
    let requests = sandbox.requests();
    let is_it = |method: &str, path: &str| format!("{method} {path}") == call;
    requests
        .iter()
        .filter(|request| is_it(request.method.as_str(), &request.path))
        .count()
}

/// A browser that keeps the cookies of one site.
#[derive(Default)]
struct Browser {
    cookies: Vec<(String, String)>,
}

impl Browser {
    async fn get(&mut self, app: &Router, target: &str) -> Response<Body> {
        self.send(app, Request::get(target)).await
    }

    async fn post(&mut self, app: &Router, target: &str) -> Response<Body> {
        self.send(app, Request::post(target)).await
    }

    async fn send(&mut self, app: &Router, request: http::request::Builder) -> Response<Body> {
        let cookies = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let request = request.header(COOKIE, cookies).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        assert!(response.status() != StatusCode::INTERNAL_SERVER_ERROR);
        for line in response.headers().get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, rest) = line.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !line.contains("Max-Age=0") {
                let value = rest.split(';').next().unwrap();
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        response
    }

    fn cookie(&self, name: &str) -> Option<&str> {
        let mut cookies = self.cookies.iter();
        let found = cookies.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}
