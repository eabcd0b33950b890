//! The script within the tag, and how a value gets into it.

use std::fmt::{self, Write};

/// The queue: `po(...)` records its arguments, and what it returns records calls on that call,
/// until the script has replaced `push` by something that answers.
pub(super) const QUEUE: &str = "window.__partnerObject=\"po\";\
    function recorder(calls){return function(){\
    var call={a:arguments,q:[]},answer=calls.push(call);\
    return typeof answer===\"number\"?recorder(call.q):answer}}\
    if(!window.po){var calls=[];window.po=recorder(calls);window.po.q=calls}\
    var po=window.po;";

/// The nonce goes along to the script that is loaded. A browser hides it from the attribute.
pub(super) const LOAD: &str = "var own=document.currentScript;\
    function load(){var script=document.createElement(\"script\");\
    script.async=true;script.src=source;\
    if(own&&own.nonce){script.nonce=own.nonce}\
    document.head.appendChild(script)}";

/// Compared with `true` itself: an element of that id would be found by the name, too.
pub(super) const AFTER_CONSENT: &str = "if(window.partneroConsent===true){load()}\
    else{document.addEventListener(\"partnero:consent\",load,{once:true})}";

/// A JavaScript string literal that no HTML parser can misread: no `<` can end the script, and
/// no line separator the literal.
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
