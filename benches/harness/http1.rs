//! One request after the other over HTTP/1.1.

use std::io;

pub(super) struct Client {
    request: String,
    /// All answers of a server are equally long, and the first one shows how long.
    answer_len: Option<usize>,
}

impl Client {
    pub(super) fn new(request: &str) -> Self {
        Self {
            request: request.to_owned(),
            answer_len: None,
        }
    }

    pub(super) fn ask(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.request.as_bytes());
    }

    /// Whether the answer is whole; if so, it is taken out of `bytes`.
    pub(super) fn is_answered(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        self.answer_len = self.answer_len.or_else(|| whole_len(bytes));
        if self.answer_len.is_none_or(|whole| bytes.len() < whole) {
            return Ok(false);
        }
        if self.answer_len != Some(bytes.len()) || !bytes.starts_with(b"HTTP/1.1 200 ") {
            let answer = String::from_utf8_lossy(bytes);
            return Err(io::Error::other(format!("not the answer: {answer}")));
        }
        bytes.clear();
        Ok(true)
    }
}

/// The length of head and body, once the head is there.
fn whole_len(answer: &[u8]) -> Option<usize> {
    let (head, _) = std::str::from_utf8(answer).ok()?.split_once("\r\n\r\n")?;
    let body = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?;
    Some(head.len() + "\r\n\r\n".len() + body.parse::<usize>().ok()?)
}
