//! Rewards, balances and credits.

use serde_json::{Value, json};
use tower_partnero::Sandbox;
use tower_partnero::sandbox::RewardRule;
use tower_partnero::sandbox::switches::{CreditAnswer, CreditDirection, OtherUnits, Overdraft};

use crate::support::{Partnero, add_anna_and_ben, with_anna_and_ben};

async fn sell(partnero: &Partnero, sale: Value) {
    let mut body = json!({ "customer": { "id": "b" } });
    body.as_object_mut()
        .unwrap()
        .extend(sale.as_object().unwrap().clone());
    assert_eq!(partnero.post("/transactions", body).await.0, 200);
}

async fn balance(partnero: &Partnero) -> Value {
    let (status, answer) = partnero.get("/customers/a/balance").await;
    assert_eq!(
        (status, &answer["data"]["customer"]["id"]),
        (200, &json!("a"))
    );
    answer["data"]["balance"].clone()
}

#[tokio::test]
async fn a_sale_changes_the_balance_of_the_referrer() {
    let partnero = with_anna_and_ben().await;
    assert_eq!(balance(&partnero).await, json!([]));
    sell(&partnero, json!({ "amount": 29.97 })).await;
    sell(&partnero, json!({ "amount": 0.03 })).await;
    sell(&partnero, json!({ "amount": 5, "rewardable": false })).await;
    sell(&partnero, json!({ "amount": 5, "rewarded": true })).await;
    sell(&partnero, json!({ "amount": 5, "amount_units": "eur" })).await;
    let dollars = json!({ "amount": 3, "amount_units": "USD", "is_currency": true });
    let euros = json!({ "amount": 0.5, "amount_units": "EUR", "is_currency": true });
    assert_eq!(
        balance(&partnero).await,
        json!({ "currency": [dollars, euros] })
    );
    assert_eq!(partnero.get("/customers/nobody/balance").await.0, 404);
}

#[tokio::test]
async fn the_reward_rule_is_set_when_built() {
    for (rule, reward) in [
        (RewardRule::percent("7.5").unwrap(), Some("0.75")),
        (RewardRule::fixed("5.00", "eur").unwrap(), Some("5.00")),
        (RewardRule::none(), None),
        (RewardRule::percent("0").unwrap(), None),
    ] {
        let sandbox = Sandbox::builder()
            .reward(rule)
            .currency("EUR")
            .start()
            .await
            .unwrap();
        let partnero = Partnero::new(sandbox);
        add_anna_and_ben(&partnero).await;
        sell(&partnero, json!({ "amount": 10 })).await;
        let transactions = partnero.sandbox.transactions();
        assert_eq!(transactions[0].amount.amount_units, "EUR");
        assert_eq!(
            transactions[0]
                .reward
                .as_ref()
                .map(|reward| reward.amount.as_str()),
            reward
        );
    }
    for percent in ["", "x", "-1", "100.1", "1e400"] {
        assert_eq!(
            RewardRule::percent(percent).unwrap_err().setting(),
            "percent"
        );
    }
    for amount in ["", "-1", "1e18"] {
        assert_eq!(
            RewardRule::fixed(amount, "USD").unwrap_err().setting(),
            "fixed"
        );
    }
}

#[tokio::test]
async fn a_credit_spends_or_adds() {
    let partnero = with_anna_and_ben().await;
    sell(&partnero, json!({ "amount": 100 })).await;
    let credit = json!({ "amount": 4, "amount_units": "usd", "is_currency": true });
    let (status, answer) = partnero
        .post("/customers/a/balance/credit", credit.clone())
        .await;
    assert_eq!(status, 200);
    assert_eq!(answer["data"]["balance"]["currency"][0]["amount"], 6);
    partnero.sandbox.switch(CreditAnswer::StatusOnly);
    let answer = partnero
        .post("/customers/a/balance/credit", credit.clone())
        .await;
    assert_eq!(answer, (200, json!({ "status": 1 })));

    let (status, error) = partnero
        .post("/customers/a/balance/credit", credit.clone())
        .await;
    assert_eq!((status, error["errors"]["amount"].is_array()), (422, true));
    partnero.sandbox.switch(Overdraft::Allowed);
    partnero
        .post("/customers/a/balance/credit", credit.clone())
        .await;
    assert_eq!(partnero.sandbox.customers()[0].balance[0].amount, "-2");
    partnero.sandbox.switch(CreditDirection::Adds);
    partnero
        .post("/customers/a/balance/credit", credit.clone())
        .await;
    assert_eq!(partnero.sandbox.customers()[0].balance[0].amount, "2");
    assert_eq!(
        partnero
            .post("/customers/nobody/balance/credit", credit)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn units_that_are_no_currency_have_a_group() {
    let partnero = with_anna_and_ben().await;
    partnero.sandbox.switch(CreditDirection::Adds);
    let credit = json!({ "amount": 5, "amount_units": "points", "is_currency": false });
    partnero
        .post("/customers/a/balance/credit", credit.clone())
        .await;
    assert_eq!(balance(&partnero).await, json!({ "points": [credit] }));
    partnero.sandbox.switch(OtherUnits::CurrencyGroup);
    assert_eq!(balance(&partnero).await, json!({ "currency": [credit] }));
}

#[tokio::test]
async fn mistakes_in_a_credit_are_refused() {
    let partnero = with_anna_and_ben().await;
    for (body, field) in [
        (
            json!({ "amount_units": "USD", "is_currency": true }),
            "amount",
        ),
        (
            json!({ "amount": 0, "amount_units": "USD", "is_currency": true }),
            "amount",
        ),
        (json!({ "amount": 1, "is_currency": true }), "amount_units"),
        (json!({ "amount": 1, "amount_units": "USD" }), "is_currency"),
        (
            json!({ "amount": 1, "amount_units": "USD", "is_currency": "yes" }),
            "is_currency",
        ),
    ] {
        let (status, error) = partnero.post("/customers/a/balance/credit", body).await;
        assert_eq!(
            (status, error["errors"][field].is_array()),
            (422, true),
            "{field}"
        );
    }
}
