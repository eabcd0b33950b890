//! What a server process of a bench does.

use std::io::Read;
use std::net::Ipv4Addr;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::Failure;

/// Serves on one thread until standard input ends, which it does when the bench is gone. `app`
/// is made where tasks can be spawned.
pub(crate) fn serve(app: impl FnOnce() -> Result<Router, Failure>) -> Result<(), Failure> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?.port());
        let listener = listener.tap_io(|stream| {
            // Or the kernel keeps answers back, and its timer is what is measured.
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, app()?).await?)
    })
}
