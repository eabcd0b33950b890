//! The example shop with a sandbox behind it, and its visitors.

use std::io;

use reqwest::{Client, Response};
use sqlx::SqlitePool;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_partnero::Sandbox;
use tower_partnero::sandbox::SandboxCustomer;

use crate::{shop, users};

pub(crate) struct Town {
    pub(crate) shop: String,
    pub(crate) sandbox: Sandbox,
    database: SqlitePool,
    server: JoinHandle<io::Result<()>>,
}

impl Town {
    pub(crate) async fn open() -> Self {
        Self::open_on(users::database().await.unwrap()).await
    }

    pub(crate) async fn open_on(database: SqlitePool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shop = format!("http://{}", listener.local_addr().unwrap());
        let sandbox = Sandbox::builder()
            .link_base(format!("{shop}/"))
            .start()
            .await
            .unwrap();
        let app = shop::app(
            &sandbox,
            &shop,
            database.clone(),
            shop::policy().build().unwrap(),
            sandbox.snippet().ok(),
        );
        let app = app.await.unwrap();
        Self {
            shop,
            sandbox,
            database,
            server: tokio::spawn(axum::serve(listener, app).into_future()),
        }
    }

    /// Stops the shop and starts it again at the same address, with this database. The sandbox runs
    /// on. Connections of visitors are cut.
    pub(crate) async fn restart_shop(&mut self, database: SqlitePool) {
        self.server.abort();
        assert!((&mut self.server).await.is_err(), "it serves for ever");
        self.database.close().await;
        let address = self.shop.strip_prefix("http://").unwrap();
        let listener = TcpListener::bind(address).await.unwrap();
        let app = shop::app(
            &self.sandbox,
            &self.shop,
            database.clone(),
            shop::policy().build().unwrap(),
            self.sandbox.snippet().ok(),
        );
        let app = app.await.unwrap();
        self.database = database;
        self.server = tokio::spawn(axum::serve(listener, app).into_future());
    }

    pub(crate) fn visitor(&self) -> Visitor {
        Visitor {
            browser: Client::builder().cookie_store(true).build().unwrap(),
            shop: self.shop.clone(),
        }
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

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let request = self.browser.post(format!("{}{path}", self.shop)).form(form);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response
    }

    /// Signs up and reads the account page that follows.
    pub(crate) async fn sign_up(&self, name: &str) -> String {
        let email = format!("{}@shop.example", name.to_lowercase());
        let page = self
            .post("/signup", &[("name", name), ("email", &email)])
            .await;
        page.text().await.unwrap()
    }
}
