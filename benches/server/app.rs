//! The servers: one app, with our layer or without.

use std::str::FromStr;

use axum::Router;
use axum::routing::get;
use tower::layer::util::Identity;
use tower_partnero::{Referral, Referrals};

use crate::Failure;

const COOKIES: &str = "_ga=GA1.2.1203948571.1718000000; theme=dark; locale=en-GB; currency=EUR; \
    session=c9f0f895fb98ab9159f51fd0297e236d4f2a8f14e45fceea1; consent=analytics";

/// What is served, and what is asked of it. All requests are equally long.
#[derive(Clone, Copy)]
pub(crate) struct Arm {
    pub(crate) name: &'static str,
    page: Page,
    visit: Visit,
}

#[derive(Clone, Copy)]
enum Page {
    Bare,
    Nothing,
    Layered,
    Read,
}

#[derive(Clone, Copy)]
enum Visit {
    Returning,
    ByLink,
}

impl Arm {
    /// The first is the baseline of all others.
    pub(crate) const ALL: [Self; 6] = [
        Self::new("no layer", Page::Bare, Visit::Returning),
        Self::new("no layer, again", Page::Bare, Visit::Returning),
        Self::new("does nothing", Page::Nothing, Visit::Returning),
        Self::new("ours, no parameter", Page::Layered, Visit::Returning),
        Self::new("ours, cookie read", Page::Read, Visit::Returning),
        Self::new("ours, link captured", Page::Layered, Visit::ByLink),
    ];

    const fn new(name: &'static str, page: Page, visit: Visit) -> Self {
        Self { name, page, visit }
    }

    pub(crate) fn request(&self) -> String {
        let (uri, cookie) = match self.visit {
            Visit::Returning => ("/?page=12345", "partnero_referral=anna-7"),
            Visit::ByLink => ("/?ref=anna-7", "recently_looked_at=12345"),
        };
        format!(
            "GET {uri} HTTP/1.1\r\nhost: shop.example\r\nuser-agent: Mozilla/5.0\r\n\
             accept: text/html\r\ncookie: {COOKIES}; {cookie}\r\n\r\n"
        )
    }

    pub(crate) fn app(self) -> Result<Router, Failure> {
        let referrals = Referrals::builder().build()?;
        let page = async || "Welcome to the shop.";
        let read = async |referral: Option<Referral>| match referral {
            Some(_) => "Welcome to the shop!",
            None => "Nobody has sent you.",
        };
        let app = match self.page {
            Page::Bare => Router::new().route("/", get(page)),
            Page::Nothing => Router::new().route("/", get(page)).layer(Identity::new()),
            // By `Router::layer`, as most apps do; around the whole router it costs less.
            Page::Layered => Router::new().route("/", get(page)).layer(referrals.layer()),
            Page::Read => Router::new().route("/", get(read)).layer(referrals.layer()),
        };
        Ok(app.with_state(referrals))
    }
}

impl FromStr for Arm {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let arm = Self::ALL.into_iter().find(|arm| arm.name == name);
        arm.ok_or_else(|| format!("no arm is called {name:?}"))
    }
}
