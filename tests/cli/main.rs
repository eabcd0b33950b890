//! The operator's program `partnero`, run as an operator or a script runs it.

mod backfill;
mod check;
mod outbox;
mod reconcile;
mod sandbox;
mod support;
mod trigger;

use self::support::{json, partnero};

#[test]
fn every_command_explains_itself() {
    for command in [
        &[][..],
        &["check"],
        &["outbox"],
        &["outbox", "drain"],
        &["sandbox"],
        &["trigger"],
        &["backfill"],
        &["reconcile"],
    ] {
        let said = partnero(&[command, &["--help"]].concat()).run();
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.out.contains("Usage: partnero"), "{said:?}");
        if command.len() < 2 {
            assert!(said.out.contains("Exit codes:"), "{said:?}");
        }
    }
}

#[test]
fn wrong_arguments_are_named() {
    for (arguments, problem) in [
        (&["explode"][..], "unrecognized subcommand 'explode'"),
        (&["outbox", "explode"], "unrecognized subcommand 'explode'"),
        (&["check", "--key", "k"], "unexpected argument '--key'"),
        (
            &["outbox", "replay", "abc"],
            "write the number of a dead report, or `all`",
        ),
        (&["outbox", "discard", "abc", "gone"], "invalid value 'abc'"),
        (
            &["outbox", "hasten", "--beyond", "10"],
            "write a whole number and a unit",
        ),
        (&["sandbox", "--port", "http"], "invalid value 'http'"),
        (&["sandbox", "--prot", "1"], "unexpected argument '--prot'"),
        (&["sandbox", "8080"], "unexpected argument '8080'"),
        (&["trigger", "customer.created"], "--to <URL>"),
    ] {
        let said = partnero(arguments).run();
        assert_eq!(said.code, 2, "{arguments:?}: {said:?}");
        assert!(said.err.contains(problem), "{arguments:?}: {said:?}");
    }
}

/// So that a script need not read prose.
#[test]
fn a_failure_is_json_too_if_it_is_asked_for() {
    let said = partnero(&[
        "outbox",
        "status",
        "--json",
        "--database",
        "sqlite:nowhere.db",
    ])
    .run();
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        json(&said.err)["error"]
            .as_str()
            .unwrap()
            .contains("nowhere.db does not exist")
    );
}
