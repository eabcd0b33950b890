//! The example shop, driven over real HTTP by visitors whose browsers keep cookies.

mod friends;
mod replays;
mod town;
mod webhooks;

#[path = "../../examples/signup/clicks.rs"]
mod clicks;
#[path = "../../examples/signup/pages.rs"]
mod pages;
#[path = "../../examples/signup/rewards.rs"]
mod rewards;
#[path = "../../examples/signup/sales.rs"]
mod sales;
#[path = "../../examples/signup/shop.rs"]
mod shop;
#[path = "../../examples/signup/users.rs"]
mod users;
