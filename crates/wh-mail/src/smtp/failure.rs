//! The cause of a failed attempt, from the error of the connection.

use std::{error::Error as StdError, io};

use lettre::transport::smtp::Error;

use crate::outcome::{Cause, Step};

/// Drops the text of the error: it quotes the server, and servers quote addresses.
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
    // lettre reports the end of the connection as "incomplete response".
    let closed = error.is_response() && error.to_string().contains("incomplete response");
    if (error.is_response() || error.is_client()) && !closed {
        return Cause::Protocol(step);
    }
    Cause::Connection(step)
}

/// A failed handshake is an `InvalidData` below the errors of the transport.
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
