//! The example shop with a sandbox behind it, and its visitors.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::{Client, Response};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_partnero::sandbox::SandboxCustomer;
use tower_partnero::{DeliveryWorker, ProgramKind, Sandbox};

use crate::{accounts, shop};

pub(crate) struct Town {
    program: ProgramKind,
    pub(crate) shop: String,
    pub(crate) sandbox: Sandbox,
    server: JoinHandle<io::Result<()>>,
    worker: DeliveryWorker,
    folder: TempDir,
}

impl Town {
    pub(crate) async fn open() -> Self {
        Self::of(ProgramKind::ReferAFriend).await
    }

    /// The shop with a program of this kind.
    pub(crate) async fn of(program: ProgramKind) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shop = format!("http://{}", listener.local_addr().unwrap());
        let sandbox = Sandbox::builder().link_base(format!("{shop}/"));
        let sandbox = match program {
            ProgramKind::Affiliate => sandbox.affiliate(),
            _ => sandbox,
        };
        let sandbox = sandbox.start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.db");
        let (server, worker) = serve(listener, &shop, &sandbox, &file, program).await;
        let town = Self {
            program,
            shop,
            sandbox,
            server,
            worker,
            folder,
        };
        // Nobody can invite whom Partnero does not know.
        town.all_has_arrived().await;
        town
    }

    /// Stops the shop and starts it again at the same address, with this file in its folder. The
    /// sandbox runs on. Connections of visitors are cut.
    pub(crate) async fn restart_shop(self, file: &str) -> Self {
        self.server.abort();
        assert!(self.server.await.is_err(), "it serves for ever");
        self.worker.stop(Duration::from_secs(5)).await;
        let address = self.shop.strip_prefix("http://").unwrap();
        let listener = TcpListener::bind(address).await.unwrap();
        let file = self.folder.path().join(file);
        let (server, worker) =
            serve(listener, &self.shop, &self.sandbox, &file, self.program).await;
        Self {
            server,
            worker,
            ..self
        }
    }

    pub(crate) fn visitor(&self) -> Visitor {
        Visitor {
            browser: Client::builder().cookie_store(true).build().unwrap(),
            shop: self.shop.clone(),
        }
    }

    /// Waits until the shop says that nothing is left in the outbox, and until it has heard of all
    /// rewards.
    pub(crate) async fn all_has_arrived(&self) {
        let reader = self.visitor();
        let start = Instant::now();
        while !reader.read("/").await.contains("All reports have arrived") {
            assert!(start.elapsed() < Duration::from_secs(30), "waited too long");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.sandbox.webhooks_settled().await;
    }

    pub(crate) fn customer(&self, name: &str) -> Option<SandboxCustomer> {
        let customers = self.sandbox.customers();
        customers
            .into_iter()
            .find(|customer| customer.name.as_deref() == Some(name))
    }

    pub(crate) fn referrer_of(&self, name: &str) -> Option<String> {
        self.customer(name)
            .expect("the customer was created")
            .referred_by
    }
}

async fn serve(
    listener: TcpListener,
    url: &str,
    sandbox: &Sandbox,
    file: &Path,
    program: ProgramKind,
) -> (JoinHandle<io::Result<()>>, DeliveryWorker) {
    let database = accounts::open(file).await.unwrap();
    let referrals = shop::policy(program).build().unwrap();
    let shop = shop::open(sandbox, url, database, referrals, sandbox.snippet().ok());
    let shop = shop.await.unwrap();
    let server = axum::serve(listener, shop.pages).into_future();
    (tokio::spawn(server), shop.worker)
}

/// One browser: it keeps cookies and follows redirects.
pub(crate) struct Visitor {
    pub(crate) browser: Client,
    pub(crate) shop: String,
}

impl Visitor {
    pub(crate) async fn get(&self, path: &str) -> Response {
        let response = self
            .browser
            .get(format!("{}{path}", self.shop))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response
    }

    pub(crate) async fn read(&self, path: &str) -> String {
        self.get(path).await.text().await.unwrap()
    }

    /// Sends a form and reads the page that follows.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> String {
        let (status, page) = self.try_post(path, form).await;
        assert_eq!(status, 200, "{path}");
        page
    }

    pub(crate) async fn try_post(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let request = self.browser.post(format!("{}{path}", self.shop)).form(form);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Signs up and reads the account page that follows.
    pub(crate) async fn sign_up(&self, name: &str) -> String {
        let email = format!("{}@shop.example", name.to_lowercase());
        self.post("/signup", &[("name", name), ("email", &email)])
            .await
    }
}
