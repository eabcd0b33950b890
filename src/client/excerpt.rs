//! The beginning of an answer that cannot be understood, as an error may show it.

use super::api_key::ApiKey;

/// How many characters of an answer an error shows.
pub(super) const LENGTH: usize = 200;

const LEFT_OUT: &str = "[redacted]";

/// The beginning of a body. It leaves out what may be secret or personal: the API key, the texts in
/// JSON other than `message`, and every word with an `@`.
pub(super) fn excerpt(body: &[u8], api_key: &ApiKey) -> String {
    // Before the text is cut: half a key would not be found.
    let text = api_key.redact(&String::from_utf8_lossy(body));
    // Of JSON the names of fields and Partnero's message are shown; all other texts may be about a
    // person.
    let text = if text.trim_start().starts_with(['{', '[', '"']) {
        without_texts(&text)
    } else {
        text
    };
    let text = without_addresses(&text);
    let mut chars = text.chars();
    let start: String = chars.by_ref().take(LENGTH).collect();
    let more = if chars.next().is_some() { " ..." } else { "" };
    format!("{start:?}{more}")
}

/// JSON, complete or not, with its field names and without its texts.
fn without_texts(json: &str) -> String {
    let mut shown = String::new();
    let mut rest = json;
    let mut is_message = false;
    while let Some((before, from_here)) = rest.split_once('"') {
        let (text, after) = from_here.split_at(length_of_text(from_here));
        let after = after.strip_prefix('"').unwrap_or(after);
        let is_name = after.trim_start().starts_with(':');
        let text = if is_name || is_message {
            text
        } else {
            LEFT_OUT
        };
        shown.extend([before, "\"", text, "\""]);
        is_message = is_name && text == "message";
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// The length of a text whose opening quote has been read.
fn length_of_text(json: &str) -> usize {
    let mut is_escaped = false;
    let end = json.find(|next| {
        let is_end = next == '"' && !is_escaped;
        is_escaped = next == '\\' && !is_escaped;
        is_end
    });
    end.unwrap_or(json.len())
}

fn without_addresses(text: &str) -> String {
    let is_end = |next: char| next.is_whitespace() || "<>\"'()[],;:=&".contains(next);
    let words = text.split_inclusive(is_end).map(|word| {
        let end = word.find(is_end).unwrap_or(word.len());
        match word.split_at(end) {
            (address, end) if address.contains('@') => [LEFT_OUT, end],
            (other, end) => [other, end],
        }
    });
    words.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &str) -> String {
        excerpt(body.as_bytes(), &ApiKey::new("s3cret").unwrap())
    }

    #[test]
    fn html_is_shown_without_keys_and_addresses() {
        let page = "<a href='mailto:anna@shop.example'>anna@shop.example, s3cret</a>";
        let left = "<a href='mailto:[redacted]'>[redacted], [redacted]</a>";
        assert_eq!(shown(page), format!("{left:?}"));
        let long = "x".repeat(201);
        assert_eq!(shown(&long), format!("{:?} ...", &long[..200]));
        assert_eq!(shown(&long[..200]), format!("{:?}", &long[..200]));
    }

    #[test]
    fn json_is_shown_without_its_texts() {
        for (body, left) in [
            (
                r#"{"data": {"id": 7, "signature": "abc\"d", "name": "An"#,
                r#"{"data": {"id": 7, "signature": "[redacted]", "name": "[redacted]""#,
            ),
            (
                r#" [{"message" : "No a@b.", "x": ["é", true]}]"#,
                r#" [{"message" : "No [redacted]", "x": ["[redacted]", true]}]"#,
            ),
            (
                r#"{"a\\": "b\\", "c": "d"}"#,
                r#"{"a\\": "[redacted]", "c": "[redacted]"}"#,
            ),
            (
                r#"{"message": "Half of a sen"#,
                r#"{"message": "Half of a sen""#,
            ),
            (r#""anna""#, r#""[redacted]""#),
            ("[1, 2", "[1, 2"),
        ] {
            assert_eq!(shown(body), format!("{left:?}"), "{body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_body_panics(body: Vec<u8>, json in "[\\[{\"\\\\:,a@é]{0,40}") {
            for body in [body.as_slice(), json.as_bytes()] {
                excerpt(body, &ApiKey::new("s3cret").unwrap());
            }
        }
    }
}
