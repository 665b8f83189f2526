use secrecy::SecretString;

use super::section;
use crate::SmtpTls;

section! {
    /// The mail server; no mail is sent unless host, account and password are set.
    Smtp at "smtp" {
        /// Host name of the mail server.
        host: Option<String>, optional "smtp.acme.dev";
        /// TCP port of the mail server.
        port: u16, default "587";
        /// Account to sign in with.
        account: Option<String>, optional "no-reply@acme.dev";
        /// Password of that account.
        password: Option<SecretString>, optional "change-me", credential "smtp_password";
        /// Sender of the mails; the account if unset.
        from: Option<String>, optional "Acme <no-reply@acme.dev>";
        /// How the connection is protected: starttls, implicit or none.
        tls_mode: SmtpTls, default "starttls";
    }
}

impl Smtp {
    /// True where mail can be sent: host, account and password are set.
    #[must_use]
    pub const fn enabled(&self) -> bool {
        self.host.is_some() && self.account.is_some() && self.password.is_some()
    }

    /// The sender of the mails.
    #[must_use]
    pub fn sender(&self) -> Option<&str> {
        self.from.as_deref().or(self.account.as_deref())
    }
}
