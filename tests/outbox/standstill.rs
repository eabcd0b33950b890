//! A process that is stopped after a sale was handed to the connection and before its bytes are written.

use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Method, Request, Response};
use tower::{Layer, Service};
use tower_partnero::client::{Body, BoxError, HttpService};
use tower_partnero::delivery::{DeliveryWorkerBuilder, Outbox, Status};
use tower_partnero::sandbox::switches::UnreferredSale;
use tower_partnero::{ApiKey, Client, NewCustomer, Sandbox};

use crate::support::{Shop, sale};

const LEASE: Duration = Duration::from_secs(2);

/// Stops the whole thread, as `kill -STOP` would, when the task that writes to the connection has a
/// sale.
struct Standstill {
    begun: Sender<()>,
    go_on: Receiver<()>,
}

#[derive(Clone)]
struct Stopping(Arc<Mutex<Standstill>>);

#[derive(Clone)]
struct Stopped {
    inner: HttpService,
    stop: Stopping,
}

impl Layer<HttpService> for Stopping {
    type Service = Stopped;

    fn layer(&self, inner: HttpService) -> Stopped {
        let stop = self.clone();
        Stopped { inner, stop }
    }
}

impl Service<Request<Body>> for Stopped {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut is_sale =
            request.method() == Method::POST && request.uri().path().ends_with("/transactions");
        let mut call = Box::pin(self.inner.call(request));
        let stop = self.stop.clone();
        Box::pin(std::future::poll_fn(move |cx| {
            let poll = call.as_mut().poll(cx);
            if poll.is_pending() && std::mem::take(&mut is_sale) {
                let standstill = stop.0.lock().unwrap();
                standstill.begun.send(()).unwrap();
                standstill.go_on.recv().unwrap();
            }
            poll
        }))
    }
}

fn in_a_hurry(shop: &Shop) -> DeliveryWorkerBuilder {
    shop.worker().lease(LEASE)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_pays_nothing_again_that_another_one_has_paid_meanwhile() {
    let shop = Shop::open(Outbox::memory()).await;
    shop.switch(UnreferredSale::Recorded);
    shop.report(NewCustomer::new("ben")).await;
    shop.report(sale("o-1", "ben")).await;

    let (begun, has_begun) = channel();
    let (go, go_on) = channel();
    let standstill = Stopping(Arc::new(Mutex::new(Standstill { begun, go_on })));
    let (done, is_done) = channel::<()>();
    let stopped = stopping_shop(&shop, standstill);
    // A runtime of one thread, so that the task of the connection stands still with it.
    let stopped = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let worker = in_a_hurry(&stopped).start().unwrap();
            tokio::task::spawn_blocking(move || is_done.recv().unwrap())
                .await
                .unwrap();
            while worker.health().in_flight > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            worker.stop(Duration::from_secs(5)).await
        })
    });

    tokio::task::spawn_blocking(move || has_begun.recv().unwrap())
        .await
        .unwrap();
    assert_eq!(shop.recorded("o-1"), 0, "it was stopped too late");
    let worker = in_a_hurry(&shop).start().unwrap();
    shop.status_when(Status::is_drained).await;
    assert_eq!(shop.recorded("o-1"), 1);

    go.send(()).unwrap();
    done.send(()).unwrap();
    tokio::task::spawn_blocking(move || stopped.join().unwrap())
        .await
        .unwrap();
    assert_eq!(worker.stop(Duration::from_secs(5)).await, 0);
    // Earlier requests are read before.
    shop.client.customers().get("ben").await.unwrap();
    assert_eq!(shop.recorded("o-1"), 1, "{:?}", shop.sandbox.requests());
}

/// The same outbox and the same sandbox, with a client that stops the thread.
fn stopping_shop(shop: &Shop, standstill: Stopping) -> Shop {
    let sandbox: &Sandbox = &shop.sandbox;
    let client = Client::builder(ApiKey::new(sandbox.api_key()).unwrap())
        .base_url(sandbox.base_url())
        .timeout(shop.timeout)
        .retries(0)
        .layer(standstill)
        .build()
        .unwrap();
    Shop {
        sandbox: sandbox.clone(),
        client,
        outbox: shop.outbox.clone(),
        timeout: shop.timeout,
    }
}
