//! The endpoints about the program itself.

use std::fmt;

use serde_json::{Map, Value};

use super::amount::Amount;
use super::call::Call;
use super::error::Error;
use super::fields::{self, Fields};
use super::handle::Client;
use super::kind::ErrorKind;
use crate::referral::ProgramKind;

/// The program that the API key belongs to; made by [`Client::program`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Program<'a> {
    client: &'a Client,
}

impl Client {
    /// The program itself.
    pub fn program(&self) -> Program<'_> {
        Program { client: self }
    }
}

impl Program<'_> {
    /// Asks whether the API key is right, and for which program (`GET /test`, which Partnero's own
    /// plugin and n8n node call, <https://github.com/partnero/n8n-nodes-partnero>).
    ///
    /// # Errors
    ///
    /// [`Unauthorized`](crate::ErrorKind::Unauthorized) if the key is wrong, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn test(self) -> Result<ProgramTest, Error> {
        let success = self.client.send(Call::get("/test")).await?;
        // Another server may answer 200 to any path, and then the key was not checked at all.
        let is_told = success.says_success()
            || ["data", "program"]
                .iter()
                .any(|name| success.fields.contains_key(*name));
        if !is_told {
            return Err(success.error(ErrorKind::Decode, "the answer is not about a program"));
        }
        let raw = object(success.fields);
        let program = raw.get("program").and_then(Value::as_object);
        Ok(ProgramTest {
            pub_id: program.and_then(|program| fields::text(program, "pub_id")),
            raw,
        })
    }

    /// Fetches the program's settings (`GET /program/overview`), as far as Partnero's own plugin
    /// reads them (<https://wordpress.org/plugins/partnero/>). Undocumented, and seen in affiliate
    /// programs only. No other call says of which kind the program is, so
    /// [`Signups::check_program`](crate::Signups::check_program) needs it.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`](crate::ErrorKind).
    pub async fn overview(self) -> Result<ProgramOverview, Error> {
        let success = self.client.send(Call::get("/program/overview")).await?;
        Ok(ProgramOverview::read(object(success.fields)))
    }
}

/// The fields of `data`, or those of the whole answer where it has none.
fn object(mut envelope: Map<String, Value>) -> Fields {
    match envelope.remove("data") {
        Some(Value::Object(data)) => data,
        _ => envelope,
    }
}

/// The answer to a test of the API key.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ProgramTest {
    /// The program's public id, by which its script in the browser is loaded.
    pub pub_id: Option<String>,
    /// The whole object, as Partnero sent it.
    pub raw: Fields,
}

/// The program's settings, as far as they are known.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ProgramOverview {
    /// The program's name.
    pub program_name: Option<String>,
    /// The program's type, in words.
    pub program_type_title: Option<String>,
    /// Where partners sign in.
    pub partner_portal_url: Option<String>,
    /// What is paid, in words.
    pub commission_description: Option<String>,
    /// How many days the referral cookie lives.
    pub cookie_lifetime_days: Option<u64>,
    /// From which amount on it is paid out, in major units.
    pub payout_threshold: Option<Amount>,
    /// The program's currency.
    pub currency: Option<String>,
    /// The whole object, as Partnero sent it, with totals and growth.
    pub raw: Fields,
}

impl ProgramOverview {
    /// The kind of the program, if the words in
    /// [`program_type_title`](Self::program_type_title) name one that this crate knows.
    #[must_use]
    pub fn kind(&self) -> Option<ProgramKind> {
        let title = self.program_type_title.as_deref()?.to_ascii_lowercase();
        // The dashboard calls one kind "Refer-a-Friend & Loyalty" and the other "Affiliate"
        // (<https://help.partnero.com/article/204>).
        let is_word = |word| title.contains(word);
        match (is_word("affiliate"), is_word("friend")) {
            (true, false) => Some(ProgramKind::Affiliate),
            (false, true) => Some(ProgramKind::ReferAFriend),
            _ => None,
        }
    }

    fn read(raw: Fields) -> Self {
        let settings = raw
            .get("overview_program_current_settings")
            .and_then(Value::as_object);
        let text = |name| settings.and_then(|settings| fields::text(settings, name));
        Self {
            program_name: text("program_name"),
            program_type_title: text("program_type_title"),
            partner_portal_url: text("partner_portal_url"),
            commission_description: text("commission_description"),
            cookie_lifetime_days: settings
                .and_then(|settings| fields::count(settings, "cookie_lifetime")),
            payout_threshold: settings
                .and_then(|settings| fields::amount(settings, "payout_threshold")),
            currency: text("currency"),
            raw,
        }
    }
}

impl fmt::Debug for ProgramTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgramTest")
            .field("pub_id", &self.pub_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ProgramOverview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgramOverview")
            .field("program_name", &self.program_name)
            .field("program_type_title", &self.program_type_title)
            .field("cookie_lifetime_days", &self.cookie_lifetime_days)
            .field("payout_threshold", &self.payout_threshold)
            .field("currency", &self.currency)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> ProgramOverview {
        match value {
            Value::Object(raw) => ProgramOverview::read(raw),
            _ => ProgramOverview::read(Map::new()),
        }
    }

    #[test]
    fn settings_are_read_where_they_are() {
        let overview = read(json!({"overview_program_current_settings": {
            "program_name": "Friends", "cookie_lifetime": "30", "payout_threshold": 25.5,
            "currency": "USD"
        }}));
        assert_eq!(overview.program_name.as_deref(), Some("Friends"));
        assert_eq!(overview.cookie_lifetime_days, Some(30));
        assert_eq!(overview.payout_threshold, Amount::minor(255, 1).ok());
        assert_eq!(overview.currency.as_deref(), Some("USD"));
        assert_eq!(read(json!({})).program_name, None);
    }

    #[test]
    fn the_kind_is_read_from_the_words() {
        for (title, kind) in [
            ("Affiliate", Some(ProgramKind::Affiliate)),
            ("Affiliate program", Some(ProgramKind::Affiliate)),
            ("Refer-a-Friend & Loyalty", Some(ProgramKind::ReferAFriend)),
            ("refer a friend", Some(ProgramKind::ReferAFriend)),
            ("Newsletter referral", None),
            ("Affiliate and refer-a-friend", None),
        ] {
            let overview = read(json!({
                "overview_program_current_settings": {"program_type_title": title}
            }));
            assert_eq!(overview.kind(), kind, "{title}");
        }
        assert_eq!(read(json!({})).kind(), None);
    }
}
