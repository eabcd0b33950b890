//! The Referer rescue: it finds a key that was not stored, and no key that another site wrote.

use tower_partnero::{NotStored, Outcome, Referral, ReferralSource, Referrals};

use super::{Site, get, request};

const PAGE: &str = "https://shop.example/tea?ref=anna-7";

fn shop() -> Site {
    Site::open(
        Referrals::builder()
            .public_origins(["https://shop.example", "http://127.0.0.1:3000"])
            .referer_rescue(true),
    )
}

#[tokio::test]
async fn a_key_that_was_skipped_is_found_on_the_next_page() {
    for headers in [
        &[
            ("referer", PAGE),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-mode", "navigate"),
        ][..],
        &[("referer", PAGE)],
        &[("referer", "http://127.0.0.1:3000/?a=1&ref=anna-7")],
    ] {
        let site = shop();
        let next = get("/cart", headers);
        let referral = site.context(&next).referral.unwrap();
        assert_eq!(
            (referral.key().as_str(), referral.source()),
            ("anna-7", ReferralSource::Referer)
        );
        let cookies = site.cookies(next).await;
        assert!(
            cookies[0].starts_with("partnero_referral=anna-7; "),
            "{cookies:?}"
        );
    }
}

#[tokio::test]
async fn a_path_link_that_was_skipped_is_found_where_the_policy_has_them() {
    let builder = || {
        let builder = Referrals::builder().public_origins(["https://shop.example"]);
        builder.referer_rescue(true)
    };
    let site = Site::open(builder().path_links("ref"));
    for (page, key) in [
        ("https://shop.example/ref/anna-7", Some("anna-7")),
        (
            "https://shop.example/ref/a%20b/?utm_source=mail",
            Some("a b"),
        ),
        ("https://shop.example/ref/ben?ref=anna-7", Some("anna-7")),
        ("https://shop.example/ref/ben?ref=", Some("ben")),
        ("https://shop.example/tea", None),
        ("https://shop.example/ref/%00", None),
        ("https://evil.example/ref/mallory", None),
        (
            "https://evil.example/https://shop.example/ref/mallory",
            None,
        ),
        ("https://shop.example@evil.example/ref/mallory", None),
        ("https://shop.example/#/ref/mallory", None),
    ] {
        let next = get("/cart", &[("referer", page)]);
        assert_eq!(site.key(&next).as_deref(), key, "{page}");
        let next = get(
            "/cart",
            &[("referer", page), ("sec-fetch-site", "cross-site")],
        );
        assert_eq!(site.key(&next), None, "{page}");
    }
    let next = get("/cart", &[("referer", "https://shop.example/ref/anna-7")]);
    assert_eq!(Site::open(builder()).key(&next), None, "no path links here");
}

/// A sign-up form on the cached landing page itself: the sign-up is credited, and nothing is written.
#[tokio::test]
async fn a_form_on_the_page_is_credited_without_a_cookie() {
    let site = shop();
    let sign_up = request(
        "POST",
        "/signup",
        &[("referer", PAGE), ("sec-fetch-site", "same-origin")],
    );
    assert_eq!(site.key(&sign_up).as_deref(), Some("anna-7"));
    assert_eq!(
        site.outcome(&sign_up),
        Outcome::NotStored(NotStored::Method)
    );
    assert_eq!(site.cookies(sign_up).await, [""; 0]);
}

#[tokio::test]
async fn a_strangers_page_is_not_believed() {
    for headers in [
        &[("referer", "https://evil.example/?ref=mallory")][..],
        &[("referer", "https://shop.example.evil.example/?ref=mallory")],
        &[("referer", "https://shop.example@evil.example/?ref=mallory")],
        &[(
            "referer",
            "https://evil.example/https://shop.example/?ref=mallory",
        )],
        &[("referer", "http://shop.example/?ref=mallory")],
        &[("referer", "https://shop.example:444/?ref=mallory")],
        &[("referer", "https://SHOP.example/?ref=mallory")],
        &[
            ("referer", "https://shop.example/?ref=mallory"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[
            ("referer", "https://shop.example/?ref=mallory"),
            ("sec-fetch-site", "same-site"),
        ],
        &[
            ("referer", "https://shop.example/?ref=mallory"),
            ("sec-fetch-site", "none"),
        ],
        // A reloaded page keeps the Referer of its first request.
        &[
            ("referer", "https://evil.example/?ref=mallory"),
            ("sec-fetch-site", "same-origin"),
        ],
        &[("referer", "/?ref=mallory")],
        &[("referer", "ref=mallory")],
    ] {
        let site = shop();
        let visit = get("/", headers);
        assert_eq!(site.outcome(&visit), Outcome::NotReferred, "{headers:?}");
        assert_eq!(site.cookies(visit).await, [""; 0], "{headers:?}");
    }
}

/// Anybody can write `Host`, `Forwarded` and `X-Forwarded-*`. They do not make a page our own.
#[tokio::test]
async fn spoofed_hosts_and_forwarded_headers_change_nothing() {
    let site = shop();
    let evil = "https://evil.example/?ref=mallory";
    let visit = get(
        "/",
        &[
            ("referer", evil),
            ("host", "evil.example"),
            ("forwarded", "host=evil.example;proto=https"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
            ("x-original-url", "/?ref=mallory"),
        ],
    );
    assert_eq!(site.outcome(&visit), Outcome::NotReferred);
}

#[tokio::test]
async fn link_and_cookie_come_before_the_page_before() {
    let site = shop();
    let both = get("/?ref=ben", &[("referer", PAGE)]);
    assert_eq!(site.key(&both).as_deref(), Some("ben"));
    let stored = get(
        "/",
        &[("referer", PAGE), ("cookie", "partnero_referral=carla")],
    );
    assert_eq!(site.key(&stored).as_deref(), Some("carla"));
    assert_eq!(site.cookies(stored).await, [""; 0]);
}

#[tokio::test]
async fn only_a_navigation_writes_what_was_rescued() {
    let site = shop();
    let image = [
        ("referer", PAGE),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "no-cors"),
    ];
    assert_eq!(site.cookies(get("/logo.png", &image)).await, [""; 0]);
}

/// The redirect after a sign-up form on `/?ref=KEY` still names that page, whichever key the
/// sign-up was credited to: the link's, an older one under first touch, or one that was typed.
#[tokio::test]
async fn a_spent_referral_does_not_come_back() {
    let site = shop();
    for cookie in ["partnero_referral=anna-7", "partnero_referral=carla", "a=1"] {
        let sign_up = request("POST", "/signup", &[("referer", PAGE), ("cookie", cookie)]);
        let typed = Referral::from_code("dora").unwrap();
        for context in [
            site.context(&sign_up),
            site.context(&sign_up).with_referral(typed),
        ] {
            let mut response = http::Response::new(());
            site.referrals.spend(&context).apply(&mut response);
            let written = super::cookies(response.headers());
            assert!(
                written
                    .iter()
                    .any(|line| line.starts_with("partnero_referral=; "))
            );
            let mark = written
                .iter()
                .find(|line| line.starts_with("partnero_referral_spent=1; "));
            let mark = mark
                .expect("the browser remembers")
                .split("; ")
                .next()
                .unwrap();

            let welcome = [
                ("referer", PAGE),
                ("cookie", mark),
                ("sec-fetch-site", "same-origin"),
            ];
            let welcome = get("/welcome", &welcome);
            assert_eq!(site.outcome(&welcome), Outcome::AlreadySpent);
            assert_eq!(site.cookies(welcome).await, [""; 0]);
            let again = get("/?ref=anna-7", &[("cookie", mark)]);
            assert_eq!(
                site.outcome(&again),
                Outcome::Captured,
                "a new click is a new click"
            );
        }
    }
}

#[tokio::test]
async fn without_the_setting_the_page_before_is_not_looked_at() {
    let site = Site::open(Referrals::builder());
    let visit = get("/", &[("referer", PAGE), ("sec-fetch-site", "same-origin")]);
    assert_eq!(site.outcome(&visit), Outcome::NotReferred);
    let refused = Referrals::builder()
        .referer_rescue(true)
        .build()
        .unwrap_err();
    assert_eq!(refused.setting(), "referer_rescue");
    assert!(refused.to_string().contains("public_origins"));
}
