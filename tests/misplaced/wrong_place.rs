//! A handler that no layer of its handle covers.

use axum::extract::{FromRef, Request, State};
use axum::middleware::from_fn;
use axum::routing::get;
use axum::{Extension, Router};
use tower::Layer;
use tower_partnero::Referrals;

use super::{OUTSIDE_LAYER, assert_one_error, errors, listen, new, routes, send, tell, visit};

#[tokio::test]
async fn a_layer_above_the_routes_is_told_once() {
    listen();
    let referrals = new().build().unwrap();
    let app = Router::new()
        .layer(referrals.layer())
        .merge(routes())
        .with_state(referrals.clone());
    assert_eq!(
        send(app.clone(), visit("/?ref=anna-7", &[])).await,
        (format!("{OUTSIDE_LAYER:?}"), 0)
    );
    let advice = [
        "below all routes",
        "`.layer(referrals.layer())`",
        "no cookie",
    ];
    assert_one_error(&advice);
    // It counts for this request all the same.
    assert_eq!(
        send(app.clone(), visit("/inviter?ref=anna-7", &[])).await,
        ("anna-7".to_owned(), 0)
    );
    send(app, visit("/?ref=ben", &[])).await;
    assert_eq!(errors(), [""; 0], "once for each handle");

    let another = new().build().unwrap();
    let app = Router::new()
        .layer(another.layer())
        .merge(routes())
        .with_state(another);
    assert_eq!(send(app, visit("/inviter?ref=anna-7", &[])).await.1, 0);
    assert_one_error(&advice);
}

/// Without axum the same holds.
#[tokio::test]
async fn a_service_beside_the_layer_is_told() {
    listen();
    let referrals = new().build().unwrap();
    let _elsewhere = referrals.layer().layer(());
    let (parts, _) = visit("/?ref=anna-7", &[]).into_parts();
    let context = referrals.context(&parts).unwrap();
    assert_eq!(context.outcome, OUTSIDE_LAYER);
    assert_eq!(context.referral.unwrap().key().as_str(), "anna-7");
    assert_one_error(&["`.layer(referrals.layer())`"]);
    assert_eq!(OUTSIDE_LAYER.as_str(), "not_stored_outside_layer");
}

#[derive(Clone)]
struct Two {
    friends: Referrals,
    affiliates: Referrals,
}

impl FromRef<Two> for Referrals {
    fn from_ref(two: &Two) -> Self {
        two.friends.clone()
    }
}

async fn tell_both(State(two): State<Two>, request: Request) -> String {
    let (parts, _) = request.into_parts();
    let [one, other] = [&two.friends, &two.affiliates].map(|handle| handle.context(&parts));
    format!("{:?} {:?}", one.unwrap().outcome, other.unwrap().outcome)
}

fn two_handles() -> Two {
    let affiliates = new().parameters(["via"]).cookie_name("partnero_partner");
    Two {
        friends: new().build().unwrap(),
        affiliates: affiliates.build().unwrap(),
    }
}

#[tokio::test]
async fn each_of_two_handles_knows_its_own_layer() {
    listen();
    let two = two_handles();
    let app = Router::new()
        .route("/", get(tell_both))
        .layer(two.friends.layer())
        .layer(two.affiliates.layer())
        .with_state(two);
    for (target, outcomes, set) in [
        ("/?ref=anna-7", "Captured NotReferred", 1),
        ("/?via=ben", "NotReferred Captured", 1),
        ("/?ref=anna-7&via=ben", "Captured Captured", 2),
    ] {
        let (told, cookies) = send(app.clone(), visit(target, &[])).await;
        assert_eq!((&*told, cookies), (outcomes, set), "{target}");
    }
    assert_eq!(errors(), [""; 0]);

    // One layer in its place is no excuse for the other.
    let two = two_handles();
    let app = Router::new()
        .layer(two.affiliates.layer())
        .route("/", get(tell_both))
        .layer(two.friends.layer())
        .with_state(two);
    let (told, cookies) = send(app, visit("/?ref=anna-7&via=ben", &[])).await;
    assert_eq!((&*told, cookies), ("Captured NotStored(OutsideLayer)", 1));
    assert_one_error(&["partnero_partner"]);
}

/// One route lies below the layer, the other above.
#[tokio::test]
async fn a_route_that_the_layer_does_not_cover_is_told_of_behind_one_that_it_covers() {
    listen();
    let referrals = new().build().unwrap();
    let app = Router::new()
        .route("/covered", get(tell))
        .layer(referrals.layer())
        .route("/", get(tell))
        .with_state(referrals);
    for header in [("host", "shop.example"), ("user-agent", "Firefox")] {
        let covered = send(app.clone(), visit("/covered?ref=anna-7", &[header])).await;
        assert_eq!(covered, ("Captured".to_owned(), 1));
        assert_eq!(errors(), [""; 0]);
    }
    let host = [("host", "shop.example")];
    let (told, cookies) = send(app, visit("/?ref=anna-7", &host)).await;
    assert_eq!((&*told, cookies), ("NotStored(OutsideLayer)", 0));
    assert_one_error(&["below all routes"]);
}

/// A middleware outside the layer that asks too early, for example to log.
#[tokio::test]
async fn whoever_asks_before_the_layer_is_told_too() {
    listen();
    let referrals = new().build().unwrap();
    let early = async |Extension(referrals): Extension<Referrals>,
                       request: Request,
                       next: axum::middleware::Next| {
        let (parts, body) = request.into_parts();
        let outcome = referrals.context(&parts).unwrap().outcome;
        assert_eq!(outcome, OUTSIDE_LAYER);
        next.run(Request::from_parts(parts, body)).await
    };
    let app = routes()
        .layer(referrals.layer())
        .layer(from_fn(early))
        .layer(Extension(referrals.clone()))
        .with_state(referrals);
    let (told, cookies) = send(app, visit("/?ref=anna-7", &[])).await;
    assert_eq!((&*told, cookies), ("Captured", 1));
    assert_one_error(&["Referrals::evaluate"]);
}
