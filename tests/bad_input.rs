//! Malformed links and cookies, as a visitor, a broken proxy or an attacker may send them.
//!
//! Every request here goes over a loopback port as raw bytes. No request may fail, and none may change
//! the shape of the answer: the header lines are compared one by one, and the `cookie` crate reads our
//! line back.

mod wire;

use std::cell::RefCell;
use std::fmt::Write;

use cookie::Cookie;
use http::{Request, Response};
use tower::{ServiceBuilder, service_fn};
use tower_partnero::{InvalidReferralKey, Outcome, Referrals};

const OURS: &str = "partnero_referral";

/// What the handler must see of one visit.
#[derive(Debug, PartialEq)]
struct Sight {
    key: Option<String>,
    outcome: Outcome,
    ignored: Option<InvalidReferralKey>,
    conflicting: bool,
}

fn captured(key: &str) -> Sight {
    Sight {
        key: Some(key.to_owned()),
        outcome: Outcome::Captured,
        ignored: None,
        conflicting: false,
    }
}

fn remembered(key: &str) -> Sight {
    Sight {
        outcome: Outcome::Remembered,
        ..captured(key)
    }
}

fn ignored(reason: InvalidReferralKey) -> Sight {
    Sight {
        key: None,
        outcome: Outcome::Ignored(reason),
        ignored: Some(reason),
        conflicting: false,
    }
}

/// Sends the request, and checks what the handler saw and every line of the answer.
async fn visit(target: impl AsRef<[u8]>, cookies: &[&[u8]], expected: &Sight) {
    let referrals = Referrals::builder().build().unwrap();
    let handle = referrals.clone();
    let seen = RefCell::new(Vec::new());
    let app = ServiceBuilder::new()
        .layer(referrals.layer())
        .service(service_fn(|request: Request<_>| {
            let context = handle.context(&request.into_parts().0).unwrap();
            seen.borrow_mut().push(Sight {
                key: context.referral.map(|referral| referral.key().to_string()),
                outcome: context.outcome,
                ignored: context.ignored,
                conflicting: context.conflicting,
            });
            let page = Response::builder().header("set-cookie", "session=1");
            std::future::ready(page.body("page".to_owned()))
        }));
    let answer = wire::exchange(app, &wire::request("GET", target.as_ref(), cookies)).await;

    assert_eq!(seen.borrow().as_slice(), std::slice::from_ref(expected));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "page");
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some("HTTP/1.1 200 OK"));
    let (mut set, mut others): (Vec<_>, Vec<_>) = lines
        .map(|line| line.split_once(": ").unwrap())
        .partition(|(name, _)| *name == "set-cookie");
    assert_eq!(set.remove(0).1, "session=1");
    others.retain(|(name, _)| !["connection", "content-length", "date"].contains(name));
    if expected.outcome == Outcome::Captured {
        assert_eq!(others, [("cache-control", "private")]);
        let (_, stored) = set.pop().unwrap();
        assert_stores(stored, expected.key.as_deref().unwrap());
        let removes = format!("{OURS}=; ");
        assert!(
            set.iter().all(|(_, line)| line.starts_with(&removes)),
            "{head}"
        );
        assert!(!cookies.is_empty() || set.is_empty(), "{head}");
    } else {
        assert!(others.is_empty() && set.is_empty(), "{head}");
    }
}

fn assert_stores(line: &str, key: &str) {
    let cookie = Cookie::parse_encoded(line).unwrap();
    assert_eq!(cookie.name_value(), (OURS, key));
    let mut attributes: Vec<_> = line.split("; ").skip(1).collect();
    attributes.sort_unstable();
    assert_eq!(
        attributes,
        ["Max-Age=2592000", "Path=/", "SameSite=Lax", "Secure"]
    );
}

#[tokio::test]
async fn an_empty_key_is_ignored() {
    for target in ["/?ref=", "/?ref", "/?ref&", "/?ref=&a=1"] {
        visit(target, &[], &ignored(InvalidReferralKey::Empty)).await;
    }
}

#[tokio::test]
async fn a_key_of_ten_kilobytes_is_ignored_and_never_cut() {
    for letter in ["a", "%41", "+", "%ff"] {
        let target = format!("/?ref={}", letter.repeat(10_000));
        visit(&target, &[], &ignored(InvalidReferralKey::TooLong)).await;
        let expected = Sight {
            ignored: Some(InvalidReferralKey::TooLong),
            ..remembered("K")
        };
        visit(&target, &[b"partnero_referral=K"], &expected).await;
    }
}

#[tokio::test]
async fn an_escape_without_hex_digits_stands_for_itself() {
    visit("/?ref=%zz", &[], &captured("%zz")).await;
    visit("/?ref=%4", &[], &captured("%4")).await;
}

#[tokio::test]
async fn a_lone_percent_sign_stands_for_itself() {
    visit("/?ref=%", &[], &captured("%")).await;
    visit("/?ref=100%&a=1", &[], &captured("100%")).await;
}

#[tokio::test]
async fn an_encoded_nul_is_ignored() {
    for target in ["/?ref=%00", "/?ref=K%00", "/?ref=%00K"] {
        visit(target, &[], &ignored(InvalidReferralKey::ControlCharacter)).await;
    }
}

#[tokio::test]
async fn an_encoded_line_end_writes_no_header() {
    for target in [
        "/?ref=K%0d%0aset-cookie:%20admin=1",
        "/?ref=K%0D%0A%0D%0A%3Chtml%3E",
        "/?ref=K%0aX",
        "/?ref=K%0dX",
        "/?ref=K%C2%85X",
    ] {
        visit(target, &[], &ignored(InvalidReferralKey::ControlCharacter)).await;
    }
    for target in ["/?ref=K%0d", "/?ref=%0D%0A%0D%0AK"] {
        visit(target, &[], &captured("K")).await;
    }
}

#[tokio::test]
async fn a_line_end_encoded_twice_stays_text() {
    visit("/?ref=K%250d%250aX:1", &[], &captured("K%0d%0aX:1")).await;
}

#[tokio::test]
async fn a_semicolon_adds_no_attribute() {
    for separator in [";", "%3B", "%3b"] {
        let target = format!("/?ref=K{separator}+Domain=evil.example");
        visit(target, &[], &captured("K; Domain=evil.example")).await;
    }
}

#[tokio::test]
async fn quotes_are_part_of_a_key_in_the_link() {
    visit("/?ref=%22K%22", &[], &captured("\"K\"")).await;
    visit("/?ref=%22", &[], &captured("\"")).await;
    visit("/?ref='K'", &[], &captured("'K'")).await;
}

#[tokio::test]
async fn an_emoji_is_a_key_encoded_or_raw() {
    visit("/?ref=%F0%9F%8E%81", &[], &captured("🎁")).await;
    visit("/?ref=🎁", &[], &captured("🎁")).await;
    visit("/", &["partnero_referral=🎁".as_bytes()], &remembered("🎁")).await;
}

#[tokio::test]
async fn invalid_utf_8_is_ignored() {
    for raw in ["%ff", "K%C3", "%C3%28", "%ED%A0%80", "%F0%9F%8E", "%80K"] {
        let target = format!("/?ref={raw}");
        visit(target, &[], &ignored(InvalidReferralKey::NotUtf8)).await;
        let cookie = format!("{OURS}={raw}");
        let expected = ignored(InvalidReferralKey::NotUtf8);
        visit("/", &[cookie.as_bytes()], &expected).await;
    }
    let raw_bytes: &[u8] = b"partnero_referral=\xff\xfe";
    visit("/", &[raw_bytes], &ignored(InvalidReferralKey::NotUtf8)).await;
}

#[tokio::test]
async fn a_hundred_parameters_hide_nothing() {
    let mut target = String::from("/?");
    for number in 0..100 {
        write!(target, "ref{number}=a&xref=b&").unwrap();
    }
    let unreferred = Sight {
        key: None,
        outcome: Outcome::NotReferred,
        ..captured("")
    };
    visit(&target, &[], &unreferred).await;
    visit(format!("{target}ref=K"), &[], &captured("K")).await;
}

#[tokio::test]
async fn the_same_parameter_five_times_counts_once() {
    let same = "/?ref=K&ref=K&ref=K&ref=K&ref=K";
    visit(same, &[], &captured("K")).await;
    let expected = Sight {
        ignored: Some(InvalidReferralKey::ControlCharacter),
        conflicting: true,
        ..captured("A")
    };
    visit("/?ref=%00&ref=&ref=A&ref=B&ref=C", &[], &expected).await;
}

#[tokio::test]
async fn a_cookie_of_eight_kilobytes_is_ignored_and_a_neighbour_of_that_size_hides_nothing() {
    let ours = format!("{OURS}={}", "a".repeat(8 * 1024));
    let expected = ignored(InvalidReferralKey::TooLong);
    visit("/", &[ours.as_bytes()], &expected).await;
    let expected = Sight {
        ignored: Some(InvalidReferralKey::TooLong),
        ..captured("K")
    };
    visit("/?ref=K", &[ours.as_bytes()], &expected).await;
    let neighbour = format!("a={}; {OURS}=K", "partnero_referral".repeat(8 * 64));
    visit("/", &[neighbour.as_bytes()], &remembered("K")).await;
}

#[tokio::test]
async fn broken_neighbour_cookies_hide_nothing() {
    for line in [
        &b"; ;;=;==;\t; partnero_referral=K; ;"[..],
        b"\xff\x80=\xfe; partnero_referral=K; \xc3",
        b"a=\"open; partnero_referral=K",
        b"a=%zz%; b=%ff; partnero_referral=K; c",
        b"partnero_referral; partnero_referral_2=X; partnero_referral=K",
        b"a=1,b=2 c=3; partnero_referral=K",
    ] {
        visit("/", &[line], &remembered("K")).await;
    }
}

#[tokio::test]
async fn ten_cookie_lines_are_one_jar() {
    let mut lines = [&b"a=1; b=2"[..]; 10];
    visit("/?ref=K", &lines, &captured("K")).await;
    lines[9] = b"partnero_referral=K";
    visit("/", &lines, &remembered("K")).await;
}

#[tokio::test]
async fn our_cookie_twice_is_a_conflict_and_the_first_valid_one_counts() {
    let conflict = || Sight {
        conflicting: true,
        ..remembered("A")
    };
    let line: &[u8] = b"partnero_referral=A; partnero_referral=B";
    visit("/", &[line], &conflict()).await;
    let two: [&[u8]; 2] = [b"partnero_referral=A", b"x=1; partnero_referral=B"];
    visit("/", &two, &conflict()).await;
    let same: &[u8] = b"partnero_referral=A; partnero_referral=\"A\"; partnero_referral=%41";
    visit("/", &[same], &remembered("A")).await;
    let expected = Sight {
        ignored: Some(InvalidReferralKey::Empty),
        ..remembered("B")
    };
    let broken: &[u8] = b"partnero_referral=; partnero_referral=B";
    visit("/", &[broken], &expected).await;
}
