//! A plain HTTP client for tests of services: one connection a request.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// After so long an answer is taken never to come.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a server answered.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The headers in order, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl HttpAnswer {
    /// The first header of this name, in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Sends a request and waits for the whole answer, up to a minute.
///
/// It speaks HTTP/1.0, so that the answer ends with the connection and comes in one piece.
///
/// # Errors
/// What the connection ran into, and `InvalidData` for an answer that is no HTTP.
pub async fn http(
    server: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<HttpAnswer> {
    let length = body.len().to_string();
    let length = ("content-length", length.as_str());
    let lines = headers.iter().chain([&length]).map(|(name, value)| format!("{name}: {value}\r\n"));
    let lines: String = lines.collect();
    let request = format!("{method} {path} HTTP/1.0\r\nhost: {server}\r\n{lines}\r\n{body}");
    let exchange = async {
        let mut stream = TcpStream::connect(server).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(answer)
    };
    let answer: io::Result<Vec<u8>> = timeout(PATIENCE, exchange).await?;
    let text = String::from_utf8_lossy(&answer?).into_owned();
    parse(&text).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the answer is no whole HTTP"))
}

fn parse(text: &str) -> Option<HttpAnswer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: Vec<_> = lines.filter_map(header).collect();
    let answer = HttpAnswer { status, headers, body: body.to_owned() };
    // A server that died in between leaves a part.
    let whole = answer.header("content-length").is_none_or(|length| length.parse() == Ok(body.len()));
    whole.then_some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_whole_or_not_at_all() {
        let text = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nSet-Cookie: a=b: c\r\n\r\n{}";
        let answer = parse(text).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (201, "{}"));
        assert_eq!(answer.header("set-cookie"), Some("a=b: c"));
        assert!(parse(text.strip_suffix('}').unwrap()).is_none());
        assert!(parse("HTTP/1.1 201").is_none());
    }
}
