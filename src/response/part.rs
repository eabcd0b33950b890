//! What every response part of ours has in common: it appends cookie lines, if it has any.

/// Gives a type with a field `lines: Option<CookieLines>` its constructor, its `apply`, and with
/// the feature `axum` its place in a handler's answer.
macro_rules! response_part {
    ($part:ident) => {
        impl $part {
            pub(crate) fn new(lines: Option<$crate::response::CookieLines>) -> Self {
                Self { lines }
            }

            /// Makes it a part of the response.
            pub fn apply<B>(self, response: &mut http::Response<B>) {
                if let Some(lines) = self.lines {
                    lines.promise_in(response.extensions_mut());
                    lines.append_to(response.headers_mut());
                }
            }
        }

        #[cfg(feature = "axum")]
        impl axum_core::response::IntoResponseParts for $part {
            type Error = std::convert::Infallible;

            fn into_response_parts(
                self,
                mut parts: axum_core::response::ResponseParts,
            ) -> Result<axum_core::response::ResponseParts, Self::Error> {
                if let Some(lines) = self.lines {
                    lines.promise_in(parts.extensions_mut());
                    lines.append_to(parts.headers_mut());
                }
                Ok(parts)
            }
        }
    };
}

pub(super) use response_part;
