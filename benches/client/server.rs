//! Partnero's part: a process that gives the same answers, as fast as it can.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// The word by which our own process is told to answer.
pub(crate) const ANSWER: &str = "--answer-calls";
/// How many customers a page holds, and how many there are.
pub(crate) const PAGE: usize = 100;
pub(crate) const CUSTOMERS: usize = 10_000;

/// The process, ended when this is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) base_url: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        let program = std::env::current_exe().expect("a name of our own");
        let mut process = Command::new(program)
            .arg(ANSWER)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let output = process.stdout.take().expect("a pipe");
        let mut address = String::new();
        let read = BufReader::new(output).read_line(&mut address);
        read.expect("an address");
        Self {
            process,
            base_url: format!("http://{}/v1", address.trim()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What that process does.
pub(crate) fn answer() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    println!("{address}");
    for stream in listener.incoming().flatten() {
        let address = address.to_string();
        std::thread::spawn(move || serve(stream, &address));
    }
}

/// Ends with the connection.
fn serve(mut stream: TcpStream, address: &str) -> Option<()> {
    let mut requests = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut line = String::new();
        requests
            .read_line(&mut line)
            .ok()
            .filter(|read| *read > 0)?;
        let target = line.split(' ').nth(1)?.to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            requests.read_line(&mut header).ok()?;
            if header.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        requests.read_exact(&mut body).ok()?;
        let body = answer_to(&target, address);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream
            .write_all(&[head.as_bytes(), body.as_bytes()].concat())
            .ok()?;
    }
}

fn answer_to(target: &str, address: &str) -> String {
    let Some((_, query)) = target.split_once('?') else {
        return format!(r#"{{"data":{},"status":1}}"#, customer(7));
    };
    let page = query.split('&').find_map(|pair| pair.strip_prefix("page="));
    let page: usize = page.and_then(|page| page.parse().ok()).unwrap_or(1);
    let first = (page - 1) * PAGE;
    let customers: Vec<String> = (first..first + PAGE).map(customer).collect();
    let mut body = format!(r#"{{"data":[{}],"links":{{"next":"#, customers.join(","));
    let _ = if first + PAGE < CUSTOMERS {
        write!(
            body,
            r#""http://{address}/v1/customers?limit={PAGE}&page={}""#,
            page + 1
        )
    } else {
        write!(body, "null")
    };
    body + r#"},"status":1}"#
}

/// In the newest documented shape; each as long as the other, so that pages are.
pub(crate) fn customer(number: usize) -> String {
    let link = format!("https://shop.example/?ref=key-{number:05}");
    serde_json::json!({
        "id": format!("user-{number:05}"), "key": format!("key-{number:05}"),
        "email": format!("user-{number:05}@shop.example"), "name": "Anna", "surname": "Example",
        "status": "active", "approved": true, "referring_customer": null, "referrals_count": 3,
        "metadata": {"date_of_birth": null}, "referral_link": link, "referral_links": [link],
        "custom_fields": {}, "created_at": "2025-05-09T17:42:13.000000Z",
        "updated_at": "2025-05-09T17:42:13.000000Z"
    })
    .to_string()
}
