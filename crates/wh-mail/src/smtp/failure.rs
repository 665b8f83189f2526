//! What an error of the connection means for the mail.

use std::{error::Error as StdError, io};

use lettre::transport::smtp::Error;

use crate::outcome::{Cause, Step};

/// The text of the error is left behind: it quotes the server, and servers quote addresses.
pub(super) fn cause(error: &Error, step: Step) -> Cause {
    if let Some(code) = error.status() {
        return Cause::Answer { step, code: u16::from(code) };
    }
    if error.is_tls() || is_refused_certificate(error) {
        return Cause::Certificate;
    }
    if error.is_timeout() {
        return Cause::TimedOut(step);
    }
    // "incomplete response" is how the end of the connection is told.
    let closed = error.is_response() && error.to_string().contains("incomplete response");
    if (error.is_response() || error.is_client()) && !closed {
        return Cause::Protocol(step);
    }
    Cause::Connection(step)
}

/// A handshake that fails ends with `InvalidData`, below errors of the transport.
fn is_refused_certificate(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(below) = source {
        if let Some(io) = below.downcast_ref::<io::Error>()
            && io.kind() == io::ErrorKind::InvalidData
        {
            return io.get_ref().is_some_and(|tls| tls.to_string().contains("certificate"));
        }
        source = below.source();
    }
    false
}
