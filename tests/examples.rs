//! The examples as programs: what they print, and how they name a mistake.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command as Spawn};

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
    /// The program's files: it is killed, and then deletes none of them.
    _folder: tempfile::TempDir,
    /// Kept open, because printing to a closed pipe would end the program.
    _output: Lines<BufReader<ChildStdout>>,
}

/// Starts an example, and reads its output up to the line that contains `mark`.
async fn start(name: &str, args: &[&str], mark: &str) -> Program {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Spawn::new(build(name))
        .args(args)
        .env("TMPDIR", folder.path())
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
                _folder: folder,
                _output: lines,
            };
        }
    }
    panic!("the example ended without a line with {mark:?}");
}

#[tokio::test]
async fn the_shop_prints_what_to_open() {
    let shop = start("signup", &["--port=0"], "Anna's link").await;
    // The shop knows her when its first report has arrived.
    let start = Instant::now();
    loop {
        let page = reqwest::get(&shop.url).await.unwrap().text().await.unwrap();
        if page.contains("Anna</strong> invited you") {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{page}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn the_shop_runs_in_an_affiliate_program() {
    for args in [["--affiliate", "--port=0"], ["--port=0", "--affiliate"]] {
        let shop = start("signup", &args, "Anna's link").await;
        assert!(shop.url.ends_with("/?aff=anna-7"), "{}", shop.url);
        let browser = reqwest::Client::builder()
            .cookie_store(true)
            .build()
            .unwrap();
        let page = browser.get(&shop.url).send().await.unwrap();
        let page = page.text().await.unwrap();
        assert!(page.contains("Anna</strong> invited you"), "{page}");
        let base = shop.url.split("/?").next().unwrap();
        let form = [("name", "Ben"), ("email", "ben@friends.example")];
        let sent = browser.post(format!("{base}/signup")).form(&form).send();
        let page = sent.await.unwrap().text().await.unwrap();
        assert!(page.contains("Hello, Ben"), "{page}");
        let page = browser.get(format!("{base}/")).send().await.unwrap();
        assert!(page.text().await.unwrap().contains("Nobody invited you"));
    }
}

#[test]
fn a_wrong_argument_is_named() {
    for example in ["signup", "hyper"] {
        for (args, problem) in [
            (&["--prot", "1"][..], "\"--prot\" is not known here"),
            (&["--prot=1"], "\"--prot=1\" is not known here"),
            (&["8080"], "\"8080\" is not known here"),
            (&["--port"], "--port needs a value"),
            (&["--affiliates"], "\"--affiliates\" is not known here"),
            (
                &["--affiliate=yes"],
                "\"--affiliate=yes\" is not known here",
            ),
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
    ] {
        let (code, said) = run_to_its_end(example, &["--port", &port]);
        assert_eq!(code, Some(1));
        assert!(said.contains(&problem) && said.contains("--port"), "{said}");
    }
}

#[test]
fn every_example_says_how_it_is_called() {
    for example in ["signup", "hyper"] {
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

/// The guide's programs for foreign drivers cannot be compiled as part of the docs. They are parts of
/// programs that `.ci/run` builds and runs.
#[test]
fn the_guides_programs_for_drivers_are_those_of_the_examples() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let page = read("src/guide/databases.md");
    let sections = page.split("\n# ");
    let mut seen = 0;
    for section in sections.filter(|section| section.contains("```text\n")) {
        let (heading, text) = section.split_once('\n').unwrap();
        let name = match heading {
            "Diesel on SQLite, a whole program" => "diesel-sqlite",
            "Diesel on PostgreSQL" => "diesel-postgres",
            "SeaORM 2" => "sea-orm",
            "tokio-postgres" => "tokio-postgres",
            "rusqlite" => "rusqlite",
            "sqlx 0.8" => "sqlx-0-8",
            _ => panic!("which program is {heading}?"),
        };
        let block = text.split("```text\n").nth(1).unwrap();
        let block = block.split("```").next().unwrap().trim_end();
        // The whole program begins with its imports, and ends with what the examples share.
        let block = match block.find("diesel::table!") {
            Some(at) if name == "diesel-sqlite" => &block[at..],
            _ => block,
        };
        let block = block
            .split("\n\n/// Any error of a handler")
            .next()
            .unwrap();
        let program = read(&format!("examples/databases/{name}/src/main.rs"));
        assert!(program.contains(block), "{name} has not:\n{block}");
        seen += 1;
    }
    assert_eq!(seen, 6);
}
