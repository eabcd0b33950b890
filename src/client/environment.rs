//! The settings of a client that stand in environment variables.

use std::env::VarError;

use super::api_key::ApiKey;
use super::builder::ClientBuilder;
use crate::error::ConfigError;

pub(super) const API_KEY: &str = "PARTNERO_API_KEY";
pub(super) const BASE_URL: &str = "PARTNERO_BASE_URL";

/// Reads both variables by `variable`, which is `std::env::var` outside of tests.
pub(super) fn builder(
    variable: impl Fn(&'static str) -> Result<String, VarError>,
) -> Result<ClientBuilder, ConfigError> {
    let refuse = |problem: &str| {
        let advice = format!("the environment variable `{API_KEY}` {problem}");
        ConfigError::new("api_key", advice)
    };
    let key = variable(API_KEY).map_err(|error| match error {
        VarError::NotPresent => {
            refuse("is not set: set it to the key from the program's API page at Partnero")
        }
        VarError::NotUnicode(_) => refuse("is no UTF-8: copy the key again"),
    })?;
    let key = ApiKey::new(key).map_err(|error| refuse(&format!("is wrong: {}", error.advice())))?;
    let builder = ClientBuilder::new(key);
    match variable(BASE_URL) {
        // What a file of Docker Compose passes on for a variable that is not set.
        Ok(url) if url.is_empty() => Ok(builder),
        Ok(url) => Ok(builder.base_url(url)),
        Err(VarError::NotPresent) => Ok(builder),
        Err(VarError::NotUnicode(_)) => Err(ConfigError::new(
            "base_url",
            format!("the environment variable `{BASE_URL}` is no UTF-8: write a URL"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: Option<&str>, url: Option<&str>) -> Result<ClientBuilder, ConfigError> {
        builder(|name| {
            let value = match name {
                API_KEY => key,
                BASE_URL => url,
                name => panic!("{name} was read"),
            };
            value.map(str::to_owned).ok_or(VarError::NotPresent)
        })
    }

    #[test]
    fn the_address_is_partneros_unless_the_variable_says_otherwise() {
        for (url, base_url) in [
            (None, "https://api.partnero.com/v1"),
            (Some(""), "https://api.partnero.com/v1"),
            (Some("http://127.0.0.1:4010/v1"), "http://127.0.0.1:4010/v1"),
        ] {
            let read = format!("{:?}", read(Some("s3cret"), url).unwrap());
            assert!(read.contains(&format!("base_url: {base_url:?}")), "{read}");
            assert!(!read.contains("s3cret"), "{read}");
        }
    }

    #[test]
    fn a_mistake_names_the_variable() {
        let said = |key, url| {
            let built = read(key, url).and_then(ClientBuilder::build);
            built.unwrap_err().to_string()
        };
        assert!(said(None, None).contains("`PARTNERO_API_KEY` is not set"));
        for (key, problem) in [
            ("", "is wrong: the key is empty"),
            ("s3cret\n", "trim it"),
            ("Bearer s3cret", "write the bare key"),
        ] {
            let said = said(Some(key), None);
            assert!(said.contains("`PARTNERO_API_KEY` is wrong"), "{said}");
            assert!(said.contains(problem) && !said.contains("s3cret"), "{said}");
        }
        assert!(said(Some("s3cret"), Some("localhost")).starts_with("base_url: "));
    }

    #[test]
    #[cfg(unix)]
    fn bytes_that_are_no_text_are_refused() {
        use std::os::unix::ffi::OsStringExt as _;

        for (wrong, setting) in [(API_KEY, "api_key"), (BASE_URL, "base_url")] {
            let bytes = std::ffi::OsString::from_vec(vec![0xff]);
            let read = builder(|name| {
                if name == wrong {
                    Err(VarError::NotUnicode(bytes.clone()))
                } else {
                    Ok("s3cret".to_owned())
                }
            });
            let error = read.unwrap_err();
            assert_eq!(error.setting(), setting);
            assert!(error.to_string().contains(wrong), "{error}");
        }
    }
}
