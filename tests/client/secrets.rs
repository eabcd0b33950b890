use std::io::Write;
use std::sync::{Arc, Mutex};

use tower_partnero::client::ErrorKind;
use tower_partnero::sandbox::{Fault, Sandbox};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::builder_for;

const KEY: &str = "t0p-s3cret-key";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_api_key_is_nowhere_to_be_read() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let sandbox = Sandbox::builder().api_key(KEY).start().await.unwrap();
    let builder = builder_for(&sandbox);
    let mut seen = vec![format!("{builder:?}")];
    let client = builder.build().unwrap();
    seen.push(format!("{client:?} {:?}", client.customers()));
    let echo = format!(r#"{{"message": "bad token {KEY}", "errors": {{"{KEY}": ["{KEY}"]}}}}"#);
    for fault in [
        Fault::answer(401, echo, "application/json"),
        Fault::answer(200, format!("<p>{KEY}</p>"), "text/html"),
        Fault::status(503),
        Fault::cut_before(),
    ] {
        sandbox.inject(fault);
        let error = client.customers().get("a").await.unwrap_err();
        seen.push(format!("{error} {error:?}"));
        sandbox.clear_faults();
    }
    sandbox.go_down().await;
    let error = client.customers().list().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    seen.push(format!("{error} {error:?} {:?}", client.customers().list()));
    let told = log.0.lock().unwrap().clone();
    let told = String::from_utf8(told).unwrap();
    if cfg!(feature = "tracing") {
        assert!(told.contains("is tried again"), "the log was heard: {told}");
    }
    for text in [seen.concat(), told] {
        assert!(!text.contains(KEY), "{text}");
    }
}
