//! tonic: the landing page and a gRPC service behind one layer. A browser calls the service by
//! gRPC-web, and sends its cookies along.

use std::process::ExitCode;

use axum::extract::FromRef;
use axum::routing::get;
use prost::Message;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::metadata::MetadataMap;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::{Request, Response, Status};
use tower_partnero::{Client, NewCustomer, Referral, Referrals, Signups};
use visitor::Failure;

use self::rpc::accounts_server::{Accounts, AccountsServer};

mod rpc {
    tonic::include_proto!("shop.Accounts");
}

#[derive(Clone, PartialEq, Message)]
pub struct NewUser {
    #[prost(string, tag = "1")]
    email: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Welcome {
    #[prost(string, tag = "1")]
    text: String,
}

struct SignUps(Signups);

#[tonic::async_trait]
impl Accounts for SignUps {
    async fn sign_up(&self, request: Request<NewUser>) -> Result<Response<Welcome>, Status> {
        let (metadata, _, user) = request.into_parts();
        let (mut parts, ()) = http::Request::post("/shop.Accounts/SignUp")
            .body(())
            .map_err(|error| Status::internal(error.to_string()))?
            .into_parts();
        parts.headers = metadata.into_headers();
        let hook = self.0.hook(&parts);
        let hook = hook.map_err(|error| Status::internal(error.to_string()))?;
        let customer = NewCustomer::new(&user.email).email(&user.email);
        let outcome = hook.sign_up(customer).await;
        let mut response = Response::new(Welcome {
            text: outcome.as_str().to_owned(),
        });
        *response.metadata_mut() = MetadataMap::from_headers(outcome.into_headers());
        Ok(response)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    visitor::run("tonic-host", serve).await
}

async fn serve(listener: TcpListener, client: Client) -> Result<(), Failure> {
    let referrals = Referrals::builder().secure(false).build()?;
    let signups = Signups::new(referrals.clone(), client);
    let pages = axum::Router::new()
        .route("/", get(landing))
        .with_state(Referrals::from_ref(&signups));
    let routes = Routes::from(pages).add_service(AccountsServer::new(SignUps(signups)));
    Server::builder()
        .accept_http1(true)
        .layer(referrals.layer())
        .add_routes(routes)
        .serve_with_incoming(TcpListenerStream::new(listener))
        .await?;
    Ok(())
}

async fn landing(referral: Option<Referral>) -> String {
    let key = referral.map(|referral| referral.key().to_string());
    format!("{} sent you", key.as_deref().unwrap_or("nobody"))
}

#[tokio::test]
async fn a_sign_up_is_credited() {
    use self::rpc::accounts_client::AccountsClient;

    visitor::check_with(serve, async |visitor: &visitor::Visitor, email: &str| {
        let channel = tonic::transport::Endpoint::from_shared(visitor.base().to_string());
        let channel = channel.unwrap().connect().await.unwrap();
        let mut request = Request::new(NewUser {
            email: email.to_owned(),
        });
        if let Some(cookie) = visitor.cookie() {
            request
                .metadata_mut()
                .insert("cookie", cookie.parse().unwrap());
        }
        let response = AccountsClient::new(channel).sign_up(request).await.unwrap();
        for line in response.metadata().get_all("set-cookie") {
            visitor.set_cookie(line.to_str().unwrap());
        }
        assert!(["referred", "not_referred"].contains(&&*response.into_inner().text));
    })
    .await;
}
