//! The local Partnero, and the switch that takes it down. A real shop has nothing of this.

use std::net::Ipv4Addr;

use axum::Form;
use axum::extract::State;
use axum::response::Redirect;
use tokio::net::TcpStream;
use tower_partnero::ProgramKind;

use crate::shop::{AppState, Failure};

/// What each page shows of Partnero and of the way to it.
pub(crate) struct Partnero {
    pub(crate) program: ProgramKind,
    pub(crate) page_url: String,
    pub(crate) is_up: bool,
    /// How many reports wait in the outbox.
    pub(crate) waiting: u64,
}

/// The account on whose page the switch was used; the landing page if there is none.
#[derive(serde::Deserialize)]
pub(crate) struct From {
    account: Option<i64>,
}

impl Partnero {
    /// Whether it is time to bring it back: a sign-up and a sale wait for it.
    pub(crate) fn is_missed(&self) -> bool {
        !self.is_up && self.waiting > 1
    }

    pub(crate) async fn look(state: &AppState) -> Result<Self, Failure> {
        let address = (Ipv4Addr::LOCALHOST, state.sandbox.port());
        let status = state.outbox.status().await?;
        Ok(Self {
            program: state.program(),
            page_url: state.sandbox.page_url(),
            is_up: TcpStream::connect(address).await.is_ok(),
            waiting: status.pending + status.held,
        })
    }
}

pub(crate) async fn take_down(State(state): State<AppState>, Form(from): Form<From>) -> Redirect {
    state.sandbox.go_down().await;
    from.back()
}

pub(crate) async fn bring_back(
    State(state): State<AppState>,
    Form(from): Form<From>,
) -> Result<Redirect, Failure> {
    state.sandbox.come_back().await?;
    Ok(from.back())
}

impl From {
    fn back(&self) -> Redirect {
        match self.account {
            Some(account) => Redirect::to(&format!("/account/{account}")),
            None => Redirect::to("/"),
        }
    }
}
