//! The shop's pages. `maud` escapes every text that a visitor or Partnero wrote.

use axum::response::Html;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use tower_partnero::Customer;

use crate::clicks::Tag;
use crate::rewards::Earnings;
use crate::users::User;

const STYLE: &str = "
    body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 0 1rem 3rem; color: #222; background: #fdfcfa }
    nav { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; align-items: baseline; padding: 1.2rem 0; border-bottom: 1px solid #ddd }
    nav a { text-decoration: none } nav a:hover { text-decoration: underline } nav a:first-child { font-weight: 700; font-size: 1.2rem; margin-right: auto }
    a { color: #226644 } h1 { font-size: 1.7rem; margin: 1.8rem 0 1rem } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem }
    .note { background: #e9f4ea; border-left: 4px solid #3a8a4d; padding: .6rem 1rem } .bad { background: #fdf0ee; border-color: #c43 }
    .quiet { color: #666; font-size: .9rem } li { margin: .2rem 0 }
    input { display: block; box-sizing: border-box; margin: .2rem 0 1rem; padding: .5rem .6rem; width: 22rem; max-width: 100%; font: inherit; border: 1px solid #999; border-radius: 4px }
    button, .button { display: inline-block; padding: .5rem 1.2rem; font: inherit; color: #fff; background: #226644; border: 0; border-radius: 4px; cursor: pointer; text-decoration: none }
    button:hover, .button:hover { background: #1a5036 } code { background: #0001; border-radius: 3px; padding: .1rem .3rem; overflow-wrap: anywhere }
";

fn page(title: &str, content: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) " · The Tea Shop" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                nav {
                    a href="/" { "The Tea Shop" }
                    a href="/signup" { "Sign up" }
                }
                h1 { (title) }
                (content)
            }
        }
    };
    Html(page.into_string())
}

/// The local Partnero, which a real shop has no page for.
pub(crate) struct Partnero {
    pub(crate) page_url: String,
    pub(crate) is_up: bool,
}

pub(crate) fn landing(
    friend: Option<&str>,
    users: &[User],
    partnero: &Partnero,
    tag: Option<&Tag>,
) -> Html<String> {
    page(
        "Tea, and friends",
        &html! {
            @if let Some(tag) = tag { (PreEscaped(&tag.html)) }
            @if let Some(friend) = friend {
                p.note { strong { (friend) } " invited you. Sign up whenever you like: we remember." }
            } @else {
                p.note { "Nobody invited you yet. Follow a friend's link, or sign up all the same." }
            }
            p { a.button href="/signup" { "Sign up" } }
            h2 { "Accounts" }
            p.quiet { "A real shop would not show them; here you look at everybody's page." }
            ul {
                @for user in users {
                    li { a href={ "/account/" (user.id) } { (user.name) } }
                }
            }
            h2 { "Partnero" }
            @if partnero.is_up {
                p { a href=(partnero.page_url) { "Partnero's view" } " shows its customers and sales, and which calls came from this shop." }
                p { "Take Partnero down and sign up: the shop works as before, and the referral is not lost." }
                form method="post" action="/partnero/down" { button { "Take it down" } }
            } @else {
                p.note.bad { "The local Partnero is down." }
                p { "Sign up now. Your page works, the referral waits in the cookie, and once Partnero is back, your page can report it again." }
                form method="post" action="/partnero/up" { button { "Bring it back" } }
            }
        },
    )
}

pub(crate) fn sign_up(key: Option<&str>) -> Html<String> {
    page(
        "Sign up",
        &html! {
            @if let Some(key) = key {
                p.note { "You were invited with the key " code { (key) } "." }
            }
            form method="post" action="/signup" {
                label { "Name" input name="name" required autocomplete="name"; }
                label { "E-mail" input name="email" type="email" required autocomplete="email"; }
                button { "Create my account" }
            }
        },
    )
}

pub(crate) fn account(
    user: &User,
    customer: Option<&Customer>,
    friends: &[Customer],
    earnings: &Earnings,
) -> Html<String> {
    let unnamed = |friend: &Customer| friend.name.clone().unwrap_or_else(|| "A friend".to_owned());
    page(
        &format!("Hello, {}", user.name),
        &html! {
            @if let Some(why) = &user.why { p.note { (why) } }
            @if let Some(customer) = customer {
                p { "Your link to share: " code { (customer.referral_link.as_deref().unwrap_or("not there yet")) } }
                h2 { "Friends you brought" }
                @if friends.is_empty() { p { "None yet." } }
                ul { @for friend in friends { li { (unnamed(friend)) } } }
            } @else {
                p.note.bad { "Your account is fine. Your link to share is not here, because Partnero does not answer, or has not heard of you." }
                form method="post" action={ "/account/" (user.id) "/report" } { button { "Try again" } }
            }
            h2 { "What friends have earned you" }
            p { "Your balance: " strong { (earnings.balance) } }
            p.quiet { "Rewards that Partnero told us of: " (earnings.rewards) }
            h2 { "Tea" }
            form method="post" action={ "/account/" (user.id) "/buy" } { button { "Buy a pound for 30 dollars" } }
            ul { @for order in &user.orders {
                li {
                    form method="post" action={ "/account/" (user.id) "/refund/" (order) } { "Order " (order) " " button { "Give it back" } }
                }
            } }
            p.quiet { "Report of this sign-up: " code { (user.report) } }
        },
    )
}
