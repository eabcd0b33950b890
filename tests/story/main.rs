//! The example shop, driven over real HTTP by visitors whose browsers keep cookies.

mod affiliate;
mod direct;
mod friends;
mod outage;
mod replays;
mod strangers;
mod town;
mod webhooks;

#[path = "../../examples/signup/accounts.rs"]
mod accounts;
#[path = "../../examples/signup/answers.rs"]
mod answers;
#[path = "../../examples/signup/clicks.rs"]
mod clicks;
#[path = "../../examples/signup/pages/mod.rs"]
mod pages;
#[path = "../../examples/signup/partnero.rs"]
mod partnero;
#[path = "../../examples/signup/rewards.rs"]
mod rewards;
#[path = "../../examples/signup/sales.rs"]
mod sales;
#[path = "../../examples/signup/shop.rs"]
mod shop;
#[path = "../../examples/signup/timeline.rs"]
mod timeline;
