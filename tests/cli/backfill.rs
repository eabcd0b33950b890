//! Users who were there before become customers.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tower_partnero::Sandbox;

use crate::support::{Call, Said, json, partnero};

/// A file with the app's users, in a directory of its own.
struct Users {
    directory: TempDir,
}

impl Users {
    fn new(text: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let users = Self { directory };
        users.write(text);
        users
    }

    /// Users 1, 2, 3 and so on, each with an address.
    fn count(count: usize) -> Self {
        let mut text = "id,email\n".to_owned();
        for id in 1..=count {
            writeln!(text, "{id},user-{id}@shop.example").unwrap();
        }
        Self::new(&text)
    }

    fn write(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("users.csv")
    }

    fn progress(&self) -> PathBuf {
        self.directory.path().join("users.csv.progress")
    }

    fn call(&self, sandbox: &Sandbox, arguments: &[&str]) -> Call {
        let file = self.file();
        let fixed = ["backfill", file.to_str().unwrap()];
        partnero(&[&fixed[..], arguments].concat()).at(sandbox)
    }

    /// As fast as the sandbox answers, with the results as JSON.
    fn run(&self, sandbox: &Sandbox, arguments: &[&str]) -> Said {
        let fixed = ["--json", "--per-second", "0"];
        self.call(sandbox, &[&fixed[..], arguments].concat()).run()
    }
}

/// The last line: the numbers.
fn numbers(said: &Said) -> Value {
    json(said.out.lines().last().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_becomes_a_customer_once_with_the_referrer() {
    let sandbox = Sandbox::start().await.unwrap();
    // With the mark that some programs put at the beginning, and columns in another order.
    let users = Users::new(
        "\u{feff}name,id,email,key,referrer_id,referrer_key\n\
         Anna,1,anna@shop.example,anna-7,,\n\
         \"Berg, Ben\",2,ben@shop.example,,1,\n\
         Cleo, 3 ,,,,anna-7\n",
    );
    let said = users.run(&sandbox, &[]);
    assert_eq!(said.code, 0, "{said:?}");
    let found = numbers(&said);
    assert_eq!(
        (&found["created"], &found["referred"]),
        (&3.into(), &2.into())
    );
    let customers = sandbox.customers();
    let ben = customers
        .iter()
        .find(|customer| customer.id == "2")
        .unwrap();
    assert_eq!(ben.name.as_deref(), Some("Berg, Ben"));
    assert_eq!(ben.email.as_deref(), Some("ben@shop.example"));
    assert!(!users.progress().exists());

    let said = users.run(&sandbox, &[]);
    let found = numbers(&said);
    assert_eq!(
        (&found["created"], &found["existing"]),
        (&0.into(), &3.into()),
        "{said:?}"
    );
    let said = users.call(&sandbox, &[]).run();
    assert!(
        said.code == 0 && said.out.contains("were there   3"),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_may_have_another_separator() {
    let sandbox = Sandbox::start().await.unwrap();
    let users = Users::new("id;email\n1;anna@shop.example\n");
    let said = users.run(&sandbox, &[]);
    assert!(
        said.code == 2 && said.err.contains("--separator"),
        "{said:?}"
    );
    let said = users.run(&sandbox, &["--separator", ";"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(sandbox.customers().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_is_listed_with_the_reason() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.refuse_value("cursed");
    let users = Users::new(
        "id,email\n1,anna@shop.example\ncursed,\n3,anna@shop.example\n4,dora@shop.example\n",
    );
    let said = users.run(&sandbox, &["--concurrency", "1"]);
    assert_eq!(said.code, 3, "{said:?}");
    let lines: Vec<Value> = said.out.lines().map(json).collect();
    let refused: Vec<_> = lines[..lines.len() - 1]
        .iter()
        .map(|line| {
            (
                line["refused"].as_str().unwrap(),
                line["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(refused, [("cursed", "refused"), ("3", "email_known")]);
    assert_eq!(numbers(&said)["refused_count"], 2);

    let said = users.run(&sandbox, &["--without-known-email"]);
    let found = numbers(&said);
    assert_eq!(
        (&found["created"], &found["refused_count"]),
        (&1.into(), &1.into()),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_referrer_is_for_a_person_to_look_at() {
    let sandbox = Sandbox::start().await.unwrap();
    let said = Users::new("id,referrer_id\n1,\n2,nobody\n").run(&sandbox, &[]);
    let found = numbers(&said);
    assert_eq!(
        (said.code, &found["created"], &found["without_referrer"]),
        (3, &2.into(), &1.into()),
        "{said:?}"
    );
    let said = Users::new("id,referrer_id\n2,1\n").run(&sandbox, &[]);
    let found = numbers(&said);
    assert_eq!(
        (said.code, &found["other_referrer"]),
        (3, &1.into()),
        "{said:?}"
    );
    let said = Users::new("id,referrer_id\n1,\n").run(&sandbox, &[]);
    assert_eq!(said.code, 0, "{said:?}");
}

/// Waits until the sandbox has so many customers.
async fn customers(sandbox: &Sandbox, count: usize) {
    let wait = async {
        while sandbox.customers().len() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_goes_on_where_it_was() {
    let sandbox = Sandbox::start().await.unwrap();
    let users = Users::count(200);
    let call = users.call(&sandbox, &["--per-second", "50"]);
    let mut child = call.spawn();
    // The progress is written once a second.
    customers(&sandbox, 120).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = json(&std::fs::read_to_string(users.progress()).unwrap());
    let finished = kept["finished"].as_u64().unwrap();
    assert!(finished > 0, "{kept}");
    assert_eq!(kept["finished_id"], finished.to_string());
    let before = sandbox.customers().len() as u64;

    let said = users.run(&sandbox, &[]);
    assert_eq!(said.code, 0, "{said:?}");
    let found = numbers(&said);
    assert_eq!(found["finished"], 200, "{said:?}");
    assert_eq!(found["created"], 200 - before, "{said:?}");
    assert_eq!(found["existing"], before - finished, "{said:?}");
    assert_eq!(sandbox.customers().len(), 200);
    assert!(!users.progress().exists());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_asked_to_end_says_how_far_it_came() {
    let sandbox = Sandbox::start().await.unwrap();
    let users = Users::count(500);
    let call = users.call(&sandbox, &["--per-second", "50", "--json"]);
    let child = call.spawn();
    customers(&sandbox, 20).await;
    let kill = std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let said = json(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(said["total"], 500);
    let kept = json(&std::fs::read_to_string(users.progress()).unwrap());
    assert_eq!(kept["finished"], said["finished"]);

    // Another file under the same name is noticed.
    users.write("id\nsomebody\n");
    let said = users.run(&sandbox, &[]);
    assert!(
        said.code == 2 && said.err.contains("another list of users"),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_is_said_clearly_before_anything_is_sent() {
    let sandbox = Sandbox::start().await.unwrap();
    for (text, problem) in [
        ("", "there is no column \"id\""),
        ("email\nanna@shop.example\n", "there is no column \"id\""),
        (
            "id,mail\n1,anna@shop.example\n",
            "the column \"mail\" is not known",
        ),
        ("id,id\n1,1\n", "the column \"id\" stands there twice"),
        (
            "id,email\n1,a@shop.example\n,b@shop.example\n",
            "line 3: the user has no id",
        ),
        ("id,email\n1\n", "line: 2"),
        (
            "id,key\n1,anna@shop.example\n",
            "line 2: the key looks like an e-mail address",
        ),
        (
            "id,referrer_id,referrer_key\n1,2,anna\n",
            "line 2: write one of referrer_id",
        ),
        (
            "id,referrer_id,partner\n1,2,anna\n",
            "line 2: write one of referrer_id",
        ),
    ] {
        let said = Users::new(text).run(&sandbox, &[]);
        assert!(said.code == 2, "{text:?}: {said:?}");
        let said = json(&said.err);
        assert!(
            said["error"].as_str().unwrap().contains(problem),
            "{text:?}: {said:?}"
        );
    }
    assert!(sandbox.requests().is_empty());
    let users = Users::new("id,key\n1,anna@shop.example\n");
    let said = users.run(&sandbox, &["--allow-email-keys"]);
    assert_eq!(said.code, 0, "{said:?}");
    std::fs::remove_file(users.file()).unwrap();
    let said = users.run(&sandbox, &[]);
    assert!(
        said.code == 1 && said.err.contains("users.csv cannot be read"),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_partnero_does_not_accept_ends_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let users = Users::count(3);
    let call = users.call(&sandbox, &[]);
    let said = call.variable("PARTNERO_API_KEY", "another-key").run();
    assert!(said.code == 1 && said.err.contains("API key"), "{said:?}");
    assert!(!said.err.contains("another-key"), "{said:?}");
}
