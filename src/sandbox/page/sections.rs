//! The sections of the page. Each shows its newest entries first.

use http::StatusCode;
use serde_json::Value;

use super::html::Html;
use crate::sandbox::clock::iso;
use crate::sandbox::customer::{Customer, Serial};
use crate::sandbox::money::Amount;
use crate::sandbox::newest::Newest;
use crate::sandbox::snapshot::SandboxRequest;
use crate::sandbox::transactions::Transaction;
use crate::sandbox::webhooks::SandboxWebhook;
use crate::sandbox::world::World;

/// No table shows more rows than this, so that the page opens fast after a load test.
const MOST_ROWS: usize = 200;

/// The tree of referrals is not drawn deeper than this. The limit also ends the walk along a
/// chain of thousands of referrals.
const DEEPEST: usize = 12;

pub(super) fn figures(html: &mut Html, world: &World, requests: usize) {
    let customers = world.customers.iter();
    let referred = customers.filter(|customer| customer.referrer.or(customer.partner).is_some());
    html.markup("<ul class=figures>");
    for (number, name) in [
        (world.customers.iter().count(), "Customers"),
        (referred.count(), "Referred"),
        (world.transactions.iter().count(), "Transactions"),
        (requests, "Requests"),
    ] {
        html.markup("<li><b>").number(number).markup("</b> ");
        html.text(name).markup("</li>");
    }
    html.markup("</ul>");
}

pub(super) fn customers(html: &mut Html, world: &World) {
    open(html, "Customers");
    let count = world.customers.iter().count();
    if count == 0 {
        html.markup("<p class=empty>None yet. <code>POST /v1/customers</code> makes one.</p>");
        return close(html, count);
    }
    let texts = ["Name", "E-mail", "Id", "Key", "Referred by"];
    open_table(html, &texts, &["Referrals", "Balance"]);
    for customer in world.customers.iter().rev().take(MOST_ROWS) {
        let referrer = world.referrer(customer).or(world.partner(customer));
        html.markup(if customer.is_deleted {
            "<tr class=gone>"
        } else {
            "<tr>"
        });
        html.cell(full_name(customer).as_deref())
            .cell(customer.email.as_deref())
            .code_cell(Some(&customer.id))
            .code_cell(Some(customer.key()))
            .cell(referrer.map(short_name).as_deref());
        html.markup("<td class=number>")
            .number(customer.referrals.len())
            .markup("</td>");
        amounts(html, customer.balance.entries());
        html.markup("</tr>");
    }
    close_table(html, count);
}

/// The partners of an affiliate program. Left out while there is none.
pub(super) fn partners(html: &mut Html, world: &World) {
    let count = world.partners.iter().count();
    if count == 0 {
        return;
    }
    open(html, "Partners");
    open_table(
        html,
        &["Name", "E-mail", "Id", "Key"],
        &["Customers", "Balance"],
    );
    for partner in world.partners.iter().rev().take(MOST_ROWS) {
        html.markup("<tr>")
            .cell(full_name(partner).as_deref())
            .cell(partner.email.as_deref())
            .code_cell(Some(&partner.id))
            .code_cell(Some(partner.key()));
        html.markup("<td class=number>")
            .number(partner.referrals.len())
            .markup("</td>");
        amounts(html, partner.balance.entries());
        html.markup("</tr>");
    }
    close_table(html, count);
}

/// Who referred whom, as a tree.
pub(super) fn referrals(html: &mut Html, world: &World) {
    let mut roots = world
        .customers
        .iter()
        .filter(|customer| customer.referrer.is_none() && !customer.referrals.is_empty())
        .peekable();
    if roots.peek().is_none() {
        return;
    }
    open(html, "Who referred whom");
    html.markup("<ul class=tree>");
    let mut rows_left = MOST_ROWS;
    for root in roots {
        branch(html, world, root, DEEPEST, &mut rows_left);
    }
    html.markup("</ul>");
    if rows_left == 0 {
        html.markup("<p class=more>Not all are shown.</p>");
    }
    html.markup("</section>");
}

fn branch(html: &mut Html, world: &World, customer: &Customer, depth: usize, rows: &mut usize) {
    let Some(left) = rows.checked_sub(1) else {
        return;
    };
    *rows = left;
    html.markup("<li><span>")
        .text(&short_name(customer))
        .markup("</span>");
    if !customer.referrals.is_empty() {
        html.markup(" <small>referred ")
            .number(customer.referrals.len())
            .markup("</small>");
        if let Some(depth) = depth.checked_sub(1) {
            html.markup("<ul>");
            let referrals = customer.referrals.iter();
            for referral in referrals.filter_map(|serial| world.customers.get(*serial)) {
                branch(html, world, referral, depth, rows);
            }
            html.markup("</ul>");
        } else {
            html.markup(" <small>…</small>");
        }
    }
    html.markup("</li>");
}

pub(super) fn transactions(html: &mut Html, world: &World) {
    open(html, "Transactions");
    let count = world.transactions.iter().count();
    if count == 0 {
        html.markup("<p class=empty>None yet. <code>POST /v1/transactions</code> makes one.</p>");
        return close(html, count);
    }
    let texts = ["Time", "Key", "Action", "Bought by", "Paid to"];
    open_table(html, &texts, &["Amount", "Reward"]);
    let name = |serial: Option<Serial>| {
        let customer = serial.and_then(|serial| world.customers.get(serial));
        customer.map(short_name)
    };
    let payee = |sale: &Transaction| {
        let partner = sale.partner.and_then(|serial| world.partners.get(serial));
        partner.map(short_name).or_else(|| name(sale.referrer))
    };
    for (_, sale) in world.transactions.iter().rev().take(MOST_ROWS) {
        html.markup("<tr>")
            .time_cell(&iso(sale.created_at)[..19].replace('T', " "))
            .code_cell(sale.key.as_deref())
            .cell(Some(&sale.action))
            .cell(name(sale.buyer).as_deref())
            .cell(payee(sale).as_deref());
        amounts(html, std::slice::from_ref(&sale.amount));
        amounts(html, sale.reward.as_slice());
        html.markup("</tr>");
    }
    close_table(html, count);
}

/// Left out while there is no subscription.
pub(super) fn subscriptions(html: &mut Html, world: &World) {
    let count = world.subscriptions.iter().count();
    if count == 0 {
        return;
    }
    open(html, "Webhook subscriptions");
    open_table(html, &["Name", "URL", "Events", "State"], &[]);
    for subscription in world.subscriptions.iter().rev().take(MOST_ROWS) {
        let state = if subscription.is_active {
            "active"
        } else {
            "paused"
        };
        html.markup("<tr>")
            .cell(Some(&subscription.name))
            .code_cell(Some(&subscription.url))
            .cell(Some(&subscription.events.join(", ")))
            .cell(Some(state))
            .markup("</tr>");
    }
    close_table(html, count);
}

/// Left out while no event was sent.
pub(super) fn webhooks(html: &mut Html, sent: &[SandboxWebhook]) {
    if sent.is_empty() {
        return;
    }
    open(html, "Webhooks sent");
    open_table(html, &["Time", "Event", "URL", "Answer", "Body"], &[]);
    for webhook in sent.iter().rev().take(MOST_ROWS) {
        html.markup("<tr>")
            .time_cell(&iso(webhook.ended_at)[11..23])
            .code_cell(Some(&webhook.event))
            .code_cell(Some(&webhook.url));
        status(html, webhook.status);
        body(
            html,
            &serde_json::from_slice(&webhook.body).unwrap_or_default(),
        );
        html.markup("</tr>");
    }
    close_table(html, sent.len());
}

/// What pages called the browser script for. Left out while no page has the tag.
pub(super) fn script_calls(html: &mut Html, calls: &[Value]) {
    if calls.is_empty() {
        return;
    }
    open(html, "Calls of the browser script");
    html.markup("<ul>");
    for call in calls.iter().rev().take(MOST_ROWS) {
        html.markup("<li><code>")
            .text(&call.to_string())
            .markup("</code></li>");
    }
    html.markup("</ul>");
    close(html, calls.len());
}

pub(super) fn requests(html: &mut Html, log: &Newest<SandboxRequest>) {
    open(html, "Requests");
    if log.len() == 0 {
        html.markup("<p class=empty>None yet.</p>");
        return close(html, 0);
    }
    open_table(html, &["Time", "Method", "Path", "Answer", "Body"], &[]);
    for request in log.latest(MOST_ROWS) {
        html.markup("<tr>")
            .time_cell(&iso(request.received_at)[11..23])
            .code_cell(Some(request.method.as_str()))
            .code_cell(Some(&request.path));
        status(html, request.status);
        body(html, &request.body);
        html.markup("</tr>");
    }
    close_table(html, log.len());
}

fn status(html: &mut Html, status: Option<StatusCode>) {
    let Some(status) = status else {
        html.markup("<td><span class=\"status cut\">none</span></td>");
        return;
    };
    html.markup(match status.as_u16() {
        ..400 => "<td><span class=\"status good\">",
        400..500 => "<td><span class=\"status refused\">",
        _ => "<td><span class=\"status failed\">",
    });
    html.text(status.as_str()).markup("</span></td>");
}

/// A short body as it is, a long one to unfold.
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

fn amounts(html: &mut Html, amounts: &[Amount]) {
    if amounts.is_empty() {
        html.markup("<td class=\"number none\">–</td>");
        return;
    }
    html.markup("<td class=number>");
    for (index, amount) in amounts.iter().enumerate() {
        html.markup(if index == 0 { "" } else { "<br>" });
        html.text(&amount.value.to_string())
            .markup(" <small>")
            .text(&amount.units)
            .markup("</small>");
    }
    html.markup("</td>");
}

/// A customer's name in a line of text, else the e-mail address, else the id.
fn short_name(customer: &Customer) -> String {
    let name = full_name(customer).or_else(|| customer.email.clone());
    name.unwrap_or_else(|| customer.id.clone())
}

fn full_name(customer: &Customer) -> Option<String> {
    let names = [customer.name.as_deref(), customer.surname.as_deref()];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    (!names.is_empty()).then(|| names.join(" "))
}

fn open(html: &mut Html, title: &'static str) {
    html.markup("<section><h2>").markup(title).markup("</h2>");
}

/// The columns of numbers stand behind those of texts.
fn open_table(html: &mut Html, texts: &[&'static str], numbers: &[&'static str]) {
    // With `tabindex`, a table that is wider than the window can be scrolled without a mouse.
    html.markup("<div class=wide tabindex=0><table><thead><tr>");
    for name in texts {
        html.markup("<th scope=col>").markup(name);
    }
    for name in numbers {
        html.markup("<th scope=col class=number>").markup(name);
    }
    html.markup("</tr></thead><tbody>");
}

fn close_table(html: &mut Html, count: usize) {
    html.markup("</tbody></table></div>");
    close(html, count);
}

/// Says how many rows are not shown, and closes a section.
fn close(html: &mut Html, count: usize) {
    if count > MOST_ROWS {
        html.markup("<p class=more>The newest ")
            .number(MOST_ROWS)
            .markup(" of ")
            .number(count)
            .markup(" are shown.</p>");
    }
    html.markup("</section>");
}
