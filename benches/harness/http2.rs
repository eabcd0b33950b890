//! One request after the other over HTTP/2, each in a stream of its own (RFC 9113).
//!
//! A ready-made client does as much work for a request as the server does, and on a small machine
//! the bench would measure that client. This one sends bytes that were made beforehand.

use std::io;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const WINDOW_UPDATE: u8 = 8;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `:status: 200` in a block of header fields: the eighth entry of the static table (RFC 7541).
const STATUS_200: u8 = 0x88;

pub(super) struct Client {
    /// The header fields in full, for the first request of a connection.
    first: Vec<u8>,
    /// The same fields as places in the table that the first request has filled.
    again: Vec<u8>,
    /// The stream of the last request, once there was one.
    stream: Option<u32>,
    owes_ack: bool,
}

impl Client {
    /// Sends the same request as the text `request` of HTTP/1, with each cookie in a field of its
    /// own, as browsers do. There may be no body.
    pub(super) fn new(request: &str) -> Self {
        let mut lines = request.lines();
        let path = lines.next().and_then(|line| line.split(' ').nth(1));
        let path = path.expect("a request line");
        // `:method: GET` and `:scheme: http` are entries of the static table; so is the name `:path`,
        // whose value browsers keep out of the table.
        let mut first = vec![0x82, 0x86, 0x04];
        push_text(&mut first, path);
        let mut again = first.clone();
        let fields: Vec<(&str, &str)> = lines
            .map_while(|line| line.split_once(": "))
            .flat_map(|(name, value)| {
                let is_cookie = name == "cookie";
                let values = value.split(if is_cookie { "; " } else { "\n" });
                values.map(move |value| (name, value))
            })
            .collect();
        for (index, (name, value)) in fields.iter().enumerate() {
            first.push(0x40);
            push_text(
                &mut first,
                if *name == "host" { ":authority" } else { name },
            );
            push_text(&mut first, value);
            // The table of the connection begins after the 61 static entries, with the newest field.
            let place = 62 + fields.len() - 1 - index;
            again.push(0x80 | u8::try_from(place).expect("few fields"));
        }
        Self {
            first,
            again,
            stream: None,
            owes_ack: false,
        }
    }

    pub(super) fn ask(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.owes_ack) {
            push_frame(out, SETTINGS, ACK, 0, &[]);
        }
        let (stream, fields) = match self.stream {
            None => {
                out.extend_from_slice(PREFACE);
                push_frame(out, SETTINGS, 0, 0, &[]);
                // The server may send as many bytes as HTTP/2 can count, so the client need not allow
                // it more in the middle of a measurement.
                let more: u32 = (1 << 31) - 1 - 65_535;
                push_frame(out, WINDOW_UPDATE, 0, 0, &more.to_be_bytes());
                (1, &self.first)
            }
            Some(last) => (last + 2, &self.again),
        };
        push_frame(out, HEADERS, END_HEADERS | END_STREAM, stream, fields);
        self.stream = Some(stream);
    }

    /// Whether the answer is whole; it is taken out of `bytes` as it comes.
    pub(super) fn is_answered(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        while let Some((head, rest)) = bytes.split_first_chunk::<9>() {
            let [len @ .., kind, flags, _, _, _, _] = *head;
            let len = usize::from(len[0]) << 16 | usize::from(len[1]) << 8 | usize::from(len[2]);
            let Some(payload) = rest.get(..len) else {
                return Ok(false);
            };
            match kind {
                HEADERS if fields_after_resize(payload).first() != Some(&STATUS_200) => {
                    return Err(io::Error::other("the server answers with another status"));
                }
                DATA | HEADERS | WINDOW_UPDATE => {}
                SETTINGS => self.owes_ack |= flags & ACK == 0,
                _ => return Err(io::Error::other(format!("a frame of the kind {kind}"))),
            }
            bytes.drain(..head.len() + len);
            if matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A block may begin with a new size for the table of the connection.
fn fields_after_resize(mut block: &[u8]) -> &[u8] {
    while let [0x20..=0x3f, rest @ ..] = block {
        block = rest;
    }
    block
}

/// A text that is shorter than 127 bytes, not compressed.
fn push_text(block: &mut Vec<u8>, text: &str) {
    let len = u8::try_from(text.len()).ok().filter(|len| *len < 0x7f);
    block.push(len.expect("a short text"));
    block.extend_from_slice(text.as_bytes());
}

fn push_frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let len = u32::try_from(payload.len()).expect("a short frame");
    out.extend_from_slice(&len.to_be_bytes()[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}
