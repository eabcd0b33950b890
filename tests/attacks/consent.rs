//! Breach of consent: a key is stored, or still counts, although the visitor does not allow it.

use tower_partnero::capture::consent;
use tower_partnero::context::Consent;
use tower_partnero::{NotStored, Outcome, Referral, Referrals};

use super::{Site, get, request};

fn by_banner() -> Site {
    Site::open(
        Referrals::builder()
            .domain("shop.example")
            .path("/shop")
            .public_origins(["https://shop.example"])
            .referer_rescue(true)
            .consent(consent::by_cookie("consent", "yes")),
    )
}

#[tokio::test]
async fn an_unanswered_banner_keeps_nothing_and_loses_nothing_of_this_visit() {
    let site = by_banner();
    let landing = get("/?ref=anna-7", &[]);
    assert_eq!(site.key(&landing).as_deref(), Some("anna-7"));
    assert_eq!(
        site.outcome(&landing),
        Outcome::NotStored(NotStored::ConsentUnknown)
    );
    assert_eq!(site.cookies(landing).await, [""; 0]);

    let sign_up = request("POST", "/signup?ref=anna-7", &[]);
    let mut response = http::Response::new(());
    site.referrals
        .spend(&site.context(&sign_up))
        .apply(&mut response);
    let written = super::cookies(response.headers());
    assert!(
        written.iter().all(|line| line.contains("Max-Age=0")),
        "{written:?}"
    );
}

/// The sign-up may not store a marker. The request after its redirect would name the page of the form,
/// with the key that was just used; and the visitor may have consented with the form.
#[test]
fn a_sign_up_before_the_answer_hides_where_it_came_from() {
    let site = by_banner();
    let form = [("referer", "https://shop.example/?ref=anna-7")];
    for (said, becomes) in [
        (None, "strict-origin"),
        (Some("unsafe-url"), "strict-origin"),
        (Some("same-origin"), "strict-origin"),
        (Some("no-referrer"), "no-referrer"),
        (Some("origin"), "origin"),
        (Some("No-Referrer"), "No-Referrer"),
        (Some("unsafe-url, no-referrer"), "unsafe-url, no-referrer"),
        (Some("no-referrer, of-tomorrow"), "no-referrer, of-tomorrow"),
        (Some("no-referrer, unsafe-url"), "strict-origin"),
    ] {
        let mut response = http::Response::new(());
        if let Some(said) = said {
            response
                .headers_mut()
                .insert("referrer-policy", said.parse().unwrap());
        }
        let context = site.context(&request("POST", "/signup", &form));
        site.referrals.spend(&context).apply(&mut response);
        assert_eq!(response.headers()["referrer-policy"], becomes);
    }
    let answered = [form[0], ("cookie", "consent=yes")];
    let mut response = http::Response::new(());
    let context = site.context(&request("POST", "/signup", &answered));
    site.referrals.spend(&context).apply(&mut response);
    assert!(!response.headers().contains_key("referrer-policy"));
    let marked = super::cookies(response.headers());
    assert!(
        marked
            .iter()
            .any(|line| line.starts_with("partnero_referral_spent=1; "))
    );
}

/// A referral that the visitor hands in on purpose counts. It is not stored.
#[test]
fn a_typed_code_counts_without_consent_and_is_kept_nowhere() {
    let site = by_banner();
    for cookie in ["consent=no", "a=1"] {
        let sign_up = request("POST", "/signup", &[("cookie", cookie)]);
        let code = Referral::from_code("anna-7").unwrap();
        let context = site.context(&sign_up).with_referral(code.clone());
        assert_eq!(context.outcome, Outcome::HandedIn);
        assert_eq!(context.referral, Some(code.clone()));
        let mut response = http::Response::new(());
        let (parts, ()) = sign_up.into_parts();
        site.referrals.store(&parts, code).apply(&mut response);
        assert!(response.headers().is_empty());
    }
}

#[tokio::test]
async fn an_unanswered_banner_reads_nothing_that_is_stored() {
    let site = by_banner();
    let later = get("/", &[("cookie", "partnero_referral=anna-7")]);
    assert_eq!(site.outcome(&later), Outcome::NotReferred);
    assert_eq!(site.cookies(later).await, [""; 0]);
    let rescued = [
        ("cookie", "partnero_referral_spent=1"),
        ("referer", "https://shop.example/?ref=anna-7"),
    ];
    let unknown = Outcome::NotStored(NotStored::ConsentUnknown);
    assert_eq!(site.outcome(&get("/", &rescued)), unknown);
}

#[tokio::test]
async fn a_granted_visit_is_captured() {
    let site = by_banner();
    // A browser may split its cookies over several lines.
    let split = [("cookie", "a=1"), ("cookie", "consent=yes")];
    for headers in [&split[1..], &split] {
        let cookies = site.cookies(get("/?ref=anna-7", headers)).await;
        assert_eq!(cookies.len(), 1, "{headers:?}");
        assert!(cookies[0].starts_with("partnero_referral=anna-7; "));
    }
}

#[tokio::test]
async fn a_key_on_the_page_before_counts_for_an_unanswered_visit_alone() {
    let site = by_banner();
    let next = get("/cart", &[("referer", "https://shop.example/?ref=anna-7")]);
    assert_eq!(site.key(&next).as_deref(), Some("anna-7"));
    let reason = NotStored::ConsentUnknown;
    assert_eq!(site.outcome(&next), Outcome::NotStored(reason));
    assert_eq!(site.cookies(next).await, [""; 0]);
}

#[test]
fn nothing_is_renewed_without_consent() {
    let site = by_banner();
    for cookie in [
        "a=1; partnero_referral=anna-7",
        "consent=no; partnero_referral=anna-7; partnero_referral_before=ben",
    ] {
        let sign_up = request("POST", "/signup", &[("cookie", cookie)]);
        let mut response = http::Response::new(());
        let renewal = site.referrals.renew(&sign_up.into_parts().0);
        renewal.apply(&mut response);
        assert!(response.headers().is_empty(), "{cookie}");
    }
}

#[tokio::test]
async fn a_withdrawal_removes_everything_as_it_was_set() {
    let site = by_banner();
    for target in ["/", "/?ref=mallory"] {
        for cookie in [
            "consent=no; partnero_referral=anna-7",
            "consent=no; partnero_referral_spent=anna-7",
        ] {
            let visit = get(target, &[("cookie", cookie)]);
            assert_eq!(site.key(&visit), None, "nothing counts");
            assert_eq!(site.outcome(&visit), Outcome::ConsentWithdrawn);
            let removed = site.cookies(visit).await;
            let own = "SameSite=Lax; Secure; Path=/shop; Domain=shop.example; Max-Age=0; \
                       Expires=Thu, 01 Jan 1970 00:00:00 GMT";
            for (name, attributes) in [
                ("partnero_referral", own),
                ("partnero_referral", "Secure; Path=/shop; Max-Age=0"),
                ("partnero_referral", "Secure; Path=/; Max-Age=0"),
                ("partnero_referral_spent", own),
            ] {
                let line = format!("{name}=; {attributes}");
                assert!(removed.contains(&line), "{line:?} in {removed:?}");
            }
            assert_eq!(removed.len(), 4);
        }
    }
}

#[tokio::test]
async fn a_withdrawal_with_nothing_stored_writes_nothing() {
    let site = by_banner();
    let visit = get("/?ref=anna-7", &[("cookie", "consent=no")]);
    assert_eq!(site.cookies(visit).await, [""; 0]);
}

#[tokio::test]
async fn a_withdrawal_goes_even_with_a_public_page() {
    let builder = Referrals::builder()
        .leave_public_pages(true)
        .consent(|_| Consent::Withdrawn);
    let site = Site::open(builder).answering("cache-control", "public");
    let headers = site
        .send(get("/", &[("cookie", "partnero_referral=anna-7")]))
        .await;
    assert_eq!(super::cookies(&headers).len(), 1);
    assert_eq!(headers["cache-control"], "private");
}

#[tokio::test]
async fn the_browsers_own_objection_is_heard() {
    let site = Site::open(Referrals::builder().consent(consent::global_privacy_control));
    let objecting = get("/?ref=anna-7", &[("sec-gpc", "1")]);
    assert_eq!(site.outcome(&objecting), Outcome::ConsentWithdrawn);
    assert_eq!(site.cookies(objecting).await, [""; 0]);
    assert_eq!(site.cookies(get("/?ref=anna-7", &[])).await.len(), 1);
}
