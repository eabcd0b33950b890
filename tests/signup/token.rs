//! The referral of a signed token, used once and used again.

use tower_partnero::delivery::ExistingReferrer;
use tower_partnero::detour::{Detour, SigningKeys};
use tower_partnero::{NewCustomer, Registration, SignupHook};

use super::{ANNA, ANNA_ID, REFERRED, Shop, ben, visit};

/// A visitor who comes back with Anna's token.
fn hook(shop: &Shop, detour: &Detour, token: &str) -> SignupHook {
    let hook = shop.signups.hook(&visit("")).unwrap();
    hook.with_referral(detour.open(token, "nonce").ok())
}

fn friends_of_anna(shop: &Shop) -> usize {
    let customers = shop.sandbox.customers();
    let anna = customers.iter().find(|customer| customer.id == ANNA_ID);
    anna.unwrap().referrals_count
}

/// A token can be used again. The same customer is still credited once, because it is created once.
/// If the app lets a visitor make a second account, that is a second customer.
#[tokio::test]
async fn a_token_that_is_replayed_credits_one_account_once() {
    let shop = Shop::open_with_defaults().await;
    let keys = SigningKeys::new([7; 32]).unwrap();
    let detour = Detour::new(keys, "oauth").unwrap();
    let token = detour.token(&ANNA.parse().unwrap(), "nonce");
    let again = Registration::Existing(ExistingReferrer::Same);
    for registration in [REFERRED, again] {
        let outcome = hook(&shop, &detour, &token).sign_up(ben()).await;
        assert_eq!(outcome.registration(), Some(registration));
        assert_eq!(
            (shop.sandbox.customers().len(), friends_of_anna(&shop)),
            (2, 1)
        );
    }
    let carla = NewCustomer::new(3).email("carla@shop.example");
    let outcome = hook(&shop, &detour, &token).sign_up(carla).await;
    assert_eq!(outcome.registration(), Some(REFERRED));
    assert_eq!(friends_of_anna(&shop), 2);
}
