use http::header::{HeaderMap, HeaderValue, VARY};

/// Says which headers of the request its referral depends on: `Vary: Cookie`, and with the
/// [Referer rescue](crate::capture::ReferralsBuilder::referer_rescue) `Referer` and
/// `Sec-Fetch-Site`. Made by [`Referrals::vary`](crate::Referrals::vary).
///
/// It is for a handler whose page depends on the referral, where caches may keep the page. Without
/// it, a cache could show to one visitor who invited another visitor (RFC 9111, section 4.1). Names
/// that `Vary` lists already are kept and not repeated, and nothing is added to a `*`. A cache
/// stores one copy for each value of these headers, so a page that names a customer is better
/// `private`.
///
/// If the app's [consent](crate::capture::consent) policy reads another header, such as `Sec-GPC`,
/// the app must add that name itself.
///
/// Return it from an axum handler as a part of the response, or [`apply`](Self::apply) it to the
/// response. Put it behind arrays of headers: an array replaces earlier headers of the same name.
///
/// ```
/// use http::{Response, header::VARY};
/// use tower_partnero::Referrals;
///
/// let referrals = Referrals::builder().build()?;
/// let mut response = Response::builder().header(VARY, "Accept-Encoding").body(())?;
/// referrals.vary().apply(&mut response);
/// let values: Vec<_> = response.headers().get_all(VARY).iter().collect();
/// assert_eq!(values, ["Accept-Encoding", "Cookie"]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "caches see it only if this becomes part of the response"]
pub struct Vary {
    by_referer: bool,
}

impl Vary {
    pub(crate) fn new(by_referer: bool) -> Self {
        Self { by_referer }
    }

    /// Adds the names to the response.
    pub fn apply<B>(self, response: &mut http::Response<B>) {
        self.apply_to(response.headers_mut());
    }

    fn apply_to(self, headers: &mut HeaderMap) {
        let names: &[&str] = if self.by_referer {
            &["Cookie", "Referer", "Sec-Fetch-Site"]
        } else {
            &["Cookie"]
        };
        for name in names {
            if !names_already(headers, name) {
                // Fails only on a map that is full with thousands of headers.
                let _ = headers.try_append(VARY, HeaderValue::from_static(name));
            }
        }
    }
}

fn names_already(headers: &HeaderMap, name: &str) -> bool {
    let lines = headers.get_all(VARY).iter();
    let mut words = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    words.any(|word| {
        let word = word.trim_ascii();
        word == b"*" || word.eq_ignore_ascii_case(name.as_bytes())
    })
}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponseParts for Vary {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut parts: axum_core::response::ResponseParts,
    ) -> Result<axum_core::response::ResponseParts, Self::Error> {
        self.apply_to(parts.headers_mut());
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_said_once() {
        for (by_referer, before, after) in [
            (false, &[][..], &["Cookie"][..]),
            (false, &["cookie"], &["cookie"]),
            (false, &["Accept, COOKIE"], &["Accept, COOKIE"]),
            (false, &["*"], &["*"]),
            (
                false,
                &["Accept", "Cookies"],
                &["Accept", "Cookies", "Cookie"],
            ),
            (true, &[], &["Cookie", "Referer", "Sec-Fetch-Site"]),
            (
                true,
                &["referer , cookie"],
                &["referer , cookie", "Sec-Fetch-Site"],
            ),
            (true, &["*"], &["*"]),
        ] {
            let mut response = http::Response::new(());
            for &line in before {
                response
                    .headers_mut()
                    .append(VARY, HeaderValue::from_static(line));
            }
            Vary::new(by_referer).apply(&mut response);
            let lines: Vec<_> = response.headers().get_all(VARY).iter().collect();
            assert_eq!(lines, after);
        }
    }
}
