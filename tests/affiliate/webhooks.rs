//! The webhooks of an affiliate program, signed by the sandbox and read by the crate.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::post;
use http::StatusCode;
use tokio::net::TcpListener;
use tower_partnero::client::{Amount, Buyer, NewTransaction, PartnerRef, PartnerUpdate};
use tower_partnero::sandbox::switches::PartnerShape;
use tower_partnero::webhook::{EventKind, ensure_subscription};
use tower_partnero::{Event, NewCustomer, Sandbox, WebhookVerifier};

use crate::{PIA, PIA_ID, client, create_pia};

#[derive(Clone)]
struct App {
    verifier: WebhookVerifier,
    heard: Arc<Mutex<Vec<Event>>>,
}

impl FromRef<App> for WebhookVerifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

async fn hear(State(app): State<App>, event: Event) -> StatusCode {
    app.heard.lock().unwrap().push(event);
    StatusCode::NO_CONTENT
}

#[tokio::test]
async fn partners_customers_and_commissions_are_told() {
    let sandbox = Sandbox::affiliate().await.unwrap();
    sandbox.switch(PartnerShape::WithKey);
    let client = client(&sandbox);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let events = [
        "partner.created",
        "partner.updated",
        "partner.archived",
        "partner.deleted",
        "customer.created",
        "transaction.created",
        "transaction.deleted",
        "lead.submitted",
        "lead.converted",
        "lead.rejected",
    ];
    let keep = |_: &_| Ok::<_, std::io::Error>(());
    let subscription = ensure_subscription(&client, &url, events, keep)
        .await
        .unwrap();
    let heard = Arc::default();
    let app = App {
        verifier: WebhookVerifier::new(subscription.secret),
        heard: Arc::clone(&heard),
    };
    let app = Router::new().route("/hook", post(hear)).with_state(app);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    create_pia(&client).await;
    let ben = NewCustomer::new("ben").partner(PartnerRef::key(PIA));
    client.customers().create(&ben).await.unwrap();
    let sale = NewTransaction::new("o-1", Amount::major("30").unwrap());
    let buyer = Buyer::id("ben");
    client.transactions().create(&buyer, &sale).await.unwrap();
    client.transactions().delete("o-1").await.unwrap();
    let (leads, pia) = (client.leads(), PartnerRef::key(PIA));
    for (number, name) in [(1, "Lea"), (2, "Leo")] {
        let email = format!("{name}@x.example");
        let lead = leads.create(&pia, name, &email).await.unwrap();
        assert_eq!(lead.id, Some(number));
    }
    leads
        .convert(1, Amount::major("30").unwrap())
        .await
        .unwrap();
    leads.reject(2).await.unwrap();
    let partners = client.partners();
    let named = PartnerUpdate::new().name("Pia");
    partners.update(PIA_ID, &named).await.unwrap();
    partners.archive(PIA_ID).await.unwrap();
    partners.delete(PIA_ID).await.unwrap();
    sandbox.webhooks_settled().await;
    server.abort();

    let heard = heard.lock().unwrap();
    let kinds: Vec<EventKind> = heard.iter().map(Event::kind).collect();
    assert_eq!(
        kinds,
        [
            EventKind::PartnerCreated,
            EventKind::CustomerCreated,
            EventKind::TransactionCreated,
            EventKind::TransactionDeleted,
            EventKind::LeadSubmitted,
            EventKind::LeadSubmitted,
            EventKind::LeadConverted,
            EventKind::LeadRejected,
            EventKind::PartnerUpdated,
            EventKind::PartnerArchived,
            EventKind::PartnerDeleted,
        ]
    );
    for event in heard.iter() {
        assert_eq!(event.partner_id().as_deref(), Some(PIA_ID), "{event:?}");
    }
    assert_eq!(heard[0].partner().unwrap().key.as_deref(), Some(PIA));
    assert_eq!(heard[1].customer_id().as_deref(), Some("ben"));
    let sale = heard[2].transaction().unwrap();
    assert_eq!(sale.customer.as_deref(), Some("ben"));
    let commission = &sale.rewards[0];
    assert_eq!(commission.partner.as_deref(), Some(PIA_ID));
    let amount = commission.amount.as_ref().unwrap();
    assert_eq!(amount.amount.to_string(), "3");
    for (event, status) in [(4, "submitted"), (6, "converted"), (7, "rejected")] {
        let lead = heard[event].lead().unwrap();
        assert_eq!(lead.status.as_deref(), Some(status));
        let name = if status == "rejected" { "Leo" } else { "Lea" };
        assert_eq!(lead.name.as_deref(), Some(name));
    }
}

#[tokio::test]
async fn events_of_the_other_kind_of_program_are_refused() {
    let sandbox = Sandbox::affiliate().await.unwrap();
    let client = client(&sandbox);
    let keep = |_: &_| Ok::<_, std::io::Error>(());
    let url = "http://127.0.0.1:9/hook";
    let refused = ensure_subscription(&client, url, ["customer.rewarded"], keep).await;
    assert!(refused.is_err());
}

/// An event does not say the kind of its program. If Partnero leaves out the partner, the identifier is
/// found all the same.
#[test]
fn a_customer_without_a_partner_in_the_event_is_named() {
    for (data, id) in [
        (r#"{"key": "ben", "partner": "p-1"}"#, Some("ben")),
        (r#"{"key": "ben"}"#, None),
    ] {
        let body = format!(r#"{{"event": "customer.created", "data": {data}}}"#);
        let event = Event::from_stored(body).unwrap();
        assert_eq!(event.customer_id().as_deref(), Some("ben"));
        assert_eq!(event.customer().unwrap().id.as_deref(), id);
    }
}
