//! Which settings are accepted, which are refused, and how the cookie looks.

mod cookie;

use std::time::Duration;

use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::{Attribution, Referrals, SameSite};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const NO_PARAMETERS: [&str; 0] = [];

fn new() -> ReferralsBuilder {
    Referrals::builder()
}

fn assert_refused(builder: ReferralsBuilder, setting: &str, advice: &str) {
    let case = format!("{builder:?}");
    let error = builder.build().expect_err(&case);
    assert_eq!(error.setting(), setting, "{case}");
    let message = error.to_string();
    assert!(message.starts_with(&format!("{setting}: ")), "{message}");
    assert!(message.contains(advice), "{message}");
}

#[test]
fn parameter_names_that_a_link_cannot_carry_are_refused() {
    assert_refused(new().parameters(NO_PARAMETERS), "parameters", "`[\"ref\"]`");
    for name in [
        "", "a b", "a=b", "a&b", "r%65f", "ref+", "réf", "a\n", "a[]",
    ] {
        let advice = "write letters, digits and `-._~`, as in `ref`";
        assert_refused(new().parameters(["via", name]), "parameters", advice);
    }
    let twice = new().parameters(["ref", "via", "ref"]);
    assert_refused(twice, "parameters", "name each parameter once");
}

#[test]
fn path_segments_that_need_encoding_are_refused() {
    for segment in ["", "/ref", "ref/", "a b", "réf", ".", "..", "a%62"] {
        let advice = "write letters, digits and `-._~` without slashes";
        assert_refused(new().path_links(segment), "path_links", advice);
    }
}

#[test]
fn origins_that_no_browser_writes_are_refused() {
    let builder = new().public_origins(["https://shop.example", "https://shop.example/"]);
    assert_refused(builder, "public_origins", "as in `https://shop.example`");
}

#[test]
fn a_first_touch_that_browsers_would_withhold_is_refused() {
    let builder = new()
        .attribution(Attribution::FirstTouch)
        .same_site(SameSite::Strict);
    assert_refused(builder, "same_site", "write `SameSite::Lax`");
}

#[test]
fn cookie_names_that_browsers_drop_are_refused() {
    let too_long = "a".repeat(1025);
    for name in [
        "", "a b", "a=b", "a;b", "a,b", "\"a\"", "a\r\nb", "é", "a@b", "a/b", "(a)", &too_long,
    ] {
        assert_refused(
            new().cookie_name(name),
            "cookie_name",
            "as in `partnero_referral`",
        );
    }
}

#[test]
fn a_prefix_that_the_other_settings_do_not_keep_is_refused() {
    let host = "needs `.secure(true)`, the path `/` and no domain";
    let http = "needs `.secure(true)` and `.http_only(true)`";
    for (builder, advice) in [
        (
            new().cookie_name("__Secure-r").secure(false),
            "needs `.secure(true)`",
        ),
        (
            new().cookie_name("__secure-r").secure(false),
            "needs `.secure(true)`",
        ),
        (new().cookie_name("__Host-r").secure(false), host),
        (new().cookie_name("__Host-r").path("/shop"), host),
        (new().cookie_name("__Host-r").domain("shop.example"), host),
        (new().cookie_name("__HOST-r").domain("shop.example"), host),
        (new().cookie_name("__Http-r"), http),
        (
            new().cookie_name("__Http-r").http_only(true).secure(false),
            http,
        ),
        (new().cookie_name("__Host-Http-r"), http),
        (
            new()
                .cookie_name("__Host-Http-r")
                .http_only(true)
                .path("/shop"),
            host,
        ),
    ] {
        assert_refused(builder, "cookie_name", advice);
    }
}

#[test]
fn domains_that_browsers_drop_are_refused() {
    for domain in ["", "localhost", "example"] {
        assert_refused(new().domain(domain), "domain", "write a name with a dot");
    }
    for address in ["127.0.0.1", "127.1", "10.0.0.0x1", "::1", "2001:db8::1"] {
        assert_refused(new().domain(address), "domain", "leave the domain out");
    }
    let (long_label, long_name) = ("a".repeat(64) + ".example", "a.".repeat(127) + "a");
    for domain in [
        "https://shop.example",
        "shop.example:443",
        "shop.example/",
        ".shop.example",
        "shop.example.",
        "shop..example",
        "*.shop.example",
        "-shop.example",
        "shop-.example",
        "bücher.example",
        "shop.example; Path=/x",
        "shop.example\r\n",
        &long_label,
        &long_name,
    ] {
        assert_refused(new().domain(domain), "domain", "write it bare");
    }
}

#[test]
fn paths_that_browsers_drop_are_refused() {
    let too_long = format!("/{}", "a".repeat(1024));
    for path in [
        "", "shop", "/a;b", "/a b", "/a\tb", "/a\r\nb", "/é", "*", &too_long,
    ] {
        assert_refused(
            new().path(path),
            "path",
            "write `/`, or a path like `/shop`",
        );
    }
}

#[test]
fn ages_under_a_second_and_over_400_days_are_refused() {
    for max_age in [
        Duration::ZERO,
        Duration::from_nanos(999_999_999),
        400 * DAY + Duration::from_nanos(1),
        Duration::MAX,
    ] {
        assert_refused(
            new().max_age(max_age),
            "max_age",
            "from one second to 400 days",
        );
    }
}

#[test]
fn same_site_none_without_secure_is_refused() {
    let builder = new().same_site(SameSite::None).secure(false);
    assert_refused(
        builder,
        "same_site",
        "write `.secure(true)` or `SameSite::Lax`",
    );
}

#[test]
fn every_edge_of_a_setting_is_accepted() {
    let (label, long_name) = ("a".repeat(63) + ".example", "a.".repeat(126) + "a");
    for builder in [
        new(),
        new().parameters(["ref"]),
        new().parameters(["ref", "Ref", "via", "aff-id", "a.b_c~1"]),
        new().path_links("ref"),
        new().path_links("~a.b-c_1"),
        new().cookie_name("partnero_partner"),
        new().cookie_name("!#$%&'*+-.^_`|~0aZ"),
        new().cookie_name("__Host-r"),
        new()
            .cookie_name("__Secure-r")
            .domain("shop.example")
            .path("/shop"),
        new()
            .cookie_name("__Http-r")
            .http_only(true)
            .domain("shop.example"),
        new().cookie_name("__Host-Http-r").http_only(true),
        new().cookie_name("__Host").secure(false),
        new().domain("shop.example"),
        new().domain("www.eu.shop.example"),
        new().domain("Shop.Example"),
        new().domain("xn--bcher-kva.example"),
        new().domain("3com.example"),
        new().domain(label),
        new().domain(long_name),
        new().path("/"),
        new().path(format!("/{}", "a".repeat(1023))),
        new().cookie_name("a".repeat(1024)),
        new().path("/shop/a%20b,c=d"),
        new().max_age(Duration::from_secs(1)),
        new().max_age(400 * DAY),
        new().same_site(SameSite::None),
        new()
            .same_site(SameSite::Strict)
            .secure(false)
            .http_only(true),
        new().attribution(Attribution::FirstTouch),
    ] {
        let case = format!("{builder:?}");
        let refused = builder.build().err();
        assert_eq!(refused, None, "{case}");
    }
}
