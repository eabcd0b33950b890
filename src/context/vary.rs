use http::header::{HeaderMap, HeaderValue, VARY};

/// Says that the response depends on the visitor's cookies: `Vary: Cookie`.
///
/// For handlers that render by referral on a page that caches may keep. Without it, a cache could
/// show one visitor who invited another one (RFC 9111, section 4.1). It keeps what `Vary` says
/// already, and adds nothing to a `Vary` that has it or is `*`.
///
/// It works by being part of the response: return it from an axum handler, or
/// [`apply`](Self::apply) it.
///
/// ```
/// use http::{Response, header::VARY};
/// use tower_partnero::context::VaryCookie;
///
/// let mut response = Response::builder().header(VARY, "Accept-Encoding").body(())?;
/// VaryCookie.apply(&mut response);
/// let values: Vec<_> = response.headers().get_all(VARY).iter().collect();
/// assert_eq!(values, ["Accept-Encoding", "Cookie"]);
/// # Ok::<_, http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a unit struct is its own constructor"
)]
pub struct VaryCookie;

impl VaryCookie {
    /// Makes it a part of the response.
    pub fn apply<B>(self, response: &mut http::Response<B>) {
        vary_by_cookie(response.headers_mut());
    }
}

fn vary_by_cookie(headers: &mut HeaderMap) {
    let names = headers.get_all(VARY).iter();
    let mut names = names.flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    let says_so = names.any(|name| {
        let name = name.trim_ascii();
        name == b"*" || name.eq_ignore_ascii_case(b"cookie")
    });
    if !says_so {
        // Fails only on a map that is full with thousands of headers.
        let _ = headers.try_append(VARY, HeaderValue::from_static("Cookie"));
    }
}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponseParts for VaryCookie {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut parts: axum_core::response::ResponseParts,
    ) -> Result<axum_core::response::ResponseParts, Self::Error> {
        vary_by_cookie(parts.headers_mut());
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_said_once() {
        for (before, after) in [
            (&[][..], &["Cookie"][..]),
            (&["cookie"], &["cookie"]),
            (&["Accept, COOKIE"], &["Accept, COOKIE"]),
            (&["*"], &["*"]),
            (&["Accept", "Cookies"], &["Accept", "Cookies", "Cookie"]),
        ] {
            let mut response = http::Response::new(());
            for &line in before {
                response
                    .headers_mut()
                    .append(VARY, HeaderValue::from_static(line));
            }
            VaryCookie.apply(&mut response);
            let lines: Vec<_> = response.headers().get_all(VARY).iter().collect();
            assert_eq!(lines, after);
        }
    }
}
