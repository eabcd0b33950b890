//! The page of an account.

use axum::response::Html;
use maud::{Markup, html};

use super::{Words, link_to_share, page};
use crate::accounts::Account;
use crate::partnero::Partnero;
use crate::rewards::Earnings;
use crate::sales::{CURRENCY, Order, PRICE};
use crate::timeline::{Entry, State, Timeline};

/// What the page shows.
pub(crate) struct AccountPage {
    pub(crate) account: Account,
    /// The friend or partner who is credited or, as long as that is not decided, who has invited.
    pub(crate) inviter: Option<String>,
    pub(crate) timeline: Timeline,
    pub(crate) orders: Vec<Order>,
    /// The names of those whom this account has brought.
    pub(crate) brought: Vec<String>,
    pub(crate) earnings: Earnings,
}

pub(crate) fn account(shown: &AccountPage, partnero: &Partnero) -> Html<String> {
    let account = &shown.account;
    let words = Words::of(partnero.program);
    // In an affiliate program, those who bring customers are no customers themselves.
    let brings = account.is_partner || words.inviter == "friend";
    let has_brought = !shown.brought.is_empty();
    let bring = html! {
        section.card {
            h2 { "Bring " (words.visitor) "s" }
            div id="friends" data-live { (brought(shown, &words)) }
        }
    };
    let is_done = has_brought || !shown.orders.is_empty() || partnero.is_missed();
    let content = html! {
        @if has_brought { (bring) }
        @if !account.is_partner {
            section.card {
                h2 { "Tea" }
                form method="post" action={ "/account/" (account.id) "/buy" } {
                    button.secondary[is_done] { "Buy a pound for " (PRICE) " " (CURRENCY) }
                }
                div id="orders" data-live { (orders(shown)) }
            }
            section.card {
                h2 { "Who is credited for this sign-up, and why" }
                div id="timeline" data-live { (why(shown, partnero)) }
            }
        }
        @if brings && !has_brought { (bring) }
        @if account.is_partner {
            section.card {
                h2 { "What Partnero told the shop" }
                div id="timeline" data-live { (entries(shown)) }
            }
        }
        p { "What else is there to try? " a href="/" { "Back to the list" } }
    };
    page(
        &format!("Hello, {}", account.name),
        Some(account.id),
        partnero,
        &content,
    )
}

fn orders(shown: &AccountPage) -> Markup {
    html! {
        @if !shown.orders.is_empty() {
            table {
                thead { tr { th scope="col" { "Order" } th scope="col" { "Price" } th scope="col" { "Changed your mind?" } } }
                tbody { @for order in &shown.orders { tr {
                    th scope="row" { "Order " (order.id) }
                    td { (PRICE) " " (CURRENCY) }
                    td { form method="post" action={ "/account/" (shown.account.id) "/return/" (order.id) } {
                        button.secondary { "Give order " (order.id) " back" }
                    } }
                } } }
            }
        }
    }
}

fn why(shown: &AccountPage, partnero: &Partnero) -> Markup {
    let timeline = &shown.timeline;
    let has_earned = shown.orders.iter().any(|order| order.reward.is_some());
    html! {
        p.note.waits[timeline.outcome.is_none()] {
            (timeline.verdict)
            @if let Some(outcome) = &timeline.outcome { " " code title="the outbox's name of this outcome" { (outcome) } }
        }
        (entries(shown))
        @if let (Some(id), Some(inviter)) = (shown.account.referrer, &shown.inviter) {
            p { a.button.secondary[!has_earned || partnero.is_missed()] href={ "/account/" (id) } { "See what " (inviter) " has earned" } }
        }
    }
}

fn entries(shown: &AccountPage) -> Markup {
    html! { ol.timeline { @for entry in &shown.timeline.entries { (line(entry)) } } }
}

fn line(entry: &Entry) -> Markup {
    let class = match entry.state {
        State::Done => "done",
        State::Waiting => "waiting",
        State::Dead => "dead",
    };
    html! {
        li class=(class) {
            (entry.text)
            @if let Some(at) = entry.at { " " time { (clock(at)) } }
            @if let Some(problem) = &entry.problem { details { summary { "The last answer" } (problem) } }
        }
    }
}

fn clock(at: i64) -> String {
    let seconds = at / 1_000 % 86_400;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02} UTC", seconds % 60)
}

fn brought(shown: &AccountPage, words: &Words) -> Markup {
    html! {
        @if let Some(link) = &shown.account.link {
            p { "Your link to share:" }
            (link_to_share(link, false))
        } @else {
            p.waits { "Your link to share comes from Partnero, as soon as your sign-up has arrived there." }
        }
        dl {
            div { dt { (words.visitor) "s you brought" } dd { @if shown.brought.is_empty() { "none yet" } @else { (shown.brought.join(", ")) } } }
            div { dt { "What they have earned you" } dd { strong { (shown.earnings.balance) } } }
            div { dt { (words.reward) "s that Partnero told us of" } dd { (shown.earnings.rewards) } }
        }
    }
}
