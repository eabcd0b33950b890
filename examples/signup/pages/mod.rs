//! The shop's pages. `maud` escapes every text that a visitor or Partnero wrote.
//!
//! A button of the first rank is what a stranger would do next; all others are `secondary`.

mod account;
mod words;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::Html;
use axum::routing::get;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use tower_partnero::Referral;
use tower_partnero::inviter::Inviter;

pub(crate) use self::account::{AccountPage, account};
pub(crate) use self::words::Words;
use crate::clicks::Tag;
use crate::partnero::Partnero;
use crate::shop::NewUser;

/// The style, the script and the icon of the pages.
pub(crate) fn files() -> Router {
    let file =
        |kind: &'static str, text: &'static str| get(async move || ([(CONTENT_TYPE, kind)], text));
    Router::new()
        .route("/shop.css", file("text/css", include_str!("shop.css")))
        .route("/shop.js", file("text/javascript", include_str!("shop.js")))
        .route("/icon.svg", file("image/svg+xml", include_str!("icon.svg")))
}

/// `account` is the account whose page this is.
fn page(title: &str, account: Option<i64>, partnero: &Partnero, content: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · The Tea Shop" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/shop.css";
                script src="/shop.js" defer {}
            }
            body {
                header {
                    nav aria-label="Shop" {
                        a.brand href="/" { "The Tea Shop" }
                        a href="/signup" { "Sign up" }
                        @if partnero.is_up { a href=(partnero.page_url) { "Partnero's view" } }
                    }
                    (switch(account, partnero))
                }
                main {
                    h1 { (title) }
                    (content)
                }
            }
        }
    };
    Html(page.into_string())
}

/// Says whether Partnero is up and what waits for it, and takes it down or brings it back.
fn switch(account: Option<i64>, partnero: &Partnero) -> Markup {
    let (is_up, waiting) = (partnero.is_up, partnero.waiting);
    html! {
        section.switch aria-label="The local Partnero" {
            p.down[!is_up] id="reports" data-live {
                strong { @if is_up { "Partnero is up." } @else { "Partnero is down." } }
                " "
                @match (waiting, is_up) {
                    (0, true) => "All reports have arrived.",
                    (0, false) => "Sign up and buy as before: the reports will wait in the outbox.",
                    (1, _) => "1 report waits in the outbox.",
                    (_, true) => { (waiting) " reports wait in the outbox." }
                    (_, false) => { (waiting) " reports wait in the outbox. Bring Partnero back, and watch them arrive." }
                }
            }
            noscript { "Reload the page to see what has arrived." }
            form id="switch" data-live method="post" action=(if is_up { "/partnero/down" } else { "/partnero/up" }) {
                @if let Some(account) = account { input type="hidden" name="account" value=(account); }
                button.secondary[!partnero.is_missed()] { @if is_up { "Take Partnero down" } @else { "Bring Partnero back" } }
            }
        }
    }
}

/// A link with a button that copies it, which the script of the page does, and one that opens it.
fn link_to_share(link: &str, is_next: bool) -> Markup {
    html! {
        p.share {
            code { (link) }
            button.secondary type="button" data-copy=(link) { "Copy" }
            a.button.secondary[!is_next] href=(link) { "Open it" }
        }
    }
}

/// Who invited this visitor, as far as Partnero has told. As long as it has not, the page asks again.
fn greeting(invitation: Option<(&Referral, &Inviter)>, words: &Words) -> Markup {
    let who = words.inviter;
    let Some((referral, inviter)) = invitation else {
        return html! {
            p.note.plain { "Nobody invited you yet. Follow a " (who) "'s link, or sign up all the same." }
        };
    };
    html! {
        p.note id="invitation" data-live[*inviter == Inviter::Pending] {
            @match inviter {
                Inviter::Nobody => {
                    "You came by a link with the key " code { (referral.key()) } ", which no "
                    (words.owner) " has. If you followed a " (who) "'s link before, we remember it."
                }
                Inviter::Pending => {
                    "A " (who) " invited you. Partnero cannot say right now who it is. \
                    Sign up whenever you like: we remember."
                }
                known => {
                    strong { @if let Some(name) = known.name() { (name) } @else { "A " (who) } }
                    " invited you. Sign up whenever you like: we remember."
                    @if let Some(key) = known.key() && key != referral.key() {
                        " The last link had the key " code { (referral.key()) } ", which no "
                        (words.owner) " has, so the key " code { (key) } " counts."
                    }
                }
            }
        }
    }
}

pub(crate) fn landing(
    invitation: Option<(&Referral, &Inviter)>,
    accounts: &[(i64, String, i64)],
    link: &str,
    partnero: &Partnero,
    tag: Option<&Tag>,
) -> Html<String> {
    let words = Words::of(partnero.program);
    let Words {
        inviter: who,
        visitor,
        owner,
        common_parameter: other,
        ..
    } = words;
    let is_invited = invitation.is_some();
    let content = html! {
        @if let Some(tag) = tag { (PreEscaped(&tag.html)) }
        (greeting(invitation, &words))
        p { a.button.secondary[!is_invited || partnero.is_missed()] href="/signup" { "Sign up" } }

        p {
            "Our " (owner) "s bring " (visitor) "s, and earn a tenth of what the " (visitor) "s buy. Partnero keeps the \
            books of that: the shop reports every sign-up and every sale to it. A report waits in the shop's \
            own database, the outbox, until it has arrived. Here a local stand-in plays Partnero, so you \
            need no account."
        }

        h2 { "Play the whole circle" }
        ol.steps {
            li {
                strong { @if who == "friend" { "Anna" } @else { "Anna, our partner," } " shares her link." }
                " Open it, as a " (visitor) " of hers would:"
                (link_to_share(link, !is_invited && !partnero.is_missed()))
            }
            li { strong { "The " (visitor) " " a href="/signup" { "signs up" } "." } " The shop knows who sent the " (visitor) ", even if days and other pages lie between." }
            li { strong { "The " (visitor) " buys tea" } " on the page of the new account, and Anna earns a tenth of the price." }
            li { strong { "Anna looks at " a href="/account/1" { "her page" } "." } " It shows whom she brought and what that earned her." }
            li { strong { "Now the same without Partnero." } " Take it down with the button above, follow Anna's link, sign up and buy. The shop works as before. Bring it back, and watch the reports arrive by themselves." }
        }

        h2 { "Links as they are in the wild" }
        ul {
            li { "Follow Anna's link, and after it " a href={ "/?" (other) "=producthunt" } { "a newsletter's link" } " with " code { (other) "=producthunt" } ". Sign up: Anna is credited all the same, and the account's page says why." }
            li { "Follow " a href={ (link) "." } { "Anna's link with a full stop" } ", which a mail program took for a part of it. Anna is credited, too." }
        }

        h2 { "Accounts" }
        p.quiet { "A real shop would not show them. Here you look at everybody's page." }
        ul id="accounts" data-live {
            @for (id, name, waiting) in accounts {
                li {
                    a href={ "/account/" (id) } { (name) }
                    @match waiting {
                        0 => {}
                        1 => span.waits { " · 1 report waits in the outbox" }
                        _ => span.waits { " · " (waiting) " reports wait in the outbox" }
                    }
                }
            }
        }
    };
    page(&format!("Tea, and {who}s"), None, partnero, &content)
}

/// The form, with what was written into it before and the problem with that.
pub(crate) fn sign_up(
    invitation: Option<(&Referral, &Inviter)>,
    form: &NewUser,
    problem: Option<&str>,
    partnero: &Partnero,
) -> Html<String> {
    let content = html! {
        (greeting(invitation, &Words::of(partnero.program)))
        form.card method="post" action="/signup" {
            label for="name" { "Name" }
            input id="name" name="name" value=(form.name) required maxlength="100" autocomplete="name";
            label for="email" { "E-mail" }
            @if let Some(problem) = problem {
                p.problem id="problem" { (problem) }
            }
            input id="email" name="email" type="email" value=(form.email) required maxlength="100"
                autocomplete="email" aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| "problem")];
            button { "Create my account" }
        }
    };
    page("Sign up", None, partnero, &content)
}

pub(crate) fn not_found(partnero: &Partnero) -> Html<String> {
    let content = html! {
        p { "Perhaps the account is from an earlier start of this shop, which forgets everything when it stops." }
        p { a.button href="/" { "To the shop" } }
    };
    page("There is no such page", None, partnero, &content)
}
