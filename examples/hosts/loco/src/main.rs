//! Loco: its state is its own `AppContext`, so the handles come from the extensions.

use std::path::Path;
use std::process::ExitCode;

use async_trait::async_trait;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use loco_rs::app::{AppContext, Hooks};
use loco_rs::bgworker::Queue;
use loco_rs::boot::{BootResult, StartMode, create_app, run_app};
use loco_rs::config::Config;
use loco_rs::controller::{AppRoutes, Routes};
use loco_rs::environment::Environment;
use loco_rs::task::Tasks;
use tokio::net::TcpListener;
use tower_partnero::{
    Client, FromExtension, NewCustomer, Referral, Referrals, SignupHook, Signups,
};
use visitor::Failure;

struct App;

#[async_trait]
impl Hooks for App {
    fn app_name() -> &'static str {
        env!("CARGO_CRATE_NAME")
    }

    async fn boot(
        mode: StartMode,
        environment: &Environment,
        config: Config,
    ) -> loco_rs::Result<BootResult> {
        create_app::<Self>(mode, environment, config).await
    }

    fn routes(_: &AppContext) -> AppRoutes {
        let routes = Routes::new()
            .add("/", get(landing))
            .add("/signup", post(sign_up))
            .add("/welcome", get(async || "welcome"));
        AppRoutes::empty().add_route(routes)
    }

    /// The layers go around all routes.
    async fn after_routes(router: Router, context: &AppContext) -> loco_rs::Result<Router> {
        let client = match context.shared_store.get::<Client>() {
            Some(client) => client,
            None => Client::from_env().map_err(loco_rs::Error::msg)?,
        };
        let referrals = Referrals::builder().secure(false).build();
        let referrals = referrals.map_err(loco_rs::Error::msg)?;
        Ok(router
            .layer(Extension(Signups::new(referrals.clone(), client)))
            .layer(referrals.layer()))
    }

    async fn connect_workers(_: &AppContext, _: &Queue) -> loco_rs::Result<()> {
        Ok(())
    }

    fn register_tasks(_: &mut Tasks) {}
}

async fn landing(FromExtension(referral): FromExtension<Option<Referral>>) -> String {
    let key = referral.map(|referral| referral.key().to_string());
    format!("{} sent you", key.as_deref().unwrap_or("nobody"))
}

#[derive(serde::Deserialize)]
struct NewUser {
    email: String,
}

async fn sign_up(
    FromExtension(hook): FromExtension<SignupHook>,
    Form(user): Form<NewUser>,
) -> impl IntoResponse {
    let customer = NewCustomer::new(&user.email).email(&user.email);
    (hook.sign_up(customer).await, Redirect::to("/welcome"))
}

#[tokio::main]
async fn main() -> ExitCode {
    visitor::run("loco-host", serve).await
}

/// Boots the app as `cargo loco start` does, on a listener and with a client of this program.
async fn serve(listener: TcpListener, client: Client) -> Result<(), Failure> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/config"));
    let config = Environment::Development.load_from_folder(folder)?;
    let context = AppContext::builder(Environment::Development, config).build();
    context.shared_store.insert(client);
    let booted = run_app::<App>(&StartMode::ServerOnly, context).await?;
    let router = booted.router.ok_or("the app has no router")?;
    Ok(axum::serve(listener, router).await?)
}

#[tokio::test]
async fn a_sign_up_is_credited() {
    visitor::check(serve).await;
}
