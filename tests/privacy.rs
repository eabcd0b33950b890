//! What must never be read in a log or a debug print.

use std::io::Write;
use std::sync::{Arc, Mutex};

use http::header::COOKIE;
use http::{Request, Response};
use tower::{Layer, ServiceExt, service_fn};
use tower_partnero::capture::companion::SigningKeys;
use tower_partnero::capture::consent;
use tower_partnero::sandbox::Fault;
use tower_partnero::{ApiKey, Client, NewCustomer, Referrals, Sandbox, SignupHook, Signups};

const SECRET: &str = "s3cret-api-key";
const ANNA: &str = "anna-7";

async fn sandbox() -> Sandbox {
    Sandbox::builder().api_key(SECRET).start().await.unwrap()
}

fn client(sandbox: &Sandbox) -> Client {
    let builder = Client::builder(ApiKey::new(SECRET).unwrap());
    builder.base_url(sandbox.base_url()).build().unwrap()
}

/// The hook of a visitor whom Anna sent.
fn hook(sandbox: &Sandbox) -> SignupHook {
    let referrals = Referrals::builder().build().unwrap();
    let _service = referrals.layer().layer(());
    let cookie = format!("partnero_referral={ANNA}");
    let (parts, ()) = Request::post("/")
        .header(COOKIE, cookie)
        .body(())
        .unwrap()
        .into_parts();
    Signups::new(referrals, client(sandbox))
        .hook(&parts)
        .unwrap()
}

/// Every optional part of the layer, each in a request that it has something to say about.
async fn optional_parts_meet_anna() {
    let keys = SigningKeys::new([7; 32]).unwrap();
    let referrals = Referrals::builder()
        .companion(keys)
        .path_links("ref")
        .public_origins(["https://shop.example"])
        .referer_rescue(true)
        .leave_public_pages(true)
        .consent(consent::by_cookie("consent", "yes"))
        .build()
        .unwrap();
    let public = service_fn(|_: Request<()>| {
        let page = Response::builder().header("cache-control", "public");
        std::future::ready(page.body(()))
    });
    let forged = "__Host-partnero_referral_touches=anna-7";
    for (target, cookie) in [
        ("/?ref=anna-7", "consent=yes"),
        ("/?ref=anna-7", "consent=no; partnero_referral=anna-7"),
        ("/ref/anna-7", ""),
        (
            "/",
            &*format!("consent=yes; {forged}; partnero_referral=anna-7; partnero_referral=ben@"),
        ),
        ("/cart", "consent=yes; partnero_referral_spent=1"),
    ] {
        let visit = Request::get(target)
            .header(COOKIE, cookie)
            .header("referer", "https://shop.example/?ref=anna-7");
        let (parts, ()) = visit.body(()).unwrap().into_parts();
        let service = referrals.layer().layer(public);
        referrals
            .spend(&referrals.context(&parts).unwrap())
            .apply(&mut Response::new(()));
        let again = Request::from_parts(parts.clone(), ());
        service.oneshot(again).await.unwrap();
        let redirect = referrals.path_link_redirect::<()>("/").unwrap();
        redirect
            .oneshot(Request::from_parts(parts, ()))
            .await
            .unwrap();
    }
    let handed_in = Request::post("/capture?ref=anna-7")
        .header(COOKIE, "consent=yes")
        .header("sec-fetch-site", "same-origin");
    let endpoint = referrals.capture_endpoint::<()>();
    let handed_in = handed_in.body(()).unwrap();
    endpoint.clone().oneshot(handed_in).await.unwrap();
    let from_nowhere = Request::post("/capture?ref=anna-7").body(()).unwrap();
    endpoint.oneshot(from_nowhere).await.unwrap();
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// The only test that looks at events: the subscriber is the whole process's.
#[tokio::test]
async fn events_say_what_happened_and_to_nobody() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();

    let sandbox = sandbox().await;
    let anna = NewCustomer::new(1).key(ANNA);
    client(&sandbox).customers().create(&anna).await.unwrap();
    let ben = || {
        NewCustomer::new("user-2")
            .name("Ben")
            .email("ben@shop.example")
    };
    assert!(hook(&sandbox).sign_up(ben()).await.error().is_none());
    sandbox.inject(Fault::answer(
        500,
        format!("{SECRET} ben@shop.example"),
        "text/html",
    ));
    assert!(hook(&sandbox).sign_up(ben()).await.error().is_some());
    for refused in [NewCustomer::new(""), ben().key("ben@shop.example")] {
        let outcome = hook(&sandbox).sign_up(refused).await;
        assert!(outcome.error().is_some());
    }
    let closed = hook(&sandbox);
    sandbox.go_down().await;
    assert!(closed.sign_up(ben()).await.error().is_some());

    let without_layer = Referrals::builder().build().unwrap();
    let (parts, ()) = Request::new(()).into_parts();
    assert!(without_layer.context(&parts).is_err());

    // The layer's own events: a link that is captured, kept, refused.
    let referrals = Referrals::builder().build().unwrap();
    let page = service_fn(|_: Request<()>| std::future::ready(Response::builder().body(())));
    for (target, cookie) in [
        (format!("/?ref={ANNA}"), ""),
        (format!("/?ref={ANNA}"), "partnero_referral=anna-7"),
        ("/?ref=ben@shop.example".to_owned(), ""),
        ("/?ref=%00".to_owned(), ""),
    ] {
        let visit = Request::get(target)
            .header(COOKIE, cookie)
            .body(())
            .unwrap();
        referrals.layer().layer(page).oneshot(visit).await.unwrap();
    }

    optional_parts_meet_anna().await;

    // What other crates trace is their own affair.
    let text = log.text();
    let own: String = text
        .lines()
        .filter(|line| line.contains("tower_partnero"))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert!(own.contains("outcome=\"captured\""), "{own}");
    assert!(
        own.contains("referral=\"remembered\""),
        "the sign-up's span: {own}"
    );
    for part in [
        "referral read",
        "not_stored_public_page",
        "consent_withdrawn",
        "already_spent",
        "companion",
        "the capture endpoint refused a key",
        "add `.layer(referrals.layer())`",
    ] {
        assert!(own.contains(part), "{part}: {own}");
    }
    assert!(own.contains("registration=\"referred\""), "{own}");
    assert!(
        own.contains("sign-up not reported") && own.contains("kind=Server"),
        "{own}"
    );
    let line = own.lines().find(|line| line.contains("kind=Connect"));
    let line = line.expect("the closed port is in the log");
    for part in [
        &*sandbox.base_url(),
        "could not connect",
        "Connection refused",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    for reason in ["needs an id that is not empty", "looks like an e-mail"] {
        assert!(own.contains(reason), "{reason}: {own}");
    }
    for secret in [SECRET, ANNA, "user-2", "Ben", "ben@"] {
        assert!(!own.contains(secret), "{secret} is in: {own}");
    }
}

#[tokio::test]
async fn no_public_type_prints_the_key_or_the_person() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let key = ApiKey::new(SECRET).unwrap();
    let builder = Client::builder(key.clone());
    let ben = NewCustomer::new(2).name("Ben").email("ben@shop.example");
    let hook = hook(&sandbox);
    sandbox.inject(Fault::answer(500, SECRET, "text/html").times(1));
    let error = client
        .customers()
        .get("ben@shop.example")
        .await
        .unwrap_err();
    let before = format!("{key:?} {builder:?} {client:?} {ben:?} {hook:?} {error:?} {error}");
    let outcome = hook.sign_up(ben).await;
    let after = format!("{outcome:?} {:?}", outcome.customer().unwrap());
    let printed = before + &after;
    for secret in [SECRET, "Ben", "ben@"] {
        assert!(!printed.contains(secret), "{secret} is in: {printed}");
    }
}
