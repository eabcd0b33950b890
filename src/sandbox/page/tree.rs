//! Who brought whom, as a tree.

use super::html::Html;
use super::tables::short_name;
use super::{MOST_ROWS, section};
use crate::sandbox::customer::Customer;
use crate::sandbox::world::World;

/// Below this, a chain of referrals is cut; it also ends a circle, which a changed referrer can
/// make.
const DEEPEST: usize = 12;

pub(super) fn who_brought_whom(html: &mut Html, world: &World) {
    let mut roots = world
        .customers
        .iter()
        .filter(|customer| customer.referrer.is_none() && !customer.referrals.is_empty())
        .peekable();
    if roots.peek().is_none() {
        return;
    }
    section(html, "Who brought whom");
    html.markup("<ul class=tree>");
    let mut rows_left = MOST_ROWS;
    for root in roots {
        branch(html, world, root, DEEPEST, &mut rows_left);
    }
    html.markup("</ul>");
    if rows_left == 0 {
        html.markup("<p class=more>There are more than these.</p>");
    }
    html.markup("</section>");
}

fn branch(
    html: &mut Html,
    world: &World,
    customer: &Customer,
    depth: usize,
    rows_left: &mut usize,
) {
    let Some(left) = rows_left.checked_sub(1) else {
        return;
    };
    *rows_left = left;
    html.markup("<li><span>")
        .text(&short_name(customer))
        .markup("</span>");
    if !customer.referrals.is_empty() {
        html.markup(" <small>brought ")
            .number(customer.referrals.len())
            .markup("</small>");
        if let Some(depth) = depth.checked_sub(1) {
            html.markup("<ul>");
            let referrals = customer.referrals.iter();
            for referral in referrals.filter_map(|serial| world.customers.get(*serial)) {
                branch(html, world, referral, depth, rows_left);
            }
            html.markup("</ul>");
        } else {
            html.markup(" <small>…</small>");
        }
    }
    html.markup("</li>");
}
