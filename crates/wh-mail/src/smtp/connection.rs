//! One connection to the mail server, with a time limit on every step.

use std::time::Duration;

use lettre::transport::smtp::{
    Error,
    authentication::DEFAULT_MECHANISMS,
    client::{AsyncSmtpConnection, TlsParameters},
    commands::{Data, Mail, Noop, Quit, Rcpt, Rset},
    extension::{Extension, MailBodyParameter, MailParameter},
};
use secrecy::ExposeSecret;
use tokio::{net::TcpStream, time::timeout};

use super::{failure::cause, guarded::Guarded, server::Server};
use crate::{
    SmtpTls,
    letter::Letter,
    outcome::{Cause, Step},
};

/// Time limit of RSET, NOOP and QUIT.
const COURTESY: Duration = Duration::from_secs(3);

pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    command_timeout: Duration,
    data_timeout: Duration,
}

impl Connection {
    /// Connects, encrypts and signs in, in this order.
    pub(super) async fn open(server: &Server) -> Result<Self, Cause> {
        let limit = server.settings.connect_timeout;
        let smtp = match &server.tls {
            None => within(limit, Step::Connect, plain(server)).await?,
            Some(tls) if server.settings.tls == SmtpTls::Implicit => {
                within(limit, Step::Connect, encrypted(server, tls.clone())).await?
            }
            Some(tls) => {
                let mut smtp = within(limit, Step::Connect, plain(server)).await?;
                if !smtp.can_starttls() {
                    return Err(Cause::NoTls);
                }
                step(limit, Step::StartTls, smtp.starttls(tls.clone(), &server.hello)).await?;
                smtp
            }
        };
        let mut connection = Self {
            smtp,
            command_timeout: server.settings.command_timeout,
            data_timeout: server.settings.data_timeout,
        };
        connection.sign_in(server).await?;
        Ok(connection)
    }

    async fn sign_in(&mut self, server: &Server) -> Result<(), Cause> {
        // Checked again, because the password must never leave in clear text for another machine.
        if !self.smtp.is_encrypted() && server.settings.tls != SmtpTls::None {
            return Err(Cause::NoTls);
        }
        if self.smtp.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
            return Err(Cause::NoAuthentication);
        }
        let answer = self.smtp.auth(DEFAULT_MECHANISMS, &server.credentials);
        step(self.command_timeout, Step::Auth, answer).await.map(drop)
    }

    pub(super) async fn send(&mut self, letter: &Letter) -> Result<(), Cause> {
        let mut parameters = Vec::new();
        let addresses = letter.envelope.to().iter().chain(letter.envelope.from());
        if addresses.into_iter().any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
            if !self.smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Cause::NoUnicodeAddresses);
            }
            parameters.push(MailParameter::SmtpUtfEight);
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let limit = self.command_timeout;
        let from = Mail::new(letter.envelope.from().cloned(), parameters);
        step(limit, Step::Mail, self.smtp.command(from)).await?;
        for to in letter.envelope.to() {
            step(limit, Step::Recipient, self.smtp.command(Rcpt::new(to.clone(), Vec::new()))).await?;
        }
        let answer = step(limit, Step::Data, self.smtp.command(Data)).await?;
        if !answer.has_code(354) {
            return Err(Cause::Protocol(Step::Data));
        }
        let bytes = letter.bytes.expose_secret();
        let answer = step(self.data_timeout, Step::Content, self.smtp.message(bytes)).await?;
        if answer.has_code(250) { Ok(()) } else { Err(Cause::Protocol(Step::Content)) }
    }

    /// Ends a refused mail. True if the connection can be used for the next one.
    pub(super) async fn reset(&mut self) -> bool {
        matches!(timeout(COURTESY, self.smtp.command(Rset)).await, Ok(Ok(_)))
    }

    /// Probes the connection.
    pub(super) async fn answers(&mut self) -> bool {
        matches!(timeout(COURTESY, self.smtp.command(Noop)).await, Ok(Ok(_)))
    }

    pub(super) async fn close(mut self) {
        drop(timeout(COURTESY, self.smtp.command(Quit)).await);
    }
}

async fn plain(server: &Server) -> Result<AsyncSmtpConnection, Cause> {
    let failed = |_| Cause::Connection(Step::Connect);
    let socket =
        TcpStream::connect((server.settings.host.as_str(), server.settings.port)).await.map_err(failed)?;
    // The resolver decides what `localhost` means, so check the address that answered.
    let loopback = socket.peer_addr().map_err(failed)?.ip().to_canonical().is_loopback();
    if server.settings.tls == SmtpTls::None && !loopback {
        return Err(Cause::NotLoopback);
    }
    drop(socket.set_nodelay(true));
    let stream = Box::new(Guarded::new(socket));
    let greeted = AsyncSmtpConnection::connect_with_transport(stream, &server.hello).await;
    greeted.map_err(|error| cause(&error, Step::Connect))
}

async fn encrypted(server: &Server, tls: TlsParameters) -> Result<AsyncSmtpConnection, Cause> {
    let address = (server.settings.host.as_str(), server.settings.port);
    let limit = Some(server.settings.connect_timeout);
    let greeted = AsyncSmtpConnection::connect_tokio1(address, limit, &server.hello, Some(tls), None).await;
    greeted.map_err(|error| cause(&error, Step::Connect))
}

async fn step<T>(
    limit: Duration,
    step: Step,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Cause> {
    within(limit, step, async { work.await.map_err(|error| cause(&error, step)) }).await
}

async fn within<T>(
    limit: Duration,
    step: Step,
    work: impl Future<Output = Result<T, Cause>>,
) -> Result<T, Cause> {
    timeout(limit, work).await.unwrap_or(Err(Cause::TimedOut(step)))
}
