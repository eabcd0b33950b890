//! The request log, the newest first.

use http::StatusCode;
use serde_json::Value;

use super::html::Html;
use super::{close_section, section};
use crate::sandbox::clock::iso;
use crate::sandbox::log::SandboxRequest;

/// `requests` are the newest of `count`.
pub(super) fn log(html: &mut Html, requests: &[SandboxRequest], count: usize) {
    section(html, "Requests");
    if requests.is_empty() {
        html.markup("<p class=empty>Nobody has asked anything yet.</p>");
        return close_section(html, 0);
    }
    html.markup(
        "<div class=wide><table><thead><tr><th>At<th>Method<th>Path<th>Status<th>Body</tr></thead><tbody>",
    );
    for request in requests {
        let time: String = iso(request.received_at).chars().skip(11).take(12).collect();
        html.markup("<tr>")
            .time_cell(&time)
            .code_cell(Some(request.method.as_str()))
            .code_cell(Some(&request.path));
        status(html, request.status);
        body(html, &request.body);
        html.markup("</tr>");
    }
    html.markup("</tbody></table></div>");
    close_section(html, count);
}

fn status(html: &mut Html, status: Option<StatusCode>) {
    let Some(status) = status else {
        html.markup("<td><span class=\"status cut\">no answer</span></td>");
        return;
    };
    html.markup(match status.as_u16() {
        ..400 => "<td><span class=\"status good\">",
        400..500 => "<td><span class=\"status refused\">",
        _ => "<td><span class=\"status failed\">",
    });
    html.text(status.as_str()).markup("</span></td>");
}

fn body(html: &mut Html, body: &Value) {
    if body.is_null() {
        html.cell(None);
        return;
    }
    let text = body.to_string();
    let first: String = text.chars().take(80).collect();
    if first.len() == text.len() {
        html.code_cell(Some(&text));
        return;
    }
    html.markup("<td><details><summary><code>")
        .text(&first)
        .markup("…</code></summary><pre>")
        .text(&format!("{body:#}"))
        .markup("</pre></details></td>");
}
