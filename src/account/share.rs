//! The addresses behind "share" buttons.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986. A mail program and a form decoder read the same
/// text from these addresses: a space is `%20`, never `+`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The addresses that share a customer's link with a message. They are for `href` attributes: let the
/// template escape them, or `&` becomes the beginning of an entity.
///
/// See the [module docs](super) for an example.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct ShareLinks {
    link: String,
    message: String,
}

impl ShareLinks {
    /// Shares this link, usually [`Profile::link`](crate::client::Profile::link), with a message
    /// before it.
    pub fn new(link: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            link: link.into(),
            message: message.into(),
        }
    }

    /// Opens the visitor's mail program, with a subject, and the message and the link as the text
    /// (RFC 6068).
    #[must_use]
    pub fn mail(&self, subject: &str) -> String {
        // RFC 6068 wants a line break in the text as CR and LF.
        let text = self.message.replace("\r\n", "\n").replace('\n', "\r\n");
        let body = format!("{text}\r\n\r\n{}", self.link);
        format!("mailto:?subject={}&body={}", encode(subject), encode(&body))
    }

    /// Opens `WhatsApp` with the message and the link as the text
    /// (<https://faq.whatsapp.com/5913398998672934>).
    #[must_use]
    pub fn whatsapp(&self) -> String {
        let text = format!("{} {}", self.message, self.link);
        format!("https://wa.me/?text={}", encode(text.trim_start()))
    }

    /// Opens a new post at X with the message, and the link behind it
    /// (<https://developer.x.com/en/docs/x-for-websites/tweet-button/overview>).
    #[must_use]
    pub fn x(&self) -> String {
        let (message, link) = (encode(&self.message), encode(&self.link));
        format!("https://x.com/intent/post?text={message}&url={link}")
    }

    /// Opens Telegram with the link, and the message behind it
    /// (<https://core.telegram.org/widgets/share>).
    #[must_use]
    pub fn telegram(&self) -> String {
        let (message, link) = (encode(&self.message), encode(&self.link));
        format!("https://t.me/share/url?url={link}&text={message}")
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const LINK: &str = "https://shop.example/?utm=a&ref=anna%2F7+b#top";
    const MESSAGE: &str = "10 % off & \"coffee\" = 1+1 ☕\nfor you?";

    fn pairs(address: &str) -> HashMap<String, String> {
        let (_, query) = address.split_once('?').unwrap();
        assert!(!query.contains(['+', ' ', '"', '#', '\n', '?']), "{query}");
        let pairs = form_urlencoded::parse(query.as_bytes());
        pairs.into_owned().collect()
    }

    #[test]
    fn every_character_arrives() {
        let share = ShareLinks::new(LINK, MESSAGE);
        let both = format!("{MESSAGE} {LINK}");
        assert_eq!(pairs(&share.whatsapp())["text"], both);
        for address in [share.x(), share.telegram()] {
            let pairs = pairs(&address);
            assert_eq!(pairs.len(), 2);
            assert_eq!(
                (pairs["text"].as_str(), pairs["url"].as_str()),
                (MESSAGE, LINK)
            );
        }
        let mail = pairs(&share.mail("Anna & you: 10 %"));
        assert_eq!(mail["subject"], "Anna & you: 10 %");
        let lines: Vec<&str> = mail["body"].split("\r\n").collect();
        assert_eq!(
            lines,
            ["10 % off & \"coffee\" = 1+1 ☕", "for you?", "", LINK]
        );
    }

    #[test]
    fn each_address_leads_to_its_service() {
        let share = ShareLinks::new(LINK, "");
        for (address, start) in [
            (share.mail(""), "mailto:?subject=&body="),
            (share.whatsapp(), "https://wa.me/?text=https%3A"),
            (share.x(), "https://x.com/intent/post?text=&url=https%3A"),
            (share.telegram(), "https://t.me/share/url?url=https%3A"),
        ] {
            assert!(address.starts_with(start), "{address}");
        }
    }
}
