//! The examples as programs: what they print, and how they name a mistake.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command as Spawn};
use tower_partnero::sandbox::Fault;
use tower_partnero::{NewCustomer, Outbox, Sandbox};

/// Builds an example as `cargo run --example` does, and returns the path of its program.
fn build(name: &str) -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--example", name])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success());
    // This test is `target/<profile>/deps/<name>`.
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("examples").join(name)
}

fn run_to_its_end(name: &str, args: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = Command::new(build(name)).args(args).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// A running example. Dropping this ends it.
struct Program {
    url: String,
    _child: Child,
    /// Kept open, because printing to a closed pipe would end the program.
    _output: Lines<BufReader<ChildStdout>>,
}

/// Starts an example, and reads its output up to the line that contains `mark`.
async fn start(name: &str, args: &[&str], mark: &str) -> Program {
    let mut child = Spawn::new(build(name))
        .args(args)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains(mark) {
            let url = line
                .find("http://")
                .map(|start| line[start..].trim_end_matches('\'').to_owned());
            return Program {
                url: url.expect("the line names an address"),
                _child: child,
                _output: lines,
            };
        }
    }
    panic!("the example ended without a line with {mark:?}");
}

#[tokio::test]
async fn the_shop_prints_what_to_open() {
    let shop = start("signup", &["--port=0"], "Anna's link").await;
    let page = reqwest::get(&shop.url).await.unwrap().text().await.unwrap();
    assert!(page.contains("Anna</strong> invited you"), "{page}");
}

#[tokio::test]
async fn the_sandbox_prints_where_its_page_is() {
    let sandbox = start("sandbox", &["--port", "0", "--api-key=k"], "look at").await;
    let page = reqwest::get(&sandbox.url).await.unwrap();
    assert!(page.text().await.unwrap().contains("Partnero sandbox"));
}

/// So that a client in another language can be tried against each answer.
#[tokio::test]
async fn the_sandbox_is_switched_on_the_command_line() {
    let args = [
        "--port=0",
        "--switch=unknown-referrer=not-found",
        "--switch",
        "CreatedStatus=Created",
        "--refuse-referrer",
        "anna",
        "--refuse-field=surname",
        "--refuse-value",
        "ben@bücher.example",
        "--register=cleo@shop.example",
    ];
    let sandbox = start("sandbox", &args, "base URL").await;
    let create = async |body: serde_json::Value| {
        let request = reqwest::Client::new().post(format!("{}/customers", sandbox.url));
        let request = request.bearer_auth("sandbox-api-key").json(&body);
        request.send().await.unwrap().status().as_u16()
    };
    for (body, status) in [
        (serde_json::json!({ "key": "anna" }), 201),
        (
            serde_json::json!({ "referring_customer": { "key": "anna" } }),
            404,
        ),
        (serde_json::json!({ "surname": "Berg" }), 422),
        (serde_json::json!({ "email": "ben@bücher.example" }), 422),
        (serde_json::json!({ "email": "cleo@shop.example" }), 422),
        (serde_json::json!({ "email": "ben@shop.example" }), 201),
    ] {
        assert_eq!(create(body.clone()).await, status, "{body}");
    }
    for (switch, problem) in [
        (
            "UnknownReferrer=Lost",
            "\"Lost\" is not known, write one of BadRequest",
        ),
        (
            "UnknownReferrer",
            "\"\" is not known, write one of BadRequest",
        ),
        (
            "Referrer=NotFound",
            "\"Referrer\" is not known, write one of ActionField",
        ),
    ] {
        let (code, said) = run_to_its_end("sandbox", &["--switch", switch]);
        assert!(code == Some(2) && said.contains(problem), "{said}");
    }
}

#[test]
fn a_wrong_argument_is_named() {
    for example in ["signup", "hyper", "sandbox"] {
        for (args, problem) in [
            (&["--prot", "1"][..], "\"--prot\" is not known here"),
            (&["--prot=1"], "\"--prot=1\" is not known here"),
            (&["8080"], "\"8080\" is not known here"),
            (&["--port"], "--port needs a value"),
            (&["--port", "http"], "\"http\" is no port"),
            (&["--port=http"], "\"http\" is no port"),
        ] {
            let (code, said) = run_to_its_end(example, args);
            assert_eq!(code, Some(2));
            assert!(said.contains(problem) && said.contains("usage:"), "{said}");
        }
    }
}

#[test]
fn a_taken_port_is_said_clearly() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (example, problem) in [
        ("signup", format!("port {port} cannot be used")),
        ("hyper", format!("port {port} cannot be used")),
        ("sandbox", format!("port {port} is taken")),
    ] {
        let (code, said) = run_to_its_end(example, &["--port", &port]);
        assert_eq!(code, Some(1));
        assert!(said.contains(&problem) && said.contains("--port"), "{said}");
    }
}

#[test]
fn every_example_says_how_it_is_called() {
    for example in ["signup", "hyper", "sandbox", "outbox"] {
        for help in ["--help", "-h"] {
            let Output { status, stdout, .. } =
                Command::new(build(example)).arg(help).output().unwrap();
            let said = String::from_utf8(stdout).unwrap();
            assert!(status.success() && said.starts_with("usage: "), "{said}");
        }
    }
}

#[tokio::test]
async fn a_bare_hyper_server_does_the_same() {
    let server = start("hyper", &["--port", "0"], "ref=anna-7").await;
    let browser = reqwest::Client::builder()
        .cookie_store(true)
        .build()
        .unwrap();
    let get = async |url: &str| browser.get(url).send().await.unwrap().text().await.unwrap();
    let post = async |url: &str| {
        browser
            .post(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };

    assert_eq!(get(&server.url).await, "invited by anna-7 (captured)\n");
    let base = server.url.split("/?").next().unwrap();
    assert_eq!(
        get(&format!("{base}/")).await,
        "invited by anna-7 (remembered)\n"
    );
    assert_eq!(
        post(&format!("{base}/signup?name=")).await,
        "who are you? add ?name=\n"
    );
    assert_eq!(
        post(&format!("{base}/signup?name=Ben")).await,
        "welcome, Ben (referred)\n"
    );
    assert_eq!(
        get(&format!("{base}/")).await,
        "invited by nobody (not_referred)\n"
    );
    assert_eq!(
        post(&format!("{base}/signup?name=Carla")).await,
        "welcome, Carla (not_referred)\n"
    );
}

/// Runs the outbox tool. Returns its exit code and its output.
fn outbox(args: &[&str], env: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(build("outbox"));
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .args(args)
        .envs(env.iter().copied())
        .output()
        .unwrap();
    let said = [stdout, stderr].concat();
    (status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_tool_drains_lists_replays_and_discards() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("outbox.db");
    let file = file.to_str().unwrap();
    let kept = Outbox::sqlite(file).await.unwrap();
    for id in ["ben", "cleo", "bad"] {
        kept.enqueue(NewCustomer::new(id)).await.unwrap();
    }
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Fault::status(422).mentioning("\"bad\""));
    let env = [
        ("PARTNERO_API_KEY", sandbox.api_key()),
        ("PARTNERO_BASE_URL", &sandbox.base_url()),
    ];

    let (code, said) = outbox(&[file, "status", "--json"], &[]);
    let status: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &status["pending"]), (Some(0), &3.into()));
    let (code, said) = outbox(&[file, "drain"], &env);
    assert_eq!(code, Some(3), "{said}");
    assert_eq!(sandbox.customers().len(), 2);
    let (code, said) = outbox(&[file, "dead"], &[]);
    assert!(
        code == Some(3) && said.contains("customer bad") && said.contains("422"),
        "{said}"
    );

    sandbox.clear_faults();
    let (code, said) = outbox(&[file, "replay", "3"], &[]);
    assert_eq!((code, said.trim()), (Some(0), "due again"));
    assert_eq!(outbox(&[file, "drain"], &env).0, Some(0));
    assert_eq!(sandbox.customers().len(), 3);
    assert_eq!(outbox(&[file, "dead"], &[]), (Some(0), String::new()));

    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let database = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let pause = sqlx::query("UPDATE partnero_outbox_gate SET closed_at = 1, reason = 'by hand'");
    pause.execute(&database).await.unwrap();
    for answer in ["deliveries go on", "there was no pause"] {
        let (code, said) = outbox(&[file, "resume"], &[]);
        assert!(code == Some(0) && said.contains(answer), "{said}");
    }

    // A port that is taken, but that nobody listens on.
    let closed = tokio::net::TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = format!("postgres://{}/shop", closed.local_addr().unwrap());
    for (args, code, problem) in [
        (&[file, "discard", "3", "gone"][..], 1, "no dead letter"),
        (
            &[file, "replay", "abc"],
            2,
            "\"abc\" is no id: write a number, or `all`",
        ),
        (&[file, "discard", "abc", "gone"], 2, "\"abc\" is no id"),
        (&[], 2, "usage:"),
        (&[file, "drain"], 1, "PARTNERO_API_KEY"),
        (&[file, "explode"], 2, "usage:"),
        (&["/nowhere/outbox.db", "status"], 1, "no file"),
        (&[&nobody, "status"], 1, "Connection refused"),
    ] {
        let (found, said) = outbox(args, &[]);
        assert!(
            found == Some(code) && said.contains(problem),
            "{args:?}: {said}"
        );
    }
}

/// Runs the statement that stands in the docs of the tool.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_ends_the_waits_of_what_was_never_sent() {
    let text = include_str!("../examples/outbox.rs");
    let statement = text.split('`').find(|part| part.starts_with("UPDATE "));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("outbox.db");
    let kept = Outbox::sqlite(&file).await.unwrap();
    for id in ["never-sent", "perhaps-sent"] {
        kept.enqueue(NewCustomer::new(id)).await.unwrap();
    }
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
    let database = sqlx::SqlitePool::connect_with(options).await.unwrap();
    for change in [
        "UPDATE partnero_outbox SET due_at = due_at + 3600000",
        "UPDATE partnero_outbox SET sent_at = 1 WHERE key = 'perhaps-sent'",
        statement.unwrap(),
    ] {
        sqlx::query(change).execute(&database).await.unwrap();
    }
    let sandbox = Sandbox::start().await.unwrap();
    let env = [
        ("PARTNERO_API_KEY", sandbox.api_key()),
        ("PARTNERO_BASE_URL", &sandbox.base_url()),
        ("DRAIN_SECONDS", "3"),
    ];
    let (code, said) = outbox(&[file.to_str().unwrap(), "drain"], &env);
    assert_eq!(code, Some(4), "{said}");
    let customers = sandbox.customers();
    let arrived: Vec<_> = customers.iter().map(|customer| &*customer.id).collect();
    assert_eq!(arrived, ["never-sent"]);
}

/// An operator names the wrong file: the tool says so, and does not change the file.
#[tokio::test]
async fn the_outbox_tool_makes_no_outbox() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("app.db");
    let file = file.to_str().unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let app = sqlx::SqlitePool::connect_with(options.create_if_missing(true));
    let app = app.await.unwrap();
    let table = sqlx::query("CREATE TABLE users (id INTEGER)");
    table.execute(&app).await.unwrap();

    for command in [
        &["status"][..],
        &["dead"],
        &["replay", "all"],
        &["resume"],
        &["drain"],
    ] {
        let (code, said) = outbox(&[&[file], command].concat(), &[]);
        assert_eq!(code, Some(1), "{command:?}");
        assert!(said.contains("there is no outbox in"), "{said}");
    }
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema")
        .fetch_all(&app)
        .await
        .unwrap();
    assert_eq!(names, ["users"]);
}
