//! The script inside the tag, and how a value is written into it.

use std::fmt::{self, Write};

/// Defines `po`. A call of `po(...)` is recorded, and what it returns records further calls on it.
/// When Partnero's script has arrived, it works the record off and replaces `push`; from then on
/// calls are answered.
pub(super) const QUEUE: &str = "window.__partnerObject=\"po\";\
    function recorder(calls){return function(){\
    var call={a:arguments,q:[]},answer=calls.push(call);\
    return typeof answer===\"number\"?recorder(call.q):answer}}\
    if(!window.po){var calls=[];window.po=recorder(calls);window.po.q=calls}\
    var po=window.po;";

/// Hands the nonce on to the script that it loads. It reads the property `nonce`, because browsers
/// empty the attribute of that name.
pub(super) const LOAD: &str = "var own=document.currentScript;\
    function load(){var script=document.createElement(\"script\");\
    script.async=true;script.src=source;\
    if(own&&own.nonce){script.nonce=own.nonce}\
    document.head.appendChild(script)}";

/// Compares with `true` itself, because an element with the id `partneroConsent` would also be
/// found as `window.partneroConsent`.
pub(super) const AFTER_CONSENT: &str = "if(window.partneroConsent===true){load()}\
    else{document.addEventListener(\"partnero:consent\",load,{once:true})}";

/// A JavaScript string literal. It contains no `<`, which could end the script for an HTML parser,
/// and no line separator, which could end the literal.
pub(super) struct JsString<'a>(pub(super) &'a str);

impl fmt::Display for JsString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for char in self.0.chars() {
            if char.is_ascii_alphanumeric() || "-_.~:/?=%".contains(char) {
                f.write_char(char)?;
            } else {
                let mut units = [0; 2];
                for unit in char.encode_utf16(&mut units) {
                    write!(f, "\\u{unit:04x}")?;
                }
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_leaves_its_literal() {
        for (text, literal) in [
            ("RW5B2TZ7", "\"RW5B2TZ7\""),
            ("</script>", "\"\\u003c/script\\u003e\""),
            ("a\"+b\\", "\"a\\u0022\\u002bb\\u005c\""),
            ("\u{2028}\n", "\"\\u2028\\u000a\""),
            ("😀", "\"\\ud83d\\ude00\""),
        ] {
            assert_eq!(JsString(text).to_string(), literal);
        }
    }
}
