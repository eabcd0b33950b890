//! The question at start-up: is the program of the kind that the app was made for?

use tower_partnero::sandbox::Fault;
use tower_partnero::signup::CheckProgramError;
use tower_partnero::{ApiKey, Client, ErrorKind, ProgramKind, Referrals, Sandbox, Signups};

use crate::{builder, client, sandbox};

fn advice(error: &CheckProgramError) -> String {
    match error {
        CheckProgramError::Config(error) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_program_of_each_kind_is_recognised() {
    let affiliate = sandbox().await;
    let signups = Signups::new(
        Referrals::builder().affiliate().build().unwrap(),
        client(&affiliate),
    );
    let kind = signups.check_program(&client(&affiliate)).await.unwrap();
    assert_eq!(kind, Some(ProgramKind::Affiliate));

    let friends = Sandbox::start().await.unwrap();
    let plain = builder(&friends).build().unwrap();
    let signups = Signups::new(Referrals::builder().build().unwrap(), plain.clone());
    let kind = signups.check_program(&plain).await.unwrap();
    assert_eq!(kind, Some(ProgramKind::ReferAFriend));
}

#[tokio::test]
async fn a_wrong_kind_is_refused_with_what_to_write() {
    let affiliate = sandbox().await;
    let friends = Sandbox::start().await.unwrap();
    let for_friends = Referrals::builder().build().unwrap();
    let for_partners = Referrals::builder().affiliate().build().unwrap();
    let plain = builder(&affiliate).build().unwrap();
    let signups = Signups::new(for_friends, plain.clone());
    let error = signups.check_program(&plain).await.unwrap_err();
    let text = advice(&error);
    assert!(
        text.contains("`Client::builder(key).affiliate()`"),
        "{text}"
    );

    let signups = Signups::new(for_partners, client(&friends));
    let error = signups.check_program(&client(&friends)).await.unwrap_err();
    let text = advice(&error);
    assert!(text.contains("leave out `.affiliate()`"), "{text}");

    let plain = builder(&friends).build().unwrap();
    let error = signups.check_program(&plain).await.unwrap_err();
    let text = advice(&error);
    assert!(text.contains("for both of them, or for neither"), "{text}");
}

#[tokio::test]
async fn what_partnero_does_not_say_keeps_no_app_down() {
    let sandbox = sandbox().await;
    let policy = || Referrals::builder().affiliate().build().unwrap();
    let signups = Signups::new(policy(), client(&sandbox));
    sandbox.inject(Fault::status(404).on(http::Method::GET, "/v1/program/overview"));
    let kind = signups.check_program(&client(&sandbox)).await.unwrap();
    assert_eq!(kind, None);

    let wrong_key = Client::builder(ApiKey::new("wrong").unwrap())
        .base_url(sandbox.base_url())
        .affiliate()
        .build()
        .unwrap();
    match signups.check_program(&wrong_key).await.unwrap_err() {
        CheckProgramError::Client(error) => assert_eq!(error.kind(), ErrorKind::Unauthorized),
        other => panic!("{other:?}"),
    }
}
