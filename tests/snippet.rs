//! The tag in a template engine that escapes values.

use maud::{PreEscaped, html};
use tower_partnero::Snippet;

#[test]
fn maud_writes_the_tag_as_it_is() {
    let snippet = Snippet::new("RW5B2TZ7").unwrap();
    let tag = snippet.with_nonce("rAnd0m").unwrap();
    let head = html! { head { (PreEscaped(tag.to_string())) } };
    assert_eq!(head.into_string(), format!("<head>{tag}</head>"));
}

#[test]
fn a_template_that_is_not_told_makes_text_of_it() {
    let snippet = Snippet::new("RW5B2TZ7").unwrap();
    let text = html! { (snippet) }.into_string();
    assert!(text.starts_with("&lt;script&gt;"), "{text}");
}
