//! One browser with its own profile, and the actions of a visitor.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::until;

pub(crate) struct Browser {
    client: Client,
    session: String,
    driver: Driver,
}

/// A cookie in the browser's jar, in the form of the `DevTools` protocol.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cookie {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) domain: String,
    pub(crate) path: String,
    /// Seconds since 1970.
    pub(crate) expires: f64,
    pub(crate) http_only: bool,
    pub(crate) secure: bool,
    pub(crate) same_site: Option<String>,
}

impl Browser {
    /// `None` if there is no browser; see the top of `main.rs`.
    pub(crate) async fn open() -> Option<Self> {
        let driver = Driver::start()?;
        let options = json!({
            "binary": driver.chromium,
            "args": [
                "--headless",
                // Chromium's own sandbox does not work as root or in a container. It is not needed
                // here, because all pages are our own.
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        });
        let wanted = json!({ "alwaysMatch": { "goog:chromeOptions": options } });
        let mut browser = Self {
            client: Client::builder()
                .timeout(Duration::from_secs(60))
                .build()
                .unwrap(),
            session: format!("http://127.0.0.1:{}/session", driver.port),
            driver,
        };
        let made = browser.post("", json!({ "capabilities": wanted })).await;
        browser.session = format!(
            "{}/{}",
            browser.session,
            made["sessionId"].as_str().unwrap()
        );
        Some(browser)
    }

    async fn command(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.session));
        if let Some(body) = &body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let mut answer: Value = response.json().await.unwrap();
        assert!(status.is_success(), "{path} {body:?}: {answer}");
        answer["value"].take()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.command(Method::POST, path, Some(body)).await
    }

    /// Opens a page as if the visitor typed its address, or followed a link in a mail.
    pub(crate) async fn go(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await;
    }

    pub(crate) async fn back(&self) {
        self.post("/back", json!({})).await;
    }

    pub(crate) async fn forward(&self) {
        self.post("/forward", json!({})).await;
    }

    pub(crate) async fn url(&self) -> String {
        let url = self.command(Method::GET, "/url", None).await;
        url.as_str().unwrap().to_owned()
    }

    /// Waits until the address of the current page ends so.
    pub(crate) async fn arrive(&self, end: &str) {
        until(end, async || self.url().await.ends_with(end).then_some(())).await;
        self.until_true("return document.readyState === 'complete'")
            .await;
    }

    /// Runs a script in the page, and returns its result. If the result is a promise, it is
    /// awaited.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": [] }))
            .await
    }

    /// From now on, scripts run in the first frame of the page.
    pub(crate) async fn enter_frame(&self) {
        self.post("/frame", json!({ "id": 0 })).await;
    }

    pub(crate) async fn until_true(&self, script: &str) {
        until(script, async || {
            (self.run(script).await == true).then_some(())
        })
        .await;
    }

    async fn element(&self, css: &str) -> String {
        let query = json!({ "using": "css selector", "value": css });
        let found = self.post("/element", query).await;
        let id = found.as_object().unwrap().values().next().unwrap();
        format!("/element/{}", id.as_str().unwrap())
    }

    pub(crate) async fn click(&self, css: &str) {
        let element = self.element(css).await;
        self.post(&format!("{element}/click"), json!({})).await;
    }

    /// Moves the pointer to this element, and leaves it there.
    pub(crate) async fn point_at(&self, css: &str) {
        let query = json!({ "using": "css selector", "value": css });
        let element = self.post("/element", query).await;
        let step =
            json!({ "type": "pointerMove", "duration": 0, "origin": element, "x": 0, "y": 0 });
        let mouse = json!({ "type": "pointer", "id": "mouse", "actions": [step] });
        self.post("/actions", json!({ "actions": [mouse] })).await;
    }

    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let element = self.element(css).await;
        self.post(&format!("{element}/value"), json!({ "text": text }))
            .await;
    }

    /// The text that a visitor reads on the page.
    pub(crate) async fn text(&self) -> String {
        let text = self.run("return document.body.innerText").await;
        text.as_str().unwrap().to_owned()
    }

    /// From now on, the page has this size, as on a phone if it is narrow.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let is_phone = width < 600;
        let params = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone
        });
        self.devtools("Emulation.setDeviceMetricsOverride", params)
            .await;
    }

    /// Lets pages read and write the clipboard, which a visitor would be asked for.
    pub(crate) async fn allow_clipboard(&self) {
        let permissions =
            json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
        self.devtools("Browser.grantPermissions", permissions).await;
    }

    async fn devtools(&self, command: &str, params: Value) -> Value {
        let ask = json!({ "cmd": command, "params": params });
        self.post("/goog/cdp/execute", ask).await
    }

    /// All cookies of this name in the jar, also those of other pages.
    pub(crate) async fn cookies(&self, name: &str) -> Vec<Cookie> {
        let mut jar = self.devtools("Storage.getCookies", json!({})).await;
        let jar: Vec<Cookie> = serde_json::from_value(jar["cookies"].take()).unwrap();
        jar.into_iter()
            .filter(|cookie| cookie.name == name)
            .collect()
    }

    /// The values of those cookies.
    pub(crate) async fn values(&self, name: &str) -> Vec<String> {
        let cookies = self.cookies(name).await.into_iter();
        cookies.map(|cookie| cookie.value).collect()
    }
}

impl Drop for Browser {
    /// Closes the browser even if the test failed. A killed driver would leave its browser open.
    fn drop(&mut self) {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.driver.port)) else {
            return;
        };
        let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
        let path = self.session.split_once("/session").unwrap_or_default().1;
        let request = format!(
            "DELETE /session{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        );
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.read(&mut [0; 64]);
    }
}
