//! E-mail addresses that others may see.

/// Leaves the first letter of each part and the last label of the host: `a***@s***.example`.
pub(super) fn mask(email: &str) -> String {
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    let Some((user, host)) = email.rsplit_once('@') else {
        return format!("{}***", first(email));
    };
    match host.rsplit_once('.') {
        Some((host, top)) => format!("{}***@{}***.{top}", first(user), first(host)),
        None => format!("{}***@{}***", first(user), first(host)),
    }
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn hardly_anything_is_left() {
        for (email, masked) in [
            ("anna@shop.example", "a***@s***.example"),
            ("a@b.co.example", "a***@b***.example"),
            ("anna@localhost", "a***@l***"),
            ("\"a@b\"@shop.example", "\"***@s***.example"),
            ("änna@shop.example", "ä***@s***.example"),
            ("anna", "a***"),
            ("@", "***@***"),
            ("", "***"),
        ] {
            assert_eq!(mask(email), masked);
        }
    }
}
