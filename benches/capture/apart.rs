//! The parts that work without the layer, over the least code that would give the same answer.

use std::fmt::Write;
use std::future::ready;
use std::hint::black_box;

use http::header::{CACHE_CONTROL, HeaderValue, LOCATION};
use http::{Method, Request, Response, StatusCode};
use tower::service_fn;
use tower_partnero::capture::PathLinkRedirect;
use tower_partnero::detour::{Detour, SigningKeys};
use tower_partnero::{Referral, ReferralContext, ReferralKey, Referrals, Snippet};

use super::parts::{Answered, build, with};
use super::requests::{LINK, get};
use super::work::{Answer, Calls};
use crate::harness::{Arm, Work, does};

const PATH_LINK: &str = "/ref/anna-7?to=/tea&utm_source=mail";

pub(super) fn apart() -> Vec<Arm> {
    let answer = |status, captures| Answer { status, captures };
    let sent_on = answer(StatusCode::SEE_OTHER, false);
    let stored = answer(StatusCode::SEE_OTHER, true);
    let accepted = answer(StatusCode::NO_CONTENT, true);
    let handed_in = || {
        let mut request = with(get(LINK, ""), &[("sec-fetch-site", "same-origin")]);
        *request.method_mut() = Method::POST;
        request
    };
    vec![
        Arm::new("a redirect by hand", move || {
            Calls::new(by_hand(StatusCode::SEE_OTHER), get(PATH_LINK, ""), sent_on)
        }),
        Arm::new("path link, stored and sent on", move || {
            let referrals = build(Referrals::builder().path_links("ref"));
            let redirect: PathLinkRedirect<()> = referrals.path_link_redirect("/").expect("a path");
            Calls::<_, ()>::new(redirect, get(PATH_LINK, ""), stored)
        })
        .over("a redirect by hand"),
        Arm::new("no content by hand", move || {
            let empty = answer(StatusCode::NO_CONTENT, false);
            Calls::new(by_hand(StatusCode::NO_CONTENT), handed_in(), empty)
        }),
        Arm::new("capture endpoint, a key handed in", move || {
            let endpoint = build(Referrals::builder()).capture_endpoint::<()>();
            Calls::<_, ()>::new(endpoint, handed_in(), accepted)
        })
        .over("no content by hand"),
        Arm::new("nothing at all", || does(0, || (), |()| 0)),
        Arm::new("detour, a token made", || {
            let (detour, key) = (detour(), key());
            says_that(move || !detour.token(&key, "n-0S6_WzA2Mj").is_empty())
        })
        .over("nothing at all"),
        Arm::new("detour, a token opened", || {
            let detour = detour();
            let token = detour.token(&key(), "n-0S6_WzA2Mj");
            says_that(move || detour.open(&token, "n-0S6_WzA2Mj").is_ok())
        })
        .over("nothing at all"),
        Arm::new("a code typed, handed in", || {
            let context = context();
            says_that(move || {
                let code = Referral::from_code(black_box(" anna-7 ")).ok();
                black_box(context.clone().with_referral(code))
                    .referral
                    .is_some()
            })
        })
        .over("nothing at all"),
        Arm::new("a token's referral, stored", || {
            let (referrals, parts) = (build(Referrals::builder()), get("/?t=x", "").into_parts().0);
            says_that(move || {
                let mut response = Response::new(());
                let referral = Referral::from_code("anna-7").ok();
                referrals.store(&parts, referral).apply(&mut response);
                !response.headers().is_empty()
            })
        })
        .over("nothing at all"),
        Arm::new("the word to caches, `Vary`", || {
            let referrals = build(Referrals::builder());
            says_that(move || {
                let mut response = Response::new(());
                referrals.vary().apply(&mut response);
                !response.headers().is_empty()
            })
        })
        .over("nothing at all"),
        Arm::new("the tag's text, copied", || {
            let (tag, mut page) = (snippet().to_string(), String::with_capacity(2048));
            says_that(move || {
                page.clear();
                page.push_str(black_box(&tag));
                !page.is_empty()
            })
        })
        .over("nothing at all"),
        Arm::new("snippet, rendered with its nonce", || {
            let (snippet, mut page) = (snippet(), String::with_capacity(2048));
            says_that(move || {
                page.clear();
                let tag = snippet
                    .with_nonce(black_box("bm9uY2U="))
                    .expect("it is base64");
                write!(page, "{tag}").expect("a string takes all");
                !page.is_empty()
            })
        })
        .over("nothing at all"),
    ]
}

/// Something that is done without a request.
fn says_that(mut it_is_done: impl FnMut() -> bool) -> impl Work {
    does(1, || (), move |()| usize::from(it_is_done()))
}

/// A handler with a fixed answer.
fn by_hand(
    status: StatusCode,
) -> impl tower::Service<Request<()>, Response = Response<()>, Error = std::convert::Infallible> {
    service_fn(move |request: Request<()>| -> Answered {
        drop(black_box(request));
        let mut response = Response::new(());
        *response.status_mut() = status;
        let (name, value) = if status == StatusCode::SEE_OTHER {
            (LOCATION, "/tea?utm_source=mail")
        } else {
            (CACHE_CONTROL, "no-store")
        };
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
        ready(Ok(response))
    })
}

fn detour() -> Detour {
    let keys = SigningKeys::new([7; 32]).expect("the key is long enough");
    Detour::new(keys, "oauth").expect("it has a purpose")
}

fn context() -> ReferralContext {
    let visit = get("/", "");
    build(Referrals::builder()).evaluate(visit.method(), visit.uri(), visit.headers())
}

fn key() -> ReferralKey {
    "anna-7".parse().expect("it is a key")
}

fn snippet() -> Snippet {
    Snippet::new("RW5B2TZ7").expect("it is an id")
}
