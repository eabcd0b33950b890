//! The app's users and Partnero's customers are compared.

use serde_json::Value;
use tower_partnero::client::CustomerRef;
use tower_partnero::{ApiKey, Client, NewCustomer, Outbox, Sandbox};

use crate::support::{Said, json, partnero};

const USERS: &str = "id,key,referrer_id\n1,anna-7,\n2,ben-7,1\n3,cleo-7,1\n4,dora-7,\n";

/// Anna is right; Ben has another referrer at Partnero, whom the app does not know; Cleo and Dora are
/// missing.
async fn partly() -> (Sandbox, Client) {
    let sandbox = Sandbox::start().await.unwrap();
    let key = ApiKey::new(sandbox.api_key()).unwrap();
    let client = Client::builder(key)
        .base_url(sandbox.base_url())
        .build()
        .unwrap();
    let ben = NewCustomer::new(2).key("ben-7");
    for customer in [
        NewCustomer::new(1).key("anna-7"),
        NewCustomer::new("zoe").key("zoe-7"),
        ben.referring_customer(CustomerRef::key("zoe-7")),
    ] {
        client.customers().create(&customer).await.unwrap();
    }
    (sandbox, client)
}

fn run(sandbox: &Sandbox, directory: &tempfile::TempDir, arguments: &[&str]) -> Said {
    let file = directory.path().join("users.csv");
    std::fs::write(&file, USERS).unwrap();
    let fixed = ["reconcile", file.to_str().unwrap(), "--json"];
    partnero(&[&fixed[..], arguments].concat())
        .at(sandbox)
        .run()
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_are_listed_and_nothing_is_changed() {
    let (sandbox, client) = partly().await;
    let directory = tempfile::tempdir().unwrap();
    let said = run(&sandbox, &directory, &[]);
    assert_eq!(said.code, 3, "{said:?}");
    let lines: Vec<Value> = said.out.lines().map(json).collect();
    let missing = lines.iter().filter(|line| line["difference"] == "missing");
    let missing: Vec<_> = missing.map(|line| line["user"].as_str().unwrap()).collect();
    assert_eq!(missing, ["3", "4"]);
    let referrer = lines.iter().find(|line| line["difference"] == "referrer");
    let referrer = referrer.unwrap_or_else(|| panic!("{said:?}"));
    assert_eq!(
        (&referrer["user"], &referrer["app"]),
        (&"2".into(), &"1".into())
    );
    assert!(referrer["partnero"].as_str().unwrap().starts_with("zoe"));
    let sum = lines.last().unwrap();
    assert_eq!((&sum["users"], &sum["customers"]), (&4.into(), &3.into()));
    assert_eq!((&sum["missing"], &sum["enqueued"]), (&2.into(), &0.into()));
    assert_eq!(sandbox.customers().len(), 3);

    client.customers().delete("2").await.unwrap();
    let ben = NewCustomer::new(2)
        .key("ben-7")
        .referring_customer(CustomerRef::id(1));
    let cleo = NewCustomer::new(3)
        .key("cleo-7")
        .referring_customer(CustomerRef::id(1));
    for customer in [ben, cleo, NewCustomer::new(4).key("dora-7")] {
        client.customers().create(&customer).await.unwrap();
    }
    let said = run(&sandbox, &directory, &[]);
    assert_eq!(said.code, 0, "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_users_are_put_into_the_outbox_if_that_is_asked_for() {
    let (sandbox, _) = partly().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("app.db");
    let outbox = Outbox::sqlite(&file).await.unwrap();
    let url = format!("sqlite:{}", file.to_str().unwrap());

    let said = run(&sandbox, &directory, &["--fix"]);
    assert!(
        said.code == 2 && said.err.contains("which database?"),
        "{said:?}"
    );
    let said = run(&sandbox, &directory, &["--fix", "--database", &url]);
    // Ben's referrer is still another one.
    assert_eq!(said.code, 3, "{said:?}");
    let sum = json(said.out.lines().last().unwrap());
    assert_eq!((&sum["missing"], &sum["enqueued"]), (&2.into(), &2.into()));
    assert_eq!(outbox.status().await.unwrap().pending, 2);
    let drain = partnero(&["outbox", "drain", "--database", &url]).at(&sandbox);
    assert_eq!(drain.run().code, 0);
    assert_eq!(sandbox.customers().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_whose_partner_is_unknown_is_not_repaired() {
    let sandbox = Sandbox::affiliate().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("users.csv");
    std::fs::write(&file, "id,partner\n1,nobody\n").unwrap();
    let database = directory.path().join("app.db");
    let outbox = Outbox::sqlite(&database).await.unwrap();
    let url = format!("sqlite:{}", database.to_str().unwrap());
    let fixed = ["reconcile", file.to_str().unwrap(), "--affiliate", "--fix"];
    let fix = || {
        let call = partnero(&[&fixed[..], &["--database", &url]].concat());
        call.at(&sandbox).run()
    };
    for _ in 0..2 {
        // Also after the receipt of the last time was deleted.
        outbox.prune(std::time::Duration::ZERO).await.unwrap();
        let said = fix();
        assert_eq!(said.code, 3, "{said:?}");
        assert!(said.out.contains("does not know their partner"), "{said:?}");
        let drain = ["outbox", "drain", "--affiliate", "--database", &url];
        partnero(&drain).at(&sandbox).run();
    }
    sandbox.register_partner("nobody");
    let said = fix();
    assert_eq!(said.code, 0, "{said:?}");
}
