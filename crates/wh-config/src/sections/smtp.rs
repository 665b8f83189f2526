use std::path::PathBuf;

use secrecy::SecretString;
use wh_types::{EmailAddress, Host, MailTransport, SmtpTls};

use super::section;
use crate::reader::Reader;
use crate::shape::Shape;

section! {
    /// The mail server; no mail is sent unless host, account and password are set.
    Smtp at "smtp" checked {
        /// Host name of the mail server.
        host: Option<Host>, optional "smtp.acme.dev";
        /// TCP port of the mail server.
        port: u16, default "587";
        /// Account to sign in with.
        account: Option<String>, optional "no-reply@acme.dev";
        /// Password of that account.
        password: Option<SecretString>, optional "change-me", credential "smtp_password";
        /// Sender of the mails. If unset the account, where it is an e-mail address, else no-reply@ at
        /// platform.domain.
        from: Option<String> as Shape::Mailbox, optional "Acme <no-reply@acme.dev>";
        /// How the connection is protected: starttls, implicit or none.
        tls_mode: SmtpTls, default "starttls";
        /// PEM file of authorities to trust beside those of the system, for a mail server with a private one.
        ca_file: Option<PathBuf>, optional "/etc/wisehosting/mail-ca.pem";
        /// Where mail goes: smtp, or for development folder or log.
        transport: MailTransport, default "smtp";
        /// The folder for `.eml` files of the transport folder.
        folder: Option<PathBuf>, optional "/var/tmp/mail";
    }
}

impl Smtp {
    fn checked(self, reader: &mut Reader<'_>) -> Self {
        let local = |host: &Host| {
            host.as_str().eq_ignore_ascii_case("localhost")
                || host.address().is_some_and(|ip| ip.is_loopback())
        };
        let remote = self.host.as_ref().is_some_and(|host| !local(host));
        if remote && self.tls_mode == SmtpTls::None {
            let problem = "\"none\" sends the password in clear text, which is for localhost only: \
                           write starttls or implicit";
            reader.refuse("smtp.tls_mode", &["smtp.host"], problem);
        }
        if self.transport == MailTransport::Folder && self.folder.is_none() {
            let problem = "\"folder\" needs a folder to write to: set smtp.folder too";
            reader.refuse("smtp.transport", &["smtp.folder"], problem);
        }
        self
    }

    /// True if mail can be sent: host, account and password are set.
    #[must_use]
    pub const fn enabled(&self) -> bool {
        self.host.is_some() && self.account.is_some() && self.password.is_some()
    }

    /// The sender of the mails: `from`, else the account if it is an e-mail address. None leaves the choice
    /// to the platform's domain.
    #[must_use]
    pub fn sender(&self) -> Option<&str> {
        let account = self.account.as_deref().filter(|account| EmailAddress::parse(account).is_ok());
        self.from.as_deref().or(account)
    }
}
