//! Any values that an app puts into the browser tag: program, nonce and two addresses, one in each line.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tower_partnero::{ConfigError, Snippet};

/// How many string literals the script has.
static LITERALS: LazyLock<usize> = LazyLock::new(|| {
    let plain = Snippet::new("RW5B2TZ7").unwrap().to_string();
    literals(&plain).count()
});

fuzz_target!(|text: &str| {
    const PREFIXES: [&str; 3] = ["", "https://", "http://127.0.0.1:"];
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    let (program, nonce, script, assets) = (next(), next(), next(), next());
    // One prefix in each run, so that a run costs a third.
    let prefix = PREFIXES[text.len() % PREFIXES.len()];
    let script = format!("{prefix}{script}");
    let assets = format!("{prefix}{assets}");
    let _ = check(
        "RW5B2TZ7",
        "bm9uY2U=",
        &script,
        "https://assets.partnero.com",
    );
    let _ = check(program, nonce, &script, &assets);
});

fn check(program: &str, nonce: &str, script: &str, assets: &str) -> Result<(), ConfigError> {
    let snippet = Snippet::new(program)?
        .script_url(script)?
        .assets_host(assets)?;
    let tag = snippet.with_nonce(nonce)?.to_string();
    assert!(tag.bytes().all(|byte| matches!(byte, b' '..=b'~')));
    let inner = tag
        .strip_prefix(&format!("<script nonce=\"{nonce}\">"))
        .unwrap();
    let inner = inner.strip_suffix("</script>").unwrap();
    assert!(!inner.contains(['<', '>', '\'']));

    for value in [program, script, assets] {
        assert!(
            literals(inner).any(|literal| literal == value),
            "{value} in {tag}"
        );
    }
    // The script's own literals and the three values: none was split or joined.
    assert_eq!(literals(inner).count(), *LITERALS);

    for source in snippet.csp_sources().split(' ') {
        assert!(source.starts_with("https://") || source.starts_with("http://"));
        assert!(
            !source.contains([';', ',', '\'', '"', '@', '?', '#']),
            "{source}"
        );
        assert!(!source.bytes().any(|byte| byte.is_ascii_control()));
    }
    Ok(())
}

/// What a JavaScript engine reads from every string literal.
fn literals(code: &str) -> impl Iterator<Item = String> {
    assert_eq!(code.matches('"').count() % 2, 0);
    code.split('"').skip(1).step_by(2).map(|raw| {
        let mut parts = raw.split("\\u");
        let mut units: Vec<u16> = parts.next().unwrap().encode_utf16().collect();
        for part in parts {
            let (digits, rest) = part.split_at(4);
            units.push(u16::from_str_radix(digits, 16).unwrap());
            units.extend(rest.encode_utf16());
        }
        String::from_utf16(&units).unwrap()
    })
}
