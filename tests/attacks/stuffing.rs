//! Cookie stuffing: another site's page, or a browser that fetches ahead, stores a referral.

use tower_partnero::{NotStored, Outcome, Referrals};

use super::{Site, get, request};

const LINK: &str = "/?ref=mallory";

async fn plants_nothing(headers: &[(&str, &str)], reason: NotStored) {
    let site = Site::open(Referrals::builder());
    let request = get(LINK, headers);
    assert_eq!(
        site.outcome(&request),
        Outcome::NotStored(reason),
        "{headers:?}"
    );
    assert_eq!(site.cookies(request).await, [""; 0], "{headers:?}");
}

#[tokio::test]
async fn by_a_hidden_image() {
    let image = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-dest", "image"),
    ];
    plants_nothing(&image, NotStored::NoNavigation).await;
}

#[tokio::test]
async fn by_a_hidden_frame() {
    for dest in ["iframe", "frame", "embed", "object", "fencedframe"] {
        let frame = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", dest),
        ];
        plants_nothing(&frame, NotStored::Embedded).await;
    }
}

#[tokio::test]
async fn by_a_script_or_a_style_sheet() {
    for (mode, dest) in [
        ("no-cors", "script"),
        ("no-cors", "style"),
        ("cors", "empty"),
        ("cors", "font"),
    ] {
        let part = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", mode),
            ("sec-fetch-dest", dest),
        ];
        plants_nothing(&part, NotStored::NoNavigation).await;
    }
}

#[tokio::test]
async fn by_prefetch_and_prerender() {
    for marker in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
        ("x-purpose", "preview"),
        ("x-moz", "prefetch"),
    ] {
        let ahead = [
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            marker,
        ];
        plants_nothing(&ahead, NotStored::Speculative).await;
    }
}

#[tokio::test]
async fn by_a_checker_of_links_a_preflight_or_a_form() {
    for method in ["HEAD", "OPTIONS", "POST", "PUT", "TRACE"] {
        let site = Site::open(Referrals::builder());
        let request = request(method, LINK, &[("origin", "https://evil.example")]);
        assert_eq!(
            site.outcome(&request),
            Outcome::NotStored(NotStored::Method),
            "{method}"
        );
        assert_eq!(site.cookies(request).await, [""; 0], "{method}");
    }
}

#[tokio::test]
async fn by_a_web_socket() {
    let socket = [("connection", "upgrade"), ("upgrade", "websocket")];
    plants_nothing(&socket, NotStored::NoNavigation).await;
}

/// Every gRPC call is a `POST`.
#[tokio::test]
async fn a_call_of_grpc_is_left_alone() {
    let site = Site::open(Referrals::builder()).answering("content-type", "application/grpc");
    let call = request("POST", "/shop.Cart/Add?ref=mallory", &[("te", "trailers")]);
    let headers = site.send(call).await;
    assert_eq!(headers, site.answer);
}

/// A program that makes link previews sends no headers that tell it from a browser. It gets a cookie of
/// its own and throws it away; no visitor gets that cookie.
#[tokio::test]
async fn the_preview_of_a_link_reaches_nobody_else() {
    let bot = [
        ("user-agent", "Slackbot-LinkExpanding 1.0"),
        ("range", "bytes=0-32768"),
    ];
    let site = Site::open(Referrals::builder()).answering("cache-control", "public, max-age=600");
    let headers = site.send(get(LINK, &bot)).await;
    assert_eq!(headers["cache-control"], "private, max-age=600");
}

#[tokio::test]
async fn a_persons_click_from_anywhere_counts() {
    for headers in [
        &[][..],
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ],
        &[
            ("sec-fetch-site", "none"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-user", "?1"),
        ],
    ] {
        let site = Site::open(Referrals::builder());
        assert_eq!(
            site.cookies(get("/?ref=anna-7", headers)).await.len(),
            1,
            "{headers:?}"
        );
    }
}
