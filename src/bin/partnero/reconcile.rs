//! Compares the app's users with Partnero's customers.

use futures_util::stream;
use serde_json::{Value, json};
use tower_partnero::reconcile::{Difference, Reconcile, Reconciled};

use crate::access::Access;
use crate::database::Database;
use crate::failure::Failure;
use crate::print::{Printer, plain};
use crate::users::{COLUMNS, Users};
use crate::{EXIT_CODES, Ending, wait};

/// Compare the app's users with Partnero's customers
///
/// It prints who is missing at Partnero, whom the app does not know, whom Partnero has deleted, and
/// who has another referrer there. It changes nothing, unless it is told to --fix. Differences are
/// exit code 3; missing users who are now in the outbox are none, unless the affiliate program does not
/// know their partner.
#[derive(clap::Args)]
#[command(after_help = format!("{COLUMNS}\n\n{EXIT_CODES}"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    users: Users,
    #[command(flatten)]
    access: Access,
    /// Put users who are missing at Partnero into the app's outbox, and change nothing else
    #[arg(long)]
    fix: bool,
    #[command(flatten)]
    database: Database,
}

pub(crate) async fn run(arguments: Arguments, printer: Printer) -> Result<Ending, Failure> {
    let client = arguments.access.client()?;
    let users = &arguments.users;
    users.check(0)?;
    let mut reconcile = Reconcile::new(client);
    if arguments.fix {
        let open = arguments.database.open();
        reconcile = reconcile.fix(wait::watched("opening the database", open).await?);
    }
    let list = || stream::iter(users.list());
    // The callback cannot return an error, so the first one is kept until the run has ended.
    let mut written = Ok(());
    let tell = |difference: Difference| {
        if written.is_ok() {
            let (text, object) = describe(&difference);
            written = printer.result(&text, &object);
        }
    };
    let compared = reconcile.run(list, tell);
    let sum = wait::watched("reading Partnero's list", compared).await?;
    written?;
    printer.result(&lines(&sum), &numbers(&sum))?;
    let is_repaired = sum.missing == sum.enqueued
        && sum.not_taken + sum.unknown + sum.deleted + sum.other_referrer == 0;
    Ok(if is_repaired {
        Ending::Well
    } else {
        Ending::Attention
    })
}

fn describe(difference: &Difference) -> (String, Value) {
    let name = |name: &Option<String>| name.as_deref().map_or("nobody".to_owned(), plain);
    match difference {
        Difference::Missing(user) => {
            let text = format!("missing\t{}", plain(user.id()));
            (text, json!({ "difference": "missing", "user": user.id() }))
        }
        Difference::Unknown(customer) => {
            let customer = customer.id.clone().or_else(|| customer.key.clone());
            let text = format!("unknown\t{}", name(&customer));
            (
                text,
                json!({ "difference": "unknown", "customer": customer }),
            )
        }
        Difference::Deleted(user) => {
            let text = format!("deleted\t{}", plain(user));
            (text, json!({ "difference": "deleted", "user": user }))
        }
        Difference::Referrer {
            user, ours, theirs, ..
        } => {
            let (user_shown, app, partnero) = (plain(user), name(ours), name(theirs));
            let text = format!("referrer\t{user_shown}: {app} in the app, {partnero} at Partnero");
            let object = json!({
                "difference": "referrer", "user": user, "app": ours, "partnero": theirs
            });
            (text, object)
        }
        // `Difference` may get more variants.
        other => (
            format!("{other:?}"),
            json!({ "difference": format!("{other:?}") }),
        ),
    }
}

fn lines(sum: &Reconciled) -> String {
    let mut lines = vec![
        format!(
            "compared   {} users with {} customers",
            sum.users, sum.customers
        ),
        format!(
            "missing    {}, {} of them now in the outbox",
            sum.missing, sum.enqueued
        ),
        format!(
            "unknown    {} customers are no users of the app",
            sum.unknown
        ),
        format!("deleted    {} users are deleted at Partnero", sum.deleted),
        format!(
            "referrer   {} users have another one at Partnero",
            sum.other_referrer
        ),
    ];
    for (number, text) in [
        (
            sum.not_taken,
            "missing users will not be taken: the program does not know their partner",
        ),
        (sum.uncompared, "referrers could not be compared"),
        (
            sum.recent,
            "customers are so new that they may have signed up meanwhile",
        ),
    ] {
        if number > 0 {
            lines.push(format!("           {number} {text}"));
        }
    }
    lines.join("\n")
}

fn numbers(sum: &Reconciled) -> Value {
    json!({
        "users": sum.users,
        "customers": sum.customers,
        "missing": sum.missing,
        "unknown": sum.unknown,
        "deleted": sum.deleted,
        "other_referrer": sum.other_referrer,
        "uncompared": sum.uncompared,
        "recent": sum.recent,
        "enqueued": sum.enqueued,
        "not_taken": sum.not_taken,
    })
}
