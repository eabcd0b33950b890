//! Cookies of our name that another subdomain has set: for the whole domain, or for a path.

use http::{Request, Response};
use tower_partnero::capture::consent;
use tower_partnero::{Attribution, Outcome, Referrals};

use super::{Site, cookies, get, request};

/// The domain and the path of each cookie that is removed.
fn removed(lines: &[String]) -> Vec<(Option<&str>, &str)> {
    let removals = lines.iter().filter(|line| line.contains("Max-Age=0"));
    let attribute = |line, name| {
        let mut attributes = str::split(line, "; ");
        attributes.find_map(|attribute| str::strip_prefix(attribute, name))
    };
    removals
        .map(|line| {
            (
                attribute(line, "Domain="),
                attribute(line, "Path=").unwrap(),
            )
        })
        .collect()
}

fn spent(site: &Site, request: &Request<()>) -> Vec<String> {
    let mut response = Response::new(());
    site.referrals
        .spend(&site.context(request))
        .apply(&mut response);
    cookies(response.headers())
}

/// Another subdomain can set a cookie for the whole domain, and the browser may send it before ours.
#[tokio::test]
async fn a_tossed_cookie_is_reported_and_the_next_link_repairs_it() {
    let site = Site::open(Referrals::builder().domain("shop.example"));
    let tossed = [(
        "cookie",
        "partnero_referral=mallory; a=1; partnero_referral=anna-7",
    )];
    let visit = site.context(&get("/", &tossed));
    assert!(visit.conflicting);
    assert_eq!(visit.outcome, Outcome::Remembered);

    // Also where the first of the cookies has the link's key.
    for key in ["mallory", "anna-7", "ben"] {
        let mut lines = site.cookies(get(&format!("/?ref={key}"), &tossed)).await;
        // The cookie that counted until now is a runner-up.
        lines.retain(|line| !line.starts_with("partnero_referral_before=mallory; "));
        let [twin_removal, set] = &lines[..] else {
            panic!("two lines: {lines:?}");
        };
        assert!(
            twin_removal.starts_with("partnero_referral=; ") && !twin_removal.contains("Domain")
        );
        assert!(
            set.starts_with(&format!("partnero_referral={key}; "))
                && set.contains("Domain=shop.example")
        );
    }
}

/// Every cookie of our name that the request may have brought is removed, but not our own new cookie.
#[tokio::test]
async fn a_sibling_hosts_cookie_goes_when_ours_is_written() {
    let site = Site::open(Referrals::builder());
    let tossed = [
        ("host", "www.shop.example"),
        ("cookie", "partnero_referral=mallory"),
    ];
    let lines = site.cookies(get("/?ref=ben", &tossed)).await;
    assert_eq!(
        removed(&lines),
        [(Some("shop.example"), "/"), (Some("www.shop.example"), "/")]
    );
    assert!(lines[3].starts_with("partnero_referral=ben; ") && !lines[3].contains("Domain"));

    // Without such a cookie no line is written.
    let clean = [("host", "www.shop.example")];
    assert_eq!(site.cookies(get("/?ref=ben", &clean)).await.len(), 1);
}

#[test]
fn what_is_spent_is_gone_in_every_scope_it_may_have_come_from() {
    let tossed = [
        ("host", "www.shop.example"),
        ("cookie", "partnero_referral=mallory; partnero_referral=ben"),
    ];
    let sign_up = request("POST", "/join/now", &tossed);
    let on_host = spent(&Site::open(Referrals::builder()), &sign_up);
    for path in ["/join/now", "/join/", "/join", "/"] {
        assert!(
            removed(&on_host).contains(&(Some("shop.example"), path)),
            "{on_host:?}"
        );
    }
    assert!(on_host.len() <= 12, "few enough for any proxy");
    let shared = Site::open(Referrals::builder().domain("shop.example"));
    let removed_lines = spent(&shared, &sign_up);
    for scope in [
        (None, "/join/now"),
        (Some("shop.example"), "/join/now"),
        (None, "/"),
    ] {
        assert!(
            removed(&removed_lines).contains(&scope),
            "{scope:?} in {removed_lines:?}"
        );
    }
}

/// Four domains and six paths: hardly any sign-up has more.
#[test]
fn a_deep_sign_up_below_a_deep_host_takes_no_more_than_a_proxy_lets_pass() {
    let planted = [
        ("host", "eu.www.shop.example"),
        ("cookie", "partnero_referral=mallory"),
    ];
    let sign_up = request("POST", "/account/signup/new", &planted);
    let lines = spent(&Site::open(Referrals::builder()), &sign_up);
    let path = [
        "/",
        "/account",
        "/account/",
        "/account/signup",
        "/account/signup/",
        "/account/signup/new",
    ];
    for domain in ["shop.example", "www.shop.example", "eu.www.shop.example"] {
        for path in path {
            assert!(removed(&lines).contains(&(Some(domain), path)), "{lines:?}");
        }
    }
    let bytes = |lines: &[String]| lines.concat().len() + lines.len() * "set-cookie: \r\n".len();
    assert!(bytes(&lines) < 2_500, "{}", bytes(&lines));
    // There are more scopes than lines, so the likeliest scopes get a line.
    let host = "a.b.c.d.e.f.g.h.shop.example";
    let sign_up = request("POST", &"/a".repeat(50), &[("host", host), planted[1]]);
    let lines = spent(&Site::open(Referrals::builder()), &sign_up);
    assert!(bytes(&lines) < 2_500, "{}", bytes(&lines));
    let likely = (Some("shop.example"), "/");
    assert!(removed(&lines).contains(&likely), "{lines:?}");
}

/// A single cookie may be of another subdomain as well. It must not credit one sign-up after another,
/// and must not stay after consent is withdrawn.
#[tokio::test]
async fn a_planted_cookie_alone_goes_with_the_sign_up_or_the_consent() {
    let planted = [
        ("host", "www.shop.example"),
        ("cookie", "consent=no; partnero_referral=mallory"),
    ];
    let lines = spent(
        &Site::open(Referrals::builder()),
        &request("POST", "/signup", &planted),
    );
    for scope in [
        (Some("shop.example"), "/signup"),
        (Some("shop.example"), "/"),
    ] {
        assert!(removed(&lines).contains(&scope), "{lines:?}");
    }
    let asks = Referrals::builder().consent(consent::by_cookie("consent", "yes"));
    let lines = Site::open(asks).cookies(get("/", &planted)).await;
    assert!(
        removed(&lines).contains(&(Some("shop.example"), "/")),
        "{lines:?}"
    );

    // Outside the sign-up hook, a `GET` removes our own cookie and that of the runners-up.
    let page = get("/", &planted);
    assert_eq!(
        removed(&spent(&Site::open(Referrals::builder()), &page)),
        [(None, "/"), (None, "/")]
    );
}

/// No request says which of two cookies is older, so a link changes nothing. A sign-up removes both.
#[tokio::test]
async fn under_first_touch_a_planted_cookie_goes_with_the_sign_up() {
    let site = Site::open(Referrals::builder().attribution(Attribution::FirstTouch));
    let tossed = [
        ("host", "www.shop.example"),
        (
            "cookie",
            "partnero_referral=anna-7; partnero_referral=mallory",
        ),
    ];
    for (key, written) in [
        ("anna-7", None),
        ("ben", Some("partnero_referral_before=ben")),
    ] {
        let visit = get(&format!("/?ref={key}"), &tossed);
        assert_eq!(site.outcome(&visit), Outcome::FirstTouchKept);
        let lines = site.cookies(visit).await;
        let pairs = lines.iter().filter_map(|line| line.split(';').next());
        assert_eq!(pairs.collect::<Vec<_>>(), Vec::from_iter(written));
    }
    let lines = spent(&site, &request("POST", "/signup", &tossed));
    let planted = (Some("shop.example"), "/");
    assert!(removed(&lines).contains(&planted), "{lines:?}");
}

#[test]
fn a_renewal_leaves_one_cookie_of_several() {
    let site = Site::open(Referrals::builder());
    let tossed = [
        ("host", "www.shop.example"),
        (
            "cookie",
            "partnero_referral=anna-7; partnero_referral=mallory",
        ),
    ];
    let mut response = Response::new(());
    let renewal = site.referrals.renew(&get("/", &tossed).into_parts().0);
    renewal.apply(&mut response);
    let lines = cookies(response.headers());
    assert!(
        removed(&lines).contains(&(Some("shop.example"), "/")),
        "{lines:?}"
    );
    assert!(
        lines
            .last()
            .unwrap()
            .starts_with("partnero_referral=anna-7; ")
    );
}

#[test]
fn no_host_or_path_writes_into_a_line() {
    for (host, path) in [
        ("shop.example; HttpOnly", "/"),
        ("shop.example,evil.example", "/"),
        ("shop.example", "/a;Domain=evil.example/b"),
    ] {
        let headers = [
            ("host", host),
            ("cookie", "partnero_referral=a; partnero_referral=b"),
        ];
        let lines = spent(
            &Site::open(Referrals::builder()),
            &request("POST", path, &headers),
        );
        for line in lines {
            assert!(
                !line.contains("HttpOnly") && !line.contains("evil"),
                "{line}"
            );
        }
    }
}
