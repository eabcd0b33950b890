//! The dashboard, the alert rules and the guide name the metrics that there are.

use std::collections::BTreeSet;

use serde_json::Value;
use tower_partnero::metrics::NAMES;

const DASHBOARD: &str = include_str!("../../examples/metrics/dashboard.json");
const ALERTS: &str = include_str!("../../examples/metrics/alerts.yml");
const GUIDE: &str = include_str!("../../src/guide/metrics.md");
const LABELS: [&str; 4] = ["endpoint", "method", "outcome", "program"];

/// The words of a text that begin like the name of a metric.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("partnero_")).collect()
}

fn all() -> BTreeSet<&'static str> {
    NAMES.iter().copied().collect()
}

/// The queries of the dashboard, each with its legend.
fn queries(dashboard: &Value) -> Vec<(&str, &str)> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    targets
        .map(|target| {
            let text = |field: &str| target[field].as_str().unwrap();
            (text("expr"), text("legendFormat"))
        })
        .collect()
}

/// The labels in `by (...)`.
fn grouped(query: &str) -> Vec<&str> {
    let groups = query.split("by (").skip(1);
    let labels = groups.flat_map(|rest| rest.split(')').next().unwrap().split(", "));
    labels.collect()
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let queries = queries(&dashboard);
    let shown: BTreeSet<_> = queries.iter().flat_map(|(query, _)| named(query)).collect();
    assert_eq!(shown, all());
    for (query, legend) in queries {
        for label in grouped(query) {
            assert!(LABELS.contains(&label), "{query}");
        }
        for label in legend.split("{{").skip(1) {
            let label = label.split("}}").next().unwrap();
            assert!(grouped(query).contains(&label), "{legend} of {query}");
        }
    }
}

#[test]
fn two_alerts_are_about_metrics_that_there_are() {
    let queries: Vec<_> = ALERTS
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "))
        .collect();
    assert_eq!(queries.len(), 2);
    for query in queries {
        assert!(
            !named(query).is_empty() && named(query).is_subset(&all()),
            "{query}"
        );
        for label in grouped(query) {
            assert!(LABELS.contains(&label), "{query}");
        }
    }
}

#[test]
fn the_guide_lists_every_metric_with_its_labels() {
    assert_eq!(named(GUIDE), all());
    for label in LABELS {
        assert!(GUIDE.contains(&format!("`{label}`")), "{label}");
    }
}
