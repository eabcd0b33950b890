//! The companion cookie: forged, stored by others, too old, mixed, used again.

mod cookie;
mod forged;
mod window;

use std::time::{Duration, SystemTime};

use http::Response;
use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::capture::companion::SigningKeys;
use tower_partnero::response::Renewal;
use tower_partnero::{Referral, ReferralContext, Referrals};

use crate::{Site, get};

const NAME: &str = "__Host-partnero_referral_touches";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn keys(byte: u8) -> SigningKeys {
    SigningKeys::new([byte; 32]).unwrap()
}

fn policy() -> ReferralsBuilder {
    Referrals::builder().companion(keys(1))
}

fn shop() -> Site {
    Site::open(policy())
}

fn pair(line: &str) -> &str {
    line.split("; ").next().unwrap()
}

/// The values that the browser stores after a landing: of the companion, and of the referral's own
/// cookie.
async fn land(site: &Site, target: &str, cookies: &str) -> (String, String) {
    let lines = site.cookies(get(target, &[("cookie", cookies)])).await;
    let [companion, plain] = &lines[..] else {
        panic!("{lines:?}");
    };
    (pair(companion).to_owned(), pair(plain).to_owned())
}

/// The context of a request so many days later.
fn after(site: &Site, days: u32, target: &str, cookies: &str) -> ReferralContext {
    let visit = get(target, &[("cookie", cookies)]);
    let (method, uri, headers) = (visit.method(), visit.uri(), visit.headers());
    site.referrals
        .evaluate_at(method, uri, headers, SystemTime::now() + DAY * days)
}

/// The cookies after a renewal so many days later: the companion's pair, and the whole `Cookie` line.
fn renewed(site: &Site, days: u32, cookies: &str) -> (String, String) {
    let (parts, ()) = get("/", &[("cookie", cookies)]).into_parts();
    kept(
        site.referrals
            .renew_at(&parts, SystemTime::now() + DAY * days),
    )
}

fn kept(renewal: Renewal) -> (String, String) {
    let mut response = Response::new(());
    renewal.apply(&mut response);
    let lines = crate::cookies(response.headers());
    let pairs: Vec<_> = lines.iter().map(|line| pair(line)).collect();
    (pairs[0].to_owned(), pairs.join("; "))
}

/// The cookies after a code was handed in at this time.
fn handed_in(site: &Site, code: &str, cookies: &str, at: SystemTime) -> (String, String) {
    let (parts, ()) = get("/", &[("cookie", cookies)]).into_parts();
    let referral = Referral::from_code(code).unwrap();
    kept(site.referrals.store_at(&parts, referral, at))
}

/// The companion of somebody who came ten days ago.
fn ten_days_old(site: &Site) -> String {
    handed_in(site, "anna-7", "", SystemTime::now() - DAY * 10).0
}

/// First and last touch.
fn touches(context: &ReferralContext) -> [(String, Option<SystemTime>); 2] {
    [context.first_touch(), context.last_touch()].map(|touch| {
        touch
            .map(|touch| (touch.key().to_string(), touch.at()))
            .unwrap()
    })
}
