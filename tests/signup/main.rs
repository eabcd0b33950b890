//! The sign-up hook against the sandbox, over real HTTP.

mod credited;
mod existing;
mod faults;
mod hook;
mod referrer;
mod table;
mod token;
mod typed_code;

use http::Request;
use http::header::{COOKIE, HeaderMap, SET_COOKIE};
use http::request::Parts;
use tower::Layer;
use tower_partnero::client::ClientBuilder;
use tower_partnero::delivery::CreditedKey;
use tower_partnero::{
    ApiKey, Client, NewCustomer, Referrals, Registration, Sandbox, SignupOutcome, Signups,
};

/// The key of the customer whom [`Shop::open`] creates, and her identifier.
const ANNA: &str = "anna-7";
const ANNA_ID: &str = "1";

const REFERRED: Registration = Registration::Referred(CreditedKey::AsGiven);

/// An app and a sandbox that has the customer Anna.
struct Shop {
    sandbox: Sandbox,
    signups: Signups,
}

impl Shop {
    async fn open(sandbox: Sandbox) -> Self {
        let client = client(&sandbox);
        let anna = NewCustomer::new(ANNA_ID)
            .key(ANNA)
            .email("anna@shop.example");
        client.customers().create(&anna).await.unwrap();
        Self {
            signups: Signups::new(referrals(), client),
            sandbox,
        }
    }

    async fn open_with_defaults() -> Self {
        Self::open(Sandbox::start().await.unwrap()).await
    }

    /// Signs a visitor up whose browser sends this `Cookie` line.
    async fn sign_up(&self, cookie: &str, customer: NewCustomer) -> SignupOutcome {
        let hook = self.signups.hook(&visit(cookie)).unwrap();
        hook.sign_up(customer).await
    }

    async fn sign_up_by(&self, key: &str, customer: NewCustomer) -> SignupOutcome {
        self.sign_up(&format!("partnero_referral={key}"), customer)
            .await
    }

    /// The identifier of the referrer that Partnero has recorded for a customer.
    fn referrer_of(&self, id: &str) -> Option<String> {
        let customers = self.sandbox.customers();
        let customer = customers.into_iter().find(|customer| customer.id == id);
        customer.expect("the customer was created").referred_by
    }

    async fn delete(&self, id: &str) {
        client(&self.sandbox).customers().delete(id).await.unwrap();
    }

    fn knows(&self, id: &str) -> bool {
        self.sandbox
            .customers()
            .iter()
            .any(|customer| customer.id == id)
    }
}

fn ben() -> NewCustomer {
    NewCustomer::new(2).email("ben@shop.example").name("Ben")
}

fn client(sandbox: &Sandbox) -> Client {
    builder(sandbox).build().unwrap()
}

fn builder(sandbox: &Sandbox) -> ClientBuilder {
    Client::builder(ApiKey::new(sandbox.api_key()).unwrap()).base_url(sandbox.base_url())
}

fn referrals() -> Referrals {
    let referrals = Referrals::builder()
        .domain("shop.example")
        .path("/shop")
        .build()
        .unwrap();
    // The handle works only once its layer was made.
    let _service = referrals.layer().layer(());
    referrals
}

fn visit(cookie: &str) -> Parts {
    let request = Request::post("/signup")
        .header(COOKIE, cookie)
        .body(())
        .unwrap();
    request.into_parts().0
}

/// The headers of a response that the outcome is a part of.
fn response_headers(outcome: SignupOutcome) -> HeaderMap {
    let mut response = http::Response::new(());
    outcome.apply(&mut response);
    response.into_parts().0.headers
}

fn set_cookie(outcome: SignupOutcome) -> Option<String> {
    let headers = response_headers(outcome);
    // The lines before the last one remove the host's own cookie.
    let line = headers.get_all(SET_COOKIE).iter().next_back()?;
    Some(line.to_str().unwrap().to_owned())
}
