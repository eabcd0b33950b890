//! The requests that are served, with the headers a browser sends.

use std::fmt::Write;

use http::Request;
use http::header::{ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, COOKIE, HOST, USER_AGENT};

/// A query that names no referral.
pub(super) const UNRELATED: &str = "/?page=2&sort=asc";
/// A newsletter's query of 95 bytes that names no referral.
pub(super) const TRACKED: &str = "/?utm_source=newsletter&utm_medium=email&utm_campaign=spring_sale_2026\
    &utm_content=hero_button_on";
/// An ad's query of 300 bytes that names no referral.
pub(super) const AD: &str = "/?gclid=EAIaIQobChMIh7rT8ZqS_QIVzYBQBh0mPwYJEAAYASAAEgKJ0_D_BwE&utm_source=google\
    &utm_medium=cpc&utm_campaign=brand_search_2026&utm_term=tea%20subscription&utm_content=ad_variant_b\
    &gad_source=1&wbraid=Cj8KCQiA8aOeBhCWARIuANRrHmk1lT9XyzAbCdEfGhIjKlMnOpQrStUvWx0123456789\
    &hsa_acc=1234567890&hsa_cam=98765";
/// A referral link.
pub(super) const LINK: &str = "/?ref=anna-7";

/// Twelve cookies of other programs, 350 bytes.
pub(super) const TWELVE: &str = "_ga=GA1.2.1203948571.1718000000; _gid=GA1.2.998877665.1718000000; \
    _fbp=fb.1.1718000000000.1234567890; theme=dark; locale=en-GB; consent=analytics; currency=EUR; \
    cart=8f14e45fceea167a5a36dedd4bea2543; session=c9f0f895fb98ab9159f51fd0297e236d4f2a; \
    recently=1041%2C2217%2C880%2C4512; utm=newsletter; csrf=45c48cce2e2d7fbdea1afc51c7c6ad26d645920e395fedad";

/// The same with our cookie in place of the eighth.
pub(super) const TWELVE_WITH_OURS: &str = "_ga=GA1.2.1203948571.1718000000; _gid=GA1.2.998877665.1718000000; \
    _fbp=fb.1.1718000000000.1234567890; theme=dark; locale=en-GB; consent=analytics; currency=EUR; \
    partnero_referral=anna-7; session=c9f0f895fb98ab9159f51fd0297e236d4f2a8f14e45fceea1; \
    recently=1041%2C2217%2C880%2C4512; utm=newsletter; csrf=45c48cce2e2d7fbdea1afc51c7c6ad26d645920e395fedad";

const _: () = assert!(TWELVE.len() == 350 && TWELVE_WITH_OURS.len() == 350);
const _: () = assert!(TRACKED.len() == "/?".len() + 95 && AD.len() == "/?".len() + 300);

/// A visitor's `GET`.
pub(super) fn get(uri: &str, cookies: &str) -> Request<()> {
    let mut request = Request::get(uri)
        .header(HOST, "shop.example")
        .header(
            USER_AGENT,
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        )
        .header(
            ACCEPT,
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        )
        .header(ACCEPT_LANGUAGE, "en-GB,en;q=0.5")
        .header(ACCEPT_ENCODING, "gzip, deflate, br")
        .header("sec-fetch-dest", "document")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-site", "cross-site");
    if !cookies.is_empty() {
        request = request.header(COOKIE, cookies);
    }
    request.body(()).expect("the parts are valid")
}

/// So many bytes of other programs' cookies, each as long as those of analytics scripts.
pub(super) fn strangers(bytes: usize) -> String {
    let mut cookies = String::with_capacity(bytes + 64);
    for number in 0.. {
        if cookies.len() >= bytes {
            break;
        }
        let _ = write!(
            cookies,
            "_ga_{number:06}=GS1.1.1718000000.{number}.1.1718000123.0; "
        );
    }
    cookies.truncate(bytes);
    cookies
}
