//! Runs a local Partnero.

use std::io;
use std::num::NonZeroU64;
use std::time::Duration;

use serde_json::json;
use tower_partnero::Sandbox;
use tower_partnero::sandbox::{
    RewardRule, RewardTrigger, SandboxBuilder, WebhookDelivery, switches,
};

use crate::failure::Failure;
use crate::print::Printer;
use crate::{Ending, span, wait};

/// Run a local Partnero to develop and test against, with clients in any language
///
/// It listens on 127.0.0.1 until you press Ctrl-C, keeps everything in memory, and shows on a page
/// of its own what it holds and what it was asked.
#[derive(clap::Args)]
#[command(after_long_help = help())]
pub(crate) struct Arguments {
    /// Where it listens on 127.0.0.1; 0 takes any free port
    // A fixed port, so that the app's configuration can name the address.
    #[arg(long, default_value_t = 4010)]
    port: u16,
    /// The bearer token that clients must send. It opens this sandbox and nothing else
    #[arg(long, value_name = "KEY", default_value = "sandbox-api-key")]
    api_key: String,
    /// It is an affiliate program, whose partners bring the customers
    #[arg(long)]
    affiliate: bool,
    /// A partner of the affiliate program, by the key in the partner's links. May be repeated
    #[arg(long, value_name = "KEY", requires = "affiliate")]
    partner: Vec<String>,
    /// The page that referral links lead to
    #[arg(long, value_name = "URL", default_value = "https://shop.example/")]
    link_base: String,
    /// The program's currency
    #[arg(long, value_name = "CODE", default_value = "USD")]
    currency: String,
    /// The program's public id
    #[arg(long, value_name = "ID", default_value = "SANDBOX1")]
    program_id: String,
    /// What a sale pays the referrer or the partner: `10%`, `5.00 USD` or `none`
    #[arg(long, value_name = "RULE", value_parser = reward, default_value = "10%")]
    reward: RewardRule,
    /// What a referred customer, the friend, gets as well: `5.00 USD`, a share of a sale, or `none`
    #[arg(long, value_name = "RULE", value_parser = reward, default_value = "none")]
    friend_reward: RewardRule,
    /// When the friend gets it
    #[arg(long, value_name = "WHEN", default_value = "first-sale")]
    friend_reward_at: FriendRewardAt,
    /// How Partnero answers where no source is sure; `--help` lists the switches. May be repeated
    #[arg(long, value_name = "NAME=POSITION", value_parser = switch)]
    switch: Vec<(String, String)>,
    /// A referring customer or a partner that counts as unknown. May be repeated
    #[arg(long, value_name = "KEY")]
    refuse_referrer: Vec<String>,
    /// A field of a customer that is refused, as `email`. May be repeated
    #[arg(long, value_name = "NAME")]
    refuse_field: Vec<String>,
    /// A value that is refused in any field of a customer. May be repeated
    #[arg(long, value_name = "TEXT")]
    refuse_value: Vec<String>,
    /// A person who registers in Partnero's own portal at the start. May be repeated
    #[arg(long, value_name = "EMAIL")]
    register: Vec<String>,
    #[command(flatten)]
    webhooks: Webhooks,
}

/// When the friend's side of a reward is paid.
#[derive(Clone, Copy, clap::ValueEnum)]
enum FriendRewardAt {
    /// At the sign-up
    SignUp,
    /// At the friend's first sale
    FirstSale,
    /// At each sale
    Sale,
}

impl From<FriendRewardAt> for RewardTrigger {
    fn from(at: FriendRewardAt) -> Self {
        match at {
            FriendRewardAt::SignUp => Self::SignUp,
            FriendRewardAt::FirstSale => Self::FirstSale,
            FriendRewardAt::Sale => Self::Sale,
        }
    }
}

/// How webhooks are sent to the subscriptions that clients make.
#[derive(clap::Args)]
#[command(next_help_heading = "Webhooks")]
struct Webhooks {
    /// How long it waits for the app's answer
    #[arg(long = "webhook-timeout", value_name = "TIME", value_parser = span::parse, default_value = "5s")]
    timeout: Duration,
    /// The pause before the second attempt; each further pause is twice as long
    #[arg(long = "webhook-backoff", value_name = "TIME", value_parser = span::parse, default_value = "1s")]
    backoff: Duration,
    /// How often a webhook is sent at most
    #[arg(long = "webhook-attempts", value_name = "TIMES", default_value_t = 5)]
    attempts: u32,
    /// Sends every so-many-th webhook twice
    #[arg(long = "webhook-duplicate-every", value_name = "N")]
    duplicate_every: Option<NonZeroU64>,
    /// Lets webhooks overtake each other within this time
    #[arg(long = "webhook-scatter", value_name = "TIME", value_parser = span::parse, default_value = "0s")]
    scatter: Duration,
}

impl Webhooks {
    fn delivery(&self) -> WebhookDelivery {
        let delivery = WebhookDelivery::new()
            .timeout(self.timeout)
            .backoff(self.backoff)
            .attempts(self.attempts)
            .scatter(self.scatter);
        match self.duplicate_every {
            Some(n) => delivery.duplicate_every(n.get()),
            None => delivery,
        }
    }
}

fn help() -> String {
    let switches = switches::list().into_iter();
    let switches = switches.map(|info| format!("  {} = {}", info.name, info.positions.join(" | ")));
    let switches: Vec<_> = switches.collect();
    format!(
        "Switches, each with its positions, the default first. What they mean stands in the docs of \
         tower_partnero::sandbox::switches:\n{}\n\nExit codes:\n  0  it was stopped\n  1  it could \
         not start\n  2  wrong arguments",
        switches.join("\n")
    )
}

/// Reads `UnknownReferrer=NotFound`; the builder knows the names.
fn switch(text: &str) -> Result<(String, String), String> {
    let (name, position) = text.split_once('=').unwrap_or((text, ""));
    // A builder that is thrown away: clap wants the mistake now, and the real one is made later.
    let switched = Sandbox::builder().switch_by_name(name, position);
    match switched {
        Ok(_) => Ok((name.to_owned(), position.to_owned())),
        Err(error) => Err(error.to_string()),
    }
}

fn reward(text: &str) -> Result<RewardRule, String> {
    let rule = match (text, text.strip_suffix('%'), text.split_once(' ')) {
        ("none", ..) => return Ok(RewardRule::none()),
        (_, Some(percent), _) => RewardRule::percent(percent),
        (_, _, Some((amount, currency))) => RewardRule::fixed(amount, currency),
        _ => return Err("write `10%`, `5.00 USD` or `none`".to_owned()),
    };
    rule.map_err(|error| error.to_string())
}

pub(crate) async fn run(arguments: Arguments, printer: Printer) -> Result<Ending, Failure> {
    let sandbox = start(&arguments).await?;
    // All of this before the address is printed, so that no client comes earlier.
    for key in arguments.refuse_referrer {
        sandbox.refuse_referrer(key);
    }
    for name in arguments.refuse_field {
        sandbox.refuse_field(name);
    }
    for value in arguments.refuse_value {
        sandbox.refuse_value(value);
    }
    for key in arguments.partner {
        sandbox.register_partner(key);
    }
    for email in arguments.register {
        sandbox.register_in_portal(email);
    }
    // Before the address is printed: a script may end the program as soon as it has read it.
    let asked_to_end = wait::asked_to_end()?;
    let text = format!(
        "base URL  {}\nAPI key   {}\nlook at   {}\nIt runs until you press Ctrl-C.",
        sandbox.base_url(),
        sandbox.api_key(),
        sandbox.page_url()
    );
    let object = json!({
        "base_url": sandbox.base_url(),
        "api_key": sandbox.api_key(),
        "page_url": sandbox.page_url(),
    });
    printer.result(&text, &object)?;
    asked_to_end.await;
    Ok(Ending::Well)
}

async fn start(arguments: &Arguments) -> Result<Sandbox, Failure> {
    let mut builder: SandboxBuilder = Sandbox::builder()
        .port(arguments.port)
        .api_key(&arguments.api_key)
        .link_base(&arguments.link_base)
        .currency(&arguments.currency)
        .program_id(&arguments.program_id)
        .reward(arguments.reward.clone())
        .friend_reward(
            arguments.friend_reward_at.into(),
            arguments.friend_reward.clone(),
        )
        .webhook_delivery(arguments.webhooks.delivery());
    if arguments.affiliate {
        builder = builder.affiliate();
    }
    for (name, position) in &arguments.switch {
        builder = builder.switch_by_name(name, position)?;
    }
    builder.start().await.map_err(|error| {
        let port = arguments.port;
        if error.kind() == io::ErrorKind::AddrInUse {
            Failure::new(format!(
                "port {port} is taken: stop the program that listens there, or choose another \
                 port, as in `--port {}` (0 takes any free one)",
                port.wrapping_add(1)
            ))
        } else {
            Failure::of(&format!("port {port} cannot be used"), &error)
        }
    })
}
