//! Who invited a visitor, asked at a local Partnero.

use std::time::{Duration, Instant};

use axum::extract::FromRef;
use axum::routing::get;
use axum::{Router, body::Body};
use http::Request;
use http::header::COOKIE;
use http_body_util::BodyExt;
use tokio::task::JoinSet;
use tower::ServiceExt;
use tower_partnero::inviter::{Inviter, Inviters, InvitersBuilder};
use tower_partnero::sandbox::Fault;
use tower_partnero::{ApiKey, Client, NewCustomer, Referral, Referrals, Sandbox};

const ANNA: &str = "anna-7";

async fn sandbox() -> (Sandbox, Client) {
    let sandbox = Sandbox::start().await.unwrap();
    let key = ApiKey::new(sandbox.api_key()).unwrap();
    let client = Client::builder(key).base_url(sandbox.base_url());
    let client = client.build().unwrap();
    let anna = NewCustomer::new(1).key(ANNA).name("Anna Maria");
    let anna = anna.surname("Keller").email("anna@shop.example");
    client.customers().create(&anna).await.unwrap();
    (sandbox, client)
}

/// A long wait, so that a busy machine does not make an answer late.
fn patient(client: &Client) -> InvitersBuilder {
    Inviters::builder(client.clone()).wait(Duration::from_secs(5))
}

fn code(text: &str) -> Referral {
    Referral::from_code(text).unwrap()
}

fn asked(sandbox: &Sandbox) -> usize {
    let requests = sandbox.requests();
    let asks = |path: &str| path.starts_with("/v1/customers/") || path.contains(":search");
    let asks = requests.iter().filter(|request| asks(&request.path));
    asks.count()
}

#[tokio::test]
async fn the_first_name_alone_is_told_and_asked_for_once() {
    let (sandbox, client) = sandbox().await;
    let inviters = patient(&client).build().unwrap();
    for _ in 0..3 {
        let inviter = inviters.of(&code(ANNA)).await;
        assert_eq!(inviter.name(), Some("Anna"));
        assert_eq!(inviter.key().unwrap().as_str(), ANNA);
        assert!(!inviter.is_nobody());
    }
    assert_eq!(asked(&sandbox), 1);
}

#[tokio::test]
async fn the_app_says_what_is_shown() {
    let (_sandbox, client) = sandbox().await;
    let inviters = patient(&client).name(|anna| anna.surname.clone());
    let inviter = inviters.build().unwrap().of(&code(ANNA)).await;
    assert_eq!(inviter.name(), Some("Keller"));
}

#[tokio::test]
async fn a_key_that_nobody_has_is_remembered_for_a_while() {
    let (sandbox, client) = sandbox().await;
    let inviters = patient(&client).build().unwrap();
    // The e-mail address and the identifier find a customer at Partnero, but are nobody's key.
    for key in ["typo", "anna@shop.example", "1", "..", "anna-7/balance"] {
        assert!(inviters.of(&code(key)).await.is_nobody(), "{key}");
    }
    let before = asked(&sandbox);
    assert!(inviters.of(&code("typo")).await.is_nobody());
    assert_eq!(asked(&sandbox), before);

    let forgetful = patient(&client).unknown_for(Duration::ZERO);
    let forgetful = forgetful.build().unwrap();
    assert!(forgetful.of(&code("ben-8")).await.is_nobody());
    let ben = NewCustomer::new(8).key("ben-8").name("Ben");
    client.customers().create(&ben).await.unwrap();
    assert_eq!(forgetful.of(&code("ben-8")).await.name(), Some("Ben"));
}

#[tokio::test]
async fn a_deleted_customer_invites_nobody() {
    let (_sandbox, client) = sandbox().await;
    client.customers().delete("1").await.unwrap();
    let inviters = patient(&client).build().unwrap();
    assert!(inviters.of(&code(ANNA)).await.is_nobody());
}

#[tokio::test]
async fn many_visitors_at_once_cause_one_call() {
    let (sandbox, client) = sandbox().await;
    sandbox.inject(Fault::delay(Duration::from_millis(100)));
    let inviters = patient(&client).build().unwrap();
    let mut visitors = JoinSet::new();
    for _ in 0..100 {
        let inviters = inviters.clone();
        visitors.spawn(async move { inviters.of(&code(ANNA)).await });
    }
    for inviter in visitors.join_all().await {
        assert_eq!(inviter.name(), Some("Anna"));
    }
    assert_eq!(asked(&sandbox), 1);
}

#[tokio::test]
async fn a_slow_answer_is_there_for_the_next_page() {
    let (sandbox, client) = sandbox().await;
    sandbox.inject(Fault::delay(Duration::from_millis(300)));
    let inviters = Inviters::builder(client.clone()).wait(Duration::from_millis(20));
    let inviters = inviters.build().unwrap();
    assert_eq!(inviters.of(&code(ANNA)).await, Inviter::Pending);
    let until = Instant::now() + Duration::from_secs(10);
    while inviters.of(&code(ANNA)).await.name().is_none() {
        assert!(Instant::now() < until, "the answer never came");
        tokio::task::yield_now().await;
    }
    assert_eq!(asked(&sandbox), 1);
}

#[tokio::test]
async fn a_broken_partnero_is_left_alone_and_holds_no_page() {
    let (sandbox, client) = sandbox().await;
    let inviters = patient(&client).build().unwrap();
    sandbox.inject(Fault::status(500));
    for key in ["a", "b", "c"] {
        assert_eq!(inviters.of(&code(key)).await, Inviter::Pending);
    }
    let before = asked(&sandbox);
    for key in ["a", "d", ANNA] {
        assert_eq!(inviters.of(&code(key)).await, Inviter::Pending);
    }
    assert_eq!(asked(&sandbox), before, "it is left alone");
}

#[tokio::test]
async fn a_silent_partnero_costs_a_page_no_more_than_the_wait() {
    let (sandbox, client) = sandbox().await;
    sandbox.inject(Fault::hang_after());
    let inviters = Inviters::builder(client).wait(Duration::from_millis(50));
    let inviters = inviters.build().unwrap();
    let begun = Instant::now();
    for number in 0..20 {
        let inviter = inviters.of(&code(&format!("key-{number}"))).await;
        assert_eq!(inviter, Inviter::Pending);
    }
    // Eight calls at most are under way, and no other page waits.
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert!(asked(&sandbox) <= 8);
}

#[tokio::test]
async fn who_was_known_is_still_shown_while_partnero_is_down() {
    let (sandbox, client) = sandbox().await;
    let inviters = patient(&client).known_for(Duration::from_secs(2));
    let inviters = inviters.build().unwrap();
    assert_eq!(inviters.of(&code(ANNA)).await.name(), Some("Anna"));
    sandbox.inject(Fault::status(500));
    let before = asked(&sandbox);
    // Partnero is asked once the answer is two seconds old, and the answer counts for as long again.
    while asked(&sandbox) == before {
        assert_eq!(inviters.of(&code(ANNA)).await.name(), Some("Anna"));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn who_guesses_keys_is_slowed_down() {
    let (sandbox, client) = sandbox().await;
    let inviters = patient(&client).calls_per_second(3);
    let inviters = inviters.build().unwrap();
    let begun = Instant::now();
    let mut told = 0;
    for guess in 0..100 {
        let inviter = inviters.of(&code(&format!("guess-{guess}"))).await;
        told += usize::from(inviter.is_nobody());
    }
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap() + 1;
    let most = 3 + 3 * seconds;
    assert!(told <= most && asked(&sandbox) <= most, "{told} of 100");
}

#[test]
fn a_setting_out_of_its_bounds_is_refused() {
    let client = || {
        let key = ApiKey::new("key").unwrap();
        let client = Client::builder(key).base_url("http://127.0.0.1:1/v1");
        Inviters::builder(client.build().unwrap())
    };
    let minute = Duration::from_secs(60);
    for (settings, name) in [
        (client().wait(minute), "wait"),
        (client().known_for(minute * 10_000), "known_for"),
        (client().unknown_for(minute * 10_000), "unknown_for"),
        (client().capacity(0), "capacity"),
        (client().calls_per_second(0), "calls_per_second"),
    ] {
        assert_eq!(settings.build().unwrap_err().setting(), name);
    }
}

#[derive(Clone, FromRef)]
struct AppState {
    referrals: Referrals,
    inviters: Inviters,
}

async fn landing(inviter: Option<Inviter>) -> String {
    match inviter {
        Some(inviter) => inviter.name().unwrap_or("somebody").to_owned(),
        None => "nobody".to_owned(),
    }
}

#[tokio::test]
async fn a_handler_asks_by_an_extractor() {
    let (_sandbox, client) = sandbox().await;
    let referrals = Referrals::builder().build().unwrap();
    let layer = referrals.layer();
    let inviters = patient(&client).build().unwrap();
    let state = AppState {
        referrals,
        inviters,
    };
    let app = Router::new().route("/", get(landing));
    let app = app.layer(layer).with_state(state);
    for (target, cookie, greeted) in [
        ("/", "", "nobody"),
        ("/?ref=anna-7", "", "Anna"),
        ("/", "partnero_referral=anna-7", "Anna"),
        ("/?ref=typo", "", "somebody"),
    ] {
        let request = Request::get(target).header(COOKIE, cookie);
        let response = app.clone().oneshot(request.body(Body::empty()).unwrap());
        let body = response.await.unwrap().into_body();
        let body = body.collect().await.unwrap().to_bytes();
        assert_eq!(body, greeted, "{target} {cookie}");
    }
}

/// Who is named is the one whom the sign-up of the same visitor credits.
#[tokio::test]
async fn who_is_named_is_whom_the_sign_up_credits() {
    use tower_partnero::Signups;
    use tower_partnero::capture::companion::SigningKeys;

    let builders = [
        Referrals::builder(),
        Referrals::builder().attribution(tower_partnero::Attribution::FirstTouch),
        Referrals::builder().companion(SigningKeys::new([7; 32]).unwrap()),
    ];
    for (case, builder) in builders.into_iter().enumerate() {
        for (links, greeted, credited) in [
            (&["anna-7", "newsletter"][..], "Anna", Some("1")),
            (&["newsletter", "anna-7"], "Anna", Some("1")),
            (&["anna-7", "main", "null", "newsletter"], "Anna", Some("1")),
            (&["anna-7."], "Anna", Some("1")),
            (
                &["ben-8", "newsletter", "anna-7"],
                if case == 1 { "Ben" } else { "Anna" },
                Some(if case == 1 { "8" } else { "1" }),
            ),
            (&["ben-8", "anna-7)", "newsletter"], "Ben", Some("8")),
            (&["main", "newsletter"], "somebody", None),
        ] {
            let (sandbox, client) = sandbox().await;
            let ben = NewCustomer::new(8).key("ben-8").name("Ben");
            client.customers().create(&ben).await.unwrap();
            let referrals = builder.clone().build().unwrap();
            let signups = Signups::new(referrals.clone(), client.clone());
            let state = AppState {
                referrals: referrals.clone(),
                inviters: patient(&client).build().unwrap(),
            };
            let app = Router::new().route("/", get(landing));
            let app = app.layer(referrals.layer()).with_state(state);
            let mut jar = std::collections::BTreeMap::new();
            let mut body = String::new();
            let targets = links.iter().map(|key| format!("/?ref={key}"));
            for target in targets.chain(["/".to_owned()]) {
                let request = Request::get(target).header(COOKIE, cookies(&jar));
                let response = app.clone().oneshot(request.body(Body::empty()).unwrap());
                let response = response.await.unwrap();
                for line in response.headers().get_all(http::header::SET_COOKIE) {
                    let pair = line.to_str().unwrap().split(';').next().unwrap();
                    let (name, value) = pair.split_once('=').unwrap();
                    if !value.is_empty() {
                        jar.insert(name.to_owned(), value.to_owned());
                    }
                }
                let bytes = response.into_body().collect().await.unwrap().to_bytes();
                body = String::from_utf8(bytes.to_vec()).unwrap();
            }
            assert_eq!(body, greeted, "{case} {links:?}");
            let request = Request::post("/signup").header(COOKIE, cookies(&jar));
            let (parts, ()) = request.body(()).unwrap().into_parts();
            let hook = signups.hook(&parts).unwrap();
            let outcome = hook.sign_up(NewCustomer::new(2)).await;
            assert!(outcome.error().is_none());
            let customers = sandbox.customers();
            let carla = customers.iter().find(|customer| customer.id == "2");
            let referrer = carla.unwrap().referred_by.as_deref();
            assert_eq!(referrer, credited, "{case} {links:?}");
        }
    }
}

fn cookies(jar: &std::collections::BTreeMap<String, String>) -> String {
    let pairs = jar.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn a_typed_code_may_have_punctuation_around_it() {
    let (sandbox, client) = sandbox().await;
    let inviters = patient(&client).build().unwrap();
    assert_eq!(inviters.of(&code("anna-7.")).await.name(), Some("Anna"));
    assert_eq!(asked(&sandbox), 2);
    assert!(inviters.of(&code("typo!")).await.is_nobody());
    assert!(inviters.of(&code("...")).await.is_nobody());
    assert_eq!(asked(&sandbox), 5, "nothing is left of the dots");
}

/// One page waits no longer for five keys than for one, and a key without an answer is not passed over.
#[tokio::test]
async fn all_keys_of_a_visitor_have_one_wait() {
    let (sandbox, client) = sandbox().await;
    let referrals = Referrals::builder().build().unwrap();
    let _service = tower::Layer::layer(&referrals.layer(), ());
    let request = Request::get("/").header(
        COOKIE,
        "partnero_referral=newsletter.; partnero_referral_before=main%0Anull%0Aanna-7",
    );
    let (parts, ()) = request.body(()).unwrap().into_parts();
    sandbox.inject(Fault::hang_after());
    let wait = Duration::from_millis(200);
    let inviters = Inviters::builder(client.clone())
        .wait(wait)
        .build()
        .unwrap();
    let begun = Instant::now();
    let inviter = inviters.of_visitor(&referrals, &parts).await.unwrap();
    assert_eq!(inviter, Some(Inviter::Pending));
    assert!(begun.elapsed() < wait * 4, "{:?}", begun.elapsed());
    assert_eq!(asked(&sandbox), 1, "the next key waits for the answer");

    let inviters = patient(&client).build().unwrap();
    sandbox.clear_faults();
    let inviter = inviters.of_visitor(&referrals, &parts).await.unwrap();
    assert_eq!(inviter.unwrap().name(), Some("Anna"));
    // Each answer counts for the other visitors of the same link.
    let before = asked(&sandbox);
    inviters.of_visitor(&referrals, &parts).await.unwrap();
    assert_eq!(asked(&sandbox), before);
}

/// The call is made in a task of its own, which needs a runtime.
#[test]
fn outside_of_a_runtime_it_panics_and_does_not_hang() {
    let (sender, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let client = Client::builder(ApiKey::new("k").unwrap()).base_url("http://127.0.0.1:9/v1");
        let inviters = Inviters::new(client.build().unwrap());
        let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let code = code(ANNA);
            let of = std::pin::pin!(inviters.of(&code));
            let waker = std::task::Waker::noop();
            let _ = of.poll(&mut std::task::Context::from_waker(waker));
        }));
        sender.send(asked.is_err())
    });
    assert_eq!(ended.recv_timeout(Duration::from_secs(10)), Ok(true));
}
