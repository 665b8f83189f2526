//! What a mail server for tests is to do.

use serde_json::{Value, json};

use crate::{ServerCertificate, StackError};

/// What a mail server for tests is to do. Without any order it takes mail over STARTTLS from its one account.
#[derive(Debug, Clone)]
pub struct SmtpScript {
    tls: &'static str,
    port: u16,
    name: &'static str,
    certificate: Option<ServerCertificate>,
    answers: Vec<(&'static str, &'static str)>,
    cuts: Vec<(&'static str, u32)>,
    late: Vec<(&'static str, u32)>,
    hang: &'static str,
    inject: &'static str,
    without: Vec<&'static str>,
    smtputf8: bool,
}

impl Default for SmtpScript {
    fn default() -> Self {
        Self {
            tls: "starttls",
            port: 0,
            name: "localhost",
            certificate: None,
            answers: Vec::new(),
            cuts: Vec::new(),
            late: Vec::new(),
            hang: "",
            inject: "",
            without: Vec::new(),
            smtputf8: true,
        }
    }
}

impl SmtpScript {
    /// STARTTLS, and mail for everybody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// TLS from the first byte.
    #[must_use]
    pub fn implicit_tls(mut self) -> Self {
        self.tls = "implicit";
        self
    }

    /// No TLS is offered, but AUTH in clear text is.
    #[must_use]
    pub fn no_tls(mut self) -> Self {
        self.tls = "none";
        self
    }

    /// Listens on this port of 127.0.0.1 in place of a free one.
    #[must_use]
    pub const fn on_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Its certificate is for this name in place of `localhost`.
    #[must_use]
    pub const fn certificate_for(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Shows this certificate, as the server before it did.
    #[must_use]
    pub fn with_certificate(mut self, certificate: &ServerCertificate) -> Self {
        self.certificate = Some(certificate.clone());
        self
    }

    pub(super) fn certificate(&self) -> Result<ServerCertificate, StackError> {
        self.certificate.clone().map_or_else(|| ServerCertificate::new(&[self.name]), Ok)
    }

    /// Answers `RCPT` or `DATA` (then the mail itself) with this line, once. Several are used up in order.
    #[must_use]
    pub fn answer(mut self, verb: &'static str, line: &'static str) -> Self {
        self.answers.push((verb, line));
        self
    }

    /// Resets the connection at this command, so many times; at `DATA` after the head of the mail.
    #[must_use]
    pub fn cut(mut self, verb: &'static str, times: u32) -> Self {
        self.cuts.push((verb, times));
        self
    }

    /// Answers this command so many milliseconds late, once.
    #[must_use]
    pub fn late(mut self, verb: &'static str, milliseconds: u32) -> Self {
        self.late.push((verb, milliseconds));
        self
    }

    /// Never answers this command; `CONNECT` is the greeting.
    #[must_use]
    pub const fn hang(mut self, verb: &'static str) -> Self {
        self.hang = verb;
        self
    }

    /// Sends these lines in clear text behind the answer to STARTTLS, as somebody on the line could.
    #[must_use]
    pub const fn inject(mut self, lines: &'static str) -> Self {
        self.inject = lines;
        self
    }

    /// Does not offer this mechanism of AUTH.
    #[must_use]
    pub fn without(mut self, mechanism: &'static str) -> Self {
        self.without.push(mechanism);
        self
    }

    /// Does not offer SMTPUTF8.
    #[must_use]
    pub const fn without_smtputf8(mut self) -> Self {
        self.smtputf8 = false;
        self
    }

    /// The script as the server reads it: one line.
    pub(super) fn order(&self, certificate: &ServerCertificate, (account, password): (&str, &str)) -> Value {
        let mut answers = serde_json::Map::new();
        for (verb, line) in &self.answers {
            let list = answers.entry(*verb).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(json!(line));
            }
        }
        let numbers = |list: &[(&'static str, u32)]| -> serde_json::Map<_, _> {
            list.iter().map(|(verb, number)| ((*verb).to_owned(), json!(number))).collect()
        };
        json!({
            "tls": self.tls,
            "port": self.port,
            "certificate": certificate.certificate,
            "key": certificate.key,
            "account": account,
            "password": password,
            "answers": answers,
            "cuts": numbers(&self.cuts),
            "late": numbers(&self.late),
            "hang": self.hang,
            "inject": self.inject,
            "without": self.without,
            "smtputf8": self.smtputf8,
        })
    }
}
