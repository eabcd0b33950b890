//! Any `Cache-Control` of an app, on a page that gets our cookie. Each line of input is one header
//! line. The first byte chooses the policy.
#![no_main]

use std::sync::LazyLock;

use http::Uri;
use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, SET_COOKIE};
use libfuzzer_sys::fuzz_target;
use tower_partnero::Referrals;
use tower_partnero_fuzz::{get, lines, send};

static POLICIES: LazyLock<[Referrals; 3]> = LazyLock::new(|| {
    let builder = Referrals::builder;
    [
        builder(),
        builder().no_store(true),
        builder().leave_public_pages(true),
    ]
    .map(|builder| builder.build().unwrap())
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, said)) = data.split_first() else {
        return;
    };
    let choice = usize::from(*choice) % POLICIES.len();
    let mut answer = lines(&CACHE_CONTROL, said);
    let has_cdn_header = said.len() % 2 == 1;
    if has_cdn_header {
        answer.insert("cdn-cache-control", HeaderValue::from_static("max-age=60"));
    }
    let landing = get(&Uri::from_static("/?ref=anna-7"), &HeaderMap::new());
    let written = send(&POLICIES[choice], landing, &answer);
    if !written.contains_key(SET_COOKIE) {
        assert_eq!(
            choice, 2,
            "only a policy that leaves public pages alone may do so"
        );
        assert_eq!(written, answer, "then it leaves all of it alone");
        let said = words(&answer);
        assert!(has_cdn_header || said.iter().flatten().any(|word| is_public(word)));
        return;
    }
    assert!(!written.contains_key("cdn-cache-control"));
    assert_eq!(written.get_all(CACHE_CONTROL).iter().count(), 1);
    let merged: Option<Vec<_>> = words(&written).into_iter().collect();
    let merged = merged.expect("whoever reads it reads the same");
    assert_eq!(merged[0], b"private");
    assert!(!merged.iter().any(|word| is_public(word)));

    let Some(said) = words(&answer).into_iter().collect::<Option<Vec<_>>>() else {
        assert_eq!(written[CACHE_CONTROL], "private, no-store");
        return;
    };
    let is_gone = |word: &Vec<u8>| is_public(word) || name(word) == b"private";
    let mut kept: Vec<_> = said.into_iter().filter(|word| !is_gone(word)).collect();
    if choice == 1 && !kept.iter().any(|word| name(word) == b"no-store") {
        kept.push(b"no-store".to_vec());
    }
    assert_eq!(merged[1..], kept);
});

/// The directives of every line; `None` for a line with a quote that never ends.
fn words(headers: &HeaderMap) -> Vec<Option<Vec<u8>>> {
    let lines = headers.get_all(CACHE_CONTROL).iter();
    let words = lines.flat_map(|line| words_of(line.as_bytes()));
    words.filter(|word| word.as_deref() != Some(b"")).collect()
}

fn words_of(line: &[u8]) -> Vec<Option<Vec<u8>>> {
    let (mut words, mut word, mut bytes) = (Vec::new(), Vec::new(), line.iter());
    while let Some(&byte) = bytes.next() {
        match byte {
            b',' => words.push(Some(std::mem::take(&mut word))),
            b'"' => {
                word.push(byte);
                loop {
                    let Some(&quoted) = bytes.next() else {
                        words.push(None);
                        return words;
                    };
                    word.push(quoted);
                    match quoted {
                        b'"' => break,
                        b'\\' => word.extend(bytes.next()),
                        _ => {}
                    }
                }
            }
            _ => word.push(byte),
        }
    }
    words.push(Some(word));
    let trim = |word: Option<Vec<u8>>| word.map(|word| word.trim_ascii().to_vec());
    words.into_iter().map(trim).collect()
}

fn name(word: &[u8]) -> Vec<u8> {
    let name = word.split(|&byte| byte == b'=').next().unwrap();
    name.trim_ascii().to_ascii_lowercase()
}

fn is_public(word: &[u8]) -> bool {
    [&b"public"[..], b"s-maxage"].contains(&name(word).as_slice())
}
