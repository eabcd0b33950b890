//! Pages with optional parts, for the arms that say what each part costs.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;

use http::header::{CACHE_CONTROL, HeaderName, HeaderValue, SET_COOKIE};
use http::{Request, Response, StatusCode};
use tower::{Layer, Service, service_fn};
use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::{ReferralContext, Referrals};

use super::requests::get;
use super::work::{Answer, Calls};

pub(super) type Answered = Ready<Result<Response<()>, Infallible>>;

pub(super) fn build(builder: ReferralsBuilder) -> Referrals {
    builder.build().expect("the settings are valid")
}

/// A request with a few headers more than a visitor's `GET` has.
pub(super) fn with(
    mut request: Request<()>,
    headers: &[(&'static str, &'static str)],
) -> Request<()> {
    for &(name, value) in headers {
        let name = HeaderName::from_static(name);
        let value = HeaderValue::from_static(value);
        request.headers_mut().insert(name, value);
    }
    request
}

/// A page that asks nothing of the request, behind the layer.
pub(super) fn landing(
    builder: ReferralsBuilder,
    request: Request<()>,
    answer: Answer,
) -> Calls<impl Service<Request<()>, Response = Response<()>, Error = Infallible>, ()> {
    landing_that_says(None, builder, request, answer)
}

/// The same, where the page says something about caches.
pub(super) fn landing_that_says(
    cache: Option<&'static str>,
    builder: ReferralsBuilder,
    request: Request<()>,
    answer: Answer,
) -> Calls<impl Service<Request<()>, Response = Response<()>, Error = Infallible>, ()> {
    let page = service_fn(move |request: Request<()>| -> Answered {
        drop(black_box(request));
        let mut response = Response::new(());
        if let Some(cache) = cache {
            let cache = HeaderValue::from_static(cache);
            response.headers_mut().insert(CACHE_CONTROL, cache);
        }
        ready(Ok(response))
    });
    Calls::new(build(builder).layer().layer(page), request, answer)
}

/// A page that asks for the referral, without the layer, and then does something with it.
pub(super) fn reading(
    builder: ReferralsBuilder,
    request: Request<()>,
    answer: Answer,
    then: impl Fn(&Referrals, &ReferralContext, &mut Response<()>),
) -> Calls<impl Service<Request<()>, Response = Response<()>, Error = Infallible>, ()> {
    let referrals = build(builder);
    let page = service_fn(move |request: Request<()>| -> Answered {
        let (method, uri, headers) = (request.method(), request.uri(), request.headers());
        let context = black_box(referrals.evaluate(method, uri, headers));
        let mut response = Response::new(());
        if context.referral.is_some() {
            *response.status_mut() = StatusCode::ACCEPTED;
        }
        then(&referrals, &context, &mut response);
        ready(Ok(response))
    });
    Calls::new(page, request, answer)
}

/// A page that asks for the referral, without the layer, and renews it.
pub(super) fn renewing(
    builder: ReferralsBuilder,
    request: Request<()>,
    answer: Answer,
) -> Calls<impl Service<Request<()>, Response = Response<()>, Error = Infallible>, ()> {
    let referrals = build(builder);
    let page = service_fn(move |request: Request<()>| -> Answered {
        let (parts, ()) = request.into_parts();
        let context = referrals.evaluate(&parts.method, &parts.uri, &parts.headers);
        let mut response = Response::new(());
        if black_box(context).referral.is_some() {
            *response.status_mut() = StatusCode::ACCEPTED;
        }
        referrals.renew(&parts).apply(&mut response);
        ready(Ok(response))
    });
    Calls::new(page, request, answer)
}

pub(super) fn nothing(_: &Referrals, _: &ReferralContext, _: &mut Response<()>) {}

/// What a browser sends after it has followed the link.
pub(super) fn jar(builder: ReferralsBuilder, link: &str) -> String {
    let page = service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::new(()))));
    let mut service = build(builder).layer().layer(page);
    let mut answer = Box::pin(service.call(get(link, "")));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Ok(response)) = answer.as_mut().poll(&mut cx) else {
        panic!("nothing here waits");
    };
    let lines = response.headers().get_all(SET_COOKIE).iter();
    let pairs = lines.filter_map(|line| line.to_str().ok()?.split("; ").next());
    pairs.collect::<Vec<_>>().join("; ")
}
