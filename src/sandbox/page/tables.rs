//! Customers, transactions and subscriptions, the newest first.

use super::html::Html;
use super::{MOST_ROWS, close_section, section};
use crate::sandbox::clock::iso;
use crate::sandbox::customer::{Customer, Serial};
use crate::sandbox::money::Amount;
use crate::sandbox::world::World;

pub(super) fn customers(html: &mut Html, world: &World) {
    section(html, "Customers");
    let count = world.customers.iter().count();
    if count == 0 {
        html.markup("<p class=empty>None yet. <code>POST /v1/customers</code> makes one.</p>");
        return close_section(html, count);
    }
    html.markup(
        "<div class=wide><table><thead><tr><th>Name<th>E-mail<th>Id<th>Key<th>Brought by\
         <th class=number>Brought<th class=number>Balance</tr></thead><tbody>",
    );
    for customer in world.customers.iter().rev().take(MOST_ROWS) {
        let referrer = world.referrer(customer);
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
    html.markup("</tbody></table></div>");
    close_section(html, count);
}

pub(super) fn transactions(html: &mut Html, world: &World) {
    section(html, "Transactions");
    let count = world.transactions.iter().count();
    if count == 0 {
        html.markup("<p class=empty>None yet. <code>POST /v1/transactions</code> makes one.</p>");
        return close_section(html, count);
    }
    html.markup(
        "<div class=wide><table><thead><tr><th>When<th>Key<th>Action<th>Bought by<th>Paid to\
         <th class=number>Amount<th class=number>Reward</tr></thead><tbody>",
    );
    let name = |serial: Option<Serial>| {
        let customer = serial.and_then(|serial| world.customers.get(serial));
        customer.map(short_name)
    };
    for (_, sale) in world.transactions.iter().rev().take(MOST_ROWS) {
        html.markup("<tr>")
            .time_cell(&to_the_second(&iso(sale.created_at)))
            .code_cell(sale.key.as_deref())
            .cell(Some(&sale.action))
            .cell(name(sale.buyer).as_deref())
            .cell(name(sale.referrer).as_deref());
        amounts(html, std::slice::from_ref(&sale.amount));
        amounts(html, sale.reward.as_slice());
        html.markup("</tr>");
    }
    html.markup("</tbody></table></div>");
    close_section(html, count);
}

pub(super) fn subscriptions(html: &mut Html, world: &World) {
    let count = world.subscriptions.iter().count();
    if count == 0 {
        return;
    }
    section(html, "Webhook subscriptions");
    html.markup(
        "<div class=wide><table><thead><tr><th>Name<th>URL<th>Events<th>State</tr></thead><tbody>",
    );
    for subscription in world.subscriptions.iter().rev().take(MOST_ROWS) {
        html.markup("<tr>")
            .cell(Some(&subscription.name))
            .code_cell(Some(&subscription.url))
            .cell(Some(&subscription.events.join(", ")))
            .cell(Some(if subscription.is_active {
                "active"
            } else {
                "paused"
            }))
            .markup("</tr>");
    }
    html.markup("</tbody></table></div>");
    close_section(html, count);
}

/// What to call a customer in a line of text.
pub(super) fn short_name(customer: &Customer) -> String {
    let name = full_name(customer).or_else(|| customer.email.clone());
    name.unwrap_or_else(|| customer.id.clone())
}

fn full_name(customer: &Customer) -> Option<String> {
    let names = [customer.name.as_deref(), customer.surname.as_deref()];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    (!names.is_empty()).then(|| names.join(" "))
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

/// `2025-05-09 17:42:13` from the form of the API.
fn to_the_second(iso: &str) -> String {
    iso.chars().take(19).collect::<String>().replace('T', " ")
}
