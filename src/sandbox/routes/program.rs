//! The program: its public id and its settings.

use super::call::Call;
use crate::referral::ProgramKind;
use crate::sandbox::answer::{Answer, Refusal};
use crate::sandbox::json::Json;
use crate::sandbox::world::World;

/// `GET /v1/test`
///
/// Of the answer only `data.program.pub_id` is known (WP, N8N, PHP).
#[expect(
    clippy::unnecessary_wraps,
    reason = "every endpoint has this signature"
)]
pub(super) fn test(world: &mut World, _: &Call) -> Result<Answer, Refusal> {
    let pub_id = world.settings.program_id.as_str().into();
    let program = Json::object([("pub_id", pub_id)]);
    Ok(Answer::Data(Json::object([("program", program)])))
}

/// `GET /v1/program/overview`
///
/// Partnero does not document this endpoint. The fields are those that WP reads for an affiliate
/// program, without the totals. The values are ours.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every endpoint has this signature"
)]
pub(super) fn overview(world: &mut World, _: &Call) -> Result<Answer, Refusal> {
    // Only the first title is known (H/204).
    let title = match world.settings.program {
        ProgramKind::ReferAFriend => "Refer-a-Friend & Loyalty",
        ProgramKind::Affiliate => "Affiliate",
    };
    let settings = Json::object([
        ("program_name", "Sandbox".into()),
        ("program_type_title", title.into()),
        (
            "partner_portal_url",
            format!("{}/", world.settings.origin).into(),
        ),
        ("commission_description", "".into()),
        // In days. 30 is Partnero's default (D).
        ("cookie_lifetime", 30.into()),
        ("payout_threshold", 0.into()),
        ("currency", world.settings.currency.as_str().into()),
    ]);
    Ok(Answer::Data(Json::object([(
        "overview_program_current_settings",
        settings,
    )])))
}
