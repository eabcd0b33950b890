//! What pages called the browser script for, the newest first.

use serde_json::Value;

use super::html::Html;
use super::{MOST_ROWS, close_section, section};

/// Nothing where no page has the tag.
pub(super) fn calls(html: &mut Html, calls: &[Value]) {
    if calls.is_empty() {
        return;
    }
    section(html, "Browser script");
    html.markup("<ul>");
    for call in calls.iter().rev().take(MOST_ROWS) {
        html.markup("<li><code>")
            .text(&call.to_string())
            .markup("</code></li>");
    }
    html.markup("</ul>");
    close_section(html, calls.len());
}
