//! Keeps a response that carries a visitor's cookie out of shared caches.

use http::header::{CACHE_CONTROL, Entry, HeaderMap, HeaderName, HeaderValue};

/// Makes the response private: adds `private`, and takes away what contradicts it.
///
/// Everything else the app said (`max-age`, `no-store`, `no-cache` ...) stays, so that the
/// response is never cached longer or more widely than the app allowed.
pub(crate) fn make_private(headers: &mut HeaderMap) {
    while let Some(name) = headers.keys().find(|name| overrules(name)).cloned() {
        headers.remove(name);
    }
    // Fails only on a map that is full with 32,768 headers, which no server would send.
    match headers.try_entry(CACHE_CONTROL) {
        Ok(Entry::Occupied(mut entry)) => {
            let private = merge(entry.iter().map(HeaderValue::as_bytes));
            entry.insert(private);
        }
        Ok(Entry::Vacant(entry)) => {
            let _ = entry.try_insert(HeaderValue::from_static("private"));
        }
        Err(_) => {}
    }
}

/// Whether caches in front of the server heed this header over `Cache-Control`: those of
/// RFC 9213 (`CDN-Cache-Control` and its vendor forms) and the older vendors' own.
fn overrules(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.ends_with("cdn-cache-control")
        || matches!(
            name,
            "surrogate-control" | "edge-control" | "x-accel-expires"
        )
}

fn merge<'a>(lines: impl Iterator<Item = &'a [u8]>) -> HeaderValue {
    let mut merged = b"private".to_vec();
    for line in lines {
        let mut rest = line;
        while !rest.is_empty() {
            let Some((directive, tail)) = split_directive(rest) else {
                // Nobody knows what a cache makes of an unclosed quote: the strictest reading.
                return HeaderValue::from_static("private, no-store");
            };
            rest = tail;
            if !directive.is_empty() && !contradicts(directive) {
                merged.extend_from_slice(b", ");
                merged.extend_from_slice(directive);
            }
        }
    }
    HeaderValue::try_from(merged).unwrap_or_else(|_| HeaderValue::from_static("private, no-store"))
}

/// The first directive and what follows its comma, or `None` if a quoted string never ends.
fn split_directive(list: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut quoted = false;
    let mut bytes = list.iter().enumerate();
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted => {
                bytes.next();
            }
            b',' if !quoted => return Some((list[..index].trim_ascii(), &list[index + 1..])),
            _ => {}
        }
    }
    (!quoted).then(|| (list.trim_ascii(), &list[list.len()..]))
}

/// `private` itself is among them: its form with field names says less than the bare word.
fn contradicts(directive: &[u8]) -> bool {
    let name = directive
        .split(|&byte| byte == b'=')
        .next()
        .unwrap_or(directive);
    [&b"public"[..], b"s-maxage", b"private"]
        .iter()
        .any(|word| name.trim_ascii().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(CACHE_CONTROL, HeaderValue::from_str(line).unwrap());
        }
        make_private(&mut headers);
        assert_eq!(headers.get_all(CACHE_CONTROL).iter().count(), 1);
        headers[CACHE_CONTROL].to_str().unwrap().to_owned()
    }

    #[test]
    fn merges_by_rule() {
        for (lines, merged) in [
            (&[][..], "private"),
            (&[""], "private"),
            (&["public, max-age=60"], "private, max-age=60"),
            (&["Public", "S-MaxAge=9, max-age=60"], "private, max-age=60"),
            (&["no-store"], "private, no-store"),
            (&["private"], "private"),
            (
                &["private=\"set-cookie, x\", no-cache"],
                "private, no-cache",
            ),
            (
                &["no-cache=\"a, public\""],
                "private, no-cache=\"a, public\"",
            ),
            (
                &["no-cache=\"a\\\", public\""],
                "private, no-cache=\"a\\\", public\"",
            ),
            (&["max-age=1, x=\"open, public"], "private, no-store"),
            (&[" , ,must-revalidate,, "], "private, must-revalidate"),
        ] {
            assert_eq!(after(lines), merged, "{lines:?}");
        }
    }

    #[test]
    fn headers_that_overrule_cache_control_go() {
        let mut headers = HeaderMap::new();
        for name in [
            "cdn-cache-control",
            "cloudflare-cdn-cache-control",
            "surrogate-control",
            "edge-control",
            "x-accel-expires",
        ] {
            headers.insert(name, HeaderValue::from_static("max-age=600"));
        }
        headers.insert("etag", HeaderValue::from_static("\"1\""));
        make_private(&mut headers);
        assert_eq!(headers.len(), 2);
        assert_eq!(headers["etag"], "\"1\"");
        assert_eq!(headers[CACHE_CONTROL], "private");
    }
}
